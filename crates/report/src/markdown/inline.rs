//! Text within a line of Markdown, as safe as on a screen.
//!
//! A name that a stranger chose could be markup, a link, an image, a mention that calls people, or a pipe that
//! breaks a table. Names therefore stand in code spans, in which a forge follows nothing; sentences have their
//! punctuation escaped (CommonMark §2.4), and a piece of a sentence that could still call or link is code too.

use crate::shown::shown;
use crate::words::marked;

/// Longer texts of strangers are cut: a summary is bounded whatever the estate holds.
const LONGEST: usize = 160;

/// A name as code.
pub(crate) fn code(name: &str) -> String {
    let text = crate::rows::at_most(LONGEST, &shown(name).to_string());
    if text.trim().is_empty() {
        return "–".to_owned();
    }
    // A pipe ends a cell even within code (GFM §4.10).
    let text = text.replace('|', "\\|");
    let run = longest_run(&text);
    let fence = "`".repeat(run + 1);
    let gap = if run > 0 { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}

/// The names as code, separated by commas.
pub(crate) fn codes<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(code).collect::<Vec<_>>().join(", ")
}

/// A sentence: what stands in its backticks is code, the rest is escaped.
pub(crate) fn sentence(text: &str) -> String {
    let piece = |piece: &crate::words::Piece<'_>| {
        if piece.is_code || calls_out(piece.text) { code(piece.text) } else { escaped(piece.text) }
    };
    marked(text).iter().map(piece).collect()
}

/// Whether a forge would make a mention, a reference or a link of it.
fn calls_out(text: &str) -> bool {
    let lower = text.to_lowercase();
    text.contains(['@', '#']) || ["://", "www.", "mailto:"].iter().any(|start| lower.contains(start))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in shown(text).to_string().chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '!' | '$') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_code_whatever_it_holds() {
        assert_eq!(code("logs"), "`logs`");
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(code("a|b\n"), "`a\\|b\\u{a}`");
        assert_eq!(code(" "), "–");
    }

    #[test]
    fn a_sentence_calls_nobody_and_links_nowhere() {
        assert_eq!(sentence("*x* <b> [a](b)"), "\\*x\\* \\<b\\> \\[a\\](b)");
        assert_eq!(sentence("set `a|b` to _1_"), "set `a\\|b` to \\_1\\_");
        assert_eq!(sentence("ask @everyone"), "`ask @everyone`");
        assert_eq!(sentence("see https://example.org"), "`see https://example.org`");
    }
}
