//! [`Value`]: what an expression comes to while a configuration is read.
//!
//! It is richer than the [`Node`] that leaves: sets are known from lists, a map may be known only in part
//! (`merge(var.unknown, { a = 1 })` still knows `a`), the object of a resource answers for attributes that
//! exist only after deployment, and JSON text keeps the tree that it was made of, so that one unknown ARN in
//! a policy does not hide the rest of it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use partywall_model::{Map, Node, Why, WhyKind};

/// A heavier value is not built: values share their parts, and a few lines can describe more than fits anywhere.
const WEIGHT_LIMIT: usize = 300_000;

/// Why a value is not known.
pub(crate) type Reason = Arc<Why>;

/// A value, or the reason for which the expression is an error; only `try` and `can` tell them apart.
pub(crate) type Outcome = Result<Value, Reason>;

/// The entries of a map.
pub(crate) type Entries = BTreeMap<Arc<str>, Value>;

/// A value during evaluation.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Unknown(Reason),
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    /// Text that is the JSON form of a tree with unknown parts.
    Json(Rc<Value>),
    List(Rc<Items>),
    /// Distinct elements in order.
    Set(Rc<Items>),
    Object(Rc<Object>),
}

/// The elements of a list or set.
#[derive(Clone, Debug)]
pub(crate) struct Items {
    items: Vec<Value>,
    weight: usize,
}

impl Deref for Items {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.items
    }
}

/// A map or an object.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) entries: Entries,
    pub(crate) rest: Rest,
    weight: usize,
}

/// What an object says of names that it has no entry for.
#[derive(Clone, Debug)]
pub(crate) enum Rest {
    /// There is no such entry.
    Closed,
    /// Nobody knows whether there is one.
    Open(Reason),
    /// A block of a resource: what was not written is filled in on deployment.
    AfterApply(Reason),
    /// A resource.
    Instance(Rc<Instance>),
    /// The outputs of a module, by its frame.
    Module(usize),
}

/// What the object of a resource needs to answer for attributes that are not written.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) kind: Arc<str>,
    pub(crate) address: Arc<str>,
    /// Why anything not written is unknown.
    pub(crate) reason: Reason,
    /// The arguments as they leave; made when first asked for.
    pub(crate) arguments: OnceCell<Node>,
    /// Whether it is read and not made.
    pub(crate) is_data: bool,
}

/// A reason of kind "undecided".
pub(crate) fn reason(operation: &str, message: impl Into<Box<str>>) -> Reason {
    Arc::new(Why::new(WhyKind::Undecided, operation).with_message(message))
}

impl Value {
    pub(crate) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn list(items: Vec<Value>) -> Self {
        match weight_of(items.iter()) {
            Ok(weight) => Self::List(Rc::new(Items { items, weight })),
            Err(why) => Self::Unknown(why),
        }
    }

    /// A set: sorted, each element once.
    pub(crate) fn set(mut items: Vec<Value>) -> Self {
        items.sort_by_cached_key(Value::sort_key);
        items.dedup_by(|a, b| a.same(b) == Some(true));
        match weight_of(items.iter()) {
            Ok(weight) => Self::Set(Rc::new(Items { items, weight })),
            Err(why) => Self::Unknown(why),
        }
    }

    pub(crate) fn object(entries: Entries) -> Self {
        Self::object_with(entries, Rest::Closed)
    }

    pub(crate) fn object_with(entries: Entries, rest: Rest) -> Self {
        match weight_of(entries.values()) {
            Ok(weight) => Self::Object(Rc::new(Object { entries, rest, weight })),
            Err(why) => Self::Unknown(why),
        }
    }

