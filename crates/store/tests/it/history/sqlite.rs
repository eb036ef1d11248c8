//! What only a file can do: be something else, be locked, be newer, be broken.

use std::fs;
use std::time::Duration;

use partywall_model::Holder;
use partywall_store::history::{Keep, Outcome, Recorded, SqliteStore, Store, StoreError};
use rusqlite::Connection;

use super::open;
use super::suite::{finding, record, rich, run};

fn place() -> (tempfile::TempDir, std::path::PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("data/of/the/user/history.sqlite");
    (place, file)
}

fn error(file: &std::path::Path) -> StoreError {
    match SqliteStore::open(file) {
        Err(error) => error,
        Ok(_) => panic!("`{}` was opened", file.display()),
    }
}

#[test]
fn what_is_recorded_outlives_the_program() {
    let (_place, file) = place();
    record(&mut open(&file), &run(1), &[finding(1, Outcome::Fail)]);
    let mut store = open(&file);
    assert_eq!(store.runs().unwrap().len(), 1);
    assert_eq!(record(&mut store, &run(1), &[]), Recorded::Already);
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let (_place, file) = place();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    for text in ["note to self".to_owned(), "no database either. ".repeat(1_000)] {
        fs::write(&file, &text).unwrap();
        let error = error(&file);
        assert!(matches!(error, StoreError::NotAHistory { .. }), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn a_database_of_another_program_is_left_as_it_is() {
    let (_place, file) = place();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE bookmark (url TEXT)").unwrap();
    let before = fs::read(&file).unwrap();
    let error = error(&file);
    assert!(error.to_string().contains("of another program"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_newer_schema_is_not_touched() {
    let (_place, file) = place();
    drop(open(&file));
    Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 7").unwrap();
    let error = error(&file);
    assert!(matches!(error, StoreError::Newer { found: 7, known: 2, .. }), "{error}");
}

#[test]
fn a_folder_or_a_place_that_cannot_be_written_is_said() {
    let (place, file) = place();
    assert!(matches!(error(place.path()), StoreError::NotAHistory { .. }));
    fs::write(place.path().join("data"), "a file where a folder is needed").unwrap();
    let error = error(&file);
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error}");
    assert!(error.to_string().contains("--no-store"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_folder_without_the_right_to_write_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let (_place, file) = place();
    let folder = file.parent().unwrap();
    fs::create_dir_all(folder).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
    // Rights do not bind the superuser, who may well run the tests.
    let bound = fs::write(folder.join("probe"), "").is_err();
    let opened = SqliteStore::open(&file);
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    match opened {
        Err(error) => assert!(bound && matches!(error, StoreError::NotWritable { .. }), "{error}"),
        Ok(_) => assert!(!bound, "it was opened in a folder that may not be written"),
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_into_a_history() {
    use std::os::unix::fs::PermissionsExt;
    let (_place, file) = place();
    let mut store = open(&file);
    record(&mut store, &run(1), &[]);
    for file in fs::read_dir(file.parent().unwrap()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", file.path().display());
    }
}

#[test]
fn a_locked_history_is_waited_for_and_then_said() {
    let (_place, file) = place();
    drop(open(&file));
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut store = SqliteStore::open_waiting(&file, Duration::from_millis(50)).unwrap();
    let error = store.record_run(&run(1), &mut std::iter::empty()).unwrap_err();
    assert!(matches!(error, StoreError::Busy { .. }), "{error}");
    assert_eq!(store.runs().unwrap(), [], "reading goes on");
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(record(&mut store, &run(1), &[]), Recorded::New);
}

#[test]
fn two_programs_may_begin_one_history_at_once() {
    let (_place, file) = place();
    let started = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        for on in 0..4 {
            let (file, started) = (&file, &started);
            scope.spawn(move || {
                started.wait();
                record(&mut open(file), &run(on), &[finding(1, Outcome::Fail)]);
            });
        }
    });
    assert_eq!(open(&file).runs().unwrap().len(), 4);
}

#[test]
fn a_damaged_history_is_said_and_never_panics() {
    let (_place, file) = place();
    let mut store = open(&file);
    let findings: Vec<_> = (0..200).map(|number| finding(number, Outcome::Fail)).collect();
    record(&mut store, &rich(1, Holder::Provider, &[0, 1, 2]), &findings);
    drop(store);
    let good = fs::read(&file).unwrap();
    let mut refused = 0;
    for page in 0..good.len() / 4096 {
        let mut bad = good.clone();
        bad[page * 4096..(page + 1) * 4096].fill(0xa5);
        fs::write(&file, bad).unwrap();
        let used = SqliteStore::open(&file).and_then(|mut store| {
            store.runs()?;
            store.state(&run(1).id)?;
            store.record_run(&run(2), &mut findings.iter().cloned())?;
            store.trend(&run(1).accounts, run(2).taken_at, 9)?;
            store.prune(&Keep { runs: Some(1), since: None })
        });
        refused += usize::from(used.is_err());
        for suffix in ["-wal", "-shm"] {
            let _absent_is_fine = fs::remove_file(file.with_extension(format!("sqlite{suffix}")));
        }
    }
    assert!(refused > good.len() / 4096 / 2, "{refused} of {} broken pages were noticed", good.len() / 4096);
    fs::write(&file, good).unwrap();
    assert_eq!(open(&file).runs().unwrap().len(), 1);
}

#[test]
fn the_history_is_a_strict_database_with_a_log_beside_it() {
    let (_place, file) = place();
    let store = open(&file);
    let other = Connection::open(&file).unwrap();
    let mode: String = other.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    let lax: i64 = other
        .query_row("SELECT count(*) FROM pragma_table_list WHERE NOT strict AND schema = 'main' AND name NOT LIKE 'sqlite_%'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(lax, 0);
    drop(store);
}

#[test]
fn a_run_can_be_taken_out_with_all_that_is_its_own() {
    let (_place, file) = place();
    record(&mut open(&file), &run(1), &[finding(1, Outcome::Fail)]);
    let other = Connection::open(&file).unwrap();
    other.execute_batch("PRAGMA foreign_keys = ON; DELETE FROM run").unwrap();
    let left: i64 = other.query_row("SELECT count(*) FROM layer_score", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn a_run_in_which_nothing_changed_writes_no_state() {
    let (_place, file) = place();
    let mut store = open(&file);
    let findings: Vec<_> = (0..100).map(|number| finding(number, Outcome::Fail)).collect();
    let states = |file: &std::path::Path| -> (i64, i64) {
        let count = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            Connection::open(file).unwrap().query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        (count("finding_state"), count("asset_state"))
    };
    for on in 1..=5 {
        record(&mut store, &rich(on, Holder::Provider, &[0, 1, 2]), &findings);
        assert_eq!(states(&file), (100, 3));
    }
    record(&mut store, &rich(6, Holder::Customer, &[0, 1, 2]), &findings[1..]);
    assert_eq!(states(&file), (100, 4), "one ended, and one that is held otherwise began");
}

#[test]
fn what_is_taken_out_leaves_nothing_that_refers_to_it() {
    let (_place, file) = place();
    let mut store = open(&file);
    for on in 1..=6 {
        let number = u8::try_from(on).unwrap();
        record(&mut store, &rich(on, Holder::Provider, &[0, number]), &[finding(number, Outcome::Pass)]);
    }
    assert_eq!(store.prune(&Keep { runs: Some(2), since: None }).unwrap().findings, 4);
    drop(store);
    let other = Connection::open(&file).unwrap();
    let count = |sql: &str| -> i64 { other.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    for (table, left) in [("run", 2), ("layer_score", 6), ("control_score", 2), ("finding", 2), ("asset", 3)]
    {
        assert_eq!(count(&format!("SELECT count(*) FROM {table}")), left, "{table}");
    }
    assert_eq!(count("SELECT count(*) FROM finding_state WHERE finding NOT IN (SELECT id FROM finding)"), 0);
    assert_eq!(count("SELECT count(*) FROM asset_state WHERE asset NOT IN (SELECT id FROM asset)"), 0);
}
