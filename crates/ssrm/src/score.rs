//! How well the customer's side is held: a range and a level for each control, each layer and the whole.
//!
//! The one idea: the truth lies somewhere in `lo–hi`. `lo` is the worst and `hi` the best that is
//! compatible with what was seen, so the less is seen, the wider the range. What follows from it, and is
//! tested as properties over generated estates:
//!
//! 1. *Looking helps.* Observing an unknown check as passed never lowers `lo`, a control's, a layer's or the
//!    whole's; observing it as failed never raises `lo` or `hi`.
//! 2. *Worse is worse.* A passed check that fails and a new failing asset never raise `lo`, `hi` or a level.
//! 3. *Not seen is never good.* A refused read (a known check becomes unknown, stale or unanswered; a
//!    population becomes a placeholder; exposure, sensitivity or holder are no longer known) never raises `lo`,
//!    a level or the confidence. It never lowers `hi`: the range only widens, because a failure that is out
//!    of sight may have been mended. Where the size of a population is not even known from an earlier run,
//!    the range is 0–1.
//! 4. *No evidence* gives 0–1 with confidence 0.
//! 5. *Nothing buys off a cap.* Passing assets do not lift a capped control.
//! 6. Neither the order of assets nor how groups are numbered changes a figure.
//!
//! Where a literal reading of the model's description breaks one of these, ADR 5 has the counterexample and
//! the change. Coverage and effect are descriptions for people; levels do not rest on them.

mod asset;
mod control;
mod groups;
mod input;
mod layer;

use partywall_model::Layer;

pub use asset::StateCounts;
pub use control::{Because, Cap, ControlScore, Figure, Reach, Want};
pub use input::{
    AnsweredBy, AssetInput, ControlInput, Exposure, Facts, Group, Held, Likely, Measure, OldestFix,
    Population, Presence, Stake, State,
};
pub use layer::{LayerScore, Overall};

/// Everything that is scored.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// One for each control of the input, in its order.
    pub controls: Vec<ControlScore>,
    /// All five, in the order in which they are shown; the organisation is the last.
    pub layers: Vec<LayerScore>,
    /// The four layers together; the organisation stands apart.
    pub overall: Overall,
}

/// Scores all controls, layers and the whole.
pub fn score<'a>(inputs: impl IntoIterator<Item = &'a ControlInput>) -> Score {
    let inputs: Vec<&ControlInput> = inputs.into_iter().collect();
    let controls: Vec<ControlScore> = inputs.iter().map(|input| control::control(input)).collect();
    let pairs: Vec<(&ControlInput, &ControlScore)> = inputs.iter().copied().zip(&controls).collect();
    let layers: Vec<LayerScore> = Layer::ALL.iter().map(|each| layer::layer(*each, &pairs)).collect();
    let overall = layer::overall(&layers);
    Score { controls, layers, overall }
}
