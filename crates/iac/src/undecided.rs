//! Why code cannot be decided before it is deployed.

use std::sync::Arc;

use partywall_model::{Node, Why, WhyKind};

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
