//! The functions that take values and give one.
//!
//! An argument that is not known makes the result unknown with the argument's own reason, except where the rest
//! decides: a list with one unknown element still has its length.

mod collections;
pub(crate) mod compare;
mod networks;
mod numbers;
mod texts;

use std::sync::Arc;

use partywall_model::Node;

use super::evaluate::Outcome;
use super::expression::Call;
use crate::undecided::{Reason, reason};

/// The result of a call. `room` is how many bytes of text it may make.
pub(crate) fn result(call: &Call, arguments: &[Node], room: usize) -> Outcome {
    let name = &*call.name;
    let outcome = collections::result(name, arguments)
        .or_else(|| texts::result(name, arguments, room))
        .or_else(|| numbers::result(name, arguments))
        .or_else(|| compare::result(name, arguments))
        .or_else(|| networks::result(name, arguments));
    match outcome {
        Some(Err(why)) if why.operation.is_empty() => Err(reason(&*call.written, why.message.clone())),
        Some(outcome) => outcome,
        None if name == "datetimeadd" || name.starts_with("datetime") => {
            Err(reason(&*call.written, "dates are not calculated here"))
        }
        None => Err(reason(&*call.written, format!("the function `{name}` is not known here"))),
    }
}

/// A mistake in a call; the call itself is named above.
fn wrong(message: impl Into<Box<str>>) -> Reason {
    reason("", message)
}

/// The first argument that is not known.
fn all_known(arguments: &[Node]) -> Result<(), Reason> {
    match arguments.iter().find_map(Node::why) {
        Some(why) => Err(why.clone()),
        None => Ok(()),
    }
}

/// How much a value is made of.
pub(crate) fn weight(node: &Node) -> usize {
    match node {
        Node::Text(text) => 1 + text.len() / 256,
        Node::List(items) => items.iter().fold(1, |sum, item| sum + weight(item)),
        Node::Map(map) => map.iter().fold(1, |sum, (_, value)| sum + weight(value)),
        _ => 1,
    }
}

/// What a call costs, in steps.
pub(crate) fn cost(name: &str, arguments: &[Node]) -> usize {
    let sum = arguments.iter().map(weight).sum::<usize>();
    match name {
        // Each element is compared with each.
        "union" | "intersection" => sum.saturating_add(sum.saturating_mul(sum) / 64),
        _ => sum,
    }
}

/// A scalar as text, or why it is none.
pub(crate) fn shown(node: &Node) -> Result<Arc<str>, Reason> {
    match node {
        Node::Text(text) => Ok(text.clone()),
        // As .NET writes them.
        Node::Bool(true) => Ok("True".into()),
        Node::Bool(false) => Ok("False".into()),
        Node::Int(value) => Ok(value.to_string().into()),
        Node::Float(value) => Ok(value.to_string().into()),
        Node::Absent => Ok("".into()),
        Node::Unknown(why) => Err(why.clone()),
        Node::List(_) | Node::Map(_) => Err(wrong("there is a list or an object where text is needed")),
    }
}

/// A whole number, or why it is none.
pub(crate) fn whole(node: &Node) -> Result<i64, Reason> {
    match node {
        Node::Int(value) => Ok(*value),
        Node::Text(text) => text.trim().parse().map_err(|_| wrong("a number is needed")),
        Node::Unknown(why) => Err(why.clone()),
        _ => Err(wrong("a number is needed")),
    }
}

/// A position or a length.
fn size(node: &Node) -> Result<usize, Reason> {
    usize::try_from(whole(node)?.max(0)).map_err(|_| wrong("the number is too large"))
}

fn count(length: usize) -> Node {
    Node::Int(i64::try_from(length).unwrap_or(i64::MAX))
}

/// What stands under a name, whatever its case.
pub(crate) fn under<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    match node {
        Node::Map(map) => map
            .get(name)
            .or_else(|| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)),
        Node::Unknown(_) => Some(node),
        _ => None,
    }
}

/// The element at a position.
pub(crate) fn element(node: &Node, at: &Node) -> Outcome {
    if let Node::Unknown(why) = node {
        return Err(why.clone());
    }
    let at = whole(at)?;
    let found = usize::try_from(at).ok().and_then(|at| node.items().get(at));
    match found {
        Some(Node::Unknown(why)) => Err(why.clone()),
        Some(found) => Ok(found.clone()),
        None => Err(reason(format!("[{at}]"), format!("the list has no element `{at}`"))),
    }
}
