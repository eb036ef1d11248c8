//! Code against the cloud that it stands for: what one of them has mended and the other has not.

mod told;

use jiff::Timestamp;
use partywall_model::{KillChainStage, Severity};
use serde::Serialize;

use super::GatePlace;

pub(super) use told::{markdown, text};

/// Everything that a comparison says. Empty lists say that nothing is so, counts that something was looked at.
#[derive(Debug, Serialize)]
pub struct GateDrift<'a> {
    /// What the code is compared with.
    pub cloud: DriftCloud,
    /// How many there are of each.
    pub counts: DriftCounts,
    /// Resources that are in both: by kind, then by id.
    pub resources: Vec<DriftResource>,
    /// Verdicts in which the two differ or both fail, and those that cannot be compared beside a failure.
    pub verdicts: Vec<DriftVerdict<'a>>,
    /// Declarations that no resource could be found for.
    pub not_joined: Vec<DriftOrphan>,
    /// By kind: resources of the cloud that this code does not declare.
    pub not_in_code: Vec<DriftKind>,
    /// Properties that both know and that differ.
    pub properties: Vec<DriftProperty>,
}

/// Recorded evidence.
#[derive(Clone, Debug, Serialize)]
pub struct DriftCloud {
    /// When its collection began.
    pub collected_from: Timestamp,
    /// When it ended.
    pub collected_to: Timestamp,
    /// The accounts in it.
    pub accounts: Vec<Box<str>>,
    /// Whether its collection came to its end.
    pub complete: bool,
}

/// How many there are of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DriftCounts {
    /// Resources that are in both.
    pub joined: usize,
    /// Passes in the cloud and fails in code.
    pub reverted: usize,
    /// Passes in code and fails in the cloud.
    pub pending: usize,
    /// Fails in both.
    pub both: usize,
    /// Passes in both.
    pub pass: usize,
    /// Verdicts that one side at least does not know.
    pub unknown: usize,
    /// Declarations that no resource could be found for.
    pub not_joined: usize,
    /// Resources of the code's kinds that it does not declare.
    pub not_in_code: usize,
}

/// A resource of the cloud that code declares.
#[derive(Debug, Serialize)]
pub struct DriftResource {
    /// The resource.
    pub asset: DriftAsset,
    /// Where it is declared: more than once where two configurations want it.
    pub declarations: Vec<DriftDeclaration>,
}

/// A resource of the cloud.
#[derive(Clone, Debug, Serialize)]
pub struct DriftAsset {
    /// Its kind.
    pub kind: Box<str>,
    /// The provider's id.
    pub id: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// Its account.
    pub account: Option<Box<str>>,
    /// Its region.
    pub region: Option<Box<str>>,
}

/// A declaration of a resource.
#[derive(Clone, Debug, Serialize)]
pub struct DriftDeclaration {
    /// The address in its configuration.
    pub address: Box<str>,
    /// Where it stands.
    pub place: GatePlace,
    /// By what the two were found to be one.
    pub joined_by: JoinedBy,
}

/// By what code and cloud were found to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JoinedBy {
    /// The provider's id, with account and region where the code says them.
    Id,
    /// The primary identifier, within account and region where the code says them.
    Identifier,
    /// A name that the code gives and only one resource of the kind has.
    Name,
}

/// One check on one resource, on both sides.
#[derive(Debug, Serialize)]
pub struct DriftVerdict<'a> {
    /// How the two stand to each other.
    pub state: DriftState,
    /// The check.
    pub check: &'a str,
    /// What it is called.
    pub title: &'a str,
    /// How bad a failure is.
    pub severity: Severity,
    /// The control of the responsibility model.
    pub control: &'a str,
    /// Where in the kill chain a failure helps an attacker.
    pub stage: KillChainStage,
    /// Whether it takes a repair back that nobody has accepted, and is at its threshold: it makes the exit code 1.
    pub decides: bool,
    /// The resource's id.
    pub asset: Box<str>,
    /// The address in code.
    pub address: Box<str>,
    /// Where it is declared.
    pub place: GatePlace,
    /// The verdict on the code.
    pub code: &'static str,
    /// The verdict on the cloud.
    pub cloud: &'static str,
    /// Why it cannot be compared; empty where it can.
    pub because: Vec<Box<str>>,
    /// The fingerprint of the verdict on the code.
    pub code_fingerprint: Box<str>,
    /// The fingerprint of the verdict on the cloud.
    pub cloud_fingerprint: Box<str>,
    /// Whether somebody has accepted the failure in the code.
    pub accepted: bool,
}

/// How the verdicts on code and cloud stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftState {
    /// Fixed by hand in the cloud; this code takes it back.
    Reverted,
    /// Fixed in code and not in the cloud yet.
    Pending,
    /// In both.
    Both,
    /// One side fails, and the other is not known or not meant.
    Unknown,
}

/// A declaration that no resource could be found for.
#[derive(Debug, Serialize)]
pub struct DriftOrphan {
    /// The address.
    pub address: Box<str>,
    /// The kind that it will be.
    pub kind: Box<str>,
    /// Where it is declared.
    pub place: GatePlace,
    /// Why.
    pub reason: OrphanReason,
    /// The same in a sentence.
    pub because: Box<str>,
}

/// Why no resource was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrphanReason {
    /// More than one fits.
    Ambiguous,
    /// None was seen, and not all were listed.
    Unseen,
    /// The code gives it no name of its own.
    Unnamed,
    /// All were listed, and it is not among them.
    New,
}

/// A kind that the code manages.
#[derive(Debug, Serialize)]
pub struct DriftKind {
    /// The kind.
    pub kind: Box<str>,
    /// How many resources of it the code does not declare.
    pub count: usize,
    /// How many of these fail a check.
    pub failing: usize,
    /// How many declarations of the kind found no resource: some of these may be theirs.
    pub not_joined: usize,
    /// The resources, those with the worst failures first.
    pub resources: Vec<DriftStray>,
}

/// A resource that the code does not declare.
#[derive(Debug, Serialize)]
pub struct DriftStray {
    /// The resource.
    #[serde(flatten)]
    pub asset: DriftAsset,
    /// The worst failure.
    pub worst: Option<Severity>,
    /// The checks that it fails.
    pub fails: Vec<Box<str>>,
}

/// A property that differs.
#[derive(Debug, Serialize)]
pub struct DriftProperty {
    /// The resource's id.
    pub asset: Box<str>,
    /// The address in code.
    pub address: Box<str>,
    /// The property.
    pub path: Box<str>,
    /// What the code says; nothing where it may be a secret.
    pub code: Option<Box<str>>,
    /// What the cloud has; nothing where it may be a secret.
    pub cloud: Option<Box<str>>,
}

impl GateDrift<'_> {
    /// Whether something could not be compared because the evidence does not show it.
    pub(super) fn is_incomplete(&self) -> bool {
        let is_open =
            |orphan: &DriftOrphan| matches!(orphan.reason, OrphanReason::Ambiguous | OrphanReason::Unseen);
        !self.cloud.complete || self.not_joined.iter().any(is_open)
    }

    fn of(&self, state: DriftState) -> impl Iterator<Item = &DriftVerdict<'_>> {
        self.verdicts.iter().filter(move |verdict| verdict.state == state)
    }
}
