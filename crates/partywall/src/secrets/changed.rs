//! `partywall secrets --changed-since`: secrets on lines that were changed since a revision.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use partywall_content::SecretSettings;
use partywall_secrets::{Changes, IgnoreFiles, Outcome, Place, Scanner, SearchError, search_folders};

/// Searches the changed files under a folder, and keeps what stands on changed lines.
pub(super) fn search(
    scanner: &Scanner,
    folder: &Path,
    revision: &str,
    settings: &SecretSettings,
    today: Date,
) -> Result<Outcome, SearchError> {
    let changes = Changes::since(folder, revision)?;
    let real =
        fs::canonicalize(folder).map_err(|cause| SearchError::Path { path: folder.to_owned(), cause })?;
    let named = |file: PathBuf| Some(folder.join(file.strip_prefix(&real).ok()?));
    let files: Vec<PathBuf> = changes.files().filter_map(named).collect();
    let mut outcome = search_folders(scanner, &files, IgnoreFiles::NotRespected, settings, today)?;
    // A secret may go over several lines: one that cannot be read again counts.
    outcome.retain_places(|place| {
        let first = usize::try_from(place.line).unwrap_or(usize::MAX);
        let more = breaks(place).unwrap_or(usize::MAX);
        changes.touches(Path::new(&*place.path), &(first..=first.saturating_add(more)))
    });
    Ok(outcome)
}

/// How many line breaks a secret has in it.
fn breaks(place: &Place) -> io::Result<usize> {
    let mut file = File::open(&*place.path)?;
    file.seek(SeekFrom::Start(place.span.start))?;
    let mut text = Vec::new();
    file.take(place.span.end.saturating_sub(place.span.start)).read_to_end(&mut text)?;
    Ok(text.iter().filter(|byte| **byte == b'\n').count())
}
