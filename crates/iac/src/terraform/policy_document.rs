//! `aws_iam_policy_document`: a data source that asks nobody, so its `json` is made here.
//!
//! Terraform AWS provider, *Data Source: aws_iam_policy_document*: statements of `source_policy_documents`
//! come first, a later statement with the same `sid` replaces an earlier one, and those of
//! `override_policy_documents` come last. Statements keep their order here; nothing depends on it.

use std::sync::Arc;

use super::syntax::{self, Json, JsonKind};
use super::value::{Entries, Reason, Rest, Value, reason};

/// The policy that the arguments describe, as JSON text or as a tree with unknown parts.
pub(crate) fn document(arguments: &Entries) -> Value {
    let mut statements: Vec<Value> = Vec::new();
    let mut doubt: Option<Reason> = None;
    for name in ["source_json", "source_policy_documents"] {
        add_documents(arguments.get(name), &mut statements, &mut doubt);
    }
    match arguments.get("statement") {
        Some(Value::List(blocks)) => {
            for block in blocks.iter() {
                match block {
                    Value::Object(block) => put(statement(&block.entries), &mut statements),
                    Value::Unknown(why) => statements.push(Value::Unknown(why.clone())),
                    _ => {}
                }
            }
        }
        Some(Value::Unknown(why)) => doubt = Some(why.clone()),
        _ => {}
    }
    for name in ["override_json", "override_policy_documents"] {
        add_documents(arguments.get(name), &mut statements, &mut doubt);
    }
    let mut found = Entries::new();
    found.insert("Version".into(), given(arguments, "version").unwrap_or_else(|| Value::text("2012-10-17")));
    if let Some(id) = given(arguments, "policy_id") {
        found.insert("Id".into(), id);
    }
    if let Some(why) = doubt {
        if statements.is_empty() {
            found.insert("Statement".into(), Value::Unknown(why));
            return encoded(Value::object(found));
        }
        statements.push(Value::Unknown(why));
    }
    found.insert("Statement".into(), Value::list(statements));
    encoded(Value::object(found))
}

/// JSON text, or the tree where a part of it is unknown.
pub(crate) fn encoded(tree: Value) -> Value {
    match tree.to_json(&mut (4 << 20)) {
        Some(text) => Value::text(text),
        None if tree.first_unknown().is_some() || !matches!(tree, Value::Object(_)) => {
            Value::Json(std::rc::Rc::new(tree))
        }
        None => {
            Value::Unknown(reason("jsonencode()", "the value is too large, or is known only after apply"))
        }
    }
}

/// A value from JSON.
pub(crate) fn from_json(json: &Json) -> Value {
    match &json.kind {
        JsonKind::Null => Value::Null,
        JsonKind::Bool(value) => Value::Bool(*value),
        JsonKind::Int(number) => Value::Int(*number),
        JsonKind::Float(number) => Value::number(*number),
        JsonKind::Text(text) => Value::text(text.as_str()),
        JsonKind::List(items) => Value::list(items.iter().map(from_json).collect()),
        JsonKind::Object(entries) => Value::object(
            entries.iter().map(|(name, value)| (Arc::from(name.as_str()), from_json(value))).collect(),
        ),
    }
}

fn given(entries: &Entries, name: &str) -> Option<Value> {
    entries.get(name).filter(|value| !matches!(value, Value::Null)).cloned()
}

/// Adds a statement; one with the same `Sid` gives way.
fn put(statement: Value, statements: &mut Vec<Value>) {
    let sid = |value: &Value| match value {
        Value::Object(object) => {
            object.entries.get("Sid").and_then(Value::to_text).filter(|sid| !sid.is_empty())
        }
        _ => None,
    };
    if let Some(name) = sid(&statement) {
        statements.retain(|earlier| sid(earlier).as_deref() != Some(&*name));
    }
    statements.push(statement);
}

fn add_documents(documents: Option<&Value>, statements: &mut Vec<Value>, doubt: &mut Option<Reason>) {
    match documents {
        None | Some(Value::Null) => {}
        Some(Value::Unknown(why)) => *doubt = Some(why.clone()),
        Some(Value::List(items) | Value::Set(items)) => {
            for item in items.iter() {
                add_documents(Some(item), statements, doubt);
            }
        }
        Some(Value::Json(tree)) => add_statements(tree, statements, doubt),
        Some(Value::Text(text)) if text.trim().is_empty() => {}
        Some(Value::Text(text)) => match syntax::parse_json(text, 0) {
            Ok(json) => add_statements(&from_json(&json), statements, doubt),
            Err(fault) => {
                let message = format!("a source document is no valid JSON: {}", fault.what);
                *doubt = Some(reason("aws_iam_policy_document", message));
            }
        },
        Some(_) => *doubt = Some(reason("aws_iam_policy_document", "a source document is no text")),
    }
}

