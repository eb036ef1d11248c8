//! Lines and columns of places in a text that is read from its beginning to its end.

/// Walks forward through a text. Places are asked for in their order, so that all of them together cost one pass.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    offset: u64,
    line: u32,
    column: u32,
}

impl Cursor {
    pub(crate) fn new() -> Self {
        Self { offset: 0, line: 1, column: 1 }
    }

    /// Line and column, both from 1, of the byte at `at` of the whole text, of which `bytes` begins at `base`. A column
    /// is a character. A place before the last one that was asked for has that one's line.
    pub(crate) fn advance(&mut self, bytes: &[u8], base: u64, at: u64) -> (u32, u32) {
        let index = |offset: u64| usize::try_from(offset.saturating_sub(base)).unwrap_or(usize::MAX);
        let passed = bytes.get(index(self.offset)..index(at).min(bytes.len())).unwrap_or_default();
        let breaks = passed.iter().filter(|byte| **byte == b'\n').count();
        let tail = match passed.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => {
                self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
                self.column = 1;
                passed.get(last + 1..).unwrap_or_default()
            }
            None => passed,
        };
        let letters = tail.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        self.column = self.column.saturating_add(u32::try_from(letters).unwrap_or(u32::MAX));
        self.offset = self.offset.max(at);
        (self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let text = "aé\nb\n\nc".as_bytes();
        let mut cursor = Cursor::new();
        let places = [0, 1, 3, 4, 6, 7].map(|at| cursor.advance(text, 0, at));
        assert_eq!(places, [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (4, 1)]);
    }

    #[test]
    fn a_text_in_two_pieces_has_the_same_places() {
        let mut cursor = Cursor::new();
        assert_eq!(cursor.advance(b"ab\ncd", 0, 4), (2, 2));
        assert_eq!(cursor.advance(b"cd\nef", 3, 7), (3, 2));
    }
}
