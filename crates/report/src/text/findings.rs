//! The worst findings, by cause.

use std::io;

use partywall_model::Severity;

use super::page::{Look, Page, looking, plain, quiet, strong, width};
use crate::causes::{Cause, Failure};
use crate::document::{Document, FindingEntry};
use crate::shown::shown;
use crate::words::{self, counted};

/// Assets that are named with each cause.
const NAMED: usize = 5;
const INDENT: usize = 12;

/// Causes, worst first.
pub(super) fn worst(
    document: &Document<'_>,
    causes: &[Cause<'_, '_>],
    page: &mut Page<'_>,
) -> io::Result<()> {
    let open = document.summary.findings.fail;
    if causes.is_empty() {
        page.heading("Findings", "")?;
        return page.line(&[plain("  no failure was seen")]);
    }
    let aside = format!("{} from {}", counted(open, "open failure"), counted(causes.len(), "cause"));
    page.heading("Worst findings, by cause", &aside)?;
    for (at, cause) in causes.iter().take(page.top()).enumerate() {
        if at > 0 {
            page.blank()?;
        }
        one_cause(document, cause, page)?;
    }
    let rest = causes.get(page.top()..).unwrap_or_default();
    if !rest.is_empty() {
        page.blank()?;
        let failures: usize = rest.iter().map(|cause| cause.failing.len()).sum();
        let count = |severity: Severity| {
            let causes = rest.iter().filter(|cause| cause.severity == severity).count();
            (causes > 0).then(|| format!("{causes} {severity}"))
        };
        let severities: Vec<String> = Severity::ALL.into_iter().filter_map(count).collect();
        let more = counted(rest.len(), "more cause");
        let text = format!("and {more} ({}) with {}", severities.join(", "), counted(failures, "failure"));
        page.wrapped(2, &[quiet(text)])?;
    }
    Ok(())
}

fn one_cause(document: &Document<'_>, cause: &Cause<'_, '_>, page: &mut Page<'_>) -> io::Result<()> {
    let sign = format!("{} {}", words::severity_sign(cause.severity), cause.severity);
    let mut count = counted(cause.failing.len(), "asset");
    if cause.prized > 0 {
        count = format!("{count}, {} exposed or sensitive", cause.prized);
    }
    let look = Look::of(cause.severity);
    let gap = " ".repeat(INDENT.saturating_sub(width(&sign)));
    let title = shown(cause.title).to_string();
    page.hanging(0, INDENT, &[looking(look, sign), plain(gap), strong(title), plain(format!(" — {count}"))])?;
    page.wrapped(
        INDENT,
        &[quiet(format!("{} · {}", cause.check, cause.control)), quiet(whose(document, cause))],
    )?;
    if let Some(check) = cause.content {
        let why = words::paragraphs(&check.why).into_iter().next().unwrap_or_default();
        page.wrapped(INDENT, &[plain(shown(first_sentence(&why)).to_string())])?;
    }
    for failure in cause.failing.iter().take(NAMED) {
        one_failure(document, failure, page)?;
    }
    let mut more = Vec::new();
    let unnamed = cause.failing.len().saturating_sub(NAMED);
    if unnamed > 0 {
        more.push(counted(unnamed, "more asset"));
    }
    if cause.exempt > 0 {
        more.push(format!("{} accepted for a time", counted(cause.exempt, "failure")));
    }
    if cause.unknown > 0 {
        more.push(format!("not seen on {}", counted(cause.unknown, "asset")));
    }
    if more.is_empty() { Ok(()) } else { page.wrapped(INDENT + 2, &[quiet(more.join("; "))]) }
}

fn one_failure(document: &Document<'_>, failure: &Failure<'_, '_>, page: &mut Page<'_>) -> io::Result<()> {
    let mut place = Vec::new();
    if let Some(asset) = failure.asset {
        place.extend(
            asset.account.as_ref().map(|account| shown(words::account(document, account)).to_string()),
        );
        place.extend(asset.region.as_ref().map(|region| shown(region.as_str()).to_string()));
    }
    if failure.is_exposed() {
        place.push("internet".to_owned());
    }
    if failure.is_sensitive() {
        place.push("sensitive".to_owned());
    }
    let place = if place.is_empty() { String::new() } else { format!(" ({})", place.join(", ")) };
    let label = shown(failure.label()).to_string();
    let what = failure.what();
    let what = if what.is_empty() { what } else { format!(": {}", shown(&what)) };
    page.hanging(INDENT, INDENT + 2, &[plain("• "), strong(label), quiet(place), plain(what)])
}

/// Whose line it is, by the worst asset.
fn whose(document: &Document<'_>, cause: &Cause<'_, '_>) -> String {
    let entry = cause.failing.first().and_then(|failure| FindingEntry::of(document, failure.at));
    let holder = entry.and_then(|entry| entry.line).and_then(|at| document.lines.entries.get(at));
    holder.map_or_else(String::new, |line| match line.third_party {
        Some(name) => format!(" · held by {}", shown(name)),
        None => format!(" · {}", words::whose_line(line.holder)),
    })
}

/// The first sentence of a text of several.
fn first_sentence(text: &str) -> &str {
    let end = text.char_indices().find(|(at, character)| {
        let rest = text.get(at + character.len_utf8()..).unwrap_or_default();
        *character == '.' && rest.starts_with(|next: char| next.is_whitespace())
    });
    end.and_then(|(at, _)| text.get(..=at)).unwrap_or(text)
}
