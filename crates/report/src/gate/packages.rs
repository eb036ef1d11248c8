//! The packages of others, counted by file. Nobody has compared them with advisories, and every form says so.

use serde::Serialize;

use crate::words::{counted, thousands};

/// What lock files name.
#[derive(Debug, Serialize)]
pub struct GatePackages {
    /// The files, in the order of their paths.
    pub files: Vec<GatePackageFile>,
    /// Lock files that no reader is here for: their packages are not counted.
    pub unread: Vec<Box<str>>,
    /// Whether known vulnerabilities were looked for.
    pub vulnerabilities: Vulnerabilities,
}

/// A file and how many packages it names.
#[derive(Debug, Serialize)]
pub struct GatePackageFile {
    /// As it was named.
    pub file: Box<str>,
    /// Whose packages, by the type of their package URLs.
    pub ecosystem: &'static str,
    /// Packages, each version once.
    pub packages: usize,
    /// Those of them whose version the file does not decide.
    pub undecided: usize,
}

/// Whether known vulnerabilities were looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vulnerabilities {
    /// No advisories are at hand: nothing is known of any package.
    #[default]
    NotJudged,
}

impl GatePackages {
    /// One sentence; none where there is nothing to say.
    pub(super) fn told(&self) -> Option<String> {
        let packages: usize = self.files.iter().map(|file| file.packages).sum();
        let undecided: usize = self.files.iter().map(|file| file.undecided).sum();
        let mut told = String::new();
        if !self.files.is_empty() {
            let open = match undecided {
                0 => String::new(),
                open => format!(" ({} of undecided version)", thousands(open)),
            };
            told = format!(
                "{}{open} of {}; no advisories at hand: vulnerabilities were not looked at",
                counted(packages, "package"),
                counted(self.files.len(), "lock file"),
            );
        }
        if !self.unread.is_empty() {
            let separator = if told.is_empty() { "" } else { "; " };
            told = format!("{told}{separator}not read: {}", self.unread.join(", "));
        }
        (!told.is_empty()).then_some(told)
    }
}
