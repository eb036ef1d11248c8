//! `requirements.txt` (pip documentation, "Requirements File Format"; names and specifiers by PEP 508 and PEP 440).

use super::{Included, digest};
use crate::file::{self, File, Files};
use crate::found::{Draft, Found, address};
use crate::package::{Need, Origin, Use, Version};

pub(super) fn read(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    let mut included = Vec::new();
    for (line, text) in logical_lines(file) {
        let (word, rest) = text.split_once([' ', '=']).unwrap_or((&text, ""));
        match word {
            "-r" | "--requirement" => included.extend(include(file, rest, line, found)),
            "-e" | "--editable" => address_alone(rest.trim(), line, found),
            _ if text.starts_with("-r") => {
                included.extend(include(file, text.get(2..).unwrap_or_default(), line, found))
            }
            // Indexes, constraints and switches name no package.
            _ if text.starts_with('-') => {}
            _ => requirement(&text, line, found),
        }
    }
    included
}

/// Lines joined where they end with a backslash, without comments, each with the number of its first one.
fn logical_lines(file: &File) -> Vec<(u32, String)> {
    let mut lines: Vec<(u32, String)> = Vec::new();
    let mut goes_on = false;
    for (number, text) in file.lines() {
        let (part, continues) = match text.strip_suffix('\\') {
            Some(part) => (part, true),
            None => (text, false),
        };
        match lines.last_mut().filter(|_| goes_on) {
            Some((_, line)) => line.push_str(part),
            None => lines.push((number, part.to_owned())),
        }
        goes_on = continues;
    }
    for (_, line) in &mut lines {
        let comment =
            if line.starts_with('#') { Some(0) } else { line.find(" #").or_else(|| line.find("\t#")) };
        line.truncate(comment.unwrap_or(line.len()));
        *line = line.trim().to_owned();
    }
    lines.retain(|(_, line)| !line.is_empty());
    lines
}

fn include(file: &File, written: &str, line: u32, found: &mut Found) -> Option<Included> {
    let written = written.trim().trim_matches(['"', '\'']);
    if written.contains("://") || written.contains("${") {
        found.trouble(
            line,
            format!("`{}` is not among the files; its packages are not counted", address(written)),
        );
        return None;
    }
    Some(Included { path: file::join(file.folder(), written).into(), line })
}

fn requirement(text: &str, line: u32, found: &mut Found) {
    let mut words = text.split(" --hash");
    let said = words.next().unwrap_or_default();
    let hashes = words
        .filter_map(|word| word.trim_start_matches(['=', ' ']).split_whitespace().next()?.split_once(':'));
    let integrity: Vec<Box<str>> = hashes.flat_map(|(algorithm, value)| digest(algorithm, value)).collect();
    let said = said.split(" --").next().unwrap_or_default();
    let is_address =
        |text: &str| text.contains("://") && !text.contains(" @") || text.starts_with(['.', '/']);
    if is_address(said)
        || (!said.contains('@') && [".whl", ".tar.gz", ".zip"].iter().any(|end| said.ends_with(end)))
    {
        address_alone(said, line, found);
        return;
    }
    let (without_marker, _) = said.split_once(';').unwrap_or((said, ""));
    let end = without_marker
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(without_marker.len());
    let (name, rest) = without_marker.split_at(end);
    if name.is_empty() {
        found.trouble(line, format!("`{said}` names no package"));
        return;
    }
    let mut rest = rest.trim_start();
    if let Some((_, behind)) = rest.strip_prefix('[').and_then(|extras| extras.split_once(']')) {
        rest = behind.trim_start();
    }
    let mut draft = Draft { integrity, need: Need::Unsaid, used: Use::Unsaid, origin: None };
    let version = match rest.strip_prefix('@') {
        Some(url) => {
            let url = address(url.trim());
            draft.origin = Some(origin(&url));
            Version::undecided(format!("it is whatever `{url}` holds"))
        }
        None => version(rest.trim().trim_start_matches('(').trim_end_matches(')')),
    };
    found.add(&normal(name), version, line, draft);
}

/// A version that is pinned to one; every other specifier leaves it to the day of the build.
fn version(specifiers: &str) -> Version {
    let pinned = specifiers.split(',').find_map(|one| {
        let one = one.trim();
        let version = one.strip_prefix("===").or_else(|| one.strip_prefix("=="))?.trim();
        (!version.ends_with(".*") && !version.is_empty() && !version.contains(char::is_whitespace))
            .then_some(version)
    });
    match pinned {
        Some(version) => Version::Known(version.into()),
        None if specifiers.is_empty() => Version::undecided("no version is written"),
        None if specifiers.starts_with(['<', '>', '!', '~', '=']) => {
            Version::undecided(format!("`{specifiers}` allows more than one"))
        }
        None => Version::undecided(format!("`{specifiers}` is no version")),
    }
}

/// An address or a folder without a name; folders are the code itself.
fn address_alone(text: &str, line: u32, found: &mut Found) {
    let (text, _) = text.split_once(" ;").unwrap_or((text, ""));
    let text = text.trim();
    if !text.contains("://") {
        return;
    }
    let url = address(text);
    let egg = url.split_once("#egg=").or_else(|| url.split_once("&egg=")).map(|(_, egg)| egg);
    let from_egg = egg.map(|egg| egg.split(['&', '[']).next().unwrap_or_default());
    let path = url.split(['#', '?']).next().unwrap_or_default();
    // A file of a release is named after it: `name-1.2.3.tar.gz`, `name-1.2.3-py3-none-any.whl`.
    let from_path = file::name(path.split_once(".git").map_or(path, |(path, _)| path)).split('-').next();
    let name = from_egg.or(from_path).unwrap_or_default();
    let draft = Draft { origin: Some(origin(&url)), ..Draft::default() };
    found.add(&normal(name), Version::undecided(format!("it is whatever `{url}` holds")), line, draft);
}

fn origin(url: &str) -> Origin {
    match ["git+", "hg+", "svn+", "bzr+"].iter().any(|start| url.starts_with(start)) {
        true => Origin::Repository(url.into()),
        false => Origin::Archive(url.into()),
    }
}

/// A name as PEP 503 normalises it.
pub(super) fn normal(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}
