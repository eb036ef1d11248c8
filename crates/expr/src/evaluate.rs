//! The evaluator: a walk over the tree that borrows from the input wherever it can.
//!
//! Three things travel beside the value. *Reasons*: an unknown adds its own when it comes up, and whatever
//! turns out known takes back what was added below it; so at the end exactly those stand that the value hangs
//! on. *Reads*: the properties looked at. *Quiet*: once a conjunction is decided, its other operands are
//! still evaluated, because a mistake in them is a mistake whatever the input says, but nothing is recorded
//! and the host is not called.

use std::sync::{Arc, LazyLock};

use partywall_model::{Node, Why, WhyKind};

use crate::arithmetic;
use crate::builtins;
use crate::equality::Work;
use crate::error::{EvalError, EvalErrorKind};
use crate::frame::{Env, Frame, nth_frame};
use crate::lists;
use crate::lower::DEPTH_LIMIT;
use crate::program::{Constant, Expr, ExprKind, HostCall, Logic, PathExpr, Root};
use crate::scope::{Host, Scope};
use crate::trace::{Outcome, Trace};
use crate::value::{ABSENT, Value, article, with_article};

/// The most steps that one evaluation may take; a step is about the visit of one node.
pub(crate) const STEP_BUDGET: u64 = 1_000_000;
/// What a call of a host function costs, so that loops of calls end early.
const HOST_STEPS: u64 = 16;

/// Stands for the answer of a host function that is not called because it cannot matter.
static NOT_ASKED: LazyLock<Arc<Why>> =
    LazyLock::new(|| Arc::new(Why::new(WhyKind::NotRead, "a function whose answer cannot matter")));

pub(crate) fn evaluate(
    source: &str,
    root: &Expr,
    scope: &Scope<'_>,
    host: &dyn Host,
) -> Result<Outcome, EvalError> {
    let mut run =
        Run { source, scope, host, trace: Trace::default(), steps: STEP_BUDGET, depth: 0, quiet: false };
    let value = run.eval(root, None)?.into_node();
    let mut trace = run.trace;
    if !value.is_unknown() {
        trace.reasons.clear();
    }
    Ok(Outcome { value, trace })
}

pub(crate) struct Run<'r> {
    pub(crate) source: &'r str,
    scope: &'r Scope<'r>,
    host: &'r dyn Host,
    pub(crate) trace: Trace,
    steps: u64,
    depth: usize,
    pub(crate) quiet: bool,
}

/// A truth value, perhaps not known.
#[derive(Clone, Debug)]
pub(crate) enum Tri {
    True,
    False,
    Unknown(Arc<Why>),
}

