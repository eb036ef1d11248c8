//! A scanner that knows strings, heredocs, comments and brackets, and nothing else of HCL.
//!
//! It is asked only about a file that the parser refused: where its top-level items begin and end, what is
//! never closed, and how the file reads with the newlines inside brackets turned into blanks.

use std::ops::Range;

/// What the scanner saw.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The top-level items.
    pub(super) items: Vec<Range<usize>>,
    /// The text with newlines inside brackets, and comments there, as blanks; of the same length.
    pub(super) joined: String,
    /// Things that are never closed.
    pub(super) unclosed: Vec<Unclosed>,
}

/// Something that is opened and never closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclosed {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Brace,
    ForBrace,
    Round,
    Square,
    Quote,
    Interpolation,
}

/// More unclosed things than this are not looked into; the file is no Terraform.
const UNCLOSED_LIMIT: usize = 64;

/// Words that begin a block at the left margin; there the scan takes its bearings again.
const BLOCK_WORDS: &[&str] = &[
    "resource",
    "data",
    "variable",
    "output",
    "module",
    "locals",
    "provider",
    "terraform",
    "moved",
    "import",
    "removed",
    "check",
    "ephemeral",
];

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    stack: Vec<(Mode, usize)>,
    item: Option<usize>,
    joined: Vec<u8>,
    scan: Scan,
}

/// Scans a text.
pub(super) fn scan(text: &str) -> Scan {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        stack: Vec::new(),
        item: None,
        joined: text.as_bytes().to_vec(),
        scan: Scan::default(),
    };
    scanner.run();
    scanner.scan.joined = String::from_utf8(scanner.joined).unwrap_or_else(|_| text.to_owned());
    scanner.scan
}

