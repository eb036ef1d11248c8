//! Lowering of calls: operators, macros, built-in functions and those of the host.

use std::ops::Range;

use cel::common::ast::{CallExpr, Expr as Cel, IdedExpr, operators};
use partywall_model::Node;

use crate::builtins::{self, Builtin, BuiltinForm, BuiltinFunction};
use crate::error::CompileError;
use crate::language::{Signature, Type, nearest};
use crate::lower::{Lowering, literal};
use crate::program::{
    Binary, Constant, Expr, ExprKind, HostCall, Logic, Loop, PathExpr, Pattern, Quantifier, Root,
};
use crate::types;

/// The macros, as they are written after a dot.
const MACROS: [(&str, Quantifier); 5] = [
    ("all", Quantifier::All),
    ("exists", Quantifier::Exists),
    ("exists_one", Quantifier::ExistsOne),
    ("filter", Quantifier::Filter),
    ("map", Quantifier::Map),
];

impl Lowering<'_> {
    pub(crate) fn call(&mut self, call: &CallExpr, token: Range<usize>) -> Result<Expr, CompileError> {
        let name = call.func_name.as_str();
        match (&call.target, call.args.as_slice()) {
            (None, [operand]) if name == operators::LOGICAL_NOT => {
                let operand = self.expr(operand)?;
                types::takes(&operand, Type::Bool, "`!`")?;
                let span = token.start..operand.span().end;
                Ok(self.place(ExprKind::Not(Box::new(operand)), span))
            }
            (None, [operand]) if name == operators::NEGATE => {
                let operand = self.expr(operand)?;
                let span = token.start..operand.span().end;
                Ok(self.place(negated(operand)?, span))
            }
            (None, [condition, yes, no]) if name == operators::CONDITIONAL => {
                self.conditional(condition, yes, no)
            }
            (None, [left, right]) if name == operators::INDEX => {
                let operand = self.expr(left)?;
                let index = self.expr(right)?;
                types::index(&operand, &index)?;
                let span = operand.span().start..self.parsed.closed(token.start);
                Ok(self.place(ExprKind::Index(Box::new(operand), Box::new(index)), span))
            }
            (None, [left, right]) if name == operators::LOGICAL_AND => self.logic(Logic::And, left, right),
            (None, [left, right]) if name == operators::LOGICAL_OR => self.logic(Logic::Or, left, right),
            (None, [left, right]) if binary(name).is_some() => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                let operator = binary(name).unwrap_or(Binary::Equal);
                types::binary(operator, &left, &right)?;
                let span = left.span().start..right.span().end;
                Ok(self.place(ExprKind::Binary(operator, Box::new(left), Box::new(right)), span))
            }
            (None, arguments) => self.function(name, arguments, token),
            (Some(target), arguments) => self.method(target, name, arguments, token),
        }
    }

    fn conditional(
        &mut self,
        condition: &IdedExpr,
        yes: &IdedExpr,
        no: &IdedExpr,
    ) -> Result<Expr, CompileError> {
        let (condition, yes, no) = (self.expr(condition)?, self.expr(yes)?, self.expr(no)?);
        types::takes(&condition, Type::Bool, "the condition of `?:`")?;
        let span = condition.span().start..no.span().end;
        let kind = ExprKind::Conditional(Box::new(condition), Box::new(yes), Box::new(no));
        Ok(self.place(kind, span))
    }

    fn logic(&mut self, logic: Logic, left: &IdedExpr, right: &IdedExpr) -> Result<Expr, CompileError> {
        let symbol = if logic == Logic::And { "`&&`" } else { "`||`" };
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        types::takes(&left, Type::Bool, symbol)?;
        types::takes(&right, Type::Bool, symbol)?;
        let span = left.span().start..right.span().end;
        let mut operands = Vec::new();
        for side in [left, right] {
            match side.kind {
                ExprKind::Logic(inner, inside) if inner == logic => operands.extend(inside),
                _ => operands.push(side),
            }
        }
        Ok(self.place(ExprKind::Logic(logic, operands), span))
    }

    /// `name(arguments)`; `token` is the opening bracket.
    fn function(
        &mut self,
        name: &str,
        arguments: &[IdedExpr],
        token: Range<usize>,
    ) -> Result<Expr, CompileError> {
        let before = self.parsed.source.get(..token.start).unwrap_or_default().trim_end().len();
        let word = before.saturating_sub(name.len())..before;
        let span = word.start..self.parsed.closed(token.start);
        if name == operators::HAS {
            return self.has(arguments, span);
        }
        if let Some(signature) = self.language.function(name) {
            return self.host(signature, arguments, span);
        }
        if let Some(function) = builtins::function(name) {
            let lowered = self.arguments(arguments)?;
            return self.builtin(function, lowered, span);
        }
        if builtins::method(name).is_some() || MACROS.iter().any(|(known, _)| *known == name) {
            let message = format!("`{name}` is written after its subject: `subject.{name}(…)`");
            return Err(CompileError::new(message, word));
        }
        let known = builtins::names(BuiltinForm::Function).chain(self.host_names()).chain([operators::HAS]);
        Err(unknown_function(name, nearest(name, known), word))
    }

    /// `target.name(arguments)`; `token` is the opening bracket.
    fn method(
        &mut self,
        target: &IdedExpr,
        name: &str,
        arguments: &[IdedExpr],
        token: Range<usize>,
    ) -> Result<Expr, CompileError> {
        let before = self.parsed.source.get(..token.start).unwrap_or_default().trim_end().len();
        let word = before.saturating_sub(name.len())..before;
        let end = self.parsed.closed(token.start);
        if let Some(namespace) = self.namespace(target) {
            let start = self.leftmost(target);
            let full = format!("{namespace}.{name}");
            return match self.language.function(&full) {
                Some(signature) => self.host(signature, arguments, start..end),
                None => Err(unknown_function(&full, nearest(&full, self.host_names()), start..word.end)),
            };
        }
        if let Some((_, quantifier)) = MACROS.iter().find(|(known, _)| *known == name) {
            return self.quantifier(target, *quantifier, name, arguments, end);
        }
        let Some(function) = builtins::method(name) else {
            if builtins::function(name).is_some() {
                let message = format!("`{name}` is written before its subject: `{name}(…)`");
                return Err(CompileError::new(message, word));
            }
            let macros = MACROS.iter().map(|(known, _)| *known);
            let near = nearest(name, builtins::names(BuiltinForm::Method).chain(macros));
            return Err(unknown_function(name, near, word));
        };
        let subject = self.expr(target)?;
        let start = subject.span().start;
        let mut lowered = vec![subject];
        lowered.extend(self.arguments(arguments)?);
        self.builtin(function, lowered, start..end)
    }

    fn has(&mut self, arguments: &[IdedExpr], span: Range<usize>) -> Result<Expr, CompileError> {
        let [argument] = arguments else {
            return Err(CompileError::new("`has` takes one property: `has(asset.X)`", span));
        };
        let operand = self.expr(argument)?;
        let names_something = match &operand.kind {
            ExprKind::Path(path) => !path.steps.is_empty(),
            kind => matches!(kind, ExprKind::Field(..) | ExprKind::Index(..)),
        };
        if !names_something {
            return Err(CompileError::new("`has` takes a property, as in `has(asset.X)`", operand.span()));
        }
        Ok(self.place(ExprKind::Has(Box::new(operand)), span))
    }

    fn quantifier(
        &mut self,
        target: &IdedExpr,
        quantifier: Quantifier,
        name: &str,
        arguments: &[IdedExpr],
        end: usize,
    ) -> Result<Expr, CompileError> {
        let range = self.expr(target)?;
        let span = range.span().start..end;
        let (variable, condition, body) = match (arguments, quantifier) {
            ([variable, body], _) => (variable, None, body),
            ([variable, condition, body], Quantifier::Map) => (variable, Some(condition), body),
            _ => {
                let message = format!("`{name}` takes a variable and an expression: `list.{name}(x, …)`");
                return Err(CompileError::new(message, self.parsed.balanced(span)));
            }
        };
        if !Type::List.meets(types::of(&range)) && !Type::Map.meets(types::of(&range)) {
            let message = format!("`{name}` goes over a list or a map, not over {}", types::article(&range));
            return Err(CompileError::new(message, range.span()));
        }
        let place = self.parsed.token(variable);
        let Cel::Ident(variable) = &variable.expr else {
            return Err(CompileError::new(format!("`{name}` needs a plain name for its variable"), place));
        };
        let taken = self.locals.contains(variable) || self.language.variables.contains(&variable.as_str());
        if taken || variable.starts_with('.') {
            return Err(CompileError::new(format!("`{variable}` already means something here"), place));
        }
        self.locals.push(variable.clone());
        let inside = condition
            .map(|condition| self.expr(condition))
            .transpose()
            .and_then(|condition| Ok((condition, self.expr(body)?)));
        self.locals.pop();
        let (condition, body) = inside?;
        if let Some(condition) = &condition {
            types::takes(condition, Type::Bool, "the condition of `map`")?;
        }
        if quantifier != Quantifier::Map {
            types::takes(&body, Type::Bool, &format!("`{name}`"))?;
        }
        Ok(self.place(ExprKind::Loop(Box::new(Loop { quantifier, range, condition, body })), span))
    }

    fn builtin(
        &self,
        function: &BuiltinFunction,
        arguments: Vec<Expr>,
        span: Range<usize>,
    ) -> Result<Expr, CompileError> {
        check_arguments(&function.signature, &arguments, &span)?;
        if function.builtin == Builtin::Matches
            && let Some(text) = arguments.get(1).and_then(literal).and_then(Node::as_str)
        {
            let pattern = Pattern::new(text);
            let place = arguments.get(1).map_or(span.clone(), Expr::span);
            pattern.regex().map_err(|error| CompileError::new(error.message, place))?;
            if let Some(subject) = arguments.into_iter().next() {
                return Ok(self.place(ExprKind::Matches(Box::new(subject), pattern), span));
            }
            return Err(CompileError::new("`matches` needs a subject", span));
        }
        Ok(self.place(ExprKind::Builtin(function.builtin, arguments), span))
    }

    fn host(
        &mut self,
        signature: &'static Signature,
        arguments: &[IdedExpr],
        span: Range<usize>,
    ) -> Result<Expr, CompileError> {
        let arguments = self.arguments(arguments)?;
        check_arguments(signature, &arguments, &span)?;
        let call = HostCall {
            name: signature.name.into(),
            accepts_unknown: signature.accepts_unknown,
            returns: signature.returns,
            arguments,
        };
        Ok(self.place(ExprKind::Host(Box::new(call)), span))
    }

    fn arguments(&mut self, arguments: &[IdedExpr]) -> Result<Vec<Expr>, CompileError> {
        arguments.iter().map(|argument| self.expr(argument)).collect()
    }

    /// The dotted name that the target spells, if it is a namespace and nothing else.
    fn namespace(&self, target: &IdedExpr) -> Option<String> {
        let mut words = Vec::new();
        let mut node = target;
        loop {
            match &node.expr {
                Cel::Ident(name) => {
                    let shadowed =
                        self.locals.contains(name) || self.language.variables.contains(&name.as_str());
                    words.push(name.as_str());
                    if shadowed {
                        return None;
                    }
                    break;
                }
                Cel::Select(select) => {
                    words.push(&select.field);
                    node = &select.operand;
                }
                _ => return None,
            }
        }
        words.reverse();
        let name = words.join(".");
        self.language.is_namespace(&name).then_some(name)
    }

    fn leftmost(&self, target: &IdedExpr) -> usize {
        match &target.expr {
            Cel::Select(select) => self.leftmost(&select.operand),
            _ => self.parsed.token(target).start,
        }
    }

    fn host_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.language.functions.iter().map(|signature| signature.name)
    }
}