fn add_statements(tree: &Value, statements: &mut Vec<Value>, doubt: &mut Option<Reason>) {
    let Value::Object(object) = tree else {
        *doubt = Some(reason("aws_iam_policy_document", "a source document is no policy"));
        return;
    };
    match object.entries.get("Statement") {
        Some(Value::List(items) | Value::Set(items)) => {
            for item in items.iter() {
                put(item.clone(), statements);
            }
        }
        Some(Value::Unknown(why)) => *doubt = Some(why.clone()),
        Some(single @ Value::Object(_)) => put(single.clone(), statements),
        _ => {}
    }
}

fn statement(block: &Entries) -> Value {
    let mut found = Entries::new();
    if let Some(sid) = given(block, "sid") {
        found.insert("Sid".into(), sid);
    }
    found.insert("Effect".into(), given(block, "effect").unwrap_or_else(|| Value::text("Allow")));
    for (from, to) in [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        match given(block, from) {
            Some(Value::List(items) | Value::Set(items)) if items.is_empty() => {}
            Some(value) => {
                found.insert(to.into(), single(value));
            }
            None => {}
        }
    }
    for (from, to) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(value) = block.get(from).and_then(principals) {
            found.insert(to.into(), value);
        }
    }
    if let Some(value) = block.get("condition").and_then(conditions) {
        found.insert("Condition".into(), value);
    }
    Value::object(found)
}

/// A list of one is written without brackets.
fn single(value: Value) -> Value {
    match &value {
        Value::List(items) | Value::Set(items) if items.len() == 1 => {
            items.first().cloned().unwrap_or(Value::Null)
        }
        Value::Set(items) => Value::List(items.clone()),
        _ => value,
    }
}

fn principals(blocks: &Value) -> Option<Value> {
    let items = match blocks {
        Value::Unknown(why) => return Some(Value::Unknown(why.clone())),
        Value::List(items) => items,
        _ => return None,
    };
    let mut found = Entries::new();
    let mut rest = Rest::Closed;
    for item in items.iter() {
        let Value::Object(block) = item else {
            if let Some(why) = item.why() {
                rest = Rest::Open(why.clone());
            }
            continue;
        };
        let identifiers = block.entries.get("identifiers").cloned().unwrap_or(Value::Null);
        match block.entries.get("type").map(|kind| (kind.why(), kind.to_text())) {
            Some((Some(why), _)) => rest = Rest::Open(why.clone()),
            Some((None, Some(kind))) => {
                let everyone = &*kind == "*"
                    && identifiers
                        .items()
                        .is_some_and(|items| items.iter().any(|item| item.to_text().as_deref() == Some("*")));
                if everyone {
                    return Some(Value::text("*"));
                }
                let all = match found.remove(&kind) {
                    Some(earlier) => extended(earlier, identifiers),
                    None => identifiers,
                };
                found.insert(kind, all);
            }
            _ => {}
        }
    }
    if found.is_empty() && matches!(rest, Rest::Closed) {
        return None;
    }
    let found = found.into_iter().map(|(kind, value)| (kind, single(value))).collect();
    Some(Value::object_with(found, rest))
}

fn extended(earlier: Value, more: Value) -> Value {
    match (earlier.items(), more.items()) {
        (Some(a), Some(b)) => Value::list(a.iter().chain(b.iter()).cloned().collect()),
        (None, _) => earlier,
        (_, None) => more,
    }
}

fn conditions(blocks: &Value) -> Option<Value> {
    let items = match blocks {
        Value::Unknown(why) => return Some(Value::Unknown(why.clone())),
        Value::List(items) => items,
        _ => return None,
    };
    let mut tests: std::collections::BTreeMap<Arc<str>, Entries> = Default::default();
    for item in items.iter() {
        let Value::Object(block) = item else {
            // What a condition that is not known allows is not known either.
            return item.why().map(|why| Value::Unknown(why.clone()));
        };
        let field = |name: &str| block.entries.get(name).cloned().unwrap_or(Value::Null);
        let (test, variable) = (field("test"), field("variable"));
        if let Some(why) = test.why().or_else(|| variable.why()) {
            return Some(Value::Unknown(why.clone()));
        }
        let (Some(test), Some(variable)) = (test.to_text(), variable.to_text()) else { continue };
        let values = field("values");
        let keys = tests.entry(test).or_default();
        let all = match keys.remove(&variable) {
            Some(earlier) => extended(earlier, values),
            None => values,
        };
        keys.insert(variable, all);
    }
    if tests.is_empty() {
        return None;
    }
    let tests = tests.into_iter().map(|(test, keys)| {
        let keys = keys.into_iter().map(|(key, values)| (key, single(values))).collect();
        (test, Value::object(keys))
    });
    Some(Value::object(tests.collect()))
}
