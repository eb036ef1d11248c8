//! What a report is made from, borrowed from whoever found it out.

use jiff::Timestamp;
use partywall_content::{Check, Control};
use partywall_model::{AccountId, Environment, Estate, Finding, OperationTally, Problem, Region, Why};
use partywall_ssrm::fixes::FirstFix;
use partywall_ssrm::status::{self, Status};
use partywall_ssrm::switches::Switches;

/// Everything that is known at the end of an assessment.
#[derive(Clone, Copy)]
pub struct Assessment<'a> {
    /// What it was made from and when.
    pub header: &'a Header,
    /// What was judged: content, settings, estate and verdicts.
    pub judged: status::Assessment<'a>,
    /// Lines, controls and the score.
    pub status: &'a Status,
    /// How the switches stand.
    pub switches: &'a Switches,
    /// What to mend first, the first first.
    pub fixes: &'a [FirstFix<'a>],
    /// What went wrong on our side, beside what the status itself has noted.
    pub problems: &'a [Problem],
}

impl<'a> Assessment<'a> {
    pub(crate) fn estate(&self) -> &'a Estate {
        self.judged.estate
    }

    pub(crate) fn controls(&self) -> &'a [Control] {
        &self.judged.content.controls
    }

    pub(crate) fn findings(&self) -> &'a [Finding] {
        self.judged.findings
    }

    pub(crate) fn check(&self, id: &str) -> Option<&'a Check> {
        self.judged.content.check(id)
    }

    pub(crate) fn account_names(&self) -> impl Iterator<Item = (&'a AccountId, &'a str)> + use<'a> {
        self.header.accounts.iter().filter_map(|account| Some((&account.id, account.name.as_deref()?)))
    }

    /// The bad thing that a verdict speaks of, in a few words: as content says it, or who else said so.
    pub(crate) fn title(&self, finding: &'a Finding) -> &'a str {
        let foreign = finding.third_party.as_ref().map_or(finding.check.as_str(), |said| &said.title);
        self.check(finding.check.as_str()).map_or(foreign, |check| &check.title)
    }

    pub(crate) fn problems(&self) -> impl Iterator<Item = &'a Problem> + use<'a> {
        self.status.problems.iter().chain(self.problems)
    }
}

/// What an assessment was made from and when.
#[derive(Clone, Debug)]
pub struct Header {
    /// The version of Partywall.
    pub tool_version: Box<str>,
    /// When the collection began.
    pub collected_from: Timestamp,
    /// When the last answer came.
    pub collected_to: Timestamp,
    /// What was read.
    pub sources: Vec<SourceKind>,
    /// The accounts that were read.
    pub accounts: Vec<Account>,
    /// The regions that were read.
    pub regions: Vec<Region>,
    /// The regions that were not.
    pub regions_not_scanned: Vec<RegionNotScanned>,
    /// How often each operation was asked and what came back.
    pub tallies: Vec<OperationTally>,
    /// How the collection ended.
    pub end: RunEnd,
}

/// A kind of source of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// A cloud's API.
    CloudApi,
    /// Infrastructure as code.
    Code,
    /// A host.
    Host,
    /// Logs.
    Logs,
    /// A probe from outside.
    Probe,
    /// People's word.
    People,
}

/// How a collection ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunEnd {
    /// It ran to its end. Refused reads do not change that.
    #[default]
    Complete,
    /// It was cut short.
    Interrupted,
}

/// An account that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The provider's id of it.
    pub id: AccountId,
    /// The name that people use.
    pub name: Option<Box<str>>,
    /// What it is for.
    pub environment: Environment,
}

/// A region that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionNotScanned {
    /// In which account; none where it holds for all.
    pub account: Option<AccountId>,
    /// The region.
    pub region: Region,
    /// Why not.
    pub why: Why,
}
