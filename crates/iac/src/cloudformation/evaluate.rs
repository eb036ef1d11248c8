//! [`Evaluator`]: from the values of a template to nodes, with every doubt named.
//!
//! Work is bounded by a budget of values and of bytes of text, since aliases, loops and names made of names
//! can ask for more than any memory holds. What is beyond the budget is unknown, and a trouble says so.

use std::collections::HashMap;
use std::sync::Arc;

use partywall_model::{Map, Node};

use super::conditions::Truth;
use super::resources::Declared;
use crate::document::{Entry, Form, Span, Value};
use crate::source::Source;
use crate::terraform::{Place, Types};
use crate::trail::Trail;
use crate::trouble::Trouble;
pub(crate) use crate::undecided::{Reason, reason, unknown};

/// Values that one template may come to.
const VALUE_BUDGET: usize = 2_000_000;
/// Bytes of text that may be put together for one template.
const TEXT_BUDGET: usize = 64 << 20;
/// How deep evaluation may go; a condition that asks another goes deeper.
const DEPTH_LIMIT: usize = 224;
/// What a loop may run over.
const LOOP_LIMIT: usize = 1_000;

/// Of a loop: its variable, what it runs over, and what is repeated.
pub(crate) type Rounds<'v> = (Arc<str>, Vec<Arc<str>>, &'v Value);

/// A template under evaluation.
pub(crate) struct Evaluator<'t> {
    pub(crate) source: &'t Source,
    pub(crate) types: &'t dyn Types,
    /// Values that the user passed, by parameter.
    pub(crate) given: &'t HashMap<String, String>,
    pub(crate) parameters: HashMap<&'t str, &'t Value>,
    pub(crate) mappings: HashMap<&'t str, &'t Value>,
    pub(crate) conditions: HashMap<&'t str, &'t Value>,
    /// Conditions that were decided; none for the one that is being decided.
    pub(crate) truths: HashMap<Arc<str>, Option<Truth>>,
    pub(crate) declared: Vec<Declared>,
    pub(crate) by_id: HashMap<Arc<str>, usize>,
    /// What a resource's identity is made of, once it was evaluated.
    pub(crate) made: Vec<Option<Node>>,
    /// What was asked of resources and answered.
    pub(crate) answers: HashMap<(usize, Arc<str>), Node>,
    /// The variables of the loops that we are in, the innermost last.
    pub(crate) loops: Vec<(Arc<str>, Arc<str>)>,
    pub(crate) troubles: Vec<Trouble>,
    trail: Trail,
    depth: usize,
    values: usize,
    bytes: usize,
    is_spent: bool,
}

impl<'t> Evaluator<'t> {
    pub(crate) fn new(
        source: &'t Source,
        root: &'t Value,
        given: &'t HashMap<String, String>,
        types: &'t dyn Types,
    ) -> Self {
        let section = |name: &str| {
            let entries = root.get(name).map(Value::entries).unwrap_or_default();
            entries.iter().map(|entry| (&*entry.key, &entry.value)).collect()
        };
        Self {
            source,
            types,
            given,
            parameters: section("Parameters"),
            mappings: section("Mappings"),
            conditions: section("Conditions"),
            truths: HashMap::new(),
            declared: Vec::new(),
            by_id: HashMap::new(),
            made: Vec::new(),
            answers: HashMap::new(),
            loops: Vec::new(),
            troubles: Vec::new(),
            trail: Trail::default(),
            depth: 0,
            values: 0,
            bytes: 0,
            is_spent: false,
        }
    }

    /// The value of the arguments of a resource, and where they are written.
    pub(crate) fn arguments(&mut self, value: &Value) -> (Node, Vec<Place>) {
        self.trail = Trail::started();
        let node = self.value(value);
        let trail = std::mem::take(&mut self.trail);
        (node, trail.into_places())
    }

    /// What a value comes to. Absent is what `AWS::NoValue` leaves.
    pub(crate) fn value(&mut self, value: &Value) -> Node {
        self.values += 1;
        if self.values > VALUE_BUDGET {
            return self.spent(value.span);
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
            Form::Text(text) => self.literal(text),
            Form::List(items) => self.list(items),
            Form::Map(entries) => self.map(value, entries),
        };
        self.depth -= 1;
        node
    }

    /// The value without a note of where its parts are written.
    pub(crate) fn aside(&mut self, value: &Value) -> Node {
        let is_on = self.trail.switch(false);
        let node = self.value(value);
        self.trail.switch(is_on);
        node
    }

    /// A condition that another one asks for.
    pub(crate) fn deeper(&mut self, decide: impl FnOnce(&mut Self) -> Truth) -> Truth {
        if self.depth >= DEPTH_LIMIT {
            return Truth::Unknown(reason("Conditions", "they are nested too deep"));
        }
        self.depth += 1;
        let truth = decide(self);
        self.depth -= 1;
        truth
    }

    /// Text that was put together.
    pub(crate) fn text(&mut self, text: String) -> Node {
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > TEXT_BUDGET {
            return self.spent(Span::default());
        }
        Node::text(text)
    }

    /// Whether so much text more is within the budget.
    pub(crate) fn affords(&self, bytes: usize) -> bool {
        self.bytes.saturating_add(bytes) <= TEXT_BUDGET
    }

