//! What is otherwise in one run than in an earlier one: the wire form `partywall-diff/1`, for machines, for a
//! terminal and for a ticket.
//!
//! Whoever compares two runs fills a [`Difference`]; nothing is computed here but counts. The most dangerous
//! change is told first after the failures: a control that has come into the customer's hands without
//! anybody deciding it.

mod markdown;
mod text;

use std::io::{self, Write};

use jiff::Timestamp;
use partywall_model::{Holder, Severity};
use serde::Serialize;

use crate::document::{holder_word, third_party};
use crate::json;
use crate::text::TextStyle;
use crate::trend::TrendFigure;

/// The name of the form, with its major version.
pub const FORMAT: &str = "partywall-diff/1";
/// Noted beside what could not have been found before.
const IS_NEW: &str = "(the earlier run did not have this check)";

/// Everything that is otherwise.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The earlier run.
    pub before: RunFacts,
    /// The later run.
    pub after: RunFacts,
    /// What could not be compared, and why; empty where everything could.
    pub not_compared: Vec<String>,
    /// How many there are of each.
    pub counts: Counts,
    /// Failures that no earlier run knows.
    pub new: Vec<FindingChange>,
    /// Failures that had been mended and fail again.
    pub reopened: Vec<FindingChange>,
    /// Failures that pass now.
    pub fixed: Vec<FindingChange>,
    /// What was known and is unknown now.
    pub became_unknown: Vec<FindingChange>,
    /// Failures that the later run does not have: the asset is gone, or nothing looks any more.
    pub dropped: Vec<FindingChange>,
    /// Controls that have changed hands.
    pub responsibility: Vec<MovedControl>,
    /// The weakest layer.
    pub overall: FigureChange,
    /// The layers.
    pub layers: Vec<FigureChange>,
    /// The controls whose figures have moved.
    pub controls: Vec<FigureChange>,
    /// Assets that have come, gone, or are missing from lists that broke off.
    pub assets: AssetChanges,
}

/// One of the two runs.
#[derive(Debug, Serialize)]
pub struct RunFacts {
    /// The identity of its evidence.
    pub run: Box<str>,
    /// The time as of which it was judged.
    pub at: Timestamp,
    /// The version that judged it.
    pub tool_version: Box<str>,
    /// Whether everything was seen that it was about.
    pub complete: bool,
    /// The accounts that it read.
    pub accounts: Vec<Box<str>>,
}

/// Counts over the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// New failures.
    pub new: usize,
    /// Failures that fail again.
    pub reopened: usize,
    /// Failures that pass now.
    pub fixed: usize,
    /// Failures that stand as they stood.
    pub standing: usize,
    /// What was known and is unknown now.
    pub became_unknown: usize,
    /// What was unknown, and is known now and does not fail.
    pub became_known: usize,
    /// Failures that the later run does not have.
    pub dropped: usize,
    /// Controls of assets that have changed hands.
    pub moved: usize,
    /// Those of them that have come into the customer's hands.
    pub moved_to_you: usize,
}

/// A finding that is otherwise.
#[derive(Debug, Serialize)]
pub struct FindingChange {
    /// The check.
    pub check: Box<str>,
    /// Its title; its id where the content at hand does not have it.
    pub title: Box<str>,
    /// How bad a failure is.
    pub severity: Severity,
    /// The control.
    pub control: Box<str>,
    /// The asset.
    pub asset: Box<str>,
    /// The identity of the finding across runs.
    pub fingerprint: Box<str>,
    /// The earlier run did not have this check: the failure may be older than it looks.
    pub check_is_new: bool,
    /// Why it was not seen; empty where it was.
    pub why: Box<str>,
}

/// A control that has changed hands, and the assets of one kind on which it has.
#[derive(Debug, Serialize)]
pub struct MovedControl {
    /// The control.
    pub control: Box<str>,
    /// The kind.
    pub kind: Box<str>,
    /// The line as it was.
    pub before: LineFacts,
    /// The line as it is.
    pub after: LineFacts,
    /// Whether it has come into the customer's hands.
    pub to_you: bool,
    /// The assets.
    pub assets: Vec<Box<str>>,
}

/// Who holds a control, and what decides it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct LineFacts {
    /// Who.
    pub holder: &'static str,
    /// Their name, where it is a third party.
    pub third_party: Option<Box<str>>,
    /// The rule that says so.
    pub rule: Box<str>,
    /// The property that the line switches on; empty where there is none.
    pub switch: Box<str>,
    /// What would have to be read to know the holder; empty where it is known.
    pub need: Box<str>,
}

