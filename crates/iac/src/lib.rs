//! Infrastructure as code, read without running any of it.
//!
//! A [`Tree`] is the folder of files that somebody is about to deploy. [`terraform`] turns the Terraform in
//! it into resources whose arguments are [`partywall_model::Node`]s, and [`cloudformation`] and [`arm`] do the same
//! with templates. [`kubernetes`], [`dockerfile`], [`compose`] and [`workflows`] need no evaluation: what they read is
//! an asset as it is written; [`runtimes`] finds in all of them what has an end of support. The one idea to hold on
//! to: an argument that cannot
//! be decided before deployment is not dropped and not guessed; it is *unknown*, and carries the
//! chain of reasons down to the line where the doubt begins.
//!
//! Nothing here stops at bad input. What is wrong becomes a [`Trouble`] with its file, line and what to do,
//! and everything else is kept.

pub mod arm;
mod assets;
pub mod cloudformation;
pub mod compose;
mod declared;
mod deep_stack;
pub mod dockerfile;
mod document;
mod image;
mod json;
pub mod kubernetes;
mod manifest;
pub mod mend;
mod places;
mod plain_json;
pub mod runtimes;
mod shell;
mod source;
pub mod terraform;
mod trail;
mod tree;
mod trouble;
mod undecided;
pub mod workflows;

pub use assets::{Declaration, Declared, Mapped, RUN_TIME, UNSET};
pub use declared::Manifests;
pub use tree::{Text, Tree, TreeLimits};
pub use trouble::Trouble;