    /// Whether the budget of values is used up.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.values > VALUE_BUDGET
    }

    fn spent(&mut self, span: Span) -> Node {
        if !self.is_spent {
            self.is_spent = true;
            let what = "the template comes to more values or text than are evaluated; the rest is not known";
            self.troubles.push(self.source.trouble(span.start, what, "split it, or repeat less"));
        }
        unknown("template", "it comes to more than is evaluated")
    }

    fn literal(&mut self, text: &Arc<str>) -> Node {
        // "Get values stored in other services using dynamic references", CloudFormation User Guide.
        if text.contains("{{resolve:") {
            return unknown("{{resolve:…}}", "the value is fetched when it is deployed");
        }
        if self.loops.is_empty() {
            return Node::Text(text.clone());
        }
        let text = self.looped(text);
        self.text(text)
    }

    fn list(&mut self, items: &[Value]) -> Node {
        let mut nodes = Vec::with_capacity(items.len());
        for item in items {
            let mark = self.trail.enter(format_args!("{}", nodes.len()), self.source, item.span);
            let node = self.value(item);
            self.trail.leave(mark);
            if node.is_absent() {
                self.trail.forget(mark);
            } else {
                nodes.push(node);
            }
        }
        Node::List(nodes)
    }

    fn map(&mut self, value: &Value, entries: &[Entry]) -> Node {
        if let Some(entry) = value.single()
            && let Some(node) = self.call(&entry.key, &entry.value)
        {
            return node;
        }
        let mut nodes: Vec<(Arc<str>, Node)> = Vec::with_capacity(entries.len());
        if let Some(why) = self.entries(entries, &mut nodes) {
            return Node::Unknown(why);
        }
        Node::Map(nodes.into_iter().collect::<Map>())
    }

    /// Evaluates entries; the reason for which they are not known, if they are not.
    fn entries(&mut self, entries: &[Entry], nodes: &mut Vec<(Arc<str>, Node)>) -> Option<Reason> {
        for entry in entries {
            if &*entry.key == "Fn::Transform" {
                return Some(reason("Fn::Transform", "what it includes is known when it is deployed"));
            }
            if entry.key.starts_with("Fn::ForEach::") {
                if let Some(why) = self.repeated(entry, nodes) {
                    return Some(why);
                }
                continue;
            }
            let key = if self.loops.is_empty() { entry.key.clone() } else { self.looped(&entry.key).into() };
            let mark = self.trail.enter(format_args!("{key}"), self.source, entry.span());
            let node = self.value(&entry.value);
            self.trail.leave(mark);
            if node.is_absent() {
                self.trail.forget(mark);
            } else {
                nodes.push((key, node));
            }
        }
        None
    }

    fn repeated(&mut self, entry: &Entry, nodes: &mut Vec<(Arc<str>, Node)>) -> Option<Reason> {
        match self.rounds(&entry.value) {
            Err(why) => Some(why),
            Ok((variable, rounds, body)) => {
                for round in rounds {
                    self.loops.push((variable.clone(), round));
                    let failed = self.entries(body.entries(), nodes);
                    self.loops.pop();
                    if failed.is_some() {
                        return failed;
                    }
                }
                None
            }
        }
    }

    /// The parts of `Fn::ForEach`.
    pub(crate) fn rounds<'v>(&mut self, value: &'v Value) -> Result<Rounds<'v>, Reason> {
        let malformed = || reason("Fn::ForEach", "it needs a name, a list and what is repeated");
        let [variable, over, body] = value.items() else { return Err(malformed()) };
        let variable = variable.as_str().ok_or_else(malformed)?.clone();
        if self.is_exhausted() || self.loops.len() >= 8 {
            return Err(reason("Fn::ForEach", "it comes to more than is evaluated"));
        }
        let rounds = match self.aside(over) {
            Node::Unknown(why) => return Err(why),
            over => over.items().iter().map(shown).collect::<Result<Vec<_>, _>>()?,
        };
        if rounds.len() > LOOP_LIMIT {
            let message = format!("it repeats more than {LOOP_LIMIT} times");
            return Err(reason("Fn::ForEach", message));
        }
        self.values += rounds.len();
        Ok((variable, rounds, body))
    }

    /// The text with the variables of loops put in: `${Name}` and `&{Name}`.
    pub(crate) fn looped(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in self.loops.iter().rev() {
            if text.contains("{") {
                text = text.replace(&format!("${{{name}}}"), value).replace(&format!("&{{{name}}}"), value);
            }
        }
        text
    }
}

/// A scalar as the text that CloudFormation makes of it, or why it is none.
pub(crate) fn shown(node: &Node) -> Result<Arc<str>, Reason> {
    match node {
        Node::Text(text) => Ok(text.clone()),
        Node::Bool(value) => Ok(value.to_string().into()),
        Node::Int(value) => Ok(value.to_string().into()),
        Node::Float(value) => Ok(value.to_string().into()),
        Node::Unknown(why) => Err(why.clone()),
        Node::Absent => Err(reason("AWS::NoValue", "there is nothing where text is needed")),
        Node::List(_) | Node::Map(_) => {
            Err(reason("template", "there is a list or a map where text is needed"))
        }
    }
}
