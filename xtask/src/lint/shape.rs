//! How files look: not too long, saying what they are for, named after what they hold.

use super::{TextFile, Violation};

/// A file with more lines than this wants to be two.
const LINES: usize = 700;
/// Names that say nothing about what is in the file.
const EMPTY_NAMES: [&str; 6] = ["utils", "util", "helpers", "common", "manager", "handler"];

pub(super) fn check(files: &[TextFile]) -> Vec<Violation> {
    files.iter().filter(|file| is_rust(file)).flat_map(of_file).collect()
}

fn is_rust(file: &TextFile) -> bool {
    file.path.ends_with(".rs") && (file.path.starts_with("crates/") || file.path.starts_with("xtask/"))
}

fn of_file(file: &TextFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    let count = file.text.lines().count();
    if count > LINES {
        violations.push(Violation::new(&file.path, format!("{count} lines; split it at {LINES}")));
    }
    let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    if EMPTY_NAMES.contains(&stem) {
        violations.push(Violation::new(&file.path, format!("`{stem}` does not say what is in the file")));
    }
    if stem == "mod" && !file.path.contains("/tests/") {
        violations.push(Violation::new(&file.path, "name the file after its module, not `mod.rs`"));
    }
    if file.is_product_code() && !file.text.starts_with("//!") {
        violations
            .push(Violation::new(format!("{}:1", file.path), "begin with `//!`: what is this file for?"));
    }
    for (number, line) in file.lines() {
        if let Some(word) = ["TODO", "FIXME", "XXX"].into_iter().find(|word| is_left_over(line, word)) {
            let message = format!("`{word}`: finish it, or open an issue");
            violations.push(Violation::new(format!("{}:{number}", file.path), message));
        }
    }
    violations
}

/// Whether a comment on the line begins with the word.
fn is_left_over(line: &str, word: &str) -> bool {
    let comment = line.split_once("//").map(|(_, comment)| comment.trim_start_matches(['/', '!', ' ']));
    comment.is_some_and(|comment| comment.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_one(path: &str, text: &str, words: &[&str]) {
        let found = check(&[TextFile { path: path.into(), text: text.into() }]);
        assert_eq!(found.len(), words.len(), "{found:?}");
        for (violation, word) in found.iter().zip(words) {
            assert!(violation.message.contains(word), "{violation}");
        }
    }

    #[test]
    fn long_nameless_and_unfinished_files_are_found() {
        let long = format!("//! x\n{}", "\n".repeat(LINES));
        check_one("crates/aws/src/client.rs", &long, &["lines"]);
        check_one("crates/aws/src/utils.rs", "//! x\n", &["does not say"]);
        check_one("crates/aws/src/wire/mod.rs", "//! x\n", &["mod.rs"]);
        check_one("crates/aws/src/wire.rs", "use x;\n", &["what is this file for"]);
        check_one("crates/aws/src/wire.rs", "//! x\nf(); // TODO: more\n", &["TODO"]);
    }

    #[test]
    fn good_files_tests_and_other_languages_pass() {
        check_one("crates/aws/src/wire.rs", "//! x\nlet id = \"TODO\";\n", &[]);
        check_one("crates/aws/tests/it/main.rs", "mod moto;\n", &[]);
        check_one("docs/x.md", "TODO\n", &[]);
    }
}
