//! Functions that do not take all their arguments as values: choices, lambdas, names of parameters and variables,
//! and what only a deployment answers.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use partywall_model::{Map, Node};

use super::evaluate::{Evaluator, Outcome};
use super::expression::{Call, Expression};
use super::frame::under;
use super::functions::{compare, shown, whole};
use crate::document::{Span, Value};
use crate::undecided::{Reason, either, reason};

impl Evaluator<'_> {
    /// The result of a function that is of none of the plain kind.
    pub(crate) fn special(&mut self, call: &Call) -> Option<Outcome> {
        Some(match &*call.name {
            "parameters" => self.named(call).and_then(|name| self.parameter(&name)),
            "variables" => self.named(call).and_then(|name| self.variable(&name)),
            "if" => self.choice(call),
            "and" => self.together(call, false),
            "or" => self.together(call, true),
            "not" => self.negated(call),
            "equals" => self.equal(call),
            "coalesce" => self.first_there(call),
            "copyindex" => self.copy_index(call),
            "lambdavariables" => self.named(call).and_then(|name| self.local(&name)),
            "map" => self.mapped(call),
            "filter" => self.filtered(call),
            "reduce" => self.reduced(call),
            "sort" => self.sorted(call),
            "toobject" | "groupby" | "mapvalues" => self.keyed(call),
            "reference" | "resourceinfo" => self.reference(call),
            "references" => Err(reason(&*call.written, "it is known after deployment")),
            // The template that runs is not the one that was written.
            "deployment" => self.deployment(call),
            "newguid" | "utcnow" => Err(reason(&*call.written, "it is made when it is deployed")),
            "uniquestring" | "guid" => {
                Err(reason(&*call.written, "it follows from where the template is deployed"))
            }
            "pickzones" | "providers" | "deployer" => {
                Err(reason(&*call.written, "it is known when it is deployed"))
            }
            name if name.starts_with("list") => {
                Err(reason(&*call.written, "it is a secret of the service, known after deployment"))
            }
            _ => return None,
        })
    }

    fn named(&mut self, call: &Call) -> Result<Arc<str>, Reason> {
        match call.arguments.as_slice() {
            [argument] => shown(&self.outcome(argument)?),
            _ => Err(reason(&*call.written, "it needs one name")),
        }
    }

    fn truth(&mut self, argument: &Expression) -> Result<bool, Reason> {
        match self.outcome(argument)? {
            Node::Bool(value) => Ok(value),
            Node::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Node::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Node::Unknown(why) => Err(why),
            _ => Err(reason("condition", "the condition is neither true nor false")),
        }
    }

    fn choice(&mut self, call: &Call) -> Outcome {
        let [condition, then, otherwise] = call.arguments.as_slice() else {
            return Err(reason(&*call.written, "it needs a condition and two values"));
        };
        match self.truth(condition) {
            Ok(true) => self.outcome(then),
            Ok(false) => self.outcome(otherwise),
            Err(why) => {
                let then = self.outcome(then).unwrap_or_else(Node::Unknown);
                let otherwise = self.outcome(otherwise).unwrap_or_else(Node::Unknown);
                Ok(either(then, otherwise, &why))
            }
        }
    }

    /// And, or: one that is `decisive` decides, whatever is not known of the others.
    fn together(&mut self, call: &Call, decisive: bool) -> Outcome {
        let mut doubt = None;
        for argument in &call.arguments {
            match self.truth(argument) {
                Ok(truth) if truth == decisive => return Ok(Node::Bool(decisive)),
                Ok(_) => {}
                Err(why) => {
                    doubt.get_or_insert(why);
                }
            }
        }
        doubt.map_or(Ok(Node::Bool(!decisive)), Err)
    }

    fn negated(&mut self, call: &Call) -> Outcome {
        match call.arguments.as_slice() {
            [argument] => Ok(Node::Bool(!self.truth(argument)?)),
            _ => Err(reason("not", "it needs one condition")),
        }
    }

    fn equal(&mut self, call: &Call) -> Outcome {
        let [left, right] = call.arguments.as_slice() else {
            return Err(reason("equals", "it needs two values"));
        };
        let a = self.outcome(left).unwrap_or_else(Node::Unknown);
        let b = self.outcome(right).unwrap_or_else(Node::Unknown);
        self.step(super::functions::weight(&a) + super::functions::weight(&b), Span::default())?;
        for (open, known) in [(left, &b), (right, &a)] {
            if let Node::Text(text) = known
                && self.can_never_be(open, text)
            {
                return Ok(Node::Bool(false));
            }
        }
        compare::same(&a, &b).map(Node::Bool)
    }

    /// Whether an expression is a parameter that does not allow the text.
    fn can_never_be(&self, expression: &Expression, text: &str) -> bool {
        let Expression::Call(call) = expression else { return false };
        let ([argument], "parameters") = (call.arguments.as_slice(), &*call.name) else { return false };
        let declared = argument.as_text().and_then(|name| self.frame.declared(name));
        let allowed = declared
            .and_then(|declared| under(declared, "allowedValues"))
            .map(Value::items)
            .unwrap_or_default();
        let other = |value: &Value| value.as_str().is_some_and(|value| !value.eq_ignore_ascii_case(text));
        !allowed.is_empty() && allowed.iter().all(other)
    }

    fn first_there(&mut self, call: &Call) -> Outcome {
        for argument in &call.arguments {
            let node = self.outcome(argument)?;
            if !node.is_absent() {
                return Ok(node);
            }
        }
        Ok(Node::Absent)
    }

    /// `copyIndex()`, `copyIndex(offset)`, `copyIndex('name')`, `copyIndex('name', offset)`.
    fn copy_index(&mut self, call: &Call) -> Outcome {
        let mut name = None;
        let mut offset = 0;
        for argument in &call.arguments {
            match self.outcome(argument)? {
                Node::Text(text) => name = Some(text.to_ascii_lowercase()),
                node => offset = whole(&node)?,
            }
        }
        let found = match &name {
            Some(name) => self.loops.iter().rev().find(|(copy, _)| **copy == **name),
            None => self.loops.last(),
        };
        match found {
            Some((_, Ok(at))) => Ok(Node::Int(at.saturating_add(offset))),
            Some((_, Err(why))) => Err(why.clone()),
            None => Err(reason(&*call.written, "it stands in no copy of this name")),
        }
    }

    fn deployment(&mut self, call: &Call) -> Outcome {
        let root = &self.frame.root;
        let version = under(root, "contentVersion").and_then(Value::as_str);
        let template = version.map(|version| ("contentVersion", Node::Text(version.clone())));
        let properties: Map = [("template", Node::Map(template.into_iter().collect()))].into_iter().collect();
        let _ = call;
        Ok(Node::Map([("properties", Node::Map(properties))].into_iter().collect()))
    }

    fn local(&mut self, name: &str) -> Outcome {
        let found = self.locals.iter().rev().find(|(local, _)| local.eq_ignore_ascii_case(name));
        match found.map(|(_, node)| node.clone()) {
            Some(node) => {
                self.step(super::functions::weight(&node), Span::default())?;
                Ok(node)
            }
            None => {
                Err(reason(format!("lambdaVariables('{name}')"), "no lambda around it has this variable"))
            }
        }
    }

    /// The list and the lambda of a call.
    fn over(&mut self, call: &Call) -> Result<(Vec<Node>, Rc<Expression>), Reason> {
        let malformed = || reason(&*call.written, "it needs a list and a lambda");
        let (Some(list), Some(lambda)) = (call.arguments.first(), call.arguments.get(1)) else {
            return Err(malformed());
        };
        match self.outcome(list)? {
            Node::List(items) => Ok((items, lambda.clone())),
            Node::Unknown(why) => Err(why),
            _ => Err(malformed()),
        }
    }

    /// What a lambda makes of values.
    fn lambda(&mut self, lambda: &Expression, values: &[Node]) -> Outcome {
        let Expression::Call(call) = lambda else { return Err(reason("lambda", "it is no lambda")) };
        let (Some((body, names)), "lambda") = (call.arguments.split_last(), &*call.name) else {
            return Err(reason(&*call.written, "it is no lambda"));
        };
        let before = self.locals.len();
        for (name, value) in names.iter().zip(values) {
            let name = name.as_text().cloned().unwrap_or_else(|| "".into());
            self.locals.push((name, value.clone()));
        }
        let outcome = self.outcome(body);
        self.locals.truncate(before);
        outcome
    }

    fn mapped(&mut self, call: &Call) -> Outcome {
        let (items, lambda) = self.over(call)?;
        let mut made = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            let at = Node::Int(i64::try_from(at).unwrap_or(i64::MAX));
            made.push(self.lambda(&lambda, &[item, at]).unwrap_or_else(Node::Unknown));
        }
        Ok(Node::List(made))
    }

    fn filtered(&mut self, call: &Call) -> Outcome {
        let (items, lambda) = self.over(call)?;
        let mut kept = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            let at = Node::Int(i64::try_from(at).unwrap_or(i64::MAX));
            match self.lambda(&lambda, &[item.clone(), at])? {
                Node::Bool(true) => kept.push(item),
                Node::Unknown(why) => return Err(why),
                _ => {}
            }
        }
        Ok(Node::List(kept))
    }

    /// `reduce(list, start, lambda(so far, next, …))`
    fn reduced(&mut self, call: &Call) -> Outcome {
        let [list, start, lambda] = call.arguments.as_slice() else {
            return Err(reason(&*call.written, "it needs a list, a start and a lambda"));
        };
        let items = match self.outcome(list)? {
            Node::List(items) => items,
            Node::Unknown(why) => return Err(why),
            _ => return Err(reason(&*call.written, "it needs a list")),
        };
        let mut so_far = self.outcome(start)?;
        for (at, item) in items.into_iter().enumerate() {
            let at = Node::Int(i64::try_from(at).unwrap_or(i64::MAX));
            so_far = self.lambda(lambda, &[so_far, item, at])?;
        }
        Ok(so_far)
    }

    /// `sort(list, lambda(a, b, a is before b))`
    fn sorted(&mut self, call: &Call) -> Outcome {
        let (items, lambda) = self.over(call)?;
        let mut sorted: Vec<Node> = Vec::with_capacity(items.len());
        for item in items {
            // As stable as the service's: an equal one goes behind.
            let (mut low, mut high) = (0, sorted.len());
            while low < high {
                let middle = low.midpoint(high);
                let there = sorted.get(middle).cloned().unwrap_or_default();
                match self.lambda(&lambda, &[item.clone(), there])? {
                    Node::Bool(true) => high = middle,
                    Node::Bool(false) => low = middle + 1,
                    Node::Unknown(why) => return Err(why),
                    _ => return Err(reason(&*call.written, "its lambda says neither true nor false")),
                }
            }
            sorted.insert(low, item);
        }
        Ok(Node::List(sorted))
    }

    /// `toObject(list, key[, value])`, `groupBy(list, key)`, `mapValues(object, value)`.
    fn keyed(&mut self, call: &Call) -> Outcome {
        let [over, first, more @ ..] = call.arguments.as_slice() else {
            return Err(reason(&*call.written, "it needs a list and a lambda"));
        };
        let over = self.outcome(over)?;
        let mut map = Map::default();
        if &*call.name == "mapvalues" {
            let entries: Vec<(Arc<str>, Node)> =
                over.entries().map(|(key, value)| (key.into(), value.clone())).collect();
            for (key, value) in entries {
                let value = self.lambda(first, &[value]).unwrap_or_else(Node::Unknown);
                map.insert(key, value);
            }
            return Ok(Node::Map(map));
        }
        for item in over.items() {
            let key = shown(&self.lambda(first, std::slice::from_ref(item))?)?;
            let value = match more.first() {
                Some(lambda) => self.lambda(lambda, std::slice::from_ref(item)).unwrap_or_else(Node::Unknown),
                None => item.clone(),
            };
            match (&*call.name, map.get_mut(&key)) {
                ("groupby", Some(Node::List(there))) => there.push(value),
                ("groupby", _) => map.insert(key, Node::List(vec![value])),
                _ => map.insert(key, value),
            }
        }
        Ok(Node::Map(map))
    }

    /// A function that the template declares.
    pub(crate) fn own_function(&mut self, call: &Call, arguments: Vec<Node>) -> Outcome {
        // `sys.concat` is the built-in one.
        if let Some(name) = call.name.strip_prefix("sys.") {
            let plain =
                Call { name: name.into(), arguments: call.arguments.clone(), written: call.written.clone() };
            return self.outcome(&Expression::Call(plain));
        }
        let frame = self.frame.clone();
        let Some(function) = frame.function(&call.name) else {
            return Err(reason(&*call.written, format!("the template declares no function `{}`", call.name)));
        };
        let names = under(function, "parameters").map(Value::items).unwrap_or_default();
        let name_of = |value: &Value| under(value, "name").and_then(Value::as_str).cloned();
        let own: HashMap<String, Node> = names
            .iter()
            .zip(arguments)
            .filter_map(|(value, node)| Some((name_of(value)?.to_ascii_lowercase(), node)))
            .collect();
        let Some(value) = under(function, "output").and_then(|output| under(output, "value")) else {
            return Err(reason(&*call.written, "the function gives nothing; it has no `output`"));
        };
        let (own, locals) = (self.own.replace(own), std::mem::take(&mut self.locals));
        let node = self.aside(value);
        (self.own, self.locals) = (own, locals);
        match node {
            Node::Unknown(why) => Err(why),
            node => Ok(node),
        }
    }
}
