//! Tests of the expression language through its public interface.

#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what the tests share stands outside of test functions, where the configuration allows these"
)]

mod absent;
mod differential;
mod errors;
mod generate;
mod kleene;
mod limits;
mod monotone;
mod paths;
mod storage;
mod support;
mod trace;
mod values;
