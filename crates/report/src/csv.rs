//! CSV: one row for each verdict, unknown ones too, for spreadsheets and scripts.
//!
//! RFC 4180, in UTF-8, with a line of headings. Names come from strangers and spreadsheets run what begins
//! like a formula, so such a cell begins with an apostrophe (OWASP, *CSV injection*); characters that are not
//! seen are written out, so a row is always one line.

use std::io::{self, Write};

use ::csv::{Terminator, WriterBuilder};
use partywall_ssrm::score::Exposure;

use crate::document::Document;
use crate::rows::{Row, at_most, rows};
use crate::shown::shown;
use crate::words;

/// The columns in their order. More may be added at the end.
pub const COLUMNS: [&str; 36] = [
    "fingerprint",
    "verdict",
    "severity",
    "confidence",
    "check",
    "title",
    "control",
    "layer",
    "holder",
    "provider",
    "account",
    "account_name",
    "environment",
    "region",
    "kind",
    "asset",
    "name",
    "exposed",
    "sensitivity",
    "summary",
    "reasons",
    "evidence",
    "first_seen",
    "overdue",
    "stale",
    "exempt_reason",
    "exempt_owner",
    "exempt_until",
    "stage",
    "techniques",
    "requirements",
    "fix",
    "filtered",
    "incomplete",
    "source",
    "repeats",
];

/// Writes the headings and every verdict.
///
/// # Errors
/// What the writer refuses.
pub fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut table = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    table.write_record(COLUMNS)?;
    let filtered = document.summary.filtered.as_ref().map(|filtered| filtered.words()).unwrap_or_default();
    let incomplete = document.incomplete.told().unwrap_or_default();
    for row in rows(document) {
        table
            .write_record(cells(document, &row, [&filtered, &incomplete]).iter().map(|cell| guarded(cell)))?;
    }
    table.flush()
}

fn cells(
    document: &Document<'_>,
    row: &Row<'_, '_>,
    [filtered, incomplete]: [&str; 2],
) -> [String; COLUMNS.len()] {
    let finding = row.finding;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let exempt = row.mark.exempt;
    let account = row.asset.and_then(|asset| asset.account.as_ref());
    let named = account.and_then(|id| document.account_names.get(id).copied());
    let third_party = row.line.and_then(|line| line.third_party);
    let exposed = row.facts.map_or("", |facts| match facts.exposure {
        Exposure::Internet => "yes",
        Exposure::Internal => "no",
        Exposure::Unseen => "unknown",
    });
    let open = matches!(finding.verdict, partywall_model::Verdict::Fail);
    let requirements: Vec<String> =
        row.requirements().map(|(framework, id)| format!("{framework} {id}")).collect();
    [
        finding.fingerprint.to_string(),
        row.outcome.word().to_owned(),
        finding.severity.to_string(),
        words::confidence(finding.confidence).to_owned(),
        finding.check.to_string(),
        row.title.to_owned(),
        finding.control.to_string(),
        finding.control.layer_word().to_owned(),
        third_party.map_or_else(|| row.holder().to_owned(), |name| format!("third-party: {name}")),
        row.asset.map(|asset| asset.provider.to_string()).unwrap_or_default(),
        text(row.account()),
        text(named),
        row.facts.map(|facts| facts.environment.to_string()).unwrap_or_default(),
        text(row.region()),
        row.kind().to_owned(),
        finding.asset.to_string(),
        text(row.asset.and_then(|asset| asset.name.as_deref())),
        exposed.to_owned(),
        text(row.facts.map(|facts| facts.sensitivity.word())),
        finding.summary.to_string(),
        row.reasons().join("; "),
        finding.evidence.join("; "),
        if open { row.first_seen(document).to_string() } else { String::new() },
        yes_or_no(row.mark.overdue).to_owned(),
        yes_or_no(row.mark.stale).to_owned(),
        text(exempt.map(|exempt| exempt.reason)),
        text(exempt.map(|exempt| exempt.owner)),
        exempt.map(|exempt| exempt.until.to_string()).unwrap_or_default(),
        finding.stage.to_string(),
        row.check.map(|check| check.techniques.join(" ")).unwrap_or_default(),
        requirements.join("; "),
        row.check.map(|check| check.fix.summary.to_string()).unwrap_or_default(),
        filtered.to_owned(),
        incomplete.to_owned(),
        text(row.source()),
        text(row.repeats()),
    ]
}

fn yes_or_no(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}

/// What a spreadsheet takes in one cell, in characters; a longer text is cut.
const LONGEST: usize = 32_767;

/// A cell that no spreadsheet takes for a formula.
fn guarded(cell: &str) -> String {
    // One is kept for the apostrophe.
    let cell = at_most(LONGEST - 1, &shown(cell).to_string());
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        return format!("'{cell}");
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"] {
            assert!(guarded(formula).starts_with('\''), "{formula}");
        }
        assert_eq!(guarded("\t=1"), "\\u{9}=1");
        assert_eq!(guarded("a=1"), "a=1");
        assert_eq!(guarded(&"=".repeat(200_000)).chars().count(), LONGEST);
    }
}
