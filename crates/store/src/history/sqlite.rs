//! The history in an SQLite file.

mod lines;
mod pruning;
mod reading;
mod recording;

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use partywall_model::{AccountId, AssetId, CheckId, ControlId, Fingerprint, Kind, Region, Severity};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row};

use super::schema::{self, Standing};
use super::{
    FindingLife, FindingRow, FindingState, Keep, Outcome, Pruned, Recorded, RunFigures, RunId, RunRecord,
    RunState, RunSummary, Store, StoreError,
};

/// So long another writer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pages that are kept in memory: 16 MiB. A larger transaction spills into the log beside the file.
const CACHE_KIBIBYTES: i64 = 16 << 10;
/// The end of a state that has none yet.
const STANDS: i64 = i64::MAX;
/// The word beside those of the layers.
const OVERALL: &str = "overall";
/// Codes of outcomes that statements name.
const PASS: i64 = 1;
const FAIL: i64 = 4;

/// A [`Store`] in a file, or a new file, of the user's.
pub struct SqliteStore {
    connection: Connection,
    store: Box<str>,
    patience: Duration,
}

impl SqliteStore {
    /// Opens the history in `file`, or begins one there; folders on the way are made. A file of an older
    /// version is brought forward, one that is not ours is left as it is.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        Self::open_waiting(file, PATIENCE)
    }

    /// The same, where another writer is waited for so long and no longer.
    pub fn open_waiting(file: &Path, patience: Duration) -> Result<Self, StoreError> {
        let store: Box<str> = file.display().to_string().into();
        if file.is_dir() {
            return Err(StoreError::NotAHistory { store, reason: "it is a folder".into() });
        }
        begin_file(file).map_err(|error| StoreError::NotWritable {
            store: store.clone(),
            reason: error.to_string().into(),
        })?;
        let explain = |error| explained(&store, patience, "open the history", error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(file, flags).map_err(explain)?;
        connection.busy_timeout(patience).map_err(explain)?;
        match schema::standing(&connection).map_err(explain)? {
            Standing::Fresh | Standing::Known => {}
            Standing::Newer(found) => return Err(StoreError::Newer { store, found, known: schema::LATEST }),
            Standing::Foreign => {
                return Err(StoreError::NotAHistory {
                    store,
                    reason: "it is a database of another program".into(),
                });
            }
        }
        if connection.is_readonly("main").map_err(explain)? {
            return Err(StoreError::NotWritable { store, reason: "it may only be read".into() });
        }
        prepare(&mut connection).map_err(explain)?;
        Ok(Self { connection, store, patience })
    }

    /// A history that is gone when it is dropped: runs that are only compared need no file.
    pub fn in_memory() -> Result<Self, StoreError> {
        let store: Box<str> = "memory".into();
        let explain = |error| explained(&store, PATIENCE, "begin a history", error);
        let mut connection = Connection::open_in_memory().map_err(explain)?;
        prepare(&mut connection).map_err(explain)?;
        Ok(Self { connection, store, patience: PATIENCE })
    }

    /// All answers of one look are of one moment.
    fn at_one_moment<A>(&self, look: impl FnOnce(&Connection) -> rusqlite::Result<A>) -> rusqlite::Result<A> {
        let moment = self.connection.unchecked_transaction()?;
        look(&moment)
    }

    fn explain(&self, action: &'static str) -> impl Fn(rusqlite::Error) -> StoreError + use<'_> {
        move |error| explained(&self.store, self.patience, action, error)
    }
}

/// Makes an empty file where there is none, for the eyes of its owner alone: a history shows where an estate
/// is weak. SQLite gives the files beside it the same rights.
fn begin_file(file: &Path) -> io::Result<()> {
    if file.exists() {
        return Ok(());
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIBIBYTES)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "normal")?;
    schema::migrate(connection)
}

/// What SQLite says, in the words of [`StoreError`].
fn explained(store: &str, patience: Duration, action: &'static str, error: rusqlite::Error) -> StoreError {
    let store: Box<str> = store.into();
    let reason: Box<str> = error.to_string().into();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => {
            StoreError::NotAHistory { store, reason: "it is no SQLite database".into() }
        }
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            StoreError::NotWritable { store, reason }
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Busy { store, seconds: patience.as_secs() }
        }
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged { store, reason },
        Some(ErrorCode::DiskFull) => StoreError::Full { store },
        _ => StoreError::Backend { action, store, source: error.into() },
    }
}

