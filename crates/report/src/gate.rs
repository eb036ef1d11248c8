//! What a gate says of code: the wire form `partywall-gate/1`, and the forms that editors, reviews and pipelines read.
//!
//! Whoever judges code fills a [`Gate`]; nothing is computed here but counts. A decision that could not be made is told
//! beside the failures and never among the passes.

mod drift;
mod moved;
mod packages;
mod pipeline;
mod review;
mod sarif;
mod text;

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::Timestamp;
use partywall_content::Check;
use partywall_model::{Confidence, KillChainStage, Severity};
use serde::Serialize;

pub use drift::{
    DriftAsset, DriftCloud, DriftCounts, DriftDeclaration, DriftKind, DriftOrphan, DriftProperty,
    DriftResource, DriftState, DriftStray, DriftVerdict, GateDrift, JoinedBy, OrphanReason,
};

use crate::json;
use crate::text::TextStyle;

pub use moved::{GateHolding, GateMove, GateResponsibility, GateSwitch, holder};
pub use packages::{GatePackageFile, GatePackages, Vulnerabilities};

/// The name of the form, with its major version.
pub const FORMAT: &str = "partywall-gate/1";

/// Everything that a gate says.
#[derive(Debug, Serialize)]
pub struct Gate<'a> {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The program's version.
    pub tool_version: &'a str,
    /// The time of judgement; dates of end of life and of waivers go by it.
    pub judged_at: Timestamp,
    /// Since when only what was changed decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<GateSince>,
    /// What was read.
    pub read: GateRead,
    /// How many verdicts there are of each kind.
    pub counts: GateCounts,
    /// Failures and decisions that could not be made: by severity, then by place.
    pub findings: Vec<GateFinding<'a>>,
    /// What plans do to who holds what; none where there is no plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsibility: Option<GateResponsibility>,
    /// The same against the cloud; nothing where it was not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<GateDrift<'a>>,
    /// Waivers that cover nothing any more, or whose time is over.
    pub waivers: Vec<GateNote>,
    /// Files and blocks that could not be read, and what is wrong on our side.
    pub problems: Vec<GateNote>,
}

/// A revision: what was changed since decides alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GateSince {
    /// As it was named.
    pub revision: Box<str>,
    /// The last commit in common with it, one for each repository.
    pub commits: Vec<Box<str>>,
}

/// What was read.
#[derive(Debug, Default, Serialize)]
pub struct GateRead {
    /// Files.
    pub files: usize,
    /// Configurations: folders of Terraform that no other calls, templates, manifests.
    pub configurations: usize,
    /// Resources in them.
    pub resources: usize,
    /// Resources of types that no mapping knows: nothing is said of them.
    pub unmapped: BTreeMap<Box<str>, usize>,
    /// Files that were searched for secrets; none where they were not.
    pub searched: Option<u64>,
    /// Packages of others, where there are lock files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packages: Option<GatePackages>,
}

/// How many verdicts there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GateCounts {
    /// Open failures.
    pub fail: usize,
    /// Failures that somebody has accepted for a time.
    pub waived: usize,
    /// Failures that a baseline already knows.
    pub known: usize,
    /// Decisions that could not be made.
    pub unknown: usize,
    /// Decisions that need what no code shows: what exists only at run time, or is declared elsewhere.
    pub beyond: usize,
    /// Checks that pass.
    pub pass: usize,
    /// Checks that do not apply.
    pub not_applicable: usize,
    /// Failures, open decisions and notes that the change has not touched: they decide nothing and are not listed.
    pub untouched: usize,
}

/// A failure, or a decision that could not be made.
#[derive(Clone, Debug, Serialize)]
pub struct GateFinding<'a> {
    /// The check.
    pub check: &'a str,
    /// What it is called.
    pub title: &'a str,
    /// How it stands.
    pub state: GateState,
    /// How bad it is.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The control of the responsibility model.
    pub control: &'a str,
    /// Where in the kill chain it helps an attacker.
    pub stage: KillChainStage,
    /// What it is about.
    pub asset: GateAsset,
    /// Where it is written.
    pub place: Option<GatePlace>,
    /// Whether it is an open failure at its threshold, which makes the exit code 1.
    pub decides: bool,
    /// Further places of the same list that fail for the same reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<GatePlace>,
    /// What was found.
    pub summary: Box<str>,
    /// Why it could not be decided; empty for failures.
    pub because: Vec<Box<str>>,
    /// What to do.
    pub fix: &'a str,
    /// Stable across runs, and the same in code and cloud where the resource is named explicitly.
    pub fingerprint: Box<str>,
    /// Who accepted it, until when and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Box<str>>,
    /// The file in which its resource is declared, and the byte at which the resource begins.
    #[serde(skip)]
    pub declared: (Box<str>, u32),
    /// The check itself.
    #[serde(skip)]
    pub rule: Option<&'a Check>,
}

