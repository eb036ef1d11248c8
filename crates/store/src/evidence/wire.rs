//! The form of records in a file: JSON, one record a line.
//!
//! These types mirror those of the model and are versioned with [`FORMAT`](super::FORMAT), not with the
//! model: a change there that would change this form does not compile or fails the test that reads the
//! stored sample. Fields and words that are not known here are refused, because what they say would be
//! lost silently.

mod asset;
mod node;

use jiff::Timestamp;
use partywall_model::{
    AccountId, Asset, EvidenceRecord, Kind, Listing, ListingOutcome, OperationName, OperationTally, Provider,
    Region, Why, WhyKind,
};
use serde::de::{self, DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::interner::Interner;

/// A provider's word.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Provider", rename_all = "kebab-case")]
pub(super) enum ProviderWord {
    Aws,
    Azure,
    Gcp,
    Own,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "WhyKind", rename_all = "kebab-case")]
enum WhyKindWord {
    Refused,
    Throttled,
    Unsupported,
    Failed,
    NotRead,
    Malformed,
    Undecided,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireWhy {
    #[serde(with = "WhyKindWord")]
    kind: WhyKind,
    operation: Box<str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    code: Box<str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    message: Box<str>,
}

impl From<&Why> for WireWhy {
    fn from(why: &Why) -> Self {
        let Why { kind, operation, code, message } = why.clone();
        Self { kind, operation, code, message }
    }
}

impl From<WireWhy> for Why {
    fn from(WireWhy { kind, operation, code, message }: WireWhy) -> Self {
        Self { kind, operation, code, message }
    }
}

/// A [`Why`] as a field, for `#[serde(with)]`.
pub(super) mod why {
    use serde::{Deserializer, Serializer};

    use super::{Deserialize, Serialize, Why, WireWhy};

    pub(in crate::evidence) fn serialize<S: Serializer>(why: &Why, serializer: S) -> Result<S::Ok, S::Error> {
        WireWhy::from(why).serialize(serializer)
    }

    pub(in crate::evidence) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Why, D::Error> {
        WireWhy::deserialize(deserializer).map(Why::from)
    }
}

/// A list of problems as a field, for `#[serde(with)]`.
pub(super) mod problems {
    use partywall_model::Problem;
    use serde::{Deserializer, Serializer};

    use super::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct WireProblem {
        subject: Box<str>,
        message: Box<str>,
    }

    pub(in crate::evidence) fn serialize<S: Serializer>(
        problems: &[Problem],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(problems.iter().map(|problem| {
            let Problem { subject, message } = problem.clone();
            WireProblem { subject, message }
        }))
    }

    pub(in crate::evidence) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Problem>, D::Error> {
        let problems = Vec::<WireProblem>::deserialize(deserializer)?;
        Ok(problems
            .into_iter()
            .map(|WireProblem { subject, message }| Problem { subject, message })
            .collect())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireListing {
    kind: Kind,
    #[serde(with = "ProviderWord")]
    provider: Provider,
    account: AccountId,
    region: Region,
    operation: OperationName,
    at: Timestamp,
    seen: u64,
    /// Why the list broke off; none where it was read to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    incomplete: Option<WireWhy>,
}

impl From<&Listing> for WireListing {
    fn from(listing: &Listing) -> Self {
        let Listing { provider, account, region, kind, operation, at, seen, outcome } = listing.clone();
        let incomplete = match &outcome {
            ListingOutcome::Complete => None,
            ListingOutcome::Incomplete(why) => Some(why.into()),
        };
        Self { kind, provider, account, region, operation, at, seen, incomplete }
    }
}

impl From<WireListing> for Listing {
    fn from(listing: WireListing) -> Self {
        let WireListing { kind, provider, account, region, operation, at, seen, incomplete } = listing;
        let outcome =
            incomplete.map_or(ListingOutcome::Complete, |why| ListingOutcome::Incomplete(why.into()));
        Self { provider, account, region, kind, operation, at, seen, outcome }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireTally {
    operation: OperationName,
    account: AccountId,
    region: Region,
    answered: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    absent: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    failed: Vec<WireFailure>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFailure {
    why: WireWhy,
    calls: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum RecordOut<'a> {
    Asset(asset::AssetOut<'a>),
    Listing(WireListing),
}

/// Appends a record as one line without its end.
pub(super) fn encode_record(record: &EvidenceRecord, line: &mut Vec<u8>) -> serde_json::Result<()> {
    let record = match record {
        EvidenceRecord::Asset(asset) => RecordOut::Asset(asset::AssetOut::from(&**asset)),
        EvidenceRecord::Listing(listing) => RecordOut::Listing(listing.into()),
    };
    serde_json::to_writer(line, &record)
}

/// Appends a tally as one line without its end.
pub(super) fn encode_tally(tally: &OperationTally, line: &mut Vec<u8>) -> serde_json::Result<()> {
    let OperationTally { operation, account, region, answered, absent, failed } = tally.clone();
    let failed = failed.iter().map(|(why, calls)| WireFailure { why: why.into(), calls: *calls }).collect();
    serde_json::to_writer(line, &WireTally { operation, account, region, answered, absent, failed })
}

/// A line as a record.
pub(super) fn decode_record(line: &[u8], interner: &mut Interner) -> serde_json::Result<EvidenceRecord> {
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    let record = RecordSeed(interner).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(record)
}

/// A line as a tally.
pub(super) fn decode_tally(line: &[u8]) -> serde_json::Result<OperationTally> {
    let WireTally { operation, account, region, answered, absent, failed } = serde_json::from_slice(line)?;
    let failed = failed.into_iter().map(|WireFailure { why, calls }| (why.into(), calls)).collect();
    Ok(OperationTally { operation, account, region, answered, absent, failed })
}

struct RecordSeed<'i>(&'i mut Interner);

#[derive(Deserialize)]
#[serde(variant_identifier, rename_all = "kebab-case")]
enum RecordWord {
    Asset,
    Listing,
}

impl<'de> DeserializeSeed<'de> for RecordSeed<'_> {
    type Value = EvidenceRecord;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<EvidenceRecord, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RecordSeed<'_> {
    type Value = EvidenceRecord;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a record: an object with one key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EvidenceRecord, A::Error> {
        let record = match map.next_key::<RecordWord>()? {
            Some(RecordWord::Asset) => {
                let asset: Asset = map.next_value_seed(asset::AssetSeed(self.0))?;
                EvidenceRecord::Asset(Box::new(asset))
            }
            Some(RecordWord::Listing) => EvidenceRecord::Listing(map.next_value::<WireListing>()?.into()),
            None => return Err(de::Error::custom("a record without content")),
        };
        match map.next_key::<de::IgnoredAny>()? {
            Some(_) => Err(de::Error::custom("two records in one line")),
            None => Ok(record),
        }
    }
}
