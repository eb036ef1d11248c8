//! What to do, and what could not be seen.

use crate::document::{Document, FixEntry, SwitchGapEntry};
use crate::unseen::{Gathered, hanging};
use crate::words;
use partywall_content::Way;
use partywall_model::WhyKind;

/// Names that stand in the page with each entry.
const NAMED: usize = 8;

/// A first fix.
pub(super) struct FixView<'a> {
    pub(super) rank: usize,
    pub(super) summary: &'a str,
    pub(super) title: &'a str,
    pub(super) check: &'a str,
    pub(super) control: &'a str,
    pub(super) severity: &'static str,
    pub(super) sign: char,
    pub(super) effort: String,
    pub(super) lifts: Option<String>,
    pub(super) whose: Vec<&'static str>,
    pub(super) count: usize,
    pub(super) exposed: usize,
    pub(super) overdue: usize,
    pub(super) assets: Names,
    pub(super) ways: &'a [Way<'a>],
}

/// The first few names, and how many more there are.
pub(super) struct Names {
    pub(super) first: Vec<String>,
    pub(super) more: usize,
}

impl Names {
    fn of(document: &Document<'_>, ids: &[&str]) -> Self {
        let (first, more) = words::names(document, ids, NAMED);
        Self { first, more }
    }
}

impl<'a> FixView<'a> {
    pub(super) fn of(document: &Document<'a>, fix: &'a FixEntry<'a>) -> Self {
        Self {
            rank: fix.rank,
            summary: if fix.summary.is_empty() { fix.title } else { fix.summary },
            title: fix.title,
            check: fix.check,
            control: fix.control,
            severity: fix.severity.word(),
            sign: words::severity_sign(fix.severity),
            effort: fix.effort.map_or_else(|| "effort unknown".to_owned(), words::effort),
            lifts: fix.lifts.as_ref().map(|lift| words::lift(fix, lift)),
            whose: fix.holders.iter().map(|holder| words::whose_line(holder)).collect(),
            count: fix.assets.len(),
            exposed: fix.exposed,
            overdue: fix.overdue,
            assets: Names::of(document, &fix.assets),
            ways: &fix.ways,
        }
    }
}

/// A switch that is off.
pub(super) struct GapView<'a> {
    pub(super) fix: String,
    pub(super) found: &'a str,
    pub(super) kinds: String,
    pub(super) controls: Vec<&'a str>,
    pub(super) provider_does: &'a str,
    pub(super) customer_does: &'a str,
    pub(super) source: Option<&'a str>,
    pub(super) as_of: &'a str,
    pub(super) count: usize,
    pub(super) assets: Names,
}

impl<'a> GapView<'a> {
    pub(super) fn of(document: &Document<'a>, gap: &SwitchGapEntry<'a>) -> Self {
        Self {
            fix: gap.fix.clone(),
            found: gap.switch.as_ref().and_then(|switch| switch.found).unwrap_or_default(),
            kinds: gap.kinds.join(", "),
            controls: gap.controls.clone(),
            provider_does: gap.provider_does,
            customer_does: gap.customer_does,
            source: gap.source.url.filter(|url| words::is_web(url)),
            as_of: gap.source.as_of.unwrap_or_default(),
            count: gap.assets.len(),
            assets: Names::of(document, &gap.assets),
        }
    }
}

/// An operation that did not bring what was asked.
pub(super) struct UnseenView<'a> {
    pub(super) operation: &'a str,
    pub(super) reason: &'static str,
    pub(super) code: &'a str,
    pub(super) message: &'a str,
    pub(super) places: Vec<String>,
    pub(super) more_places: usize,
    pub(super) hanging: String,
}

impl<'a> UnseenView<'a> {
    pub(super) fn of(((operation, kind, code), entry): ((&'a str, WhyKind, &'a str), Gathered<'a>)) -> Self {
        Self {
            operation,
            reason: kind.word(),
            code,
            message: entry.message,
            hanging: hanging(&entry),
            more_places: entry.places.len().saturating_sub(NAMED),
            places: entry.places.into_iter().take(NAMED).collect(),
        }
    }
}

/// A control that nothing looked at.
pub(super) struct NotMeasuredView<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) layer: &'static str,
    pub(super) sensors: String,
}

impl<'a> NotMeasuredView<'a> {
    pub(super) fn all(document: &Document<'a>) -> Vec<Self> {
        let layers = document.scores.all_layers();
        layers
            .flat_map(|layer| layer.not_measured.iter().map(move |control| (layer.layer, control)))
            .map(|(layer, control)| Self {
                id: control.control,
                title: document.control(control.control).map_or(control.control, |entry| entry.title),
                layer: words::layer(layer),
                sensors: match control.would_measure.as_slice() {
                    [] => "nothing yet".to_owned(),
                    sensors => sensors.join(", "),
                },
            })
            .collect()
    }
}
