//! Searches files and folders.

use std::fs::{self, File};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use ignore::{DirEntry, WalkBuilder, WalkState};
use jiff::civil::Date;
use partywall_content::SecretSettings;
use partywall_model::Problem;

use crate::fault::SearchError;
use crate::outcome::{Gathered, Outcome, Skipped};
use crate::scanner::Scanner;
use crate::stream::{Reading, scan};

/// More threads would hold more memory than they save time.
const THREADS: usize = 8;

/// Whether files that git ignores are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IgnoreFiles {
    /// What `.gitignore` names is not read.
    Respected,
    /// Everything is read.
    NotRespected,
}

/// Searches files, and folders with all that is in them but git's own store.
///
/// # Errors
/// A path that is not there. What cannot be read inside a folder is a problem of the outcome.
pub fn search_folders(
    scanner: &Scanner,
    paths: &[PathBuf],
    ignore: IgnoreFiles,
    settings: &SecretSettings,
    today: Date,
) -> Result<Outcome, SearchError> {
    let Some((first, others)) = paths.split_first() else { return Ok(Outcome::default()) };
    for path in paths {
        fs::metadata(path).map_err(|cause| SearchError::Path { path: path.clone(), cause })?;
    }
    let mut walk = WalkBuilder::new(first);
    others.iter().for_each(|path| {
        walk.add(path);
    });
    let is_respected = ignore == IgnoreFiles::Respected;
    walk.hidden(false)
        .ignore(false)
        .git_ignore(is_respected)
        .git_exclude(is_respected)
        .git_global(is_respected)
        .parents(is_respected)
        .require_git(false)
        .threads(threads())
        .filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git");
    let done: Mutex<Vec<Gathered>> = Mutex::default();
    walk.build_parallel().run(|| {
        let mut worker = Worker { scanner, gathered: Gathered::default(), buffer: Vec::new(), done: &done };
        Box::new(move |entry| {
            worker.entry(entry);
            WalkState::Continue
        })
    });
    let parts = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Gathered::join(parts).outcome(settings, today))
}

/// So many threads as there are cores, within reason.
pub(crate) fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(THREADS)
}

/// What one thread does; what it gathered is handed in when it ends.
struct Worker<'a> {
    scanner: &'a Scanner,
    gathered: Gathered,
    buffer: Vec<u8>,
    done: &'a Mutex<Vec<Gathered>>,
}

impl Worker<'_> {
    fn entry(&mut self, entry: Result<DirEntry, ignore::Error>) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                self.gathered.problems.push(Problem::new("walking the folders", error.to_string()));
                return;
            }
        };
        if let Some(error) = entry.error() {
            self.gathered.problems.push(Problem::new(shown(entry.path()), error.to_string()));
        }
        // What the user names himself is read wherever it leads to.
        let kind = match entry.depth() {
            0 => fs::metadata(entry.path()).ok().map(|data| data.file_type()),
            _ => entry.file_type(),
        };
        match kind {
            Some(kind) if kind.is_dir() => {}
            Some(kind) if kind.is_file() => self.file(entry.path()),
            Some(kind) if kind.is_symlink() => self.gathered.tally.skip(Skipped::Link),
            _ => self.gathered.tally.skip(Skipped::Special),
        }
    }

    fn file(&mut self, path: &Path) {
        let name = shown(path);
        let read = File::open(path).and_then(|file| scan(self.scanner, &name, file, &mut self.buffer));
        match read {
            Ok(Reading::Text(text)) => self.gathered.text(self.scanner, &name, text, |place| place),
            Ok(Reading::Binary) => self.gathered.tally.skip(Skipped::Binary),
            Err(error) => {
                self.gathered.problems.push(Problem::new(name, format!("cannot be read: {error}")));
            }
        }
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.push(std::mem::take(&mut self.gathered));
    }
}

fn shown(path: &Path) -> String {
    let text = path.strip_prefix("./").unwrap_or(path).to_string_lossy().into_owned();
    if std::path::MAIN_SEPARATOR == '\\' { text.replace('\\', "/") } else { text }
}
