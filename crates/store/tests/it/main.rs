//! The saved forms of this crate, from outside: written, read, altered, forged and old.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod altered;
mod estate;
mod evidence;
mod history;
mod hostile;
mod samples;
