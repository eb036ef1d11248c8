//! The checks: a list, and one explained.

use std::collections::BTreeMap;
use std::io::{self, Write};

use partywall_content::{Check, CheckStatus};
use partywall_model::{Confidence, Effort, KillChainStage, Severity};
use serde::Serialize;

use crate::json;
use crate::shown::shown;
use crate::text::TextStyle;
use crate::text::page::{Look, Page, left, looking, plain, quiet, strong, width};
use crate::words::{self, counted};

/// The name of the JSON form of a list.
pub const LIST_FORMAT: &str = "partywall-checks/1";
/// The name of the JSON form of one check.
pub const CHECK_FORMAT: &str = "partywall-check/1";

#[derive(Serialize)]
struct List<'a> {
    format: &'static str,
    checks: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    title: &'a str,
    severity: Severity,
    control: &'a str,
    kinds: Vec<&'a str>,
    status: CheckStatus,
    since: &'a str,
}

#[derive(Serialize)]
struct Explained<'a> {
    format: &'static str,
    #[serde(flatten)]
    row: Row<'a>,
    aliases: Vec<&'a str>,
    confidence: Confidence,
    stage: KillChainStage,
    techniques: &'a [Box<str>],
    related: &'a BTreeMap<Box<str>, Vec<Box<str>>>,
    why: &'a str,
    applies_when: Option<&'a str>,
    fails_when: &'a str,
    fix: FixEntry<'a>,
    file: &'a str,
}

#[derive(Serialize)]
struct FixEntry<'a> {
    summary: &'a str,
    effort: Effort,
    effort_days: f64,
    aws_cli: &'a str,
    azure_cli: &'a str,
    gcloud_cli: &'a str,
    terraform: &'a str,
}

impl<'a> Row<'a> {
    fn of(check: &'a Check) -> Self {
        Self {
            id: check.id.as_str(),
            title: &check.title,
            severity: check.severity,
            control: check.control.as_str(),
            kinds: check.kinds.iter().map(|kind| kind.as_str()).collect(),
            status: check.status,
            since: &check.since,
        }
    }
}

/// Writes a list as JSON.
///
/// # Errors
/// What the writer refuses.
pub fn write_list_json<'a>(
    checks: impl IntoIterator<Item = &'a Check>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let checks = checks.into_iter().map(Row::of).collect();
    json::write_value(&List { format: LIST_FORMAT, checks }, out)
}

/// Writes one check as JSON.
///
/// # Errors
/// What the writer refuses.
pub fn write_json(check: &Check, out: &mut dyn Write) -> io::Result<()> {
    let explained = Explained {
        format: CHECK_FORMAT,
        row: Row::of(check),
        aliases: check.aliases.iter().map(|alias| alias.as_str()).collect(),
        confidence: check.confidence,
        stage: check.stage,
        techniques: &check.techniques,
        related: &check.related,
        why: check.why.trim(),
        applies_when: check.applies_when.as_ref().map(|program| program.source()),
        fails_when: check.fails_when.source(),
        fix: FixEntry {
            summary: &check.fix.summary,
            effort: check.fix.effort,
            effort_days: check.fix.effort.days(),
            aws_cli: check.fix.aws_cli.trim(),
            azure_cli: check.fix.azure_cli.trim(),
            gcloud_cli: check.fix.gcloud_cli.trim(),
            terraform: check.fix.terraform.trim(),
        },
        file: &check.file,
    };
    json::write_value(&explained, out)
}

/// Writes a list for a terminal: one check to a line where the width allows, in aligned columns.
///
/// # Errors
/// What the writer refuses.
pub fn write_list_text<'a>(
    checks: impl IntoIterator<Item = &'a Check>,
    style: TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rows: Vec<Row<'_>> = checks.into_iter().map(Row::of).collect();
    let mut page = Page::new(out, style);
    let widest = |cell: fn(&Row<'_>) -> String| rows.iter().map(|row| width(&cell(row))).max().unwrap_or(0);
    let (id, control) = (widest(|row| row.id.to_owned()), widest(|row| row.control.to_owned()));
    let kind = widest(kinds);
    for row in &rows {
        let severity = looking(Look::of(row.severity), left(row.severity.word(), 9));
        page.line(&[
            strong(left(row.id, id + 2)),
            severity,
            quiet(left(row.control, control + 2)),
            quiet(left(&kinds(row), kind + 2)),
            plain(shown(row.title).to_string()),
        ])?;
    }
    page.line(&[quiet(counted(rows.len(), "check"))])
}

fn kinds(row: &Row<'_>) -> String {
    match row.kinds.as_slice() {
        [] => String::new(),
        [kind] => shown(kind).to_string(),
        [first, rest @ ..] => format!("{} +{}", shown(first), rest.len()),
    }
}

/// Writes one check for a terminal, with everything that its file says.
///
/// # Errors
/// What the writer refuses.
pub fn write_text(check: &Check, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, style);
    page.hanging(0, 2, &[strong(shown(&check.title).to_string())])?;
    page.wrapped(0, &[quiet(check.id.to_string())])?;
    page.blank()?;
    let aliases: Vec<&str> = check.aliases.iter().map(|alias| alias.as_str()).collect();
    let kinds: Vec<&str> = check.kinds.iter().map(|kind| kind.as_str()).collect();
    let severity = format!("{} {}", words::severity_sign(check.severity), check.severity);
    let facts = [
        ("severity", format!("{severity}, confidence {}", words::confidence(check.confidence))),
        ("control", check.control.to_string()),
        ("judges", kinds.join(", ")),
        ("stage", check.stage.to_string()),
        ("techniques", check.techniques.join(", ")),
        ("since", format!("{}{}", check.since, status(check.status))),
        ("aliases", aliases.join(", ")),
    ];
    for (label, text) in facts.iter().filter(|(_, text)| !text.is_empty()) {
        page.hanging(2, 14, &[quiet(left(label, 12)), plain(shown(text).to_string())])?;
    }
    page.heading("Why it matters", "")?;
    paragraphs(&check.why, &mut page)?;
    page.heading("How it is decided", "")?;
    if let Some(applies) = &check.applies_when {
        page.line(&[quiet("  applies when")])?;
        page.verbatim(4, applies.source())?;
    }
    page.line(&[quiet("  fails when")])?;
    page.verbatim(4, check.fails_when.source())?;
    let fix = &check.fix;
    page.heading("How to mend it", &format!("effort {:?}, {} d", fix.effort, fix.effort.days()))?;
    page.wrapped(2, &[plain(shown(&fix.summary).to_string())])?;
    for way in fix.ways() {
        page.line(&[quiet(format!("  {}", way.label))])?;
        page.verbatim(4, way.code)?;
    }
    if !check.related.is_empty() {
        page.heading("Related requirements", "")?;
        for (framework, ids) in &check.related {
            page.hanging(
                2,
                6,
                &[quiet(format!("{} ", shown(framework))), plain(shown(&ids.join(", ")).to_string())],
            )?;
        }
    }
    Ok(())
}

fn paragraphs(text: &str, page: &mut Page<'_>) -> io::Result<()> {
    words::paragraphs(text).iter().try_for_each(|text| page.wrapped(2, &[plain(shown(text).to_string())]))
}

fn status(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Stable => "",
        CheckStatus::Preview => " (preview: its meaning may change)",
        CheckStatus::Deprecated => " (deprecated: it will go)",
    }
}
