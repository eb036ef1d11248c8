//! From the `Resources` of a template to [`Resource`]s.
//!
//! Resources are evaluated in the order of what they refer to, so that an answer about one is ready when it
//! is asked for, however long the chain. What depends on itself is told and gets its planned identity.

use std::collections::HashSet;
use std::sync::Arc;

use partywall_model::Node;

use super::conditions::Truth;
use super::evaluate::{Evaluator, Reason};
use super::references::decided;
use super::{scalars, serverless};
use crate::document::{Entry, Form, Span, Value};
use crate::terraform::{Mode, ProviderUse, Resource};

/// How many resources of one template are looked at; the service allows 500.
const RESOURCE_LIMIT: usize = 20_000;

/// A type of ours: what a managed policy says of those that it is attached to.
const ATTACHMENT: &str = "AWS::IAM::ManagedPolicyAttachment";

/// One policy for roles, users and groups at once; each of the three has a type of its own, too.
const INLINE_POLICY: &str = "AWS::IAM::Policy";
/// Who may hold it, the type that is about them alone, and what names them there.
const INLINE_HOLDERS: [(&str, &str, &str); 3] = [
    ("Roles", "AWS::IAM::RolePolicy", "RoleName"),
    ("Users", "AWS::IAM::UserPolicy", "UserName"),
    ("Groups", "AWS::IAM::GroupPolicy", "GroupName"),
];

/// A resource as it is declared.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) id: Arc<str>,
    pub(crate) kind: Arc<str>,
    pub(crate) condition: Option<Arc<str>>,
    pub(crate) span: Span,
    properties: Option<Value>,
    /// `DeletionPolicy` and `UpdateReplacePolicy`.
    policies: Vec<Entry>,
    /// The variables of the loops that it stands in.
    loops: Vec<(Arc<str>, Arc<str>)>,
    /// Why it is not known how many of these there are.
    undecided: Option<Reason>,
}

