//! Evidence: what was read, when, and how it went.
//!
//! A source (cloud, code, host) yields a stream of [`EvidenceRecord`]s. Beside the assets it says of every
//! population — all assets of one kind in one account and region — whether its list was read to the end,
//! because "there is none" and "nobody could look" are different things.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::asset::{Asset, Provider};
use crate::ids::{AccountId, Kind, OperationName, Region};
use crate::why::Why;

/// One record of a source's stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceRecord {
    /// An asset that was seen.
    Asset(Box<Asset>),
    /// A population whose list was asked for.
    Listing(Listing),
}

/// How the list of one population went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// Whose cloud.
    pub provider: Provider,
    /// Account asked.
    pub account: AccountId,
    /// Region asked, `global` for global services.
    pub region: Region,
    /// Kind listed.
    pub kind: Kind,
    /// The operation that lists it.
    pub operation: OperationName,
    /// When the last answer came.
    pub at: Timestamp,
    /// How many assets were seen.
    pub seen: u64,
    /// Whether that is all of them.
    pub outcome: ListingOutcome,
}

/// Whether a list was read to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListingOutcome {
    /// To the end.
    Complete,
    /// It broke off or was never begun; `seen` assets came before that.
    Incomplete(Why),
}

/// How often one operation was asked and what came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationTally {
    /// The operation as permissions spell it.
    pub operation: OperationName,
    /// Account asked.
    pub account: AccountId,
    /// Region asked.
    pub region: Region,
    /// Calls answered.
    pub answered: u64,
    /// Calls answered with an error that means *absent*.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub absent: u64,
    /// Calls that failed for good, by error code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<(Why, u64)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