impl Store for SqliteStore {
    fn record_run(
        &mut self,
        run: &RunRecord,
        findings: &mut dyn Iterator<Item = FindingRow>,
    ) -> Result<Recorded, StoreError> {
        recording::check(run)?;
        recording::record(&mut self.connection, run, findings).map_err(self.explain("record a run"))
    }

    fn first_seen(
        &self,
        fingerprints: &[Fingerprint],
    ) -> Result<HashMap<Fingerprint, Timestamp>, StoreError> {
        let find = || -> rusqlite::Result<_> {
            // One transaction: all answers are of one moment, and the file is locked once.
            let moment = self.connection.unchecked_transaction()?;
            let mut since = moment.prepare("SELECT failing_since FROM finding WHERE fingerprint = ?1")?;
            let mut found = HashMap::new();
            for fingerprint in fingerprints {
                let at = since.query_row([&fingerprint.0[..]], |row| optional_time(row, 0)).optional()?;
                if let Some(at) = at.flatten() {
                    found.insert(*fingerprint, at);
                }
            }
            Ok(found)
        };
        find().map_err(self.explain("look up findings"))
    }

    fn last_known(
        &self,
        account: &AccountId,
        region: &Region,
        kind: &Kind,
    ) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT population.count FROM population JOIN run ON run.id = population.run
                   WHERE account = ?1 AND region = ?2 AND kind = ?3
                   ORDER BY run.taken_at DESC, run.id DESC LIMIT 1";
        self.connection
            .query_row(sql, [account.as_str(), region.as_str(), kind.as_str()], |row| count(row, 0))
            .optional()
            .map_err(self.explain("look up the size of a population"))
    }

    fn last_known_in(&self, account: &AccountId) -> Result<HashMap<(Region, Kind), u64>, StoreError> {
        let sql = "SELECT region, kind, population.count FROM population JOIN run ON run.id = population.run
                   WHERE account = ?1 ORDER BY run.taken_at, run.id";
        let read = || -> Result<HashMap<(Region, Kind), u64>, rusqlite::Error> {
            let mut statement = self.connection.prepare(sql)?;
            let rows = statement.query_map([account.as_str()], |row| {
                let (region, kind): (String, String) = (row.get(0)?, row.get(1)?);
                Ok(((Region::from(region.as_str()), Kind::from(kind.as_str())), count(row, 2)?))
            })?;
            // Of several the newest comes last.
            rows.collect()
        };
        read().map_err(self.explain("look up the sizes of populations"))
    }

    fn level_three_since(
        &self,
        control: &ControlId,
        accounts: &[AccountId],
    ) -> Result<Option<Timestamp>, StoreError> {
        // What the runs no longer show, `sustained` does, where no run since then breaks it.
        let sql = "WITH stood AS (
                       SELECT run.taken_at, coalesce(control_score.level, 0) >= 3 AS held
                       FROM run LEFT JOIN control_score ON control_score.run = run.id AND control_score.control = ?1
                       WHERE run.accounts = ?2),
                   broken AS (
                       SELECT coalesce(max(taken_at), -9223372036854775808) AS at FROM stood WHERE NOT held),
                   held AS (
                       SELECT taken_at AS since FROM stood
                       UNION ALL
                       SELECT since FROM sustained JOIN scope ON scope.id = sustained.scope
                       WHERE accounts = ?2 AND control = ?1)
                   SELECT min(since) FROM held WHERE since > (SELECT at FROM broken)";
        self.connection
            .query_row(sql, [control.as_str(), &recording::account_list(accounts)], |row| {
                optional_time(row, 0)
            })
            .map_err(self.explain("look up the levels of a control"))
    }

    fn finding(&self, fingerprint: Fingerprint) -> Result<Option<FindingLife>, StoreError> {
        let sql = "SELECT check_word.text, control_word.text, asset.text, outcome, severity,
                          first_observed_at, last_observed_at, failing_since, fixed_at, reopened,
                          coalesce(why_word.text, '')
                   FROM finding
                   JOIN word AS check_word ON check_word.id = finding.check_id
                   JOIN word AS control_word ON control_word.id = finding.control
                   LEFT JOIN word AS why_word ON why_word.id = finding.why
                   JOIN asset ON asset.id = finding.asset
                   WHERE fingerprint = ?1";
        self.connection
            .query_row(sql, [&fingerprint.0[..]], |row| life(fingerprint, row))
            .optional()
            .map_err(self.explain("look up a finding"))
    }

    fn runs(&self) -> Result<Vec<RunSummary>, StoreError> {
        let list = || -> rusqlite::Result<_> {
            let sql = format!("SELECT {} FROM run ORDER BY taken_at DESC, id DESC", reading::SUMMARY);
            self.connection.prepare(&sql)?.query_map([], summary)?.collect()
        };
        list().map_err(self.explain("list the runs"))
    }

    fn state(&self, run: &RunId) -> Result<Option<RunState>, StoreError> {
        self.at_one_moment(|moment| reading::state(moment, run)).map_err(self.explain("look up a run"))
    }

    fn findings(&self, run: &RunId, each: &mut dyn FnMut(FindingState)) -> Result<(), StoreError> {
        self.at_one_moment(|moment| reading::findings(moment, run, each))
            .map_err(self.explain("look up the findings of a run"))
    }

    fn trend(
        &self,
        accounts: &[AccountId],
        until: Timestamp,
        most: usize,
    ) -> Result<Vec<RunFigures>, StoreError> {
        self.at_one_moment(|moment| reading::trend(moment, accounts, until.as_microsecond(), most))
            .map_err(self.explain("look up earlier runs"))
    }

    fn prune(&mut self, keep: &Keep) -> Result<Pruned, StoreError> {
        pruning::prune(&mut self.connection, keep).map_err(self.explain("take old runs out"))
    }
}

