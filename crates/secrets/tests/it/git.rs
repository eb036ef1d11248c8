//! History and staged changes of a repository that the test makes.

use std::path::Path;
use std::process::Command;

use jiff::civil::{Date, date};
use partywall_content::SecretSettings;
use partywall_secrets::{Outcome, Revisions, search_history, search_staged};
use tempfile::{TempDir, tempdir};

use crate::{content, example, scanner, write};

const TODAY: Date = date(2026, 11, 24);

fn git(folder: &Path, args: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "init.defaultBranch=main"]);
    let output = git.arg("-C").arg(folder).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository in which a secret was written and taken out again.
fn repository() -> TempDir {
    let folder = tempdir().unwrap();
    let loaded = content();
    git(folder.path(), &["init", "-q"]);
    write(
        folder.path(),
        "service/settings.py",
        format!("a = 1\n{}\n", example(loaded, "github-personal-token")),
    );
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "one"]);
    write(folder.path(), "service/settings.py", "a = 1\n");
    git(
        folder.path(),
        &["commit", "-qam", &format!("two, was {}", example(loaded, "gitlab-personal-token"))],
    );
    folder
}

fn history(folder: &Path, revisions: &Revisions) -> Outcome {
    let loaded = content();
    search_history(&scanner(loaded), folder, revisions, &SecretSettings::default(), TODAY).unwrap()
}

#[test]
fn a_secret_that_was_taken_out_is_found_in_the_commit_that_brought_it_in() {
    let folder = repository();
    let outcome = history(folder.path(), &Revisions::All);
    let rules: Vec<&str> = outcome.leaks.iter().map(|leak| &*leak.rule).collect();
    assert_eq!(rules, ["github-personal-token", "gitlab-personal-token"]);
    let place = &outcome.leaks[0].places[0];
    assert_eq!((&*place.path, place.line), ("service/settings.py", 2));
    assert_eq!(place.commit.as_ref().unwrap().id.as_ref().unwrap().len(), 40);
    assert_eq!(&*outcome.leaks[1].places[0].path, "(commit message)");
    assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
}

#[test]
fn a_range_is_searched_alone_and_a_folder_only_below_itself() {
    let folder = repository();
    let outcome = history(folder.path(), &Revisions::Range("HEAD~1..HEAD".into()));
    assert_eq!(outcome.leaks.len(), 1, "the message of the second commit");
    write(folder.path(), "other/a.py", "b = 2\n");
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "three"]);
    let other = history(&folder.path().join("other"), &Revisions::All);
    assert!(other.leaks.is_empty(), "{:?}", other.leaks);
    assert!(!history(&folder.path().join("service"), &Revisions::All).leaks.is_empty());
}

#[test]
fn a_shallow_clone_is_incomplete() {
    let folder = repository();
    let clone = tempdir().unwrap();
    let from = format!("file://{}", folder.path().display());
    git(clone.path(), &["clone", "-q", "--depth", "1", &from, "copy"]);
    let outcome = history(&clone.path().join("copy"), &Revisions::All);
    assert!(
        outcome.problems.iter().any(|problem| problem.message.contains("shallow")),
        "{:?}",
        outcome.problems
    );
}

#[test]
fn what_is_staged_is_searched_as_it_is_staged() {
    let folder = repository();
    let text = example(content(), "github-personal-token");
    write(folder.path(), "new file.py", &text);
    git(folder.path(), &["add", "."]);
    write(folder.path(), "new file.py", "clean = True\n");
    let loaded = content();
    let staged =
        || search_staged(&scanner(loaded), folder.path(), &SecretSettings::default(), TODAY).unwrap();
    let outcome = staged();
    assert_eq!(&*outcome.leaks[0].places[0].path, "new file.py");
    assert_eq!((outcome.tally.files, &outcome.leaks[0].places[0].commit), (1, &None));
    git(folder.path(), &["add", "."]);
    assert!(staged().leaks.is_empty());
}

#[test]
fn no_repository_no_revision_and_an_option_for_a_revision_are_told_apart() {
    let loaded = content();
    let folder = repository();
    let settings = SecretSettings::default();
    let search = |folder: &Path, range: &str| {
        let revisions = Revisions::Range(range.into());
        search_history(&scanner(loaded), folder, &revisions, &settings, TODAY).unwrap_err().to_string()
    };
    let elsewhere = tempdir().unwrap();
    assert!(search(elsewhere.path(), "HEAD").contains("not a git repository"));
    assert!(search(folder.path(), "nothing..HEAD").contains("nothing..HEAD"));
    assert!(search(folder.path(), "--output=x").contains("begins with `-`"));
}
