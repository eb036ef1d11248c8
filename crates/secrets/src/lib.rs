//! Finds keys, tokens and passwords in files, in git's history and in staged changes.
//!
//! The one idea: a text is read once, by an automaton that knows the keywords of all rules. Only where a keyword stands
//! is a pattern tried, on a few hundred bytes, and what it matches must pass the tests of structure of its rule (a
//! checksum, a header, a decodable part). What is found leaves this crate as a place, a rule and a one-way
//! [fingerprint](Leak::fingerprint); the secret itself does not: no type that leaves it has a field for one.
//!
//! [`Changes`] says what a working tree has changed since a revision, for whoever judges changes alone.
//! [`Scanner`] works on bytes and does no I/O. [`search_folders`], [`search_history`] and [`search_staged`] bring it the
//! bytes, and count what they could not bring.

mod allowance;
mod assignment;
mod changes;
mod checksum;
mod cursor;
mod fault;
mod folder;
mod git;
mod history;
mod leak;
mod nature;
mod outcome;
mod rule;
mod scanner;
mod stream;
mod validate;

pub use allowance::{Acceptance, AllowedBy};
pub use changes::Changes;
pub use fault::{ScannerError, SearchError};
pub use folder::{IgnoreFiles, search_folders};
pub use history::{Revisions, search_history, search_staged};
pub use leak::{Commit, Leak, Place};
pub use outcome::{Outcome, Skipped, Tally};
pub use scanner::{Found, Scan, Scanner};
