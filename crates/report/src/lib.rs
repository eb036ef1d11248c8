//! What people and machines read of an assessment.
//!
//! An [`Assessment`] borrows everything that the other crates found out. [`Document`] puts it into the
//! versioned wire form `partywall-report/1`: every figure, count and text that leaves the process stands
//! there once, and all forms are written from it — [`json`] for machines, [`text`] for a terminal, [`html`]
//! for a browser, [`markdown`] for a ticket, and [`csv`], [`sarif`], [`ocsf`] and [`asff`] for other tools. So
//! they cannot disagree.
//!
//! **Invariants.** A document holds nothing that differs between a live run and a later run on the saved
//! evidence: no path, no host name, no duration. Names come from strangers (whoever may tag a resource in the
//! account): whatever is shown on a screen goes through [`shown`], and HTML is escaped by the template
//! engine, not by whoever writes a template.

pub mod asff;
mod assessment;
mod causes;
pub mod checks;
pub mod csv;
pub mod cyclonedx;
pub mod diff;
mod document;
mod filtered;
pub mod frameworks;
pub mod gate;
pub mod html;
pub mod json;
pub mod markdown;
pub mod ocsf;
mod rows;
pub mod sarif;
pub mod shown;
pub mod text;
pub mod trend;
mod unseen;
pub mod who;
mod words;

pub use assessment::{Account, Assessment, Header, RegionNotScanned, RunEnd, SourceKind};
pub use document::{Document, FORMAT};
pub use filtered::Filtered;
