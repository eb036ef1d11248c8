//! A gate for a terminal: each failure with its line and a caret, then what could not be decided.

use std::io::{self, Write};

use super::{Gate, GateFinding, GatePackages, GatePlace, GateState, moved};
use crate::shown::shown;
use crate::text::TextStyle;
use crate::text::page::{Look, Page, looking, plain, quiet, right, strong};
use crate::words::{counted, thousands};

pub(super) fn write(gate: &Gate<'_>, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, style);
    for finding in gate.of(GateState::Fail) {
        failure(finding, &mut page)?;
    }
    if let Some(said) = &gate.responsibility {
        moved::text(said, &mut page)?;
    }
    undecided(gate, &mut page)?;
    set_aside(gate, &mut page)?;
    if let Some(drift) = &gate.drift {
        super::drift::text(drift, &mut page)?;
    }
    for (look, notes) in [(Look::Warn, &gate.waivers), (Look::Warn, &gate.problems)] {
        for note in notes {
            let subject = looking(look, format!("{}: ", shown(&note.subject)));
            page.hanging(0, 2, &[subject, plain(shown(&note.message).to_string())])?;
        }
    }
    foot(gate, &mut page)
}

fn failure(finding: &GateFinding<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let severity = looking(Look::of(finding.severity), finding.severity.word());
    let title = strong(shown(finding.title).to_string());
    page.hanging(0, 2, &[severity, plain("  "), title, plain("  "), quiet(finding.check)])?;
    let address = shown(&finding.asset.address).to_string();
    page.hanging(2, 4, &[plain(shown(&finding.told_place()).to_string()), plain("  "), quiet(address)])?;
    if let Some(place) = &finding.place {
        source(place, page)?;
    }
    if !finding.also.is_empty() {
        let lines: Vec<String> = finding.also.iter().map(|place| place.line.to_string()).collect();
        page.hanging(2, 4, &[plain("also on line "), plain(lines.join(", "))])?;
    }
    // Without a note of what was found, the title has said it.
    let told = finding.told();
    if !told.ends_with(finding.title) {
        page.wrapped(2, &[plain(shown(&told).to_string())])?;
    }
    page.hanging(2, 4, &[strong("Fix: "), plain(shown(finding.fix).to_string())])?;
    page.blank()
}

/// The line with a caret under what is meant.
fn source(place: &GatePlace, page: &mut Page<'_>) -> io::Result<()> {
    let Some(text) = &place.text else { return Ok(()) };
    let text = shown(text).to_string();
    let number = place.line.to_string();
    page.line(&[quiet(format!("  {} | ", right(&number, 5))), plain(text.clone())])?;
    let length = text.chars().count();
    let from = place.column.saturating_sub(1).min(length);
    let to =
        if place.end_line > place.line { length } else { place.end_column.saturating_sub(1).min(length) };
    let carets = "^".repeat(to.saturating_sub(from).max(1));
    let gap = format!("  {} | {}", right("", 5), " ".repeat(from));
    page.line(&[quiet(gap), looking(Look::Warn, carets)])
}

/// What could not be decided, one line for each reason.
fn undecided(gate: &Gate<'_>, page: &mut Page<'_>) -> io::Result<()> {
    if gate.counts.unknown == 0 {
        return Ok(());
    }
    let mut reasons: Vec<(&str, Vec<&GateFinding<'_>>)> = Vec::new();
    for finding in gate.of(GateState::Unknown) {
        let reason = finding.because.first().map_or("", |reason| &**reason);
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, findings)) => findings.push(finding),
            None => reasons.push((reason, vec![finding])),
        }
    }
    reasons.sort_by_key(|(_, findings)| std::cmp::Reverse(findings.len()));
    page.line(&[strong("What could not be decided")])?;
    for (reason, findings) in reasons.iter().take(page.top()) {
        let first = findings.first().map_or_else(String::new, |finding| finding.told_place());
        let more = findings.len().saturating_sub(1);
        let places = if more > 0 { format!("{first} and {} more", thousands(more)) } else { first };
        let count = counted(findings.len(), "decision");
        let spans = [looking(Look::Warn, count), plain(": "), plain(shown(reason).to_string())];
        page.hanging(2, 4, &spans)?;
        page.wrapped(4, &[quiet(shown(&places).to_string())])?;
    }
    if let Some(more) = reasons.len().checked_sub(page.top()).filter(|more| *more > 0) {
        page.wrapped(2, &[quiet(format!("and {}; the JSON form has all", counted(more, "more reason")))])?;
    }
    page.blank()
}

fn set_aside(gate: &Gate<'_>, page: &mut Page<'_>) -> io::Result<()> {
    for finding in gate.of(GateState::Waived) {
        let told = format!(
            "{} at {}: {}",
            finding.check,
            finding.told_place(),
            finding.waiver.as_deref().unwrap_or("")
        );
        page.hanging(0, 2, &[quiet("accepted: "), plain(shown(&told).to_string())])?;
    }
    Ok(())
}

fn foot(gate: &Gate<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let counts = &gate.counts;
    let verdict = match (counts.fail, counts.unknown) {
        (0, _) if gate.moves_too_much() => {
            looking(Look::Bad, "nothing found, but more moves to you than is allowed")
        }
        (0, 0) => looking(Look::Good, "nothing found"),
        (0, _) => looking(Look::Warn, "nothing found, but not everything could be decided"),
        (fail, _) => looking(Look::Bad, counted(fail, "open failure")),
    };
    let searched = match gate.read.searched {
        Some(files) => {
            format!(", secrets in {}", counted(usize::try_from(files).unwrap_or(usize::MAX), "file"))
        }
        None => ", secrets not looked for".to_owned(),
    };
    let told = format!(
        ": {} of {} in {}{searched}; {} undecided, {} beyond this code, {} accepted, {} known, {} pass, {} not applicable",
        counted(gate.read.resources, "resource"),
        counted(gate.read.configurations, "configuration"),
        counted(gate.read.files, "file"),
        thousands(counts.unknown),
        thousands(counts.beyond),
        thousands(counts.waived),
        thousands(counts.known),
        thousands(counts.pass),
        thousands(counts.not_applicable),
    );
    page.wrapped(0, &[verdict, plain(told)])?;
    if let Some(told) = gate.read.packages.as_ref().and_then(GatePackages::told) {
        page.wrapped(0, &[plain(shown(&told).to_string())])?;
    }
    if let Some(since) = &gate.since {
        let told = format!(
            "only what was changed since {} decides; {} untouched by it",
            shown(&since.revision),
            thousands(counts.untouched),
        );
        page.wrapped(0, &[quiet(told)])?;
    }
    let unmapped: usize = gate.read.unmapped.values().sum();
    if unmapped == 0 {
        return Ok(());
    }
    let mut types: Vec<(&Box<str>, &usize)> = gate.read.unmapped.iter().collect();
    types.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
    let named: Vec<String> =
        types.iter().take(page.top()).map(|(name, count)| format!("{} {count}", shown(name))).collect();
    let more = types.len().saturating_sub(named.len());
    let more = if more > 0 { format!(" and {}", counted(more, "more type")) } else { String::new() };
    let told = format!(
        "{} of types that nothing judges yet: {}{more}",
        counted(unmapped, "resource"),
        named.join(", ")
    );
    page.wrapped(0, &[quiet(told)])
}
