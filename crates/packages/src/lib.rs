//! Which packages of others the code is made of.
//!
//! A lock file says what a build takes in, to the version; [`inventory`] reads all of them in a tree of files and
//! answers with [`Package`]s, each with the line on which it stands. The one idea to hold on to: a version that the file does
//! not decide is not guessed from a range, it is [`Version::Undecided`] with the reason. What a build
//! makes itself (members of a workspace, folders, links) is no package of others and is left out.
//!
//! Nothing here opens a file: a tree hands out bytes ([`Files`]). Nothing stops at bad input: what is wrong becomes
//! a [`Trouble`] with file and line, and what stands beside it is kept.

mod document;
mod file;
mod formats;
mod found;
mod inventory;
mod package;
mod purl;
mod trouble;

pub use file::Files;
pub use inventory::{Inventory, PackageFile, inventory};
pub use package::{Ecosystem, Need, Origin, Package, Use, Version};
pub use trouble::Trouble;
