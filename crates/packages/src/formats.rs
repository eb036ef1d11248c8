//! The readers, and which file is whose.

mod cargo;
mod composer;
mod gem;
mod go;
mod gradle;
mod maven;
mod npm;
mod nuget;
mod pipfile;
mod pnpm;
mod python;
mod requirements;
mod yarn;

use std::sync::Arc;

use crate::file::{self, File, Files};
use crate::found::Found;
use crate::package::Ecosystem;

/// A file that another includes.
#[derive(Debug)]
pub(crate) struct Included {
    pub(crate) path: Arc<str>,
    pub(crate) line: u32,
}

/// How a file is read: it answers with what the file includes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    pub(crate) ecosystem: Ecosystem,
    pub(crate) read: fn(&File, &dyn Files, &mut Found) -> Vec<Included>,
}

/// The reader of a file, by its name.
pub(crate) fn reader(path: &str) -> Option<Reader> {
    let of = |ecosystem, read| Some(Reader { ecosystem, read });
    let name = file::name(path);
    match name {
        "Cargo.lock" => of(Ecosystem::Cargo, cargo::read),
        "package-lock.json" | "npm-shrinkwrap.json" => of(Ecosystem::Npm, npm::read),
        "yarn.lock" => of(Ecosystem::Npm, yarn::read),
        "pnpm-lock.yaml" => of(Ecosystem::Npm, pnpm::read),
        "poetry.lock" => of(Ecosystem::PyPi, python::poetry),
        "pdm.lock" => of(Ecosystem::PyPi, python::pdm),
        "uv.lock" => of(Ecosystem::PyPi, python::uv),
        "Pipfile.lock" => of(Ecosystem::PyPi, pipfile::read),
        "go.mod" => of(Ecosystem::Go, go::read),
        "pom.xml" => of(Ecosystem::Maven, maven::read),
        "gradle.lockfile" | "buildscript-gradle.lockfile" => of(Ecosystem::Maven, gradle::read),
        "Gemfile.lock" | "gems.locked" => of(Ecosystem::Gem, gem::read),
        "composer.lock" => of(Ecosystem::Composer, composer::read),
        _ if is_between(name, "pylock", ".toml") => of(Ecosystem::PyPi, python::pylock),
        _ if is_between(name, "packages", ".lock.json") => of(Ecosystem::NuGet, nuget::read),
        _ if is_requirements(path) => of(Ecosystem::PyPi, requirements::read),
        _ if name.ends_with(".lockfile") && file::name(file::folder(path)) == "dependency-locks" => {
            of(Ecosystem::Maven, gradle::read)
        }
        _ => None,
    }
}

/// Lock files that no reader is here for.
pub(crate) fn is_unread(name: &str) -> bool {
    const NAMES: [&str; 16] = [
        "Cartfile.resolved",
        "Chart.lock",
        "Package.resolved",
        "Podfile.lock",
        "bun.lock",
        "bun.lockb",
        "cabal.project.freeze",
        "conan.lock",
        "conda-lock.yml",
        "deno.lock",
        "flake.lock",
        "mix.lock",
        "paket.lock",
        "pixi.lock",
        "pubspec.lock",
        "stack.yaml.lock",
    ];
    NAMES.contains(&name)
}

/// `pylock.toml`, `pylock.web.toml`.
fn is_between(name: &str, start: &str, end: &str) -> bool {
    name.strip_prefix(start)
        .and_then(|rest| rest.strip_suffix(end))
        .is_some_and(|middle| middle.is_empty() || middle.starts_with('.'))
}

/// `requirements.txt`, `dev-requirements.txt`, `requirements/web.txt`.
fn is_requirements(path: &str) -> bool {
    let (name, folder) = (file::name(path), file::name(file::folder(path)));
    name.strip_suffix(".txt").is_some_and(|name| name.contains("requirements") || folder == "requirements")
}

/// A digest under the name of its algorithm.
fn digest(algorithm: &str, value: &str) -> Vec<Box<str>> {
    match value.is_empty() {
        true => Vec::new(),
        false => vec![format!("{algorithm}-{value}").into()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_names() {
        for (path, ecosystem) in [
            ("a/Cargo.lock", Some(Ecosystem::Cargo)),
            ("pylock.web.toml", Some(Ecosystem::PyPi)),
            ("pylockx.toml", None),
            ("requirements/web.txt", Some(Ecosystem::PyPi)),
            ("requirements-dev.txt", Some(Ecosystem::PyPi)),
            ("notes.txt", None),
            ("packages.win.lock.json", Some(Ecosystem::NuGet)),
            ("gradle/dependency-locks/run.lockfile", Some(Ecosystem::Maven)),
            ("package.json", None),
        ] {
            assert_eq!(reader(path).map(|reader| reader.ecosystem), ecosystem, "{path}");
        }
        assert!(is_unread("bun.lock") && !is_unread("yarn.lock"));
    }
}
