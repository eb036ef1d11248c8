//! YAML, from the events of `saphyr-parser`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marks, StrInput, Tag};

use crate::document::{DEPTH_LIMIT, Documents, Entries, Entry, Fault, Form, Span, VALUE_LIMIT, Value, plain};

/// Lines that may be joined to the one before them.
const JOIN_LIMIT: usize = 64;
const NO_YAML: &str = "this is no YAML: ";

/// The documents of a file. `offset` is what stands before `text` in the file.
///
/// Other readers take a closing bracket that stands as far left as its key, and so do we: its line is read as
/// if it went on from the line before, in a copy of the same length.
pub(crate) fn read(text: &str, offset: u32) -> Documents {
    let mut text = Cow::Borrowed(text);
    let mut documents = attempt(&text, offset);
    for _ in 0..JOIN_LIMIT {
        let fault = documents.faults.last();
        let joined = fault
            .filter(|fault| {
                fault.what.strip_prefix(NO_YAML).is_some_and(|what| what.starts_with("invalid indentation"))
            })
            .and_then(|fault| joined_before(&text, fault.at.saturating_sub(offset) as usize));
        let Some(joined) = joined else { break };
        text = Cow::Owned(joined);
        documents = attempt(&text, offset);
    }
    documents
}

fn joined_before(text: &str, at: usize) -> Option<String> {
    let (before, rest) = text.split_at_checked(at)?;
    let line = before.trim_end_matches([' ', '\t']);
    if !rest.starts_with([']', '}', '"', '\'']) || !line.ends_with('\n') {
        return None;
    }
    let kept = line.trim_end_matches(['\r', '\n']);
    // A comment would take in what is joined to it.
    if kept.lines().next_back().is_some_and(|line| line.contains('#')) {
        return None;
    }
    Some(format!("{kept}{}{rest}", " ".repeat(before.len() - kept.len())))
}

fn attempt(text: &str, offset: u32) -> Documents {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        bytes: Bytes::of(text, offset),
        anchors: HashMap::new(),
        last: 0,
        values: 0,
        faults: Vec::new(),
        broken: false,
    };
    let mut roots = Vec::new();
    while !reader.broken {
        match reader.next() {
            Ok((Event::StreamEnd, _)) => break,
            Ok((Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing, _)) => {}
            Ok((event, span)) => match reader.node(event, span, 0) {
                Ok((value, _)) => roots.push(value),
                Err(fault) => reader.stop(fault),
            },
            Err(fault) => reader.stop(fault),
        }
    }
    Documents { roots, faults: reader.faults }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    bytes: Bytes<'t>,
    /// What was anchored, and how many values it holds.
    anchors: HashMap<usize, (Value, usize)>,
    /// The byte of the last event.
    last: u32,
    values: usize,
    faults: Vec<Fault>,
    /// Nothing more can be read of the file.
    broken: bool,
}

impl<'t> Reader<'t> {
    fn stop(&mut self, fault: Fault) {
        self.faults.push(fault);
        self.broken = true;
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.parser.next_event() {
            None => Ok((Event::StreamEnd, Span { start: self.last, end: self.last })),
            Some(Ok((event, Marks { start, end }))) => {
                let span = Span { start: self.bytes.byte(start.index()), end: self.bytes.byte(end.index()) };
                self.last = span.start;
                Ok((event, span))
            }
            Some(Err(error)) => {
                let at = self.bytes.byte(error.marker().index());
                if error.info().starts_with("recursion limit") {
                    return Err(Fault::too_deep(at));
                }
                let what = format!("{NO_YAML}{}", error.info().to_lowercase());
                Err(Fault::new(at, what, "mend it; what stands before it was read"))
            }
        }
    }

