//! Events become a tree in which each node has its line.

use std::collections::HashSet;

use partywall_model::Why;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

/// A deeper document than this is refused.
const DEPTH_LIMIT: usize = 64;
/// A larger document than this is refused, in bytes.
const SIZE_LIMIT: usize = 8 << 20;

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct YamlError {
    /// Line in the document, from 1.
    pub line: u32,
    /// What is wrong, lower-case.
    pub message: String,
}

impl YamlError {
    pub(super) fn new(line: u32, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) line: u32,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Unknown(Why),
    List(Vec<Tree>),
    Map(Vec<(String, u32, Tree)>),
}

impl Value {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::Unknown(_) => "an unknown",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// Reads one document.
pub(super) fn parse(text: &str) -> Result<Tree, YamlError> {
    if text.len() > SIZE_LIMIT {
        return Err(YamlError::new(1, format!("the document is larger than {SIZE_LIMIT} bytes")));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { parser: Parser::new_from_str(text), line: 1 };
    let mut root = None;
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => break,
            (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing, _) => {}
            (_, line) if root.is_some() => {
                return Err(YamlError::new(line, "more than one document in a file"));
            }
            (event, line) => root = Some(reader.node(event, line, 0)?),
        }
    }
    Ok(root.unwrap_or(Tree { line: 1, value: Value::Null }))
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    line: u32,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, u32), YamlError> {
        match self.parser.next_event() {
            None => Ok((Event::StreamEnd, self.line)),
            Some(Ok((event, Span { start, .. }))) => {
                self.line = u32::try_from(start.line()).unwrap_or(u32::MAX);
                Ok((event, self.line))
            }
            Some(Err(error)) => {
                let line = u32::try_from(error.marker().line()).unwrap_or(u32::MAX);
                Err(YamlError::new(line, error.info().to_lowercase()))
            }
        }
    }

    fn node(&mut self, event: Event<'a>, line: u32, depth: usize) -> Result<Tree, YamlError> {
        if depth > DEPTH_LIMIT {
            return Err(YamlError::new(line, format!("nested deeper than {DEPTH_LIMIT} levels")));
        }
        let value = match event {
            Event::Scalar(text, style, anchor, tag) => {
                no_anchor(anchor, line)?;
                scalar(&text, style, tag.as_deref(), line)?
            }
            Event::SequenceStart(anchor, tag) => {
                no_anchor(anchor, line)?;
                no_tag(tag.as_deref(), line)?;
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break Value::List(items),
                        (event, line) => items.push(self.node(event, line, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(anchor, tag) => {
                no_anchor(anchor, line)?;
                no_tag(tag.as_deref(), line)?;
                self.map(depth)?
            }
            Event::Alias(_) => {
                return Err(YamlError::new(line, "aliases (`*name`) are not read here; write it out"));
            }
            Event::StreamEnd | Event::DocumentEnd => {
                return Err(YamlError::new(line, "the document ends in the middle of a value"));
            }
            _ => return Err(YamlError::new(line, "a value is expected here")),
        };
        Ok(Tree { line, value })
    }

    fn map(&mut self, depth: usize) -> Result<Value, YamlError> {
        let mut entries = Vec::new();
        let mut seen = HashSet::new();
        loop {
            match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Map(entries)),
                (Event::Scalar(key, ..), line) => {
                    if !seen.insert(key.to_string()) {
                        return Err(YamlError::new(line, format!("the key `{key}` stands here twice")));
                    }
                    let (event, value_line) = self.next()?;
                    let value = self.node(event, value_line, depth + 1)?;
                    entries.push((key.into_owned(), line, value));
                }
                (_, line) => return Err(YamlError::new(line, "a key must be plain text")),
            }
        }
    }
}

fn no_anchor(anchor: usize, line: u32) -> Result<(), YamlError> {
    if anchor == 0 {
        return Ok(());
    }
    Err(YamlError::new(line, "anchors (`&name`) are not read here; write it out"))
}

fn no_tag(tag: Option<&Tag>, line: u32) -> Result<(), YamlError> {
    match tag {
        None => Ok(()),
        Some(tag) => {
            Err(YamlError::new(line, format!("the tag `{}{}` means nothing here", tag.handle, tag.suffix)))
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, line: u32) -> Result<Value, YamlError> {
    if let Some(tag) = tag {
        if tag.handle == "!" && tag.suffix == "unknown" {
            return Ok(Value::Unknown(Why::parse_short(text)));
        }
        no_tag(Some(tag), line)?;
    }
    if style != ScalarStyle::Plain {
        return Ok(Value::Text(text.to_owned()));
    }
    Ok(match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => number(text).unwrap_or_else(|| Value::Text(text.to_owned())),
    })
}

/// Decimal numbers only: `0x10`, `1_000`, `.inf` and a leading zero (account ids) stay text.
fn number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit())
        || (digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0."))
    {
        return None;
    }
    if let Ok(value) = text.parse() {
        return Some(Value::Int(value));
    }
    let is_decimal = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| is_decimal).map(Value::Float)
}
