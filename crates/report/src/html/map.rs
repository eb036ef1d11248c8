//! The map: who holds what in each layer, and how well the customer's side is held.

use crate::document::{ControlEntry, Document, FigureEntry, HolderCounts, LayerEntry};
use crate::words::{self, thousands};

/// A range on a scale from 0 to 100.
pub(super) struct Bar {
    pub(super) known: Option<Stroke>,
    /// With what is not measured, where that is more.
    pub(super) all: Option<Stroke>,
    /// The same in words.
    pub(super) text: String,
}

/// Where a stroke begins and how long it is, in percent.
pub(super) struct Stroke {
    pub(super) from: String,
    pub(super) length: String,
}

impl Stroke {
    fn of(figure: FigureEntry) -> Self {
        /// A range of one point must still be seen.
        const SHORTEST: f64 = 1.2;
        let (lo, hi) = (f64::from(words::lo(figure.lo)), f64::from(words::hi(figure.hi)));
        let length = (hi - lo).max(SHORTEST);
        let from = lo.min(100.0 - length);
        Self { from: format!("{from:.1}"), length: format!("{length:.1}") }
    }
}

impl Bar {
    pub(super) fn of(known: Option<FigureEntry>, all: Option<FigureEntry>) -> Self {
        let range = |figure: FigureEntry| words::range(figure.lo, figure.hi);
        let text = match (known, all) {
            (Some(known), Some(all)) if known != all => {
                format!("{} percent; {} with what is not measured", range(known), range(all))
            }
            (Some(known), _) => format!("{} percent", range(known)),
            (None, Some(all)) => format!("not measured: {} percent", range(all)),
            (None, None) => "not applicable".to_owned(),
        };
        Self { known: known.map(Stroke::of), all: all.filter(|_| known != all).map(Stroke::of), text }
    }
}

/// Lines by holder, as parts of one wall.
pub(super) struct Wall {
    pub(super) parts: Vec<WallPart>,
    /// The same in words.
    pub(super) text: String,
}

pub(super) struct WallPart {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) count: String,
    pub(super) from: String,
    pub(super) length: String,
}

impl Wall {
    /// The provider's side stands left, the customer's right, and what they share between them.
    pub(super) fn of(holders: &HolderCounts) -> Self {
        let counts = [
            ("provider", "provider", holders.provider),
            ("shared", "shared", holders.shared()),
            ("customer", "customer", holders.customer),
            ("third", "third party", holders.third_party),
            ("unknown", "unknown", holders.unknown),
        ];
        let all = holders.applicable().max(1) as f64;
        let mut before = 0.0;
        let mut parts = Vec::new();
        for (class, word, count) in counts {
            let length = count as f64 * 100.0 / all;
            parts.push(WallPart {
                class,
                word,
                count: thousands(count),
                from: format!("{before:.2}"),
                length: format!("{length:.2}"),
            });
            before += length;
        }
        let present = counts.iter().filter(|(.., count)| *count > 0);
        let told: Vec<String> =
            present.map(|(_, word, count)| format!("{word} {}", thousands(*count))).collect();
        let text = if told.is_empty() { "no line has a meaning here".to_owned() } else { told.join(", ") };
        Self { parts, text }
    }
}

/// A level as four bricks and a word.
pub(super) struct Level {
    pub(super) number: u8,
    pub(super) word: &'static str,
    /// Which of the four bricks are laid.
    pub(super) bricks: [bool; 4],
}

impl Level {
    pub(super) fn of(level: u8) -> Self {
        Self {
            number: level,
            word: words::level(level),
            bricks: [level >= 1, level >= 2, level >= 3, level >= 4],
        }
    }
}

/// A cap in words, and how far it reaches.
pub(super) struct CapView {
    pub(super) level: u8,
    pub(super) text: String,
    pub(super) lower_end: bool,
}

impl CapView {
    pub(super) fn all(caps: &[crate::document::CapEntry]) -> Vec<Self> {
        let view = |cap: &crate::document::CapEntry| Self {
            level: cap.level,
            text: cap.text.clone(),
            lower_end: cap.reach == "lower-end",
        };
        caps.iter().map(view).collect()
    }
}

/// One layer.
pub(super) struct LayerView<'a> {
    pub(super) word: &'static str,
    pub(super) title: &'static str,
    pub(super) meaning: &'static str,
    pub(super) is_organisation: bool,
    pub(super) wall: Wall,
    pub(super) level: Option<Level>,
    pub(super) range: Option<String>,
    pub(super) all_range: Option<String>,
    pub(super) confidence: Option<u8>,
    pub(super) bar: Bar,
    pub(super) in_scope: usize,
    pub(super) measured: usize,
    pub(super) weakest: Option<WeakestView<'a>>,
    pub(super) caps: Vec<CapView>,
}

/// The weakest control of a layer.
pub(super) struct WeakestView<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) range: String,
}

impl<'a> WeakestView<'a> {
    fn of(control: &ControlEntry<'a>) -> Self {
        let range = control.figure.map_or_else(String::new, |figure| words::range(figure.lo, figure.hi));
        Self { id: control.id, title: control.title, range }
    }
}

impl<'a> LayerView<'a> {
    pub(super) fn of(document: &Document<'a>, layer: &LayerEntry<'a>) -> Self {
        let range = |figure: FigureEntry| words::range(figure.lo, figure.hi);
        Self {
            word: layer.layer.word(),
            title: words::layer(layer.layer),
            meaning: words::layer_meaning(layer.layer),
            is_organisation: layer.layer == partywall_model::Layer::Org,
            wall: Wall::of(&layer.holders),
            level: layer.measured.map(|figure| Level::of(figure.level)),
            range: layer.measured.map(range),
            all_range: layer.all.filter(|_| layer.all != layer.measured).map(range),
            confidence: layer.measured.map(|figure| words::share(figure.confidence)),
            bar: Bar::of(layer.measured, layer.all),
            in_scope: layer.controls_in_scope,
            measured: layer.controls_measured,
            weakest: layer.weakest_control.and_then(|id| document.control(id)).map(WeakestView::of),
            caps: CapView::all(&layer.caps),
        }
    }
}

/// The whole.
pub(super) struct OverallView {
    pub(super) level: Option<Level>,
    pub(super) range: Option<String>,
    pub(super) confidence: Option<u8>,
    pub(super) bar: Bar,
    pub(super) weakest: Option<&'static str>,
    pub(super) not_measured: usize,
    pub(super) in_scope: usize,
}

impl OverallView {
    pub(super) fn of(document: &Document<'_>) -> Self {
        let overall = &document.scores.overall;
        Self {
            level: overall.figure.map(|figure| Level::of(figure.level)),
            range: overall.figure.map(|figure| words::range(figure.lo, figure.hi)),
            confidence: overall.figure.map(|figure| words::share(figure.confidence)),
            bar: Bar::of(overall.figure, None),
            weakest: overall.weakest_layer.map(words::layer),
            not_measured: overall.not_measured.len(),
            in_scope: overall.controls_in_scope,
        }
    }
}
