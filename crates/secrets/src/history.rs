//! Searches git's history and what is staged for the next commit.
//!
//! Every object is read once, whichever commits it is in. Which commit brought a text in is asked only for texts with a
//! secret in them, in one walk through the log.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;

use jiff::civil::Date;
use partywall_content::SecretSettings;
use partywall_model::Problem;

use crate::fault::SearchError;
use crate::folder::threads;
use crate::git::{Git, ObjectKind, Objects, Wanted};
use crate::leak::{Commit, Place};
use crate::outcome::{Gathered, Outcome, Skipped};
use crate::scanner::Scanner;
use crate::stream::{Reading, scan};

/// Which part of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revisions {
    /// Everything that a branch, a tag or another reference leads to.
    All,
    /// What `git rev-list` gives for a range like `main..feature`.
    Range(String),
}

/// Searches all files and commit messages of a history. Below the root of a working tree only what lies there.
///
/// # Errors
/// No git, no repository, no such revision.
pub fn search_history(
    scanner: &Scanner,
    folder: &Path,
    revisions: &Revisions,
    settings: &SecretSettings,
    today: Date,
) -> Result<Outcome, SearchError> {
    let range = match revisions {
        Revisions::All => "--all",
        Revisions::Range(range) if range.starts_with('-') => {
            return Err(SearchError::Revision(range.clone()));
        }
        Revisions::Range(range) => range,
    };
    let git = Git::open(folder)?;
    let prefix = git.prefix()?;
    let mut objects = listed(&git, range, &prefix)?;
    let kinds = git.kinds(objects.iter().map(|object| &*object.id))?;
    let mut missing = 0_u64;
    let mut kinds = kinds.into_iter();
    objects.retain_mut(|object| {
        object.kind = kinds.next().unwrap_or(ObjectKind::Missing);
        missing += u64::from(object.kind == ObjectKind::Missing);
        matches!(object.kind, ObjectKind::Blob | ObjectKind::Message)
    });
    let mut gathered = read(scanner, &git, &objects)?;
    date(&git, range, &mut gathered)?;
    let subject = folder.display().to_string();
    if missing > 0 {
        let message = format!(
            "{missing} objects of the history are not here (a partial clone); fetch them and run it again"
        );
        gathered.problems.push(Problem::new(&*subject, message));
    }
    if git.is_shallow()? {
        let message = "this clone is shallow: earlier commits are not in it and were not searched; run `git fetch --unshallow`";
        gathered.problems.push(Problem::new(&*subject, message));
    }
    Ok(gathered.outcome(settings, today))
}

/// Searches the files that are staged for the next commit, as they are staged.
///
/// # Errors
/// No git, no repository.
pub fn search_staged(
    scanner: &Scanner,
    folder: &Path,
    settings: &SecretSettings,
    today: Date,
) -> Result<Outcome, SearchError> {
    let git = Git::open(folder)?;
    let args = [
        "--cached",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--relative",
    ];
    let printed = git.bytes("diff", &args)?;
    let mut objects = Vec::new();
    let mut submodules = 0;
    let mut fields = printed.split(|byte| *byte == 0);
    while let (Some(about), Some(path)) = (fields.next(), fields.next()) {
        let about = String::from_utf8_lossy(about).into_owned();
        let mut words = about.split(' ');
        let (Some(mode), Some(id)) = (words.nth(1), words.nth(1)) else { continue };
        match mode {
            "000000" => {}
            "160000" => submodules += 1,
            _ => objects.push(Object {
                id: id.into(),
                path: String::from_utf8_lossy(path).into(),
                kind: ObjectKind::Blob,
            }),
        }
    }
    let mut gathered = read(scanner, &git, &objects)?;
    for _ in 0..submodules {
        gathered.tally.skip(Skipped::Submodule);
    }
    for place in gathered.places_mut() {
        place.commit = None;
    }
    Ok(gathered.outcome(settings, today))
}

/// An object and the first path that it was seen at.
#[derive(Debug)]
struct Object {
    id: Box<str>,
    path: Box<str>,
    kind: ObjectKind,
}

