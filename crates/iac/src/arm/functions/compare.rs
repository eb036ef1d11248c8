//! Comparisons, and truth values.

use std::cmp::Ordering;

use partywall_model::Node;

use super::{all_known, shown, wrong};
use crate::arm::evaluate::Outcome;
use crate::assets::UNSET;
use crate::undecided::{Reason, reason};

pub(super) fn result(name: &str, arguments: &[Node]) -> Option<Outcome> {
    let wanted: fn(Ordering) -> bool = match name {
        "less" => Ordering::is_lt,
        "lessorequals" => Ordering::is_le,
        "greater" => Ordering::is_gt,
        "greaterorequals" => Ordering::is_ge,
        "bool" => return Some(truth(arguments)),
        "true" => return Some(Ok(Node::Bool(true))),
        "false" => return Some(Ok(Node::Bool(false))),
        "null" => return Some(Ok(Node::Absent)),
        _ => return None,
    };
    let [a, b] = arguments else { return Some(Err(wrong("it needs two values"))) };
    Some(all_known(arguments).and_then(|()| match (a, b) {
        (Node::Int(a), Node::Int(b)) => Ok(Node::Bool(wanted(a.cmp(b)))),
        (Node::Text(a), Node::Text(b)) => Ok(Node::Bool(wanted(a.cmp(b)))),
        _ => Err(wrong("it needs two numbers or two texts")),
    }))
}

fn truth(arguments: &[Node]) -> Outcome {
    let [value] = arguments else { return Err(wrong("it needs one value")) };
    match value {
        Node::Bool(value) => Ok(Node::Bool(*value)),
        Node::Int(value) => Ok(Node::Bool(*value != 0)),
        value => match shown(value)?.to_ascii_lowercase().as_str() {
            "true" => Ok(Node::Bool(true)),
            "false" => Ok(Node::Bool(false)),
            _ => Err(wrong("it is neither true nor false")),
        },
    }
}

/// Equality as Resource Manager has it. A planned identity is not the one that there will be.
pub(crate) fn same(a: &Node, b: &Node) -> Result<bool, Reason> {
    match (a, b) {
        (Node::Unknown(why), _) | (_, Node::Unknown(why)) => Err(why.clone()),
        (Node::List(a), Node::List(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            all(a.iter().zip(b).map(|(a, b)| same(a, b)))
        }
        (Node::Map(a), Node::Map(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            all(a.iter().map(|(key, value)| b.get(key).map_or(Ok(false), |other| same(value, other))))
        }
        (Node::Text(a), Node::Text(b)) if a != b && (is_planned(a) || is_planned(b)) => {
            Err(reason("equals", "where it is deployed to is not known"))
        }
        (a, b) => Ok(a == b),
    }
}

fn is_planned(text: &str) -> bool {
    text.starts_with('/') && (text.contains(&format!("/{UNSET}")) || text.contains('{'))
}

/// One that is false decides.
fn all(parts: impl Iterator<Item = Result<bool, Reason>>) -> Result<bool, Reason> {
    let mut doubt = None;
    for part in parts {
        match part {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(why) => {
                doubt.get_or_insert(why);
            }
        }
    }
    doubt.map_or(Ok(true), Err)
}
