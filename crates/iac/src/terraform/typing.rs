//! Type constraints of variables, the conversion of values to them, and constant expressions.

use std::sync::Arc;

use super::syntax::{Expr, ExprKind};
use super::value::{Entries, Object, Outcome, Rest, Value, reason};

/// A type constraint.
#[derive(Debug)]
pub(crate) enum Type {
    Any,
    Text,
    Number,
    Bool,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Tuple(Vec<Type>),
    Object(Vec<Field>),
}

/// An attribute of an object type.
#[derive(Debug)]
pub(crate) struct Field {
    name: Arc<str>,
    kind: Type,
    /// What an optional attribute is when it is left out.
    default: Option<Value>,
}

impl Type {
    /// Reads a type expression; what is not understood is `any`.
    pub(crate) fn of(expr: &Expr) -> Self {
        match &expr.kind {
            ExprKind::Name(name) | ExprKind::Text(name) => match &**name {
                "string" => Self::Text,
                "number" => Self::Number,
                "bool" => Self::Bool,
                "list" => Self::List(Box::new(Self::Any)),
                "map" => Self::Map(Box::new(Self::Any)),
                "set" => Self::Set(Box::new(Self::Any)),
                _ => Self::Any,
            },
            ExprKind::Call(call) => {
                let Some(inner) = call.arguments.first() else { return Self::Any };
                match &*call.name {
                    "list" => Self::List(Box::new(Self::of(inner))),
                    "set" => Self::Set(Box::new(Self::of(inner))),
                    "map" => Self::Map(Box::new(Self::of(inner))),
                    "optional" => Self::of(inner),
                    "tuple" => match &inner.kind {
                        ExprKind::List(items) => Self::Tuple(items.iter().map(Self::of).collect()),
                        _ => Self::Any,
                    },
                    "object" => match &inner.kind {
                        ExprKind::Object(entries) => Self::Object(entries.iter().filter_map(field).collect()),
                        _ => Self::Any,
                    },
                    _ => Self::Any,
                }
            }
            _ => Self::Any,
        }
    }

    /// The value as this type; what cannot be converted stays as it is.
    pub(crate) fn convert(&self, value: &Value) -> Value {
        if matches!(value, Value::Null | Value::Unknown(_)) {
            return value.clone();
        }
        match self {
            Self::Any => value.clone(),
            Self::Text => value.to_text().map_or_else(|| value.clone(), Value::Text),
            Self::Number => value.to_number().map_or_else(
                || value.clone(),
                |number| match value {
                    Value::Int(_) => value.clone(),
                    _ => Value::number(number),
                },
            ),
            Self::Bool => value.to_bool().map_or_else(|| value.clone(), Value::Bool),
            Self::List(inner) => match value.items() {
                Some(items) => Value::list(items.iter().map(|item| inner.convert(item)).collect()),
                None => value.clone(),
            },
            Self::Set(inner) => match value.items() {
                Some(items) => Value::set(items.iter().map(|item| inner.convert(item)).collect()),
                None => value.clone(),
            },
            Self::Tuple(types) => match value.items() {
                Some(items) if items.len() == types.len() => Value::list(
                    types.iter().zip(items.iter()).map(|(kind, item)| kind.convert(item)).collect(),
                ),
                _ => value.clone(),
            },
            Self::Map(inner) => match value {
                Value::Object(object) if is_plain(object) => Value::object_with(
                    object.entries.iter().map(|(name, value)| (name.clone(), inner.convert(value))).collect(),
                    object.rest.clone(),
                ),
                _ => value.clone(),
            },
            Self::Object(fields) => match value {
                Value::Object(object) if is_plain(object) => shape(fields, object),
                _ => value.clone(),
            },
        }
    }
}

fn is_plain(object: &Object) -> bool {
    matches!(object.rest, Rest::Closed | Rest::Open(_))
}

/// An object with exactly the attributes of its type.
fn shape(fields: &[Field], object: &Object) -> Value {
    let mut entries = Entries::new();
    for field in fields {
        let given = match (object.entries.get(&field.name), &object.rest) {
            (Some(value), _) => value.clone(),
            (None, Rest::Open(why)) => Value::Unknown(why.clone()),
            (None, _) => Value::Null,
        };
        let value = match (&given, &field.default) {
            (Value::Null, Some(default)) => field.kind.convert(default),
            _ => field.kind.convert(&given),
        };
        entries.insert(field.name.clone(), value);
    }
    Value::object(entries)
}

fn field((key, kind): &(Expr, Expr)) -> Option<Field> {
    let ExprKind::Text(name) = &key.kind else { return None };
    let default = match &kind.kind {
        ExprKind::Call(call) if &*call.name == "optional" => {
            call.arguments.get(1).and_then(|default| constant(default).ok())
        }
        _ => None,
    };
    Some(Field { name: name.clone(), kind: Type::of(kind), default })
}

/// The value of an expression that refers to nothing.
pub(crate) fn constant(expr: &Expr) -> Outcome {
    Ok(match &expr.kind {
        ExprKind::Null => Value::Null,
        ExprKind::Bool(value) => Value::Bool(*value),
        ExprKind::Int(number) => Value::Int(*number),
        ExprKind::Float(number) => Value::number(*number),
        ExprKind::Text(text) => Value::Text(text.clone()),
        ExprKind::List(items) => Value::list(items.iter().map(constant).collect::<Result<_, _>>()?),
        ExprKind::Object(entries) => {
            let mut found = Entries::new();
            for (key, value) in entries {
                let name = match &key.kind {
                    ExprKind::Name(name) => name.clone(),
                    _ => constant(key)?.to_text().ok_or_else(|| reason("a key", "the key is no text"))?,
                };
                found.insert(name, constant(value)?);
            }
            Value::object(found)
        }
        ExprKind::Negative(inner) => match constant(inner)? {
            Value::Int(number) => Value::Int(number.saturating_neg()),
            other => {
                Value::number(-other.to_number().ok_or_else(|| reason("-", "only numbers have a sign"))?)
            }
        },
        _ => return Err(reason("a value", "a value that is given must be a constant")),
    })
}