impl LineFacts {
    /// From a holder and what decides it.
    pub fn new(holder: &Holder, rule: &str, switch: &str, need: &str) -> Self {
        Self {
            holder: holder_word(holder),
            third_party: third_party(holder).map(Into::into),
            rule: rule.into(),
            switch: switch.into(),
            need: need.into(),
        }
    }

    /// As people read it.
    fn told(&self) -> String {
        match &self.third_party {
            Some(name) => format!("third party ({name})"),
            None => crate::words::holder(self.holder).to_owned(),
        }
    }
}

/// A figure that may have moved; none where nothing was measured.
#[derive(Debug, Serialize)]
pub struct FigureChange {
    /// `overall`, a layer or a control.
    pub of: Box<str>,
    /// As it was.
    pub before: Option<TrendFigure>,
    /// As it is.
    pub after: Option<TrendFigure>,
}

impl FigureChange {
    /// Whether it has moved.
    pub fn has_moved(&self) -> bool {
        self.before != self.after
    }
}

/// Assets that are not the same.
#[derive(Debug, Default, Serialize)]
pub struct AssetChanges {
    /// They were not there before.
    pub appeared: Vec<AssetName>,
    /// They are not there any more.
    pub gone: Vec<AssetName>,
    /// They are missing from lists that were not read to their end: nobody knows.
    pub unlisted: Vec<AssetName>,
}

impl AssetChanges {
    /// The groups in which there are any, each with its heading.
    fn titled(&self) -> impl Iterator<Item = (&'static str, &Vec<AssetName>)> {
        let all = [
            ("Assets that have come", &self.appeared),
            ("Assets that have gone", &self.gone),
            ("Assets missing from lists that broke off", &self.unlisted),
        ];
        all.into_iter().filter(|(_, assets)| !assets.is_empty())
    }
}

/// An asset.
#[derive(Debug, Serialize)]
pub struct AssetName {
    /// Its kind.
    pub kind: Box<str>,
    /// Its identity.
    pub asset: Box<str>,
}

/// Writes JSON.
///
/// # Errors
/// What the writer refuses.
pub fn write_json(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    json::write_value(difference, out)
}

/// Writes text for a terminal.
///
/// # Errors
/// What the writer refuses.
pub fn write_text(difference: &Difference, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    text::write(difference, style, out)
}

/// Writes Markdown for a ticket or a pull request.
///
/// # Errors
/// What the writer refuses.
pub fn write_markdown(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    markdown::write(difference, out)
}

/// Findings that differ only in their asset: one check, one reason.
struct Group<'a> {
    first: &'a FindingChange,
    assets: Vec<&'a str>,
}

/// By check and reason, in the order in which they come.
fn groups(changes: &[FindingChange]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for change in changes {
        let next = groups.len();
        let place = *places.entry((&change.check, change.severity, &change.why)).or_insert(next);
        if place == next {
            groups.push(Group { first: change, assets: Vec::new() });
        }
        if let Some(group) = groups.get_mut(place) {
            group.assets.push(&change.asset);
        }
    }
    groups
}

/// The sentence that nobody must miss; none where nothing has come into the customer's hands.
fn moved_to_you(difference: &Difference) -> Option<String> {
    let moved: std::collections::BTreeSet<&str> =
        difference.responsibility.iter().filter(|it| it.to_you).map(|it| &*it.control).collect();
    let lines = difference.counts.moved_to_you;
    let controls = crate::words::counted(moved.len(), "control");
    match moved.len() {
        0 => None,
        count if count == lines => Some(format!("This change moves {controls} to you.")),
        _ => Some(format!(
            "This change moves {controls} to you, {} in all.",
            crate::words::counted(lines, "line")
        )),
    }
}

/// How a figure has moved, in words.
fn moved(change: &FigureChange) -> String {
    let told = |figure: Option<TrendFigure>| {
        figure.map_or_else(
            || "not measured".to_owned(),
            |it| format!("level {}, {}\u{a0}%", it.level, crate::words::range(it.lo, it.hi)),
        )
    };
    if change.has_moved() {
        format!("{} → {}", told(change.before), told(change.after))
    } else {
        format!("{}, as before", told(change.after))
    }
}

/// The first so many of a list, and how many more there are.
fn some<'a>(all: &[&'a str], limit: usize) -> (Vec<&'a str>, usize) {
    (all.iter().take(limit).copied().collect(), all.len().saturating_sub(limit))
}
