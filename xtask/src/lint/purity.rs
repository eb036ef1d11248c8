//! The core does no I/O and never asks for the time.

use super::{TextFile, Violation};

/// Crates whose product code is pure.
const PURE: [&str; 10] =
    ["model", "expr", "content", "packages", "ssrm", "checks", "iam", "reach", "paths", "plan"];

/// Files of these crates that may do what the others may not, and why.
const ALLOWED: [(&str, &str); 1] = [
    // A user's content folder is read from the disk; everything behind that takes texts.
    ("crates/content/src/files.rs", "std::fs"),
];

/// What reaches out of the process, or asks for the time or for chance.
const IMPURE: [&str; 17] = [
    "std::fs",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "ToSocketAddrs",
    "std::env",
    "std::process",
    "std::io::stdin",
    "std::io::stdout",
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "tokio::",
    "println!",
    "eprintln!",
];

pub(super) fn check(files: &[TextFile]) -> Vec<Violation> {
    files.iter().filter(|file| is_pure(file)).flat_map(of_file).collect()
}

fn is_pure(file: &TextFile) -> bool {
    let krate = file.path.strip_prefix("crates/").and_then(|path| path.split('/').next());
    file.is_product_code() && krate.is_some_and(|krate| PURE.contains(&krate))
}

fn of_file(file: &TextFile) -> Vec<Violation> {
    let is_allowed = |word: &str| ALLOWED.contains(&(file.path.as_str(), word));
    let mut violations = Vec::new();
    for (number, line) in file.product_lines() {
        let code = line.split("//").next().unwrap_or_default();
        // `use std::{fs, …}` names a module in a group.
        let grouped = code.strip_prefix("use std::{").map(|group| group.trim_end_matches(['}', ';']));
        let grouped = grouped
            .into_iter()
            .flat_map(|group| group.split(','))
            .map(|word| format!("std::{}", word.trim()));
        let grouped: Vec<String> = grouped.collect();
        for word in IMPURE {
            if (names(code, word) || grouped.iter().any(|item| names(item, word))) && !is_allowed(word) {
                let message = format!("`{word}` in a crate that does no I/O and is told the time");
                violations.push(Violation::new(format!("{}:{number}", file.path), message));
            }
        }
    }
    violations
}

/// Whether `word` stands in the code and not as a part of a longer name.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let before = code.get(..at).unwrap_or_default().ends_with(is_part);
        let after = code.get(at + word.len()..).unwrap_or_default().starts_with(is_part);
        !before && (!after || word.ends_with(['!', ':']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(path: &str, text: &str) -> Vec<String> {
        let file = TextFile { path: path.into(), text: text.into() };
        check(&[file]).into_iter().map(|violation| violation.place).collect()
    }

    #[test]
    fn the_core_neither_reads_files_nor_asks_for_the_time() {
        let text =
            "use std::fs;\nuse std::{env, fmt};\nlet now = Timestamp::now();\n// std::fs is not used\n";
        let found = check_one("crates/checks/src/judge.rs", text);
        assert_eq!(
            found,
            ["crates/checks/src/judge.rs:1", "crates/checks/src/judge.rs:2", "crates/checks/src/judge.rs:3"]
        );
    }

    #[test]
    fn longer_names_tests_and_other_crates_are_left_alone() {
        for (path, text) in [
            ("crates/checks/src/judge.rs", "let instants = Instants::new();\n"),
            ("crates/checks/src/judge.rs", "#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n"),
            ("crates/checks/tests/it/content.rs", "use std::fs;\n"),
            ("crates/store/src/lib.rs", "use std::fs;\n"),
            ("crates/content/src/files.rs", "use std::fs;\n"),
        ] {
            assert_eq!(check_one(path, text), Vec::<String>::new(), "{path}: {text}");
        }
    }
}
