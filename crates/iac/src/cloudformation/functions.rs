//! The intrinsic functions. An unknown argument makes the result unknown with the argument's own reason.

use std::net::Ipv4Addr;
use std::sync::Arc;

use base64::Engine as _;
use partywall_model::Node;

use super::conditions::Truth;
use super::evaluate::{Evaluator, Reason, reason, shown, unknown};
use super::references::Assembled;
use crate::document::Value;
use crate::plain_json;
use crate::undecided::either;

type Outcome = Result<Node, Reason>;

impl Evaluator<'_> {
    /// The result of a function, or none where the name is none of a function's.
    pub(crate) fn call(&mut self, name: &str, argument: &Value) -> Option<Node> {
        let outcome = match name {
            "Ref" => Ok(self.reference(argument.as_str()?)),
            "Fn::If" => self.choice(argument),
            "Fn::GetAtt" => self.attribute(argument),
            "Fn::Sub" => self.substituted(argument),
            "Fn::Join" => self.joined(argument),
            "Fn::Select" => self.selected(argument),
            "Fn::Split" => self.split(argument),
            "Fn::FindInMap" => self.found(argument),
            "Fn::Base64" => self.encoded(argument),
            "Fn::Cidr" => self.ranges(argument),
            "Fn::Length" => self.length(argument),
            "Fn::ToJsonString" => self.as_json(argument),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
                let call = Value::call(argument.span, name, argument.clone());
                Ok(self.truth(&call).node())
            }
            "Fn::GetAZs" => Err(reason(name, "the zones of a region are known when it is deployed")),
            "Fn::ImportValue" => Err(self.import(argument)),
            "Fn::Transform" => Err(reason(name, "what the macro makes is known when it is deployed")),
            _ if name.starts_with("Fn::ForEach::") => return None,
            _ if name.starts_with("Fn::") => Err(reason(name, "the function is not known here")),
            _ => return None,
        };
        Some(outcome.unwrap_or_else(Node::Unknown))
    }

    fn choice(&mut self, argument: &Value) -> Outcome {
        let [condition, then, otherwise] = argument.items() else {
            return Err(reason("Fn::If", "it needs a condition and two values"));
        };
        let truth = match condition.as_str() {
            Some(name) => {
                let name = self.looped(name);
                self.condition(&name)
            }
            None => self.truth(condition),
        };
        Ok(match truth {
            Truth::Yes => self.value(then),
            Truth::No => self.value(otherwise),
            Truth::Unknown(why) => {
                let (then, otherwise) = (self.aside(then), self.aside(otherwise));
                either(then, otherwise, &why)
            }
        })
    }

    fn joined(&mut self, argument: &Value) -> Outcome {
        let [delimiter, items] = argument.items() else {
            return Err(reason("Fn::Join", "it needs a delimiter and a list"));
        };
        let delimiter = shown(&self.aside(delimiter))?;
        let items = self.list_of("Fn::Join", items)?;
        let mut text = Assembled::default();
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                text.add(&delimiter);
            }
            text.take(shown(item))?;
            if !self.affords(text.text.len()) {
                break;
            }
        }
        Ok(self.text(text.finished()?))
    }

    fn selected(&mut self, argument: &Value) -> Outcome {
        let [index, items] = argument.items() else {
            return Err(reason("Fn::Select", "it needs a number and a list"));
        };
        let index = shown(&self.aside(index))?;
        let items = self.list_of("Fn::Select", items)?;
        let selected = index.parse::<usize>().ok().and_then(|index| items.get(index).cloned());
        selected.ok_or_else(|| reason("Fn::Select", format!("the list has no element `{index}`")))
    }

    fn split(&mut self, argument: &Value) -> Outcome {
        let [delimiter, text] = argument.items() else {
            return Err(reason("Fn::Split", "it needs a delimiter and a text"));
        };
        let delimiter = shown(&self.aside(delimiter))?;
        let text = shown(&self.aside(text))?;
        if delimiter.is_empty() {
            return Err(reason("Fn::Split", "the delimiter is empty"));
        }
        Ok(Node::List(text.split(&*delimiter).map(Node::from).collect()))
    }

    /// Where a key is not known the value still is, if all keys lead to the same.
    fn found(&mut self, argument: &Value) -> Outcome {
        let (map, top, second, default) = match argument.items() {
            [map, top, second] => (map, top, second, None),
            [map, top, second, options] => (map, top, second, options.get("DefaultValue")),
            _ => return Err(reason("Fn::FindInMap", "it needs a map and two keys")),
        };
        let name = shown(&self.aside(map))?;
        let (top, second) = (shown(&self.aside(top)), shown(&self.aside(second)));
        let operation = format!("mapping {name}");
        let Some(map) = self.mappings.get(&*name).copied() else {
            return Err(reason(operation, "there is no such mapping"));
        };
        let mut candidates = Vec::new();
        for row in map.entries() {
            if row.key.starts_with("Fn::") {
                return Err(reason(operation, "what it includes is known when it is deployed"));
            }
            if top.as_ref().is_ok_and(|top| row.key != *top) {
                continue;
            }
            let cells = row.value.entries().iter();
            candidates.extend(
                cells.filter(|cell| second.as_ref().is_ok_and(|key| cell.key == *key) || second.is_err()),
            );
        }
        let mut nodes: Vec<Node> = Vec::new();
        for cell in candidates {
            let node = self.aside(&cell.value);
            if !nodes.contains(&node) {
                nodes.push(node);
            }
            if nodes.len() > 1 {
                break;
            }
        }
        match (nodes.pop(), nodes.is_empty(), top, second) {
            (Some(node), true, _, _) => Ok(node),
            (None, _, Ok(top), Ok(second)) => match default {
                Some(default) => Ok(self.aside(default)),
                None => Err(reason(operation, format!("it has nothing under `{top}`, `{second}`"))),
            },
            (_, _, Err(why), _) | (_, _, _, Err(why)) => {
                Err(reason(operation, format!("its key is not decided: {}", why.message)))
            }
            (_, _, Ok(top), Ok(second)) => {
                Err(reason(operation, format!("it has more than one value under `{top}`, `{second}`")))
            }
        }
    }

    fn encoded(&mut self, argument: &Value) -> Outcome {
        let text = shown(&self.aside(argument))?;
        Ok(self.text(base64::engine::general_purpose::STANDARD.encode(text.as_bytes())))
    }

    /// `Fn::Cidr: [block, count, bits of a part that are the host's]`.
    fn ranges(&mut self, argument: &Value) -> Outcome {
        let (block, count, bits) = match argument.items() {
            [block, count] => (block, count, None),
            [block, count, bits] => (block, count, Some(bits)),
            _ => return Err(reason("Fn::Cidr", "it needs a range and a count")),
        };
        let block = shown(&self.aside(block))?;
        let count = shown(&self.aside(count))?;
        let bits = bits.map(|bits| shown(&self.aside(bits))).transpose()?;
        ipv4_parts(&block, &count, bits.as_deref().unwrap_or("8"))
            .ok_or_else(|| reason("Fn::Cidr", format!("`{block}` is not split here")))
    }

    fn length(&mut self, argument: &Value) -> Outcome {
        let items = self.list_of("Fn::Length", argument)?;
        Ok(Node::Int(i64::try_from(items.len()).unwrap_or(i64::MAX)))
    }

    fn as_json(&mut self, argument: &Value) -> Outcome {
        let node = self.aside(argument);
        let mut doubt = None;
        node.visit_unknowns(&mut |_, why| {
            doubt.get_or_insert_with(|| why.clone());
        });
        match doubt {
            // A document with a doubt in it stays the document, so that the rest of it can be judged.
            Some(_) if matches!(node, Node::Map(_)) => Ok(node),
            Some(why) => Err(why),
            None => Ok(self.text(plain_json::written(&node))),
        }
    }

    fn import(&mut self, argument: &Value) -> Reason {
        let name = shown(&self.aside(argument)).unwrap_or_else(|_| Arc::from("…"));
        reason(format!("Fn::ImportValue {name}"), "another stack exports it; it is known when it is deployed")
    }

    fn list_of(&mut self, name: &str, value: &Value) -> Result<Vec<Node>, Reason> {
        match self.aside(value) {
            Node::List(items) => Ok(items),
            Node::Unknown(why) => Err(why),
            _ => Err(reason(name, "it needs a list")),
        }
    }
}

fn ipv4_parts(block: &str, count: &str, bits: &str) -> Option<Node> {
    let (address, prefix) = block.split_once('/')?;
    let address = u64::from(u32::from(address.parse::<Ipv4Addr>().ok()?));
    let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
    let count: u64 = count.parse().ok().filter(|count| (1..=256).contains(count))?;
    let bits: u32 = bits.parse().ok().filter(|bits| (1..=32 - prefix).contains(bits))?;
    let size = 1_u64 << bits;
    let whole = 1_u64 << (32 - prefix);
    if size * count > whole {
        return None;
    }
    let first = address - address % whole;
    let part = |at: u64| {
        let start = u32::try_from(first + at * size).ok()?;
        Some(Node::text(format!("{}/{}", Ipv4Addr::from(start), 32 - bits)))
    };
    (0..count).map(part).collect::<Option<Vec<_>>>().map(Node::List)
}

/// What is known of an attribute that only a deployment tells.
pub(super) fn after_deployment(id: &str, attribute: &str) -> Node {
    unknown(format!("{id}.{attribute}"), "it is known after deployment")
}