impl<'r> Run<'r> {
    pub(crate) fn eval<'e, 'v>(&mut self, expr: &'v Expr, env: Env<'e, 'v>) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        if self.depth >= 2 * DEPTH_LIMIT {
            let error = EvalError::new(EvalErrorKind::Limit, "the expression is nested too deeply");
            return Err(error.within(self.source, expr.span()));
        }
        self.depth += 1;
        let reasons = self.trace.reasons.len();
        let result = self.charge(1).and_then(|()| self.kind(expr, env));
        self.depth -= 1;
        let value = result.map_err(|error| error.within(self.source, expr.span()))?;
        if value.is_settled() {
            self.trace.reasons.truncate(reasons);
        } else if let Some(why) = value.why() {
            self.reason(why);
        }
        Ok(value)
    }

    fn kind<'e, 'v>(&mut self, expr: &'v Expr, env: Env<'e, 'v>) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        match &expr.kind {
            ExprKind::Constant(Constant(node)) => Ok(Value::Borrowed(node)),
            ExprKind::Path(path) => self.path(path, env),
            ExprKind::Field(operand, name) => {
                let operand = self.whole(operand, env)?;
                self.inside(operand, |operand, _| field_of(operand, name))
            }
            ExprKind::Index(operand, index) => {
                let operand = self.whole(operand, env)?;
                let index = self.eval(index, env)?;
                match index.why() {
                    Some(_) if operand.why().is_none() => Ok(index),
                    _ => {
                        let index = index.into_node();
                        self.inside(operand, |operand, work| lists::index(operand, &index, work))
                    }
                }
            }
            ExprKind::Has(operand) => {
                let value = self.eval(operand, env)?;
                Ok(if value.why().is_some() { value } else { Value::bool(!value.is_absent()) })
            }
            ExprKind::List(items) => {
                let items = items.iter().map(|item| Ok(self.eval(item, env)?.element()));
                Ok(Value::Many(items.collect::<Result<_, EvalError>>()?))
            }
            ExprKind::Map(entries) => self.map(entries, env),
            ExprKind::Not(operand) => Ok(match self.truth(operand, env, "`!`")? {
                Tri::True => Value::bool(false),
                Tri::False => Value::bool(true),
                Tri::Unknown(why) => Value::unknown(why),
            }),
            ExprKind::Negate(operand) => {
                let value = self.eval(operand, env)?;
                if value.why().is_some() {
                    return Ok(value);
                }
                arithmetic::negate(&value.node()).map(Value::Owned)
            }
            ExprKind::Logic(logic, operands) => self.logic(*logic, operands, env),
            ExprKind::Binary(operator, left, right) => self.binary(*operator, left, right, env),
            ExprKind::Conditional(condition, yes, no) => {
                match self.truth(condition, env, "the condition of `?:`")? {
                    Tri::True => self.eval(yes, env),
                    Tri::False => self.eval(no, env),
                    Tri::Unknown(why) => Ok(Value::unknown(why)),
                }
            }
            ExprKind::Loop(inner) => self.quantify(inner, env),
            ExprKind::Builtin(builtin, arguments) => {
                let mut values = [None, None];
                for (slot, argument) in values.iter_mut().zip(arguments) {
                    *slot = Some(self.eval(argument, env)?);
                }
                if let Some(unknown) = values.iter_mut().find(|value| is_unknown(value)) {
                    return Ok(unknown.take().unwrap_or_else(Value::absent));
                }
                let [first, second] = values;
                let first = first.unwrap_or_else(Value::absent);
                let subject = self.source.get(expr.span()).unwrap_or_default();
                self.working(|work| builtins::apply(*builtin, first, second, subject, work))
            }
            ExprKind::Matches(subject, pattern) => {
                let subject = self.eval(subject, env)?;
                if subject.why().is_some() {
                    return Ok(subject);
                }
                let regex = pattern.regex()?;
                let node = subject.node();
                self.working(|work| {
                    let found = |text: &str, _: &str| Ok(regex.is_match(text));
                    crate::text::question("matches", &node, &Node::text(""), work, found).map(Value::Owned)
                })
            }
            ExprKind::Host(call) => self.host(call, env),
        }
    }

    /// The truth of a sub-expression; absent is false.
    pub(crate) fn truth<'e, 'v>(
        &mut self,
        expr: &'v Expr,
        env: Env<'e, 'v>,
        by: &str,
    ) -> Result<Tri, EvalError>
    where
        'r: 'v,
    {
        let value = self.eval(expr, env)?;
        self.as_truth(&value, expr, by)
    }

    /// The truth of the value that `expr` gave.
    pub(crate) fn as_truth(&self, value: &Value<'_>, expr: &Expr, by: &str) -> Result<Tri, EvalError> {
        match &*value.node() {
            Node::Bool(true) => Ok(Tri::True),
            Node::Bool(false) | Node::Absent => Ok(Tri::False),
            Node::Unknown(why) => Ok(Tri::Unknown(Arc::clone(why))),
            other => {
                let error = EvalError::types(format!("{by} takes a bool, not {}", article(other)));
                Err(error.within(self.source, expr.span()))
            }
        }
    }

    /// Evaluates for the sake of its errors only.
    pub(crate) fn quietly<T>(
        &mut self,
        evaluate: impl FnOnce(&mut Self) -> Result<T, EvalError>,
    ) -> Result<(), EvalError> {
        let before = std::mem::replace(&mut self.quiet, true);
        let result = evaluate(self);
        self.quiet = before;
        result.map(|_| ())
    }

    pub(crate) fn charge(&mut self, steps: u64) -> Result<(), EvalError> {
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => {
                let message = format!("the evaluation takes more than {STEP_BUDGET} steps");
                Err(EvalError::new(EvalErrorKind::Limit, message))
            }
        }
    }

    pub(crate) fn reason(&mut self, why: &Arc<Why>) {
        if !self.quiet {
            self.trace.reason(why);
        }
    }

    /// Runs an operation on whole values, and accounts for what it took.
    pub(crate) fn working<T>(
        &mut self,
        operation: impl FnOnce(&mut Work) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        let mut work = Work::default();
        let result = operation(&mut work);
        work.doubts.iter().for_each(|why| self.reason(why));
        self.charge(work.steps)?;
        result
    }

    /// Evaluates what a part is taken of. If it is known as a whole, unknowns inside of it do not matter yet.
    fn whole<'e, 'v>(&mut self, operand: &'v Expr, env: Env<'e, 'v>) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        let reasons = self.trace.reasons.len();
        let value = self.eval(operand, env)?;
        if value.why().is_none() {
            self.trace.reasons.truncate(reasons);
        }
        Ok(value)
    }

    /// Takes a part out of a value.
    fn inside<'v>(
        &mut self,
        operand: Value<'v>,
        take: impl FnOnce(Value<'v>, &mut Work) -> Result<Value<'v>, EvalError>,
    ) -> Result<Value<'v>, EvalError> {
        if operand.why().is_some() {
            return Ok(operand);
        }
        self.working(|work| take(operand, work))
    }

    fn path<'e, 'v>(&mut self, path: &'v PathExpr, env: Env<'e, 'v>) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        let frame = match path.root {
            Root::Variable(_) => None,
            Root::Local(outwards) => {
                Some(nth_frame(env, outwards).ok_or_else(|| unbound("a loop variable"))?)
            }
        };
        let mut node: &'v Node = match (&path.root, frame) {
            (_, Some(frame)) => frame.value,
            (Root::Variable(name), None) => self.scope.value(name).ok_or_else(|| unbound(name))?,
            (Root::Local(_), None) => &ABSENT,
        };
        for step in &path.steps {
            node = field(node, step)?;
        }
        if !self.quiet {
            self.record(path, frame, node);
        }
        Ok(Value::Borrowed(node))
    }

    fn record(&mut self, path: &PathExpr, frame: Option<&Frame<'_, '_>>, node: &Node) {
        match (&path.root, frame) {
            (Root::Variable(_), _) if path.steps.is_empty() => {}
            (Root::Variable(name), _) => self.trace.saw(name, Arc::clone(&path.dotted), node),
            (Root::Local(_), Some(Frame { origin: Some(origin), position, .. })) => {
                let place = origin.element(*position, &path.dotted);
                self.trace.saw(&origin.variable, place.into(), node);
            }
            (Root::Local(_), _) => {}
        }
    }

    fn map<'e, 'v>(&mut self, entries: &'v [(Expr, Expr)], env: Env<'e, 'v>) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        let mut map = partywall_model::Map::default();
        let mut unknown = None;
        for (key, value) in entries {
            let name = self.eval(key, env)?;
            let value = self.eval(value, env)?.into_node();
            match name.into_node() {
                Node::Text(name) => map.insert(name, value),
                key @ Node::Unknown(_) => unknown = unknown.or(Some(key)),
                other => {
                    let error =
                        EvalError::types(format!("a key of a map is a string, not {}", article(&other)));
                    return Err(error.within(self.source, key.span()));
                }
            }
        }
        Ok(Value::Owned(unknown.unwrap_or(Node::Map(map))))
    }

    fn logic<'e, 'v>(
        &mut self,
        logic: Logic,
        operands: &'v [Expr],
        env: Env<'e, 'v>,
    ) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        let symbol = if logic == Logic::And { "`&&`" } else { "`||`" };
        let mut decided = false;
        let mut unknown = None;
        for operand in operands {
            if decided {
                self.quietly(|run| run.truth(operand, env, symbol))?;
                continue;
            }
            match (self.truth(operand, env, symbol)?, logic) {
                (Tri::True, Logic::Or) | (Tri::False, Logic::And) => decided = true,
                (Tri::True | Tri::False, _) => {}
                (Tri::Unknown(why), _) => unknown = unknown.or(Some(why)),
            }
        }
        let decisive = logic == Logic::Or;
        Ok(match (decided, unknown) {
            (true, _) => Value::bool(decisive),
            (false, Some(why)) => Value::unknown(why),
            (false, None) => Value::bool(!decisive),
        })
    }

    fn host<'e, 'v>(&mut self, call: &'v HostCall, env: Env<'e, 'v>) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        let mut values = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            values.push(self.eval(argument, env)?);
        }
        if !call.accepts_unknown
            && let Some(at) = values.iter().position(|value| value.why().is_some())
        {
            return Ok(values.swap_remove(at));
        }
        self.charge(HOST_STEPS)?;
        if self.quiet {
            return Ok(Value::unknown(Arc::clone(&NOT_ASKED)));
        }
        let nodes: Vec<_> = values.iter().map(Value::node).collect();
        let arguments: Vec<&Node> = nodes.iter().map(|node| &**node).collect();
        self.host.call(&call.name, &arguments, &mut self.trace).map(Value::from)
    }
}

