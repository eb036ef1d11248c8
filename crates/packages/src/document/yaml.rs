//! YAML, from the events of `saphyr-parser`: the first document of a text.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

use super::{DEPTH_LIMIT, Entry, Fault, Form, VALUE_LIMIT, Value};

/// The value of a text, as far as it can be read.
pub(crate) fn read(text: &str) -> (Option<Value>, Option<Fault>) {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        values: 0,
        last: 1,
        fault: None,
    };
    loop {
        match reader.next() {
            Some((Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _)) => {}
            Some((Event::StreamEnd | Event::DocumentEnd, line)) => {
                return (None, Some(Fault::new(line, "the file is empty")));
            }
            Some((event, line)) => {
                let value = reader.value(event, line, 0);
                return (value, reader.fault);
            }
            None => return (None, reader.fault),
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Value>,
    values: usize,
    last: u32,
    fault: Option<Fault>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Option<(Event<'t>, u32)> {
        match self.parser.next_event()? {
            Ok((event, span)) => {
                self.last = u32::try_from(span.start.line()).unwrap_or(u32::MAX).max(1);
                Some((event, self.last))
            }
            Err(error) => {
                let line = u32::try_from(error.marker().line()).unwrap_or(u32::MAX).max(1);
                let what = format!("this is no YAML: {}", error.info().to_lowercase());
                self.fault.get_or_insert(Fault::new(line, what));
                None
            }
        }
    }

    fn value(&mut self, event: Event<'t>, line: u32, depth: usize) -> Option<Value> {
        if depth > DEPTH_LIMIT {
            self.fault.get_or_insert(Fault::too_deep(line));
            return None;
        }
        self.count(1, line)?;
        let (form, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => (scalar(&text, style), anchor),
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                while let Some((event, line)) = self.inside() {
                    items.extend(self.value(event, line, depth + 1));
                }
                (Form::List(items), anchor)
            }
            Event::MappingStart(anchor, _) => {
                let mut entries = Vec::new();
                while let Some((event, line)) = self.inside() {
                    let key = self.value(event, line, depth + 1);
                    let Some((event, at)) = self.inside() else { break };
                    let value = self.value(event, at, depth + 1);
                    if let (Some(Value { form: Form::Text(key), .. }), Some(value)) = (key, value) {
                        entries.push(Entry { key, line, value });
                    }
                }
                (Form::Map(entries), anchor)
            }
            Event::Alias(anchor) => {
                let size = size(self.anchors.get(&anchor)?);
                self.count(size, line)?;
                let form = self.anchors.get(&anchor)?.form.clone();
                return Some(Value { line, form });
            }
            _ => return None,
        };
        let value = Value { line, form };
        if anchor > 0 {
            self.count(size(&value), line)?;
            self.anchors.insert(anchor, value.clone());
        }
        Some(value)
    }

    fn count(&mut self, values: usize, line: u32) -> Option<()> {
        self.values = self.values.saturating_add(values);
        if self.values > VALUE_LIMIT {
            self.fault.get_or_insert(Fault::too_much(line));
            return None;
        }
        Some(())
    }

    /// What stands in a container; nothing at its end and behind a fault.
    fn inside(&mut self) -> Option<(Event<'t>, u32)> {
        if self.fault.is_some() {
            return None;
        }
        self.next().filter(|(event, _)| {
            !matches!(event, Event::SequenceEnd | Event::MappingEnd | Event::DocumentEnd | Event::StreamEnd)
        })
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Form {
    match (style, text) {
        (ScalarStyle::Plain, "" | "~" | "null") => Form::Null,
        (ScalarStyle::Plain, "true") => Form::Bool(true),
        (ScalarStyle::Plain, "false") => Form::Bool(false),
        _ => Form::Text(text.into()),
    }
}

fn size(value: &Value) -> usize {
    match &value.form {
        Form::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Form::Map(entries) => 1 + entries.iter().map(|entry| size(&entry.value)).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stay_as_they_are_written() {
        let (root, fault) = read("a:\n  version: 1.10\n  'b@1': {dev: true}\n");
        assert_eq!(fault, None);
        let root = root.unwrap();
        let a = root.get("a").unwrap();
        assert_eq!((a.word("version"), a.get("version").unwrap().line), (Some("1.10"), 2));
        assert!(a.get("b@1").unwrap().is_set("dev"));
    }

    #[test]
    fn what_stands_before_a_fault_is_kept() {
        let (root, fault) = read("a: x\nb: [1,\nc: }\n");
        assert_eq!(root.unwrap().word("a"), Some("x"));
        assert!(fault.unwrap().line >= 2);
    }

    #[test]
    fn repetition_of_repetition_is_bounded() {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for at in 1..12 {
            let item = format!("*a{}", at - 1);
            text.push_str(&format!("a{at}: &a{at} [{}]\n", vec![item; 10].join(",")));
        }
        let (_, fault) = read(&text);
        assert!(fault.unwrap().what.contains("more than"));
        assert!(read(&"[".repeat(100_000)).1.is_some());
    }
}
