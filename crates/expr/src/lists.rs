//! Built-in functions over lists and maps.
//!
//! Positions and counts are known only as far as no unknown element can shift them.

use std::sync::Arc;

use partywall_model::{Map, Node};

use crate::equality::{Answer, Work};
use crate::error::EvalError;
use crate::value::{Value, article, keys, with_article};

/// How many characters, elements or entries.
pub(crate) fn size(value: &Value<'_>, work: &mut Work) -> Result<Node, EvalError> {
    let node = value.node();
    let count = match &*node {
        Node::Absent => 0,
        Node::Text(text) => {
            work.steps += (text.len() / 64) as u64;
            text.chars().count()
        }
        Node::List(items) => {
            work.steps += items.len() as u64 / 16;
            return Ok(counted(items.iter(), items.len(), work));
        }
        Node::Map(map) => {
            let there = map.iter().filter(|(_, value)| !value.is_absent()).count();
            return Ok(counted(map.iter().map(|(_, value)| value), there, work));
        }
        other => return Err(wrong("size", "a string, a list or a map", other)),
    };
    Ok(whole(count))
}

fn counted<'n>(items: impl Iterator<Item = &'n Node>, count: usize, work: &mut Work) -> Node {
    let mut unknown = None;
    for why in items.filter_map(Node::why) {
        work.doubt(why);
        unknown.get_or_insert(why);
    }
    unknown.map_or_else(|| whole(count), |why| Node::Unknown(Arc::clone(why)))
}

fn whole(count: usize) -> Node {
    Node::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

/// `value[index]`.
pub(crate) fn index<'v>(value: Value<'v>, index: &Node, work: &mut Work) -> Result<Value<'v>, EvalError> {
    if value.is_absent() || index.is_absent() {
        return Ok(Value::absent());
    }
    match index {
        Node::Int(position) => {
            let position = usize::try_from(*position).ok();
            let kind = value.type_of();
            let elements = value
                .into_elements()
                .map_err(|_| EvalError::types(format!("{} has no positions", with_article(kind))))?;
            nth(elements, position, work)
        }
        Node::Text(key) => match value {
            Value::Borrowed(Node::Map(map)) => Ok(map.get(key).map_or_else(Value::absent, Value::Borrowed)),
            Value::Owned(Node::Map(mut map)) => Ok(map.remove(key).map_or_else(Value::absent, Value::Owned)),
            other => Err(EvalError::types(format!("{} has no keys", with_article(other.type_of())))),
        },
        other => Err(EvalError::types(format!("{} is no index", article(other)))),
    }
}

/// The element at a position, unknown where an unknown before it could stand for none or many.
fn nth<'v>(
    elements: impl Iterator<Item = Value<'v>>,
    position: Option<usize>,
    work: &mut Work,
) -> Result<Value<'v>, EvalError> {
    for (at, element) in elements.enumerate() {
        work.steps += 1;
        if let Some(why) = element.why() {
            return Ok(Value::unknown(Arc::clone(why)));
        }
        if Some(at) == position {
            return Ok(element);
        }
    }
    Ok(Value::absent())
}

pub(crate) fn first<'v>(value: Value<'v>, work: &mut Work) -> Result<Value<'v>, EvalError> {
    nth(elements("first", value)?, Some(0), work)
}

pub(crate) fn last<'v>(value: Value<'v>, work: &mut Work) -> Result<Value<'v>, EvalError> {
    let elements = elements("last", value)?;
    work.steps += elements.size_hint().0 as u64 / 16;
    Ok(elements.last().unwrap_or_else(Value::absent))
}

/// A list stays, absent is empty, anything else is a list of itself.
pub(crate) fn as_list<'v>(value: Value<'v>) -> Value<'v> {
    match value {
        list @ (Value::Many(_) | Value::Borrowed(Node::List(_)) | Value::Owned(Node::List(_))) => list,
        absent if absent.is_absent() => Value::Many(Vec::new()),
        single => Value::Many(vec![single]),
    }
}

/// One level less: lists among the elements are replaced by their elements, absent ones are left out.
pub(crate) fn flatten<'v>(value: Value<'v>, work: &mut Work) -> Result<Value<'v>, EvalError> {
    let mut flat = Vec::new();
    for element in elements("flatten", value)? {
        match element.into_elements() {
            Ok(inner) => flat.extend(inner),
            Err(single) => flat.push(single),
        }
    }
    work.steps += flat.len() as u64;
    Ok(Value::Many(flat))
}

