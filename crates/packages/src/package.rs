//! [`Package`]: one package of others, as a file names it.

use std::sync::Arc;

use crate::purl;

/// Whose names and versions they are. Packages of two ecosystems are never the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// Rust's crates.
    Cargo,
    /// PHP's packages.
    Composer,
    /// Ruby's gems.
    Gem,
    /// Go's modules.
    Go,
    /// Artifacts of Maven repositories, named `group:artifact`.
    Maven,
    /// JavaScript's packages.
    Npm,
    /// .NET's packages.
    NuGet,
    /// Python's packages; their names are normalised (PEP 503).
    PyPi,
}

impl Ecosystem {
    /// The type of its package URLs.
    pub fn purl_type(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Composer => "composer",
            Self::Gem => "gem",
            Self::Go => "golang",
            Self::Maven => "maven",
            Self::Npm => "npm",
            Self::NuGet => "nuget",
            Self::PyPi => "pypi",
        }
    }
}

/// Which version a build takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// This one.
    Known(Box<str>),
    /// The file does not decide it, for this reason: lower-case, what is written in backticks.
    Undecided(Box<str>),
}

impl Version {
    /// The version, where the file decides it.
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(version) => Some(version),
            Self::Undecided(_) => None,
        }
    }

    pub(crate) fn undecided(reason: impl Into<Box<str>>) -> Self {
        Self::Undecided(reason.into())
    }
}

/// Where a package comes from, where the file says it. Credentials in an address are left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The registry of this name or address.
    Registry(Box<str>),
    /// A repository of version control, with the commit where it is written.
    Repository(Box<str>),
    /// An archive at this address.
    Archive(Box<str>),
}

/// Who asks for a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// The code itself.
    Direct,
    /// Another package.
    Transitive,
    /// The file does not say it.
    #[default]
    Unsaid,
}

/// What a package is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// It is part of what runs.
    Runs,
    /// Only development needs it.
    Development,
    /// It is left out unless somebody asks for it.
    Optional,
    /// The file does not say it.
    #[default]
    Unsaid,
}

/// One package of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Whose name it is.
    pub ecosystem: Ecosystem,
    /// Its name, in the form of its ecosystem.
    pub name: Box<str>,
    /// Its version.
    pub version: Version,
    /// Where it comes from.
    pub origin: Option<Origin>,
    /// Digests of what is fetched, as `sha256-` and base64 or hexadecimal digits, whichever the file has.
    pub integrity: Vec<Box<str>>,
    /// Who asks for it.
    pub need: Need,
    /// What it is used for.
    pub used: Use,
    /// The file.
    pub file: Arc<str>,
    /// The line on which it stands, from 1.
    pub line: u32,
}

impl Package {
    /// Its package URL (package-url specification); without a version where none is decided.
    pub fn purl(&self) -> String {
        purl::of(self)
    }
}
