//! What can be said of types before the evaluation.
//!
//! Properties can be anything, so this is no type checker: it refuses only what can never fit, a string
//! against a number, a condition that is a list.

use crate::builtins;
use crate::error::CompileError;
use crate::language::Type;
use crate::program::{Binary, Constant, Expr, ExprKind, Quantifier};
use crate::value::with_article;

/// The type of an expression's value where it is known.
pub(crate) fn of(expr: &Expr) -> Type {
    match &expr.kind {
        ExprKind::Constant(Constant(node)) => Type::of(node),
        ExprKind::Path(_) | ExprKind::Field(..) | ExprKind::Index(..) => Type::Any,
        ExprKind::Has(_) | ExprKind::Not(_) | ExprKind::Logic(..) | ExprKind::Matches(..) => Type::Bool,
        ExprKind::List(_) => Type::List,
        ExprKind::Map(_) => Type::Map,
        ExprKind::Negate(operand) => of(operand),
        ExprKind::Binary(operator, left, right) => match operator {
            Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo => {
                result(of(left), of(right))
            }
            _ => Type::Bool,
        },
        ExprKind::Conditional(_, yes, no) => {
            let (yes, no) = (of(yes), of(no));
            if yes == no { yes } else { Type::Any }
        }
        ExprKind::Loop(inner) => match inner.quantifier {
            Quantifier::All | Quantifier::Exists | Quantifier::ExistsOne => Type::Bool,
            Quantifier::Filter | Quantifier::Map => Type::List,
        },
        ExprKind::Builtin(builtin, _) => builtins::returns(*builtin),
        ExprKind::Host(call) => call.returns,
    }
}

fn result(left: Type, right: Type) -> Type {
    match (left, right) {
        (Type::Int, Type::Int) => Type::Int,
        (Type::Int | Type::Float, Type::Int | Type::Float) => Type::Float,
        (Type::Text, _) | (_, Type::Text) => Type::Text,
        (Type::List, _) | (_, Type::List) => Type::List,
        _ => Type::Any,
    }
}

/// The type with its article, for messages.
pub(crate) fn article(expr: &Expr) -> String {
    with_article(of(expr))
}

/// Refuses an operand that can never be of the type that is needed.
pub(crate) fn takes(operand: &Expr, needed: Type, by: &str) -> Result<(), CompileError> {
    let given = of(operand);
    if given.meets(needed) {
        return Ok(());
    }
    let message = format!("{by} takes {}, this is {}", with_article(needed), with_article(given));
    Err(CompileError::new(message, operand.span()))
}

pub(crate) fn takes_text(operand: &Expr, what: &str) -> Result<(), CompileError> {
    match of(operand) {
        Type::Text | Type::Any => Ok(()),
        other => {
            let message = format!("{what} is a string, this is {}", with_article(other));
            Err(CompileError::new(message, operand.span()))
        }
    }
}

/// Refuses an index that can never fit.
pub(crate) fn index(operand: &Expr, index: &Expr) -> Result<(), CompileError> {
    let fits = match of(operand) {
        Type::List => of(index).meets(Type::Int),
        Type::Map => of(index).meets(Type::Text),
        Type::Any | Type::Null => matches!(of(index), Type::Int | Type::Text | Type::Any | Type::Null),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let message = format!("{} cannot be indexed by {}", article(operand), article(index));
    Err(CompileError::new(message, index.span()))
}

/// Refuses operands that can never fit the operator or each other.
pub(crate) fn binary(operator: Binary, left: &Expr, right: &Expr) -> Result<(), CompileError> {
    let (a, b) = (of(left), of(right));
    let each = |accepted: &[Type]| {
        [a, b].iter().all(|side| matches!(side, Type::Any | Type::Null) || accepted.contains(side))
    };
    let fits = match operator {
        Binary::Equal | Binary::NotEqual => a.meets(b),
        Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => {
            a.meets(b) && each(&[Type::Int, Type::Float, Type::Text])
        }
        Binary::In => Type::List.meets(b) || (Type::Map.meets(b) && a.meets(Type::Text)),
        Binary::Add => a.meets(b) && each(&[Type::Int, Type::Float, Type::Text, Type::List]),
        Binary::Modulo => each(&[Type::Int]),
        Binary::Subtract | Binary::Multiply | Binary::Divide => each(&[Type::Int, Type::Float]),
    };
    let elements_fit = operator != Binary::In || element_can_match(a, right);
    if fits && elements_fit {
        return Ok(());
    }
    let symbol = operator.symbol();
    let message = if elements_fit {
        format!("`{symbol}` can never fit {} and {}", with_article(a), with_article(b))
    } else {
        format!("no element of this list is {}", with_article(a))
    };
    Err(CompileError::new(message, left.span().start..right.span().end))
}

/// Whether a value of type `needle` can equal an element of a literal list.
fn element_can_match(needle: Type, list: &Expr) -> bool {
    let ExprKind::Constant(Constant(node)) = &list.kind else { return true };
    node.items().is_empty() || node.items().iter().any(|item| needle.meets(Type::of(item)))
}
