//! Text for a terminal: each secret once, with its places; what to do is told once for each rule.

use std::collections::BTreeSet;
use std::io::{self, Write};

use partywall_model::Severity;
use partywall_report::shown::shown;
use partywall_report::text::{Colour, TextStyle};
use partywall_secrets::{IgnoreFiles, Leak, Place};

use super::{Answer, Source};

/// So many places of one secret are told; the others are counted.
const PLACES: usize = 12;
/// So many problems and remarks are told; the others are counted.
const NOTES: usize = 20;

pub(super) fn write(answer: &Answer<'_>, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for leak in answer.listed().filter(|leak| leak.is_open(answer.today)) {
        headline(leak, style, out)?;
        for place in leak.places.iter().take(PLACES) {
            writeln!(out, "    {}", located(answer, place))?;
        }
        if let Some(more) = leak.places.len().checked_sub(PLACES).filter(|more| *more > 0) {
            writeln!(out, "    and {more} more places")?;
        }
        if let Some(rule) = answer.rule(leak)
            && told.insert(&rule.id)
        {
            wrapped(&rule.why, style, out)?;
            wrapped(&rule.fix, style, out)?;
        }
        writeln!(out, "    fingerprint {}\n", leak.fingerprint)?;
    }
    sums(answer, out)?;
    notes("not searched", answer.outcome.problems.iter().map(ToString::to_string).collect(), out)?;
    notes("allowed", answer.outcome.remarks.iter().map(ToString::to_string).collect(), out)
}

fn headline(leak: &Leak, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let (before, after) = match (style.colour, leak.severity) {
        (Colour::Plain, _) => ("", ""),
        (Colour::Ansi, Severity::Critical | Severity::High) => ("\u{1b}[1;31m", "\u{1b}[0m"),
        (Colour::Ansi, Severity::Medium) => ("\u{1b}[33m", "\u{1b}[0m"),
        (Colour::Ansi, Severity::Low | Severity::Info) => ("\u{1b}[2m", "\u{1b}[0m"),
    };
    let note = leak.note.iter().map(|note| format!(" · {note}")).collect::<String>();
    writeln!(out, "{before}{}{after}  {}  {} · {}{note}", leak.severity, leak.rule, leak.title, leak.preview)
}

fn located(answer: &Answer<'_>, place: &Place) -> String {
    let mut text = format!("{}:{}:{}", shown(&place.path), place.line, place.column);
    if let Some(commit) = &place.commit {
        match (&commit.id, &commit.day) {
            (Some(id), Some(day)) => {
                text.push_str(&format!("  commit {} of {day}", id.get(..12).unwrap_or(id)))
            }
            _ => text.push_str(&format!("  object {}", commit.object.get(..12).unwrap_or(&commit.object))),
        }
    }
    if let Some(said) = &place.acceptance {
        let state = if said.holds(answer.today) { "allowed" } else { "was allowed" };
        text.push_str(&format!("  {state} until {} by {}", said.until, shown(&said.owner)));
    }
    text
}

fn wrapped(text: &str, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let width = style.width.max(40).saturating_sub(6);
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + word.chars().count() >= width {
            writeln!(out, "      {line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "      {line}")
}

fn sums(answer: &Answer<'_>, out: &mut dyn Write) -> io::Result<()> {
    let outcome = answer.outcome;
    let counts: Vec<String> = Severity::ALL
        .iter()
        .map(|severity| (answer.open(*severity), severity))
        .filter(|(count, _)| *count > 0)
        .map(|(count, severity)| format!("{count} {severity}"))
        .collect();
    let open = if counts.is_empty() {
        "no secrets found".to_owned()
    } else {
        format!("secrets: {}", counts.join(", "))
    };
    let hidden = outcome.leaks.iter().filter(|leak| leak.severity < answer.least).count();
    let mut line = open;
    if answer.accepted() > 0 {
        line.push_str(&format!(" · {} allowed", answer.accepted()));
    }
    if hidden > 0 {
        line.push_str(&format!(" · {hidden} below --severity not listed"));
    }
    writeln!(out, "{line}")?;
    let what = match answer.source {
        Source::Files(_) => "files",
        Source::History(_) => "objects of the history",
        Source::Staged => "staged files",
        Source::Changed(_) => "changed files",
    };
    let size = outcome.tally.bytes as f64 / 1e6;
    write!(
        out,
        "read {} {what}, {size:.1} MB, by {} rules",
        outcome.tally.files,
        answer.content.secrets.rules.len()
    )?;
    for (why, count) in &outcome.tally.skipped {
        write!(out, " · left out: {count} {}", why.word())?;
    }
    if let Source::Files(IgnoreFiles::Respected) = answer.source {
        write!(out, " · what .gitignore names is left out (--no-ignore)")?;
    }
    writeln!(out)
}

fn notes(what: &str, notes: Vec<String>, out: &mut dyn Write) -> io::Result<()> {
    for note in notes.iter().take(NOTES) {
        writeln!(out, "{what}: {}", shown(note))?;
    }
    match notes.len().checked_sub(NOTES) {
        Some(more) if more > 0 => writeln!(out, "{what}: {more} more; --format json has all of them"),
        _ => Ok(()),
    }
}
