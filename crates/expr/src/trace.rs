//! What an evaluation leaves behind beside its value: what was read, noted, and not seen.

use std::fmt;
use std::sync::Arc;

use partywall_model::{AssetId, Node, Why};

use crate::error::EvalError;

/// So many reads are kept; the rest is counted in [`Trace::unlisted`].
const READS_KEPT: usize = 64;

/// The result of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The value; [`Node::Unknown`] where it could not be decided.
    pub value: Node,
    /// How it came about.
    pub trace: Trace,
}

/// A yes, a no, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// Known to hold.
    True,
    /// Known not to hold.
    False,
    /// Hangs on something that was not seen: see [`Trace::reasons`].
    Unknown,
}

/// What was established on the way to a value. Host functions add to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The properties that were read, each once, in the order of reading. Where an `exists` found elements
    /// or an `all` exceptions, only theirs are kept.
    pub read: Vec<Read>,
    /// How many further reads were not kept.
    pub unlisted: usize,
    /// What host functions want a person to know.
    pub notes: Vec<Box<str>>,
    /// Other assets that suffer from the same cause.
    pub affected: Vec<AssetId>,
    /// Every unknown that the value hangs on, each once; empty where the value is known.
    pub reasons: Vec<Arc<Why>>,
}

/// How far a trace had come: see [`Trace::mark`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    read: usize,
    unlisted: usize,
    notes: usize,
    affected: usize,
    pub(crate) reasons: usize,
}

/// One property that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The variable (`asset`).
    pub variable: Arc<str>,
    /// Dotted path into it, list positions as numbers.
    pub path: Arc<str>,
    /// What was there.
    pub value: Seen,
}

/// What was read, without the inside of lists and maps.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// A plain value, an absent or an unknown one.
    Plain(Node),
    /// A list of so many elements.
    List(usize),
    /// A map of so many entries.
    Map(usize),
}

impl Outcome {
    /// The value as the answer to a question: absent counts as no.
    ///
    /// # Errors
    /// A value that is neither true, false, absent nor unknown.
    pub fn truth(&self) -> Result<Truth, EvalError> {
        match &self.value {
            Node::Bool(true) => Ok(Truth::True),
            Node::Bool(false) | Node::Absent => Ok(Truth::False),
            Node::Unknown(_) => Ok(Truth::Unknown),
            other => Err(EvalError::types(format!(
                "the expression gives {}, where true or false is needed",
                crate::value::article(other)
            ))),
        }
    }
}

impl Trace {
    /// Tells a person something that the value rests on.
    pub fn note(&mut self, note: impl Into<Box<str>>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Names another asset that suffers from the same cause.
    pub fn affects(&mut self, asset: AssetId) {
        if !self.affected.contains(&asset) {
            self.affected.push(asset);
        }
    }

    /// Adds a reason why the value is unknown. A host function that returns an unknown need only call this
    /// for reasons beside the one that it returns.
    pub fn reason(&mut self, why: &Arc<Why>) {
        if !self.reasons.iter().any(|known| Arc::ptr_eq(known, why) || **known == **why) {
            self.reasons.push(Arc::clone(why));
        }
    }

    /// How far the trace has come.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            read: self.read.len(),
            unlisted: self.unlisted,
            notes: self.notes.len(),
            affected: self.affected.len(),
            reasons: self.reasons.len(),
        }
    }

    /// Forgets everything after a mark.
    pub(crate) fn back_to(&mut self, mark: Mark) {
        self.read.truncate(mark.read);
        self.unlisted = mark.unlisted;
        self.notes.truncate(mark.notes);
        self.affected.truncate(mark.affected);
        self.reasons.truncate(mark.reasons);
    }

    pub(crate) fn saw(&mut self, variable: &Arc<str>, path: Arc<str>, value: &Node) {
        if self.read.iter().any(|read| read.path == path && read.variable == *variable) {
            return;
        }
        if self.read.len() >= READS_KEPT {
            self.unlisted += 1;
            return;
        }
        self.read.push(Read { variable: Arc::clone(variable), path, value: Seen::of(value) });
    }
}

impl Seen {
    fn of(node: &Node) -> Self {
        match node {
            Node::List(items) => Self::List(items.len()),
            Node::Map(map) => Self::Map(map.len()),
            plain => Self::Plain(plain.clone()),
        }
    }
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.path.is_empty() { &self.variable } else { &self.path };
        write!(f, "{name} = {}", self.value)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(1) => f.write_str("a list of one"),
            Self::List(count) => write!(f, "a list of {count}"),
            Self::Map(1) => f.write_str("a map of one"),
            Self::Map(count) => write!(f, "a map of {count}"),
            Self::Plain(Node::Absent) => f.write_str("absent"),
            Self::Plain(Node::Unknown(why)) => write!(f, "unknown: {why}"),
            Self::Plain(Node::Bool(value)) => write!(f, "{value}"),
            Self::Plain(Node::Int(value)) => write!(f, "{value}"),
            Self::Plain(Node::Float(value)) => write!(f, "{value}"),
            Self::Plain(Node::Text(text)) => write!(f, "{:?}", shortened(text)),
            Self::Plain(Node::List(_) | Node::Map(_)) => f.write_str("…"),
        }
    }
}

/// Long text cut after 120 characters.
fn shortened(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(120) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()).into(),
        None => text.into(),
    }
}
