//! The binary as a person runs it, and the assessment of a live account against servers of the tests' own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what its tests share"
)]

mod bank;
mod emulator;
mod filters;
mod forms;
mod frameworks;
mod gate;
mod gate_plan;
mod history;
mod hostile;
mod import;
mod live;
mod manual;
mod memory;
mod program;
mod refusal;
mod report;
mod wire;
