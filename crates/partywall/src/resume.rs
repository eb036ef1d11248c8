//! Going on with a collection that was cut short: what it read to the end stays, the rest is asked again.
//!
//! Evidence does not say which list showed an asset, but its account, region and kind do, with two exceptions
//! that content names: assets that belong to no account in view, and kinds that are listed region by region
//! and yet say themselves where their assets are. Of the former an asset stays unless it was seen anew; the
//! latter stay or go as a whole (see [`Known`]).

use std::collections::{HashMap, HashSet};
use std::path::Path;

use partywall_aws::code;
use partywall_aws::collector::{Known, OTHER_REGIONS};
use partywall_content::{Content, Scope};
use partywall_model::{
    AccountId, Asset, AssetId, EvidenceRecord, Kind, Listing, ListingOutcome, OperationTally, Region,
};
use partywall_store::evidence::{EvidenceReader, EvidenceWriter, Manifest};

use crate::exit::Failure;

/// Where what belongs to no region is listed.
const GLOBAL: &str = "global";

/// A collection that was cut short.
pub(crate) struct Earlier {
    reader: EvidenceReader,
}

impl Earlier {
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        Ok(Self { reader: EvidenceReader::open(folder)? })
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        self.reader.manifest()
    }

    pub(crate) fn tallies(&self) -> Result<Vec<OperationTally>, Failure> {
        Ok(self.reader.tallies()?)
    }

    /// What need not be asked again.
    pub(crate) fn known(&self) -> Result<Known, Failure> {
        let mut known = Known::default();
        for record in self.reader.records() {
            if let EvidenceRecord::Listing(listing) = record? {
                known.add(&listing);
            }
        }
        Ok(known)
    }

    /// Copies what was not asked anew. Whether the earlier collection's interruption still shows in it.
    pub(crate) fn carry_over(
        &self,
        content: &Content,
        anew: &Anew,
        writer: &mut EvidenceWriter,
    ) -> Result<bool, Failure> {
        let kinds: HashMap<&Kind, Lists> = content
            .collectors
            .iter()
            .flat_map(|collector| &collector.kinds)
            .map(|kind| (&kind.kind, Lists::of(kind.scope, kind.region.is_some())))
            .collect();
        let mut interrupted = false;
        for record in self.reader.records() {
            let record = record?;
            let stays = match &record {
                EvidenceRecord::Asset(asset) => !anew.holds(asset, kinds.get(&asset.kind).copied()),
                EvidenceRecord::Listing(listing) => !anew.asked(listing),
            };
            if stays {
                interrupted |= was_interrupted(&record);
                writer.add(&record)?;
            }
        }
        Ok(interrupted)
    }
}

fn was_interrupted(record: &EvidenceRecord) -> bool {
    matches!(record, EvidenceRecord::Listing(Listing { outcome: ListingOutcome::Incomplete(why), .. })
        if &*why.code == code::INTERRUPTED)
}

/// How the assets of a kind are listed.
#[derive(Clone, Copy)]
enum Lists {
    /// Once for an account.
    OfAccount,
    /// Where they are.
    OfRegion,
    /// Region by region, but an asset may be elsewhere.
    Wandering,
}

impl Lists {
    fn of(scope: Scope, says_region: bool) -> Self {
        match (scope, says_region) {
            (Scope::Account, _) => Self::OfAccount,
            (Scope::Region, false) => Self::OfRegion,
            (Scope::Region, true) => Self::Wandering,
        }
    }
}

/// What was asked in the collection that goes on.
#[derive(Debug, Default)]
pub(crate) struct Anew {
    lists: HashSet<(AccountId, Region, Kind)>,
    kinds: HashSet<(AccountId, Kind)>,
    accounts: HashSet<AccountId>,
    /// Assets that belong to no account in view.
    unowned: HashSet<AssetId>,
}

