//! The history of earlier runs, as far as an assessment asks for it.

use std::collections::HashMap;
use std::env;
use std::path::PathBuf;

use jiff::Timestamp;
use partywall_model::{AccountId, ControlId, Estate, Finding, Fingerprint, Listing, Verdict};
use partywall_ssrm::status::{History, Status};
use partywall_store::history::{
    ControlRow, FindingRow, PopulationRow, RunId, RunRecord, SqliteStore, Store, StoreError,
};

use crate::args::AssessArgs;
use crate::exit::Failure;

const SECONDS_PER_DAY: i64 = 86_400;

/// Opens the history that the command line asks for. Where nobody named a place and the default one cannot
/// be used, the assessment goes on without, and says so.
pub(crate) fn open(args: &AssessArgs, named: Option<&str>) -> Result<Option<SqliteStore>, Failure> {
    if args.no_store {
        return Ok(None);
    }
    if let Some(file) = args.store.clone().or_else(|| named.map(PathBuf::from)) {
        return Ok(Some(SqliteStore::open(&file)?));
    }
    let Some(file) = default_file() else {
        eprintln!(
            "warning: no history is kept: neither XDG_DATA_HOME nor HOME is set; name a place by --store"
        );
        return Ok(None);
    };
    let opened = match file.parent().map(std::fs::create_dir_all) {
        Some(Err(error)) => Err(error.to_string()),
        _ => SqliteStore::open(&file).map_err(|error| error.to_string()),
    };
    match opened {
        Ok(store) => Ok(Some(store)),
        Err(message) => {
            eprintln!(
                "warning: no history is kept: {message} (name another place by --store, or pass --no-store)"
            );
            Ok(None)
        }
    }
}

/// `partywall/history.db` in the user's data folder (XDG Base Directory Specification).
fn default_file() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")))?;
    Some(folder.join("partywall").join("history.db"))
}

/// How many there were when a population was last listed to its end.
pub(crate) fn last_known(store: Option<&SqliteStore>, listing: &Listing) -> Option<u64> {
    store?.last_known(&listing.account, &listing.region, &listing.kind).ok().flatten()
}

/// What earlier runs know of the failures of this one.
#[derive(Debug, Default)]
pub(crate) struct Past {
    open_since: HashMap<Fingerprint, Timestamp>,
    days_at_level_3: HashMap<ControlId, u32>,
}

impl Past {
    /// Asks a history about findings and controls, as of a time.
    pub(crate) fn of(
        store: Option<&SqliteStore>,
        findings: &[Finding],
        controls: &[ControlId],
        accounts: &[AccountId],
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let Some(store) = store else { return Ok(Self::default()) };
        let failing: Vec<Fingerprint> = findings
            .iter()
            .filter(|finding| !matches!(finding.verdict, Verdict::Pass | Verdict::NotApplicable))
            .map(|finding| finding.fingerprint)
            .collect();
        let mut past = Self { open_since: store.first_seen(&failing)?, ..Self::default() };
        past.open_since.retain(|_, since| *since <= now);
        for control in controls {
            if let Some(since) = store.level_three_since(control, accounts)? {
                let days = (now.as_second() - since.as_second()).div_euclid(SECONDS_PER_DAY);
                past.days_at_level_3.insert(control.clone(), u32::try_from(days).unwrap_or(0));
            }
        }
        Ok(past)
    }
}

impl History for Past {
    fn open_since(&self, finding: &Fingerprint) -> Option<Timestamp> {
        self.open_since.get(finding).copied()
    }

    fn days_at_level_3(&self, control: &ControlId) -> u32 {
        self.days_at_level_3.get(control).copied().unwrap_or(0)
    }
}

/// Records a run.
pub(crate) fn record(
    store: &mut SqliteStore,
    identity: &str,
    complete: bool,
    now: Timestamp,
    estate: &Estate,
    findings: &[Finding],
    status: &Status,
) -> Result<(), StoreError> {
    let controls = status.score.controls.iter().map(|control| ControlRow {
        control: control.control.clone(),
        level: control.figure.filter(|_| !control.not_measured).map(|figure| figure.level),
        range: control.figure.filter(|_| !control.not_measured).map(|figure| (figure.lo, figure.hi)),
        coverage: control.coverage,
        detail: serde_json::Value::Null,
    });
    let run = RunRecord {
        id: RunId::new(identity),
        taken_at: now,
        tool_version: env!("CARGO_PKG_VERSION").into(),
        complete,
        accounts: estate.accounts().into_iter().cloned().collect(),
        controls: controls.collect(),
        populations: estate.listings().iter().filter_map(PopulationRow::of).collect(),
    };
    store.record_run(&run, &mut findings.iter().map(FindingRow::from)).map(drop)
}
