//! The history of runs: what earlier assessments found, so that a gap has an age and a level has lasted.
//!
//! [`Store`] says what a history can be asked, in words that hold for every database; [`SqliteStore`] is
//! the one that needs nothing installed. All backends run the same tests (`store_suite!`).
//!
//! **Time is the evidence's.** Runs may be recorded in any order (an old folder can be assessed today), and
//! what is known of a finding only ever moves forward in time: an observation older than the last one of
//! the same finding is kept, but changes nothing that was learnt later. Times are kept to the microsecond.

mod error;
mod record;
mod schema;
mod sqlite;

use std::collections::HashMap;

use jiff::Timestamp;
use partywall_model::{AccountId, ControlId, Fingerprint, Kind, Region};

pub use error::StoreError;
pub use record::{
    ControlRow, FindingLife, FindingRow, Outcome, PopulationRow, Recorded, RunId, RunRecord, RunSummary,
};
pub use sqlite::SqliteStore;

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
}
