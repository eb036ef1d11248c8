//! The difference of two texts as a patch, for texts of which few lines differ.

use std::collections::HashSet;
use std::fmt::Write;
use std::ops::Range;

use super::lines::Lines;

/// So many lines are shown around what differs.
const AROUND: usize = 3;
/// Where two texts part, they meet again within so many lines.
const AHEAD: usize = 64;

/// Lines of the old text that hold a secret, from 1; they are not shown.
#[derive(Debug, Default)]
pub(super) struct Hidden(HashSet<String>);

impl Hidden {
    pub(super) fn of(text: &str, secrets: impl Iterator<Item = Range<usize>>) -> Self {
        let lines = Lines::of(text.to_owned());
        let numbers = secrets.flat_map(|span| lines.number(span.start)..=lines.number(span.end));
        Self(numbers.map(|number| lines.line(number).to_owned()).collect())
    }

    fn shown<'l>(&self, line: &'l str) -> &'l str {
        if self.0.contains(line.trim_end_matches(['\n', '\r'])) { "(a line with a secret)\n" } else { line }
    }
}

/// One line of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'t> {
    Same(&'t str),
    Gone(&'t str),
    New(&'t str),
}

/// A patch of one file.
pub(super) fn difference(path: &str, old: &str, new: &str, hidden: &Hidden) -> String {
    let lines = compared(old, new);
    let mut patch = format!("--- a/{path}\n+++ b/{path}\n");
    let (mut at, mut old_line, mut new_line) = (0, 1, 1);
    for hunk in hunks(&lines) {
        let skipped = hunk.start - at;
        (old_line, new_line) = (old_line + skipped, new_line + skipped);
        let part = lines.get(hunk.clone()).unwrap_or_default();
        let old_count = part.iter().filter(|line| !matches!(line, Line::New(_))).count();
        let new_count = part.iter().filter(|line| !matches!(line, Line::Gone(_))).count();
        // Writing to a string cannot fail.
        let _ = writeln!(patch, "@@ -{old_line},{old_count} +{new_line},{new_count} @@");
        for line in part {
            let (mark, text) = match line {
                Line::Same(text) => (' ', text),
                Line::Gone(text) => ('-', text),
                Line::New(text) => ('+', text),
            };
            let text = hidden.shown(text);
            let end = if text.ends_with('\n') { "" } else { "\n\\ No newline at end of file\n" };
            let _ = write!(patch, "{mark}{text}{end}");
        }
        (at, old_line, new_line) = (hunk.end, old_line + old_count, new_line + new_count);
    }
    patch
}

/// Ranges of lines around what differs; those that touch are one.
fn hunks(lines: &[Line<'_>]) -> Vec<Range<usize>> {
    let mut hunks: Vec<Range<usize>> = Vec::new();
    let changed = lines.iter().enumerate().filter(|(_, line)| !matches!(line, Line::Same(_)));
    for (at, _) in changed {
        let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(lines.len());
        match hunks.last_mut() {
            Some(last) if around.start <= last.end => last.end = around.end,
            _ => hunks.push(around),
        }
    }
    hunks
}

fn compared<'t>(old: &'t str, new: &'t str) -> Vec<Line<'t>> {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() || j < new.len() {
        if let (Some(a), Some(b)) = (old.get(i), new.get(j))
            && a == b
        {
            lines.push(Line::Same(a));
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let (gone, come) = meeting(&old, &new, i, j);
        lines.extend(old.iter().skip(i).take(gone).map(|line| Line::Gone(line)));
        lines.extend(new.iter().skip(j).take(come).map(|line| Line::New(line)));
        (i, j) = (i + gone, j + come);
    }
    lines
}

/// How many lines of each text it takes until two lines in a row are the same again.
fn meeting(old: &[&str], new: &[&str], i: usize, j: usize) -> (usize, usize) {
    let is_same =
        |gone: usize, come: usize| (0..2).all(|next| old.get(i + gone + next) == new.get(j + come + next));
    let all = (1..=AHEAD).flat_map(|sum| (0..=sum).map(move |gone| (gone, sum - gone)));
    let within = all.filter(|(gone, come)| i + gone <= old.len() && j + come <= new.len());
    within.into_iter().find(|(gone, come)| is_same(*gone, *come)).unwrap_or((old.len() - i, new.len() - j))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_has_what_differs_and_three_lines_around_it() {
        let old: String = (1..=20).map(|n| format!("line {n}\n")).collect();
        let new = old.replace("line 4\n", "line 4\nnew\n").replace("line 18\n", "other\n");
        let patch = difference("m.tf", &old, &new, &Hidden::default());
        let expected = "--- a/m.tf\n+++ b/m.tf\n@@ -2,6 +2,7 @@\n line 2\n line 3\n line 4\n+new\n line 5\n line 6\n line 7\n\
                        @@ -15,6 +16,6 @@\n line 15\n line 16\n line 17\n-line 18\n+other\n line 19\n line 20\n";
        assert_eq!(patch, expected);
    }

    #[test]
    fn a_last_line_without_an_end_and_lines_with_secrets_are_said_to_be_such() {
        let hidden = Hidden::of("password = x\na", std::iter::once(11..12));
        let patch = difference("m.tf", "password = x\na", "password = x\nb\n", &hidden);
        assert!(!patch.contains("password"), "{patch}");
        assert!(patch.contains("-a\n\\ No newline at end of file\n+b\n"), "{patch}");
    }

    #[test]
    fn texts_that_never_meet_are_shown_whole() {
        let patch = difference("m.tf", "a\n", &"b\n".repeat(500), &Hidden::default());
        assert_eq!(patch.lines().filter(|line| *line == "+b").count(), 500);
    }
}
