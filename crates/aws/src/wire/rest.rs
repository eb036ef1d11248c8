//! The REST protocols: members spread over path, query, headers and body; the body is JSON or XML.

use http::HeaderMap;
use percent_encoding::{AsciiSet, utf8_percent_encode};
use serde_json::{Map, Value};

use super::query::UNRESERVED;
use super::{DecodeError, WireRequest, in_body, json, scalar, text, xml};
use crate::table::{Location, Member, Operation, Protocol, Service, Shape, Structure};

/// For a label `{Key+}`, whose slashes divide the path.
const UNRESERVED_AND_SLASH: &AsciiSet = &UNRESERVED.remove(b'/');

pub(super) fn encode(operation: Operation, params: &Map<String, Value>) -> WireRequest {
    let (service, model) = (operation.service, operation.model);
    let (path, fixed) = model.uri.split_once('?').unwrap_or((model.uri, ""));
    let mut request = WireRequest {
        method: model.method,
        path: path.to_owned(),
        query: fixed.to_owned(),
        ..WireRequest::default()
    };
    let Some(input) = model.input.and_then(|id| service.structure(id)) else { return request };
    for member in &input.members {
        let Some(value) = params.get(member.name).filter(|v| !v.is_null()) else { continue };
        let shape = service.shape(member.shape);
        match member.location {
            Location::Uri => request.path = fill(&request.path, member, &scalar::to_text(shape, value)),
            Location::Query => query_member(service, member, value, &mut request.query),
            Location::Header => {
                request
                    .headers
                    .push((member.wire().to_ascii_lowercase(), header_text(service, member, value)));
            }
            Location::Headers => {
                for (k, v) in value.as_object().into_iter().flatten() {
                    let name = format!("{}{k}", member.wire()).to_ascii_lowercase();
                    request.headers.push((name, scalar::to_text(None, v)));
                }
            }
            Location::Body | Location::Status => {}
        }
    }
    write_body(operation, input, params, &mut request);
    request
}

fn fill(path: &str, member: &Member, value: &str) -> String {
    let greedy = format!("{{{}+}}", member.wire());
    if path.contains(&greedy) {
        return path.replace(&greedy, &utf8_percent_encode(value, UNRESERVED_AND_SLASH).to_string());
    }
    path.replace(&format!("{{{}}}", member.wire()), &utf8_percent_encode(value, UNRESERVED).to_string())
}

fn query_member(service: &Service, member: &Member, value: &Value, query: &mut String) {
    match (service.shape(member.shape), value) {
        (Some(Shape::List { member: of, .. }), Value::Array(items)) => {
            for item in items {
                query_pair(query, member.wire(), &scalar::to_text(service.shape(*of), item));
            }
        }
        (Some(Shape::Map { .. }), Value::Object(entries)) => {
            for (key, value) in entries {
                let several = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                several.iter().for_each(|v| query_pair(query, key, &scalar::to_text(None, v)));
            }
        }
        (shape, value) => query_pair(query, member.wire(), &scalar::to_text(shape, value)),
    }
}

fn query_pair(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.extend(utf8_percent_encode(name, UNRESERVED));
    query.push('=');
    query.extend(utf8_percent_encode(value, UNRESERVED));
}

fn header_text(service: &Service, member: &Member, value: &Value) -> String {
    match (service.shape(member.shape), value) {
        (Some(Shape::List { member: of, .. }), Value::Array(items)) => {
            let items: Vec<_> = items.iter().map(|v| scalar::to_text(service.shape(*of), v)).collect();
            items.join(",")
        }
        (shape, value) => scalar::to_text(shape, value),
    }
}

fn write_body(
    operation: Operation,
    input: &Structure,
    params: &Map<String, Value>,
    request: &mut WireRequest,
) {
    let service = operation.service;
    let is_json = service.protocol == Protocol::RestJson;
    let (root, shape, given) = match service.payload(input) {
        Some(member) => match params.get(member.name) {
            Some(Value::Object(given)) => (Some(member.wire()), Some(member.shape), given),
            Some(Value::String(raw)) => {
                request.body = raw.clone().into_bytes();
                return;
            }
            _ => return,
        },
        None if input.members.iter().any(|m| in_body(m.location)) => {
            (operation.model.input_root, operation.model.input, params)
        }
        None => return,
    };
    let Some(shape) = shape else { return };
    if is_json {
        request.headers.push(("content-type".to_owned(), "application/json".to_owned()));
        request.body = json::structure_out(service, shape, given).to_string().into_bytes();
    } else {
        let root = root.unwrap_or(operation.model.name);
        request.headers.push(("content-type".to_owned(), "application/xml".to_owned()));
        request.body = xml::write(service, root, operation.model.input_namespace, shape, given).into_bytes();
    }
}

/// The members of an answer that stand in its body.
pub(super) fn body(
    service: &Service,
    output: &Structure,
    body: &[u8],
) -> Result<Map<String, Value>, DecodeError> {
    let is_json = service.protocol == Protocol::RestJson;
    let Some(member) = service.payload(output) else {
        return match is_json {
            true => json::decode(service, output, body),
            false if body.is_empty() || !output.members.iter().any(|m| in_body(m.location)) => Ok(Map::new()),
            false => xml::rooted(service, output, text(body)?),
        };
    };
    let mut answer = Map::new();
    if body.is_empty() {
        return Ok(answer);
    }
    let value = match service.shape(member.shape) {
        Some(Shape::Structure(s)) if is_json => Some(Value::Object(json::decode(service, s, body)?)),
        Some(Shape::Structure(s)) => Some(Value::Object(xml::rooted(service, s, text(body)?)?)),
        Some(Shape::Blob) => Some(Value::String(scalar::base64(body))),
        Some(Shape::String) => Some(Value::String(text(body)?.to_owned())),
        _ if is_json => json::value_in(service, member.shape, member.name, serde_json::from_slice(body)?, 0)?,
        _ => return Err(DecodeError::Type { member: member.name, expected: "body that can be read" }),
    };
    if let Some(value) = value {
        answer.insert(member.name.to_owned(), value);
    }
    Ok(answer)
}

/// The members of an answer that stand in its status and headers.
pub(super) fn head(
    service: &Service,
    output: &Structure,
    status: u16,
    headers: &HeaderMap,
    answer: &mut Map<String, Value>,
) -> Result<(), DecodeError> {
    for member in &output.members {
        match member.location {
            Location::Status => {
                answer.insert(member.name.to_owned(), status.into());
            }
            Location::Header => {
                let Some(raw) = headers.get(member.wire()) else { continue };
                let raw = String::from_utf8_lossy(raw.as_bytes());
                let value = match service.shape(member.shape) {
                    Some(Shape::List { .. }) => {
                        Some(raw.split(',').map(|v| Value::String(v.trim().to_owned())).collect())
                    }
                    shape => scalar::from_text(shape, member.name, &raw)?,
                };
                if let Some(value) = value {
                    answer.insert(member.name.to_owned(), value);
                }
            }
            Location::Headers => {
                let prefix = member.wire().to_ascii_lowercase();
                let entries = headers.iter().filter_map(|(name, value)| {
                    let key = name.as_str().strip_prefix(&prefix)?;
                    Some((key.to_owned(), Value::String(String::from_utf8_lossy(value.as_bytes()).into())))
                });
                answer.insert(member.name.to_owned(), Value::Object(entries.collect()));
            }
            Location::Body | Location::Uri | Location::Query => {}
        }
    }
    Ok(())
}
