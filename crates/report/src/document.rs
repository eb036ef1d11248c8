//! [`Document`]: the versioned wire form `partywall-report/1`.
//!
//! The types under this module are the form itself and nothing else: what stands in them stands in the JSON,
//! field by field, and `docs/reference/report.schema.json` describes it. They are separate from the model's
//! types, so that the model can change without breaking a reader.
//!
//! A document borrows. Assets and findings, of which there may be many, are written one by one from what the
//! assessment holds; only what is gathered from several of them is kept here.

mod actions;
mod evidence;
mod findings;
mod lines;
mod marks;
mod scores;
mod summary;
mod unseen;
mod waivers;

use std::collections::HashMap;

use partywall_model::AccountId;
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

pub(crate) use actions::{FixEntry, LiftEntry, SwitchGapEntry};
pub(crate) use evidence::{EvidenceFacts, WhyEntry};
use findings::AssetEntry;
pub(crate) use findings::Each;
pub(crate) use findings::FindingEntry;
pub(crate) use lines::{
    HolderCounts, LineEntry, Lines, NeedEntry, SourceEntry, SwitchEntry, holder_word, third_party,
};
pub(crate) use marks::{AssetFacts, ExemptEntry, Mark, Marks};
pub(crate) use scores::{
    CapEntry, ControlEntry, ControlState, FigureEntry, InheritedEntry, LayerEntry, Scores,
};
pub(crate) use summary::Summary;
pub(crate) use unseen::{Incomplete, UnknownRead};
pub(crate) use waivers::WaiverEntry;

use crate::assessment::Assessment;
use crate::filtered::Filtered;
use crate::frameworks::FrameworkEntry;
use crate::trend::Trend;

/// The name of the form, with its major version: a reader that knows it may rely on everything that the
/// schema says.
pub const FORMAT: &str = "partywall-report/1";
/// The second number grows when something is added.
const VERSION: &str = "1.1";

/// An assessment as it leaves the process.
pub struct Document<'a> {
    pub(crate) assessment: Assessment<'a>,
    /// One for each asset of the estate, in its order.
    pub(crate) facts: Vec<AssetFacts>,
    pub(crate) marks: Marks<'a>,
    /// What people call the accounts that have a name.
    pub(crate) account_names: HashMap<&'a AccountId, &'a str>,
    pub(crate) evidence: EvidenceFacts<'a>,
    pub(crate) incomplete: Incomplete,
    pub(crate) summary: Summary,
    pub(crate) scores: Scores<'a>,
    pub(crate) controls: Vec<ControlEntry<'a>>,
    pub(crate) lines: Lines<'a>,
    pub(crate) switch_gaps: Vec<SwitchGapEntry<'a>>,
    pub(crate) unknown_reads: Vec<UnknownRead<'a>>,
    pub(crate) fixes: Vec<FixEntry<'a>>,
    pub(crate) waivers: Vec<WaiverEntry<'a>>,
    pub(crate) trend: Option<&'a Trend>,
    /// Those that the user asked for.
    pub(crate) frameworks: &'a [FrameworkEntry<'a>],
}

impl<'a> Document<'a> {
    /// Gathers what the forms say.
    pub fn new(assessment: &Assessment<'a>) -> Self {
        Self::filtered(assessment, None)
    }

