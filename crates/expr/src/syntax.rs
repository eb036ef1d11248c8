//! From text to CEL's syntax tree, with limits in front of the parser.
//!
//! The generated parser and the visitor behind it recurse, so what could exhaust a stack is refused before
//! they see it: [`Brackets::scan`] walks the text once, skips strings and comments, pairs brackets and counts
//! what nests. The rest runs on a thread with a stack that is large enough for these limits.

use std::ops::Range;
use std::panic::AssertUnwindSafe;

use cel::common::ast::{IdedExpr, SourceInfo};
use cel::parser::{ParseError, ParseErrors};

use crate::error::CompileError;

/// The longest source, in bytes.
pub(crate) const SOURCE_LIMIT: usize = 16 * 1024;
/// The deepest nesting of brackets.
const NESTING_LIMIT: usize = 32;
/// The most operators and dots; each may make the tree one level deeper.
const OPERATOR_LIMIT: usize = 1_000;
/// Stack for parsing within these limits; a test goes to each limit.
const STACK: usize = 64 * 1024 * 1024;
/// The most `?:`; in a chain each is nested in the one before.
const CONDITIONAL_LIMIT: usize = 60;
/// Nesting of expressions, counted by the parser; the two limits above keep below it.
const RECURSION_LIMIT: u16 = 100;

/// A parsed source.
pub(crate) struct Parsed<'s> {
    pub(crate) source: &'s str,
    pub(crate) tree: IdedExpr,
    info: SourceInfo,
    brackets: Brackets,
}

/// Parses `source` and hands the tree to `then`, all on a stack that is deep enough.
///
/// # Errors
/// Text that is no expression or beyond the limits, and what `then` finds wrong.
pub(crate) fn parse<T: Send>(
    source: &str,
    then: impl FnOnce(&Parsed<'_>) -> Result<T, CompileError> + Send,
) -> Result<T, CompileError> {
    if source.len() > SOURCE_LIMIT {
        let message =
            format!("the expression is {} bytes long, at most {SOURCE_LIMIT} are read", source.len());
        return Err(CompileError::new(message, 0..0));
    }
    let brackets = Brackets::scan(source)?;
    let work = move || {
        let (tree, info) = tree(source)?;
        then(&Parsed { source, tree, info, brackets })
    };
    let gave_up = |_| CompileError::new("the parser cannot read this expression", 0..source.len());
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
            // A defect of the parser's must not end a process that compiles a user's content.
            std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(gave_up(panic)))
        });
        match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| Err(gave_up(panic))),
            Err(error) => {
                Err(CompileError::new(format!("no thread for the parser could be started: {error}"), 0..0))
            }
        }
    })
}

fn tree(source: &str) -> Result<(IdedExpr, SourceInfo), CompileError> {
    // An environment without macros: `all`, `has` and the rest stay calls, which is what the lowering wants.
    cel::Env::default()
        .with_optional_support(false)
        .parser()
        .max_recursion_depth(RECURSION_LIMIT)
        .error_recovery_limit(2)
        .parse_with_source_info(source)
        .map_err(|errors| first_error(source, errors))
}

/// Says in our own words what the parser stumbled over first.
fn first_error(source: &str, errors: ParseErrors) -> CompileError {
    let Some(error) = errors.errors.into_iter().next() else {
        return CompileError::new("this is no expression", 0..source.len());
    };
    let ParseError { pos, msg, .. } = error;
    if pos.0 == 0 {
        return CompileError::new("the expression is nested too deeply", 0..source.len());
    }
    let start = offset(source, pos);
    let span = token_at(source, start);
    let word = source.get(span.clone()).unwrap_or_default();
    let message = if msg.contains("unsupported syntax") {
        "optional syntax (`.?`, `[?`) and backticks are not part of the language".to_owned()
    } else if msg.contains("reserved identifier") {
        format!("`{word}` is a reserved word")
    } else if msg.contains("invalid int") || msg.contains("invalid uint") || msg.contains("invalid double") {
        format!("`{word}` is no number that can be held")
    } else if msg.contains("invalid string") || msg.contains("invalid bytes") {
        "the string holds an escape that is not known".to_owned()
    } else if word.is_empty() {
        "the expression ends where more is needed".to_owned()
    } else {
        format!("`{word}` is not expected here")
    };
    CompileError::new(message, span)
}