/// How a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateState {
    /// It fails.
    Fail,
    /// It could not be decided.
    Unknown,
    /// It fails, and the baseline knows it.
    Known,
    /// It fails, and somebody accepted that for a time.
    Waived,
}

/// A resource in code.
#[derive(Clone, Debug, Serialize)]
pub struct GateAsset {
    /// Its address in its configuration.
    pub address: Box<str>,
    /// The kind that it will be.
    pub kind: Box<str>,
    /// The provider's id where code gives it whole, else configuration and address.
    pub id: Box<str>,
    /// Its name.
    pub name: Box<str>,
}

/// A place in a file. Lines and columns count from 1, columns in Unicode characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct GatePlace {
    /// As it was named, with forward slashes.
    pub file: Box<str>,
    /// The first line.
    pub line: usize,
    /// The first column.
    pub column: usize,
    /// The last line.
    pub end_line: usize,
    /// The column behind the last character.
    pub end_column: usize,
    /// The first line's text, shortened; none where it may hold a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Box<str>>,
}

/// Something beside the findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GateNote {
    /// What it is about.
    pub subject: Box<str>,
    /// What is said.
    pub message: Box<str>,
}

impl Gate<'_> {
    /// Puts the findings in order and counts them; then leaves out what the baseline knows, where that is asked for.
    pub fn finish(&mut self, new_only: bool) {
        self.findings.sort_by(|a, b| {
            (a.state, std::cmp::Reverse(a.severity), &a.place, a.check, &a.asset.address).cmp(&(
                b.state,
                std::cmp::Reverse(b.severity),
                &b.place,
                b.check,
                &b.asset.address,
            ))
        });
        let count = |state| self.findings.iter().filter(|finding| finding.state == state).count();
        self.counts.fail = count(GateState::Fail);
        self.counts.waived = count(GateState::Waived);
        self.counts.known = count(GateState::Known);
        self.counts.unknown = count(GateState::Unknown);
        if new_only {
            self.findings.retain(|finding| finding.state != GateState::Known);
        }
    }

    /// Whether an open failure is at its threshold, or a repair that is taken back.
    pub fn has_failure(&self) -> bool {
        self.findings.iter().any(|finding| finding.decides)
            || self.drift.iter().flat_map(|drift| &drift.verdicts).any(|verdict| verdict.decides)
    }

    /// Whether plans move more to the customer than is allowed.
    pub fn moves_too_much(&self) -> bool {
        self.responsibility.as_ref().is_some_and(GateResponsibility::is_too_much)
    }

    /// Whether something could not be read or decided.
    pub fn is_incomplete(&self) -> bool {
        self.responsibility.as_ref().is_some_and(GateResponsibility::may_be_too_much)
            || self.counts.unknown > 0
            || !self.problems.is_empty()
            || !self.read.unmapped.is_empty()
            || self.drift.as_ref().is_some_and(GateDrift::is_incomplete)
    }

    fn of(&self, state: GateState) -> impl Iterator<Item = &GateFinding<'_>> {
        self.findings.iter().filter(move |finding| finding.state == state)
    }
}

impl GateFinding<'_> {
    /// `modules/store/main.tf:12:3`, or the address where no place is known.
    fn told_place(&self) -> String {
        match &self.place {
            Some(place) => format!("{}:{}:{}", place.file, place.line, place.column),
            None => self.asset.address.to_string(),
        }
    }

    /// What was found, or why nothing could be.
    fn told(&self) -> String {
        match self.because.is_empty() {
            true => self.summary.to_string(),
            false => format!("cannot be decided: {}", self.because.join("; ")),
        }
    }
}

/// The forms of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateForm {
    /// For a terminal.
    Text(TextStyle),
    /// `partywall-gate/1`.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit, as pipelines show test results.
    Junit,
    /// Workflow commands of GitHub Actions.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// A review comment.
    Markdown,
}

/// Writes a gate.
///
/// # Errors
/// What the writer refuses.
pub fn write(gate: &Gate<'_>, form: GateForm, out: &mut dyn Write) -> io::Result<()> {
    match form {
        GateForm::Text(style) => text::write(gate, style, out),
        GateForm::Json => json::write_value(gate, out),
        GateForm::Sarif => sarif::write(gate, out),
        GateForm::Junit => pipeline::junit(gate, out),
        GateForm::Github => pipeline::github(gate, out),
        GateForm::Gitlab => pipeline::gitlab(gate, out),
        GateForm::Markdown => review::write(gate, out),
    }
}
