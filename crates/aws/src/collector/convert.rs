//! Answers as [`Node`]s, nodes as parameters, failures as reasons.

use partywall_model::{Map, Node, OperationName, Why, WhyKind};
use serde_json::Value;

use crate::fault::{CallError, Kind, code};
use crate::table::Operation;

/// So much of a provider's message is kept.
const MESSAGE_KEPT: usize = 200;

/// An answer as a value tree. Unlike reading saved evidence this gives no key a special meaning: it is the
/// provider's data.
pub(crate) fn node(value: Value) -> Node {
    match value {
        Value::Null => Node::Absent,
        Value::Bool(value) => Node::Bool(value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Node::Int(whole),
            (None, Some(other)) => Node::Float(other),
            (None, None) => Node::Absent,
        },
        Value::String(text) => Node::Text(text.into()),
        Value::Array(items) => Node::List(items.into_iter().map(node).collect()),
        Value::Object(entries) => {
            Node::Map(entries.into_iter().map(|(key, value)| (key, node(value))).collect::<Map>())
        }
    }
}

/// A parameter; an unknown within it is the error, because half a question must not be asked.
pub(super) fn parameter(node: &Node) -> Result<Value, Why> {
    Ok(match node {
        Node::Absent => Value::Null,
        Node::Unknown(why) => return Err((**why).clone()),
        Node::Bool(value) => Value::Bool(*value),
        Node::Int(value) => Value::from(*value),
        Node::Float(value) => Value::from(*value),
        Node::Text(text) => Value::String(text.as_ref().to_owned()),
        Node::List(items) => Value::Array(items.iter().map(parameter).collect::<Result<_, _>>()?),
        Node::Map(map) => {
            let mut entries = serde_json::Map::new();
            for (key, value) in map {
                if !value.is_absent() {
                    entries.insert(key.to_owned(), parameter(value)?);
                }
            }
            Value::Object(entries)
        }
    })
}

/// The value without the entries of maps that are absent: what is not there is not written down.
pub(super) fn pruned(node: Node) -> Node {
    match node {
        Node::List(items) => Node::List(items.into_iter().map(pruned).collect()),
        Node::Map(map) => Node::Map(
            map.iter()
                .filter(|(_, value)| !value.is_absent())
                .map(|(key, value)| (key, pruned(value.clone())))
                .collect::<Map>(),
        ),
        other => other,
    }
}

/// The operation as permissions spell it.
pub(super) fn name_of(operation: Operation) -> OperationName {
    OperationName::from(operation.action())
}

/// A call that gave no answer, as the reason of an unknown.
pub(super) fn why(operation: &OperationName, error: &CallError) -> Why {
    let kind = match error.kind {
        _ if error.code == code::INTERRUPTED => WhyKind::NotRead,
        Kind::Refused => WhyKind::Refused,
        Kind::Throttled => WhyKind::Throttled,
        Kind::Unsupported => WhyKind::Unsupported,
        Kind::Failed => WhyKind::Failed,
    };
    Why::new(kind, operation.as_str()).with_code(error.code.as_str()).with_message(short(&error.message))
}

/// The provider's words without the encoded part that some refusals carry, and not longer than a line.
fn short(message: &str) -> &str {
    let message = message.split("Encoded authorization failure message").next().unwrap_or_default().trim();
    match message.char_indices().nth(MESSAGE_KEPT) {
        Some((at, _)) => message.get(..at).unwrap_or_default(),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_of_the_providers_that_looks_like_an_unknown_stays_a_key() {
        let value = json!({ "!unknown": { "kind": "refused", "operation": "x" } });
        assert!(!node(value).is_unknown());
    }

    #[test]
    fn a_parameter_with_an_unknown_in_it_is_not_asked() {
        let mut asked = Node::map();
        asked.insert_at("Bucket", Node::unknown(Why::parse_short("s3:ListAllMyBuckets AccessDenied")));
        assert_eq!(&*parameter(&asked).unwrap_err().code, "AccessDenied");
    }

    #[test]
    fn encoded_refusals_are_cut_off() {
        let message = "You are not authorized. Encoded authorization failure message: 0123456789abcdef";
        assert_eq!(short(message), "You are not authorized.");
        assert_eq!(short(&"x".repeat(500)).len(), MESSAGE_KEPT);
    }

    #[test]
    fn absent_entries_are_not_written_down() {
        let value = node(json!({ "a": null, "b": [{ "c": null, "d": 1 }] }));
        assert_eq!(pruned(value), node(json!({ "b": [{ "d": 1 }] })));
    }
}