impl Evaluator<'_> {
    /// The resources of a template, in the order in which they are written.
    pub(crate) fn resources(&mut self, root: &Value) -> Vec<Resource> {
        if let Some(section) = root.get("Resources") {
            self.declare(section.entries(), root.get("Globals"));
            if self.declared.len() >= RESOURCE_LIMIT {
                let what = format!("only {RESOURCE_LIMIT} resources of the template were looked at");
                self.troubles.push(self.source.trouble(section.span.start, what, "split the template"));
            }
        }
        self.made = vec![None; self.declared.len()];
        let mut resources: Vec<(usize, Resource)> = Vec::new();
        for at in self.order() {
            if let Some(resource) = self.resource(at) {
                resources.push((at, resource));
            }
        }
        resources.sort_by_key(|(at, _)| *at);
        resources.into_iter().map(|(_, resource)| resource).collect()
    }

    fn declare(&mut self, entries: &[Entry], globals: Option<&Value>) {
        for entry in entries {
            if entry.key.starts_with("Fn::ForEach::") {
                self.declare_each(entry, globals);
            } else if entry.key.starts_with("Fn::") {
                let what = "what the macro makes is not looked at";
                let next = "give the processed template instead";
                self.troubles.push(self.source.trouble(entry.key_span.start, what, next));
            } else {
                self.declare_one(entry, globals, None);
            }
        }
    }

    fn declare_each(&mut self, entry: &Entry, globals: Option<&Value>) {
        match self.rounds(&entry.value) {
            Ok((variable, rounds, body)) => {
                for round in rounds {
                    self.loops.push((variable.clone(), round));
                    self.declare(body.entries(), globals);
                    self.loops.pop();
                    if self.is_exhausted() || self.declared.len() >= RESOURCE_LIMIT {
                        return;
                    }
                }
            }
            // One stands for however many there will be.
            Err(why) => {
                if let [_, _, body] = entry.value.items() {
                    for entry in body.entries() {
                        self.declare_one(entry, globals, Some(&why));
                    }
                }
            }
        }
    }

    fn declare_one(&mut self, entry: &Entry, globals: Option<&Value>, undecided: Option<&Reason>) {
        let body = &entry.value;
        let Some(kind) = body.get("Type").and_then(Value::as_str) else {
            let what = format!("`{}` has no `Type` and was not looked at", entry.key);
            self.troubles.push(self.source.trouble(entry.key_span.start, what, "give it one"));
            return;
        };
        let id: Arc<str> = self.looped(&entry.key).into();
        let policies = ["DeletionPolicy", "UpdateReplacePolicy"];
        let condition = body.get("Condition").and_then(Value::as_str);
        let whole = Declared {
            id: id.clone(),
            kind: self.looped(kind).into(),
            condition: condition.map(|name| self.looped(name).into()),
            span: entry.span(),
            properties: body.get("Properties").cloned(),
            policies: body
                .entries()
                .iter()
                .filter(|entry| policies.contains(&&*entry.key))
                .cloned()
                .collect(),
            loops: self.loops.clone(),
            undecided: undecided.cloned(),
        };
        let parts = match (&*whole.kind == INLINE_POLICY, &whole.properties) {
            (true, Some(properties)) => inline_policies(properties),
            _ => Vec::new(),
        };
        if !parts.is_empty() {
            for (at, (kind, properties)) in parts.into_iter().enumerate() {
                // The first keeps the name, so that references find it.
                let id = if at == 0 { whole.id.clone() } else { format!("{}/{kind}", whole.id).into() };
                self.put(Declared {
                    id,
                    kind: kind.into(),
                    properties: Some(properties),
                    condition: whole.condition.clone(),
                    policies: Vec::new(),
                    loops: whole.loops.clone(),
                    undecided: whole.undecided.clone(),
                    span: whole.span,
                });
            }
            return;
        }
        if &*whole.kind == "AWS::IAM::ManagedPolicy" {
            let attachment =
                whole.properties.as_ref().and_then(|properties| attachment(&whole.id, properties));
            let beside = attachment.map(|properties| Declared {
                id: format!("{}/attachment", whole.id).into(),
                kind: ATTACHMENT.into(),
                properties: Some(properties),
                condition: whole.condition.clone(),
                policies: Vec::new(),
                loops: whole.loops.clone(),
                undecided: whole.undecided.clone(),
                span: whole.span,
            });
            beside.into_iter().for_each(|beside| self.put(beside));
        }
        for (id, kind, properties) in
            serverless::expanded(&whole.id, &whole.kind, whole.properties.as_ref(), globals)
        {
            self.put(Declared {
                id,
                kind: kind.into(),
                properties: Some(properties),
                condition: whole.condition.clone(),
                policies: whole.policies.clone(),
                loops: whole.loops.clone(),
                undecided: whole.undecided.clone(),
                span: whole.span,
            });
        }
        if !serverless::is_expanded(&whole.kind) {
            self.put(whole);
        }
    }

    fn put(&mut self, declared: Declared) {
        if let Some(there) = self.by_id.get(&declared.id).and_then(|at| self.declared.get_mut(*at)) {
            *there = declared;
            return;
        }
        if self.declared.len() >= RESOURCE_LIMIT {
            return;
        }
        self.by_id.insert(declared.id.clone(), self.declared.len());
        self.declared.push(declared);
    }

    /// The positions of the resources, each after those that it refers to, as far as there is no circle.
    fn order(&self) -> Vec<usize> {
        let needs: Vec<Vec<usize>> = self.declared.iter().map(|declared| self.needs(declared)).collect();
        let mut order = Vec::with_capacity(needs.len());
        let mut begun = HashSet::new();
        for top in 0..needs.len() {
            if !begun.insert(top) {
                continue;
            }
            let mut stack = vec![(top, 0)];
            while let Some((at, next)) = stack.last_mut() {
                match needs.get(*at).and_then(|needs| needs.get(*next)) {
                    Some(need) => {
                        *next += 1;
                        if begun.insert(*need) {
                            stack.push((*need, 0));
                        }
                    }
                    None => {
                        order.push(*at);
                        stack.pop();
                    }
                }
            }
        }
        order
    }

    fn needs(&self, declared: &Declared) -> Vec<usize> {
        let mut names = HashSet::new();
        if let Some(properties) = &declared.properties {
            refers_to(properties, &mut names);
        }
        let looped = |name: &str| {
            declared.loops.iter().fold(name.to_owned(), |name, (variable, value)| {
                name.replace(&format!("${{{variable}}}"), value)
            })
        };
        let mut needs: Vec<usize> =
            names.iter().filter_map(|name| self.by_id.get(&*looped(name)).copied()).collect();
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    /// The resource, unless its condition is false.
    fn resource(&mut self, at: usize) -> Option<Resource> {
        let declared = self.declared.get_mut(at)?;
        let (id, kind, span) = (declared.id.clone(), declared.kind.clone(), declared.span);
        let properties = declared.properties.take();
        let policies = std::mem::take(&mut declared.policies);
        let mut undecided = declared.undecided.take();
        self.loops = std::mem::take(&mut declared.loops);
        if let Some(condition) = declared.condition.clone() {
            match self.condition(&condition) {
                Truth::Yes => {}
                Truth::No => {
                    self.loops.clear();
                    return None;
                }
                Truth::Unknown(why) => {
                    undecided.get_or_insert(why);
                }
            }
        }
        let (mut arguments, places) = match &properties {
            Some(properties) => self.arguments(properties),
            None => (Node::map(), Vec::new()),
        };
        if arguments.is_absent() {
            arguments = Node::map();
        }
        scalars::settle(&kind, &mut arguments);
        if let Node::Map(map) = &mut arguments {
            for policy in policies {
                let value = self.value(&policy.value);
                map.insert(policy.key, value);
            }
        }
        self.loops.clear();
        if let Some(made) = self.made.get_mut(at) {
            *made = Some(decided(&arguments));
        }
        Some(Resource {
            address: id.clone(),
            kind,
            name: id,
            mode: Mode::Managed,
            provider: ProviderUse { name: "aws".into(), ..ProviderUse::default() },
            arguments,
            places,
            place: self.source.place(span),
            undecided,
        })
    }
}