/// The byte offset of a line and column, both counted from one, columns in characters.
fn offset(source: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let before: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = source.get(before..).unwrap_or_default();
    before + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

/// The word, or the one character, that begins at `start`.
fn token_at(source: &str, start: usize) -> Range<usize> {
    let rest = source.get(start..).unwrap_or_default();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let length = match rest.chars().next() {
        Some(first) if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
        Some(first) => first.len_utf8(),
        None => 0,
    };
    start..start + length
}

impl Parsed<'_> {
    /// The byte range of the token that made the node.
    pub(crate) fn token(&self, node: &IdedExpr) -> Range<usize> {
        let Some((start, stop)) = self.info.offset_for(node.id) else { return 0..self.source.len() };
        let last = self.source.get(stop as usize..).and_then(|rest| rest.chars().next());
        let end = stop as usize + last.map_or(0, char::len_utf8);
        start as usize..end.max(start as usize)
    }

    /// The end of what the bracket at `open` encloses, itself included.
    pub(crate) fn closed(&self, open: usize) -> usize {
        self.brackets.pairs.iter().find(|(from, _)| *from == open).map_or(open, |(_, close)| close + 1)
    }

    /// The smallest range around `span` that cuts no pair of brackets apart.
    pub(crate) fn balanced(&self, mut span: Range<usize>) -> Range<usize> {
        loop {
            let before = span.clone();
            for (open, close) in &self.brackets.pairs {
                if span.contains(open) && *close >= span.end {
                    span.end = close + 1;
                }
                if span.contains(close) && *open < span.start {
                    span.start = *open;
                }
            }
            if span == before {
                return span;
            }
        }
    }
}

/// Where brackets open and close.
struct Brackets {
    pairs: Vec<(usize, usize)>,
}

impl Brackets {
    fn scan(source: &str) -> Result<Self, CompileError> {
        let bytes = source.as_bytes();
        let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
        let mut pairs = Vec::new();
        let mut open: Vec<(u8, usize)> = Vec::new();
        let mut operators = 0;
        let mut conditionals = 0;
        let mut index = 0;
        while index < bytes.len() {
            let byte = at(index);
            match byte {
                b'"' | b'\'' => {
                    index = end_of_string(bytes, index, Escapes::Read)?;
                    continue;
                }
                b'/' if at(index + 1) == b'/' => {
                    while index < bytes.len() && at(index) != b'\n' {
                        index += 1;
                    }
                    continue;
                }
                b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                    let start = index;
                    while at(index).is_ascii_alphanumeric() || at(index) == b'_' {
                        index += 1;
                    }
                    let word = bytes.get(start..index).unwrap_or_default();
                    if matches!(at(index), b'"' | b'\'') {
                        match word {
                            b"r" | b"R" | b"br" | b"bR" | b"Br" | b"BR" => {
                                index = end_of_string(bytes, index, Escapes::Raw)?;
                            }
                            b"b" | b"B" => index = end_of_string(bytes, index, Escapes::Read)?,
                            _ => {}
                        }
                    }
                    operators += usize::from(word == b"in");
                    continue;
                }
                b'(' | b'[' | b'{' => {
                    operators += 1;
                    open.push((byte, index));
                    if open.len() > NESTING_LIMIT {
                        let message = format!("brackets are nested more than {NESTING_LIMIT} deep");
                        return Err(CompileError::new(message, index..index + 1));
                    }
                }
                b')' | b']' | b'}' => match open.pop() {
                    Some((kind, from)) if closing(kind) == byte => pairs.push((from, index)),
                    _ => {
                        let message = format!("`{}` closes nothing", char::from(byte));
                        return Err(CompileError::new(message, index..index + 1));
                    }
                },
                b'?' => conditionals += 1,
                b'.' | b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'!' => operators += 1,
                _ => {}
            }
            index += 1;
        }
        if let Some((kind, from)) = open.pop() {
            let message = format!("`{}` is never closed", char::from(kind));
            return Err(CompileError::new(message, from..from + 1));
        }
        if conditionals > CONDITIONAL_LIMIT {
            let message = format!("the expression has more than {CONDITIONAL_LIMIT} conditionals");
            return Err(CompileError::new(message, 0..source.len()));
        }
        if operators > OPERATOR_LIMIT {
            let message = format!("the expression has more than {OPERATOR_LIMIT} operators");
            return Err(CompileError::new(message, 0..source.len()));
        }
        Ok(Self { pairs })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Read,
    Raw,
}

/// The index after the string whose first quote is at `start`.
fn end_of_string(bytes: &[u8], start: usize, escapes: Escapes) -> Result<usize, CompileError> {
    let at = |index: usize| bytes.get(index).copied();
    let quote = at(start);
    let is_end = |index: usize| at(index) == quote && at(index + 1) == quote && at(index + 2) == quote;
    let triple = is_end(start);
    let mut index = if triple { start + 3 } else { start + 1 };
    while let Some(byte) = at(index) {
        if byte == b'\\' && escapes == Escapes::Read {
            index += 2;
        } else if triple && is_end(index) {
            return Ok(index + 3);
        } else if !triple && Some(byte) == quote {
            return Ok(index + 1);
        } else if !triple && byte == b'\n' {
            break;
        } else {
            index += 1;
        }
    }
    Err(CompileError::new("the string is never closed", start..start + 1))
}

fn closing(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}
