//! [`Estate`]: all assets of one assessment, with what is known of their populations.
//!
//! The question that an estate answers beside "what is there" is "is that all": [`Estate::completeness`]
//! says of a kind in an account and region whether its list was read to the end. A join over an incomplete
//! population is unknown, never empty.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::asset::{Asset, Population, Provider};
use crate::evidence::{EvidenceRecord, Listing, ListingOutcome};
use crate::ids::{AccountId, AssetId, Kind, Region};
use crate::node::Node;
use crate::why::{Why, WhyKind};

/// All assets of one assessment. Assets stand in a stable order: account, region, kind, id.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    assets: Vec<Asset>,
    listings: Vec<Listing>,
    by_id: HashMap<AssetId, usize>,
    by_kind: HashMap<Kind, Populations>,
    by_others: HashSet<AssetId>,
}

/// The populations of one kind, by account.
type Populations = BTreeMap<Option<AccountId>, InAccount>;

/// One kind in one account: where its assets stand, and of which regions the list was asked for.
#[derive(Clone, Debug, Default)]
struct InAccount {
    assets: Vec<usize>,
    /// None where the list was read to its end.
    lists: Vec<(Region, Option<Arc<Why>>)>,
}

/// Where to look in an estate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// One region of one account.
    Region(&'a AccountId, &'a Region),
    /// One account, all regions.
    Account(&'a AccountId),
    /// All accounts.
    Everywhere,
}

impl Scope<'_> {
    /// Whether an asset lies in it.
    pub fn holds(&self, asset: &Asset) -> bool {
        match self {
            Self::Region(account, region) => {
                asset.account.as_ref() == Some(account) && asset.region.as_ref() == Some(region)
            }
            Self::Account(account) => asset.account.as_ref() == Some(account),
            Self::Everywhere => true,
        }
    }
}

/// Collects evidence into an [`Estate`].
#[derive(Debug, Default)]
pub struct EstateBuilder {
    assets: HashMap<AssetId, Asset>,
    listings: Vec<Listing>,
    by_others: HashSet<AssetId>,
}

impl EstateBuilder {
    /// Takes a record in; of two assets with one id the later stays.
    pub fn add(&mut self, record: EvidenceRecord) {
        match record {
            EvidenceRecord::Asset(asset) => {
                self.by_others.remove(&asset.id);
                self.assets.insert(asset.id.clone(), *asset);
            }
            EvidenceRecord::Listing(listing) => self.listings.push(listing),
        }
    }

    /// Takes in an asset that somebody else saw; one of our own with that id stays. It is one of the assets and
    /// belongs to no population: no question about what else is there leads to it.
    ///
    /// Answers whether it was new.
    pub fn add_seen_by_others(&mut self, asset: Asset) -> bool {
        let is_new = !self.assets.contains_key(&asset.id);
        if is_new {
            self.by_others.insert(asset.id.clone());
            self.assets.insert(asset.id.clone(), asset);
        }
        is_new
    }

    /// The estate: with the organisation's asset, and one placeholder for each population whose list broke
    /// off, except where it was left out knowingly ([`Why::LEFT_OUT`]). `last_known` says how many there were
    /// when it was last listed.
    pub fn finish(mut self, last_known: impl Fn(&Listing) -> Option<u64>) -> Estate {
        let organisation = Asset::organisation();
        self.assets.entry(organisation.id.clone()).or_insert(organisation);
        for listing in &self.listings {
            if let ListingOutcome::Incomplete(why) = &listing.outcome
                && &*why.code != Why::LEFT_OUT
            {
                let asset = placeholder(listing, why, last_known(listing));
                self.assets.insert(asset.id.clone(), asset);
            }
        }
        let mut assets: Vec<Asset> = self.assets.into_values().collect();
        assets.sort_by(|a, b| {
            (&a.account, &a.region, &a.kind, &a.id).cmp(&(&b.account, &b.region, &b.kind, &b.id))
        });
        self.listings.sort_by(|a, b| {
            (&a.account, &a.region, &a.kind, &a.operation).cmp(&(
                &b.account,
                &b.region,
                &b.kind,
                &b.operation,
            ))
        });
        Estate::of(assets, self.listings, self.by_others)
    }
}

