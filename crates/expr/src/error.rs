//! What can be wrong with an expression, before and during its evaluation.
//!
//! An error is never an unknown and never false: it is a mistake of the expression's author (or a limit
//! that was hit), and it is shown as such.

use std::ops::Range;

/// Why a source text is no program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CompileError {
    /// What is wrong and, where it is clear, what was meant; lower-case, input in backticks.
    pub message: Box<str>,
    /// Where, as a byte range of the source that ends on character borders.
    pub span: Range<usize>,
}

impl CompileError {
    pub(crate) fn new(message: impl Into<Box<str>>, span: Range<usize>) -> Self {
        Self { message: message.into(), span }
    }
}

/// Why a program has no value for this input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", .place.as_ref().map(|place| format!(" in `{}`", place.expression)).unwrap_or_default())]
pub struct EvalError {
    /// What kind of mistake.
    pub kind: EvalErrorKind,
    /// What is wrong, lower-case, input in backticks.
    pub message: Box<str>,
    /// The sub-expression that failed; the evaluator fills it in for errors of the host.
    pub place: Option<Place>,
}

/// A sub-expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its text.
    pub expression: Box<str>,
    /// Its byte range in the program's source.
    pub span: Range<usize>,
}

/// What kind of mistake stopped an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EvalErrorKind {
    /// An operator or function does not take values of these types.
    Type,
    /// A number grew too large, or was divided by zero.
    Arithmetic,
    /// A regular expression that was computed is malformed or too large.
    Pattern,
    /// A variable of the program is not bound in the scope.
    Unbound,
    /// The step budget or the depth limit was hit.
    Limit,
    /// The host refused the call.
    Host,
}

impl EvalError {
    pub(crate) fn new(kind: EvalErrorKind, message: impl Into<Box<str>>) -> Self {
        Self { kind, message: message.into(), place: None }
    }

    pub(crate) fn types(message: impl Into<Box<str>>) -> Self {
        Self::new(EvalErrorKind::Type, message)
    }

    /// An error of a host function; the evaluator adds the place.
    pub fn host(message: impl Into<Box<str>>) -> Self {
        Self::new(EvalErrorKind::Host, message)
    }

    /// The same with its place, unless a more inner one is already known.
    pub(crate) fn within(mut self, source: &str, span: Range<usize>) -> Self {
        if self.place.is_none() {
            let expression = source.get(span.clone()).unwrap_or(source).into();
            self.place = Some(Place { expression, span });
        }
        self
    }
}
