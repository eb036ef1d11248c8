//! [`Evaluator`]: from the values of a template to nodes, with every doubt named.
//!
//! Work is bounded by a budget of steps and of bytes of text, since variables made of variables, loops and
//! functions can ask for more than any memory holds. What is beyond the budget is unknown, and a trouble says so.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use partywall_model::{Map, Node};

use super::expression::{self, Call, Expression, Reading};
use super::frame::{Frame, Given};
use super::functions;
use crate::document::{Entry, Form, Span, Value};
use crate::terraform::{Place, Types};
use crate::trail::Trail;
use crate::tree::Tree;
use crate::trouble::Trouble;
use crate::undecided::{Reason, reason, unknown};

/// Steps that one template may take, with those that it links.
const STEP_BUDGET: usize = 2_000_000;
/// Bytes of text that may be put together for one template.
const TEXT_BUDGET: usize = 64 << 20;
/// How deep evaluation may go.
const DEPTH_LIMIT: usize = 224;
/// What a copy may make: "you can't use a negative number, and it can't exceed 800".
pub(crate) const COPY_LIMIT: i64 = 800;

/// A value, or why it is not known.
pub(crate) type Outcome = Result<Node, Reason>;

/// The copies that we are in, the innermost last: their names in lower case, and the number of the round.
pub(crate) type Loops = Vec<(Arc<str>, Result<i64, Reason>)>;

/// What was asked of a resource: the template, where the resource stands in it, and the rounds.
pub(crate) type Asked = (usize, u32, Box<str>);

/// Templates under evaluation.
pub(crate) struct Evaluator<'t> {
    pub(crate) tree: &'t Tree,
    pub(crate) types: &'t dyn Types,
    pub(crate) given: &'t HashMap<String, Given>,
    /// The template that we are in.
    pub(crate) frame: Rc<Frame>,
    pub(crate) loops: Loops,
    /// The variables of the lambdas that we are in, the innermost last.
    pub(crate) locals: Vec<(Arc<str>, Node)>,
    /// The parameters of the template's own function that we are in.
    pub(crate) own: Option<HashMap<String, Node>>,
    /// Templates of deployments, once they were asked for.
    pub(crate) inner: HashMap<Asked, Option<Rc<Frame>>>,
    /// What `reference` gave; none while it is made.
    pub(crate) referred: HashMap<Asked, Option<Node>>,
    /// Files that were evaluated as a part of this one.
    pub(crate) linked: Vec<Arc<str>>,
    pub(crate) troubles: Vec<Trouble>,
    /// How types are spelled, by their names in lower case.
    pub(crate) kinds: HashMap<String, Arc<str>>,
    parsed: HashMap<Arc<str>, Result<Rc<Expression>, Arc<str>>>,
    trail: Trail,
    depth: usize,
    steps: usize,
    bytes: usize,
    is_spent: bool,
}

impl<'t> Evaluator<'t> {
    pub(crate) fn new(
        tree: &'t Tree,
        types: &'t dyn Types,
        given: &'t HashMap<String, Given>,
        frame: Rc<Frame>,
    ) -> Self {
        Self {
            tree,
            types,
            given,
            frame,
            loops: Loops::new(),
            locals: Vec::new(),
            own: None,
            inner: HashMap::new(),
            referred: HashMap::new(),
            linked: Vec::new(),
            troubles: Vec::new(),
            kinds: HashMap::new(),
            parsed: HashMap::new(),
            trail: Trail::default(),
            depth: 0,
            steps: 0,
            bytes: 0,
            is_spent: false,
        }
    }

    /// What the entries of a resource come to, and where they are written. Null is as good as nothing.
    pub(crate) fn arguments(&mut self, entries: &[&Entry]) -> (Map, Vec<Place>) {
        self.trail = Trail::started();
        let mut map = Map::default();
        for entry in entries {
            let mark = self.trail.enter(format_args!("{}", entry.key), &self.frame.source, entry.span());
            let node = self.value(&entry.value);
            self.trail.leave(mark);
            if node.is_absent() {
                self.trail.forget(mark);
            } else {
                map.insert(entry.key.clone(), without_nulls(node));
            }
        }
        (map, std::mem::take(&mut self.trail).into_places())
    }

    /// What a value comes to.
    pub(crate) fn value(&mut self, value: &Value) -> Node {
        if let Err(why) = self.step(1, value.span) {
            return Node::Unknown(why);
        }
        if self.depth >= DEPTH_LIMIT {
            return unknown("template", "the values that it is made of are nested too deep");
        }
        self.depth += 1;
        let node = match &value.form {
            Form::Null => Node::Absent,
            Form::Bool(value) => Node::Bool(*value),
            Form::Int(value) => Node::Int(*value),
            Form::Float(value) => Node::Float(*value),
            Form::Text(text) => self.text_of(text, value.span),
            Form::List(items) => self.list(items),
            Form::Map(entries) => self.map(entries),
        };
        self.depth -= 1;
        node
    }

