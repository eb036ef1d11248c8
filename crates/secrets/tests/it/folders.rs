//! Files and folders.

use jiff::civil::{Date, date};
use partywall_content::{AllowedSecret, SecretSettings};
use partywall_secrets::{IgnoreFiles, Outcome, Skipped, search_folders};
use tempfile::tempdir;

use crate::{content, example, scanner, write};

const TODAY: Date = date(2026, 11, 24);

fn search(folder: &std::path::Path, settings: &SecretSettings) -> Outcome {
    let loaded = content();
    search_folders(&scanner(loaded), &[folder.to_owned()], IgnoreFiles::Respected, settings, TODAY).unwrap()
}

#[test]
fn one_secret_in_two_files_is_one_leak_with_two_places() {
    let folder = tempdir().unwrap();
    let text = example(content(), "github-personal-token");
    write(folder.path(), "b/two.py", format!("\n\n  {text}\n"));
    write(folder.path(), "a.py", &text);
    write(folder.path(), ".git/config", &text);
    let outcome = search(folder.path(), &SecretSettings::default());
    assert_eq!(outcome.leaks.len(), 1);
    let places: Vec<_> = outcome.leaks[0].places.iter().map(|place| (place.line, place.column)).collect();
    assert_eq!(places, [(1, 10), (3, 12)]);
    assert_eq!(outcome.leaks[0].finding().affected.len(), 1);
    assert_eq!((outcome.tally.files, outcome.problems.len()), (2, 0));
}

#[test]
fn what_is_not_read_is_counted_by_its_reason() {
    let folder = tempdir().unwrap();
    let text = example(content(), "github-personal-token");
    write(folder.path(), "program", format!("\u{0}{text}"));
    write(folder.path(), "late", format!("{}\u{0}\n{text}", "a".repeat(9000)));
    write(folder.path(), "ignored.py", &text);
    write(folder.path(), ".gitignore", "ignored.py\n");
    #[cfg(unix)]
    std::os::unix::fs::symlink("late", folder.path().join("link")).unwrap();
    let outcome = search(folder.path(), &SecretSettings::default());
    assert_eq!(outcome.leaks[0].places.len(), 1);
    assert_eq!(outcome.tally.skipped.get(&Skipped::Binary), Some(&1));
    #[cfg(unix)]
    assert_eq!(outcome.tally.skipped.get(&Skipped::Link), Some(&1));
    let loaded = content();
    let paths = [folder.path().to_owned()];
    let settings = SecretSettings::default();
    let all = search_folders(&scanner(loaded), &paths, IgnoreFiles::NotRespected, &settings, TODAY).unwrap();
    assert_eq!(all.leaks[0].places.len(), 2);
}

#[test]
fn a_large_file_is_read_in_pieces_and_every_place_is_right() {
    let folder = tempdir().unwrap();
    let loaded = content();
    let token = example(loaded, "github-personal-token");
    let key = example(loaded, "private-key-rsa");
    let mut text = String::new();
    let mut lines = Vec::new();
    let mut line = 1;
    // Secrets stand on both sides of where a piece ends, 4 MiB from the beginning and then less the overlap.
    for at in 0..90_000 {
        if at % 9_001 == 0 || (29_000..29_600).contains(&at) && at % 37 == 0 {
            lines.push(line);
            let secret = if at % 2 == 0 { format!("{token}\n") } else { key.clone() };
            line += secret.lines().count() as u32;
            text.push_str(&secret);
        }
        text.push_str(&format!("{at:06} {}\n", "lorem ipsum dolor sit amet consetetur é ".repeat(3)));
        line += 1;
    }
    assert!(text.len() > 10 << 20);
    write(folder.path(), "large.log", &text);
    let outcome = search(folder.path(), &SecretSettings::default());
    let mut found: Vec<u32> =
        outcome.leaks.iter().flat_map(|leak| &leak.places).map(|place| place.line).collect();
    found.sort_unstable();
    assert_eq!(found, lines);
    for place in outcome.leaks.iter().flat_map(|leak| &leak.places) {
        let before = &text[..place.span.start as usize];
        assert_eq!(before.matches('\n').count() as u32 + 1, place.line);
    }
    assert_eq!(outcome.tally.bytes, text.len() as u64);
}

#[test]
fn a_comment_allows_its_rule_in_its_line_and_the_next_until_its_day() {
    let folder = tempdir().unwrap();
    let text = example(content(), "github-personal-token");
    let allow = |until: &str| {
        format!("# partywall:allow github-personal-token reason=\"a canary\" owner=red-team until={until}")
    };
    write(folder.path(), "a.py", format!("{}\n{text}\n", allow("2027-01-01")));
    write(folder.path(), "b.py", format!("{text} {}\n", allow("2026-11-24")));
    let outcome = search(folder.path(), &SecretSettings::default());
    assert!(!outcome.leaks[0].is_open(TODAY) && outcome.remarks.is_empty(), "{:?}", outcome.remarks);
    write(folder.path(), "b.py", format!("{text} {}\n", allow("2026-11-23")));
    write(folder.path(), "c.py", allow("2027-01-01"));
    write(folder.path(), "d.py", "# partywall:allow github-personal-token owner=me\n");
    let outcome = search(folder.path(), &SecretSettings::default());
    assert!(outcome.leaks[0].is_open(TODAY));
    let remarks: Vec<String> = outcome.remarks.iter().map(ToString::to_string).collect();
    for words in [
        "b.py:1: `github-personal-token` was allowed until 2026-11-23",
        "c.py:1: `partywall:allow",
        "d.py:1: `partywall:allow github-personal-token` is not followed: `reason` is missing",
    ] {
        assert!(remarks.iter().any(|remark| remark.contains(words)), "{words}: {remarks:?}");
    }
}

#[test]
fn the_settings_allow_by_fingerprint_and_what_they_allow_in_vain_is_told() {
    let folder = tempdir().unwrap();
    write(folder.path(), "a.py", example(content(), "github-personal-token"));
    let open = search(folder.path(), &SecretSettings::default());
    let allowed = |fingerprint| partywall_content::yaml::Located {
        line: 1,
        value: AllowedSecret {
            fingerprint,
            reason: "a canary".into(),
            owner: "red-team".into(),
            until: date(2027, 1, 1),
        },
    };
    let settings = SecretSettings {
        allow: vec![allowed(open.leaks[0].fingerprint), allowed(partywall_model::Fingerprint([7; 16]))],
    };
    let outcome = search(folder.path(), &settings);
    assert!(!outcome.leaks[0].is_open(TODAY));
    assert!(outcome.remarks.len() == 1 && outcome.remarks[0].message.contains("was not found here"));
}

#[test]
fn a_path_that_is_not_there_is_an_error() {
    let loaded = content();
    let missing = [std::path::PathBuf::from("no-such-folder")];
    let settings = SecretSettings::default();
    let error =
        search_folders(&scanner(loaded), &missing, IgnoreFiles::Respected, &settings, TODAY).unwrap_err();
    assert!(error.to_string().contains("`no-such-folder`"));
}
