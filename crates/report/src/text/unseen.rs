//! What could not be seen and why.

use std::io;

use partywall_model::WhyKind;

use super::page::{Look, Page, looking, plain, quiet, strong};
use crate::document::Document;
use crate::shown::shown;
use crate::unseen::{NAMED, gathered, hanging, regions_left_out};
use crate::words::counted;

/// Writes the section.
pub(super) fn unseen(document: &Document<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let all = gathered(document);
    let verdicts = &document.summary.findings;
    let aside = format!("{} of {} unknown", verdicts.unknown, counted(verdicts.all(), "verdict"));
    page.heading("What could not be seen, and why", &aside)?;
    if all.is_empty() {
        page.line(&[plain("  every read was answered")])?;
    }
    for ((operation, kind, code), entry) in &all {
        let code = if code.is_empty() { String::new() } else { format!(" ({})", shown(code)) };
        let look = if *kind == WhyKind::Unsupported { Look::Plain } else { Look::Warn };
        let reason = looking(look, format!("{}{code}", kind.word()));
        let spans = [
            strong(shown(operation).to_string()),
            plain("  "),
            reason,
            plain(format!(" — {}", shown(&hanging(entry)))),
        ];
        page.hanging(2, 4, &spans)?;
        let places: Vec<&str> = entry.places.iter().take(NAMED).map(String::as_str).collect();
        let more = entry.places.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {}", counted(more, "more place")) } else { String::new() };
        let message = if entry.message.is_empty() { String::new() } else { format!(": {}", entry.message) };
        page.wrapped(4, &[quiet(shown(&format!("{}{more}{message}", places.join(", "))).to_string())])?;
    }
    for text in regions_left_out(document) {
        page.hanging(2, 4, &[plain(shown(&text).to_string())])?;
    }
    for problem in document.assessment.problems() {
        let text = shown(&problem.to_string()).to_string();
        page.hanging(2, 4, &[looking(Look::Warn, "problem: "), plain(text)])?;
    }
    Ok(())
}