    /// The value without a note of where its parts are written.
    pub(crate) fn aside(&mut self, value: &Value) -> Node {
        let was_on = self.trail.switch(false);
        let node = self.value(value);
        self.trail.switch(was_on);
        node
    }

    /// Works in another template and its rounds, and comes back.
    pub(crate) fn within<T>(
        &mut self,
        frame: Rc<Frame>,
        loops: Loops,
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let was_on = self.trail.switch(false);
        let frame = std::mem::replace(&mut self.frame, frame);
        let loops = std::mem::replace(&mut self.loops, loops);
        let locals = std::mem::take(&mut self.locals);
        let own = self.own.take();
        let done = work(self);
        (self.frame, self.loops, self.locals, self.own) = (frame, loops, locals, own);
        self.trail.switch(was_on);
        done
    }

    /// Goes one deeper, if that is still within the bounds.
    pub(crate) fn deeper<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Reason>,
    ) -> Result<T, Reason> {
        if self.depth >= DEPTH_LIMIT {
            return Err(reason("template", "the values that it is made of are nested too deep"));
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    /// Takes so many steps, if they are within the budget.
    pub(crate) fn step(&mut self, count: usize, span: Span) -> Result<(), Reason> {
        self.steps = self.steps.saturating_add(count);
        if self.is_exhausted() {
            return Err(self.spent(span));
        }
        Ok(())
    }

    /// Whether the budget is used up.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.steps > STEP_BUDGET || self.bytes > TEXT_BUDGET
    }

    fn spent(&mut self, span: Span) -> Reason {
        if !self.is_spent {
            self.is_spent = true;
            let what = "the template comes to more values or text than are evaluated; the rest is not known";
            self.trouble(span.start, what, "split it, or repeat less");
        }
        reason("template", "it comes to more than is evaluated")
    }

    /// Tells a trouble in the template that we are in.
    pub(crate) fn trouble(&mut self, at: u32, what: impl Into<Box<str>>, next: &str) {
        let trouble = self.frame.source.trouble(at, what, next);
        self.troubles.push(trouble);
    }

    fn text_of(&mut self, text: &Arc<str>, span: Span) -> Node {
        match expression::reading(text) {
            Reading::Literal(literal) if literal.len() == text.len() => Node::Text(text.clone()),
            Reading::Literal(literal) => Node::text(literal),
            Reading::Expression(_) => match self.expression_of(text, span) {
                Ok(expression) => self.outcome(&expression).unwrap_or_else(Node::Unknown),
                Err(why) => Node::Unknown(why),
            },
        }
    }

    /// The expression that a text is; each is read once.
    pub(crate) fn expression_of(&mut self, text: &Arc<str>, span: Span) -> Result<Rc<Expression>, Reason> {
        if !self.parsed.contains_key(text) {
            let Reading::Expression(inner) = expression::reading(text) else {
                return Ok(Rc::new(Expression::Text(text.clone())));
            };
            let parsed = expression::parse(inner).map_err(Arc::from);
            if let Err(what) = &parsed {
                let what = format!("the expression cannot be read: {what}");
                self.trouble(span.start, what, "mend it; its value is not known");
            }
            self.parsed.insert(text.clone(), parsed);
        }
        match self.parsed.get(text) {
            Some(Ok(expression)) => Ok(expression.clone()),
            Some(Err(what)) => Err(reason("expression", format!("it cannot be read: {what}"))),
            None => Err(reason("expression", "it cannot be read")),
        }
    }

    fn list(&mut self, items: &[Value]) -> Node {
        let mut nodes = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let mark = self.trail.enter(format_args!("{at}"), &self.frame.source, item.span);
            let node = self.value(item);
            self.trail.leave(mark);
            nodes.push(node);
        }
        Node::List(nodes)
    }

    fn map(&mut self, entries: &[Entry]) -> Node {
        let mut nodes: Vec<(Arc<str>, Node)> = Vec::with_capacity(entries.len());
        for entry in entries {
            if entry.key.eq_ignore_ascii_case("copy") && !entry.value.items().is_empty() {
                for copy in entry.value.items() {
                    let (name, node) = self.copied(copy);
                    nodes.push((name, node));
                }
                continue;
            }
            let key = match expression::reading(&entry.key) {
                Reading::Literal(_) => entry.key.clone(),
                Reading::Expression(_) => match self.text_of(&entry.key, entry.key_span) {
                    Node::Text(text) => text,
                    // A tag whose name is not known is still a tag.
                    _ => entry.key.clone(),
                },
            };
            let mark = self.trail.enter(format_args!("{key}"), &self.frame.source, entry.span());
            let node = self.value(&entry.value);
            self.trail.leave(mark);
            if node.is_absent() {
                self.trail.forget(mark);
            }
            nodes.push((key, node));
        }
        Node::Map(nodes.into_iter().collect::<Map>())
    }

    /// A property or variable that is made by a copy: `{"name": …, "count": …, "input": …}`.
    pub(crate) fn copied(&mut self, copy: &Value) -> (Arc<str>, Node) {
        let name = copy.get("name").and_then(Value::as_str).cloned().unwrap_or_else(|| "copy".into());
        let mark = self.trail.enter(format_args!("{name}"), &self.frame.source, copy.span);
        let node = self.rounds_of(copy, &name);
        self.trail.leave(mark);
        (name, node)
    }

    fn rounds_of(&mut self, copy: &Value, name: &Arc<str>) -> Node {
        let Some(input) = copy.get("input") else {
            return unknown(format!("copy {name}"), "it says nothing that is repeated; it has no `input`");
        };
        let rounds = match self.count_of(copy) {
            Ok(rounds) => rounds,
            Err(why) => return Node::Unknown(why),
        };
        let variable: Arc<str> = name.to_ascii_lowercase().into();
        let mut nodes = Vec::new();
        for at in 0..rounds {
            if self.is_exhausted() {
                nodes.push(Node::Unknown(self.spent(copy.span)));
                break;
            }
            let mark = self.trail.enter(format_args!("{at}"), &self.frame.source, input.span);
            self.loops.push((variable.clone(), Ok(at)));
            nodes.push(self.value(input));
            self.loops.pop();
            self.trail.leave(mark);
        }
        Node::List(nodes)
    }

    /// How often a copy repeats.
    pub(crate) fn count_of(&mut self, copy: &Value) -> Result<i64, Reason> {
        let count = match copy.get("count") {
            Some(count) => self.aside(count),
            None => return Err(reason("copy", "it has no `count`")),
        };
        match functions::whole(&count) {
            Ok(count @ ..=COPY_LIMIT) => Ok(count.max(0)),
            Ok(count) => {
                let what = format!("a copy repeats {count} times; only the first {COPY_LIMIT} are looked at");
                self.trouble(copy.span.start, what, "repeat less; the service allows 800");
                Ok(COPY_LIMIT)
            }
            Err(why) => Err(why),
        }
    }

    /// What an expression comes to.
    pub(crate) fn outcome(&mut self, expression: &Expression) -> Outcome {
        self.step(1, Span::default())?;
        self.deeper(|evaluator| match expression {
            Expression::Text(text) => Ok(Node::Text(text.clone())),
            Expression::Int(value) => Ok(Node::Int(*value)),
            Expression::Float(value) => Ok(Node::Float(*value)),
            Expression::Call(call) => evaluator.call(call),
            Expression::Property { whole, name } => {
                let node = evaluator.outcome(whole)?;
                evaluator.part(expression, &node, name)
            }
            Expression::Index { whole, at } => {
                let node = evaluator.outcome(whole)?;
                match evaluator.outcome(at)? {
                    Node::Text(name) => evaluator.part(expression, &node, &name),
                    at => functions::element(&node, &at),
                }
            }
        })
    }

    /// What stands under a name. An object of the service's has more than is known of it.
    fn part(&mut self, expression: &Expression, node: &Node, name: &str) -> Outcome {
        match functions::under(node, name) {
            Some(Node::Unknown(why)) => Err(why.clone()),
            Some(part) => Ok(part.clone()),
            None => match expression.root() {
                Some(root) if is_answer(&root.name) => {
                    let what = format!("{}.{name}", root.written);
                    Err(reason(what, "it is known after deployment"))
                }
                _ => Err(reason(
                    format!("property {name}"),
                    format!("there is no property `{name}` in what is asked for it"),
                )),
            },
        }
    }

    fn call(&mut self, call: &Call) -> Outcome {
        if let Some(outcome) = self.special(call) {
            return outcome;
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.outcome(argument).unwrap_or_else(Node::Unknown));
        }
        self.step(functions::cost(&call.name, &arguments), Span::default())?;
        if call.name.contains('.') {
            return self.own_function(call, arguments);
        }
        let room = TEXT_BUDGET.saturating_sub(self.bytes);
        let node = match self.identity(call, &arguments) {
            Some(outcome) => outcome?,
            None => functions::result(call, &arguments, room)?,
        };
        match &node {
            Node::Text(text) => {
                self.bytes = self.bytes.saturating_add(text.len());
                self.step(0, Span::default())?;
            }
            node => self.step(functions::weight(node), Span::default())?,
        }
        Ok(node)
    }
}

/// Whether a function gives what the service says of itself.
fn is_answer(name: &str) -> bool {
    const ANSWERS: [&str; 8] = [
        "deployment",
        "environment",
        "managementgroup",
        "reference",
        "resourcegroup",
        "resourceinfo",
        "subscription",
        "tenant",
    ];
    ANSWERS.contains(&name) || name.starts_with("list")
}

/// Null in a map is as good as nothing.
fn without_nulls(node: Node) -> Node {
    match node {
        Node::Map(mut map) => {
            let kept = map.iter_mut().filter(|(_, value)| !value.is_absent());
            let kept = kept.map(|(key, value)| (Arc::<str>::from(key), without_nulls(std::mem::take(value))));
            Node::Map(kept.collect())
        }
        Node::List(items) => Node::List(items.into_iter().map(without_nulls).collect()),
        node => node,
    }
}