fn placeholder(listing: &Listing, why: &Why, last_known: Option<u64>) -> Asset {
    let id = format!("unlisted:{}:{}:{}:{}", listing.provider, listing.account, listing.region, listing.kind);
    let mut asset = Asset::new(listing.provider, listing.kind.clone(), id);
    asset.account = Some(listing.account.clone());
    asset.region = Some(listing.region.clone());
    asset.name = Some(format!("{} that could not be listed", listing.kind).into());
    asset.properties = Node::unknown(why.clone());
    asset.population = Population::Refused { why: why.clone(), last_known };
    asset
}

impl Estate {
    fn of(assets: Vec<Asset>, listings: Vec<Listing>, by_others: HashSet<AssetId>) -> Self {
        let mut by_id = HashMap::with_capacity(assets.len());
        let mut by_kind: HashMap<Kind, Populations> = HashMap::new();
        for (at, asset) in assets.iter().enumerate() {
            by_id.insert(asset.id.clone(), at);
            if by_others.contains(&asset.id) {
                continue;
            }
            let populations = by_kind.entry(asset.kind.clone()).or_default();
            populations.entry(asset.account.clone()).or_default().assets.push(at);
        }
        for listing in &listings {
            let why = match &listing.outcome {
                ListingOutcome::Complete => None,
                ListingOutcome::Incomplete(why) => Some(Arc::new(why.clone())),
            };
            let populations = by_kind.entry(listing.kind.clone()).or_default();
            let in_account = populations.entry(Some(listing.account.clone())).or_default();
            in_account.lists.push((listing.region.clone(), why));
        }
        Self { assets, listings, by_id, by_kind, by_others }
    }

    /// All assets, in their stable order.
    pub fn assets(&self) -> &[Asset] {
        &self.assets
    }

    /// Whether nobody but others saw an asset.
    pub fn is_by_others(&self, asset: &Asset) -> bool {
        self.by_others.contains(&asset.id)
    }

    /// The assets that we saw ourselves, or whose lists we asked for.
    pub fn own_assets(&self) -> impl Iterator<Item = &Asset> {
        self.assets.iter().filter(|asset| !self.is_by_others(asset))
    }

    /// All lists that were asked for.
    pub fn listings(&self) -> &[Listing] {
        &self.listings
    }

    /// The asset with this id.
    pub fn asset(&self, id: &str) -> Option<&Asset> {
        self.by_id.get(id).and_then(|at| self.assets.get(*at))
    }

    /// The position of an asset in [`Estate::assets`].
    pub fn position(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The assets of a kind in a scope, placeholders and what only others saw left out.
    pub fn of_kind<'a, 's>(
        &'a self,
        kind: &str,
        scope: Scope<'s>,
    ) -> impl Iterator<Item = &'a Asset> + use<'a, 's> {
        self.populations(kind, scope)
            .flat_map(|(_, in_account)| &in_account.assets)
            .filter_map(|at| self.assets.get(*at))
            .filter(move |asset| asset.population.is_seen() && scope.holds(asset))
    }

    /// Whether every asset of a kind in a scope is in view: an error says why one may be missing. A
    /// population that nobody asked for is not complete.
    pub fn completeness(&self, kind: &str, scope: Scope<'_>) -> Result<(), Arc<Why>> {
        let mut listed = false;
        for (region, why) in self.populations(kind, scope).flat_map(|(_, in_account)| &in_account.lists) {
            let matches = match scope {
                Scope::Region(_, wanted) => region == wanted || *region == "global",
                Scope::Account(_) | Scope::Everywhere => true,
            };
            match why {
                Some(why) if matches => return Err(Arc::clone(why)),
                _ => listed |= matches,
            }
        }
        if listed {
            return Ok(());
        }
        let message = "nobody listed this kind here";
        Err(Arc::new(Why::new(WhyKind::NotRead, format!("list of {kind}")).with_message(message)))
    }

    fn populations<'a, 's>(
        &'a self,
        kind: &str,
        scope: Scope<'s>,
    ) -> impl Iterator<Item = (&'a Option<AccountId>, &'a InAccount)> + use<'a, 's> {
        let account = match scope {
            Scope::Region(account, _) | Scope::Account(account) => Some(account),
            Scope::Everywhere => None,
        };
        self.by_kind
            .get(kind)
            .into_iter()
            .flatten()
            .filter(move |(owner, _)| account.is_none() || owner.as_ref() == account)
    }

