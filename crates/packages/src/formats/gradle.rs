//! `gradle.lockfile` (Gradle user manual, "Locking versions"): `group:artifact:version=configurations` on each line.

use super::Included;
use crate::file::{File, Files};
use crate::found::{Draft, Found};
use crate::package::Use;

pub(super) fn read(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    for (line, text) in file.lines() {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') || text.starts_with("empty=") {
            continue;
        }
        let (coordinates, configurations) = text.split_once('=').unwrap_or((text, ""));
        let mut parts = coordinates.split(':');
        let (Some(group), Some(artifact), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            found.trouble(line, format!("`{coordinates}` is no `group:artifact:version`"));
            continue;
        };
        let mut names = configurations.split(',').filter(|name| !name.is_empty()).peekable();
        let used = match names.peek().is_some() {
            true if names.all(|name| name.to_lowercase().contains("test")) => Use::Development,
            true => Use::Runs,
            false => Use::Unsaid,
        };
        found.add_written(
            &format!("{group}:{artifact}"),
            Some(version),
            line,
            Draft { used, ..Draft::default() },
        );
    }
    Vec::new()
}
