//! [`Frame`]: a template with the parameters that it was given; and what parameters and variables come to.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use partywall_model::Node;

use super::evaluate::{Evaluator, Loops, Outcome};
use crate::document::{Form, Value};
use crate::json::{self, Dialect};
use crate::source::Source;
use crate::undecided::reason;

/// So many references between types are followed.
const TYPE_LIMIT: usize = 16;

/// A template under evaluation.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Tells frames apart.
    pub(crate) number: usize,
    pub(crate) source: Rc<Source>,
    pub(crate) root: Value,
    pub(crate) scope: Scope,
    /// The deployment that it is the template of, where it is inside another.
    pub(crate) outer: Option<Outer>,
    parameters: HashMap<String, Value>,
    variables: HashMap<String, Value>,
    functions: HashMap<String, Value>,
    /// What was asked and answered; none while the answer is made.
    answers: RefCell<HashMap<String, Option<Outcome>>>,
    /// Its resources by symbolic name, id and name, in lower case.
    pub(crate) index: RefCell<Option<Rc<HashMap<String, Value>>>>,
}

/// What stands around the template of a deployment.
#[derive(Debug)]
pub(crate) struct Outer {
    pub(crate) frame: Rc<Frame>,
    pub(crate) loops: Loops,
    /// The parameters that the deployment passes, by their names in lower case.
    pub(crate) passed: HashMap<String, Value>,
}

/// Where a template is deployed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Group(Arc<str>),
    Subscription,
    ManagementGroup,
    Tenant,
}

/// A value that the user passed.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    /// On the command line.
    Written(String),
    /// In a file of parameters.
    Value(Node),
}

impl Frame {
    pub(crate) fn new(
        number: usize,
        source: Rc<Source>,
        root: Value,
        scope: Scope,
        outer: Option<Outer>,
    ) -> Self {
        let section = |name: &str| under(&root, name).map(Value::entries).unwrap_or_default();
        let named = |name: &str| {
            section(name).iter().map(|entry| (entry.key.to_ascii_lowercase(), entry.value.clone())).collect()
        };
        let mut variables: HashMap<String, Value> = named("variables");
        // `"variables": {"copy": […]}` makes variables of its own.
        let copies = variables.get("copy").map(Value::items).unwrap_or_default().to_vec();
        for copy in copies {
            if let Some(name) = copy.get("name").and_then(Value::as_str) {
                variables.insert(name.to_ascii_lowercase(), copy.clone());
            }
        }
        let mut functions = HashMap::new();
        for space in under(&root, "functions").map(Value::items).unwrap_or_default() {
            let name = space.get("namespace").and_then(Value::as_str).map_or("", |name| &**name);
            for member in space.get("members").map(Value::entries).unwrap_or_default() {
                functions.insert(format!("{name}.{}", member.key).to_ascii_lowercase(), member.value.clone());
            }
        }
        Self {
            number,
            source,
            scope,
            outer,
            parameters: named("parameters"),
            variables,
            functions,
            answers: RefCell::default(),
            index: RefCell::default(),
            root,
        }
    }

    pub(crate) fn declared(&self, parameter: &str) -> Option<&Value> {
        self.parameters.get(&parameter.to_ascii_lowercase())
    }

    /// Whether the value of a parameter is to be kept out.
    pub(crate) fn is_secure(&self, parameter: &str) -> bool {
        self.declared(parameter).is_some_and(|declared| keeps_out(&resolved(self, declared)))
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.get(&name.to_ascii_lowercase())
    }

    pub(crate) fn function(&self, name: &str) -> Option<&Value> {
        self.functions.get(name)
    }

    /// Whether a variable is made by a copy that stands at the top.
    fn is_copied(&self, value: &Value) -> bool {
        let copies = self.variables.get("copy").map(Value::items).unwrap_or_default();
        copies.iter().any(|copy| copy.span == value.span)
    }
}

