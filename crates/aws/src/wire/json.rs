//! The JSON protocol: one address, the operation in a header, bodies of JSON both ways.

use serde_json::{Map, Number, Value};

use super::{DEEPEST, DecodeError, WireRequest, in_body, scalar};
use crate::table::{Operation, Service, Shape, Structure, TimeFormat};

pub(super) fn encode(operation: Operation, params: &Map<String, Value>) -> WireRequest {
    let service = operation.service;
    let version = service.json_version.unwrap_or("1.0");
    let target = service.target_prefix.unwrap_or(service.id);
    let body = match operation.model.input {
        Some(input) => structure_out(service, input, params),
        None => Value::Object(Map::new()),
    };
    WireRequest {
        method: "POST",
        path: "/".to_owned(),
        query: String::new(),
        headers: vec![
            ("content-type".to_owned(), format!("application/x-amz-json-{version}")),
            ("x-amz-target".to_owned(), format!("{target}.{}", operation.model.name)),
        ],
        body: body.to_string().into_bytes(),
    }
}

pub(super) fn structure_out(service: &Service, shape: u32, given: &Map<String, Value>) -> Value {
    let mut out = Map::new();
    if let Some(structure) = service.structure(shape) {
        for member in structure.members.iter().filter(|m| in_body(m.location)) {
            if let Some(value) = given.get(member.name).filter(|v| !v.is_null()) {
                out.insert(member.wire().to_owned(), value_out(service, member.shape, value));
            }
        }
    }
    Value::Object(out)
}

fn value_out(service: &Service, shape: u32, value: &Value) -> Value {
    match (service.shape(shape), value) {
        (Some(Shape::Structure(_)), Value::Object(given)) => structure_out(service, shape, given),
        (Some(Shape::List { member, .. }), Value::Array(items)) => {
            items.iter().map(|v| value_out(service, *member, v)).collect()
        }
        (Some(Shape::Map { value: of, .. }), Value::Object(entries)) => {
            entries.iter().map(|(k, v)| (k.clone(), value_out(service, *of, v))).collect()
        }
        (Some(Shape::Timestamp(TimeFormat::Unix)), Value::String(s)) => match scalar::time(s) {
            Some(t) => Value::Number(Number::from(t.as_second())),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

pub(super) fn decode(
    service: &Service,
    output: &Structure,
    body: &[u8],
) -> Result<Map<String, Value>, DecodeError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body)? {
        Value::Object(given) => structure_in(service, output, given, 0),
        Value::Null => Ok(Map::new()),
        _ => Err(DecodeError::Type { member: "the body", expected: "object" }),
    }
}

pub(super) fn structure_in(
    service: &Service,
    structure: &Structure,
    given: Map<String, Value>,
    depth: usize,
) -> Result<Map<String, Value>, DecodeError> {
    let mut out = Map::new();
    for (name, value) in given {
        let Some(member) = structure.members.iter().find(|m| in_body(m.location) && m.wire() == name) else {
            continue;
        };
        if let Some(value) = value_in(service, member.shape, member.name, value, depth + 1)? {
            out.insert(member.name.to_owned(), value);
        }
    }
    Ok(out)
}

/// `None` for a null: the member is missing.
pub(super) fn value_in(
    service: &Service,
    shape: u32,
    member: &'static str,
    value: Value,
    depth: usize,
) -> Result<Option<Value>, DecodeError> {
    if depth > DEEPEST {
        return Err(DecodeError::TooDeep);
    }
    let shape = service.shape(shape);
    let wrong = |expected| Err(DecodeError::Type { member, expected });
    Ok(Some(match (shape, value) {
        (_, Value::Null) => return Ok(None),
        (Some(Shape::Structure(s)), Value::Object(given)) => {
            Value::Object(structure_in(service, s, given, depth)?)
        }
        (Some(Shape::List { member: of, .. }), Value::Array(items)) => {
            let mut out = Vec::with_capacity(items.len());
            for item in items {
                // A null in a list is kept: the positions may mean something.
                out.push(value_in(service, *of, member, item, depth + 1)?.unwrap_or(Value::Null));
            }
            Value::Array(out)
        }
        (Some(Shape::Map { value: of, .. }), Value::Object(entries)) => {
            let mut out = Map::new();
            for (key, item) in entries {
                if let Some(item) = value_in(service, *of, member, item, depth + 1)? {
                    out.insert(key, item);
                }
            }
            Value::Object(out)
        }
        (Some(Shape::Structure(_) | Shape::Map { .. }), _) => return wrong("object"),
        (Some(Shape::List { .. }), _) => return wrong("list"),
        (Some(Shape::Timestamp(_)), Value::Number(n)) => {
            match n.as_f64().and_then(scalar::seconds_since_epoch) {
                Some(t) => Value::String(t.to_string()),
                None => return wrong("time"),
            }
        }
        (Some(Shape::Integer), Value::Number(n)) if n.is_i64() || n.is_u64() => Value::Number(n),
        (Some(Shape::Float), Value::Number(n)) => Value::Number(n),
        (Some(Shape::Boolean), Value::Bool(b)) => Value::Bool(b),
        (Some(Shape::String | Shape::Blob), Value::String(s)) => Value::String(s),
        (Some(Shape::Document), any) => any,
        (shape @ Some(Shape::Integer | Shape::Float | Shape::Boolean | Shape::Timestamp(_)), other) => {
            let text = match other {
                Value::String(s) => s,
                Value::Number(n) => n.to_string(),
                Value::Bool(_) | Value::Array(_) | Value::Object(_) | Value::Null => {
                    return wrong("value of its type");
                }
            };
            return scalar::from_text(shape, member, &text);
        }
        // A text that came as a number or truth value.
        (Some(Shape::String), Value::Number(n)) => Value::String(n.to_string()),
        (Some(Shape::String), Value::Bool(b)) => Value::String(b.to_string()),
        (Some(Shape::String | Shape::Blob), _) => return wrong("text"),
        (None, _) => return Ok(None),
    }))
}
