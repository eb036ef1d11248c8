//! What a program can be seen to read, call and compare without evaluating it.

use partywall_model::Node;

use crate::builtins::Builtin;
use crate::language::Type;
use crate::lower::literal;
use crate::program::{Binary, Expr, ExprKind, Loop, Quantifier, Root};

/// A property path under a variable: `asset`, `SecurityGroupIngress[].CidrIp`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// The variable.
    pub variable: Box<str>,
    /// Dotted names, `[]` after each that stands for all elements of a list; empty for the variable itself.
    pub path: Box<str>,
}

/// A property and a literal that it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The property.
    pub path: Path,
    /// The literal's type.
    pub literal_type: Type,
    /// The literal; one of them for `in [...]`.
    pub literal: Node,
    /// Where in the source, as bytes.
    pub span: std::ops::Range<usize>,
}

/// All property paths, each once.
pub(crate) fn read(root: &Expr) -> Vec<Path> {
    let mut paths = Vec::new();
    walk(root, &mut Vec::new(), &mut |expr, around| {
        if matches!(expr.kind, ExprKind::Path(_) | ExprKind::Field(..) | ExprKind::Index(..))
            && let Some(path) = path_of(expr, around)
            && !path.path.is_empty()
            && !paths.contains(&path)
        {
            paths.push(path);
        }
    });
    paths
}

pub(crate) fn calls(root: &Expr) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    walk(root, &mut Vec::new(), &mut |expr, _| {
        if let ExprKind::Host(call) = &expr.kind
            && !names.contains(&&*call.name)
        {
            names.push(&call.name);
        }
    });
    names
}

pub(crate) fn variables(root: &Expr) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    walk(root, &mut Vec::new(), &mut |expr, _| {
        if let ExprKind::Path(path) = &expr.kind
            && let Root::Variable(name) = &path.root
            && !names.contains(&&**name)
        {
            names.push(name);
        }
    });
    names
}

pub(crate) fn comparisons(root: &Expr) -> Vec<Comparison> {
    let mut found = Vec::new();
    walk(root, &mut Vec::new(), &mut |expr, around| {
        let ExprKind::Binary(operator, left, right) = &expr.kind else { return };
        let mut compare = |property: &Expr, node: &Node| {
            if let Some(path) = path_of(property, around) {
                let literal_type = Type::of(node);
                found.push(Comparison { path, literal_type, literal: node.clone(), span: expr.span() });
            }
        };
        match operator {
            Binary::Equal | Binary::NotEqual => match (literal(left), literal(right)) {
                (None, Some(node)) => compare(left, node),
                (Some(node), None) => compare(right, node),
                _ => {}
            },
            _ if operator.is_ordering() => match (literal(left), literal(right)) {
                (None, Some(node)) => compare(left, node),
                (Some(node), None) => compare(right, node),
                _ => {}
            },
            Binary::In => {
                if let Some(list) = literal(right) {
                    list.items().iter().for_each(|item| compare(left, item));
                } else if let (Some(node), Some(element)) = (literal(left), element_path(right, around)) {
                    let literal_type = Type::of(node);
                    found.push(Comparison {
                        path: element,
                        literal_type,
                        literal: node.clone(),
                        span: expr.span(),
                    });
                }
            }
            _ => {}
        }
    });
    found
}

/// The loops around an expression, the innermost last.
type Around<'p> = Vec<&'p Loop>;

fn walk<'p>(expr: &'p Expr, around: &mut Around<'p>, see: &mut impl FnMut(&'p Expr, &Around<'p>)) {
    see(expr, around);
    match &expr.kind {
        ExprKind::Constant(_) | ExprKind::Path(_) => {}
        ExprKind::Field(inner, _)
        | ExprKind::Has(inner)
        | ExprKind::Not(inner)
        | ExprKind::Negate(inner)
        | ExprKind::Matches(inner, _) => walk(inner, around, see),
        ExprKind::Index(a, b) | ExprKind::Binary(_, a, b) => {
            [a, b].iter().for_each(|side| walk(side, around, see))
        }
        ExprKind::List(items) | ExprKind::Logic(_, items) | ExprKind::Builtin(_, items) => {
            items.iter().for_each(|item| walk(item, around, see));
        }
        ExprKind::Host(call) => call.arguments.iter().for_each(|item| walk(item, around, see)),
        ExprKind::Map(entries) => entries.iter().for_each(|(key, value)| {
            walk(key, around, see);
            walk(value, around, see);
        }),
        ExprKind::Conditional(condition, yes, no) => {
            [condition, yes, no].iter().for_each(|part| walk(part, around, see));
        }
        ExprKind::Loop(inner) => {
            walk(&inner.range, around, see);
            around.push(inner);
            inner.condition.iter().for_each(|condition| walk(condition, around, see));
            walk(&inner.body, around, see);
            around.pop();
        }
    }
}

/// Where in the input an expression's value stands, if it stands there.
fn path_of(expr: &Expr, around: &[&Loop]) -> Option<Path> {
    match &expr.kind {
        ExprKind::Path(path) => {
            let base = match &path.root {
                Root::Variable(name) => Path { variable: (&**name).into(), path: "".into() },
                Root::Local(outwards) => {
                    let at = around.len().checked_sub(usize::from(*outwards) + 1)?;
                    let (outer, inner) = around.split_at_checked(at)?;
                    element_path(&inner.first()?.range, outer)?
                }
            };
            Some(base.then(&path.dotted))
        }
        ExprKind::Field(operand, name) => Some(path_of(operand, around)?.then(name)),
        ExprKind::Index(operand, index) => match literal(index) {
            Some(Node::Text(key)) => Some(path_of(operand, around)?.then(key)),
            _ => element_path(operand, around),
        },
        ExprKind::Builtin(Builtin::First | Builtin::Last, arguments) => {
            element_path(arguments.first()?, around)
        }
        _ => None,
    }
}

/// Where in the input the elements of a list stand, if they stand there.
fn element_path(list: &Expr, around: &[&Loop]) -> Option<Path> {
    match &list.kind {
        ExprKind::Loop(inner) if inner.quantifier == Quantifier::Filter => element_path(&inner.range, around),
        ExprKind::Loop(inner) if inner.quantifier == Quantifier::Map => {
            let mut inside = around.to_vec();
            inside.push(inner);
            path_of(&inner.body, &inside)
        }
        ExprKind::Builtin(Builtin::Unique, arguments) => element_path(arguments.first()?, around),
        ExprKind::Builtin(Builtin::Flatten, arguments) => {
            Some(element_path(arguments.first()?, around)?.each())
        }
        ExprKind::Builtin(Builtin::AsList, arguments) => Some(path_of(arguments.first()?, around)?.each()),
        _ => Some(path_of(list, around)?.each()),
    }
}

impl Path {
    fn then(self, dotted: &str) -> Self {
        match (self.path.is_empty(), dotted.is_empty()) {
            (_, true) => self,
            (true, false) => Self { path: dotted.into(), ..self },
            (false, false) => Self { path: format!("{}.{dotted}", self.path).into(), ..self },
        }
    }

    fn each(self) -> Self {
        Self { path: format!("{}[]", self.path).into(), ..self }
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.variable)?;
        match self.path.chars().next() {
            None => Ok(()),
            Some('[') => f.write_str(&self.path),
            Some(_) => write!(f, ".{}", self.path),
        }
    }
}