    /// The same where the user left something out. The verdicts of `assessment` are then those to be listed,
    /// while its status is that of all.
    pub fn filtered(assessment: &Assessment<'a>, filtered: Option<&'a Filtered>) -> Self {
        let assessment = *assessment;
        let lines = Lines::of(&assessment);
        let facts: Vec<AssetFacts> =
            assessment.estate().assets().iter().map(|asset| AssetFacts::of(&assessment, asset)).collect();
        let marks = Marks::of(&assessment);
        let unknown_reads = unseen::unknown_reads(&assessment);
        let mut controls = scores::controls(&assessment, &lines);
        let mut scores = Scores::of(&assessment, &lines);
        if let Some(filtered) = filtered {
            scores.leave_out(&mut controls, &filtered.controls_not_looked_at);
        }
        Self {
            evidence: EvidenceFacts::of(&assessment),
            incomplete: Incomplete::of(&assessment, &unknown_reads, filtered),
            summary: Summary::of(
                &assessment,
                &summary::Parts {
                    lines: &lines,
                    controls: &controls,
                    unknown_reads: &unknown_reads,
                    facts: &facts,
                    marks: &marks,
                    filtered,
                },
            ),
            scores,
            switch_gaps: actions::switch_gaps(&assessment),
            fixes: actions::fixes(&assessment),
            waivers: assessment.status.waivers.iter().map(WaiverEntry::of).collect(),
            trend: None,
            frameworks: &[],
            account_names: assessment.account_names().collect(),
            assessment,
            facts,
            marks,
            controls,
            lines,
            unknown_reads,
        }
    }

    /// The same with the figures of earlier runs.
    #[must_use]
    pub fn with_trend(self, trend: Option<&'a Trend>) -> Self {
        Self { trend, ..self }
    }

    /// The same with what is said of frameworks.
    #[must_use]
    pub fn with_frameworks(self, frameworks: &'a [FrameworkEntry<'a>]) -> Self {
        Self { frameworks, ..self }
    }

    /// Whether something was not seen that the assessment is about. An exit code may hang on it.
    pub fn is_incomplete(&self) -> bool {
        self.incomplete.is
    }

    /// Why it is incomplete, one sentence for each reason.
    pub fn incomplete_reasons(&self) -> &[String] {
        &self.incomplete.reasons
    }

    /// The entry of a control.
    pub(crate) fn control(&self, id: &str) -> Option<&ControlEntry<'a>> {
        self.controls.iter().find(|control| control.id == id)
    }
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct ProblemEntry<'a> {
    subject: &'a str,
    message: &'a str,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let assessment = &self.assessment;
        let header = assessment.header;
        let fields = if self.frameworks.is_empty() { 19 } else { 20 };
        let mut form = serializer.serialize_struct("Document", fields)?;
        form.serialize_field("format", FORMAT)?;
        form.serialize_field("version", VERSION)?;
        form.serialize_field("tool", &Tool { name: "partywall", version: &header.tool_version })?;
        form.serialize_field("organisation", &assessment.judged.settings.organisation)?;
        form.serialize_field("judged_at", &assessment.judged.now)?;
        form.serialize_field("evidence", &self.evidence)?;
        form.serialize_field("incomplete", &self.incomplete)?;
        form.serialize_field("summary", &self.summary)?;
        form.serialize_field("scores", &self.scores)?;
        form.serialize_field("controls", &self.controls)?;
        form.serialize_field("lines", &self.lines.entries)?;
        let assets = assessment.estate().assets().iter().zip(&self.facts);
        form.serialize_field(
            "assets",
            &Each(|| assets.clone().map(|(asset, facts)| AssetEntry::of(asset, facts))),
        )?;
        let findings = || (0..assessment.findings().len()).filter_map(|at| FindingEntry::of(self, at));
        form.serialize_field("findings", &Each(findings))?;
        form.serialize_field("switch_gaps", &self.switch_gaps)?;
        form.serialize_field("unknown_reads", &self.unknown_reads)?;
        form.serialize_field("fixes", &self.fixes)?;
        form.serialize_field("waivers", &self.waivers)?;
        form.serialize_field("trend", &self.trend)?;
        if self.frameworks.is_empty() {
            form.skip_field("frameworks")?;
        } else {
            form.serialize_field("frameworks", &self.frameworks)?;
        }
        let problems = || {
            let problems = assessment.problems();
            problems.map(|problem| ProblemEntry { subject: &problem.subject, message: &problem.message })
        };
        form.serialize_field("problems", &Each(problems))?;
        form.end()
    }
}
