//! Values and identities as JSON and text.

use partywall_model::{Fingerprint, Node};
use serde_json::Value;

/// A value tree survives its JSON, and is what a plain JSON reader sees where that says nothing special.
pub fn node_json(bytes: &[u8]) {
    let plain: Option<Value> = serde_json::from_slice(bytes).ok();
    let Ok(node) = serde_json::from_slice::<Node>(bytes) else { return };
    let text = serde_json::to_string(&node).expect("a node that was read can be written");
    assert_eq!(serde_json::from_str::<Node>(&text).expect("what was written can be read"), node);
    let Some(plain) = plain else {
        // Fields of a reason that are not known are passed over, and so is a number in them that is too large.
        let mut unknowns = 0;
        node.visit_unknowns(&mut |_, _| unknowns += 1);
        assert!(unknowns > 0, "a node out of what is no JSON");
        return;
    };
    assert!(!hides_something(&plain), "an unknown stands beside other values, which are lost");
    if !has_marks(&plain) {
        let seen: Value = serde_json::from_str(&text).expect("a node is JSON");
        assert_eq!(as_numbers_of_nodes(seen), as_numbers_of_nodes(plain));
        let mut unknowns = 0;
        node.visit_unknowns(&mut |_, _| unknowns += 1);
        assert_eq!(unknowns, 0, "an unknown out of nothing");
    }
}

/// The text of a fingerprint: 32 hexadecimal digits and nothing else.
pub fn fingerprint_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let read = text.parse::<Fingerprint>();
    let is_digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert_eq!(read.is_ok(), is_digits, "{text:?}");
    let Ok(fingerprint) = read else { return };
    assert_eq!(fingerprint.to_string(), text.to_ascii_lowercase());
    let json = serde_json::to_string(&fingerprint).expect("a fingerprint can be written");
    assert_eq!(serde_json::from_str::<Fingerprint>(&json).expect("and read"), fingerprint);
}

/// Whether some object says `!unknown` and something else beside it.
fn hides_something(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(hides_something),
        Value::Object(entries) if entries.contains_key("!unknown") => entries.len() > 1,
        Value::Object(entries) => entries.values().any(hides_something),
        _ => false,
    }
}

/// Whether some key has a mark that nodes give a meaning to.
fn has_marks(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_marks),
        Value::Object(entries) => entries.iter().any(|(key, value)| key.starts_with('!') || has_marks(value)),
        _ => false,
    }
}

/// Whole numbers beyond 64 bits with a sign are floats in nodes.
fn as_numbers_of_nodes(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_i64().is_none() => {
            number.as_f64().map_or(Value::Null, Value::from)
        }
        Value::Array(items) => items.into_iter().map(as_numbers_of_nodes).collect(),
        Value::Object(entries) => {
            entries.into_iter().map(|(key, value)| (key, as_numbers_of_nodes(value))).collect()
        }
        other => other,
    }
}
