//! The built-in checks against their own examples, and each function against tables of settings.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod buckets;
mod conformance;
mod content;
mod documents;
mod estates;
mod exposure;
mod hidden;
mod host;
mod iam;
mod joins;
mod net;
mod policy;
mod served;
mod trust;
