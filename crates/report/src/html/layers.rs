//! A page for each layer: how its level comes about, and its controls.

use super::controls::ControlView;
use super::map::{LayerView, Level};
use super::trend::Chart;
use crate::document::{ControlEntry, ControlState, Document, LayerEntry};
use crate::words::{self, counted};

/// The page of one layer.
pub(super) struct LayerPage<'a> {
    pub(super) layer: LayerView<'a>,
    /// What the next level waits for.
    pub(super) held_back: Vec<HeldBack<'a>>,
    pub(super) rule: String,
    pub(super) controls: Vec<ControlView<'a>>,
    pub(super) chart: Option<Chart>,
}

/// A control that has not reached the next level of its layer.
pub(super) struct HeldBack<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) essential: bool,
    pub(super) range: String,
    pub(super) level: Level,
    pub(super) wants: String,
}

impl<'a> LayerPage<'a> {
    /// The pages of all layers.
    pub(super) fn all(document: &'a Document<'a>) -> Vec<Self> {
        document.scores.all_layers().map(|layer| Self::of(document, layer)).collect()
    }

    fn of(document: &'a Document<'a>, layer: &LayerEntry<'a>) -> Self {
        let of_layer = || document.controls.iter().filter(|control| control.layer == layer.layer);
        let measured = of_layer().filter(|control| control.state == ControlState::Measured);
        let level = layer.measured.map(|figure| figure.level);
        let next = level.map(|level| level + 1).filter(|next| *next <= 4);
        let mut held_back: Vec<HeldBack<'a>> = measured
            .filter_map(|control| {
                let figure = control.figure.filter(|figure| next.is_some_and(|next| figure.level < next))?;
                Some(HeldBack {
                    id: control.id,
                    title: control.title,
                    essential: control.essential,
                    range: words::range(figure.lo, figure.hi),
                    level: Level::of(figure.level),
                    wants: asked(control),
                })
            })
            .collect();
        held_back.sort_by_key(|control| (control.level.number, !control.essential));
        Self {
            layer: LayerView::of(document, layer),
            rule: rule(next, held_back.len(), layer.controls_measured),
            held_back,
            controls: of_layer().map(ControlView::of).collect(),
            chart: Chart::of_layer(document.trend, layer.layer),
        }
    }
}

/// What the next level of a control asks for; where it asks for nothing more, what caps it.
fn asked(control: &ControlEntry<'_>) -> String {
    if !control.wants.is_empty() {
        return control.wants.join(", ");
    }
    let caps: Vec<&str> = control.caps.iter().map(|cap| &*cap.text).collect();
    caps.join("; ")
}

/// Why the layer stands where it stands, in a sentence.
fn rule(next: Option<u8>, below: usize, measured: usize) -> String {
    match next {
        None if measured == 0 => "Nothing here is measured, so it has no level.".to_owned(),
        None => "It stands at the highest level.".to_owned(),
        Some(next) if below == 0 => {
            format!(
                "All its measured controls have reached level {next}; a cap or an unmeasured one holds it back."
            )
        }
        Some(next) => {
            let have = if below == 1 { "has" } else { "have" };
            format!(
                "{} of {} measured {have} not reached level {next}. A layer has a level when four fifths of its controls, by weight, have it and no essential one is more than a level below.",
                counted(below, "control"),
                measured
            )
        }
    }
}
