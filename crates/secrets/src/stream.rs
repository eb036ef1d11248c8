//! Scans a text of any size with a bounded part of it in memory.

use std::io::{self, Read};
use std::ops::Range;

use crate::allowance::Comment;
use crate::cursor::Cursor;
use crate::scanner::{Found, Scanner};

/// So much of a text is in memory at once, in bytes.
const CHUNK: usize = 4 << 20;
/// So much of it is read a second time with what follows, so that no secret is cut in two. Longer than the reach of any
/// rule.
const OVERLAP: usize = 64 << 10;
/// A zero byte in so many bytes from the beginning makes a file a binary one.
const HEAD: usize = 8 << 10;

/// What was found in a whole text.
#[derive(Debug, Default)]
pub(crate) struct TextScan {
    pub(crate) found: Vec<Placed>,
    pub(crate) comments: Vec<(u32, Comment)>,
    pub(crate) bytes: u64,
    pub(crate) gave_up: Option<Box<str>>,
}

/// A find with its place in the whole text.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) found: Found,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) span: Range<u64>,
}

/// A text, or none.
#[derive(Debug)]
pub(crate) enum Reading {
    Text(TextScan),
    Binary,
}

/// Reads a text to its end. `buffer` is used again for the next one.
pub(crate) fn scan(
    scanner: &Scanner,
    path: &str,
    mut from: impl Read,
    buffer: &mut Vec<u8>,
) -> io::Result<Reading> {
    let mut result = TextScan::default();
    let mut cursor = Cursor::new();
    // Offset of the buffer in the text, and from where on finds are new.
    let (mut base, mut fresh) = (0_u64, 0_u64);
    buffer.clear();
    loop {
        let room = CHUNK.saturating_sub(buffer.len()).max(OVERLAP);
        let read = from.by_ref().take(room as u64).read_to_end(buffer)?;
        let is_last = read < room;
        if base == 0 && result.bytes == 0 && buffer.iter().take(HEAD).any(|byte| *byte == 0) {
            return Ok(Reading::Binary);
        }
        result.bytes += read as u64;
        let end = base + buffer.len() as u64;
        let settled = if is_last { end } else { end.saturating_sub(OVERLAP as u64) };
        piece(scanner, path, &Piece { bytes: buffer, base, fresh, settled }, &mut cursor, &mut result);
        if is_last || result.gave_up.is_some() {
            return Ok(Reading::Text(result));
        }
        let keep = buffer.len().saturating_sub(2 * OVERLAP);
        cursor.advance(buffer, base, settled);
        buffer.drain(..keep);
        base += keep as u64;
        fresh = settled;
    }
}

/// A part of a text. Finds that begin from `fresh` to `settled` belong to it.
struct Piece<'a> {
    bytes: &'a [u8],
    base: u64,
    fresh: u64,
    settled: u64,
}

fn piece(scanner: &Scanner, path: &str, piece: &Piece<'_>, cursor: &mut Cursor, result: &mut TextScan) {
    let scan = scanner.scan(path, piece.bytes);
    let whole = |at: usize| piece.base + at as u64;
    let is_own = |at: usize| (piece.fresh..piece.settled).contains(&whole(at));
    let mut lines = cursor.clone();
    for found in scan.found.into_iter().filter(|found| is_own(found.span.start)) {
        let (line, column) = lines.advance(piece.bytes, piece.base, whole(found.span.start));
        let span = whole(found.span.start)..whole(found.span.end);
        result.found.push(Placed { found, line, column, span });
    }
    for (at, comment) in scan.comments.into_iter().filter(|(at, _)| is_own(*at)) {
        let (line, _) = cursor.advance(piece.bytes, piece.base, whole(at));
        result.comments.push((line, comment));
    }
    if result.gave_up.is_none() {
        result.gave_up = scan.gave_up;
    }
}