    /// The accounts in view, each once, in order.
    pub fn accounts(&self) -> Vec<&AccountId> {
        let mut accounts: Vec<&AccountId> = self
            .assets
            .iter()
            .filter_map(|asset| asset.account.as_ref())
            .chain(self.listings.iter().map(|listing| &listing.account))
            .collect();
        accounts.sort();
        accounts.dedup();
        accounts
    }

    /// The provider of what is in view, if it is one alone.
    pub fn provider(&self) -> Option<Provider> {
        self.assets.iter().map(|asset| asset.provider).find(|provider| *provider != Provider::Own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn listing(region: &str, outcome: ListingOutcome) -> EvidenceRecord {
        EvidenceRecord::Listing(Listing {
            provider: Provider::Aws,
            account: "111122223333".into(),
            region: region.into(),
            kind: "AWS::EC2::VPC".into(),
            operation: "ec2:DescribeVpcs".into(),
            at: Timestamp::UNIX_EPOCH,
            seen: 0,
            outcome,
        })
    }

    fn estate(records: Vec<EvidenceRecord>) -> Estate {
        let mut builder = EstateBuilder::default();
        records.into_iter().for_each(|record| builder.add(record));
        builder.finish(|_| Some(7))
    }

    #[test]
    fn the_organisation_always_exists() {
        assert_eq!(estate(vec![]).asset("org:").unwrap().kind, *"Org");
    }

    #[test]
    fn what_was_left_out_knowingly_is_not_complete_and_leaves_no_placeholder() {
        let why = Why::new(WhyKind::NotRead, "ec2:DescribeRegions").with_code(Why::LEFT_OUT);
        let estate = estate(vec![
            listing("eu-west-1", ListingOutcome::Complete),
            listing("other-regions", ListingOutcome::Incomplete(why)),
        ]);
        assert!(estate.assets().iter().all(|asset| asset.population.is_seen()));
        let (account, region) = (AccountId::from("111122223333"), Region::from("eu-west-1"));
        assert!(estate.completeness("AWS::EC2::VPC", Scope::Account(&account)).is_err());
        assert!(estate.completeness("AWS::EC2::VPC", Scope::Region(&account, &region)).is_ok());
    }

    #[test]
    fn a_refused_list_leaves_a_placeholder_and_is_not_complete() {
        let why = Why::parse_short("ec2:DescribeVpcs UnauthorizedOperation");
        let estate = estate(vec![
            listing("eu-west-1", ListingOutcome::Complete),
            listing("us-east-1", ListingOutcome::Incomplete(why.clone())),
        ]);
        let placeholder = estate.asset("unlisted:aws:111122223333:us-east-1:AWS::EC2::VPC").unwrap();
        assert!(placeholder.properties.is_unknown());
        assert_eq!(placeholder.population, Population::Refused { why: why.clone(), last_known: Some(7) });
        let account = AccountId::from("111122223333");
        assert!(estate.completeness("AWS::EC2::VPC", Scope::Region(&account, &"eu-west-1".into())).is_ok());
        let refused = estate.completeness("AWS::EC2::VPC", Scope::Account(&account)).unwrap_err();
        assert_eq!(*refused, why);
        assert_eq!(estate.of_kind("AWS::EC2::VPC", Scope::Everywhere).count(), 0);
    }

    #[test]
    fn what_only_others_saw_belongs_to_no_population() {
        let vpc = |id: &str| Asset::new(Provider::Aws, "AWS::EC2::VPC", id);
        let mut builder = EstateBuilder::default();
        builder.add(EvidenceRecord::Asset(Box::new(vpc("ours"))));
        assert!(!builder.add_seen_by_others(vpc("ours")));
        assert!(builder.add_seen_by_others(vpc("theirs")) && !builder.add_seen_by_others(vpc("theirs")));
        let estate = builder.finish(|_| None);
        let of_kind: Vec<&str> =
            estate.of_kind("AWS::EC2::VPC", Scope::Everywhere).map(|asset| asset.id.as_str()).collect();
        assert_eq!(of_kind, ["ours"]);
        assert!(estate.is_by_others(estate.asset("theirs").unwrap()));
        assert!(estate.own_assets().all(|asset| asset.id != *"theirs"));
    }

    #[test]
    fn what_nobody_listed_is_not_complete() {
        let estate = estate(vec![listing("eu-west-1", ListingOutcome::Complete)]);
        let account = AccountId::from("111122223333");
        let why = estate.completeness("AWS::EC2::Subnet", Scope::Account(&account)).unwrap_err();
        assert_eq!(why.kind, WhyKind::NotRead);
    }
}
