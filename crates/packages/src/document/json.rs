//! JSON (RFC 8259), with what stands before a fault kept.

use super::{DEPTH_LIMIT, Entry, Fault, Form, VALUE_LIMIT, Value};

/// The value of a text, as far as it can be read.
pub(crate) fn read(text: &str) -> (Option<Value>, Option<Fault>) {
    let mut reader = Reader { text, at: 0, line: 1, values: 0, fault: None };
    reader.space();
    if reader.peek().is_none() {
        return (None, Some(Fault::new(1, "the file is empty")));
    }
    let value = reader.value(0);
    reader.space();
    if reader.fault.is_none() && reader.peek().is_some() {
        reader.stop("something stands behind the end of the document");
    }
    (value, reader.fault)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    values: usize,
    fault: Option<Fault>,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn stop(&mut self, what: &str) {
        if self.fault.is_none() {
            self.fault = Some(Fault::new(self.line, format!("this is no JSON: {what}")));
        }
    }

    fn space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.line = self.line.saturating_add(u32::from(byte == b'\n'));
            self.at += 1;
        }
    }

    /// Nothing where none begins. A container that is cut off has what stands in it.
    fn value(&mut self, depth: usize) -> Option<Value> {
        self.values += 1;
        if depth > DEPTH_LIMIT || self.values > VALUE_LIMIT {
            let full = if depth > DEPTH_LIMIT { Fault::too_deep } else { Fault::too_much };
            self.fault.get_or_insert(full(self.line));
            return None;
        }
        let line = self.line;
        let form = match self.peek() {
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Form::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => Form::Text(self.word().into()),
            Some(b't' | b'f' | b'n') => match self.word() {
                "true" => Form::Bool(true),
                "false" => Form::Bool(false),
                "null" => Form::Null,
                _ => {
                    self.stop("a word is neither `true`, `false` nor `null`");
                    return None;
                }
            },
            Some(_) => {
                self.stop("a value is expected");
                return None;
            }
            None => {
                self.stop("it ends in the middle");
                return None;
            }
        };
        Some(Value { line, form })
    }

    fn word(&mut self) -> &'t str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')))
            .unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn map(&mut self, depth: usize) -> Form {
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.space();
            match self.peek() {
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                Some(b'"') => {}
                Some(_) => self.stop("a key in quotes is expected"),
                None => self.stop("it ends in the middle"),
            }
            if self.fault.is_some() {
                break;
            }
            let line = self.line;
            let Some(key) = self.string() else { break };
            self.space();
            if !self.takes(b':') {
                self.stop("a colon is expected");
                break;
            }
            self.space();
            if let Some(value) = self.value(depth + 1) {
                entries.push(Entry { key, line, value });
            }
            if self.fault.is_some() || !self.goes_on(b'}') {
                break;
            }
        }
        Form::Map(entries)
    }

    fn list(&mut self, depth: usize) -> Form {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.space();
            if self.takes(b']') {
                break;
            }
            items.extend(self.value(depth + 1));
            if self.fault.is_some() || !self.goes_on(b']') {
                break;
            }
        }
        Form::List(items)
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    /// Behind an item: whether another may follow.
    fn goes_on(&mut self, end: u8) -> bool {
        self.space();
        if self.takes(b',') {
            return true;
        }
        if !self.takes(end) {
            self.stop(match self.peek() {
                Some(_) => "a comma is expected",
                None => "it ends in the middle",
            });
        }
        false
    }

    fn string(&mut self) -> Option<Box<str>> {
        self.at += 1;
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(b'\n') => {
                    self.stop("a string is not closed on its line");
                    return None;
                }
                Some(_) => self.at += 1,
                None => {
                    self.at = bytes.len();
                    self.stop("it ends in the middle");
                    return None;
                }
            }
        }
        let written = self.text.get(start..self.at).unwrap_or_default();
        self.at += 1;
        Some(if escaped { unescaped(written).into() } else { written.into() })
    }
}

fn unescaped(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut units: Vec<u16> = Vec::new();
    let mut rest = written;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        if !before.is_empty() {
            flush(&mut units, &mut text);
            text.push_str(before);
        }
        let mut characters = after.chars();
        characters.next();
        let kind = characters.next();
        rest = characters.as_str();
        if kind == Some('u') {
            let unit = rest.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
            units.push(unit.unwrap_or(0xfffd));
            rest = if unit.is_some() { rest.get(4..).unwrap_or_default() } else { rest };
            continue;
        }
        flush(&mut units, &mut text);
        text.extend(kind.map(|kind| match kind {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            other => other,
        }));
    }
    flush(&mut units, &mut text);
    text.push_str(rest);
    text
}

fn flush(units: &mut Vec<u16>, text: &mut String) {
    text.extend(char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or('\u{fffd}')));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines() {
        let (root, fault) = read("{\n  \"a\": {\n    \"b\": [1.10,\n true, null]\n  }\n}\n");
        assert_eq!(fault, None);
        let root = root.unwrap();
        let list = root.get("a").unwrap().get("b").unwrap();
        assert_eq!((list.line, list.items()[1].line), (3, 4));
        assert_eq!(list.items()[0].text(), Some("1.10"));
    }

    #[test]
    fn escapes_are_read_as_the_characters_that_they_are() {
        let (root, _) = read(r#"{"a\/\u0062": "\ud83d\ude00\n\"\\"}"#);
        assert_eq!(root.unwrap().word("a/b"), Some("\u{1f600}\n\"\\"));
    }

    #[test]
    fn what_stands_before_a_fault_is_kept() {
        for (text, line) in
            [("{\"a\": 1,\n \"b\": ", 2), ("{\"a\": 1,\n oops}", 2), ("{\"a\": 1\n\"b\": 2}", 2)]
        {
            let (root, fault) = read(text);
            assert_eq!(root.unwrap().word("a"), Some("1"), "{text}");
            assert_eq!(fault.unwrap().line, line, "{text}");
        }
    }

    #[test]
    fn a_million_brackets_are_refused() {
        let (_, fault) = read(&"[".repeat(1_000_000));
        assert!(fault.unwrap().what.contains("deeper"));
        assert!(read("").1.is_some() && read("{} {}").1.is_some());
    }
}