impl Evaluator<'_> {
    /// `parameters('name')`
    pub(crate) fn parameter(&mut self, name: &str) -> Outcome {
        let key = name.to_ascii_lowercase();
        if let Some(value) = self.own.as_ref().and_then(|own| own.get(&key)) {
            return Ok(value.clone());
        }
        self.answered(format!("parameters {key}"), |evaluator| evaluator.parameter_value(name, &key))
    }

    fn parameter_value(&mut self, name: &str, key: &str) -> Outcome {
        let frame = self.frame.clone();
        let operation = format!("parameters('{name}')");
        let Some(declared) = frame.declared(name) else {
            return Err(reason(operation, format!("the template declares no parameter `{name}`")));
        };
        let line = frame.source.line(declared.span.start);
        let kind = resolved(&frame, declared);
        let word = word_of(&kind);
        if keeps_out(&kind) {
            let message = format!("its value is kept out, as its type asks ({}:{line})", frame.source.path);
            return Err(reason(operation, message));
        }
        let node = match &frame.outer {
            Some(outer) => match outer.passed.get(key) {
                Some(passed) => match under(passed, "value") {
                    Some(value) => {
                        self.within(outer.frame.clone(), outer.loops.clone(), |outer| outer.value(value))
                    }
                    None => {
                        return Err(reason(
                            operation,
                            "its value is fetched from a vault when it is deployed",
                        ));
                    }
                },
                None => self.default_of(name, declared)?,
            },
            None => match self.given.get(key) {
                Some(Given::Written(text)) => typed(&word, text),
                Some(Given::Value(node)) => node.clone(),
                None => self.default_of(name, declared)?,
            },
        };
        Ok(withheld(&frame, &kind, node, 0))
    }

    fn default_of(&mut self, name: &str, declared: &Value) -> Outcome {
        let default = under(declared, "defaultValue");
        let allowed = under(declared, "allowedValues").map(Value::items).unwrap_or_default();
        if let Some(value) = default {
            return self.deeper(|evaluator| Ok(evaluator.aside(value)));
        }
        if let [only] = allowed {
            return Ok(self.aside(only));
        }
        if under(declared, "nullable").is_some_and(|nullable| matches!(nullable.form, Form::Bool(true))) {
            return Ok(Node::Absent);
        }
        let line = self.frame.source.line(declared.span.start);
        let next = match self.frame.outer {
            Some(_) => "the deployment passes none".to_owned(),
            None => format!("pass --var {name}=… or --var-file"),
        };
        let message = format!("parameter `{name}` has no value ({}:{line}); {next}", self.frame.source.path);
        Err(reason(format!("parameters('{name}')"), message))
    }

    /// `variables('name')`
    pub(crate) fn variable(&mut self, name: &str) -> Outcome {
        let key = name.to_ascii_lowercase();
        self.answered(format!("variables {key}"), |evaluator| {
            let frame = evaluator.frame.clone();
            let Some(value) = frame.variable(name) else {
                let message = format!("the template declares no variable `{name}`");
                return Err(reason(format!("variables('{name}')"), message));
            };
            let loops = std::mem::take(&mut evaluator.loops);
            let node = match frame.is_copied(value) {
                true => evaluator.deeper(|evaluator| Ok(evaluator.copied(value).1)),
                false => evaluator.deeper(|evaluator| Ok(evaluator.aside(value))),
            };
            evaluator.loops = loops;
            node
        })
    }

    /// An output of the template that we are in.
    pub(crate) fn output(&mut self, name: &str) -> Outcome {
        let key = format!("outputs {}", name.to_ascii_lowercase());
        self.answered(key, |evaluator| {
            let operation = format!("outputs.{name}");
            let frame = evaluator.frame.clone();
            let output = under(&frame.root, "outputs").and_then(|outputs| under(outputs, name));
            let Some(output) = output else {
                return Err(reason(operation, format!("the deployment has no output `{name}`")));
            };
            if keeps_out(&resolved(&frame, output)) {
                return Err(reason(operation, "its value is kept out, as its type asks"));
            }
            match (under(output, "value"), under(output, "copy")) {
                (Some(value), _) => evaluator.deeper(|evaluator| Ok(evaluator.aside(value))),
                (None, Some(copy)) => Ok(evaluator.copied(copy).1),
                (None, None) => Err(reason(operation, "it has no value")),
            }
        })
    }

    /// The answer that was given before, or a new one.
    pub(crate) fn answered(&mut self, key: String, make: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        let frame = self.frame.clone();
        let before = frame.answers.borrow().get(&key).cloned();
        match before {
            Some(Some(answer)) => {
                if let Ok(node) = &answer {
                    self.step(super::functions::weight(node), crate::document::Span::default())?;
                }
                return answer;
            }
            Some(None) => {
                let what = key.replacen(' ', " `", 1) + "`";
                return Err(reason(what, "its value depends on itself"));
            }
            None => {}
        }
        frame.answers.borrow_mut().insert(key.clone(), None);
        let own = self.own.take();
        let locals = std::mem::take(&mut self.locals);
        let answer = match make(self) {
            Ok(Node::Unknown(why)) => Err(why),
            answer => answer,
        };
        (self.own, self.locals) = (own, locals);
        frame.answers.borrow_mut().insert(key, Some(answer.clone()));
        answer
    }
}

