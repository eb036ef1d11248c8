//! Text of strangers on a screen.
//!
//! Whoever may create or tag a resource chooses the names that a report prints. A name may hold an escape
//! sequence that rewrites a terminal, a line break that forges a line, or a direction override that shows
//! `gpj.exe` as `exe.jpg` (Unicode TR 36 §2.10; CVE-2021-42574). So every character that is not itself seen
//! is written out: `\u{1b}`.

use std::fmt::{self, Write};

/// Shows text with every control, direction and other unseen character written out.
pub fn shown(text: &str) -> Shown<'_> {
    Shown { text, keep: Keep::Nothing }
}

/// The same for text of several lines: line breaks and tabs stay.
pub fn shown_lines(text: &str) -> Shown<'_> {
    Shown { text, keep: Keep::Breaks }
}

/// Text that is safe on a screen.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    text: &'a str,
    keep: Keep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Nothing,
    Breaks,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.text.chars() {
            let stays = self.keep == Keep::Breaks && matches!(character, '\n' | '\t');
            if !stays && is_unseen(character) {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}

/// Whether a character changes how the text around it is shown, or is not seen at all.
pub fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_or_a_reader_gets_through() {
        let name = "a\u{1b}[2J\nb\u{9b}31m\u{202e}c\u{200b}\u{7f}d";
        assert_eq!(shown(name).to_string(), "a\\u{1b}[2J\\u{a}b\\u{9b}31m\\u{202e}c\\u{200b}\\u{7f}d");
        assert_eq!(shown_lines("a\n\tb\r").to_string(), "a\n\tb\\u{d}");
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for name in ["Größe – 34 %", "日本語", "مرحبا", "emoji 🧱"] {
            assert_eq!(shown(name).to_string(), name);
        }
    }
}
