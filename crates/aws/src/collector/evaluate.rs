//! Evaluates the expressions of content for one item, list or read.
//!
//! A mistake in an expression is noted as a problem and gives an unknown: it must be seen, and it must not
//! look like "there is nothing".

use std::cell::RefCell;
use std::collections::BTreeSet;

use partywall_content::{Expression, Template};
use partywall_expr::{EvalError, Outcome, Scope, Truth};
use partywall_model::{Map, Node, OperationName, Problem, Why, WhyKind};

use super::convert;

/// More problems than these are only repetition.
const PROBLEMS_KEPT: usize = 200;

/// The problems of a collection, each once.
#[derive(Debug, Default)]
pub(super) struct Problems {
    kept: RefCell<BTreeSet<Problem>>,
}

impl Problems {
    pub(super) fn note(&self, subject: impl Into<Box<str>>, message: impl Into<Box<str>>) {
        let mut kept = self.kept.borrow_mut();
        if kept.len() < PROBLEMS_KEPT {
            kept.insert(Problem::new(subject, message));
        }
    }

    pub(super) fn finish(self) -> Vec<Problem> {
        self.kept.into_inner().into_iter().collect()
    }
}

/// What is constant in a collection and its expressions may name.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) account: Node,
    pub(super) partition: Node,
    pub(super) main_region: Node,
}

impl Facts {
    pub(super) fn new(account: &str, partition: &str, main_region: &str) -> Self {
        Self {
            account: Node::text(account),
            partition: Node::text(partition),
            main_region: Node::text(main_region),
        }
    }
}

/// What expressions of one place may name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variables<'a> {
    pub(super) facts: &'a Facts,
    pub(super) region: &'a Node,
    pub(super) item: Option<&'a Node>,
    pub(super) parent: Option<&'a Node>,
    pub(super) read: Option<&'a Node>,
    pub(super) one: Option<&'a Node>,
}

impl<'a> Variables<'a> {
    pub(super) fn new(facts: &'a Facts, region: &'a Node) -> Self {
        Self { facts, region, item: None, parent: None, read: None, one: None }
    }

    pub(super) fn scope(&self) -> Scope<'a> {
        let mut scope = Scope::new()
            .with("account", &self.facts.account)
            .with("partition", &self.facts.partition)
            .with("main_region", &self.facts.main_region)
            .with("region", self.region);
        let named = [("item", self.item), ("parent", self.parent), ("read", self.read), ("one", self.one)];
        for (name, value) in named {
            if let Some(value) = value {
                scope.bind(name, value);
            }
        }
        scope
    }
}

/// Where an expression stands: for messages, and for the reason where its value is unknown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// File and kind.
    pub(super) subject: &'a str,
    /// The operation whose answer it reads.
    pub(super) operation: &'a OperationName,
    pub(super) problems: &'a Problems,
}

impl Place<'_> {
    /// The value; unknown, with a problem noted, where the expression fails.
    pub(super) fn value(&self, expression: &Expression, scope: &Scope<'_>) -> Node {
        match self.outcome(expression, scope) {
            Ok(outcome) => attributed(outcome.value, self.operation),
            Err(why) => Node::unknown(why),
        }
    }

    /// Whether a condition holds; an unknown one comes with its reason.
    pub(super) fn holds(&self, expression: &Expression, scope: &Scope<'_>) -> Result<bool, Why> {
        let outcome = self.outcome(expression, scope)?;
        match outcome.truth() {
            Ok(Truth::True) => Ok(true),
            Ok(Truth::False) => Ok(false),
            Ok(Truth::Unknown) => Err(match attributed(outcome.value, self.operation) {
                Node::Unknown(why) => (*why).clone(),
                _ => self.failed("the condition is undecided"),
            }),
            Err(error) => Err(self.mistake(expression, &error)),
        }
    }

    /// The parameters of a call.
    pub(super) fn template(&self, template: &Template, scope: &Scope<'_>) -> Node {
        match template {
            Template::Literal(json) => match serde_json::from_str(json) {
                Ok(value) => convert::node(value),
                Err(error) => {
                    self.problems.note(self.subject, format!("the parameter `{json}` is no JSON: {error}"));
                    Node::unknown(self.failed("a parameter is no JSON"))
                }
            },
            Template::Expression(expression) => self.value(expression, scope),
            Template::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (&**key, self.template(value, scope)));
                Node::Map(entries.collect::<Map>())
            }
            Template::List(items) => {
                Node::List(items.iter().map(|item| self.template(item, scope)).collect())
            }
        }
    }

    /// A reason that lies with us, not with the provider.
    pub(super) fn failed(&self, message: &str) -> Why {
        Why::new(WhyKind::Failed, self.operation.as_str()).with_message(message)
    }

    fn outcome(&self, expression: &Expression, scope: &Scope<'_>) -> Result<Outcome, Why> {
        expression
            .0
            .evaluate(scope, &partywall_content::ShapeFunctions)
            .map_err(|error| self.mistake(expression, &error))
    }

    fn mistake(&self, expression: &Expression, error: &EvalError) -> Why {
        self.problems.note(self.subject, format!("`{}`: {error}", expression.0.source()));
        self.failed("the collector's expression failed; see the problems")
    }
}

/// Names the operation in unknowns that functions made, which cannot know it: they name no service.
fn attributed(node: Node, operation: &OperationName) -> Node {
    match node {
        Node::Unknown(why) if !why.operation.contains(':') => {
            let mut why = (*why).clone();
            why.operation = operation.as_str().into();
            Node::unknown(why)
        }
        Node::List(items) => Node::List(items.into_iter().map(|item| attributed(item, operation)).collect()),
        Node::Map(mut map) => {
            for (_, value) in map.iter_mut() {
                *value = attributed(std::mem::take(value), operation);
            }
            Node::Map(map)
        }
        other => other,
    }
}
