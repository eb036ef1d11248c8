//! Going on with a collection that was cut short: what it read to the end stays, the rest is asked again.
//!
//! Evidence does not say which list showed an asset, but its account, region and kind do, with two exceptions
//! that content names: assets that belong to no account in view, and kinds that are listed region by region
//! and yet say themselves where their assets are. Of the former an asset stays unless it was seen anew; the
//! latter go where all their lists were asked anew, and else where they were seen anew.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use partywall_aws::code;
use partywall_aws::collector::{GLOBAL, Known, OTHER_REGIONS, Survey};
use partywall_content::{Content, KindCollector, Scope};
use partywall_model::{
    AccountId, Asset, AssetId, EvidenceRecord, Kind, Listing, ListingOutcome, OperationTally, Region,
};
use partywall_store::evidence::{EvidenceReader, EvidenceWriter, Manifest};

use crate::exit::Failure;

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
    pub(crate) fn carry_over(&self, anew: &Anew<'_>, writer: &mut EvidenceWriter) -> Result<bool, Failure> {
        let mut all_anew: HashMap<(AccountId, Kind), bool> = HashMap::new();
        for record in self.reader.records() {
            if let EvidenceRecord::Listing(listing) = record? {
                let asked = anew.asked(&listing);
                if listing.region != *OTHER_REGIONS {
                    *all_anew.entry((listing.account, listing.kind)).or_insert(true) &= asked;
                }
            }
        }
        let mut interrupted = false;
        for record in self.reader.records() {
            let record = record?;
            let stays = match &record {
                EvidenceRecord::Asset(asset) => !anew.holds(asset, &all_anew),
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
#[derive(Clone, Copy, Debug)]
enum Lists {
    /// Once for an account.
    OfAccount,
    /// Where they are.
    OfRegion,
    /// Region by region, but an asset may be elsewhere.
    Wandering,
}

impl Lists {
    fn of(kind: &KindCollector) -> Self {
        match kind.scope {
            Scope::Account => Self::OfAccount,
            Scope::Region if kind.wanders() => Self::Wandering,
            Scope::Region => Self::OfRegion,
        }
    }
}

/// What was asked in the collection that goes on.
#[derive(Debug)]
pub(crate) struct Anew<'c> {
    kinds: HashMap<&'c Kind, Lists>,
    lists: HashSet<(AccountId, Region, Kind)>,
    accounts: HashSet<AccountId>,
    /// Assets of which account, region and kind do not say which list showed them.
    seen: HashSet<AssetId>,
}

impl<'c> Anew<'c> {
    pub(crate) fn of(content: &'c Content) -> Self {
        let kinds = content.collectors.iter().flat_map(|collector| &collector.kinds);
        Self {
            kinds: kinds.map(|kind| (&kind.kind, Lists::of(kind))).collect(),
            lists: HashSet::new(),
            accounts: HashSet::new(),
            seen: HashSet::new(),
        }
    }

    /// Takes note of the accounts that were asked, though it be for their regions alone.
    pub(crate) fn asked_of(&mut self, survey: &Survey) {
        let read = survey.accounts.iter().map(|read| AccountId::from(read.identity.account.as_str()));
        self.accounts.extend(read);
    }

    /// Takes note of what goes into the evidence.
    pub(crate) fn note(&mut self, record: &EvidenceRecord) {
        match record {
            EvidenceRecord::Listing(Listing { account, region, kind, .. }) => {
                self.lists.insert((account.clone(), region.clone(), kind.clone()));
                self.accounts.insert(account.clone());
            }
            EvidenceRecord::Asset(asset) => {
                let wanders = matches!(self.kinds.get(&asset.kind), Some(Lists::Wandering));
                if wanders || asset.account.is_none() {
                    self.seen.insert(asset.id.clone());
                }
            }
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

    /// Whether an asset of the earlier collection was seen anew, or a list that was asked anew would have shown
    /// it. `all_anew` says of the earlier lists of each kind in an account whether all were asked for again.
    fn holds(&self, asset: &Asset, all_anew: &HashMap<(AccountId, Kind), bool>) -> bool {
        if self.seen.contains(&asset.id) {
            return true;
        }
        let Some(account) = &asset.account else { return false };
        let list = |region: Region| self.lists.contains(&(account.clone(), region, asset.kind.clone()));
        match self.kinds.get(&asset.kind) {
            Some(Lists::OfAccount) => list(Region::from(GLOBAL)),
            Some(Lists::OfRegion) => asset.region.clone().is_some_and(list),
            Some(Lists::Wandering) => {
                all_anew.get(&(account.clone(), asset.kind.clone())).copied().unwrap_or(false)
            }
            None => false,
        }
    }
}

/// What failed in the earlier collection and was answered since is no gap any more.
pub(crate) fn forget_cured(earlier: &mut [OperationTally], anew: &[OperationTally]) {
    let answered: HashSet<_> = anew
        .iter()
        .filter(|tally| tally.answered > 0)
        .map(|tally| (&tally.operation, &tally.account, &tally.region))
        .collect();
    for tally in earlier {
        if answered.contains(&(&tally.operation, &tally.account, &tally.region)) {
            tally.failed.clear();
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
    use jiff::Timestamp;
    use partywall_model::{Provider, Why, WhyKind};
    use partywall_store::evidence::{Existing, Footer, Header, Tool};

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

    const ACCOUNT: &str = "111122223333";
    const ACL: &str = "AWS::WAFv2::WebACL";

    fn list(region: &str) -> EvidenceRecord {
        EvidenceRecord::Listing(Listing {
            provider: Provider::Aws,
            account: ACCOUNT.into(),
            region: region.into(),
            kind: ACL.into(),
            operation: "wafv2:ListWebACLs".into(),
            at: Timestamp::UNIX_EPOCH,
            seen: 0,
            outcome: ListingOutcome::Complete,
        })
    }

    fn acl(region: &str) -> EvidenceRecord {
        let mut asset = Asset::new(Provider::Aws, ACL, format!("acl in {region}"));
        asset.account = Some(ACCOUNT.into());
        asset.region = Some(region.into());
        EvidenceRecord::Asset(Box::new(asset))
    }

    /// The regions of the assets that stay of a collection in eu-west-1 and us-east-1.
    fn stay(anew: &[EvidenceRecord]) -> Vec<String> {
        let place = tempfile::tempdir().unwrap();
        let header = || {
            let tool = Tool { name: "partywall".into(), version: "0".into() };
            Header { tool, provider: Provider::Aws, started_at: Timestamp::UNIX_EPOCH }
        };
        let footer = || Footer {
            finished_at: Timestamp::UNIX_EPOCH,
            complete: true,
            accounts: Vec::new(),
            regions: Vec::new(),
            regions_not_scanned: Vec::new(),
            tallies: Vec::new(),
            problems: Vec::new(),
        };
        let (first, second) = (place.path().join("first"), place.path().join("second"));
        let mut writer = EvidenceWriter::create(&first, Existing::Refuse, header()).unwrap();
        for region in ["eu-west-1", "us-east-1"] {
            writer.add(&acl(region)).unwrap();
            writer.add(&list(region)).unwrap();
        }
        writer.finish(footer()).unwrap();

        let content = Content::default();
        let mut noted = Anew::of(&content);
        let kind = Kind::from(ACL);
        noted.kinds.insert(&kind, Lists::Wandering);
        anew.iter().for_each(|record| noted.note(record));
        let mut writer = EvidenceWriter::create(&second, Existing::Refuse, header()).unwrap();
        Earlier::open(&first).unwrap().carry_over(&noted, &mut writer).unwrap();
        writer.finish(footer()).unwrap();
        let records =
            EvidenceReader::open(&second).unwrap().records().map(Result::unwrap).collect::<Vec<_>>();
        let region = |record: EvidenceRecord| match record {
            EvidenceRecord::Asset(asset) => asset.region.map(|region| region.to_string()),
            EvidenceRecord::Listing(_) => None,
        };
        records.into_iter().filter_map(region).collect()
    }

    #[test]
    fn an_asset_that_says_itself_where_it_is_goes_only_where_every_list_was_asked_anew() {
        assert_eq!(stay(&[list("eu-west-1"), list("us-east-1")]), [""; 0]);
        assert_eq!(stay(&[list("eu-west-1")]), ["eu-west-1", "us-east-1"]);
        assert_eq!(stay(&[list("eu-west-1"), acl("eu-west-1")]), ["us-east-1"]);
        // Of an account that could not be entered it is said that nobody looked.
        assert_eq!(stay(&[list(OTHER_REGIONS)]), ["eu-west-1", "us-east-1"]);
    }

    #[test]
    fn what_was_answered_since_no_longer_failed() {
        let mut earlier = vec![tally("s3:ListAllMyBuckets", 0, &[("AccessDenied", 1)])];
        forget_cured(&mut earlier, &[tally("ec2:DescribeVpcs", 1, &[])]);
        assert_eq!(earlier[0].failed.len(), 1);
        forget_cured(&mut earlier, &[tally("s3:ListAllMyBuckets", 0, &[("AccessDenied", 1)])]);
        assert_eq!(earlier[0].failed.len(), 1);
        forget_cured(&mut earlier, &[tally("s3:ListAllMyBuckets", 1, &[])]);
        assert!(earlier[0].failed.is_empty());
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
