//! How often each operation was asked and what came back, for the manifest of the evidence.

use std::cell::RefCell;
use std::collections::BTreeMap;

use partywall_model::{AccountId, OperationName, OperationTally, Region, Why};

use crate::fault::code;

/// Counts of a collection.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    rows: RefCell<BTreeMap<(OperationName, Region), Row>>,
}

#[derive(Debug, Default)]
struct Row {
    answered: u64,
    absent: u64,
    failed: BTreeMap<Why, u64>,
}

/// How a call ended.
pub(super) enum Ending<'a> {
    Answered,
    /// With a code that means that there is nothing.
    Absent,
    Failed(&'a Why),
}

impl Tallies {
    pub(super) fn count(&self, operation: &OperationName, region: &str, ending: &Ending<'_>) {
        if matches!(ending, Ending::Failed(why) if &*why.code == code::INTERRUPTED) {
            // Nobody asked, or nobody waited for the answer.
            return;
        }
        let mut rows = self.rows.borrow_mut();
        let row = rows.entry((operation.clone(), Region::from(region))).or_default();
        match ending {
            Ending::Answered => row.answered += 1,
            Ending::Absent => row.absent += 1,
            Ending::Failed(why) => {
                // The message may name the single asset; the count is by code.
                let why = Why::new(why.kind, why.operation.clone()).with_code(why.code.clone());
                *row.failed.entry(why).or_default() += 1;
            }
        }
    }

    /// In the order of operation and region.
    pub(super) fn finish(self, account: &AccountId) -> Vec<OperationTally> {
        let rows = self.rows.into_inner().into_iter();
        rows.map(|((operation, region), row)| OperationTally {
            operation,
            account: account.clone(),
            region,
            answered: row.answered,
            absent: row.absent,
            failed: row.failed.into_iter().collect(),
        })
        .collect()
    }
}
