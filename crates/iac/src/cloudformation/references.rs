//! What a template says of one resource to another: `Ref`, `Fn::GetAtt` and `Fn::Sub`.
//!
//! A resource has an identity before it exists, so that what refers to it and what it is can be joined: the
//! name that is written, and otherwise its logical id. What `Ref` and `Fn::GetAtt` give per type comes from
//! [`Types`](crate::terraform::Types), which is asked for `id` (what `Ref` gives), for `arn` (what
//! `Fn::GetAtt …Arn` gives) and for any other attribute by its own name.

use std::sync::Arc;

use partywall_model::{Map, Node};

use super::conditions::Truth;
use super::evaluate::{Evaluator, Reason, reason, shown, unknown};
use super::functions::after_deployment;
use crate::assets::UNSET;
use crate::document::Value;

/// The attribute of [`Types`](crate::terraform::Types) that stands for what `Ref` gives.
const REF: &str = "id";

impl<'t> Evaluator<'t> {
    /// `Ref`: a parameter or a resource.
    pub(crate) fn reference(&mut self, name: &str) -> Node {
        let name = self.looped(name);
        match self.parameter(&name) {
            Some(node) => node,
            None => self.ask(&name, REF),
        }
    }

    /// `Fn::GetAtt`, as `[id, attribute]` or `id.attribute`.
    pub(crate) fn attribute(&mut self, argument: &Value) -> Result<Node, Reason> {
        let malformed = || reason("Fn::GetAtt", "it needs a resource and an attribute");
        if let Some(text) = argument.as_str() {
            let text = self.looped(text);
            let (id, attribute) = text.split_once('.').ok_or_else(malformed)?;
            return Ok(self.ask(id, attribute));
        }
        let (id, attribute) = match argument.items() {
            [id, attribute] => (id, shown(&self.aside(attribute))?),
            // A path written in parts: `[Stack, Outputs, Name]`.
            [id, first, rest] => {
                (id, format!("{}.{}", shown(&self.aside(first))?, shown(&self.aside(rest))?).into())
            }
            _ => return Err(malformed()),
        };
        let id = shown(&self.aside(id))?;
        Ok(self.ask(&id, &attribute))
    }

    /// `Fn::Sub`, as a text or as a text with values of its own.
    pub(crate) fn substituted(&mut self, argument: &Value) -> Result<Node, Reason> {
        let (template, own) = match argument.items() {
            [template, own] => (template.as_str(), Some(own)),
            _ => (argument.as_str(), None),
        };
        let Some(template) = template else {
            return Err(reason("Fn::Sub", "it needs a text"));
        };
        let template = self.looped(template);
        if template.contains("{{resolve:") {
            return Err(reason("{{resolve:…}}", "the value is fetched when it is deployed"));
        }
        let mut text = Assembled::default();
        let mut rest = &*template;
        while let Some(start) = rest.find("${") {
            text.add(rest.get(..start).unwrap_or_default());
            rest = rest.get(start + 2..).unwrap_or_default();
            let Some(end) = rest.find('}') else {
                text.add("${");
                break;
            };
            let name = rest.get(..end).unwrap_or_default().trim();
            rest = rest.get(end + 1..).unwrap_or_default();
            match name.strip_prefix('!') {
                Some(literal) => text.add(&format!("${{{literal}}}")),
                None => text.take(self.part(name, own))?,
            }
            if !self.affords(text.text.len()) {
                break;
            }
        }
        text.add(rest);
        Ok(self.text(text.finished()?))
    }

    fn part(&mut self, name: &str, own: Option<&Value>) -> Result<Arc<str>, Reason> {
        if let Some(value) = own.and_then(|own| own.get(name)) {
            return shown(&self.aside(value));
        }
        if let Some(node) = self.parameter(name) {
            return shown(&node);
        }
        match name.split_once('.') {
            Some((id, attribute)) => shown(&self.ask(id, attribute)),
            None => shown(&self.ask(name, REF)),
        }
    }

    /// What a resource answers for an attribute.
    fn ask(&mut self, id: &str, attribute: &str) -> Node {
        let Some(at) = self.by_id.get(id).copied() else {
            return unknown(id, "the template declares nothing of this name");
        };
        let attribute = if attribute == "Arn" { "arn" } else { attribute };
        let key = (at, Arc::<str>::from(attribute));
        if let Some(answer) = self.answers.get(&key) {
            return answer.clone();
        }
        let Some(declared) = self.declared.get(at) else { return Node::Absent };
        let (kind, condition, at_byte) =
            (declared.kind.clone(), declared.condition.clone(), declared.span.start);
        if let Some(condition) = condition
            && self.condition(&condition) == Truth::No
        {
            return unknown(id, format!("it is not made: condition `{condition}` is false"));
        }
        let Some(arguments) = self.made.get(at).cloned().flatten() else {
            let what = format!("`{id}` depends on itself through what refers to it");
            let next = "break the circle; the service refuses it";
            self.troubles.push(self.source.trouble(at_byte, what, next));
            let answer = self.planned(&kind, attribute, &Node::map(), id);
            self.answers.insert(key, answer.clone());
            return answer;
        };
        let answer = self.planned(&kind, attribute, &arguments, id);
        self.answers.insert(key, answer.clone());
        answer
    }

    fn planned(&self, kind: &str, attribute: &str, arguments: &Node, id: &str) -> Node {
        if let Some(answer) = self.types.computed(kind, attribute, arguments, id) {
            return answer;
        }
        match (attribute, arguments.key(attribute)) {
            (REF, _) => Node::text(id),
            ("arn", _) => Node::text(format!("arn:{UNSET}:{kind}:{UNSET}:{UNSET}:{id}")),
            (_, written) if is_scalar(written) => written.clone(),
            _ => after_deployment(id, attribute),
        }
    }
}

/// Text that is put together of parts.
///
/// The account and the region that a template is deployed to are not known, but in an ARN they have a planned
/// identity like everything else: `arn:aws:iam::unset:root` is whoever owns the account.
#[derive(Default)]
pub(crate) struct Assembled {
    pub(crate) text: String,
    /// Why a part is only planned.
    planned: Option<Reason>,
}

impl Assembled {
    pub(crate) fn add(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn take(&mut self, part: Result<Arc<str>, Reason>) -> Result<(), Reason> {
        match part {
            Ok(part) => self.add(&part),
            Err(why) if ["AWS::AccountId", "AWS::Region"].contains(&&*why.operation) => {
                self.add(UNSET);
                self.planned.get_or_insert(why);
            }
            Err(why) => return Err(why),
        }
        Ok(())
    }

    pub(crate) fn finished(self) -> Result<String, Reason> {
        match self.planned {
            Some(why) if !self.text.starts_with("arn:") => Err(why),
            _ => Ok(self.text),
        }
    }
}

fn is_scalar(node: &Node) -> bool {
    matches!(node, Node::Bool(_) | Node::Int(_) | Node::Float(_) | Node::Text(_))
}

/// The arguments that an identity is made of: those that are known. A name that cannot be decided is no
/// name; the logical id stands for it.
pub(crate) fn decided(arguments: &Node) -> Node {
    match arguments {
        Node::Map(map) => {
            let known = map.iter().filter(|(_, value)| !value.is_unknown());
            Node::Map(known.map(|(key, value)| (Arc::from(key), value.clone())).collect::<Map>())
        }
        _ => Node::map(),
    }
}
