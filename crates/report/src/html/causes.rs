//! Failures by cause, and single findings as rows.

use super::assets::Pages;
use crate::causes::{Cause, Failure};
use crate::document::{Document, FindingEntry};
use crate::words;
use partywall_content::Way;

/// Failing assets that stand in the page with their cause.
const ROWS: usize = 6;

/// A check that fails somewhere.
pub(super) struct CauseView<'a> {
    pub(super) check: &'a str,
    pub(super) title: &'a str,
    pub(super) control: &'a str,
    pub(super) control_title: &'a str,
    pub(super) severity: &'static str,
    pub(super) sign: char,
    pub(super) stage: String,
    pub(super) techniques: String,
    pub(super) whose: &'static str,
    pub(super) failing: usize,
    pub(super) prized: usize,
    pub(super) exempt: usize,
    pub(super) unknown: usize,
    pub(super) passing: usize,
    pub(super) why: Vec<String>,
    pub(super) fix: Option<FixText<'a>>,
    pub(super) rows: Vec<RowView<'a>>,
    pub(super) more: usize,
}

/// How to mend it.
pub(super) struct FixText<'a> {
    pub(super) summary: &'a str,
    pub(super) effort: String,
    pub(super) ways: Vec<Way<'a>>,
}

/// One finding.
pub(super) struct RowView<'a> {
    pub(super) severity: &'static str,
    pub(super) sign: char,
    pub(super) verdict: &'static str,
    pub(super) check: &'a str,
    pub(super) title: &'a str,
    pub(super) control: &'a str,
    pub(super) label: &'a str,
    pub(super) page: Option<String>,
    pub(super) id: &'a str,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) exposed: bool,
    pub(super) sensitive: bool,
    pub(super) what: String,
}

impl<'a> CauseView<'a> {
    pub(super) fn of(document: &'a Document<'a>, cause: &Cause<'a, '_>, pages: &Pages<'a>) -> Self {
        let check = cause.content;
        let line = cause.failing.first().and_then(|failure| FindingEntry::of(document, failure.at)?.line);
        let holder = line.and_then(|at| document.lines.entries.get(at)).map_or("unknown", |line| line.holder);
        let control = cause.control.as_str();
        Self {
            check: cause.check.as_str(),
            title: cause.title,
            control,
            control_title: document.control(control).map_or(control, |control| control.title),
            severity: cause.severity.word(),
            sign: words::severity_sign(cause.severity),
            stage: check.map_or_else(String::new, |check| check.stage.word().replace('-', " ")),
            techniques: check.map_or_else(String::new, |check| check.techniques.join(", ")),
            whose: words::whose_line(holder),
            failing: cause.failing.len(),
            prized: cause.prized,
            exempt: cause.exempt,
            unknown: cause.unknown,
            passing: cause.passing,
            why: check.map_or_else(Vec::new, |check| words::paragraphs(&check.why)),
            fix: check.map(|check| FixText {
                summary: &check.fix.summary,
                effort: words::effort(check.fix.effort),
                ways: check.fix.ways().collect(),
            }),
            rows: cause
                .failing
                .iter()
                .take(ROWS)
                .map(|failure| RowView::of(document, failure, pages))
                .collect(),
            more: cause.failing.len().saturating_sub(ROWS),
        }
    }
}

impl<'a> RowView<'a> {
    pub(super) fn of(document: &'a Document<'a>, failure: &Failure<'a, '_>, pages: &Pages<'a>) -> Self {
        let finding = failure.finding;
        let asset = failure.asset;
        let account = asset.and_then(|asset| asset.account.as_ref());
        Self {
            severity: finding.severity.word(),
            sign: words::severity_sign(finding.severity),
            verdict: finding.verdict.word(),
            check: finding.check.as_str(),
            title: document.assessment.title(finding),
            control: finding.control.as_str(),
            label: failure.label(),
            page: pages.page(document, finding.asset.as_str()),
            id: finding.asset.as_str(),
            account: account.map_or("", |account| words::account(document, account)),
            region: asset.and_then(|asset| asset.region.as_ref()).map_or("", |region| region.as_str()),
            exposed: failure.is_exposed(),
            sensitive: failure.is_sensitive(),
            what: failure.what(),
        }
    }
}
