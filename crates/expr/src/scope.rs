//! What an evaluation is given: values for its variables, and a host for its functions.

use std::sync::Arc;

use partywall_model::{Node, Why};

use crate::error::EvalError;
use crate::trace::Trace;

/// Variables and their values.
#[derive(Clone, Debug, Default)]
pub struct Scope<'a> {
    bound: Vec<(&'a str, &'a Node)>,
}

impl<'a> Scope<'a> {
    /// No variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with `name` standing for `value`; of two of one name the later counts.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: &'a Node) -> Self {
        self.bind(name, value);
        self
    }

    /// Lets `name` stand for `value`.
    pub fn bind(&mut self, name: &'a str, value: &'a Node) {
        match self.bound.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = value,
            None => self.bound.push((name, value)),
        }
    }

    /// What `name` stands for.
    pub fn value(&self, name: &str) -> Option<&'a Node> {
        self.bound.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// Answers the functions of a [`Language`](crate::Language).
pub trait Host {
    /// The value of the function `name` for these arguments.
    ///
    /// Arguments come as they are: lists and maps may hold unknowns, and whoever looks at one answers unknown
    /// unless it cannot matter. Arguments that are unknown as a whole come only to functions whose signature
    /// says `accepts_unknown`. Where a conjunction is already decided, the function is not called.
    ///
    /// # Errors
    /// [`EvalError::host`] for a mistake of the expression's author; never for something that was not seen.
    fn call<'h>(
        &'h self,
        name: &str,
        arguments: &[&Node],
        trace: &mut Trace,
    ) -> Result<HostValue<'h>, EvalError>;
}

/// What a host answers.
///
/// A join of two kinds looks at all of one kind for each of the other. It must not copy them each time, so
/// a host can hand out what it has.
#[derive(Clone, Debug)]
pub enum HostValue<'h> {
    /// A value of its own.
    Made(Node),
    /// Something that the host has.
    Part(&'h Node),
    /// A list of things that the host has; the list is not whole where a reason is given.
    Parts(Vec<&'h Node>, Option<Arc<Why>>),
}

impl HostValue<'_> {
    /// A copy as one value; a list that is not whole ends in an unknown.
    pub fn into_node(self) -> Node {
        match self {
            Self::Made(node) => node,
            Self::Part(node) => node.clone(),
            Self::Parts(nodes, unseen) => {
                Node::List(nodes.into_iter().cloned().chain(unseen.map(Node::Unknown)).collect())
            }
        }
    }
}

impl From<Node> for HostValue<'_> {
    fn from(node: Node) -> Self {
        Self::Made(node)
    }
}

/// A host without functions.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {
    fn call<'h>(&'h self, name: &str, _: &[&Node], _: &mut Trace) -> Result<HostValue<'h>, EvalError> {
        Err(EvalError::host(format!("there is no function `{name}` here")))
    }
}
