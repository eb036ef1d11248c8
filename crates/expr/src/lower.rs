//! From CEL's syntax tree to our own, refusing what could only be a mistake.

use std::ops::Range;
use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr as Cel, IdedExpr, LiteralValue};
use partywall_model::{Map, Node};

use crate::error::CompileError;
use crate::language::{Language, nearest};
use crate::program::{Constant, Expr, ExprKind, PathExpr, Root};
use crate::syntax::{self, Parsed};
use crate::types;

/// The deepest tree that is made; evaluation recurses as deep.
pub(crate) const DEPTH_LIMIT: usize = 100;

/// Compiles a source text to a tree.
///
/// # Errors
/// See [`Program::compile`](crate::Program::compile).
pub(crate) fn lower(source: &str, language: &Language) -> Result<Expr, CompileError> {
    syntax::parse(source, |parsed| {
        let mut lowering = Lowering { parsed, language, locals: Vec::new(), depth: 0 };
        lowering.expr(&parsed.tree)
    })
}

pub(crate) struct Lowering<'p> {
    pub(crate) parsed: &'p Parsed<'p>,
    pub(crate) language: &'p Language,
    /// Loop variables, the innermost last.
    pub(crate) locals: Vec<String>,
    depth: usize,
}

impl Lowering<'_> {
    pub(crate) fn expr(&mut self, node: &IdedExpr) -> Result<Expr, CompileError> {
        if self.depth >= DEPTH_LIMIT {
            let message = format!("the expression is nested more than {DEPTH_LIMIT} deep");
            return Err(CompileError::new(message, self.parsed.token(node)));
        }
        self.depth += 1;
        let lowered = self.kind(node);
        self.depth -= 1;
        lowered
    }

    fn kind(&mut self, node: &IdedExpr) -> Result<Expr, CompileError> {
        let token = self.parsed.token(node);
        match &node.expr {
            Cel::Literal(literal) => Ok(self.place(ExprKind::Constant(constant(literal, &token)?), token)),
            Cel::Ident(name) => self.identifier(name, token),
            Cel::Select(select) => {
                let operand = self.expr(&select.operand)?;
                let end = self.end_of_word(token.start + 1, &select.field);
                let span = operand.span().start..end;
                Ok(self.place(field(operand, &select.field), span))
            }
            Cel::List(list) => {
                let items =
                    list.elements.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>, _>>()?;
                let span = token.start..self.parsed.closed(token.start);
                Ok(self.place(list_of(items), span))
            }
            Cel::Map(map) => {
                let span = token.start..self.parsed.closed(token.start);
                let mut entries = Vec::with_capacity(map.entries.len());
                for entry in &map.entries {
                    let EntryExpr::MapEntry(entry) = &entry.expr else {
                        return Err(CompileError::new("this is no map", span));
                    };
                    entries.push((self.expr(&entry.key)?, self.expr(&entry.value)?));
                }
                Ok(self.place(map_of(entries)?, span))
            }
            Cel::Call(call) => self.call(call, token),
            Cel::Struct(message) => {
                let text = format!("`{}{{…}}`: messages are not part of the language", message.type_name);
                Err(CompileError::new(text, token))
            }
            Cel::Comprehension(_) | Cel::Unspecified => {
                Err(CompileError::new("this is not part of the language", token))
            }
        }
    }

    fn identifier(&self, name: &str, token: Range<usize>) -> Result<Expr, CompileError> {
        let local = self.locals.iter().rev().position(|local| local == name);
        let root = if let Some(outwards) = local {
            Root::Local(u8::try_from(outwards).unwrap_or(u8::MAX))
        } else if self.language.variables.contains(&name) {
            Root::Variable(name.into())
        } else {
            return Err(self.unknown_name(name, token));
        };
        Ok(self.place(ExprKind::Path(PathExpr { root, steps: Vec::new(), dotted: "".into() }), token))
    }

    fn unknown_name(&self, name: &str, span: Range<usize>) -> CompileError {
        let mut message = format!("there is no variable `{name}` here");
        let known = self.language.variables.iter().copied().chain(self.locals.iter().map(String::as_str));
        if self.language.is_namespace(name) {
            message = format!("`{name}` is a group of functions: `{name}.…(…)` calls one");
        } else if let Some(near) = nearest(name, known) {
            message = format!("{message}; did you mean `{near}`?");
        } else if !self.language.variables.is_empty() {
            message = format!("{message}; there is `{}`", self.language.variables.join("`, `"));
        }
        CompileError::new(message, span)
    }

    /// Gives a node its place, widened so that it cuts no brackets apart.
    pub(crate) fn place(&self, kind: ExprKind, span: Range<usize>) -> Expr {
        let span = self.parsed.balanced(span);
        // Sources are shorter than 64 KiB, so both fit.
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Expr { kind, start: narrow(span.start), end: narrow(span.end) }
    }

    /// Where `word` ends if it stands at `from` or after some space.
    fn end_of_word(&self, from: usize, word: &str) -> usize {
        let rest = self.parsed.source.get(from..).unwrap_or_default();
        rest.find(word).map_or(from, |at| from + at + word.len())
    }
}

