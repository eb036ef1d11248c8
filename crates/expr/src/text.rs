//! Built-in functions over strings, and conversions. A question about an absent string is answered no; what
//! would be made of one is absent.

use partywall_model::{Node, Why, WhyKind};
use regex::{Regex, RegexBuilder};

use crate::equality::Work;
use crate::error::{EvalError, EvalErrorKind};
use crate::lists::wrong;

/// Compiled size of a regular expression, in bytes.
const REGEX_SIZE: usize = 1 << 20;
/// Length of a regular expression, in bytes.
const REGEX_LENGTH: usize = 4096;

/// A question about a string and a part: the answer for known strings, false where one is absent.
pub(crate) fn question(
    function: &str,
    subject: &Node,
    part: &Node,
    work: &mut Work,
    answer: impl FnOnce(&str, &str) -> Result<bool, EvalError>,
) -> Result<Node, EvalError> {
    match (subject, part) {
        (Node::Text(subject), Node::Text(part)) => {
            work.steps += (subject.len() / 64) as u64;
            Ok(Node::Bool(answer(subject, part)?))
        }
        (Node::Absent | Node::Text(_), Node::Absent) | (Node::Absent, Node::Text(_)) => Ok(Node::Bool(false)),
        (Node::Absent | Node::Text(_), other) => Err(wrong(function, "a string", other)),
        (Node::List(_), _) => Err(wrong(function, "a string (`in` and `exists` look into lists)", subject)),
        (other, _) => Err(wrong(function, "a string", other)),
    }
}

/// What is made of a string; absent of an absent one.
pub(crate) fn change(
    function: &str,
    subject: &Node,
    work: &mut Work,
    change: impl FnOnce(&str) -> Node,
) -> Result<Node, EvalError> {
    match subject {
        Node::Absent => Ok(Node::Absent),
        Node::Text(text) => {
            work.steps += (text.len() / 64) as u64;
            Ok(change(text))
        }
        other => Err(wrong(function, "a string", other)),
    }
}

pub(crate) fn split(subject: &Node, separator: &Node, work: &mut Work) -> Result<Node, EvalError> {
    match (subject, separator) {
        (Node::Absent, _) => Ok(Node::List(Vec::new())),
        (Node::Text(text), Node::Text(separator)) => {
            let parts: Vec<Node> = if separator.is_empty() {
                text.chars().map(|c| Node::from(c.to_string())).collect()
            } else {
                text.split(&**separator).map(Node::from).collect()
            };
            work.steps += parts.len() as u64 + (text.len() / 64) as u64;
            Ok(Node::List(parts))
        }
        (Node::Text(_), other) => Err(wrong("split", "a string to split at", other)),
        (other, _) => Err(wrong("split", "a string", other)),
    }
}

/// Compiles a regular expression within our limits.
///
/// # Errors
/// A pattern that is malformed or too large.
pub(crate) fn regex(pattern: &str) -> Result<Regex, EvalError> {
    let error = |message: String| EvalError::new(EvalErrorKind::Pattern, message);
    if pattern.len() > REGEX_LENGTH {
        return Err(error(format!("the regular expression is longer than {REGEX_LENGTH} bytes")));
    }
    RegexBuilder::new(pattern)
        .size_limit(REGEX_SIZE)
        .dfa_size_limit(REGEX_SIZE)
        .nest_limit(64)
        .build()
        .map_err(|problem| match problem {
            regex::Error::CompiledTooBig(_) => error("the regular expression is too large".to_owned()),
            // The last line of the crate's message says what is wrong; those before draw a picture.
            other => {
                let text = other.to_string();
                let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                error(format!("the regular expression is malformed: {reason}"))
            }
        })
}

/// `int(x)`: a fraction is cut off, text is read, and text that is no number is malformed.
///
/// # Errors
/// A value of another type, a fraction beyond the whole numbers.
#[expect(clippy::cast_possible_truncation, reason = "the float was found to be within the range of i64")]
pub(crate) fn int(value: &Node, subject: &str) -> Result<Node, EvalError> {
    match value {
        Node::Absent | Node::Int(_) => Ok(value.clone()),
        Node::Float(float) if *float >= -(2_f64.powi(63)) && *float < 2_f64.powi(63) => {
            Ok(Node::Int(*float as i64))
        }
        Node::Float(_) => Err(EvalError::new(EvalErrorKind::Arithmetic, "the number is too large for `int`")),
        Node::Text(text) => {
            Ok(read(text.trim().parse::<i64>().ok().map(Node::Int), subject, "not a whole number"))
        }
        other => Err(wrong("int", "a number or a string", other)),
    }
}

/// `double(x)`.
///
/// # Errors
/// A value of another type.
#[expect(clippy::cast_precision_loss, reason = "a double is what was asked for")]
pub(crate) fn double(value: &Node, subject: &str) -> Result<Node, EvalError> {
    match value {
        Node::Absent | Node::Float(_) => Ok(value.clone()),
        Node::Int(whole) => Ok(Node::Float(*whole as f64)),
        Node::Text(text) => {
            let float = text.trim().parse::<f64>().ok().filter(|float| float.is_finite());
            Ok(read(float.map(Node::Float), subject, "not a number"))
        }
        other => Err(wrong("double", "a number or a string", other)),
    }
}

/// `string(x)`.
///
/// # Errors
/// A list or a map.
pub(crate) fn string(value: &Node) -> Result<Node, EvalError> {
    match value {
        Node::Absent | Node::Text(_) => Ok(value.clone()),
        Node::Bool(value) => Ok(Node::from(value.to_string())),
        Node::Int(value) => Ok(Node::from(value.to_string())),
        Node::Float(value) => Ok(Node::from(value.to_string())),
        other => Err(wrong("string", "a number, a bool or a string", other)),
    }
}

/// The value, or an unknown because the text that was read is not understood.
pub(crate) fn read(value: Option<Node>, subject: &str, message: &str) -> Node {
    value.unwrap_or_else(|| Node::unknown(Why::new(WhyKind::Malformed, subject).with_message(message)))
}
