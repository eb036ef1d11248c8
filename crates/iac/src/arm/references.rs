//! What a template says of one resource to another: `reference` and `resourceInfo`.
//!
//! A resource of the same template answers with what is written of it; everything else is known after deployment.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use partywall_model::{Map, Node};

use super::evaluate::{Evaluator, Outcome};
use super::expression::Call;
use super::frame::under;
use super::functions::shown;
use super::resources::{Written, bodies, is_deployment};
use crate::document::{Span, Value};
use crate::undecided::{Reason, reason};

impl Evaluator<'_> {
    /// `reference(name or id[, version[, 'Full']])`, `resourceInfo(name)`
    pub(crate) fn reference(&mut self, call: &Call) -> Outcome {
        let later = || reason(&*call.written, "it is known after deployment");
        let Some(first) = call.arguments.first() else {
            return Err(reason(&*call.written, "it needs a name"));
        };
        let named = self.planned(first);
        let (name, at) = match named.strip_suffix(']').and_then(|name| name.rsplit_once('[')) {
            Some((name, at)) => (name, at.parse::<i64>().ok()),
            None => (&*named, None),
        };
        let Some(body) = self.index()?.get(&name.to_ascii_lowercase()).cloned() else {
            return Err(later());
        };
        let whole = &*call.name == "resourceinfo" || call.arguments.len() > 2;
        let copy = under(&body, "copy").and_then(|copy| under(copy, "name")).and_then(Value::as_str).cloned();
        let rounds = match (copy, at) {
            (Some(copy), Some(at)) => vec![(Arc::from(copy.to_ascii_lowercase()), Ok(at))],
            (Some(_), None) => return Err(later()),
            (None, _) => Vec::new(),
        };
        let frame = self.frame.clone();
        let answer = self.deeper(|evaluator| evaluator.within(frame, rounds, |inner| inner.answer(&body)))?;
        match (whole, answer.key("properties")) {
            (true, _) => Ok(answer),
            (false, Node::Unknown(why)) => Err(why.clone()),
            (false, properties) => Ok(properties.clone()),
        }
    }

    /// What a resource answers: all that is written of it.
    fn answer(&mut self, body: &Value) -> Outcome {
        let asked = self.asked(body);
        match self.referred.get(&asked) {
            Some(Some(node)) => {
                let node = node.clone();
                self.step(super::functions::weight(&node), Span::default())?;
                return Ok(node);
            }
            Some(None) => {
                return Err(reason("reference", "the resource depends on itself through what refers to it"));
            }
            None => {}
        }
        self.referred.insert(asked.clone(), None);
        let mut map = Map::default();
        if is_deployment(body) {
            map.insert("properties", self.outputs(body).unwrap_or_else(Node::Unknown));
        } else {
            for key in ["location", "properties", "tags", "identity", "sku", "kind", "apiVersion"] {
                if let Some(value) = under(body, key) {
                    map.insert(key, self.aside(value));
                }
            }
        }
        if let Some(written) = self.written(body, None) {
            map.insert("id", Node::text(written.id));
            map.insert("name", written.name);
            map.insert("type", Node::Text(written.kind));
        }
        let node = Node::Map(map);
        self.referred.insert(asked, Some(node.clone()));
        Ok(node)
    }

    /// The resources of the template by symbolic name, name and id.
    fn index(&mut self) -> Result<Rc<HashMap<String, Value>>, Reason> {
        let frame = self.frame.clone();
        if let Some(index) = &*frame.index.borrow() {
            return Ok(index.clone());
        }
        // What asks while it is made finds nothing.
        *frame.index.borrow_mut() = Some(Rc::default());
        let mut index = HashMap::new();
        let mut open: Vec<(Option<Arc<str>>, Value, Option<Written>)> = bodies(&frame.root, None);
        while let Some((symbol, body, parent)) = open.pop() {
            self.step(1, body.span)?;
            if let Some(symbol) = symbol {
                index.insert(symbol.to_ascii_lowercase(), body.clone());
            }
            if under(&body, "copy").is_some() {
                continue;
            }
            let Some(written) = self.written(&body, parent.as_ref()) else { continue };
            if let Ok(name) = shown(&written.name) {
                index.entry(name.to_ascii_lowercase()).or_insert_with(|| body.clone());
            }
            index.insert(written.id.to_ascii_lowercase(), body.clone());
            open.extend(bodies(&body, Some(&written)));
        }
        let index = Rc::new(index);
        *frame.index.borrow_mut() = Some(index.clone());
        Ok(index)
    }
}