fn constant(literal: &LiteralValue, token: &Range<usize>) -> Result<Constant, CompileError> {
    Ok(Constant(match literal {
        LiteralValue::Boolean(value) => Node::Bool(*value.inner()),
        LiteralValue::Int(value) => Node::Int(*value.inner()),
        LiteralValue::UInt(value) => Node::Int(i64::try_from(*value.inner()).map_err(|_| {
            CompileError::new(format!("`{}u` is no number that can be held", value.inner()), token.clone())
        })?),
        LiteralValue::Double(value) => Node::Float(*value.inner()),
        LiteralValue::String(text) => Node::text(text.inner()),
        LiteralValue::Null => Node::Absent,
        LiteralValue::Bytes(_) => {
            return Err(CompileError::new("bytes are not part of the language", token.clone()));
        }
    }))
}

/// `operand.name`; chains on a variable become one path.
fn field(operand: Expr, name: &str) -> ExprKind {
    match operand.kind {
        ExprKind::Path(mut path) => {
            let dot = if path.dotted.is_empty() { "" } else { "." };
            path.dotted = Arc::from(format!("{}{dot}{name}", path.dotted));
            path.steps.push(name.into());
            ExprKind::Path(path)
        }
        _ => ExprKind::Field(Box::new(operand), name.into()),
    }
}

fn list_of(items: Vec<Expr>) -> ExprKind {
    let literals: Option<Vec<Node>> = items.iter().map(literal).map(Option::<&Node>::cloned).collect();
    literals.map_or(ExprKind::List(items), |nodes| ExprKind::Constant(Constant(Node::List(nodes))))
}

fn map_of(entries: Vec<(Expr, Expr)>) -> Result<ExprKind, CompileError> {
    let mut seen: Vec<&str> = Vec::new();
    for (key, _) in &entries {
        types::takes_text(key, "a key of a map")?;
        if let Some(text) = literal(key).and_then(Node::as_str) {
            if seen.contains(&text) {
                return Err(CompileError::new(format!("the key `{text}` is given twice"), key.span()));
            }
            seen.push(text);
        }
    }
    let literals: Option<Map> = entries
        .iter()
        .map(|(key, value)| Some((literal(key)?.as_str()?.to_owned(), literal(value)?.clone())))
        .collect();
    Ok(literals.map_or(ExprKind::Map(entries), |map| ExprKind::Constant(Constant(Node::Map(map)))))
}

/// The node of a literal.
pub(crate) fn literal(expr: &Expr) -> Option<&Node> {
    match &expr.kind {
        ExprKind::Constant(Constant(node)) => Some(node),
        _ => None,
    }
}
