//! What this run adds to the runs before it, and how far the provider's side is proven.

use std::collections::BTreeMap;
use std::io;

use super::page::{Page, plain, quiet, strong};
use crate::document::Document;
use crate::shown::shown;
use crate::words::{self, counted};

/// One line about the run before, where there was one.
pub(super) fn since_last(document: &Document<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(since) = document.trend.and_then(|trend| trend.since_last.as_ref()) else { return Ok(()) };
    let told = format!("since the last run ({}): ", words::time(since.at));
    page.hanging(2, 4, &[plain(told), strong(since.told()), quiet("  partywall diff shows them")])
}

/// The provider's side: by what document it is proven, and until when.
pub(super) fn inherited(document: &Document<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let mut by_standing: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for entry in document.controls.iter().flat_map(|control| &control.inherited) {
        *by_standing.entry((&entry.provider, entry.standing())).or_default() += 1;
    }
    for ((provider, standing), controls) in by_standing {
        let told = format!("inherited from {provider} on {}, {standing}", counted(controls, "control"));
        page.hanging(2, 4, &[plain(shown(&told).to_string())])?;
    }
    Ok(())
}
