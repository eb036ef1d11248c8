//! Acceptances beside the code: which lines of a file they stand on, and what they cover.
//!
//! One covers its own line and the one after it, past comments that follow: so a block may have several. Before a block
//! it covers the whole block. JSON has no comments; there only waivers of the settings hold.

use partywall_content::{ALLOW_MARK, Allow};

/// One acceptance in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// The line on which it stands, from 1.
    pub(super) line: usize,
    /// The line after it that it covers too.
    pub(super) covers: usize,
    pub(super) allow: Allow,
}

impl Placed {
    /// Whether something on a line is meant.
    pub(super) fn is_for(&self, line: usize) -> bool {
        line == self.line || line == self.covers
    }
}

/// In one line.
pub(super) fn told(allow: &Allow) -> String {
    format!("{} (until {}, {})", allow.reason, allow.until, allow.owner)
}

/// Everything of a file that is one, and what was meant to be: line and what is wrong.
pub(super) fn all(path: &str, text: &str) -> (Vec<Placed>, Vec<(usize, String)>) {
    let (mut placed, mut mistakes) = (Vec::new(), Vec::new());
    // Most files have none: the lines are walked only where the words stand at all.
    if path.ends_with(".json") || !text.contains(ALLOW_MARK) {
        return (placed, mistakes);
    }
    let mut above: Vec<Placed> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        if !is_comment(line) {
            above.iter_mut().for_each(|allow| allow.covers = number);
            placed.append(&mut above);
        }
        if let Some((_, rest)) = line.split_once(ALLOW_MARK) {
            match Allow::parse(rest) {
                Ok(allow) => above.push(Placed { line: number, covers: number + 1, allow }),
                Err(mistake) => mistakes.push((number, mistake.message)),
            }
        }
    }
    placed.append(&mut above);
    (placed, mistakes)
}

/// Whether a line is nothing but a comment.
fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('#')
        || line.starts_with("//")
        || (line.starts_with("/*") && line.trim_end().ends_with("*/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW: &str = "partywall:allow a-b reason=\"r\" owner=o until=2027-01-31";

    #[test]
    fn several_before_one_block_cover_it_all() {
        let text =
            format!("# {ALLOW}\n// {ALLOW}\n# why\nblock {{\n  x = 1 # {ALLOW}\n}}\n/* {ALLOW} */\ny = 1\n");
        let (placed, mistakes) = all("main.tf", &text);
        assert_eq!(mistakes, []);
        let lines: Vec<_> = placed.iter().map(|one| (one.line, one.covers)).collect();
        assert_eq!(lines, [(1, 4), (2, 4), (5, 6), (7, 8)]);
        assert!(placed[0].is_for(4) && !placed[0].is_for(5));
    }

    #[test]
    fn words_in_json_are_no_comment() {
        let text = "{\"Description\": \"partywall:allow a-b reason=r owner=o until=2027-01-31 \"}";
        assert_eq!(all("stack.json", text).0, []);
        assert_eq!(all("stack.yaml", text).0.len(), 1);
    }
}