fn unknown_function(name: &str, near: Option<&str>, span: Range<usize>) -> CompileError {
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    CompileError::new(format!("there is no function `{name}`{hint}"), span)
}

fn check_arguments(
    signature: &Signature,
    arguments: &[Expr],
    span: &Range<usize>,
) -> Result<(), CompileError> {
    let (fewest, most) = signature.arity();
    if arguments.len() < fewest || arguments.len() > most {
        let wanted = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
        let message = format!(
            "`{}` takes {wanted} argument{}, {} given: `{signature}`",
            signature.name,
            if most == 1 { "" } else { "s" },
            arguments.len()
        );
        return Err(CompileError::new(message, span.clone()));
    }
    for (argument, parameter) in arguments.iter().zip(signature.parameters) {
        if parameter.accepts == Type::Asset {
            if !is_the_asset(argument) {
                let message = format!("`{}` takes `asset` itself here", signature.name);
                return Err(CompileError::new(message, argument.span()));
            }
        } else {
            types::takes(
                argument,
                parameter.accepts,
                &format!("`{}` of `{}`", parameter.name, signature.name),
            )?;
        }
    }
    Ok(())
}

fn is_the_asset(expr: &Expr) -> bool {
    let ExprKind::Path(PathExpr { root: Root::Variable(name), steps, .. }) = &expr.kind else { return false };
    &**name == "asset" && steps.is_empty()
}

