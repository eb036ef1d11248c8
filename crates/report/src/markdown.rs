//! Markdown: the summary that a person pastes into a pull request or a ticket.
//!
//! It holds what a reader needs to decide what to do next, the first of each list, and counts the others; so it
//! is of one size for every estate and fits into a comment.

pub(crate) mod inline;

use std::io::{self, BufWriter, Write};
use std::ops::Range;

use inline::{code, codes, sentence};
use partywall_model::WhyKind;
use partywall_ssrm::frameworks::Fulfilment;

use crate::causes::{Cause, causes};
use crate::document::{Document, FigureEntry, LayerEntry};
use crate::unseen;
use crate::words::{self, counted, thousands};

/// Entries of each list; the others are counted.
pub(crate) const TOP: usize = 10;
/// Assets that are named with each entry.
const NAMED: usize = 3;

/// Writes the summary.
///
/// # Errors
/// What the writer refuses.
pub fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    head(document, &mut out)?;
    map(document, &mut out)?;
    worst(document, &mut out)?;
    switches(document, &mut out)?;
    unseen(document, &mut out)?;
    fixes(document, &mut out)?;
    frameworks(document, &mut out)?;
    foot(document, &mut out)?;
    out.flush()
}

fn head(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let summary = &document.summary;
    let name = document.assessment.judged.settings.organisation.as_deref().unwrap_or("the estate");
    writeln!(out, "# Partywall: {}\n", sentence(name))?;
    writeln!(out, "{}", words::scope(document))?;
    if document.incomplete.is {
        writeln!(out, "\n> **Incomplete:** {}", sentence(&document.incomplete.reasons.join("; ")))?;
    }
    if let Some(filtered) = &summary.filtered {
        writeln!(out, "\n> **Filtered:** {}", sentence(&filtered.sentence()))?;
    }
    Ok(())
}

fn map(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Who holds what, and how well your side is held\n")?;
    let heads =
        ["Layer", "Provider", "Shared", "Customer", "Third party", "Unknown", "Level", "Range %", "Measured"];
    table_head(&heads, 1..6, out)?;
    for layer in document.scores.all_layers() {
        let holders = &layer.holders;
        let counts =
            [holders.provider, holders.shared(), holders.customer, holders.third_party, holders.unknown];
        let counts = counts.map(thousands).join(" | ");
        let (level, range) = figure(layer);
        writeln!(
            out,
            "| {} | {counts} | {level} | {range} | {} of {} |",
            words::layer(layer.layer),
            layer.controls_measured,
            layer.controls_in_scope,
        )?;
    }
    let overall = &document.scores.overall;
    match overall.figure {
        Some(figure) => {
            let weakest = overall.weakest_layer.map_or("–", words::layer);
            writeln!(out, "\n**Overall: {}**, no better than the weakest layer: {weakest}.", told(figure))?;
        }
        None => writeln!(out, "\n**Overall: not measured.**")?,
    }
    let (missing, all) = (overall.not_measured.len(), counted(overall.controls_in_scope, "control"));
    writeln!(out, "Not measured: {missing} of {all}.")?;
    for told in words::inherited(document) {
        writeln!(out, "\n{}.", sentence(&told))?;
    }
    if let Some(since) = document.trend.and_then(|trend| trend.since_last.as_ref()) {
        writeln!(out, "\nSince the last run ({}): {}.", words::time(since.at), since.told())?;
    }
    Ok(())
}

fn figure(layer: &LayerEntry<'_>) -> (String, String) {
    match layer.measured {
        Some(figure) => {
            (format!("{} {}", figure.level, words::level(figure.level)), words::range(figure.lo, figure.hi))
        }
        None if layer.controls_in_scope == 0 => ("not applicable".to_owned(), "–".to_owned()),
        None => ("not measured".to_owned(), "–".to_owned()),
    }
}

fn told(figure: FigureEntry) -> String {
    let (range, word) = (words::range(figure.lo, figure.hi), words::level(figure.level));
    format!(
        "level {} of 4 ({word}), {range} %, confidence {} %",
        figure.level,
        words::share(figure.confidence)
    )
}

fn worst(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let causes = causes(document);
    writeln!(out, "\n## Worst findings, by cause\n")?;
    if causes.is_empty() {
        return writeln!(out, "No failure was seen.");
    }
    let open = document.summary.findings.fail;
    writeln!(out, "{} from {}.\n", counted(open, "open failure"), counted(causes.len(), "cause"))?;
    table_head(&["Severity", "Cause", "Check", "Whose line", "Assets"], 0..0, out)?;
    for cause in causes.iter().take(TOP) {
        writeln!(
            out,
            "| {} {} | {} | {} | {} | {} |",
            words::severity_sign(cause.severity),
            cause.severity,
            sentence(cause.title),
            code(cause.check.as_str()),
            whose(document, cause),
            where_it_fails(document, cause),
        )?;
    }
    rest(causes.len(), "cause", out)
}

/// Whose line it is, by the worst asset.
fn whose(document: &Document<'_>, cause: &Cause<'_, '_>) -> String {
    let line = cause.failing.first().and_then(|failure| {
        let position = document.assessment.estate().position(failure.finding.asset.as_str())?;
        let at = document.lines.position(&document.assessment, position, cause.control.as_str())?;
        document.lines.entries.get(at)
    });
    line.map_or_else(
        || "–".to_owned(),
        |line| match line.third_party {
            Some(name) => format!("held by {}", code(name)),
            None => words::whose_line(line.holder).to_owned(),
        },
    )
}

