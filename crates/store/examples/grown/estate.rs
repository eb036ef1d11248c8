//! What an estate consists of: twenty accounts, each with identities and buckets, each in four regions with
//! networks, machines, databases and services.

mod identity;
mod network;
mod services;
mod storage;

use std::error::Error;

use crate::grower::{Grower, Place};

pub(crate) type Grown = Result<(), Box<dyn Error>>;

const ACCOUNTS: usize = 20;
const REGIONS: [&str; 4] = ["eu-west-1", "eu-central-1", "us-east-1", "ap-southeast-2"];
/// So many assets there are where every share is its base.
const FULL_SIZE: f64 = 112_500.0;

/// How many of each kind a place gets, in step with the size of the estate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share(f64);

impl Share {
    /// At full size, `base` of them; never none.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "small positive counts"
    )]
    pub(crate) fn of(self, base: usize) -> usize {
        ((base as f64 * self.0).round() as usize).max(1)
    }
}

pub(crate) fn grow(grower: &mut Grower, size: usize) -> Grown {
    #[expect(clippy::cast_precision_loss, reason = "a size is far below 2^52")]
    let share = Share(size as f64 / FULL_SIZE);
    for number in 0..ACCOUNTS {
        let account = format!("{:012}", 500_000_000_000_u64 + 1_010_101 * (number as u64 + 1));
        let global = Place { account: account.clone(), region: "global".to_owned(), number };
        identity::grow(grower, &global, share)?;
        for (index, region) in REGIONS.into_iter().enumerate() {
            let place = Place {
                account: account.clone(),
                region: region.to_owned(),
                number: number * REGIONS.len() + index,
            };
            storage::grow(grower, &place, share)?;
            network::grow(grower, &place, share)?;
            services::grow(grower, &place, share)?;
        }
    }
    Ok(())
}