    /// How many values it is made of; what is shared counts as often as it is used.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::List(items) | Self::Set(items) => items.weight,
            Self::Object(object) => object.weight,
            Self::Json(tree) => tree.weight(),
            _ => 1,
        }
    }

    /// A number; whole numbers are kept whole.
    pub(crate) fn number(number: f64) -> Self {
        // Whole and within 2^53, where an f64 is exact.
        if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
            Self::Int(number as i64)
        } else {
            Self::Float(number)
        }
    }

    /// A count of things.
    pub(crate) fn count(count: usize) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The reason, if the value itself is unknown.
    pub(crate) fn why(&self) -> Option<&Reason> {
        match self {
            Self::Unknown(why) => Some(why),
            Self::Json(inner) => inner.first_unknown(),
            _ => None,
        }
    }

    /// The first unknown in the value, at any depth.
    pub(crate) fn first_unknown(&self) -> Option<&Reason> {
        match self {
            Self::Unknown(why) => Some(why),
            Self::Json(inner) => inner.first_unknown(),
            Self::List(items) | Self::Set(items) => items.iter().find_map(Value::first_unknown),
            Self::Object(object) => match &object.rest {
                Rest::Open(why) => Some(why),
                _ => object.entries.values().find_map(Value::first_unknown),
            },
            _ => None,
        }
    }

    /// The elements of a list or set.
    pub(crate) fn items(&self) -> Option<&Rc<Items>> {
        match self {
            Self::List(items) | Self::Set(items) => Some(items),
            _ => None,
        }
    }

    /// What Terraform calls the type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown(_) => "unknown",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Float(_) => "number",
            Self::Text(_) | Self::Json(_) => "string",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Object(_) => "object",
        }
    }

    /// As text, with Terraform's conversions of numbers and truth values.
    pub(crate) fn to_text(&self) -> Option<Arc<str>> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
            Self::Int(number) => Some(number.to_string().into()),
            Self::Float(number) => Some(number.to_string().into()),
            _ => None,
        }
    }

    /// As a number, with text converted.
    pub(crate) fn to_number(&self) -> Option<f64> {
        match self {
            // Beyond 2^53 the nearest number is meant.
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// As a whole number.
    pub(crate) fn to_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Text(text) if text.trim().parse::<i64>().is_ok() => text.trim().parse().ok(),
            _ => match Self::number(self.to_number()?) {
                Self::Int(number) => Some(number),
                _ => None,
            },
        }
    }

    /// As a truth value, with the texts `true` and `false` converted.
    pub(crate) fn to_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Text(text) => match &**text {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether two values are equal; none where an unknown decides.
    pub(crate) fn same(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Unknown(_) | Self::Json(_), _) | (_, Self::Unknown(_) | Self::Json(_)) => None,
            (Self::Null, Self::Null) => Some(true),
            (Self::Bool(a), Self::Bool(b)) => Some(a == b),
            (Self::Int(a), Self::Int(b)) => Some(a == b),
            (Self::Int(_) | Self::Float(_), Self::Int(_) | Self::Float(_)) => {
                Some(self.to_number() == other.to_number())
            }
            (Self::Text(a), Self::Text(b)) => Some(a == b),
            (Self::List(a) | Self::Set(a), Self::List(b) | Self::Set(b)) => {
                if Rc::ptr_eq(a, b) && self.first_unknown().is_none() {
                    return Some(true);
                }
                if a.len() != b.len() {
                    return Some(false);
                }
                all_same(a.iter().zip(b.iter()))
            }
            (Self::Object(a), Self::Object(b)) => {
                if !matches!((&a.rest, &b.rest), (Rest::Closed, Rest::Closed)) {
                    return None;
                }
                if a.entries.len() != b.entries.len() || !a.entries.keys().eq(b.entries.keys()) {
                    return Some(false);
                }
                all_same(a.entries.values().zip(b.entries.values()))
            }
            _ => Some(false),
        }
    }

    /// A text by which elements of sets are put in order.
    fn sort_key(&self) -> (u8, String) {
        match self {
            Self::Text(text) => (1, text.to_string()),
            Self::Int(_) | Self::Float(_) => {
                let number = self.to_number().unwrap_or_default();
                // Numbers in order as text: the sign and the digits before the point, padded.
                (0, if number < 0.0 { format!("-{:025.6}", -number) } else { format!("{number:026.6}") })
            }
            Self::Unknown(_) | Self::Json(_) => (3, String::new()),
            other => (2, other.to_json(&mut 10_000).unwrap_or_default()),
        }
    }

    /// The value in the form that leaves. `budget` is the number of values that may still be made.
    pub(crate) fn to_node(&self, budget: &mut usize) -> Node {
        if *budget == 0 {
            return Node::Unknown(reason("a value", "the value is too large to be held"));
        }
        *budget -= 1;
        match self {
            Self::Null => Node::Absent,
            Self::Unknown(why) => Node::Unknown(why.clone()),
            Self::Bool(value) => Node::Bool(*value),
            Self::Int(number) => Node::Int(*number),
            Self::Float(number) => Node::Float(*number),
            Self::Text(text) => Node::Text(text.clone()),
            Self::Json(tree) => tree.to_node(budget),
            Self::List(items) | Self::Set(items) => {
                Node::List(items.iter().map(|item| item.to_node(budget)).collect())
            }
            Self::Object(object) => match &object.rest {
                Rest::Open(why) => Node::Unknown(why.clone()),
                Rest::Instance(instance) => Node::Unknown(instance.reason.clone()),
                Rest::Module(_) => {
                    Node::Unknown(reason("a module", "a whole module stands where one value is needed"))
                }
                Rest::Closed | Rest::AfterApply(_) => Node::Map(
                    object
                        .entries
                        .iter()
                        .map(|(name, value)| (name.clone(), value.to_node(budget)))
                        .collect::<Map>(),
                ),
            },
        }
    }

    /// From the form that leaves.
    pub(crate) fn from_node(node: &Node) -> Self {
        match node {
            Node::Absent => Self::Null,
            Node::Unknown(why) => Self::Unknown(why.clone()),
            Node::Bool(value) => Self::Bool(*value),
            Node::Int(number) => Self::Int(*number),
            Node::Float(number) => Self::Float(*number),
            Node::Text(text) => Self::Text(text.clone()),
            Node::List(items) => Self::list(items.iter().map(Self::from_node).collect()),
            Node::Map(map) => Self::object(
                map.iter().map(|(name, value)| (Arc::from(name), Self::from_node(value))).collect(),
            ),
        }
    }

    /// As `jsonencode` writes it; none where a part is unknown or the budget of bytes is used up.
    pub(crate) fn to_json(&self, budget: &mut usize) -> Option<String> {
        let mut out = String::new();
        self.write_json(&mut out, *budget)?;
        *budget = budget.saturating_sub(out.len());
        Some(out)
    }

    fn write_json(&self, out: &mut String, limit: usize) -> Option<()> {
        if out.len() > limit {
            return None;
        }
        match self {
            Self::Null => out.push_str("null"),
            Self::Unknown(_) | Self::Json(_) => return None,
            Self::Bool(_) | Self::Int(_) | Self::Float(_) => out.push_str(&self.to_text()?),
            Self::Text(text) => write_json_text(text, out),
            Self::List(items) | Self::Set(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.write_json(out, limit)?;
                }
                out.push(']');
            }
            Self::Object(object) => {
                if !matches!(object.rest, Rest::Closed) {
                    return None;
                }
                out.push('{');
                for (at, (name, value)) in object.entries.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_json_text(name, out);
                    out.push(':');
                    value.write_json(out, limit)?;
                }
                out.push('}');
            }
        }
        Some(())
    }
}

/// The weight of a value made of others; the reason where it is too heavy to be walked through.
fn weight_of<'a>(parts: impl Iterator<Item = &'a Value>) -> Result<usize, Reason> {
    let weight = parts.fold(1_usize, |sum, part| sum.saturating_add(part.weight()));
    if weight > WEIGHT_LIMIT {
        let what = format!("the value is made of more than {WEIGHT_LIMIT} values");
        return Err(reason("a value", what));
    }
    Ok(weight)
}

fn all_same<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<bool> {
    let mut decided = Some(true);
    for (a, b) in pairs {
        match a.same(b) {
            Some(false) => return Some(false),
            None => decided = None,
            Some(true) => {}
        }
    }
    decided
}

/// Writes a JSON string with the escapes that `jsonencode` uses.
pub(crate) fn write_json_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{0}'..='\u{1f}' => {
                let _infallible = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}
