//! From the tree of `hcl-edit` to ours: spans become offsets in the file, `~` is applied, decoration is left.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::{self as hcl, BinaryOperator, Expression, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::structure::{self, Structure};
use hcl_edit::template::{Directive, Element, Strip, Template};

use super::{Attribute, Block, Body, Call, Expr, ExprKind, For, Operator, Part, Span, Step, TemplateFor};

/// Turns parts of one parsed text into our tree.
pub(super) struct Converter {
    /// Where the parsed text begins in the file.
    pub(super) base: u32,
}

impl Converter {
    pub(super) fn body(&self, body: &structure::Body) -> Body {
        let mut found = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => found.attributes.push(self.attribute(attribute)),
                Structure::Block(block) => found.blocks.push(self.block(block)),
            }
        }
        found.attributes.shrink_to_fit();
        found.blocks.shrink_to_fit();
        found
    }

    fn attribute(&self, attribute: &structure::Attribute) -> Attribute {
        let value = self.expr(&attribute.value);
        let span = attribute.span().or_else(|| attribute.key.span());
        Attribute { name: attribute.key.as_str().into(), span: self.span(span), value }
    }

    fn block(&self, block: &structure::Block) -> Block {
        Block {
            kind: block.ident.as_str().into(),
            labels: block.labels.iter().map(|label| label.as_str().into()).collect(),
            body: self.body(&block.body),
            span: self.span(block.span().or_else(|| block.ident.span())),
        }
    }

    fn span(&self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or_default();
        let offset = |at: usize| self.base.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        Span { start: offset(range.start), end: offset(range.end) }
    }

    pub(super) fn expr(&self, expr: &Expression) -> Expr {
        Expr { span: self.span(expr.span()), kind: self.kind(expr) }
    }

    fn boxed(&self, expr: &Expression) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn kind(&self, expr: &Expression) -> ExprKind {
        match expr {
            Expression::Null(_) => ExprKind::Null,
            Expression::Bool(value) => ExprKind::Bool(*value.value()),
            Expression::Number(number) => match (number.value().as_i64(), number.value().as_f64()) {
                (Some(whole), _) => ExprKind::Int(whole),
                (None, float) => ExprKind::Float(float.unwrap_or(f64::MAX)),
            },
            Expression::String(text) => ExprKind::Text(text.value().as_str().into()),
            Expression::Array(items) => ExprKind::List(items.iter().map(|item| self.expr(item)).collect()),
            Expression::Object(object) => ExprKind::Object(
                object.iter().map(|(key, value)| (self.key(key), self.expr(value.expr()))).collect(),
            ),
            Expression::StringTemplate(template) => self.quoted(template),
            Expression::HeredocTemplate(heredoc) => {
                // `hcl-edit` took the indentation off the outermost level only.
                let trim = Trim { inner: heredoc.indent().unwrap_or(0), ..Trim::default() };
                whole(self.parts(&heredoc.template, trim))
            }
            Expression::Parenthesis(inner) => self.kind(inner.inner()),
            Expression::Variable(name) => ExprKind::Name(name.as_str().into()),
            Expression::Conditional(choice) => ExprKind::If(Box::new((
                self.expr(&choice.cond_expr),
                self.expr(&choice.true_expr),
                self.expr(&choice.false_expr),
            ))),
            Expression::FuncCall(call) => ExprKind::Call(Box::new(self.call(call))),
            Expression::Traversal(traversal) => {
                let steps = traversal.operators.iter().map(|operator| self.step(operator.value())).collect();
                ExprKind::Path(Box::new((self.expr(&traversal.expr), steps)))
            }
            Expression::UnaryOp(unary) => match unary.operator.value() {
                UnaryOperator::Not => ExprKind::Not(self.boxed(&unary.expr)),
                UnaryOperator::Neg => ExprKind::Negative(self.boxed(&unary.expr)),
            },
            Expression::BinaryOp(binary) => ExprKind::Binary(Box::new((
                self.expr(&binary.lhs_expr),
                operator(*binary.operator.value()),
                self.expr(&binary.rhs_expr),
            ))),
            Expression::ForExpr(comprehension) => ExprKind::For(Box::new(self.comprehension(comprehension))),
        }
    }

    fn key(&self, key: &ObjectKey) -> Expr {
        match key {
            ObjectKey::Ident(name) => {
                Expr { span: self.span(name.span()), kind: ExprKind::Text(name.as_str().into()) }
            }
            // `(var.name) = …`; a bare `true` or `null` is a name as well.
            ObjectKey::Expression(Expression::Bool(value)) => {
                let text = if *value.value() { "true" } else { "false" };
                Expr { span: self.span(value.span()), kind: ExprKind::Text(text.into()) }
            }
            ObjectKey::Expression(Expression::Null(null)) => {
                Expr { span: self.span(null.span()), kind: ExprKind::Text("null".into()) }
            }
            ObjectKey::Expression(expr) => self.expr(expr),
        }
    }

    pub(super) fn quoted(&self, template: &Template) -> ExprKind {
        let mut parts = self.template(template);
        // `"${x}"` alone is `x` itself, whatever its type.
        if let [Part::Interpolation(_)] = parts.as_slice()
            && let Some(Part::Interpolation(only)) = parts.pop()
        {
            return only.kind;
        }
        whole(parts)
    }

    fn call(&self, call: &hcl::FuncCall) -> Call {
        let mut name = String::new();
        for part in &call.name.namespace {
            name.push_str(part.as_str());
            name.push_str("::");
        }
        name.push_str(call.name.name.as_str());
        // The functions of the core may be written `core::length`.
        let name = name.strip_prefix("core::").unwrap_or(&name).into();
        let arguments = call.args.iter().map(|argument| self.expr(argument)).collect();
        Call { name, arguments, spread: call.args.expand_final() }
    }

    fn step(&self, operator: &TraversalOperator) -> Step {
        match operator {
            TraversalOperator::AttrSplat(_) => Step::AttributeSplat,
            TraversalOperator::FullSplat(_) => Step::FullSplat,
            TraversalOperator::GetAttr(name) => Step::Attribute(name.as_str().into()),
            TraversalOperator::Index(index) => Step::Index(self.expr(index)),
            TraversalOperator::LegacyIndex(index) => Step::Index(Expr {
                span: self.span(index.span()),
                kind: ExprKind::Int(i64::try_from(*index.value()).unwrap_or(i64::MAX)),
            }),
        }
    }

    fn comprehension(&self, written: &hcl::ForExpr) -> For {
        For {
            key: written.intro.key_var.as_ref().map(|name| name.as_str().into()),
            value: written.intro.value_var.as_str().into(),
            over: self.expr(&written.intro.collection_expr),
            key_result: written.key_expr.as_ref().map(|key| self.expr(key)),
            result: self.expr(&written.value_expr),
            grouped: written.grouping,
            condition: written.cond.as_ref().map(|condition| self.expr(&condition.expr)),
        }
    }

    pub(super) fn template(&self, template: &Template) -> Vec<Part> {
        self.parts(template, Trim::default())
    }

    fn parts(&self, template: &Template, trim: Trim) -> Vec<Part> {
        let elements: Vec<&Element> = template.iter().collect();
        let mut parts = Vec::with_capacity(elements.len());
        for (at, element) in elements.iter().enumerate() {
            match element {
                Element::Literal(literal) => {
                    let before = at.checked_sub(1).and_then(|at| elements.get(at));
                    let after = elements.get(at + 1);
                    let start = before.map_or(trim.start, |element| closing_strip(element));
                    let end = after.map_or(trim.end, |element| opening_strip(element));
                    let dedented = without_indent(literal.value(), trim.own);
                    let mut text = &*dedented;
                    if start {
                        text = text.trim_start();
                    }
                    if end {
                        text = text.trim_end();
                    }
                    if !text.is_empty() {
                        parts.push(Part::Literal(text.into()));
                    }
                }
                Element::Interpolation(inner) => parts.push(Part::Interpolation(self.expr(&inner.expr))),
                Element::Directive(directive) => parts.push(self.directive(directive, trim.inner)),
            }
        }
        parts
    }

    fn directive(&self, directive: &Directive, indent: usize) -> Part {
        match directive {
            Directive::If(choice) => {
                let end = choice.endif_expr.strip;
                let middle = choice.else_expr.as_ref().map_or(end, |other| other.strip);
                let first = Trim::between(choice.if_expr.strip, middle, indent);
                let then = self.parts(&choice.if_expr.template, first);
                let otherwise = choice.else_expr.as_ref().map_or_else(Vec::new, |other| {
                    self.parts(&other.template, Trim::between(other.strip, end, indent))
                });
                Part::If(Box::new((self.expr(&choice.if_expr.cond_expr), then, otherwise)))
            }
            Directive::For(each) => {
                let trim = Trim::between(each.for_expr.strip, each.endfor_expr.strip, indent);
                Part::For(Box::new(TemplateFor {
                    key: each.for_expr.key_var.as_ref().map(|name| name.as_str().into()),
                    value: each.for_expr.value_var.as_str().into(),
                    over: self.expr(&each.for_expr.collection_expr),
                    parts: self.parts(&each.for_expr.template, trim),
                }))
            }
        }
    }
}