fn negated(operand: Expr) -> Result<ExprKind, CompileError> {
    match literal(&operand) {
        Some(Node::Int(value)) => match value.checked_neg() {
            Some(value) => Ok(ExprKind::Constant(Constant(Node::Int(value)))),
            None => Err(CompileError::new("the number is too large", operand.span())),
        },
        Some(Node::Float(value)) => Ok(ExprKind::Constant(Constant(Node::Float(-value)))),
        _ => {
            types::takes(&operand, Type::Int, "`-`")?;
            Ok(ExprKind::Negate(Box::new(operand)))
        }
    }
}

fn binary(name: &str) -> Option<Binary> {
    Some(match name {
        operators::EQUALS => Binary::Equal,
        operators::NOT_EQUALS => Binary::NotEqual,
        operators::LESS => Binary::Less,
        operators::LESS_EQUALS => Binary::LessOrEqual,
        operators::GREATER => Binary::Greater,
        operators::GREATER_EQUALS => Binary::GreaterOrEqual,
        operators::IN => Binary::In,
        operators::ADD => Binary::Add,
        operators::SUBSTRACT => Binary::Subtract,
        operators::MULTIPLY => Binary::Multiply,
        operators::DIVIDE => Binary::Divide,
        operators::MODULO => Binary::Modulo,
        _ => return None,
    })
}
