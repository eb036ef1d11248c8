//! Functions that encode and decode: JSON, YAML, CSV, Base64, URLs.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Call, Result, Step, Stop, done, yaml};
use crate::terraform::policy_document::{encoded, from_json};
use crate::terraform::syntax;
use crate::terraform::value::{Entries, Value};

/// What Go's `url.QueryEscape` leaves as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(super) fn call(call: &Call<'_>) -> Option<Result> {
    done(match call.name {
        "jsonencode" => Ok(match call.arguments.first() {
            Some(Value::Unknown(why)) => Value::Unknown(why.clone()),
            Some(value) => encoded(value.clone()),
            None => Value::Null,
        }),
        "jsondecode" => decode(call),
        "yamldecode" => decode_yaml(call),
        "yamlencode" => call.whole(0).map(|value| Value::text(yaml::write(value))),
        "base64encode" => call.text(0).map(|text| Value::text(STANDARD.encode(text.as_bytes()))),
        "base64decode" => decode_base64(call),
        "textencodebase64" => encode_text(call),
        "textdecodebase64" => decode_text(call),
        "csvdecode" => decode_csv(call),
        "urlencode" => call
            .text(0)
            .map(|text| Value::text(utf8_percent_encode(&text, QUERY).to_string().replace("%20", "+"))),
        "urldecode" => call.text(0).map(|text| {
            Value::text(percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned())
        }),
        _ => return None,
    })
}

fn decode(call: &Call<'_>) -> Step<Value> {
    if let Some(Value::Json(tree)) = call.arguments.first() {
        return Ok((**tree).clone());
    }
    let text = call.text(0)?;
    match syntax::parse_json(&text, 0) {
        Ok(json) => Ok(from_json(&json)),
        Err(fault) => call.wrong(format!("this is no valid JSON: {}", fault.what)),
    }
}

fn decode_yaml(call: &Call<'_>) -> Step<Value> {
    if let Some(Value::Json(tree)) = call.arguments.first() {
        return Ok(Rc::unwrap_or_clone(tree.clone()));
    }
    match yaml::read(&call.text(0)?) {
        Ok(value) => Ok(value),
        Err(what) => Err(Stop::Unknown(call.undecided(&what))),
    }
}

fn decode_base64(call: &Call<'_>) -> Step<Value> {
    let text = call.text(0)?;
    match STANDARD.decode(text.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => Ok(Value::text(text)),
        None => call.wrong("this is no text in Base64"),
    }
}

fn encode_text(call: &Call<'_>) -> Step<Value> {
    let (text, encoding) = (call.text(0)?, call.text(1)?);
    match &*encoding.to_ascii_uppercase() {
        "UTF-8" => Ok(Value::text(STANDARD.encode(text.as_bytes()))),
        "UTF-16LE" => {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            Ok(Value::text(STANDARD.encode(bytes)))
        }
        _ => Err(Stop::Unknown(call.undecided("the encoding is not known here"))),
    }
}

fn decode_text(call: &Call<'_>) -> Step<Value> {
    match &*call.text(1)?.to_ascii_uppercase() {
        "UTF-8" => decode_base64(call),
        _ => Err(Stop::Unknown(call.undecided("the encoding is not known here"))),
    }
}

fn decode_csv(call: &Call<'_>) -> Step<Value> {
    let text = call.text(0)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let Ok(heads) = reader.headers().cloned() else { return call.wrong("this is no CSV") };
    let mut rows = Vec::new();
    for record in reader.records() {
        let Ok(record) = record else { return call.wrong("this is no CSV") };
        let entries: Entries =
            heads.iter().zip(record.iter()).map(|(head, cell)| (head.into(), Value::text(cell))).collect();
        rows.push(Value::object(entries));
    }
    Ok(Value::list(rows))
}
