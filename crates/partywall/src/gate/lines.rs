//! Byte ranges of files as lines and columns.

use partywall_report::gate::GatePlace;

/// So many characters of a line are shown.
const SHOWN: usize = 160;

/// Where the lines of a text begin.
#[derive(Debug)]
pub(super) struct Lines {
    text: String,
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn of(text: String) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The line at a byte, from 1.
    pub(super) fn number(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte).max(1)
    }

    /// A line's text, without its end; lines count from 1.
    pub(super) fn line(&self, number: usize) -> &str {
        let start = number.checked_sub(1).and_then(|at| self.starts.get(at)).copied().unwrap_or(0);
        let end = self.starts.get(number).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    /// Line and column, from 1, columns in characters.
    fn position(&self, byte: usize) -> (usize, usize) {
        let number = self.number(byte);
        let start = self.starts.get(number - 1).copied().unwrap_or(0);
        let before = self.text.get(start..byte.min(self.text.len())).unwrap_or_default();
        (number, before.chars().count() + 1)
    }

    /// The place of a range.
    pub(super) fn place(&self, file: &str, span: &std::ops::Range<u32>) -> GatePlace {
        let at = |byte: u32| usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
        let (start, end) = (at(span.start), at(span.end).max(at(span.start)));
        // The end of a block's text is often the line's end that follows it.
        let within = self.text.get(start..end).unwrap_or_default().trim_end().len();
        let (line, column) = self.position(start);
        let (end_line, end_column) = self.position(start + within);
        let text: String = self.line(line).chars().take(SHOWN).collect();
        GatePlace { file: file.into(), line, column, end_line, end_column, text: Some(text.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_its_lines_and_columns_in_characters() {
        let text = "a = 1\nü = \"ö\"\n\nb {\n}\n";
        let lines = Lines::of(text.to_owned());
        let start = u32::try_from(text.find("\"ö").unwrap()).unwrap();
        let place = lines.place("m.tf", &(start..start + 4));
        assert_eq!((place.line, place.column, place.end_line, place.end_column), (2, 5, 2, 8));
        assert_eq!(place.text.as_deref(), Some("ü = \"ö\""));
        let start = u32::try_from(text.find('b').unwrap()).unwrap();
        let place = lines.place("m.tf", &(start..u32::MAX));
        assert_eq!((place.line, place.column, place.end_line, place.end_column), (4, 1, 5, 2));
    }
}