/// What stands under a key, whatever its case.
pub(crate) fn under<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    let found = value.entries().iter().rev().find(|entry| entry.key.eq_ignore_ascii_case(key));
    found.map(|entry| &entry.value)
}

/// The declaration with the type that it refers to: `{"$ref": "#/definitions/name"}`.
fn resolved(frame: &Frame, declared: &Value) -> Value {
    let mut kind = declared.clone();
    for _ in 0..TYPE_LIMIT {
        let Some(path) = under(&kind, "$ref").and_then(Value::as_str).cloned() else { break };
        let name = path.rsplit('/').next().unwrap_or_default();
        match under(&frame.root, "definitions").and_then(|definitions| under(definitions, name)) {
            Some(definition) => kind = definition.clone(),
            None => break,
        }
    }
    kind
}

/// `secureString` and `secureObject`.
fn keeps_out(kind: &Value) -> bool {
    word_of(kind).starts_with("secure")
}

fn word_of(kind: &Value) -> String {
    under(kind, "type").and_then(Value::as_str).map_or_else(String::new, |word| word.to_ascii_lowercase())
}

/// A value of the command line as its type has it.
fn typed(word: &str, text: &str) -> Node {
    match word {
        "int" => text.trim().parse().map_or_else(|_| Node::text(text), Node::Int),
        "bool" if text.eq_ignore_ascii_case("true") => Node::Bool(true),
        "bool" if text.eq_ignore_ascii_case("false") => Node::Bool(false),
        "array" | "object" => match json::read(text, 0, Dialect::Commented) {
            read if read.faults.is_empty() => read.roots.first().map_or(Node::Absent, plain),
            _ => Node::Unknown(reason("--var", "the value that was passed is no JSON")),
        },
        _ => Node::text(text),
    }
}

/// The value with what its type keeps secret taken out.
fn withheld(frame: &Frame, kind: &Value, node: Node, depth: usize) -> Node {
    let secret = || Node::Unknown(reason("secure value", "its value is kept out, as its type asks"));
    match node {
        _ if depth > 0 && keeps_out(kind) => secret(),
        Node::Map(mut map) if depth < TYPE_LIMIT => {
            let of = |key: &str| {
                let properties = under(kind, "properties");
                let own = properties.and_then(|properties| under(properties, key));
                own.or_else(|| under(kind, "additionalProperties")).map(|kind| resolved(frame, kind))
            };
            let kept = map.iter_mut().map(|(key, value)| match of(key) {
                Some(kind) => {
                    (Arc::<str>::from(key), withheld(frame, &kind, std::mem::take(value), depth + 1))
                }
                None => (Arc::from(key), std::mem::take(value)),
            });
            Node::Map(kept.collect())
        }
        Node::List(items) if depth < TYPE_LIMIT => match under(kind, "items") {
            Some(kind) => {
                let kind = resolved(frame, kind);
                Node::List(items.into_iter().map(|item| withheld(frame, &kind, item, depth + 1)).collect())
            }
            None => Node::List(items),
        },
        node => node,
    }
}

/// A value as it is written: nothing in it is an expression.
pub(crate) fn plain(value: &Value) -> Node {
    match &value.form {
        Form::Null => Node::Absent,
        Form::Bool(value) => Node::Bool(*value),
        Form::Int(value) => Node::Int(*value),
        Form::Float(value) => Node::Float(*value),
        Form::Text(text) => Node::Text(text.clone()),
        Form::List(items) => Node::List(items.iter().map(plain).collect()),
        Form::Map(entries) => {
            Node::Map(entries.iter().map(|entry| (entry.key.clone(), plain(&entry.value))).collect())
        }
    }
}
