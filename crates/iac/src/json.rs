//! JSON with positions. A reader of its own, since JSON is not wholly YAML: tabs, `\/` and surrogate pairs.

use std::sync::Arc;

use crate::document::{DEPTH_LIMIT, Documents, Entries, Entry, Fault, Form, Span, VALUE_LIMIT, Value};

/// What may stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// JSON as RFC 8259 has it.
    Plain,
    /// With comments, and commas after the last element.
    Commented,
}

/// The document of a file. `offset` is what stands before `text` in the file.
pub(crate) fn read(text: &str, offset: u32, dialect: Dialect) -> Documents {
    let mut reader = Reader { text, at: 0, offset, dialect, values: 0, faults: Vec::new(), broken: false };
    let mut roots = Vec::new();
    match reader.value(0) {
        Ok(value) => roots.push(value),
        Err(fault) => reader.stop(fault),
    }
    reader.blank();
    if !reader.broken && reader.at < text.len() {
        let fault = reader.fault("there is more after the end of the document");
        reader.stop(fault);
    }
    Documents { roots, faults: reader.faults }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    offset: u32,
    dialect: Dialect,
    values: usize,
    faults: Vec<Fault>,
    broken: bool,
}

impl Reader<'_> {
    fn stop(&mut self, fault: Fault) {
        self.faults.push(fault);
        self.broken = true;
    }

    fn fault(&self, what: impl Into<String>) -> Fault {
        Fault::new(
            self.here(),
            format!("this is no JSON: {}", what.into()),
            "mend it; what stands before it was read",
        )
    }

    fn here(&self) -> u32 {
        self.offset.saturating_add(u32::try_from(self.at).unwrap_or(u32::MAX))
    }

    fn span_from(&self, start: u32) -> Span {
        Span { start, end: self.here() }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        loop {
            while self.peek().is_some_and(|byte| b" \t\r\n".contains(&byte)) {
                self.at += 1;
            }
            if self.dialect == Dialect::Plain || !self.steps_over_a_comment() {
                return;
            }
        }
    }

    /// `// to the end of the line` and `/* to the closing mark */`. One that does not end is none.
    fn steps_over_a_comment(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = match rest.get(..2) {
            Some("//") => rest.find('\n').or(Some(rest.len())),
            Some("/*") => rest.get(2..).and_then(|inner| inner.find("*/")).map(|inner| inner + 4),
            _ => None,
        };
        self.at += length.unwrap_or_default();
        length.is_some()
    }

    /// Steps over a comma that nothing follows.
    fn closes_after_a_comma(&mut self, closing: u8) -> bool {
        self.dialect == Dialect::Commented && self.eats(closing)
    }

    /// Steps over a byte, white space before it allowed.
    fn eats(&mut self, byte: u8) -> bool {
        self.blank();
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        self.blank();
        self.values += 1;
        if depth > DEPTH_LIMIT {
            return Err(Fault::too_deep(self.here()));
        }
        if self.values > VALUE_LIMIT {
            let what = format!("the file holds more than {VALUE_LIMIT} values");
            return Err(Fault::new(self.here(), what, "split the template"));
        }
        let start = self.here();
        match self.peek() {
            Some(b'{') => self.map(start, depth),
            Some(b'[') => self.list(start, depth),
            Some(b'"') => {
                let text = self.text()?;
                Ok(Value::text(self.span_from(start), text))
            }
            _ => self.literal(start),
        }
    }

    fn list(&mut self, start: u32, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        if !self.eats(b']') {
            loop {
                items.push(self.value(depth + 1)?);
                if self.eats(b']') {
                    break;
                }
                if !self.eats(b',') {
                    return Err(self.fault("`,` or `]` is missing"));
                }
                if self.closes_after_a_comma(b']') {
                    break;
                }
            }
        }
        Ok(Value::list(self.span_from(start), items))
    }

    /// Of a broken file the finished entries of the outer two maps are kept.
    fn map(&mut self, start: u32, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut entries = Entries::default();
        if self.eats(b'}') {
            return Ok(Value::map(self.span_from(start), entries.list));
        }
        loop {
            match self.entry(depth, &mut entries) {
                Ok(true) if !self.broken => {}
                Ok(_) => break,
                Err(fault) if depth <= 1 => {
                    self.stop(fault);
                    break;
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(Value::map(self.span_from(start), entries.list))
    }

    /// Reads one entry and says whether another follows.
    fn entry(&mut self, depth: usize, entries: &mut Entries) -> Result<bool, Fault> {
        self.blank();
        let start = self.here();
        if self.peek() != Some(b'"') {
            return Err(self.fault("a key in quotes is missing"));
        }
        let key: Arc<str> = self.text()?.into();
        let key_span = self.span_from(start);
        if !self.eats(b':') {
            return Err(self.fault("`:` is missing"));
        }
        let value = self.value(depth + 1)?;
        if !entries.push(Entry { key: key.clone(), key_span, value }) {
            let what = format!("the key `{key}` stands here twice; the later one counts");
            self.faults.push(Fault::new(start, what, "remove one"));
        }
        if self.broken || self.eats(b'}') {
            return Ok(false);
        }
        if self.eats(b',') {
            return Ok(!self.closes_after_a_comma(b'}'));
        }
        Err(self.fault("`,` or `}` is missing"))
    }

    fn literal(&mut self, start: u32) -> Result<Value, Fault> {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
            self.at += 1;
        }
        let word = self.text.get(from..self.at).unwrap_or_default();
        let form = match word {
            "null" => Form::Null,
            "true" => Form::Bool(true),
            "false" => Form::Bool(false),
            word => match (word.parse(), word.parse::<f64>()) {
                (Ok(number), _) => Form::Int(number),
                // `NaN` and `inf` are numbers to the parser only.
                (_, Ok(number)) if number.is_finite() => Form::Float(number),
                _ => {
                    self.at = from;
                    return Err(self.fault("a value is missing"));
                }
            },
        };
        Ok(Value { span: self.span_from(start), form })
    }

    fn text(&mut self) -> Result<String, Fault> {
        let opening = self.here();
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(stop) = rest.find(['"', '\\']) else {
                return Err(Fault::new(
                    opening,
                    "this is no JSON: the text does not end",
                    "close it with `\"`",
                ));
            };
            text.push_str(rest.get(..stop).unwrap_or_default());
            self.at += stop + 1;
            if rest.as_bytes().get(stop) == Some(&b'"') {
                return Ok(text);
            }
            text.push(self.escape()?);
        }
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Result<char, Fault> {
        let Some(letter) = self.peek() else { return Err(self.fault("the text does not end")) };
        self.at += 1;
        Ok(match letter {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => return self.unicode(),
            b'"' | b'\\' | b'/' => char::from(letter),
            _ => {
                self.at -= 1;
                return Err(self.fault("nothing has this after `\\`"));
            }
        })
    }

    fn unicode(&mut self) -> Result<char, Fault> {
        let high = self.hex()?;
        if !(0xd800..0xdc00).contains(&high) {
            return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let follows = self.text.get(self.at..).unwrap_or_default().starts_with("\\u");
        if !follows {
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        self.at += 2;
        let low = self.hex()?;
        let joined = 0x10000 + ((high - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff);
        Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let digits = self.text.get(self.at..self.at + 4);
        let Some(number) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            return Err(self.fault("four hexadecimal digits are missing"));
        };
        self.at += 4;
        Ok(number)
    }
}