impl Anew {
    /// Takes note of what goes into the evidence.
    pub(crate) fn note(&mut self, record: &EvidenceRecord) {
        match record {
            EvidenceRecord::Listing(Listing { account, region, kind, .. }) => {
                self.lists.insert((account.clone(), region.clone(), kind.clone()));
                self.kinds.insert((account.clone(), kind.clone()));
                self.accounts.insert(account.clone());
            }
            EvidenceRecord::Asset(asset) if asset.account.is_none() => {
                self.unowned.insert(asset.id.clone());
            }
            EvidenceRecord::Asset(_) => {}
        }
    }

    pub(crate) fn has_account(&self, account: &AccountId) -> bool {
        self.accounts.contains(account)
    }

    /// Whether a list of the earlier collection was asked for again, or has been put in question again.
    fn asked(&self, Listing { account, region, kind, .. }: &Listing) -> bool {
        (*region == *OTHER_REGIONS && self.accounts.contains(account))
            || self.lists.contains(&(account.clone(), region.clone(), kind.clone()))
    }

    /// Whether a list that was asked anew would have shown an asset of the earlier collection.
    fn holds(&self, asset: &Asset, lists: Option<Lists>) -> bool {
        let Some(account) = &asset.account else { return self.unowned.contains(&asset.id) };
        let list = |region: Region| self.lists.contains(&(account.clone(), region, asset.kind.clone()));
        match lists {
            Some(Lists::OfAccount) => list(Region::from(GLOBAL)),
            Some(Lists::OfRegion) => asset.region.clone().is_some_and(list),
            Some(Lists::Wandering) => self.kinds.contains(&(account.clone(), asset.kind.clone())),
            None => false,
        }
    }
}

/// Tallies of both collections: each operation, account and region once.
pub(crate) fn merged(tallies: Vec<OperationTally>) -> Vec<OperationTally> {
    let mut merged: Vec<OperationTally> = Vec::with_capacity(tallies.len());
    let mut sorted = tallies;
    sorted.sort_by(|a, b| (&a.operation, &a.account, &a.region).cmp(&(&b.operation, &b.account, &b.region)));
    for tally in sorted {
        let same = |last: &&mut OperationTally| {
            (&last.operation, &last.account, &last.region)
                == (&tally.operation, &tally.account, &tally.region)
        };
        let Some(last) = merged.last_mut().filter(same) else {
            merged.push(tally);
            continue;
        };
        last.answered = last.answered.saturating_add(tally.answered);
        last.absent = last.absent.saturating_add(tally.absent);
        for (why, calls) in tally.failed {
            match last.failed.iter_mut().find(|(known, _)| *known == why) {
                Some((_, sum)) => *sum = sum.saturating_add(calls),
                None => last.failed.push((why, calls)),
            }
        }
        last.failed.sort();
    }
    merged
}

#[cfg(test)]
mod tests {
    use partywall_model::{Why, WhyKind};

    use super::*;

    fn tally(operation: &str, answered: u64, failed: &[(&str, u64)]) -> OperationTally {
        let why = |code: &str| Why::new(WhyKind::Failed, operation).with_code(code);
        OperationTally {
            operation: operation.into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            answered,
            absent: 1,
            failed: failed.iter().map(|(code, calls)| (why(code), *calls)).collect(),
        }
    }

    #[test]
    fn tallies_of_both_collections_are_added_up() {
        let both = merged(vec![
            tally("s3:ListAllMyBuckets", 2, &[("Timeout", 1)]),
            tally("ec2:DescribeVpcs", 1, &[]),
            tally("s3:ListAllMyBuckets", 3, &[("Throttled", 2), ("Timeout", 4)]),
        ]);
        assert_eq!(both.len(), 2);
        assert_eq!((both[1].answered, both[1].absent), (5, 2));
        let calls: Vec<(&str, u64)> =
            both[1].failed.iter().map(|(why, calls)| (&*why.code, *calls)).collect();
        assert_eq!(calls, [("Throttled", 2), ("Timeout", 5)]);
    }
}
