//! What this run adds to the runs before it, and how far the provider's side is proven.

use std::io;

use super::page::{Page, plain, quiet, strong};
use crate::document::Document;
use crate::shown::shown;
use crate::words;

/// One line about the run before, where there was one.
pub(super) fn since_last(document: &Document<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let Some(since) = document.trend.and_then(|trend| trend.since_last.as_ref()) else { return Ok(()) };
    let told = format!("since the last run ({}): ", words::time(since.at));
    page.hanging(2, 4, &[plain(told), strong(since.told()), quiet("  partywall diff shows them")])
}

/// The provider's side: by what document it is proven, and until when.
pub(super) fn inherited(document: &Document<'_>, page: &mut Page<'_>) -> io::Result<()> {
    for told in words::inherited(document) {
        page.hanging(2, 4, &[plain(shown(&told).to_string())])?;
    }
    Ok(())
}
