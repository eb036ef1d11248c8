//! A difference as text for a terminal.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use partywall_model::Severity;

use super::{AssetName, Difference, FigureChange, FindingChange, IS_NEW, MovedControl, RunFacts};
use super::{groups, moved, moved_to_you, some};
use crate::shown::shown;
use crate::text::TextStyle;
use crate::text::page::{Look, Page, left, looking, plain, quiet, strong, width};
use crate::words::{self, counted};

/// Assets that are named with each entry.
const NAMED: usize = 4;

pub(super) fn write(difference: &Difference, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let mut page = Page::new(&mut out, style);
    title(difference, &mut page)?;
    let new = "Failures that no earlier run knows";
    findings(new, Look::Bad, &difference.new, &mut page)?;
    findings("Failures that had been mended and are back", Look::Bad, &difference.reopened, &mut page)?;
    responsibility(difference, &mut page)?;
    findings("Mended", Look::Good, &difference.fixed, &mut page)?;
    findings("No longer seen, and why", Look::Warn, &difference.became_unknown, &mut page)?;
    findings("Failures that this run does not have", Look::Warn, &difference.dropped, &mut page)?;
    figures(difference, &mut page)?;
    assets(difference, &mut page)?;
    out.flush()
}

fn title(difference: &Difference, page: &mut Page<'_>) -> io::Result<()> {
    let counts = &difference.counts;
    page.line(&[strong("Partywall"), plain(" · what has changed")])?;
    run("before", &difference.before, page)?;
    run("after", &difference.after, page)?;
    for reason in &difference.not_compared {
        page.hanging(0, 2, &[looking(Look::Warn, "Not compared: "), plain(shown(reason).to_string())])?;
    }
    page.blank()?;
    let told = format!(
        "{} new, {} reopened, {} fixed; {} still fail; {} became unknown, {} became known",
        counts.new,
        counts.reopened,
        counts.fixed,
        counts.standing,
        counts.became_unknown,
        counts.became_known
    );
    page.wrapped(0, &[strong(told)])
}

fn run(word: &str, run: &RunFacts, page: &mut Page<'_>) -> io::Result<()> {
    let id: String = run.run.chars().take(12).collect();
    let complete = if run.complete { "complete" } else { "incomplete" };
    let told = format!(
        "{}  run {}  {complete}, {}, partywall {}",
        words::time(run.at),
        shown(&id),
        counted(run.accounts.len(), "account"),
        shown(&run.tool_version)
    );
    page.line(&[quiet(left(word, 8)), plain(told)])
}

fn findings(title: &str, look: Look, changes: &[FindingChange], page: &mut Page<'_>) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let groups = groups(changes);
    page.heading(title, &counted(changes.len(), "finding"))?;
    for group in groups.iter().take(page.top()) {
        let first = group.first;
        let mut spans = vec![
            looking(severity_look(look, first.severity), first.severity.to_string()),
            plain("  "),
            strong(shown(&first.title).to_string()),
            quiet(format!("  {} · {}", shown(&first.check), shown(&first.control))),
        ];
        if first.check_is_new {
            spans.push(plain(format!("  {IS_NEW}")));
        }
        page.hanging(2, 4, &spans)?;
        if !first.why.is_empty() {
            page.wrapped(4, &[plain(shown(&first.why).to_string())])?;
        }
        named(&group.assets, page)?;
    }
    more(groups.len(), "check", page)
}

fn severity_look(look: Look, severity: Severity) -> Look {
    if look == Look::Bad && severity < Severity::High { Look::Warn } else { look }
}

fn named(assets: &[&str], page: &mut Page<'_>) -> io::Result<()> {
    let (named, more) = some(assets, NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    page.wrapped(4, &[plain(format!("{}{more}", shown(&named.join(", "))))])
}

fn more(all: usize, noun: &str, page: &mut Page<'_>) -> io::Result<()> {
    match all.saturating_sub(page.top()) {
        0 => Ok(()),
        rest => {
            let rest = counted(rest, &format!("more {noun}"));
            page.line(&[quiet(format!("  and {rest}; --format json has all"))])
        }
    }
}

fn responsibility(difference: &Difference, page: &mut Page<'_>) -> io::Result<()> {
    if difference.responsibility.is_empty() {
        return Ok(());
    }
    page.heading("Responsibility that has changed hands", &counted(difference.counts.moved, "line"))?;
    if let Some(told) = moved_to_you(difference) {
        page.wrapped(2, &[looking(Look::Bad, told)])?;
    }
    for moved in difference.responsibility.iter().take(page.top()) {
        one_move(moved, page)?;
    }
    more(difference.responsibility.len(), "change", page)
}

fn one_move(moved: &MovedControl, page: &mut Page<'_>) -> io::Result<()> {
    let look = if moved.to_you { Look::Bad } else { Look::Plain };
    page.hanging(
        2,
        4,
        &[
            strong(shown(&moved.control).to_string()),
            plain("  "),
            looking(look, format!("{} → {}", shown(&moved.before.told()), shown(&moved.after.told()))),
            quiet(format!("  {}", shown(&moved.kind))),
        ],
    )?;
    let mut because = if moved.before.rule == moved.after.rule {
        format!("by {}", moved.after.rule)
    } else {
        format!("by {}, before by {}", moved.after.rule, moved.before.rule)
    };
    if !moved.after.switch.is_empty() {
        because = format!("{because}; switched by `{}`", moved.after.switch);
    }
    if !moved.after.need.is_empty() {
        because = format!("{because}; not seen: {}", moved.after.need);
    }
    page.wrapped(4, &[quiet(shown(&because).to_string())])?;
    let assets: Vec<&str> = moved.assets.iter().map(|asset| &**asset).collect();
    named(&assets, page)
}

fn figures(difference: &Difference, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Figures", "")?;
    let layers = difference.layers.iter().filter(|layer| layer.before.is_some() || layer.after.is_some());
    let widest = difference.controls.iter().map(|control| width(&control.of)).max().unwrap_or(0).max(10);
    for change in std::iter::once(&difference.overall).chain(layers).chain(&difference.controls) {
        figure(change, widest, page)?;
    }
    Ok(())
}

fn figure(change: &FigureChange, widest: usize, page: &mut Page<'_>) -> io::Result<()> {
    let rises = |of: fn(&crate::trend::TrendFigure) -> (u8, f64)| {
        let (before, after) = (change.before.as_ref().map(of)?, change.after.as_ref().map(of)?);
        before.partial_cmp(&after)
    };
    let look = match rises(|it| (it.level, it.lo)) {
        Some(std::cmp::Ordering::Less) => Look::Good,
        Some(std::cmp::Ordering::Greater) => Look::Bad,
        _ => Look::Plain,
    };
    page.hanging(
        2,
        4,
        &[plain(left(&shown(&change.of).to_string(), widest)), plain("  "), looking(look, moved(change))],
    )
}

fn assets(difference: &Difference, page: &mut Page<'_>) -> io::Result<()> {
    for (title, assets) in difference.assets.titled() {
        page.heading(title, &counted(assets.len(), "asset"))?;
        let kinds = by_kind(assets);
        for (kind, assets) in kinds.iter().take(page.top()) {
            page.hanging(2, 4, &[strong(shown(kind).to_string()), plain(format!("  {}", assets.len()))])?;
            named(assets, page)?;
        }
        more(kinds.len(), "kind", page)?;
    }
    Ok(())
}

pub(super) fn by_kind(assets: &[AssetName]) -> Vec<(&str, Vec<&str>)> {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for asset in assets {
        kinds.entry(&asset.kind).or_default().push(&asset.asset);
    }
    kinds.into_iter().collect()
}
