//! Frameworks: what an assessment says of each requirement, always with what it rests on; and a list of the
//! frameworks that there are.

mod text;

use std::io::{self, Write};

use partywall_content::{Catalog, Framework, Strength};
use partywall_model::Kind;
use partywall_ssrm::frameworks::{FrameworkStatus, Fulfilment, RequirementStatus};
use serde::Serialize;

use crate::document::{FigureEntry, InheritedEntry};
use crate::json;
use crate::words;
pub(crate) use text::write;
pub use text::write_list_text;

/// The name of the JSON form of the list.
pub const LIST_FORMAT: &str = "partywall-frameworks/1";

/// So many kinds are named to people.
const NAMED: usize = 3;

/// A framework over the estate.
#[derive(Debug, Serialize)]
pub struct FrameworkEntry<'a> {
    pub(crate) framework: &'a str,
    pub(crate) title: &'a str,
    pub(crate) version: &'a str,
    pub(crate) publisher: &'a str,
    pub(crate) url: &'a str,
    pub(crate) summary: FrameworkSummary,
    pub(crate) requirements: Vec<RequirementEntry<'a>>,
}

/// How many requirements stand how; the sum is `requirements`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct FrameworkSummary {
    pub(crate) requirements: usize,
    pub(crate) met: usize,
    pub(crate) partly: usize,
    pub(crate) not_met: usize,
    pub(crate) unknown: usize,
    pub(crate) no_evidence: usize,
    pub(crate) inherited: usize,
    pub(crate) not_applicable: usize,
}

/// A requirement over the estate.
#[derive(Debug, Serialize)]
pub(crate) struct RequirementEntry<'a> {
    pub(crate) id: &'a str,
    /// The catalogue's title where the user has one, else our own few words.
    pub(crate) title: Option<&'a str>,
    /// The catalogue's statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<&'a str>,
    #[serde(serialize_with = "hyphenated")]
    pub(crate) verdict: Fulfilment,
    pub(crate) strength: Strength,
    pub(crate) checks: Vec<&'a str>,
    /// So many of them had an asset to judge.
    pub(crate) checks_with_verdicts: usize,
    pub(crate) verdicts: VerdictCounts,
    /// Kinds that the checks judge and nobody listed.
    pub(crate) unlisted: Vec<&'a str>,
    /// On so many assets it was not decided whose a control is.
    pub(crate) undecided: usize,
    pub(crate) controls: Vec<ControlShare<'a>>,
    /// The provider's side of the controls.
    pub(crate) inherited: Vec<InheritedEntry<'a>>,
}

/// Verdicts of the checks, one for each check and asset.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct VerdictCounts {
    pub(crate) pass: usize,
    pub(crate) fail: usize,
    pub(crate) exempt: usize,
    pub(crate) unknown: usize,
    pub(crate) stale: usize,
    pub(crate) unanswered: usize,
    pub(crate) not_applicable: usize,
    pub(crate) out_of_scope: usize,
}

/// A control that serves the requirement, and its range; none where nothing is in scope.
#[derive(Debug, Serialize)]
pub(crate) struct ControlShare<'a> {
    pub(crate) control: &'a str,
    pub(crate) figure: Option<FigureEntry>,
}

impl ControlShare<'_> {
    /// The range as people read it.
    pub(crate) fn range(&self) -> String {
        self.figure.map_or_else(
            || "–".to_owned(),
            |figure| format!("{}–{} %", words::lo(figure.lo), words::hi(figure.hi)),
        )
    }
}

fn hyphenated<S: serde::Serializer>(verdict: &Fulfilment, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&verdict.word().replace(' ', "-"))
}

impl<'a> FrameworkEntry<'a> {
    /// What is said of a framework, with the titles and statements of a catalogue where there is one.
    pub fn of(status: &'a FrameworkStatus<'a>, catalog: Option<&'a Catalog>) -> Self {
        let framework = status.framework;
        let count = |fulfilment| status.count(fulfilment);
        Self {
            framework: &framework.id,
            title: &framework.title,
            version: &framework.version,
            publisher: &framework.publisher,
            url: &framework.url,
            summary: FrameworkSummary {
                requirements: status.requirements.len(),
                met: count(Fulfilment::Met),
                partly: count(Fulfilment::Partly),
                not_met: count(Fulfilment::NotMet),
                unknown: count(Fulfilment::Unknown),
                no_evidence: count(Fulfilment::NoEvidence),
                inherited: count(Fulfilment::Inherited),
                not_applicable: count(Fulfilment::NotApplicable),
            },
            requirements: status
                .requirements
                .iter()
                .map(|requirement| RequirementEntry::of(requirement, catalog))
                .collect(),
        }
    }
}

impl FrameworkSummary {
    /// The summary as people read it.
    pub(crate) fn sentence(&self) -> String {
        let Self { requirements, met, partly, not_met, unknown, no_evidence, inherited, not_applicable } =
            *self;
        format!(
            "met {met} · partly {partly} · not met {not_met} · unknown {unknown} · no evidence {no_evidence} · \
             inherited {inherited} · not applicable {not_applicable} of {requirements}"
        )
    }
}

