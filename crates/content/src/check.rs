//! A check: one file, with its own reasons, repairs and examples.

use std::collections::BTreeMap;

use jiff::Timestamp;
use partywall_expr::Program;
use partywall_model::{
    CheckId, Confidence, ControlId, Effort, KillChainStage, Kind, Node, Sensitivity, Severity,
};
use serde::{Deserialize, Serialize};

use crate::yaml::Located;

/// A check, compiled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Check {
    /// Its id, which is its file's name; never used twice.
    pub id: CheckId,
    /// The bad thing, in a few words.
    pub title: Box<str>,
    /// The version that brought it.
    pub since: Box<str>,
    /// Whether its behaviour may still change.
    pub status: CheckStatus,
    /// Earlier ids.
    pub aliases: Vec<CheckId>,
    /// The kinds that it judges.
    pub kinds: Vec<Kind>,
    /// The control that it serves.
    pub control: ControlId,
    /// How bad a failure is.
    pub severity: Severity,
    /// How sure a failure is.
    pub confidence: Confidence,
    /// The kill-chain stage that the gap serves.
    pub stage: KillChainStage,
    /// ATT&CK techniques.
    pub techniques: Vec<Box<str>>,
    /// Framework → requirement ids.
    pub related: BTreeMap<Box<str>, Vec<Box<str>>>,
    /// Where this is false, the check is not applicable.
    pub applies_when: Option<Program>,
    /// Where this is true, the check fails.
    pub fails_when: Program,
    /// What an attacker does with it.
    pub why: Box<str>,
    /// How to mend it.
    pub fix: Fix,
    /// The file that it was read from, as named in messages.
    pub file: Box<str>,
}

/// Whether a check's behaviour may still change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckStatus {
    /// Its meaning stays.
    #[default]
    Stable,
    /// Its meaning may change.
    Preview,
    /// It will go; see its aliases' successor.
    Deprecated,
}

/// How to mend a failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// One imperative sentence.
    pub summary: Box<str>,
    /// How much work it is.
    pub effort: Effort,
    /// Commands of the AWS command line, with `<placeholders>`.
    #[serde(default)]
    pub aws_cli: Box<str>,
    /// Commands of the Azure command line.
    #[serde(default)]
    pub azure_cli: Box<str>,
    /// Commands of Google Cloud's command line.
    #[serde(default)]
    pub gcloud_cli: Box<str>,
    /// Terraform.
    #[serde(default)]
    pub terraform: Box<str>,
}

/// One way to mend a failure, ready to be adapted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way<'a> {
    /// What it is called: `AWS CLI`.
    pub label: &'static str,
    /// The language, as Markdown names it: `sh`.
    pub language: &'static str,
    /// The text.
    pub code: &'a str,
}

impl Fix {
    /// The ways that are written down, commands first.
    pub fn ways(&self) -> impl Iterator<Item = Way<'_>> {
        let ways = [
            ("AWS CLI", "sh", &self.aws_cli),
            ("Azure CLI", "sh", &self.azure_cli),
            ("gcloud CLI", "sh", &self.gcloud_cli),
            ("Terraform", "terraform", &self.terraform),
        ];
        let ways = ways.map(|(label, language, code)| Way { label, language, code: code.trim() });
        ways.into_iter().filter(|way| !way.code.is_empty())
    }

    /// The first line of the first command, and whether there is more.
    pub fn first_command(&self) -> Option<(&str, bool)> {
        let way = self.ways().find(|way| way.language == "sh")?;
        let mut lines = way.code.lines().map(str::trim);
        let is_command = |line: &&str| ["aws ", "az ", "gcloud "].iter().any(|word| line.starts_with(word));
        let line = lines.find(is_command)?;
        Some((line.trim_end_matches('\\').trim_end(), way.code.lines().count() > 1))
    }
}

/// What an example says must come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExampleVerdict {
    /// The check passes.
    Pass,
    /// The check fails.
    Fail,
    /// The verdict hangs on something not seen.
    Unknown,
    /// `applies_when` is false.
    NotApplicable,
}

/// An example of a check: an asset, its surroundings and the verdict that must come out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The verdict.
    pub verdict: ExampleVerdict,
    /// What it shows.
    #[serde(default)]
    pub name: Option<String>,
    /// The kind of the asset, where the check serves several; else the check's own.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// The asset's properties.
    pub asset: Node,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<Box<str>, Box<str>>,
    /// How sensitive the settings say that it is; nothing where they say nothing.
    #[serde(default)]
    pub sensitivity: Option<Sensitivity>,
    /// Other assets of the estate.
    #[serde(default)]
    pub with: Vec<ExampleAsset>,
    /// Kinds whose lists were read to the end, beside those in `with`.
    #[serde(default)]
    pub listed: Vec<Kind>,
    /// The time at which it is judged; the first of November 2026 if not said.
    #[serde(default)]
    pub now: Option<Timestamp>,
}

/// An asset beside the one that an example judges.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleAsset {
    /// Its kind.
    pub kind: Kind,
    /// Its id, made up from kind and position if not said.
    #[serde(default)]
    pub id: Option<String>,
    /// Its account, that of the example's asset if not said.
    #[serde(default)]
    pub account: Option<String>,
    /// Its region, that of the example's asset if not said.
    #[serde(default)]
    pub region: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<Box<str>, Box<str>>,
    /// Its properties.
    pub properties: Node,
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckFile {
    pub(crate) id: Located<CheckId>,
    pub(crate) title: Box<str>,
    pub(crate) since: Box<str>,
    #[serde(default)]
    pub(crate) status: CheckStatus,
    #[serde(default)]
    pub(crate) aliases: Vec<CheckId>,
    #[serde(default)]
    pub(crate) kind: Option<Located<Kind>>,
    #[serde(default)]
    pub(crate) kinds: Vec<Located<Kind>>,
    pub(crate) control: Located<ControlId>,
    pub(crate) severity: Severity,
    #[serde(default)]
    pub(crate) confidence: Confidence,
    pub(crate) stage: KillChainStage,
    #[serde(default)]
    pub(crate) techniques: Vec<Located<Box<str>>>,
    #[serde(default)]
    pub(crate) related: BTreeMap<Box<str>, Vec<Box<str>>>,
    #[serde(default)]
    pub(crate) applies_when: Option<Located<String>>,
    pub(crate) fails_when: Located<String>,
    pub(crate) why: Box<str>,
    pub(crate) fix: Fix,
    pub(crate) examples: Vec<Located<Example>>,
}