fn where_it_fails(document: &Document<'_>, cause: &Cause<'_, '_>) -> String {
    let ids: Vec<&str> = cause.failing.iter().map(|failure| failure.finding.asset.as_str()).collect();
    let mut told = format!("{}: {}", thousands(ids.len()), some_names(document, &ids));
    if cause.prized > 0 {
        told.push_str(&format!("; {} exposed or sensitive", thousands(cause.prized)));
    }
    if cause.exempt > 0 {
        told.push_str(&format!("; {} accepted for a time", thousands(cause.exempt)));
    }
    if cause.unknown > 0 {
        told.push_str(&format!("; not seen on {}", counted(cause.unknown, "asset")));
    }
    told
}

fn some_names(document: &Document<'_>, ids: &[&str]) -> String {
    let (names, more) = words::names(document, ids, NAMED);
    let names = codes(names.iter().map(String::as_str));
    if more > 0 { format!("{names} and {} more", thousands(more)) } else { names }
}

fn switches(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts = &document.summary.switches;
    writeln!(out, "\n## Switches: what the provider offers and you have not switched on\n")?;
    writeln!(
        out,
        "{} on, {} off, {} not seen, {} shown elsewhere.",
        counts.on, counts.off, counts.unseen, counts.elsewhere
    )?;
    if document.switch_gaps.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    table_head(&["What to set", "Kinds", "Controls", "Assets"], 0..0, out)?;
    for gap in document.switch_gaps.iter().take(TOP) {
        writeln!(
            out,
            "| {} | {} | {} | {}: {} |",
            sentence(&gap.fix),
            codes(gap.kinds.iter().copied()),
            codes(gap.controls.iter().copied()),
            thousands(gap.assets.len()),
            some_names(document, &gap.assets),
        )?;
    }
    rest(document.switch_gaps.len(), "switch", out)
}

fn unseen(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let all = unseen::gathered(document);
    let verdicts = &document.summary.findings;
    writeln!(out, "\n## What could not be seen, and why\n")?;
    writeln!(out, "{} of {} unknown.", verdicts.unknown, counted(verdicts.all(), "verdict"))?;
    if !all.is_empty() {
        writeln!(out)?;
        table_head(&["Operation", "What came back", "What hangs on it", "Where"], 0..0, out)?;
    }
    for ((operation, kind, error), entry) in all.iter().take(TOP) {
        let error = if error.is_empty() { String::new() } else { format!(" ({})", code(error)) };
        let places: Vec<&str> = entry.places.iter().take(NAMED).map(String::as_str).collect();
        let more = entry.places.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(
            out,
            "| {} | {}{error} | {} | {}{more} |",
            code(operation),
            WhyKind::word(*kind),
            sentence(&unseen::hanging(entry)),
            codes(places),
        )?;
    }
    rest(all.len(), "operation", out)?;
    for told in unseen::regions_left_out(document) {
        writeln!(out, "\n{}.", sentence(&told))?;
    }
    match document.summary.problems {
        0 => Ok(()),
        problems => writeln!(out, "\n{} on our side; the JSON form has them.", counted(problems, "problem")),
    }
}

fn fixes(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    if document.fixes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## First fixes\n")?;
    table_head(&["#", "Fix", "Effort", "Assets", "What it lifts", "Verified by"], 0..0, out)?;
    for fix in document.fixes.iter().take(TOP) {
        let summary = if fix.summary.is_empty() { fix.title } else { fix.summary };
        let effort = fix.effort.map_or_else(|| "unknown".to_owned(), words::effort);
        let lift = fix.lifts.as_ref().map_or_else(|| "–".to_owned(), |lift| words::lift(fix, lift));
        writeln!(
            out,
            "| {} | {} | {effort} | {}: {} | {} | {} |",
            fix.rank,
            sentence(summary),
            thousands(fix.assets.len()),
            some_names(document, &fix.assets),
            sentence(&lift),
            code(fix.verified_by),
        )?;
    }
    rest(document.fixes.len(), "fix", out)
}

/// The frameworks that were asked for: how many requirements stand how, and the first that are not met.
fn frameworks(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    for framework in document.frameworks {
        let title = format!("{}, {}", framework.title, framework.version);
        writeln!(out, "\n## {}\n\n{}\n", sentence(&title), framework.summary.sentence())?;
        let not_met: Vec<_> = framework
            .requirements
            .iter()
            .filter(|requirement| requirement.verdict == Fulfilment::NotMet)
            .collect();
        if not_met.is_empty() {
            continue;
        }
        table_head(&["Not met", "", "It rests on"], 0..0, out)?;
        for requirement in not_met.iter().take(TOP) {
            let title = requirement.title.unwrap_or_default();
            let told = [code(requirement.id), sentence(title), sentence(&requirement.rests_on())];
            writeln!(out, "| {} |", told.join(" | "))?;
        }
        rest(not_met.len(), "requirement", out)?;
    }
    Ok(())
}

fn foot(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\n---\n\n{}. Partywall {}.",
        words::verdicts(document),
        sentence(&document.assessment.header.tool_version),
    )
}

/// A line of headings; some columns hold figures and are aligned to the right.
fn table_head(heads: &[&str], figures: Range<usize>, out: &mut dyn Write) -> io::Result<()> {
    let rule = |at: usize| if figures.contains(&at) { "--:" } else { "---" };
    let rules: Vec<&str> = (0..heads.len()).map(rule).collect();
    writeln!(out, "| {} |\n| {} |", heads.join(" | "), rules.join(" | "))
}

/// How many entries follow those that are told.
pub(crate) fn rest(all: usize, noun: &str, out: &mut dyn Write) -> io::Result<()> {
    match all.saturating_sub(TOP) {
        0 => Ok(()),
        more => writeln!(out, "\nand {}", counted(more, &format!("more {noun}"))),
    }
}
