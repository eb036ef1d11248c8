//! How everything stood as of one run, put together from the changes that are kept.

use std::collections::HashMap;

use partywall_model::{AssetId, Fingerprint};

use super::record::{
    AssetRow, ControlRow, FigureRow, FindingRow, LayerRow, PopulationRow, RunSummary, Signature,
};

/// A run and its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFigures {
    /// The run.
    pub run: RunSummary,
    /// The weakest layer; none where nothing was measured, or where an early version kept no layers.
    pub overall: Option<FigureRow>,
    /// The layers, in the order in which they are shown; empty where an early version kept none.
    pub layers: Vec<LayerRow>,
    /// The controls, by id.
    pub controls: Vec<ControlRow>,
}

/// Everything that is known as of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunState {
    /// The run and its figures.
    pub figures: RunFigures,
    /// The populations that were listed to their end.
    pub populations: Vec<PopulationRow>,
    /// Who holds controls, as assets share it.
    pub signatures: Vec<Signature>,
    /// The assets that there were. Empty where an early version kept none: an estate has at least one.
    pub assets: HashMap<AssetId, AssetRow>,
    /// The findings of the run, and those of earlier runs that have failed.
    pub findings: HashMap<Fingerprint, FindingState>,
}

/// A finding as of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingState {
    /// As the run observed it; where the run did not have it, as it was observed before.
    pub row: FindingRow,
    /// Whether the run had it.
    pub presence: Presence,
    /// What this run and those before it over the same accounts know of it.
    pub life: Life,
}

/// Whether a run had a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It did.
    Observed,
    /// It did not; an earlier run did.
    Earlier,
}

/// What is known of a finding at some time. Only a pass ends a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It was never seen to fail.
    NeverFailed,
    /// It failed when it was last seen to pass or fail.
    Failing,
    /// It has failed, and passed when it was last seen to pass or fail.
    Mended,
}