/// Each value once. What may or may not equal an earlier one is unknown.
pub(crate) fn unique<'v>(value: Value<'v>, work: &mut Work) -> Result<Value<'v>, EvalError> {
    let mut kept: Vec<Value<'v>> = Vec::new();
    for element in elements("unique", value)? {
        if element.why().is_some() {
            kept.push(element);
            continue;
        }
        let doubts = work.doubts.len();
        let node = element.node();
        let mut answer = Answer::No;
        for earlier in kept.iter().filter(|earlier| earlier.why().is_none()) {
            match work.same(&node, &earlier.node()) {
                Answer::No => {}
                Answer::Unsure => answer = Answer::Unsure,
                Answer::Yes => {
                    answer = Answer::Yes;
                    break;
                }
            }
        }
        drop(node);
        let doubt = work.doubts.get(doubts).or(work.doubts.last()).cloned();
        match (answer, doubt) {
            (Answer::Yes, _) => {}
            (Answer::Unsure, Some(why)) => kept.push(Value::unknown(why)),
            (Answer::No | Answer::Unsure, _) => kept.push(element),
        }
        work.doubts.truncate(doubts);
    }
    Ok(Value::Many(kept))
}

/// `a + b` where one is a list and the other a list or absent; nothing where neither is a list.
pub(crate) fn concatenate<'v>(
    a: Value<'v>,
    b: Value<'v>,
    work: &mut Work,
) -> Result<Value<'v>, (Value<'v>, Value<'v>)> {
    use crate::language::Type;
    let fits = matches!(
        (a.type_of(), b.type_of()),
        (Type::List, Type::List | Type::Null) | (Type::Null, Type::List)
    );
    if !fits {
        return Err((a, b));
    }
    let mut all = Vec::new();
    for side in [a, b] {
        if let Ok(elements) = side.into_elements() {
            all.extend(elements);
        }
    }
    work.steps += all.len() as u64;
    Ok(Value::Many(all))
}

pub(crate) fn join(value: Value<'_>, separator: &Node, work: &mut Work) -> Result<Node, EvalError> {
    if value.is_absent() {
        return Ok(Node::Absent);
    }
    let separator = match separator {
        Node::Absent => "",
        Node::Text(text) => text,
        other => return Err(wrong("join", "a string between the elements", other)),
    };
    let mut joined = String::new();
    let mut unknown = None;
    let mut between = "";
    for element in elements("join", value)? {
        match &*element.node() {
            Node::Absent => {}
            Node::Text(text) => {
                joined.push_str(between);
                joined.push_str(text);
                between = separator;
            }
            Node::Unknown(why) => {
                work.doubt(why);
                unknown.get_or_insert_with(|| Arc::clone(why));
            }
            other => return Err(wrong("join", "a list of strings", other)),
        }
    }
    work.steps += (joined.len() / 64) as u64;
    Ok(unknown.map_or_else(|| Node::from(joined), Node::Unknown))
}

pub(crate) fn map_keys<'v>(value: &Value<'v>, work: &mut Work) -> Result<Value<'v>, EvalError> {
    match &*value.node() {
        Node::Absent => Ok(Value::Many(Vec::new())),
        Node::Map(map) => {
            work.steps += map.len() as u64;
            Ok(keys(map))
        }
        other => Err(wrong("keys", "a map", other)),
    }
}

pub(crate) fn map_values<'v>(value: Value<'v>, work: &mut Work) -> Result<Value<'v>, EvalError> {
    let values: Vec<Value<'v>> = match value {
        absent if absent.is_absent() => Vec::new(),
        Value::Borrowed(Node::Map(map)) => map.iter().map(|(_, value)| Value::Borrowed(value)).collect(),
        Value::Owned(Node::Map(map)) => map.iter().map(|(_, value)| Value::Owned(value.clone())).collect(),
        other => return Err(wrong("values", "a map", &other.node())),
    };
    work.steps += values.len() as u64;
    Ok(Value::Many(values.into_iter().filter(|value| !value.is_absent()).collect()))
}

/// The entries of both; where both have a key, the second's value.
pub(crate) fn merge(a: &Node, b: &Node, work: &mut Work) -> Result<Node, EvalError> {
    let mut merged = Map::default();
    for side in [a, b] {
        match side {
            Node::Absent => {}
            Node::Map(map) => {
                work.steps += map.len() as u64;
                let there = map.iter().filter(|(_, value)| !value.is_absent());
                there.for_each(|(key, value)| merged.insert(key, value.clone()));
            }
            other => return Err(wrong("merge", "two maps", other)),
        }
    }
    Ok(Node::Map(merged))
}

fn elements<'v>(function: &str, value: Value<'v>) -> Result<crate::value::Elements<'v>, EvalError> {
    value.into_elements().map_err(|other| wrong(function, "a list", &other.node()))
}

pub(crate) fn wrong(function: &str, wanted: &str, given: &Node) -> EvalError {
    EvalError::types(format!("`{function}` takes {wanted}, not {}", article(given)))
}
