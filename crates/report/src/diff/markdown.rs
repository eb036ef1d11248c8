//! A difference as Markdown: what a pull request or a ticket needs, of one size for every estate.

use std::io::{self, BufWriter, Write};

use super::text::by_kind;
use super::{Difference, FindingChange, IS_NEW, groups, moved, moved_to_you, some};
use crate::markdown::inline::{code, sentence};
use crate::markdown::{TOP, rest};
use crate::words;

/// Assets that are named with each entry.
const NAMED: usize = 3;

pub(super) fn write(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    head(difference, &mut out)?;
    responsibility(difference, &mut out)?;
    findings("New failures", &difference.new, &mut out)?;
    findings("Failures that are back", &difference.reopened, &mut out)?;
    findings("Mended", &difference.fixed, &mut out)?;
    findings("No longer seen", &difference.became_unknown, &mut out)?;
    findings("Failures that this run does not have", &difference.dropped, &mut out)?;
    figures(difference, &mut out)?;
    assets(difference, &mut out)?;
    out.flush()
}

fn head(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let counts = &difference.counts;
    writeln!(out, "# Partywall: what has changed\n")?;
    writeln!(
        out,
        "{} → {}\n\n**{} new, {} reopened, {} fixed**; {} still fail; {} became unknown, {} became known",
        words::time(difference.before.at),
        words::time(difference.after.at),
        counts.new,
        counts.reopened,
        counts.fixed,
        counts.standing,
        counts.became_unknown,
        counts.became_known,
    )?;
    for reason in &difference.not_compared {
        writeln!(out, "\n> **Not compared:** {}", sentence(reason))?;
    }
    Ok(())
}

fn responsibility(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    if difference.responsibility.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## Responsibility\n")?;
    if let Some(told) = moved_to_you(difference) {
        writeln!(out, "**{told}**\n")?;
    }
    writeln!(out, "| control | before | after | on | rule |\n| --- | --- | --- | --- | --- |")?;
    for moved in difference.responsibility.iter().take(TOP) {
        let assets: Vec<&str> = moved.assets.iter().map(|asset| &**asset).collect();
        let switch = &moved.after.switch;
        let switch = if switch.is_empty() { String::new() } else { format!(", {}", code(switch)) };
        let need = &moved.after.need;
        let need = if need.is_empty() { String::new() } else { format!("; not seen: {}", code(need)) };
        writeln!(
            out,
            "| {} | {} | {} | {} | {}{switch}{need} |",
            code(&moved.control),
            sentence(&moved.before.told()),
            sentence(&moved.after.told()),
            named(&assets),
            code(&moved.after.rule),
        )?;
    }
    rest(difference.responsibility.len(), "change", out)
}

fn findings(title: &str, changes: &[FindingChange], out: &mut dyn Write) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let groups = groups(changes);
    writeln!(out, "\n## {title}\n")?;
    writeln!(out, "| severity | check | on |\n| --- | --- | --- |")?;
    for group in groups.iter().take(TOP) {
        let first = group.first;
        let why = if first.why.is_empty() { String::new() } else { format!(": {}", code(&first.why)) };
        let title = sentence(&first.title);
        let why = if first.check_is_new { format!("{why} {IS_NEW}") } else { why };
        let check = code(&first.check);
        writeln!(out, "| {} | {title} ({check}){why} | {} |", first.severity, named(&group.assets))?;
    }
    rest(groups.len(), "check", out)
}

fn named(assets: &[&str]) -> String {
    let (named, more) = some(assets, NAMED);
    let named: Vec<String> = named.into_iter().map(code).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

fn figures(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let layers = difference.layers.iter().filter(|layer| layer.has_moved());
    let changes: Vec<_> =
        std::iter::once(&difference.overall).chain(layers).chain(&difference.controls).collect();
    writeln!(out, "\n## Figures\n")?;
    for change in changes {
        writeln!(out, "- {}: {}", sentence(&change.of), moved(change))?;
    }
    Ok(())
}

fn assets(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    for (title, assets) in difference.assets.titled() {
        writeln!(out, "\n## {title}\n")?;
        let kinds = by_kind(assets);
        for (kind, assets) in kinds.iter().take(TOP) {
            writeln!(out, "- {} {}: {}", assets.len(), code(kind), named(assets))?;
        }
        rest(kinds.len(), "kind", out)?;
    }
    Ok(())
}