/// Which blanks of a template go.
#[derive(Clone, Copy, Default)]
struct Trim {
    /// Those at its start.
    start: bool,
    /// Those at its end.
    end: bool,
    /// So many at the start of each line.
    own: usize,
    /// So many at the start of each line inside its directives.
    inner: usize,
}

impl Trim {
    fn between(opening: Strip, closing: Strip, indent: usize) -> Self {
        Self { start: opening.strip_end(), end: closing.strip_start(), own: indent, inner: indent }
    }
}

/// The text with up to `indent` blanks less after each newline.
fn without_indent(text: &str, indent: usize) -> Cow<'_, str> {
    if indent == 0 || !text.contains('\n') {
        return Cow::Borrowed(text);
    }
    let mut lines = text.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let blanks = line.bytes().take(indent).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        out.push('\n');
        out.push_str(line.get(blanks..).unwrap_or_default());
    }
    Cow::Owned(out)
}

/// Whether what follows the element loses its leading blanks.
fn closing_strip(element: &Element) -> bool {
    match element {
        Element::Literal(_) => false,
        Element::Interpolation(inner) => inner.strip.strip_end(),
        Element::Directive(directive) => match &**directive {
            Directive::If(choice) => choice.endif_expr.strip.strip_end(),
            Directive::For(each) => each.endfor_expr.strip.strip_end(),
        },
    }
}