impl Scanner<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn run(&mut self) {
        while self.at < self.bytes.len() {
            if self.begins_block() {
                self.give_up_open();
            }
            match self.stack.last() {
                Some((Mode::Quote, _)) => self.in_quote(),
                _ => self.in_code(),
            }
        }
        self.give_up_open();
        self.end_item(self.bytes.len());
    }

    /// Whether a block begins at the left margin although something is still open.
    fn begins_block(&self) -> bool {
        if self.stack.is_empty() || (self.at > 0 && self.byte(self.at - 1) != b'\n') {
            return false;
        }
        let line = self.text.get(self.at..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let Some(word) = line.split([' ', '{', '"']).next() else { return false };
        BLOCK_WORDS.contains(&word) && line.trim_end().ends_with(['{', '}'])
    }

    fn give_up_open(&mut self) {
        if let Some((mode, at)) = self.stack.first().copied() {
            let (mode, at) = match self.stack.last() {
                Some((Mode::Quote, inner)) => (Mode::Quote, *inner),
                _ => (mode, at),
            };
            let what = match mode {
                Mode::Brace | Mode::ForBrace => "the brace `{`",
                Mode::Round => "the bracket `(`",
                Mode::Square => "the bracket `[`",
                Mode::Quote => "the string",
                Mode::Interpolation => "the interpolation `${`",
            };
            self.unclosed(at, what);
            self.stack.clear();
            self.end_item(self.at);
        }
    }

    fn unclosed(&mut self, at: usize, what: &'static str) {
        if self.scan.unclosed.len() < UNCLOSED_LIMIT {
            self.scan.unclosed.push(Unclosed { at, what });
        }
    }

    fn end_item(&mut self, end: usize) {
        if let Some(start) = self.item.take() {
            self.scan.items.push(start..end.min(self.bytes.len()));
        }
    }

    /// Whether a newline here separates nothing.
    fn joins_lines(&self) -> bool {
        !matches!(self.stack.last(), None | Some((Mode::Brace, _)))
    }

    fn in_code(&mut self) {
        let byte = self.byte(self.at);
        match byte {
            b'\n' => {
                if self.joins_lines() {
                    self.blank(self.at..self.at + 1);
                }
                self.at += 1;
                if self.stack.is_empty() {
                    self.end_item(self.at);
                }
                return;
            }
            b' ' | b'\t' | b'\r' => {
                self.at += 1;
                return;
            }
            b'#' => return self.line_comment(),
            b'/' if self.byte(self.at + 1) == b'/' => return self.line_comment(),
            b'/' if self.byte(self.at + 1) == b'*' => return self.block_comment(),
            _ => {}
        }
        if self.item.is_none() {
            self.item = Some(self.at);
        }
        match byte {
            b'"' => self.open(Mode::Quote, 1),
            b'(' => self.open(Mode::Round, 1),
            b'[' => self.open(Mode::Square, 1),
            b'{' => {
                let mode = if self.for_follows() { Mode::ForBrace } else { Mode::Brace };
                self.open(mode, 1);
            }
            b')' | b']' | b'}' => {
                self.stack.pop();
                self.at += 1;
            }
            b'<' if self.byte(self.at + 1) == b'<' => self.heredoc(),
            _ => self.at += 1,
        }
    }

    fn open(&mut self, mode: Mode, length: usize) {
        self.stack.push((mode, self.at));
        self.at += length;
    }

    fn for_follows(&self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or_default().trim_start();
        rest.strip_prefix("for").is_some_and(|rest| rest.starts_with([' ', '\t', '\n', '\r']))
    }

    fn in_quote(&mut self) {
        match (self.byte(self.at), self.byte(self.at + 1)) {
            (b'\\', _) => self.at += 2,
            (b'"', _) => {
                self.stack.pop();
                self.at += 1;
            }
            (b'$', b'$') | (b'%', b'%') if self.byte(self.at + 2) == b'{' => self.at += 3,
            (b'$' | b'%', b'{') => self.open(Mode::Interpolation, 2),
            (b'\n', _) => {
                // A quoted string ends on its own line.
                if let Some((_, at)) = self.stack.pop() {
                    self.unclosed(at, "the string");
                }
            }
            _ => self.at += 1,
        }
    }

    fn line_comment(&mut self) {
        let end = self.line_end(self.at);
        if self.joins_lines() {
            self.blank(self.at..end);
        }
        self.at = end;
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let body = self.text.get(start + 2..).unwrap_or_default();
        match body.find("*/") {
            Some(length) => self.at = start + 2 + length + 2,
            None => {
                self.unclosed(start, "the comment `/*`");
                self.at = self.bytes.len();
            }
        }
        if self.joins_lines() {
            self.blank(start..self.at);
        }
    }

    fn heredoc(&mut self) {
        let start = self.at;
        let line_end = self.line_end(start);
        let head = self.text.get(start + 2..line_end).unwrap_or_default();
        let delimiter = head.strip_prefix('-').unwrap_or(head).trim_end();
        // Looking for an end that is not there, over and over, would take for ever.
        let hopeless = self.scan.unclosed.len() >= UNCLOSED_LIMIT;
        if hopeless
            || delimiter.is_empty()
            || !delimiter.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        {
            self.at += 2;
            return;
        }
        let mut line = line_end + 1;
        while line < self.bytes.len() {
            let end = self.line_end(line);
            let content = self.text.get(line..end).unwrap_or_default().trim();
            if let Some(rest) = content.strip_prefix(delimiter)
                && !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            {
                let indent = self.text.get(line..end).unwrap_or_default();
                self.at = line + (indent.len() - indent.trim_start().len()) + delimiter.len();
                return;
            }
            line = end + 1;
        }
        self.unclosed(start, "the heredoc");
        self.at = line_end;
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        rest.iter().position(|byte| *byte == b'\n').map_or(self.bytes.len(), |length| from + length)
    }

    fn blank(&mut self, range: Range<usize>) {
        if let Some(bytes) = self.joined.get_mut(range) {
            bytes.fill(b' ');
        }
    }
}
