//! What can go wrong with a history, in words that hold for every backend.

/// Why a history could not be opened, written or read. `store` is what the user called it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is something else.
    #[error(
        "`{store}` is not a history of partywall: {reason}; name another file with `--store`, or use `--no-store`"
    )]
    NotAHistory {
        /// The store.
        store: Box<str>,
        /// What it is instead.
        reason: Box<str>,
    },
    /// A newer version wrote it.
    #[error(
        "`{store}` has schema version {found}, and this version of partywall knows versions up to {known}; use a newer partywall, or another file with `--store`"
    )]
    Newer {
        /// The store.
        store: Box<str>,
        /// Its version.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// It cannot be written where it is.
    #[error(
        "`{store}` cannot be written: {reason}; its folder must be writable too: name another place with `--store`, or use `--no-store`"
    )]
    NotWritable {
        /// The store.
        store: Box<str>,
        /// What came back.
        reason: Box<str>,
    },
    /// Somebody else is writing.
    #[error(
        "`{store}` is being written by another run and stayed locked for {seconds} seconds; try again when that is done"
    )]
    Busy {
        /// The store.
        store: Box<str>,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The medium is full.
    #[error(
        "`{store}` could not grow: no space is left; nothing of this run was recorded: make room and run again"
    )]
    Full {
        /// The store.
        store: Box<str>,
    },
    /// Its content is broken.
    #[error("`{store}` is damaged: {reason}; move it away and a new history begins, or restore a copy")]
    Damaged {
        /// The store.
        store: Box<str>,
        /// What was found.
        reason: Box<str>,
    },
    /// A run holds a figure that cannot be kept.
    #[error("the run `{run}` cannot be recorded: {reason}; nothing of it was recorded")]
    Unrecordable {
        /// The run.
        run: Box<str>,
        /// What is wrong with it.
        reason: Box<str>,
    },
    /// The database refused a step for a reason that is not foreseen.
    #[error("could not {action} in `{store}`: {source}")]
    Backend {
        /// What was tried.
        action: &'static str,
        /// On what.
        store: Box<str>,
        /// What came back.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
