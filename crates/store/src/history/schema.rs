//! The schema of the SQLite history and its way from version to version.
//!
//! Migrations only ever go forward, and one that has been released is never edited: a file of every
//! released version lies among the test samples and is opened there.

use rusqlite::{Connection, TransactionBehavior};

/// Marks a file as ours (`PRAGMA application_id`): the letters `PWal`.
pub(super) const APPLICATION_ID: i64 = 0x5057_616c;

/// One script for each step; the version of a file is the number of scripts that ran on it.
const MIGRATIONS: [&str; 2] = [include_str!("schema/0001.sql"), include_str!("schema/0002.sql")];

/// The newest version that is known here.
pub(super) const LATEST: i64 = MIGRATIONS.len() as i64;

/// What a file is, before anything is changed in it.
pub(super) enum Standing {
    /// An empty file.
    Fresh,
    /// A history of a version that can be brought forward.
    Known,
    /// A history of a version that is not known here.
    Newer(i64),
    /// A database of somebody else.
    Foreign,
}

/// Looks at everything at one moment: another program may be beginning the same history.
pub(super) fn standing(connection: &Connection) -> rusqlite::Result<Standing> {
    let moment = connection.unchecked_transaction()?;
    let application: i64 = moment.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version = version(&moment)?;
    let objects: i64 = moment.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (application, version) {
        (0, 0) if objects == 0 => Standing::Fresh,
        (APPLICATION_ID, 1..=LATEST) => Standing::Known,
        (APPLICATION_ID, newer) if newer > LATEST => Standing::Newer(newer),
        _ => Standing::Foreign,
    })
}

/// Brings a file to [`LATEST`]. Two programs may try at once: the second finds the work done.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    if version(connection)? >= LATEST {
        return Ok(());
    }
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(version(&step)?).unwrap_or_default();
    for script in MIGRATIONS.iter().skip(done) {
        step.execute_batch(script)?;
    }
    step.pragma_update(None, "application_id", APPLICATION_ID)?;
    step.pragma_update(None, "user_version", LATEST)?;
    step.commit()
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
