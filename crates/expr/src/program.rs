//! [`Program`]: an expression, compiled and storable.

use std::sync::{Arc, OnceLock};

use partywall_model::{Map, Node};
use regex::Regex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::builtins::Builtin;
use crate::error::{CompileError, EvalError};
use crate::evaluate;
use crate::language::{Language, Type};
use crate::lower;
use crate::paths::{self, Comparison, Path};
use crate::scope::{Host, Scope};
use crate::trace::Outcome;

/// A compiled expression.
///
/// Its serialised form is for this version of the program only: it is embedded at build, never exchanged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Program {
    source: Box<str>,
    root: Expr,
}

impl Program {
    /// Compiles a source text.
    ///
    /// # Errors
    /// Text that is no expression, names that the language does not have, wrong argument counts, values whose
    /// types can never fit together, a malformed regular expression, text beyond the limits of size and depth.
    pub fn compile(source: &str, language: &Language) -> Result<Self, CompileError> {
        let root = lower::lower(source, language)?;
        Ok(Self { source: source.into(), root })
    }

    /// The text that it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The property paths that it can read, each once, in the order of the text. A loop variable over
    /// `asset.X` gives `X[].field`.
    pub fn paths(&self) -> Vec<Path> {
        paths::read(&self.root)
    }

    /// The host functions that it calls, each once.
    pub fn calls(&self) -> impl Iterator<Item = &str> {
        paths::calls(&self.root).into_iter()
    }

    /// The variables that it names, each once.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        paths::variables(&self.root).into_iter()
    }

    /// The literals that properties are compared with, by `==`, `!=`, an ordering or `in`.
    pub fn literals_compared(&self) -> Vec<Comparison> {
        paths::comparisons(&self.root)
    }

    /// The type that it gives, as far as the text shows it.
    pub fn returns(&self) -> Type {
        crate::types::of(&self.root)
    }

    /// The value for these variables.
    ///
    /// # Errors
    /// A mistake of the author's that only the values show (types that do not fit, overflow), a variable that
    /// is not bound, a limit that was hit, an error of the host's. Never because something was not seen.
    pub fn evaluate(&self, scope: &Scope<'_>, host: &dyn Host) -> Result<Outcome, EvalError> {
        evaluate::evaluate(&self.source, &self.root, scope, host)
    }
}

/// A node of the tree with its byte range in the source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Expr {
    pub(crate) fn span(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum ExprKind {
    Constant(Constant),
    /// A variable and a chain of fields under it.
    Path(PathExpr),
    /// A field of a computed value.
    Field(Box<Expr>, Box<str>),
    Index(Box<Expr>, Box<Expr>),
    Has(Box<Expr>),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    /// A chain of `&&` or `||`.
    Logic(Logic, Vec<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    Loop(Box<Loop>),
    Builtin(Builtin, Vec<Expr>),
    /// `matches` with a literal pattern.
    Matches(Box<Expr>, Pattern),
    Host(Box<HostCall>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PathExpr {
    pub(crate) root: Root,
    pub(crate) steps: Vec<Box<str>>,
    /// The steps, dotted.
    pub(crate) dotted: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Root {
    Variable(Arc<str>),
    /// A loop variable: so many loops outwards, 0 being the innermost.
    Local(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Logic {
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Binary {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Binary {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }

    pub(crate) fn is_ordering(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual)
    }
}

/// A macro over a list or the keys of a map.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Loop {
    pub(crate) quantifier: Quantifier,
    pub(crate) range: Expr,
    /// The condition of a three-argument `map`.
    pub(crate) condition: Option<Expr>,
    pub(crate) body: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Quantifier {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HostCall {
    pub(crate) name: Box<str>,
    pub(crate) accepts_unknown: bool,
    pub(crate) returns: Type,
    pub(crate) arguments: Vec<Expr>,
}

/// A literal, or a list or map of literals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Literal", into = "Literal")]
pub(crate) struct Constant(pub(crate) Node);

/// [`Constant`] as it is stored: [`Node`] reads itself only from formats that describe themselves.
#[derive(Serialize, Deserialize)]
enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    List(Vec<Literal>),
    Map(Vec<(Arc<str>, Literal)>),
}

impl From<Constant> for Literal {
    fn from(Constant(node): Constant) -> Self {
        let nested = |node: &Node| Self::from(Constant(node.clone()));
        match node {
            // The compiler makes no constant with an unknown in it.
            Node::Absent | Node::Unknown(_) => Self::Null,
            Node::Bool(value) => Self::Bool(value),
            Node::Int(value) => Self::Int(value),
            Node::Float(value) => Self::Float(value),
            Node::Text(text) => Self::Text(text),
            Node::List(items) => Self::List(items.iter().map(nested).collect()),
            Node::Map(map) => Self::Map(map.iter().map(|(key, value)| (key.into(), nested(value))).collect()),
        }
    }
}

impl From<Literal> for Constant {
    fn from(literal: Literal) -> Self {
        let nested = |literal: Literal| Self::from(literal).0;
        Self(match literal {
            Literal::Null => Node::Absent,
            Literal::Bool(value) => Node::Bool(value),
            Literal::Int(value) => Node::Int(value),
            Literal::Float(value) => Node::Float(value),
            Literal::Text(text) => Node::Text(text),
            Literal::List(items) => Node::List(items.into_iter().map(nested).collect()),
            Literal::Map(entries) => {
                Node::Map(entries.into_iter().map(|(key, value)| (key, nested(value))).collect::<Map>())
            }
        })
    }
}

/// A literal regular expression; it is built when it is first used, so that loading stays quick.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: Box<str>,
    built: OnceLock<Regex>,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.into(), built: OnceLock::new() }
    }

    /// The compiled form.
    ///
    /// # Errors
    /// A pattern that is malformed or too large.
    pub(crate) fn regex(&self) -> Result<&Regex, EvalError> {
        match self.built.get() {
            Some(regex) => Ok(regex),
            None => {
                let regex = crate::text::regex(&self.text)?;
                Ok(self.built.get_or_init(|| regex))
            }
        }
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { text: Box::<str>::deserialize(deserializer)?, built: OnceLock::new() })
    }
}
