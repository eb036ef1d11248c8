//! Tests of content: what is refused, and what is derived.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod conformance;
mod frameworks;
mod references;
