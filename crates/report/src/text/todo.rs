//! What to do: switches and first fixes.

use std::io;

use super::page::{Look, Page, looking, plain, quiet, strong};
use crate::document::{Document, FixEntry};
use crate::shown::shown;
use crate::words::{self, counted};

/// Assets that are named with each entry.
const NAMED: usize = 4;

/// Switches that are off.
pub(super) fn switches(document: &Document<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let counts = &document.summary.switches;
    let aside = format!(
        "{} on, {} off, {} not seen, {} shown elsewhere",
        counts.on, counts.off, counts.unseen, counts.elsewhere
    );
    page.heading("Switches: what the provider offers and you have not switched on", &aside)?;
    if document.switch_gaps.is_empty() {
        return page.line(&[plain("  no switch was seen to be off")]);
    }
    for gap in document.switch_gaps.iter().take(page.top()) {
        let found = gap.switch.as_ref().and_then(|switch| switch.found).filter(|found| !found.is_empty());
        let found = found.map(|found| format!(", found {}", shown(found))).unwrap_or_default();
        page.hanging(
            2,
            4,
            &[
                strong(shown(&gap.fix).to_string()),
                plain(format!("{found} — {} ", counted(gap.assets.len(), "asset"))),
                quiet(format!("· {} · {}", shown(&gap.kinds.join(", ")), gap.controls.join(", "))),
            ],
        )?;
        page.wrapped(4, &[quiet(names(document, &gap.assets))])?;
    }
    let rest = document.switch_gaps.get(page.top()..).unwrap_or_default();
    if !rest.is_empty() {
        let assets: usize = rest.iter().map(|gap| gap.assets.len()).sum();
        let more = counted(rest.len(), "more switch");
        page.wrapped(2, &[quiet(format!("and {more} on {}", counted(assets, "asset")))])?;
    }
    Ok(())
}

/// What to mend first.
pub(super) fn fixes(document: &Document<'_>, page: &mut Page<'_>) -> io::Result<()> {
    if document.fixes.is_empty() {
        return Ok(());
    }
    page.heading("First fixes", "by cap lifted, then severity and exposure, then effort")?;
    for fix in document.fixes.iter().take(page.top()) {
        one_fix(document, fix, page)?;
    }
    let more = document.fixes.len().saturating_sub(page.top());
    if more > 0 {
        page.line(&[quiet(format!("  and {}", counted(more, "more fix")))])?;
    }
    Ok(())
}

fn one_fix(document: &Document<'_>, fix: &FixEntry<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let effort = fix.effort.map_or_else(|| "effort unknown".to_owned(), words::effort);
    let rank = format!("{:>3}. ", fix.rank);
    let summary = if fix.summary.is_empty() { fix.title } else { fix.summary };
    page.hanging(0, 5, &[strong(rank), strong(shown(summary).to_string()), quiet(format!(" ({effort})"))])?;
    if let Some(lift) = &fix.lifts {
        page.wrapped(5, &[looking(Look::Good, words::lift(fix, lift))])?;
    }
    let whose: String =
        fix.holders.iter().map(|holder| format!(" · {}", words::whose_line(holder))).collect();
    page.wrapped(
        5,
        &[
            plain(format!("{}: ", counted(fix.assets.len(), "asset"))),
            plain(names(document, &fix.assets)),
            quiet(format!("{whose} · verified by {}", fix.verified_by)),
        ],
    )?;
    if let Some((command, more)) = fix.first_command {
        let hint =
            if more { format!(" … (partywall checks explain {})", fix.check) } else { String::new() };
        page.verbatim(5, &format!("$ {}{hint}", command))?;
    }
    Ok(())
}

/// The first assets by name, and how many more there are.
fn names(document: &Document<'_>, assets: &[&str]) -> String {
    let (named, more) = words::names(document, assets, NAMED);
    let named = shown(&named.join(", ")).to_string();
    if more == 0 { named } else { format!("{named} and {more} more") }
}
