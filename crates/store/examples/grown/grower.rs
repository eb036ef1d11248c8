//! Writes assets and lists, and keeps count of what was planted.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use jiff::Timestamp;
use partywall_model::{
    AccountId, Asset, EvidenceRecord, Kind, Listing, ListingOutcome, Node, OperationName, Provider, Region,
    Relation, Source,
};
use partywall_store::evidence::{EvidenceWriter, Existing, Footer, Header, ScannedAccount, Tool};
use serde_json::{Value, json};

/// When everything was read.
const READ_AT: &str = "2026-11-01T00:00:00Z";
/// Of a hundred places where a fault can be, so many have it …
const FAULTY: u64 = 16;
/// … and so many could not be read.
const UNREAD: u64 = 10;

/// What is planted in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plant {
    Good,
    Fault,
    Unread,
}

/// An account and a region.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) region: String,
    /// Makes the identifiers of the place's own networks unlike those of all others.
    pub(crate) number: usize,
}

impl Place {
    pub(crate) fn arn(&self, service: &str, rest: impl AsRef<str>) -> String {
        let region = if self.region == "global" { "" } else { &self.region };
        format!("arn:aws:{service}:{region}:{}:{}", self.account, rest.as_ref())
    }
}

/// One asset about to be written.
pub(crate) struct Seedling<'a> {
    pub(crate) kind: &'a str,
    pub(crate) id: String,
    pub(crate) identifier: String,
    pub(crate) properties: Value,
    /// Kind, to, by.
    pub(crate) relations: Vec<(&'a str, String, &'a str)>,
}

#[derive(Debug, Default)]
struct Count {
    fail: u64,
    unknown: u64,
}

pub(crate) struct Grower {
    writer: EvidenceWriter,
    at: Timestamp,
    planted: BTreeMap<&'static str, Count>,
    lists: BTreeMap<(String, String, String), u64>,
    dice: u64,
    with_policy: u64,
}

impl Grower {
    pub(crate) fn new(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let at: Timestamp = READ_AT.parse()?;
        let header = Header {
            tool: Tool { name: "partywall".into(), version: env!("CARGO_PKG_VERSION").into() },
            provider: Provider::Aws,
            started_at: at,
        };
        Ok(Self {
            writer: EvidenceWriter::create(folder, Existing::Replace, header)?,
            at,
            planted: BTreeMap::new(),
            lists: BTreeMap::new(),
            dice: 1,
            with_policy: 0,
        })
    }

    /// A number below `limit`, the same in every run (Steele et al., SplitMix64, OOPSLA 2014).
    pub(crate) fn roll(&mut self, limit: u64) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.dice;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }

    /// Decides what a check is to find here, and remembers it.
    pub(crate) fn plant(&mut self, check: &'static str) -> Plant {
        let rolled = self.roll(100);
        let count = self.planted.entry(check).or_default();
        if rolled < FAULTY {
            count.fail += 1;
            Plant::Fault
        } else if rolled < FAULTY + UNREAD {
            count.unknown += 1;
            Plant::Unread
        } else {
            Plant::Good
        }
    }

    /// The same where a fault is there or not, because the list itself shows it.
    pub(crate) fn fault(&mut self, check: &'static str) -> bool {
        let faulty = self.roll(100) < FAULTY;
        self.planted.entry(check).or_default().fail += u64::from(faulty);
        faulty
    }

    /// Writes an asset.
    pub(crate) fn add(&mut self, place: &Place, seedling: Seedling<'_>) -> Result<(), Box<dyn Error>> {
        let Seedling { kind, id, identifier, properties, relations } = seedling;
        self.with_policy += u64::from(has_policy(&properties));
        let mut asset = Asset::new(Provider::Aws, Kind::from(kind), id.as_str());
        asset.account = Some(AccountId::from(place.account.as_str()));
        asset.region = Some(Region::from(place.region.as_str()));
        asset.name = Some(identifier.as_str().into());
        asset.identifier = Some(identifier.into());
        asset.properties = serde_json::from_value::<Node>(properties)?;
        let relations = relations.into_iter();
        asset.relations = relations
            .map(|(kind, to, by)| Relation { kind: Kind::from(kind), to: to.into(), by: by.into() })
            .collect();
        asset.provenance.add("", Source::Call { operation: operation(kind), at: self.at });
        self.writer.add(&EvidenceRecord::Asset(Box::new(asset)))?;
        *self.list(place, kind) += 1;
        Ok(())
    }

    /// Says that a kind was listed here, whether or not anything is added.
    pub(crate) fn list(&mut self, place: &Place, kind: &str) -> &mut u64 {
        self.lists.entry((place.account.clone(), place.region.clone(), kind.to_owned())).or_default()
    }

    /// Writes the lists and the manifest, and says what was planted.
    pub(crate) fn finish(mut self) -> Result<Value, Box<dyn Error>> {
        let mut accounts = Vec::new();
        let mut regions = Vec::new();
        let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
        for ((account, region, kind), seen) in &self.lists {
            let listing = Listing {
                provider: Provider::Aws,
                account: AccountId::from(account.as_str()),
                region: Region::from(region.as_str()),
                kind: Kind::from(kind.as_str()),
                operation: operation(kind),
                at: self.at,
                seen: *seen,
                outcome: ListingOutcome::Complete,
            };
            self.writer.add(&EvidenceRecord::Listing(listing))?;
            accounts.push(account.as_str());
            regions.push(region.as_str());
            *kinds.entry(kind).or_default() += seen;
        }
        accounts.dedup();
        regions.sort_unstable();
        regions.dedup();
        let footer = Footer {
            finished_at: self.at,
            complete: true,
            accounts: accounts
                .into_iter()
                .map(|id| ScannedAccount { id: AccountId::from(id), alias: None })
                .collect(),
            regions: regions.into_iter().map(Region::from).collect(),
            regions_not_scanned: Vec::new(),
            tallies: Vec::new(),
            problems: Vec::new(),
        };
        self.writer.finish(footer)?;
        let planted: serde_json::Map<String, Value> = self
            .planted
            .iter()
            .map(|(check, count)| {
                ((*check).to_owned(), json!({ "fail": count.fail, "unknown": count.unknown }))
            })
            .collect();
        Ok(json!({
            "assets": kinds.values().sum::<u64>(),
            "kinds": kinds.values().filter(|seen| **seen > 0).count(),
            "instances": kinds.get("AWS::EC2::Instance"),
            "with_policy": self.with_policy,
            "planted": planted,
        }))
    }
}

/// A value that was refused, in the form of evidence.
pub(crate) fn refused(operation: &str) -> Value {
    json!({ "!unknown": { "kind": "refused", "operation": operation, "code": "AccessDenied" } })
}

fn operation(kind: &str) -> OperationName {
    OperationName::from(kind.replace("::", ":").to_lowercase().as_str())
}

fn has_policy(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.contains_key("Statement") || fields.values().any(has_policy),
        Value::Array(values) => values.iter().any(has_policy),
        _ => false,
    }
}
