//! How an estate has come to stand where it stands: the figures of earlier runs, and what is otherwise than
//! at the last one.
//!
//! The types are part of the form `partywall-report/1`, and what a chart is drawn from. Whoever keeps a
//! history fills them; without one a document has no trend.

use jiff::Timestamp;
use partywall_model::Layer;
use serde::Serialize;

/// So many runs are told at most.
pub const MOST_POINTS: usize = 90;

/// The figures of this run and of earlier ones over the same accounts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Trend {
    /// At most [`MOST_POINTS`] runs, oldest first; the last is the one that is reported.
    pub points: Vec<TrendPoint>,
    /// What is otherwise than at the run before; none where this is the first.
    pub since_last: Option<SinceLast>,
}

/// How everything stood at one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrendPoint {
    /// The identity of the run.
    pub run: Box<str>,
    /// The time as of which it was judged.
    pub at: Timestamp,
    /// Whether everything was seen that it was about.
    pub complete: bool,
    /// How many verdicts it had.
    pub findings: u64,
    /// How many of them were failures.
    pub failing: u64,
    /// The weakest layer; none where nothing was measured, or where an early version did not keep it.
    pub overall: Option<TrendFigure>,
    /// The layers, in the order in which they are shown.
    pub layers: Vec<TrendLayer>,
    /// The controls, by id.
    pub controls: Vec<TrendControl>,
}

/// A range from 0 to 1, and a level from 0 to 4.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrendFigure {
    /// The lower end.
    pub lo: f64,
    /// The upper end.
    pub hi: f64,
    /// The level.
    pub level: u8,
}

/// A layer at one run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrendLayer {
    /// The layer.
    pub layer: Layer,
    /// Over the controls that something measured; none where nothing did.
    pub figure: Option<TrendFigure>,
}

/// A control at one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrendControl {
    /// The control.
    pub control: Box<str>,
    /// None where it was not applicable or not measured.
    pub figure: Option<TrendFigure>,
    /// What was seen of all, 0 to 1.
    pub coverage: f64,
}

/// What is otherwise than at the run before. A failure ends with a pass and with nothing else: what is no
/// longer seen still counts as failing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SinceLast {
    /// The identity of that run.
    pub run: Box<str>,
    /// The time as of which it was judged.
    pub at: Timestamp,
    /// Failures that no earlier run knows.
    pub new: usize,
    /// Failures that pass now.
    pub fixed: usize,
    /// Failures that had been mended and fail again.
    pub reopened: usize,
    /// Failures that stand as they stood.
    pub standing: usize,
    /// Verdicts that were known and are unknown now.
    pub became_unknown: usize,
}

impl SinceLast {
    /// One line: `+3 new, 2 fixed, 1 reopened; 41 still fail, 2 no longer seen`.
    pub(crate) fn told(&self) -> String {
        let Self { new, fixed, reopened, standing, became_unknown, .. } = self;
        let new = if *new == 0 { "0".to_owned() } else { format!("+{new}") };
        let told = format!("{new} new, {fixed} fixed, {reopened} reopened; {standing} still fail");
        match became_unknown {
            0 => told,
            count => format!("{told}, {count} no longer seen"),
        }
    }
}