/// What stands under `name`: the unknown itself under an unknown, absent under a plain value.
fn field<'v>(node: &'v Node, name: &str) -> Result<&'v Node, EvalError> {
    match node {
        Node::List(_) => Err(no_field(name)),
        other => Ok(other.key(name)),
    }
}

fn field_of<'v>(value: Value<'v>, name: &str) -> Result<Value<'v>, EvalError> {
    match value {
        Value::Borrowed(node) => field(node, name).map(Value::Borrowed),
        Value::Owned(Node::Map(mut map)) => Ok(map.remove(name).map_or_else(Value::absent, Value::Owned)),
        Value::Owned(Node::List(_)) | Value::Many(_) => Err(no_field(name)),
        Value::Owned(_) => Ok(Value::absent()),
    }
}

fn no_field(name: &str) -> EvalError {
    EvalError::types(format!(
        "{} has no field `{name}`: `exists`, `all` or `map` look at its elements",
        with_article(crate::language::Type::List)
    ))
}

fn is_unknown(value: &Option<Value<'_>>) -> bool {
    value.as_ref().is_some_and(|value| value.why().is_some())
}

fn unbound(name: &str) -> EvalError {
    EvalError::new(EvalErrorKind::Unbound, format!("`{name}` stands for nothing here"))
}
