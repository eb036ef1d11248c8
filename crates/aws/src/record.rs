//! What was asked and what came of it, for the manifest: every operation, also the refused ones.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::fault::{CallError, Kind};

/// One finished call.
#[derive(Clone, Debug)]
pub struct CallRecord<'a> {
    /// `s3:GetBucketPolicy`.
    pub operation: &'a str,
    /// The region that was asked.
    pub region: &'a str,
    /// How often a request was sent; 0 where none was.
    pub attempts: u32,
    /// `None` for an answer.
    pub error: Option<&'a CallError>,
    /// From the first attempt to the end, waiting included.
    pub took: Duration,
}

/// Is told of every call as it ends: for progress, and logs.
pub trait Recorder: Send + Sync {
    /// A call has ended.
    fn record(&self, call: &CallRecord<'_>);
}

/// The calls of one client, counted by operation and region.
#[derive(Debug, Default)]
pub struct Ledger {
    rows: Mutex<BTreeMap<(String, String), Tally>>,
}

/// The calls of one operation in one region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls that were answered.
    pub answered: u64,
    /// Requests sent, repeated ones included.
    pub attempts: u64,
    /// Calls that were not answered, by kind and code.
    pub errors: BTreeMap<(Kind, String), u64>,
}

impl Ledger {
    /// A copy of the counts, in order of operation and region.
    pub fn rows(&self) -> BTreeMap<(String, String), Tally> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add(&self, call: &CallRecord<'_>) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = rows.entry((call.operation.to_owned(), call.region.to_owned())).or_default();
        tally.attempts += u64::from(call.attempts);
        match call.error {
            None => tally.answered += 1,
            Some(e) => *tally.errors.entry((e.kind, e.code.clone())).or_default() += 1,
        }
    }
}
