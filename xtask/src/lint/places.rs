//! No path of the machine on which something was written.

use super::{TextFile, Violation};

/// Beginnings of absolute paths that belong to one machine or one person.
const MACHINE: [&str; 5] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("C:", "\\Users"),
];

pub(super) fn check(files: &[TextFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files {
        for (number, line) in file.lines() {
            if let Some(place) = MACHINE.into_iter().find(|place| holds(line, place)) {
                let message = format!("a path of one machine (`{place}…`)");
                violations.push(Violation::new(format!("{}:{number}", file.path), message));
            }
        }
    }
    violations
}

/// Whether an absolute path with this beginning stands in the line; `a/home/` is a relative one.
fn holds(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default();
        !before.ends_with(|c: char| c.is_alphanumeric() || "._-/~*}>$".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_paths_of_a_machine_are_found_and_relative_ones_are_not() {
        let text =
            [MACHINE.first().unwrap(), "x\nsee https://example.org", MACHINE.get(2).unwrap(), "x\n"].concat();
        let found = check(&[TextFile { path: "docs/a.md".into(), text }]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found.first().unwrap().place, "docs/a.md:1");
    }
}
