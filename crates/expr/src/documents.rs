//! Built-in functions that read documents inside of properties: JSON, CSV, base64.
//!
//! A document that cannot be read is unknown (malformed), not an error: it is the input that is at fault.
//! The reason never quotes the document, which may hold a secret.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use partywall_model::{Map, Node};
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use crate::equality::Work;
use crate::error::EvalError;
use crate::lists::wrong;
use crate::text::read;

/// Whether a document is percent-encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    Percent,
}

/// `json(x)` and `url_json(x)`: what is no text any more stays as it is.
///
/// # Errors
/// A number or a bool.
pub(crate) fn json(
    value: &Node,
    encoding: Encoding,
    subject: &str,
    work: &mut Work,
) -> Result<Node, EvalError> {
    let text = match value {
        Node::Absent | Node::Map(_) | Node::List(_) => return Ok(value.clone()),
        Node::Text(text) => text,
        other => return Err(wrong("json", "a string", other)),
    };
    work.steps += text.len() as u64 / 16;
    let decoded = match encoding {
        Encoding::Plain => Some(std::borrow::Cow::Borrowed(&**text)),
        Encoding::Percent => percent_decode_str(text).decode_utf8().ok(),
    };
    let Some(decoded) = decoded else { return Ok(read(None, subject, "not UTF-8 text")) };
    Ok(match serde_json::from_str::<Json>(&decoded) {
        Ok(json) => node(json),
        Err(error) => {
            let message = format!("no JSON document (line {}, column {})", error.line(), error.column());
            read(None, subject, &message)
        }
    })
}

/// Not by the node's own form: a foreign document must not be able to say `!unknown`.
fn node(json: Json) -> Node {
    match json {
        Json::Null => Node::Absent,
        Json::Bool(value) => Node::Bool(value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Node::Int(whole),
            None => number.as_f64().map_or(Node::Absent, Node::Float),
        },
        Json::String(text) => Node::from(text),
        Json::Array(items) => Node::List(items.into_iter().map(node).collect()),
        Json::Object(entries) => {
            Node::Map(entries.into_iter().map(|(key, value)| (key, node(value))).collect::<Map>())
        }
    }
}

/// `csv(text)`: a list of maps, named by the first row.
///
/// # Errors
/// What is no text.
pub(crate) fn csv(value: &Node, subject: &str, work: &mut Work) -> Result<Node, EvalError> {
    let text = match value {
        Node::Absent => return Ok(Node::List(Vec::new())),
        Node::List(_) => return Ok(value.clone()),
        Node::Text(text) => text,
        other => return Err(wrong("csv", "a string", other)),
    };
    work.steps += text.len() as u64 / 16;
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let Ok(header) = reader.headers().cloned() else { return Ok(read(None, subject, "no CSV header")) };
    let mut rows = Vec::new();
    for record in reader.records() {
        let Ok(record) = record else {
            let message = format!("row {} does not fit the header", rows.len() + 1);
            return Ok(read(None, subject, &message));
        };
        let row: Map =
            header.iter().zip(record.iter()).map(|(name, cell)| (name, Node::from(cell))).collect();
        rows.push(Node::Map(row));
    }
    Ok(Node::List(rows))
}

/// `base64(text)`: both alphabets, with or without padding, line breaks allowed.
///
/// # Errors
/// What is no text.
pub(crate) fn base64(value: &Node, subject: &str, work: &mut Work) -> Result<Node, EvalError> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let text = match value {
        Node::Absent => return Ok(Node::Absent),
        Node::Text(text) => text,
        other => return Err(wrong("base64", "a string", other)),
    };
    work.steps += text.len() as u64 / 64;
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let alphabet = if compact.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    let decoded = GeneralPurpose::new(alphabet, LENIENT).decode(compact).ok().map(String::from_utf8);
    Ok(match decoded {
        Some(Ok(text)) => Node::from(text),
        Some(Err(_)) => read(None, subject, "not text when decoded"),
        None => read(None, subject, "not base64"),
    })
}
