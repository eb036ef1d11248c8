//! The binary as a person runs it, and the assessment of a live account against servers of the tests' own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what its tests share"
)]

mod bank;
mod code_forms;
mod delivery;
mod emulator;
mod filters;
mod forms;
mod frameworks;
mod gate;
mod gate_accepting;
mod gate_changes;
mod gate_drift;
mod gate_fix;
mod gate_packages;
mod gate_plan;
mod gate_thresholds;
mod history;
mod hostile;
mod import;
mod init;
mod live;
mod manual;
mod memory;
mod privacy;
mod program;
mod refusal;
mod report;
mod wire;
