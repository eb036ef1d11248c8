//! The posture engine: an asset and a check become a finding.
//!
//! A check is an expression of content; this crate gives it the functions that it may call ([`effects`]),
//! runs it over every asset of its kinds ([`judge`]) and says which assets the internet reaches
//! ([`Context::exposed_assets`]). It does no I/O and does not ask for the time.
//!
//! Settings are judged by their *effect*: a bucket policy counts together with block public access, a
//! security group together with the routes, network ACLs and addresses around it.

mod context;
pub mod effects;
pub mod examples;
mod fingerprint;
mod judge;

pub use context::Context;
pub use fingerprint::fingerprint;
pub use judge::{Judgement, judge, judge_asset};
