//! Numbers.

use partywall_model::Node;

use super::{all_known, whole, wrong};
use crate::arm::evaluate::Outcome;
use crate::undecided::Reason;

/// What `range` may give; "Array functions for ARM templates".
const RANGE_LIMIT: i64 = 10_000;

pub(super) fn result(name: &str, arguments: &[Node]) -> Option<Outcome> {
    let calculate: fn(i64, i64) -> Option<i64> = match name {
        "add" => i64::checked_add,
        "sub" => i64::checked_sub,
        "mul" => i64::checked_mul,
        "div" => i64::checked_div,
        "mod" => i64::checked_rem,
        "int" => return Some(one(arguments).and_then(|node| whole(node).map(Node::Int))),
        "float" => return Some(one(arguments).and_then(float)),
        "min" => return Some(chosen(arguments, i64::min)),
        "max" => return Some(chosen(arguments, i64::max)),
        "range" => return Some(range(arguments)),
        _ => return None,
    };
    Some(two(arguments).and_then(|(a, b)| {
        calculate(a, b).map(Node::Int).ok_or_else(|| wrong("the result is no number that can be held"))
    }))
}

fn one(arguments: &[Node]) -> Result<&Node, Reason> {
    match arguments {
        [only] => Ok(only),
        _ => Err(wrong("it needs one value")),
    }
}

fn two(arguments: &[Node]) -> Result<(i64, i64), Reason> {
    match arguments {
        [a, b] => Ok((whole(a)?, whole(b)?)),
        _ => Err(wrong("it needs two numbers")),
    }
}

fn float(node: &Node) -> Outcome {
    match node {
        Node::Float(_) | Node::Unknown(_) => Ok(node.clone()),
        #[expect(clippy::cast_precision_loss, reason = "that is what the function does")]
        Node::Int(value) => Ok(Node::Float(*value as f64)),
        Node::Text(text) => text.trim().parse().map(Node::Float).map_err(|_| wrong("it is no number")),
        _ => Err(wrong("it is no number")),
    }
}

fn chosen(arguments: &[Node], choose: fn(i64, i64) -> i64) -> Outcome {
    all_known(arguments)?;
    let numbers = match arguments {
        [Node::List(items)] => items,
        many => many,
    };
    let numbers = numbers.iter().map(whole).collect::<Result<Vec<_>, _>>()?;
    numbers.into_iter().reduce(choose).map(Node::Int).ok_or_else(|| wrong("there is no number"))
}

fn range(arguments: &[Node]) -> Outcome {
    let (start, count) = two(arguments)?;
    if !(0..=RANGE_LIMIT).contains(&count) {
        return Err(wrong(format!("it counts {count} times; the service allows {RANGE_LIMIT}")));
    }
    let end = start.checked_add(count).ok_or_else(|| wrong("the numbers are too large"))?;
    Ok(Node::List((start..end).map(Node::Int).collect()))
}