    /// A value and how many values are in it.
    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<(Value, usize), Fault> {
        if depth > DEPTH_LIMIT {
            return Err(Fault::too_deep(span.start));
        }
        self.count(1, span)?;
        let (value, size, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (self.scalar(&text, style, tag.as_deref(), span), 1, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                let (value, size) = self.list(span, depth)?;
                (tagged(value, tag.as_deref()), size, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                let (value, size) = self.map(span, depth)?;
                (tagged(value, tag.as_deref()), size, anchor)
            }
            Event::Alias(anchor) => {
                let Some((value, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(Fault::new(
                        span.start,
                        "the alias stands inside of what it repeats",
                        "write the value out",
                    ));
                };
                self.count(size, span)?;
                return Ok((Value { span, form: value.form }, size));
            }
            _ => return Err(Fault::new(span.start, "a value is missing here", "write one")),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), size));
        }
        Ok((value, size))
    }

    fn count(&mut self, size: usize, span: Span) -> Result<(), Fault> {
        self.values = self.values.saturating_add(size);
        if self.values > VALUE_LIMIT {
            let what =
                format!("the file holds more than {VALUE_LIMIT} values, those that aliases repeat counted");
            return Err(Fault::new(span.start, what, "split the template, or repeat less by aliases"));
        }
        Ok(())
    }

    fn list(&mut self, start: Span, depth: usize) -> Result<(Value, usize), Fault> {
        let (mut items, mut size, mut span) = (Vec::new(), 1, start);
        loop {
            match self.next()? {
                (Event::SequenceEnd, end) => {
                    return Ok((Value::list(closed(span, end), items), size));
                }
                (event, at) => {
                    let (item, more) = self.node(event, at, depth + 1)?;
                    span = span.to(item.span);
                    size += more;
                    items.push(item);
                }
            }
        }
    }

    /// Of a broken file the finished entries of the outer two maps are kept: sections, and resources in them.
    fn map(&mut self, start: Span, depth: usize) -> Result<(Value, usize), Fault> {
        let (mut entries, mut size, mut span) = (Entries::default(), 1, start);
        loop {
            match self.entry(depth, &mut entries) {
                Ok(Some(more)) => {
                    span = entries.list.last().map_or(span, |entry| span.to(entry.value.span));
                    size += more;
                    if self.broken {
                        return Ok((Value::map(span, entries.list), size));
                    }
                }
                Ok(None) => {
                    let end = Span { start: self.last, end: self.last };
                    return Ok((Value::map(closed(span, end), entries.list), size));
                }
                Err(fault) if depth <= 1 => {
                    self.stop(fault);
                    return Ok((Value::map(span, entries.list), size));
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Reads one entry and says how many values came with it, or none at the end of the map.
    fn entry(&mut self, depth: usize, entries: &mut Entries) -> Result<Option<usize>, Fault> {
        let (key, key_span) = match self.next()? {
            (Event::MappingEnd, span) => {
                self.last = span.end;
                return Ok(None);
            }
            (Event::Scalar(key, ..), span) => (key, span),
            (_, span) => return Err(Fault::new(span.start, "a key must be plain text", "write it as text")),
        };
        let (event, span) = self.next()?;
        let (value, size) = self.node(event, span, depth + 1)?;
        if key == "<<" && matches!(value.form, Form::Map(_)) {
            for entry in
                value.entries().iter().filter(|entry| !entries.has(&entry.key)).cloned().collect::<Vec<_>>()
            {
                entries.push(entry);
            }
            return Ok(Some(size));
        }
        let key: Arc<str> = key.into();
        let entry = Entry { key: key.clone(), key_span: self.bytes.trimmed(key_span), value };
        if !entries.push(entry) {
            let what = format!("the key `{key}` stands here twice; the later one counts");
            self.faults.push(Fault::new(key_span.start, what, "remove one"));
        }
        Ok(Some(size))
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Value {
        let span = self.bytes.trimmed(span);
        let is_text = style != ScalarStyle::Plain
            || tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
        let form = if is_text { Form::Text(text.into()) } else { plain(text) };
        let local = tag.filter(|tag| tag.handle == "!" && !tag.suffix.is_empty());
        match local {
            // The argument of a short tag is text whatever it looks like: `!Ref 1`.
            Some(_) => tagged(Value::text(span, text), tag),
            None => Value { span, form },
        }
    }
}

/// `!Name value` in its long form; other tags mean nothing here.
fn tagged(value: Value, tag: Option<&Tag>) -> Value {
    let Some(tag) = tag.filter(|tag| tag.handle == "!" && !tag.suffix.is_empty()) else { return value };
    let name = match &*tag.suffix {
        "Ref" | "Condition" => tag.suffix.clone(),
        suffix => format!("Fn::{suffix}"),
    };
    Value::call(value.span, &name, value)
}

/// The span of a collection: a flow collection ends with its bracket, a block collection with its last value.
fn closed(span: Span, end: Span) -> Span {
    if end.end > end.start { span.to(end) } else { span }
}

/// From the characters that the parser counts to bytes.
struct Bytes<'t> {
    text: &'t str,
    offset: u32,
    /// The byte of every 64th character; empty where all characters are one byte.
    marks: Vec<u32>,
}

const STRIDE: usize = 64;

impl<'t> Bytes<'t> {
    fn of(text: &'t str, offset: u32) -> Self {
        let marks = match text.is_ascii() {
            true => Vec::new(),
            false => text.char_indices().step_by(STRIDE).map(|(at, _)| small(at)).collect(),
        };
        Self { text, offset, marks }
    }

    fn byte(&self, index: usize) -> u32 {
        let at = if self.marks.is_empty() {
            index.min(self.text.len())
        } else {
            self.marks.get(index / STRIDE).map_or(self.text.len(), |mark| {
                let mark = *mark as usize;
                let rest = self.text.get(mark..).unwrap_or_default();
                rest.char_indices().nth(index % STRIDE).map_or(self.text.len(), |(at, _)| mark + at)
            })
        };
        self.offset.saturating_add(small(at))
    }

    /// A span without the white space at its end.
    fn trimmed(&self, span: Span) -> Span {
        let (from, to) = (span.start.saturating_sub(self.offset), span.end.saturating_sub(self.offset));
        let written = self.text.get(from as usize..to as usize).unwrap_or_default();
        Span { start: span.start, end: span.start + small(written.trim_end().len()) }
    }
}

fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
