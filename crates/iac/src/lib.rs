//! Infrastructure as code, read without running any of it.
//!
//! A [`Tree`] is the folder of files that somebody is about to deploy. [`terraform`] turns the Terraform in
//! it into resources whose arguments are [`partywall_model::Node`]s, and [`cloudformation`] does the same with
//! templates. [`kubernetes`], [`dockerfile`], [`compose`] and [`workflows`] need no evaluation: what they read is
//! an asset as it is written. The one idea to hold on to: an argument that cannot
//! be decided before deployment is not dropped and not guessed; it is *unknown*, and carries the
//! chain of reasons down to the line where the doubt begins.
//!
//! Nothing here stops at bad input. What is wrong becomes a [`Trouble`] with its file, line and what to do,
//! and everything else is kept.

mod assets;
pub mod cloudformation;
pub mod compose;
mod declared;
pub mod dockerfile;
mod image;
pub mod kubernetes;
mod manifest;
pub mod mend;
mod places;
mod shell;
pub mod terraform;
mod tree;
mod trouble;
pub mod workflows;

pub use assets::{Declaration, Declared, Mapped, RUN_TIME, UNSET};
pub use declared::Manifests;
pub use tree::{Text, Tree, TreeLimits};
pub use trouble::Trouble;