fn listed(git: &Git, range: &str, prefix: &str) -> Result<Vec<Object>, SearchError> {
    let mut args = vec!["--objects", range];
    // With a path, simplification would drop the side of a merge that changed nothing in the end.
    let limited = ["--full-history", "--", "."];
    args.extend(if prefix.is_empty() { &["--"][..] } else { &limited[..] });
    let mut objects = Vec::new();
    git.lines("rev-list", &args, |line| {
        let line = String::from_utf8_lossy(line);
        let (id, path) = line.split_once(' ').unwrap_or((&line, MESSAGE));
        objects.push(Object { id: id.into(), path: path.into(), kind: ObjectKind::Missing });
        Wanted::More
    })?;
    Ok(objects)
}

/// What stands in place of a path for the text of a commit.
const MESSAGE: &str = "(commit message)";

/// Reads objects by as many processes of git as there are threads.
fn read(scanner: &Scanner, git: &Git, objects: &[Object]) -> Result<Gathered, SearchError> {
    let share = objects.len().div_ceil(threads()).max(1);
    let parts: Vec<Result<Gathered, SearchError>> = thread::scope(|scope| {
        let workers: Vec<_> =
            objects.chunks(share).map(|part| scope.spawn(|| read_part(scanner, git, part))).collect();
        let stopped = || {
            let mut lost = Gathered::default();
            lost.problems.push(Problem::new(
                "git",
                "a thread that read objects ended early: this is a defect, please report it",
            ));
            Ok(lost)
        };
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| stopped())).collect()
    });
    let parts: Result<Vec<Gathered>, SearchError> = parts.into_iter().collect();
    Ok(Gathered::join(parts?))
}

fn read_part(scanner: &Scanner, git: &Git, objects: &[Object]) -> Result<Gathered, SearchError> {
    let mut gathered = Gathered::default();
    let mut buffer = Vec::new();
    let mut process: Objects = git.objects()?;
    for object in objects {
        match process.object(&object.id, |text| scan(scanner, &object.path, text, &mut buffer)) {
            Ok(Some(Reading::Text(text))) => {
                let commit = Commit { id: None, day: None, object: object.id.clone() };
                let place = |place| Place { commit: Some(commit.clone()), ..place };
                gathered.text(scanner, &object.path, text, place);
            }
            Ok(Some(Reading::Binary)) => gathered.tally.skip(Skipped::Binary),
            Ok(None) => {
                let message = format!("object {} is not in the repository", object.id);
                gathered.problems.push(Problem::new(&*object.path, message));
            }
            Err(error) => {
                let message = format!("git stopped answering ({error}); what follows was not read");
                gathered.problems.push(Problem::new(&*object.path, message));
                process = git.objects()?;
            }
        }
    }
    Ok(gathered)
}

/// Id and day of a commit.
type Dated = (Box<str>, Box<str>);

/// Fills in the commits that brought the texts in: the first in the log, oldest first.
fn date(git: &Git, range: &str, gathered: &mut Gathered) -> Result<(), SearchError> {
    let mut wanted: BTreeMap<Box<str>, Option<Dated>> = BTreeMap::new();
    for commit in gathered.places_mut().filter_map(|place| place.commit.as_ref()) {
        wanted.insert(commit.object.clone(), None);
    }
    let mut left = wanted.len();
    if left == 0 {
        return Ok(());
    }
    let args = [
        "--reverse",
        "--format=%x01%H %cs",
        "--raw",
        "--no-abbrev",
        "-m",
        "--root",
        "--no-renames",
        "--no-ext-diff",
        range,
        "--",
    ];
    let mut current = Dated::default();
    git.lines("log", &args, |line| {
        let line = String::from_utf8_lossy(line);
        let mut note = |object: &str, commit: &Dated| {
            if let Some(known @ None) = wanted.get_mut(object) {
                *known = Some(commit.clone());
                left -= 1;
            }
        };
        if let Some((id, day)) = line.strip_prefix('\u{1}').and_then(|rest| rest.split_once(' ')) {
            current = (id.into(), day.into());
            note(id, &current);
        } else if let Some(object) = line.strip_prefix(':').and_then(|rest| rest.split(' ').nth(3)) {
            note(object, &current);
        }
        if left == 0 { Wanted::NoMore } else { Wanted::More }
    })?;
    for commit in gathered.places_mut().filter_map(|place| place.commit.as_mut()) {
        if let Some(Some((id, day))) = wanted.get(&commit.object) {
            commit.id = Some(id.clone());
            commit.day = Some(day.clone());
        }
    }
    Ok(())
}
