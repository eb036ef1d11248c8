//! The vocabulary that every other crate speaks.
//!
//! Data flows one way: *evidence* about [`Asset`]s is judged into [`Finding`]s, each under one control of
//! the shared security responsibility model. This crate names those things and nothing more: it does no
//! I/O, never asks for the time and knows no provider's rules.
//!
//! The one idea to hold on to is [`Node`]: a value tree in which a leaf can be *unknown* with a reason.
//! What nobody has looked at must never be called good, so "unknown" is a value that travels all the way
//! to the last screen.

mod asset;
mod estate;
mod evidence;
mod finding;
mod ids;
mod node;
mod responsibility;
mod why;

pub use asset::{Asset, Environment, Population, Provenance, Provider, Relation, Sensitivity, Source};
pub use estate::{Estate, EstateBuilder, Scope};
pub use evidence::{EvidenceRecord, Listing, ListingOutcome, OperationTally};
pub use finding::{Confidence, Finding, Fingerprint, Location, Problem, Severity, ThirdParty, Verdict};
pub use ids::{AccountId, AssetId, CheckId, ControlId, Kind, OperationName, Region};
pub use node::{Map, Node};
pub use responsibility::{Effect, Effort, Holder, KillChainStage, Layer};
pub use why::{Why, WhyKind};

/// The kind of the one asset that stands for the organisation; `org.*` controls are measured on it.
pub const ORGANISATION_KIND: &str = "Org";
