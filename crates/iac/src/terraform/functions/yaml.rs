//! YAML for `yamldecode` and `yamlencode`. Aliases share what they name, so that they cannot blow it up.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::terraform::value::{Entries, Value, write_json_text};

const DEPTH_LIMIT: usize = 100;

enum Open {
    List(usize, Vec<Value>),
    Map(usize, Entries, Option<Value>),
}

/// The value of a YAML text; what is wrong with it otherwise.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: HashMap<usize, Value> = HashMap::new();
    let mut whole = Value::Null;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| format!("this is no valid YAML: {error}"))?;
        let value = match event {
            Event::SequenceStart(anchor, _) => {
                open.push(Open::List(anchor, Vec::new()));
                None
            }
            Event::MappingStart(anchor, _) => {
                open.push(Open::Map(anchor, Entries::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(anchor, items)) => Some((anchor, Value::list(items))),
                Some(Open::Map(anchor, entries, _)) => Some((anchor, Value::object(entries))),
                None => None,
            },
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none();
                Some((anchor, if plain { scalar(&text) } else { Value::text(&*text) }))
            }
            Event::Alias(anchor) => Some((0, anchors.get(&anchor).cloned().unwrap_or(Value::Null))),
            _ => None,
        };
        if open.len() > DEPTH_LIMIT {
            return Err(format!("the YAML is nested deeper than {DEPTH_LIMIT}"));
        }
        let Some((anchor, value)) = value else { continue };
        if anchor > 0 {
            anchors.insert(anchor, value.clone());
        }
        match open.last_mut() {
            Some(Open::List(_, items)) => items.push(value),
            Some(Open::Map(_, entries, key)) => match key.take() {
                None => *key = Some(value),
                Some(key) => {
                    let name = key.to_text().ok_or("a key is no text")?;
                    match (&*name, &value) {
                        ("<<", Value::Object(merged)) => {
                            for (name, value) in &merged.entries {
                                entries.entry(name.clone()).or_insert_with(|| value.clone());
                            }
                        }
                        _ => {
                            entries.insert(name, value);
                        }
                    }
                }
            },
            None => whole = value,
        }
    }
    Ok(whole)
}

fn scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => {
            let looks_numeric =
                text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
            if !looks_numeric {
                return Value::text(text);
            }
            match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(whole), _) => Value::Int(whole),
                (_, Ok(number)) if number.is_finite() => Value::number(number),
                _ => Value::text(text),
            }
        }
    }
}

/// A known value as `yamlencode` writes it.
pub(super) fn write(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(object) if !object.entries.is_empty() => write_map(&object.entries, 0, &mut out),
        Value::List(items) | Value::Set(items) if !items.is_empty() => write_list(items, 0, &mut out),
        other => {
            write_scalar(other, &mut out);
            out.push('\n');
        }
    }
    out
}

fn write_scalar(value: &Value, out: &mut String) {
    match value {
        Value::Text(text) => write_json_text(text, out),
        Value::List(_) | Value::Set(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
        other => out.push_str(other.to_text().as_deref().unwrap_or("null")),
    }
}

fn write_list(items: &[Value], indent: usize, out: &mut String) {
    for item in items {
        out.push_str(&" ".repeat(indent));
        out.push_str("- ");
        match item {
            Value::Object(object) if !object.entries.is_empty() => {
                let mut inner = String::new();
                write_map(&object.entries, indent + 2, &mut inner);
                out.push_str(inner.trim_start());
            }
            Value::List(inner_items) | Value::Set(inner_items) if !inner_items.is_empty() => {
                let mut inner = String::new();
                write_list(inner_items, indent + 2, &mut inner);
                out.push_str(inner.trim_start());
            }
            other => {
                write_scalar(other, out);
                out.push('\n');
            }
        }
    }
}

fn write_map(entries: &Entries, indent: usize, out: &mut String) {
    for (name, value) in entries {
        out.push_str(&" ".repeat(indent));
        write_json_text(name, out);
        out.push(':');
        match value {
            Value::Object(object) if !object.entries.is_empty() => {
                out.push('\n');
                write_map(&object.entries, indent + 2, out);
            }
            Value::List(items) | Value::Set(items) if !items.is_empty() => {
                out.push('\n');
                write_list(items, indent, out);
            }
            other => {
                out.push(' ');
                write_scalar(other, out);
                out.push('\n');
            }
        }
    }
}