fn life(fingerprint: Fingerprint, row: &Row<'_>) -> rusqlite::Result<FindingLife> {
    let text = |at: usize| row.get_ref(at)?.as_str().map(str::to_owned).map_err(rusqlite::Error::from);
    Ok(FindingLife {
        last: FindingRow {
            fingerprint,
            check: CheckId::from(text(0)?),
            control: ControlId::from(text(1)?),
            asset: AssetId::from(text(2)?),
            outcome: outcome(row, 3)?,
            severity: severity(row, 4)?,
            why: text(10)?.into(),
        },
        first_observed_at: time(row, 5)?,
        last_observed_at: time(row, 6)?,
        failing_since: optional_time(row, 7)?,
        fixed_at: optional_time(row, 8)?,
        reopened: count(row, 9)?,
    })
}

fn summary(row: &Row<'_>) -> rusqlite::Result<RunSummary> {
    let accounts: String = row.get(4)?;
    Ok(RunSummary {
        id: RunId::new(row.get::<_, String>(0)?),
        taken_at: time(row, 1)?,
        tool_version: row.get(2)?,
        complete: row.get(3)?,
        accounts: serde_json::from_str(&accounts).map_err(|error| unreadable(4, error))?,
        findings: count(row, 5)?,
        failing: count(row, 6)?,
    })
}

fn time(row: &Row<'_>, at: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(row.get(at)?).map_err(|error| unreadable(at, error))
}

fn optional_time(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Timestamp>> {
    let microseconds: Option<i64> = row.get(at)?;
    microseconds.map(Timestamp::from_microsecond).transpose().map_err(|error| unreadable(at, error))
}

fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    let count: i64 = row.get(at)?;
    u64::try_from(count).map_err(|error| unreadable(at, error))
}

/// The code of an outcome, as the schema says; their order is the order of the codes.
fn outcome_code(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::NotApplicable => 0,
        Outcome::Pass => 1,
        Outcome::Manual => 2,
        Outcome::Unknown => 3,
        Outcome::Fail => 4,
    }
}

fn outcome(row: &Row<'_>, at: usize) -> rusqlite::Result<Outcome> {
    Ok(match row.get::<_, i64>(at)? {
        0 => Outcome::NotApplicable,
        1 => Outcome::Pass,
        2 => Outcome::Manual,
        3 => Outcome::Unknown,
        4 => Outcome::Fail,
        other => return Err(unreadable(at, UnknownCode(other))),
    })
}

/// The code of a severity, as the schema says.
fn severity_code(severity: Severity) -> i64 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

fn severity(row: &Row<'_>, at: usize) -> rusqlite::Result<Severity> {
    Ok(match row.get::<_, i64>(at)? {
        0 => Severity::Info,
        1 => Severity::Low,
        2 => Severity::Medium,
        3 => Severity::High,
        4 => Severity::Critical,
        other => return Err(unreadable(at, UnknownCode(other))),
    })
}

#[derive(Debug, thiserror::Error)]
#[error("the code {0} has no meaning here")]
struct UnknownCode(i64);

fn unreadable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Null, Box::new(error))
}
