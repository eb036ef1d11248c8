//! Each form of the report, over made-up assessments.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod checks;
mod forms;
mod frameworks;
mod history;
mod html;
mod json;
mod sample;
mod schema;
mod seen;
mod text;
mod who;
