//! The syntax of Terraform's files as one small tree, whether they are written in HCL or in JSON.
//!
//! `hcl-edit` reads HCL. What it refuses is read again block by block, so that one bad block costs one
//! block: first a copy of the same length whose newlines inside brackets are blanks (the parser rejects a
//! conditional over several lines inside a `for`), and what is still refused is reported with its line.

mod convert;
mod json;
mod recover;
mod scan;

use std::sync::Arc;

pub(crate) use json::{Json, JsonKind, parse as parse_json};

use crate::tree::Text;
use crate::trouble::Trouble;

/// A range of bytes in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// One file that was read.
#[derive(Debug, Default)]
pub(crate) struct SourceFile {
    pub(crate) path: Arc<str>,
    /// The offset at which each line begins.
    lines: Vec<u32>,
    pub(crate) body: Body,
}

/// What stands in a file or between the braces of a block.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) blocks: Vec<Block>,
}

/// `name = value`.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: Arc<str>,
    pub(crate) value: Expr,
    pub(crate) span: Span,
}

/// `kind "label" { … }`.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) kind: Arc<str>,
    pub(crate) labels: Vec<Arc<str>>,
    pub(crate) body: Body,
    pub(crate) span: Span,
}

/// An expression and where it stands.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) span: Span,
    pub(crate) kind: ExprKind,
}

/// The kinds of expressions.
#[derive(Debug)]
pub(crate) enum ExprKind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    Template(Vec<Part>),
    List(Vec<Expr>),
    Object(Vec<(Expr, Expr)>),
    Name(Arc<str>),
    Path(Box<(Expr, Vec<Step>)>),
    Call(Box<Call>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Binary(Box<(Expr, Operator, Expr)>),
    If(Box<(Expr, Expr, Expr)>),
    For(Box<For>),
    /// A text that should have been an expression, and why it is none.
    Broken(Arc<str>),
}

/// A step along a value.
#[derive(Debug)]
pub(crate) enum Step {
    Attribute(Arc<str>),
    Index(Expr),
    /// `.*`: the attributes that follow are taken of each element.
    AttributeSplat,
    /// `[*]`: everything that follows is taken of each element.
    FullSplat,
}

/// `name(arguments…)`.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Vec<Expr>,
    /// Whether the last argument is followed by `...`.
    pub(crate) spread: bool,
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
}

/// `[for k, v in over : value if condition]` and its object form.
#[derive(Debug)]
pub(crate) struct For {
    pub(crate) key: Option<Arc<str>>,
    pub(crate) value: Arc<str>,
    pub(crate) over: Expr,
    pub(crate) key_result: Option<Expr>,
    pub(crate) result: Expr,
    pub(crate) grouped: bool,
    pub(crate) condition: Option<Expr>,
}

/// A part of a template; blanks next to a `~` are gone already.
#[derive(Debug)]
pub(crate) enum Part {
    Literal(Arc<str>),
    Interpolation(Expr),
    If(Box<(Expr, Vec<Part>, Vec<Part>)>),
    For(Box<TemplateFor>),
}

/// `%{ for k, v in over }…%{ endfor }`.
#[derive(Debug)]
pub(crate) struct TemplateFor {
    pub(crate) key: Option<Arc<str>>,
    pub(crate) value: Arc<str>,
    pub(crate) over: Expr,
    pub(crate) parts: Vec<Part>,
}

impl SourceFile {
    /// The line that an offset is on, counted from one.
    pub(crate) fn line(&self, offset: u32) -> u32 {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}

impl Body {
    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| &*attribute.name == name)
    }

    /// The blocks of one kind.
    pub(crate) fn blocks<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |block| &*block.kind == kind)
    }
}

/// Reads one `.tf`, `.tfvars` or JSON file.
pub(crate) fn parse(path: &Arc<str>, text: &Text) -> (SourceFile, Vec<Trouble>) {
    let mut troubles = Vec::new();
    if let Some(line) = text.broken_line {
        let what = "there are bytes that are no UTF-8; each was read as `?`";
        troubles.push(Trouble::new(path.clone(), line, what, "save the file as UTF-8"));
    }
    let mut file = SourceFile {
        path: path.clone(),
        lines: line_starts(&text.text, text.offset),
        ..SourceFile::default()
    };
    let body = if path.ends_with(".json") {
        json::body(path, text, &mut troubles)
    } else {
        recover::body(&file, text, &mut troubles)
    };
    file.body = body;
    (file, troubles)
}

/// Reads a template that stands in a file of its own, or one held in a string.
pub(crate) fn parse_template(text: &str) -> Result<Vec<Part>, String> {
    let template: hcl_edit::template::Template =
        text.parse().map_err(|error: hcl_edit::parser::Error| error.message().to_owned())?;
    Ok(convert::Converter { base: 0 }.template(&template))
}

/// Reads one expression, as in `-var 'name=[1, 2]'`.
pub(crate) fn parse_expr(text: &str) -> Result<Expr, String> {
    let expr: hcl_edit::expr::Expression =
        text.parse().map_err(|error: hcl_edit::parser::Error| error.message().to_owned())?;
    Ok(convert::Converter { base: 0 }.expr(&expr))
}

fn line_starts(text: &str, offset: u32) -> Vec<u32> {
    let mut starts = vec![0];
    starts.extend(
        text.bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(at, _)| offset.saturating_add(u32::try_from(at).unwrap_or(u32::MAX)).saturating_add(1)),
    );
    starts
}
