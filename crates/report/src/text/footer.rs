//! The counts, and where to read more.

use std::io;

use super::page::{Look, Page, looking, plain, quiet};
use crate::document::Document;
use crate::words::{self, counted};

/// Writes it.
pub(super) fn footer(document: &Document<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let summary = &document.summary;
    let lines = &summary.lines;
    let operations = &document.evidence.operations.all;
    page.heading("In figures", "")?;
    page.wrapped(2, &[plain(words::verdicts(document))])?;
    page.wrapped(
        2,
        &[plain(format!(
            "{}: {}",
            counted(lines.applicable() + lines.not_applicable, "line"),
            words::lines_by_holder(document)
        ))],
    )?;
    page.wrapped(
        2,
        &[plain(format!(
            "{}: {} answered, {} absent, {} refused, {} failed; the sensitivity of {} is assumed",
            counted(usize::try_from(operations.asked).unwrap_or(usize::MAX), "call"),
            operations.answered,
            operations.absent,
            operations.refused,
            operations.failed,
            counted(summary.sensitivity_assumed, "asset"),
        ))],
    )?;
    let state = match (document.incomplete.is, &summary.filtered) {
        (true, _) => looking(Look::Warn, "The assessment is incomplete"),
        (false, Some(_)) => looking(Look::Plain, "The assessment is of what the filters let through"),
        (false, None) => looking(Look::Good, "The assessment is complete"),
    };
    let more =
        "More: --format html -o report.html, --format json, partywall checks explain ID, partywall who ASSET";
    page.wrapped(
        2,
        &[state, plain(format!(" (partywall {}). ", document.assessment.header.tool_version)), quiet(more)],
    )
}
