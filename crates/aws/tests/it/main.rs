//! The client against servers: one of the tests' own, which answers what a test says, and a moto server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what its tests share"
)]

mod accounts;
mod calls;
mod collect;
mod collect_moto;
mod content;
mod environment;
mod fake;
mod moto;
mod paging;
mod server;
mod table;
