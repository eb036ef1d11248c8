//! The history: what every backend must do (`suite`), and what an SQLite file alone can do wrong.

#[macro_use]
mod suite;
mod compare;
mod sqlite;

use std::path::Path;

use partywall_store::history::SqliteStore;

/// A history in a new file that lives as long as the guard beside it.
fn new_sqlite() -> (SqliteStore, tempfile::TempDir) {
    let place = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&place.path().join("history.sqlite")).unwrap();
    (store, place)
}

fn open(file: &Path) -> SqliteStore {
    SqliteStore::open(file).unwrap()
}

store_suite!(on_sqlite, super::new_sqlite);
