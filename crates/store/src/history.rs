//! The history of runs: what earlier assessments found, so that a gap has an age and a level has lasted.
//!
//! [`Store`] says what a history can be asked, in words that hold for every database; [`SqliteStore`] is
//! the one that needs nothing installed. All backends run the same tests (`store_suite!`).
//!
//! **Time is the evidence's.** Runs may be recorded in any order (an old folder can be assessed today), and
//! what is known of a finding only ever moves forward in time: an observation older than the last one of
//! the same finding is kept, but changes nothing that was learnt later. Times are kept to the microsecond.

mod compare;
mod error;
mod record;
mod schema;
mod sqlite;
mod state;

use std::collections::HashMap;

use jiff::Timestamp;
use partywall_model::{AccountId, ControlId, Fingerprint, Kind, Region};

pub use compare::{Change, Comparison, Moved, Obstacle, Side, compare};
pub use error::StoreError;
pub use record::{
    AssetRow, ControlRow, FigureRow, FindingLife, FindingRow, HeldLine, Keep, LayerRow, Outcome,
    PopulationRow, Pruned, Recorded, RunId, RunRecord, RunSummary, Signature,
};
pub use sqlite::SqliteStore;
pub use state::{FindingState, Life, Presence, RunFigures, RunState};

/// A history of runs.
pub trait Store: Send {
    /// Records a run in one step: all of it or nothing. A run whose id is known is not recorded again.
    ///
    /// `findings` are taken one by one and never held together. Of two rows with one fingerprint the worse
    /// outcome counts.
    fn record_run(
        &mut self,
        run: &RunRecord,
        findings: &mut dyn Iterator<Item = FindingRow>,
    ) -> Result<Recorded, StoreError>;

    /// Since when each of these has been failing without a pass in between; those that are not failing are
    /// left out. Being unknown, not applicable or absent from a run does not end a failure; only a pass does,
    /// and a failure after it starts anew.
    fn first_seen(&self, fingerprints: &[Fingerprint])
    -> Result<HashMap<Fingerprint, Timestamp>, StoreError>;

    /// How many assets there were when this population was last listed to its end.
    fn last_known(
        &self,
        account: &AccountId,
        region: &Region,
        kind: &Kind,
    ) -> Result<Option<u64>, StoreError>;

    /// The same for all kinds and regions of an account.
    fn last_known_in(&self, account: &AccountId) -> Result<HashMap<(Region, Kind), u64>, StoreError>;

    /// Since when a control has been at level 3 or above in every run over exactly these accounts. A run
    /// without a level for it breaks the row: what was not measured was not sustained.
    fn level_three_since(
        &self,
        control: &ControlId,
        accounts: &[AccountId],
    ) -> Result<Option<Timestamp>, StoreError>;

    /// What is known of one finding over all runs.
    fn finding(&self, fingerprint: Fingerprint) -> Result<Option<FindingLife>, StoreError>;

    /// All runs, the newest evidence first.
    fn runs(&self) -> Result<Vec<RunSummary>, StoreError>;

    /// Everything as of a run; none where the run is not known.
    fn state(&self, run: &RunId) -> Result<Option<RunState>, StoreError>;

    /// The findings as of a run, one after the other: those that it had, and those of earlier runs that have
    /// failed. None at all where the run is not known.
    fn findings(&self, run: &RunId, each: &mut dyn FnMut(FindingState)) -> Result<(), StoreError>;

    /// The newest `most` runs over exactly these accounts that are not newer than `until`, oldest first.
    fn trend(
        &self,
        accounts: &[AccountId],
        until: Timestamp,
        most: usize,
    ) -> Result<Vec<RunFigures>, StoreError>;

    /// Takes old runs out, and what only they knew. A run stays if one of the rules keeps it or if it is the
    /// newest over its accounts; without a rule all stay. What still fails keeps its age, and a control keeps
    /// the time since which it has been at level 3.
    fn prune(&mut self, keep: &Keep) -> Result<Pruned, StoreError>;
}
