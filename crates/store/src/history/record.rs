//! What is recorded of a run, and what is known of it later.

use std::fmt;

use jiff::Timestamp;
use partywall_model::{
    AccountId, AssetId, CheckId, ControlId, Finding, Fingerprint, Holder, Kind, Layer, Listing,
    ListingOutcome, Region, Severity, Verdict,
};

use crate::evidence::EvidenceId;

/// The identity of a run: that of its evidence, so that judging one folder twice is one run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(Box<str>);

impl RunId {
    /// Takes the text as it is.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text of the identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&EvidenceId> for RunId {
    fn from(id: &EvidenceId) -> Self {
        Self::new(id.as_str())
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A run, without its findings.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// Its identity.
    pub id: RunId,
    /// The time as of which its evidence was judged.
    pub taken_at: Timestamp,
    /// The version that judged it.
    pub tool_version: Box<str>,
    /// Whether its evidence was collected to the end.
    pub complete: bool,
    /// The accounts that it looked at, in any order.
    pub accounts: Vec<AccountId>,
    /// How the weakest layer stood; none where nothing was measured.
    pub overall: Option<FigureRow>,
    /// How each layer stood.
    pub layers: Vec<LayerRow>,
    /// How each control stood.
    pub controls: Vec<ControlRow>,
    /// The populations that were listed to their end.
    pub populations: Vec<PopulationRow>,
    /// Who holds the controls of assets: what several of them share stands here once.
    pub signatures: Vec<Signature>,
    /// The assets that there were.
    pub assets: Vec<AssetRow>,
}

/// A level and a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FigureRow {
    /// The level, 0 to 4.
    pub level: u8,
    /// The lower end of the range, 0 to 1.
    pub lo: f64,
    /// The upper end, 0 to 1.
    pub hi: f64,
}

/// How a layer stood in a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerRow {
    /// The layer.
    pub layer: Layer,
    /// Over the controls that something measures; none where nothing does.
    pub figure: Option<FigureRow>,
}

/// Who holds each control of an asset, in the order of the controls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Signature(pub Vec<HeldLine>);

/// Who holds one control, and what decides it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeldLine {
    /// The control.
    pub control: ControlId,
    /// Who holds it.
    pub holder: Holder,
    /// The rule that says so: `aws/lambda.yaml:12`.
    pub rule: Box<str>,
    /// The property that the line switches on; empty where there is none.
    pub switch: Box<str>,
    /// What would have to be read to know the holder; empty where it is known.
    pub need: Box<str>,
}

/// An asset as the history keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetRow {
    /// Its identity.
    pub asset: AssetId,
    /// Its kind.
    pub kind: Kind,
    /// Its account; none for what stands above accounts.
    pub account: Option<AccountId>,
    /// Its region.
    pub region: Option<Region>,
    /// Who holds its controls: a position in [`RunRecord::signatures`].
    pub signature: usize,
}

/// How a control stood in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlRow {
    /// The control.
    pub control: ControlId,
    /// Its level, 0 to 4; none where it was not applicable or not measured.
    pub level: Option<u8>,
    /// The range, 0 to 1, lower end first; none as above.
    pub range: Option<(f64, f64)>,
    /// What was seen of all, 0 to 1.
    pub coverage: f64,
    /// The rest of the score in the reporter's own versioned form; kept as it is and never asked into.
    pub detail: serde_json::Value,
}

/// The size of a population that was listed to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PopulationRow {
    /// Its account.
    pub account: AccountId,
    /// Its region.
    pub region: Region,
    /// Its kind.
    pub kind: Kind,
    /// How many assets there were.
    pub count: u64,
}

impl PopulationRow {
    /// The population of a list; none if it broke off, because then nobody knows its size.
    pub fn of(listing: &Listing) -> Option<Self> {
        match listing.outcome {
            ListingOutcome::Incomplete(_) => None,
            ListingOutcome::Complete => Some(Self {
                account: listing.account.clone(),
                region: listing.region.clone(),
                kind: listing.kind.clone(),
                count: listing.seen,
            }),
        }
    }
}

/// The outcome of a finding, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The check has nothing to say.
    NotApplicable,
    /// Good.
    Pass,
    /// Only a person can say.
    Manual,
    /// Not seen.
    Unknown,
    /// Not good.
    Fail,
}

impl Outcome {
    /// The outcome of a finding. What another scanner says and a check of ours says already is not counted twice.
    pub fn of(finding: &Finding) -> Self {
        let is_repeated = finding.third_party.as_ref().is_some_and(|said| said.repeats.is_some());
        match &finding.verdict {
            _ if is_repeated => Self::NotApplicable,
            Verdict::Pass => Self::Pass,
            Verdict::Fail => Self::Fail,
            Verdict::Unknown(_) => Self::Unknown,
            Verdict::NotApplicable => Self::NotApplicable,
            Verdict::Manual => Self::Manual,
        }
    }
}

/// A finding as the history keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// Its identity across runs.
    pub fingerprint: Fingerprint,
    /// The check.
    pub check: CheckId,
    /// The control that it serves.
    pub control: ControlId,
    /// The asset that carries the cause.
    pub asset: AssetId,
    /// The outcome.
    pub outcome: Outcome,
    /// How bad a failure would be.
    pub severity: Severity,
    /// Why it was not seen, in a few words; empty where it was.
    pub why: Box<str>,
}

impl From<&Finding> for FindingRow {
    fn from(finding: &Finding) -> Self {
        Self {
            fingerprint: finding.fingerprint,
            check: finding.check.clone(),
            control: finding.control.clone(),
            asset: finding.asset.clone(),
            outcome: Outcome::of(finding),
            severity: finding.severity,
            why: why(&finding.verdict),
        }
    }
}

/// The first reason, as examples write it: `s3:GetBucketPolicy AccessDenied`.
fn why(verdict: &Verdict) -> Box<str> {
    let Verdict::Unknown(reasons) = verdict else { return "".into() };
    let Some(first) = reasons.first() else { return "".into() };
    let what = if first.code.is_empty() { first.kind.word() } else { &first.code };
    format!("{} {what}", first.operation).into()
}

/// Whether a run was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It was.
    New,
    /// It was there already, and nothing changed.
    Already,
}

/// What is known of a finding over all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingLife {
    /// As it was observed last.
    pub last: FindingRow,
    /// When it was first observed, whatever the outcome.
    pub first_observed_at: Timestamp,
    /// When it was last observed.
    pub last_observed_at: Timestamp,
    /// Since when it has been failing without a pass in between; none where it is not failing.
    pub failing_since: Option<Timestamp>,
    /// When a failure last turned into a pass.
    pub fixed_at: Option<Timestamp>,
    /// How often it failed again after that.
    pub reopened: u64,
}

/// A run as the history knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// Its identity.
    pub id: RunId,
    /// The time as of which its evidence was judged.
    pub taken_at: Timestamp,
    /// The version that judged it.
    pub tool_version: Box<str>,
    /// Whether its evidence was collected to the end.
    pub complete: bool,
    /// The accounts that it looked at, in order.
    pub accounts: Vec<AccountId>,
    /// How many findings it had, whatever the outcome.
    pub findings: u64,
    /// How many of them were failures.
    pub failing: u64,
}

/// Which runs stay when old ones are taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// The newest so many over each set of accounts.
    pub runs: Option<u32>,
    /// Those that are not older than this.
    pub since: Option<Timestamp>,
}

/// What was taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// So many runs.
    pub runs: usize,
    /// So many findings that no other run knows and that do not fail.
    pub findings: usize,
}
