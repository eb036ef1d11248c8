//! What cargo knows of the workspace: packages, their dependencies and licences.

use std::process::Command;

use serde::Deserialize;

use crate::failure::{Failure, Outcome};
use crate::repository::Repository;

/// The part of `cargo metadata` that the tasks read.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_members: Vec<String>,
    /// What a plain `cargo run` looks at.
    pub(crate) workspace_default_members: Vec<String>,
    pub(crate) resolve: Resolve,
    pub(crate) target_directory: std::path::PathBuf,
}

/// A package of the workspace or from a registry.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression.
    pub(crate) license: Option<String>,
    /// Where it comes from; none for a package of this repository.
    pub(crate) source: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency as a manifest names it.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `dev`, `build`, or none for an ordinary one.
    pub(crate) kind: Option<String>,
}

/// The packages that a build for this machine's platform can need.
#[derive(Debug, Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<ResolvedNode>,
}

/// One resolved package.
#[derive(Debug, Deserialize)]
pub(crate) struct ResolvedNode {
    pub(crate) id: String,
}

impl Metadata {
    /// Asks cargo, for the platform of this machine: what others need may not be downloaded.
    pub(crate) fn read(repository: &Repository) -> Outcome<Self> {
        let output = Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--filter-platform", &host_platform()?])
            .current_dir(repository.root())
            .output()
            .map_err(|error| Failure::new(format!("`cargo metadata` cannot be started: {error}")))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Failure::new(format!("`cargo metadata` failed: {}", said.trim())));
        }
        serde_json::from_slice(&output.stdout)
            .map_err(|error| Failure::new(format!("`cargo metadata` cannot be read: {error}")))
    }

    /// The packages of this repository.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// The packages of others that a build for this platform can need.
    pub(crate) fn foreign(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| package.source.is_some())
            .filter(|package| self.resolve.nodes.iter().any(|node| node.id == package.id))
    }
}

fn host_platform() -> Outcome<String> {
    let output = Command::new("rustc")
        .args(["-vV"])
        .output()
        .map_err(|error| Failure::new(format!("`rustc` cannot be started: {error}")))?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .ok_or_else(|| Failure::new("`rustc -vV` names no host platform"))
}
