//! The expression language of checks, responsibility lines and collectors.
//!
//! It reads like CEL, and the `cel` crate parses it. [`Program::compile`] lowers the tree into a form of our
//! own that can be stored, and [`Program::evaluate`] runs that over [`Node`](partywall_model::Node)s. The one
//! idea: **unknown is a value**. Every operator over something that nobody saw gives unknown; only `&&`,
//! `||`, `all`, `exists` and `in` may decide without it, and only where no value that it could have would
//! change the answer. So replacing any part of the input by an unknown never turns a yes into a no.
//!
//! Absent is null, with an answer for every operator; a mistake of the author's is an error and never hides
//! as unknown or false. The rules are written down in `docs/reference/expressions.md`.
//!
//! This crate does no I/O, does not ask for the time and knows no property of any provider's: what needs
//! such knowledge is a function of the [`Host`].

mod arithmetic;
mod builtins;
mod calls;
mod documents;
mod equality;
mod error;
mod evaluate;
mod frame;
mod language;
mod lists;
mod lower;
mod operators;
mod paths;
mod program;
mod quantify;
mod scope;
mod syntax;
mod text;
mod trace;
mod types;
mod value;

pub use builtins::{BuiltinForm, BuiltinFunction, builtin_functions};
pub use error::{CompileError, EvalError, EvalErrorKind, Place};
pub use language::{Language, Parameter, Signature, Type};
pub use paths::{Comparison, Path};
pub use program::Program;
pub use scope::{Host, HostValue, NoHost, Scope};
pub use trace::{Outcome, Read, Seen, Trace, Truth};
