//! Nothing of an example estate or of a corpus stands in product code or content: rules that know the
//! cases that they are tried on prove nothing.

use std::collections::BTreeSet;

use super::{TextFile, Violation};

/// The folder of the scripts that build the example estates.
const ESTATE: &str = "examples/estate/";

pub(super) fn check(files: &[TextFile], corpora: &[String]) -> Vec<Violation> {
    let mut forbidden = estate_names(files);
    forbidden.extend(corpora.iter().cloned());
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| is_product(file)) {
        for (number, line) in file.lines() {
            let place = || format!("{}:{number}", file.path);
            // A test may be about an estate that stands in the repository.
            let names = forbidden.iter().filter(|_| !is_test(file));
            for name in names.filter(|name| line.to_lowercase().contains(name.as_str())) {
                let message = format!("`{name}` is a name of an example estate or a corpus");
                violations.push(Violation::new(place(), message));
            }
            for number in account_numbers(line).filter(|number| !is_made_up(number)) {
                let message =
                    format!("`{number}` looks like a real account: use a made-up one such as 111122223333");
                violations.push(Violation::new(place(), message));
            }
        }
    }
    violations
}

fn is_product(file: &TextFile) -> bool {
    file.path.starts_with("crates/") || file.path.starts_with("content/")
}

fn is_test(file: &TextFile) -> bool {
    file.path.starts_with("crates/") && file.path.contains("/tests/")
}

/// The bank's own word, and the names that the scripts give to single things: quoted, in small letters,
/// with a number at the end (`card-waf-01`).
fn estate_names(files: &[TextFile]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in files.iter().filter(|file| file.path.starts_with(ESTATE) && file.path.ends_with(".py")) {
        for (_, line) in file.lines() {
            if let Some(bank) = line.strip_prefix("BANK = ").or_else(|| line.strip_prefix("ORGANISATION = "))
            {
                names.insert(bank.trim_matches('"').to_lowercase());
            }
            let quoted = line.split('"').skip(1).step_by(2);
            names.extend(quoted.filter(|word| is_name_of_a_thing(word)).map(str::to_owned));
        }
    }
    names
}

fn is_name_of_a_thing(word: &str) -> bool {
    let is_kebab = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let last = word.rsplit('-').next().unwrap_or_default();
    // Regions end in one digit.
    is_kebab
        && word.matches('-').count() >= 2
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && (2..=4).contains(&last.len())
        && last.bytes().all(|b| b.is_ascii_digit())
}

/// Runs of exactly twelve digits that stand alone.
fn account_numbers(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() == 12 && word.bytes().all(|b| b.is_ascii_digit()))
}

/// The pattern of numbers in documentation: three runs of four equal digits, one digit throughout, or counting up.
fn is_made_up(number: &str) -> bool {
    let groups = number.as_bytes().chunks(4);
    let equal = groups.into_iter().all(|group| group.windows(2).all(|pair| pair.first() == pair.last()));
    equal || ["123456789012", "012345678901"].contains(&number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.into(), text: text.into() }
    }

    #[test]
    fn names_of_an_estate_may_not_stand_in_content() {
        let files = [
            file("examples/estate/accounts.py", "BANK = \"brightwharf\"\n"),
            file("examples/estate/hosts.py", "host(\"card-proxy-01\", region=\"eu-west-1\")\n"),
            file("content/checks/aws/x.yaml", "a: Brightwharf-data\nb: card-proxy-01\nc: eu-west-1\n"),
            file("docs/a.md", "brightwharf\n"),
            file("crates/a/tests/it/b.rs", "brightwharf\n"),
        ];
        let places: Vec<String> =
            check(&files, &["detect-some".into()]).into_iter().map(|violation| violation.place).collect();
        assert_eq!(places, ["content/checks/aws/x.yaml:1", "content/checks/aws/x.yaml:2"]);
    }

    #[test]
    fn account_numbers_are_made_up() {
        let real = "1234".repeat(3);
        let text = format!("\"111122223333\" 123456789012 {real} 1112223334445 2026-01-01\n");
        let found = check(&[file("crates/a/src/b.rs", &text)], &[]);
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
