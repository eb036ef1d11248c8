//! Why code cannot be decided before it is deployed.

use std::sync::Arc;

use partywall_model::{Map, Node, Why, WhyKind};

/// Why a value is not known.
pub(crate) type Reason = Arc<Why>;

/// A reason of kind "undecided".
pub(crate) fn reason(operation: impl Into<Box<str>>, message: impl Into<Box<str>>) -> Reason {
    Arc::new(Why::new(WhyKind::Undecided, operation).with_message(message))
}

/// An unknown node.
pub(crate) fn unknown(operation: impl Into<Box<str>>, message: impl Into<Box<str>>) -> Node {
    Node::Unknown(reason(operation, message))
}

/// What holds whichever of two values it will be: maps agree key by key.
pub(crate) fn either(a: Node, b: Node, why: &Reason) -> Node {
    if a == b {
        return a;
    }
    let (Node::Map(a), Node::Map(b)) = (&a, &b) else { return Node::Unknown(why.clone()) };
    let keys = a.iter().chain(b).map(|(key, _)| key);
    let side = |map: &Map, key: &str| map.get(key).cloned().unwrap_or_default();
    let merged = keys.map(|key| (Arc::<str>::from(key), either(side(a, key), side(b, key), why)));
    Node::Map(merged.collect())
}