impl<'a> RequirementEntry<'a> {
    fn of(status: &'a RequirementStatus<'a>, catalog: Option<&'a Catalog>) -> Self {
        let requirement = status.requirement;
        let told = catalog.and_then(|catalog| catalog.control(&requirement.id));
        let own = requirement.title.as_deref();
        let counts = &status.counts;
        Self {
            id: &requirement.id,
            title: told.map(|told| &*told.title).filter(|title| !title.is_empty()).or(own),
            text: told.map(|told| &*told.text).filter(|text| !text.is_empty()),
            verdict: status.fulfilment,
            strength: requirement.strength,
            checks: status.checks.iter().map(|check| check.id.as_str()).collect(),
            checks_with_verdicts: status.checks_with_verdicts,
            verdicts: VerdictCounts {
                pass: counts.pass,
                fail: counts.fail,
                exempt: counts.exempt,
                unknown: counts.unknown,
                stale: counts.stale,
                unanswered: counts.manual,
                not_applicable: counts.not_applicable,
                out_of_scope: status.out_of_scope,
            },
            unlisted: status.unlisted.iter().map(Kind::as_str).collect(),
            undecided: status.undecided,
            controls: status
                .controls
                .iter()
                .map(|(control, score)| ControlShare {
                    control: control.control.as_str(),
                    figure: score.figure.map(FigureEntry::from),
                })
                .collect(),
            inherited: status.inherited.iter().map(InheritedEntry::of).collect(),
        }
    }

    /// Whether the framework's file maps nothing to it and no check names it.
    pub(crate) fn is_beyond(&self) -> bool {
        self.checks.is_empty() && self.controls.is_empty()
    }

    /// What the verdict rests on: how many checks and verdicts, or why there are none.
    pub(crate) fn rests_on(&self) -> String {
        let VerdictCounts { pass, fail, exempt, unknown, stale, unanswered, out_of_scope, .. } =
            self.verdicts;
        let judged = pass + fail + exempt + unknown + stale + unanswered;
        let mut told = match self.checks.len() {
            0 => vec!["no check".to_owned()],
            all => vec![format!("{} of {all} checks", self.checks_with_verdicts)],
        };
        let counts = [
            (pass, "pass"),
            (fail, "fail"),
            (exempt, "exempt"),
            (unknown, "unknown"),
            (stale, "stale"),
            (unanswered, "unanswered"),
        ];
        if judged > 0 {
            let counts = counts.iter().filter(|(count, _)| *count > 0);
            told.push(counts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", "));
        }
        if out_of_scope > 0 {
            told.push(format!("{out_of_scope} out of scope"));
        }
        if !self.unlisted.is_empty() {
            let named: Vec<&str> = self.unlisted.iter().take(NAMED).copied().collect();
            let more = match self.unlisted.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            told.push(format!("not listed: {}{more}", named.join(", ")));
        }
        if judged == 0 && self.verdict == Fulfilment::Unknown && self.undecided > 0 {
            told.push(format!("not decided whose it is on {}", words::counted(self.undecided, "asset")));
        }
        if self.verdict == Fulfilment::Inherited {
            let sides = self.inherited.iter();
            told.extend(sides.map(|side| format!("{}: {}", side.provider, side.standing())));
        }
        told.join(" · ")
    }
}

#[derive(Serialize)]
struct List<'a> {
    format: &'static str,
    frameworks: Vec<ListRow<'a>>,
}

/// One framework of the list.
#[derive(Serialize)]
struct ListRow<'a> {
    id: &'a str,
    title: &'a str,
    version: &'a str,
    publisher: &'a str,
    url: &'a str,
    requirements: usize,
    /// Of them, those to which a control or a check is mapped.
    mapped: usize,
    checks: usize,
}

/// Frameworks with the number of checks that name one of their requirements.
fn rows<'a>(content: &'a partywall_content::Content) -> Vec<ListRow<'a>> {
    let row = |framework: &'a Framework| {
        let named = || {
            let of_framework = |check: &'a partywall_content::Check| check.related.get(&framework.id);
            content.checks.iter().filter_map(of_framework)
        };
        let is_mapped = |id: &str| named().any(|ids| ids.iter().any(|named| **named == *id));
        let mapped = framework
            .requirements
            .iter()
            .filter(|requirement| !requirement.controls.is_empty() || is_mapped(&requirement.id));
        ListRow {
            id: &framework.id,
            title: &framework.title,
            version: &framework.version,
            publisher: &framework.publisher,
            url: &framework.url,
            requirements: framework.requirements.len(),
            mapped: mapped.count(),
            checks: named().count(),
        }
    };
    content.frameworks.iter().map(row).collect()
}

/// Writes the list of frameworks as JSON.
///
/// # Errors
/// What the writer refuses.
pub fn write_list_json(content: &partywall_content::Content, out: &mut dyn Write) -> io::Result<()> {
    json::write_value(&List { format: LIST_FORMAT, frameworks: rows(content) }, out)
}