/// Whether what precedes the element loses its trailing blanks.
fn opening_strip(element: &Element) -> bool {
    match element {
        Element::Literal(_) => false,
        Element::Interpolation(inner) => inner.strip.strip_start(),
        Element::Directive(directive) => match &**directive {
            Directive::If(choice) => choice.if_expr.strip.strip_start(),
            Directive::For(each) => each.for_expr.strip.strip_start(),
        },
    }
}

fn whole(parts: Vec<Part>) -> ExprKind {
    match parts.as_slice() {
        [] => ExprKind::Text(Arc::from("")),
        [Part::Literal(only)] => ExprKind::Text(only.clone()),
        _ => ExprKind::Template(parts),
    }
}

fn operator(operator: BinaryOperator) -> Operator {
    match operator {
        BinaryOperator::Plus => Operator::Add,
        BinaryOperator::Minus => Operator::Subtract,
        BinaryOperator::Mul => Operator::Multiply,
        BinaryOperator::Div => Operator::Divide,
        BinaryOperator::Mod => Operator::Modulo,
        BinaryOperator::Eq => Operator::Equal,
        BinaryOperator::NotEq => Operator::NotEqual,
        BinaryOperator::Less => Operator::Less,
        BinaryOperator::LessEq => Operator::LessOrEqual,
        BinaryOperator::Greater => Operator::Greater,
        BinaryOperator::GreaterEq => Operator::GreaterOrEqual,
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
    }
}
