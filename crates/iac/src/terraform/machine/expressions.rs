//! Expressions: literals, operators, conditionals and calls.

use std::rc::Rc;
use std::sync::Arc;

use super::super::functions;
use super::super::syntax::{Call, Expr, ExprKind, Operator, Span};
use super::super::value::{Entries, Outcome, Reason, Rest, Value, reason};
use super::{DEPTH_LIMIT, Machine, STEP_LIMIT, Scope};

impl Machine<'_> {
    /// What an expression comes to; `Err` where it is an error and not merely unknown.
    pub(super) fn eval(&self, expr: &Expr, scope: &Scope<'_>) -> Outcome {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        let depth = self.depth.get();
        if steps > STEP_LIMIT || depth > DEPTH_LIMIT {
            return Ok(Value::Unknown(self.exhausted(steps, expr, scope)));
        }
        self.depth.set(depth + 1);
        let outcome = self.eval_kind(expr, scope);
        self.depth.set(depth);
        outcome
    }

    /// The value of an expression where an error is as good as an unknown.
    pub(super) fn value_of(&self, expr: &Expr, scope: &Scope<'_>) -> Value {
        self.eval(expr, scope).unwrap_or_else(Value::Unknown)
    }

    /// Counts work that is done on all parts of a value.
    fn charge(&self, weight: usize) {
        self.steps.set(self.steps.get().saturating_add(weight as u64 / 8));
    }

    fn exhausted(&self, steps: u64, expr: &Expr, scope: &Scope<'_>) -> Reason {
        let what = if steps > STEP_LIMIT {
            "evaluating the root takes more steps than are allowed"
        } else {
            "expressions refer to each other too deeply"
        };
        // Running out of steps is told once, where it happened first.
        if steps <= STEP_LIMIT || !self.out_of_steps.replace(true) {
            self.trouble(scope.file, expr.span, what, "simplify it, or analyse the plan instead");
        }
        reason("the expression", format!("{what} ({})", scope.place(expr.span)))
    }

    fn eval_kind(&self, expr: &Expr, scope: &Scope<'_>) -> Outcome {
        Ok(match &expr.kind {
            ExprKind::Null => Value::Null,
            ExprKind::Bool(value) => Value::Bool(*value),
            ExprKind::Int(number) => Value::Int(*number),
            ExprKind::Float(number) => Value::number(*number),
            ExprKind::Text(text) => Value::Text(text.clone()),
            ExprKind::Template(parts) => return self.template(parts, scope, expr.span),
            ExprKind::List(items) => {
                let mut found = Vec::with_capacity(items.len());
                for item in items {
                    found.push(self.element(item, scope)?);
                }
                Value::list(found)
            }
            ExprKind::Object(entries) => return self.object(entries, scope),
            ExprKind::Name(name) => return self.name(name, expr.span, scope),
            ExprKind::Path(path) => return self.path(&path.0, &path.1, scope),
            ExprKind::Call(call) => return self.call(call, expr.span, scope),
            ExprKind::Not(inner) => match self.eval(inner, scope)? {
                Value::Unknown(why) => Value::Unknown(why),
                value => Value::Bool(!self.truth(&value, inner.span, scope)?),
            },
            ExprKind::Negative(inner) => match self.eval(inner, scope)? {
                Value::Int(number) => Value::Int(number.saturating_neg()),
                Value::Unknown(why) => Value::Unknown(why),
                value => Value::number(-self.number(&value, inner.span, scope)?),
            },
            ExprKind::Binary(binary) => return self.binary(&binary.0, binary.1, &binary.2, expr.span, scope),
            ExprKind::If(choice) => return self.choice(&choice.0, &choice.1, &choice.2, scope),
            ExprKind::For(each) => return self.comprehension(each, expr.span, scope),
            ExprKind::Broken(what) => return Err(self.error(what, expr.span, scope)),
        })
    }

    pub(super) fn error(&self, what: &str, span: Span, scope: &Scope<'_>) -> Reason {
        reason("the expression", format!("{what} ({})", scope.place(span)))
    }

    /// An element of a literal: outside of `try`, an error costs this element only.
    fn element(&self, expr: &Expr, scope: &Scope<'_>) -> Outcome {
        match self.eval(expr, scope) {
            Err(why) if self.trying.get() == 0 => Ok(Value::Unknown(why)),
            outcome => outcome,
        }
    }

    fn object(&self, written: &[(Expr, Expr)], scope: &Scope<'_>) -> Outcome {
        let mut entries = Entries::new();
        let mut rest = Rest::Closed;
        for (key, value) in written {
            let key_value = match self.eval(key, scope) {
                Err(why) if self.trying.get() == 0 => Value::Unknown(why),
                outcome => outcome?,
            };
            if let Some(why) = key_value.why() {
                rest = Rest::Open(why.clone());
                continue;
            }
            let Some(name) = key_value.to_text() else {
                return Err(self.error("a key must be a text", key.span, scope));
            };
            entries.insert(name, self.element(value, scope)?);
        }
        Ok(Value::object_with(entries, rest))
    }

    pub(super) fn truth(&self, value: &Value, span: Span, scope: &Scope<'_>) -> Result<bool, Reason> {
        value.to_bool().ok_or_else(|| {
            self.error(&format!("a truth value is needed, and this is a {}", value.type_name()), span, scope)
        })
    }

    fn number(&self, value: &Value, span: Span, scope: &Scope<'_>) -> Result<f64, Reason> {
        value.to_number().ok_or_else(|| {
            self.error(&format!("a number is needed, and this is a {}", value.type_name()), span, scope)
        })
    }

    fn binary(
        &self,
        left: &Expr,
        operator: Operator,
        right: &Expr,
        span: Span,
        scope: &Scope<'_>,
    ) -> Outcome {
        if matches!(operator, Operator::And | Operator::Or) {
            return self.logic(left, operator == Operator::Or, right, scope);
        }
        let a = self.eval(left, scope)?;
        let b = self.eval(right, scope)?;
        if matches!(operator, Operator::Equal | Operator::NotEqual) {
            self.charge(a.weight());
            return Ok(match a.same(&b) {
                Some(same) => Value::Bool(same == (operator == Operator::Equal)),
                None => Value::Unknown(doubt(&a, &b)),
            });
        }
        if let Some(why) = a.why().or_else(|| b.why()) {
            return Ok(Value::Unknown(why.clone()));
        }
        if let (Value::Int(x), Value::Int(y)) = (&a, &b) {
            let exact = match operator {
                Operator::Add => x.checked_add(*y),
                Operator::Subtract => x.checked_sub(*y),
                Operator::Multiply => x.checked_mul(*y),
                _ => None,
            };
            if let Some(exact) = exact {
                return Ok(Value::Int(exact));
            }
        }
        let (x, y) = (self.number(&a, left.span, scope)?, self.number(&b, right.span, scope)?);
        Ok(match operator {
            Operator::Add => Value::number(x + y),
            Operator::Subtract => Value::number(x - y),
            Operator::Multiply => Value::number(x * y),
            Operator::Divide | Operator::Modulo if y == 0.0 => {
                return Err(self.error("this divides by zero", span, scope));
            }
            Operator::Divide => Value::number(x / y),
            Operator::Modulo => Value::number(x % y),
            Operator::Less => Value::Bool(x < y),
            Operator::LessOrEqual => Value::Bool(x <= y),
            Operator::Greater => Value::Bool(x > y),
            Operator::GreaterOrEqual => Value::Bool(x >= y),
            Operator::Equal | Operator::NotEqual | Operator::And | Operator::Or => Value::Null,
        })
    }

    /// `&&` and `||`: what the first operand decides, the second is not asked for.
    fn logic(&self, left: &Expr, decides: bool, right: &Expr, scope: &Scope<'_>) -> Outcome {
        let a = self.eval(left, scope)?;
        if a.why().is_none() && self.truth(&a, left.span, scope)? == decides {
            return Ok(Value::Bool(decides));
        }
        let b = match (self.eval(right, scope), a.why()) {
            (Err(_), Some(why)) => return Ok(Value::Unknown(why.clone())),
            (outcome, _) => outcome?,
        };
        if b.why().is_none() && self.truth(&b, right.span, scope)? == decides {
            return Ok(Value::Bool(decides));
        }
        Ok(match a.why().or_else(|| b.why()) {
            Some(why) => Value::Unknown(why.clone()),
            None => Value::Bool(!decides),
        })
    }

    fn choice(&self, condition: &Expr, yes: &Expr, no: &Expr, scope: &Scope<'_>) -> Outcome {
        let decided = self.eval(condition, scope)?;
        let Some(why) = decided.why() else {
            let chosen = if self.truth(&decided, condition.span, scope)? { yes } else { no };
            return self.eval(chosen, scope);
        };
        match (self.eval(yes, scope), self.eval(no, scope)) {
            (Ok(a), Ok(b)) => Ok(either(&a, &b, why)),
            _ => Ok(Value::Unknown(why.clone())),
        }
    }

    fn call(&self, call: &Call, span: Span, scope: &Scope<'_>) -> Outcome {
        match &*call.name {
            "try" => return self.first_that_works(&call.arguments, scope),
            "can" => return Ok(self.works(call.arguments.first(), scope)),
            _ => {}
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.settled(self.eval(argument, scope)?));
        }
        if call.spread {
            match arguments.pop() {
                Some(Value::List(items) | Value::Set(items)) => arguments.extend(items.iter().cloned()),
                Some(Value::Unknown(why)) => return Ok(Value::Unknown(why)),
                _ => return Err(self.error("only a list can be spread with `...`", span, scope)),
            }
        }
        self.charge(arguments.iter().map(Value::weight).sum());
        if let Some(outcome) = self.call_on_files(&call.name, &arguments, span, scope) {
            return outcome;
        }
        functions::call(&call.name, &arguments).map_err(|fault| {
            let message = format!("`{}` fails: {fault} ({})", call.name, scope.place(span));
            reason(&format!("{}()", call.name), message)
        })
    }

    fn first_that_works(&self, candidates: &[Expr], scope: &Scope<'_>) -> Outcome {
        let mut last = reason("try()", "`try` has no argument");
        for candidate in candidates {
            self.trying.set(self.trying.get() + 1);
            let outcome = self.eval(candidate, scope);
            self.trying.set(self.trying.get().saturating_sub(1));
            match outcome {
                Ok(value) => return Ok(value),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    fn works(&self, candidate: Option<&Expr>, scope: &Scope<'_>) -> Value {
        let Some(candidate) = candidate else { return Value::Bool(false) };
        self.trying.set(self.trying.get() + 1);
        let outcome = self.eval(candidate, scope);
        self.trying.set(self.trying.get().saturating_sub(1));
        match outcome {
            Ok(value) => value.why().map_or(Value::Bool(true), |why| Value::Unknown(why.clone())),
            Err(_) => Value::Bool(false),
        }
    }
}

/// Why a comparison is not decided.
fn doubt(a: &Value, b: &Value) -> Reason {
    a.first_unknown()
        .or_else(|| b.first_unknown())
        .cloned()
        .unwrap_or_else(|| reason("==", "the comparison needs attributes that are known after apply"))
}

/// What is certain of two values of which one will be taken.
fn either(a: &Value, b: &Value, why: &Reason) -> Value {
    if a.same(b) == Some(true) {
        return a.clone();
    }
    match (a, b) {
        (Value::Object(x), Value::Object(y))
            if matches!((&x.rest, &y.rest), (Rest::Closed, Rest::Closed))
                && x.entries.keys().eq(y.entries.keys()) =>
        {
            let entries = x.entries.iter().zip(y.entries.values());
            Value::object(entries.map(|((name, a), b)| (Arc::clone(name), either(a, b, why))).collect())
        }
        (Value::List(x), Value::List(y)) if x.len() == y.len() && !Rc::ptr_eq(x, y) => {
            Value::list(x.iter().zip(y.iter()).map(|(a, b)| either(a, b, why)).collect())
        }
        _ => Value::Unknown(why.clone()),
    }
}
