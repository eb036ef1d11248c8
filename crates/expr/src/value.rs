//! [`Value`]: a node on its way through an evaluation, borrowed wherever it can be.

use crate::scope::HostValue;
use std::borrow::Cow;
use std::sync::Arc;

use partywall_model::{Map, Node, Why};

use crate::language::Type;

/// A value during an evaluation.
#[derive(Clone, Debug)]
pub(crate) enum Value<'v> {
    /// Part of the input or of the program.
    Borrowed(&'v Node),
    /// Computed.
    Owned(Node),
    /// A computed list whose elements may still be borrowed; they are never `Many` themselves.
    Many(Vec<Value<'v>>),
}

impl<'v> From<HostValue<'v>> for Value<'v> {
    fn from(value: HostValue<'v>) -> Self {
        match value {
            HostValue::Made(node) => Self::Owned(node),
            HostValue::Part(node) => Self::Borrowed(node),
            HostValue::Parts(nodes, unseen) => {
                let unseen = unseen.map(Self::unknown);
                Self::Many(nodes.into_iter().map(Self::Borrowed).chain(unseen).collect())
            }
        }
    }
}

pub(crate) static ABSENT: Node = Node::Absent;

impl<'v> Value<'v> {
    pub(crate) fn absent() -> Self {
        Self::Borrowed(&ABSENT)
    }

    pub(crate) fn bool(value: bool) -> Self {
        Self::Owned(Node::Bool(value))
    }

    pub(crate) fn unknown(why: Arc<Why>) -> Self {
        Self::Owned(Node::Unknown(why))
    }

    /// The reason, if this is an unknown.
    pub(crate) fn why(&self) -> Option<&Arc<Why>> {
        match self {
            Self::Borrowed(node) => node.why(),
            Self::Owned(node) => node.why(),
            Self::Many(_) => None,
        }
    }

    pub(crate) fn is_absent(&self) -> bool {
        match self {
            Self::Borrowed(node) => node.is_absent(),
            Self::Owned(node) => node.is_absent(),
            Self::Many(_) => false,
        }
    }

    /// Whether it is known and has no inside where an unknown could be.
    pub(crate) fn is_settled(&self) -> bool {
        let plain = |node: &Node| !matches!(node, Node::Unknown(_) | Node::List(_) | Node::Map(_));
        match self {
            Self::Borrowed(node) => plain(node),
            Self::Owned(node) => plain(node),
            Self::Many(_) => false,
        }
    }

    /// The node, put together if it is a list of parts.
    pub(crate) fn node(&self) -> Cow<'_, Node> {
        match self {
            Self::Borrowed(node) => Cow::Borrowed(node),
            Self::Owned(node) => Cow::Borrowed(node),
            Self::Many(items) => {
                Cow::Owned(Node::List(items.iter().map(|item| item.node().into_owned()).collect()))
            }
        }
    }

    pub(crate) fn into_node(self) -> Node {
        match self {
            Self::Borrowed(node) => node.clone(),
            Self::Owned(node) => node,
            Self::Many(items) => Node::List(items.into_iter().map(Self::into_node).collect()),
        }
    }

    /// The same, owning everything.
    pub(crate) fn detached<'w>(self) -> Value<'w> {
        Value::Owned(self.into_node())
    }

    /// The same without parts: an element of a list.
    pub(crate) fn element(self) -> Self {
        match self {
            Self::Many(_) => Self::Owned(self.into_node()),
            single => single,
        }
    }

    /// Its elements, none for an absent value; nothing if it is no list.
    pub(crate) fn into_elements(self) -> Result<Elements<'v>, Self> {
        match self {
            Self::Borrowed(Node::List(items)) => Ok(Elements::Borrowed(items.iter())),
            Self::Owned(Node::List(items)) => Ok(Elements::Owned(items.into_iter())),
            Self::Many(items) => Ok(Elements::Many(items.into_iter())),
            absent if absent.is_absent() => Ok(Elements::Borrowed([].iter())),
            other => Err(other),
        }
    }

    pub(crate) fn type_of(&self) -> Type {
        match self {
            Self::Borrowed(node) => Type::of(node),
            Self::Owned(node) => Type::of(node),
            Self::Many(_) => Type::List,
        }
    }
}

/// Iterates over the elements of a list.
#[derive(Debug)]
pub(crate) enum Elements<'v> {
    Borrowed(std::slice::Iter<'v, Node>),
    Owned(std::vec::IntoIter<Node>),
    Many(std::vec::IntoIter<Value<'v>>),
}

impl<'v> Iterator for Elements<'v> {
    type Item = Value<'v>;

    fn next(&mut self) -> Option<Value<'v>> {
        match self {
            Self::Borrowed(items) => items.next().map(Value::Borrowed),
            Self::Owned(items) => items.next().map(Value::Owned),
            Self::Many(items) => items.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Borrowed(items) => items.size_hint(),
            Self::Owned(items) => items.size_hint(),
            Self::Many(items) => items.size_hint(),
        }
    }
}

/// The keys of a map as a list: those with an absent value are not there, and where it is not known whether
/// there is a value, the key is not known to be there either.
pub(crate) fn keys<'v>(map: &Map) -> Value<'v> {
    let keys = map.iter().filter(|(_, value)| !value.is_absent()).map(|(key, value)| match value.why() {
        Some(why) => Node::Unknown(Arc::clone(why)),
        None => Node::text(key),
    });
    Value::Owned(Node::List(keys.collect()))
}

/// `a string`, `an int`: the type of a node in a message. Never the value, which may be long or secret.
pub(crate) fn article(node: &Node) -> String {
    with_article(Type::of(node))
}

pub(crate) fn with_article(kind: Type) -> String {
    match kind {
        Type::Null => "null".to_owned(),
        Type::Int | Type::Any | Type::Asset => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}
