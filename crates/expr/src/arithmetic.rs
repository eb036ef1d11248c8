//! `+ - * / %` over numbers, and `+` over strings. Over absent the result is absent.

use partywall_model::Node;

use crate::equality::Work;
use crate::error::{EvalError, EvalErrorKind};
use crate::program::Binary;
use crate::value::article;

/// The value of `a operator b`; neither is unknown, lists are concatenated elsewhere.
///
/// # Errors
/// Types that do not fit, a result that cannot be held, a division by zero.
pub(crate) fn compute(operator: Binary, a: &Node, b: &Node, work: &mut Work) -> Result<Node, EvalError> {
    match (a, b) {
        (Node::Absent, _) | (_, Node::Absent) => Ok(Node::Absent),
        (Node::Int(a), Node::Int(b)) => whole(operator, *a, *b),
        (Node::Text(a), Node::Text(b)) if operator == Binary::Add => {
            work.steps += ((a.len() + b.len()) / 64) as u64;
            Ok(Node::from(format!("{a}{b}")))
        }
        _ => match (number(a), number(b)) {
            (Some(x), Some(y)) if operator != Binary::Modulo => fraction(operator, x, y),
            _ => {
                let symbol = operator.symbol();
                let message = format!("`{symbol}` does not take {} and {}", article(a), article(b));
                Err(EvalError::types(message))
            }
        },
    }
}

/// `-a`.
///
/// # Errors
/// What is no number, or whose negative cannot be held.
pub(crate) fn negate(a: &Node) -> Result<Node, EvalError> {
    match a {
        Node::Absent => Ok(Node::Absent),
        Node::Int(value) => value.checked_neg().map(Node::Int).ok_or_else(|| overflow("-")),
        Node::Float(value) => Ok(Node::Float(-value)),
        other => Err(EvalError::types(format!("`-` does not take {}", article(other)))),
    }
}

fn whole(operator: Binary, a: i64, b: i64) -> Result<Node, EvalError> {
    if b == 0 && matches!(operator, Binary::Divide | Binary::Modulo) {
        return Err(EvalError::new(EvalErrorKind::Arithmetic, "division by zero"));
    }
    let value = match operator {
        Binary::Add => a.checked_add(b),
        Binary::Subtract => a.checked_sub(b),
        Binary::Multiply => a.checked_mul(b),
        Binary::Divide => a.checked_div(b),
        Binary::Modulo => a.checked_rem(b),
        _ => None,
    };
    value.map(Node::Int).ok_or_else(|| overflow(operator.symbol()))
}

fn fraction(operator: Binary, a: f64, b: f64) -> Result<Node, EvalError> {
    let value = match operator {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide => a / b,
        _ => f64::NAN,
    };
    if value.is_finite() { Ok(Node::Float(value)) } else { Err(overflow(operator.symbol())) }
}

#[expect(clippy::cast_precision_loss, reason = "beside a fraction the nearest float is what is meant")]
fn number(node: &Node) -> Option<f64> {
    match node {
        Node::Int(value) => Some(*value as f64),
        Node::Float(value) => Some(*value),
        _ => None,
    }
}

fn overflow(symbol: &str) -> EvalError {
    EvalError::new(EvalErrorKind::Arithmetic, format!("the result of `{symbol}` cannot be held"))
}