/// Of a managed policy: who it is attached to, which is a fact about them.
fn attachment(id: &Arc<str>, properties: &Value) -> Option<Value> {
    let holders = ["Groups", "Roles", "Users"];
    let mut entries: Vec<Entry> =
        properties.entries().iter().filter(|entry| holders.contains(&&*entry.key)).cloned().collect();
    let span = entries.first()?.key_span;
    let arn = Value::call(span, "Ref", Value::text(span, id.clone()));
    entries.push(Entry { key: "PolicyArn".into(), key_span: span, value: arn });
    Some(Value::map(span, entries))
}

/// An inline policy as those of its roles, its users and its groups.
fn inline_policies(properties: &Value) -> Vec<(&'static str, Value)> {
    let holders = INLINE_HOLDERS.iter().filter_map(|(list, kind, name)| {
        let named = properties.entries().iter().find(|entry| &*entry.key == *list)?;
        let is_other = |entry: &&Entry| INLINE_HOLDERS.iter().all(|(list, ..)| &*entry.key != *list);
        let mut entries: Vec<Entry> = properties.entries().iter().filter(is_other).cloned().collect();
        entries.push(Entry { key: (*name).into(), ..named.clone() });
        Some((*kind, Value::map(properties.span, entries)))
    });
    holders.collect()
}

/// The names that a value refers to.
fn refers_to<'v>(value: &'v Value, names: &mut HashSet<&'v str>) {
    match &value.form {
        Form::List(items) => items.iter().for_each(|item| refers_to(item, names)),
        Form::Map(entries) => {
            for entry in entries.iter() {
                match &*entry.key {
                    "Ref" => names.extend(entry.value.as_str().map(|name| &**name)),
                    "Fn::GetAtt" => {
                        let first = entry.value.items().first().unwrap_or(&entry.value);
                        let name = first.as_str().map(|text| text.split('.').next().unwrap_or(text));
                        names.extend(name);
                    }
                    "Fn::Sub" => {
                        let template = entry.value.items().first().unwrap_or(&entry.value);
                        for part in template.as_str().map_or("", |text| &**text).split("${").skip(1) {
                            let name = part.split('}').next().unwrap_or(part).trim();
                            names.insert(name);
                            names.extend(name.split('.').next());
                        }
                        refers_to(&entry.value, names);
                    }
                    _ => refers_to(&entry.value, names),
                }
            }
        }
        _ => {}
    }
}
