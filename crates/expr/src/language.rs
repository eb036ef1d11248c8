//! What an expression may name: the variables and host functions of the place where it stands.
//!
//! Each place (a check's `fails_when`, a line's `when`, a collector's condition) has its own [`Language`].
//! The compiler refuses everything else, so a typo never reaches an evaluation.

use std::fmt;

use partywall_model::Node;
use serde::{Deserialize, Serialize};

/// The words that an expression may use beside the built-in ones.
#[derive(Clone, Debug, Default)]
pub struct Language {
    /// Variables bound at evaluation.
    pub variables: Vec<&'static str>,
    /// Functions that the host answers.
    pub functions: &'static [Signature],
}

/// A function: how it is called, and its documentation.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Its name, with its namespace if it has one: `age_days`, `policy.public`.
    pub name: &'static str,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// What it gives.
    pub returns: Type,
    /// Whether it is called even where an argument as a whole is unknown. Otherwise the call is unknown
    /// for that argument's reason, and the host is not asked.
    pub accepts_unknown: bool,
    /// One or two sentences for the reference page.
    pub doc: &'static str,
    /// An expression that uses it.
    pub example: &'static str,
}

/// One parameter of a function.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name in the documentation.
    pub name: &'static str,
    /// What it accepts.
    pub accepts: Type,
    /// Whether it can be left out; only the last ones can.
    pub optional: bool,
}

/// The type of a value as far as it is known before the evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Type {
    /// Anything; all properties are.
    Any,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A number with a fraction.
    Float,
    /// Text.
    Text,
    /// A list.
    List,
    /// A map.
    Map,
    /// Nothing there.
    Null,
    /// Literally the variable `asset`: the function looks at the asset, not at a value.
    Asset,
}

impl Language {
    /// A language of these variables and functions.
    pub fn new(variables: impl Into<Vec<&'static str>>, functions: &'static [Signature]) -> Self {
        Self { variables: variables.into(), functions }
    }

    /// The host function of that full name.
    pub fn function(&self, name: &str) -> Option<&'static Signature> {
        self.functions.iter().find(|signature| signature.name == name)
    }

    /// Whether `name` (`policy`, or `a.b`) stands before the dot of a host function.
    pub(crate) fn is_namespace(&self, name: &str) -> bool {
        self.functions
            .iter()
            .any(|signature| signature.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
    }
}

impl Parameter {
    /// A parameter that must be given.
    pub const fn required(name: &'static str, accepts: Type) -> Self {
        Self { name, accepts, optional: false }
    }

    /// A parameter that can be left out.
    pub const fn optional(name: &'static str, accepts: Type) -> Self {
        Self { name, accepts, optional: true }
    }
}

impl Signature {
    /// The fewest and the most arguments that it takes.
    pub(crate) fn arity(&self) -> (usize, usize) {
        let required = self.parameters.iter().filter(|parameter| !parameter.optional).count();
        (required, self.parameters.len())
    }
}

impl fmt::Display for Signature {
    /// `net.exposed(asset, ports: list?) -> bool`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name)?;
        for (at, parameter) in self.parameters.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let optional = if parameter.optional { "?" } else { "" };
            match parameter.accepts {
                Type::Asset => write!(f, "{comma}asset{optional}")?,
                accepts => write!(f, "{comma}{}: {accepts}{optional}", parameter.name)?,
            }
        }
        write!(f, ") -> {}", self.returns)
    }
}

impl Type {
    /// The type of a value; an unknown one can be any.
    pub fn of(node: &Node) -> Self {
        match node {
            Node::Absent => Self::Null,
            Node::Unknown(_) => Self::Any,
            Node::Bool(_) => Self::Bool,
            Node::Int(_) => Self::Int,
            Node::Float(_) => Self::Float,
            Node::Text(_) => Self::Text,
            Node::List(_) => Self::List,
            Node::Map(_) => Self::Map,
        }
    }

    /// Whether a value of this type can ever be equal to, or stand for, one of the other.
    pub fn meets(self, other: Self) -> bool {
        use Type::{Any, Float, Int, Null};
        self == other
            || matches!((self, other), (Any | Null, _) | (_, Any | Null) | (Int, Float) | (Float, Int))
    }

    /// The word for it in messages and documentation.
    pub fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "double",
            Self::Text => "string",
            Self::List => "list",
            Self::Map => "map",
            Self::Null => "null",
            Self::Asset => "asset",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Of `candidates` the one that `word` most probably meant, if any is near.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count() / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
