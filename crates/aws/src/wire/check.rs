//! Parameters against the model, before anything is sent: a misspelt filter must not become a list of everything.

use serde_json::Value;
use thiserror::Error;

use crate::table::{Operation, Service, Shape};

/// Parameters that the operation does not take. Always a mistake in the caller, never in the account.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum ParameterError {
    /// The model has no such member.
    #[error("there is no parameter `{0}`")]
    Unknown(String),
    /// A required member is not given.
    #[error("parameter `{0}` is required")]
    Missing(String),
    /// The value is of another type than the member.
    #[error("parameter `{path}` must be {expected}")]
    Type {
        /// Where, `Filters[0].Values`.
        path: String,
        /// What it should have been.
        expected: &'static str,
    },
}

pub(super) fn parameters(operation: Operation, params: &Value) -> Result<(), ParameterError> {
    let Some(input) = operation.model.input else {
        return match params {
            Value::Null => Ok(()),
            Value::Object(o) => o.keys().next().map_or(Ok(()), |k| Err(ParameterError::Unknown(k.clone()))),
            _ => Err(ParameterError::Type { path: String::new(), expected: "an object" }),
        };
    };
    let empty = Value::Object(serde_json::Map::new());
    value(operation.service, input, if params.is_null() { &empty } else { params }, "")
}

fn value(service: &Service, shape: u32, value: &Value, path: &str) -> Result<(), ParameterError> {
    let wrong = |expected| Err(ParameterError::Type { path: path.to_owned(), expected });
    match service.shape(shape) {
        Some(Shape::Structure(s)) => {
            let Value::Object(given) = value else { return wrong("an object") };
            for m in s.members.iter().filter(|m| m.required) {
                if given.get(m.name).is_none_or(Value::is_null) {
                    return Err(ParameterError::Missing(join(path, m.name)));
                }
            }
            for (name, v) in given {
                let path = join(path, name);
                match s.members.iter().find(|m| m.name == name) {
                    Some(m) => self::value(service, m.shape, v, &path)?,
                    None => return Err(ParameterError::Unknown(path)),
                }
            }
            Ok(())
        }
        Some(Shape::List { member, .. }) => {
            let Value::Array(items) = value else { return wrong("a list") };
            let each = |(i, v)| self::value(service, *member, v, &format!("{path}[{i}]"));
            items.iter().enumerate().try_for_each(each)
        }
        Some(Shape::Map { value: of, .. }) => {
            let Value::Object(entries) = value else { return wrong("an object") };
            entries.iter().try_for_each(|(k, v)| self::value(service, *of, v, &join(path, k)))
        }
        Some(Shape::String | Shape::Timestamp(_) | Shape::Blob) if !value.is_string() => wrong("a text"),
        Some(Shape::Integer) if !value.is_i64() => wrong("a whole number"),
        Some(Shape::Float) if !value.is_number() => wrong("a number"),
        Some(Shape::Boolean) if !value.is_boolean() => wrong("true or false"),
        _ => Ok(()),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
