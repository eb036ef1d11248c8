//! References: how resources that are not there yet are joined.
//!
//! An argument that is known after apply and whose expression refers to one resource takes that resource's planned
//! identity, as in code. A plan does not show the expression itself, so this is done only where an argument is nothing but a
//! name of something else: by its own name, or because a mapping joins by it. A text that merely holds a reference stays
//! unknown.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use partywall_model::Node;

use super::address::{self, Address};
use super::configured::{Module, Written};
use super::document::{Document, Drafted};
use crate::terraform::Types;

/// References within references.
const DEPTH: usize = 32;
/// References that are followed for one argument.
const STEPS: usize = 2_000;
/// References of one expression.
const REFERENCES: usize = 200;
/// Arguments that name another resource, beside those that end in `_id`, `_ids`, `_arn` and `_arns`.
const NAMES: [&str; 17] = [
    "bucket",
    "cluster",
    "group",
    "groups",
    "iam_instance_profile",
    "instance",
    "load_balancer",
    "replicate_source_db",
    "role",
    "roles",
    "security_groups",
    "subnets",
    "target_bucket",
    "topic",
    "user",
    "users",
    "vpc",
];
/// Ends in `_id` and names no resource but a path to one.
const NO_NAMES: [&str; 2] = ["resource_id", "policy_id"];

/// The resources of a plan, to be found.
pub(super) struct Joins<'p> {
    document: &'p Document,
    types: &'p dyn Types,
    /// By module and block: the instances.
    instances: HashMap<(String, String), Instances>,
    /// Steps that may still be made for one argument.
    steps: Cell<usize>,
    /// What is known of each change's arguments.
    pub(super) arguments: Vec<Node>,
}

/// The instances of a block.
#[derive(Default)]
struct Instances {
    /// In the order of the plan.
    all: Vec<usize>,
    by_key: HashMap<String, usize>,
}

/// From where something is referred to.
#[derive(Clone, Copy)]
pub(super) struct From<'f> {
    pub(super) calls: &'f [(String, String)],
    /// The key of the instance itself.
    pub(super) key: &'f str,
    pub(super) for_each: &'f Written,
}

/// An attribute of a change.
type Target = (usize, String);

impl<'p> Joins<'p> {
    pub(super) fn new(document: &'p Document, addresses: &[Option<Address>], types: &'p dyn Types) -> Self {
        let mut instances: HashMap<(String, String), Instances> = HashMap::new();
        for (at, address) in addresses.iter().enumerate() {
            let is_there = document.changes.get(at).is_some_and(|change| change.stays);
            if let Some(address) = address.as_ref().filter(|_| is_there) {
                let block = (address.module(), address.block.clone());
                let instances = instances.entry(block).or_default();
                instances.all.push(at);
                instances.by_key.entry(address.key.clone()).or_insert(at);
            }
        }
        Self { document, types, instances, steps: Cell::new(0), arguments: Vec::new() }
    }

    /// The code of a module, and of nothing where the plan does not show it.
    pub(super) fn module(&self, calls: &[(String, String)]) -> Option<&'p Module> {
        let root = &self.document.configured.root_module;
        calls.iter().try_fold(root, |module, (name, _)| Some(&module.module_calls.get(&**name)?.module))
    }

    /// What an argument that is known after apply will name.
    pub(super) fn joined(
        &self,
        kind: &str,
        path: &str,
        written: &[&Written],
        from: From<'_>,
    ) -> Option<Node> {
        let mut found: Option<Node> = None;
        for written in written {
            let value = self.one(kind, path, written.references(), from)?;
            if found.as_ref().is_some_and(|known| *known != value) {
                return None;
            }
            found = Some(value);
        }
        found
    }

    fn one(&self, kind: &str, path: &str, references: &[Arc<str>], from: From<'_>) -> Option<Node> {
        let argument = path.rsplit('.').find(|part| part.parse::<usize>().is_err()).unwrap_or(path);
        let plain =
            path.split('.').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join(".");
        let ends = |ends: &[&str]| ends.iter().any(|end| argument.ends_with(end));
        let is_name = (ends(&["_id", "_ids", "_arn", "_arns"]) && !NO_NAMES.contains(&argument))
            || NAMES.contains(&argument)
            || self.types.refers(kind, &plain);
        let is_list = argument.ends_with('s');
        let hint = if ends(&["_arn", "_arns"]) { "arn" } else { "id" };
        self.steps.set(STEPS);
        let targets = self.targets(references, from, hint, is_list, DEPTH)?;
        let is_document = |(at, _): &Target| {
            self.change(*at).is_some_and(|change| &*change.kind == "aws_iam_policy_document")
        };
        if !is_name && !targets.iter().all(is_document) {
            return None;
        }
        let mut values = Vec::new();
        for (at, attribute) in &targets {
            values.push(self.value(*at, attribute)?);
        }
        match (is_list, values.len()) {
            (_, 0) => None,
            (false, 1) => values.pop(),
            (true, _) => Some(Node::List(values)),
            (false, _) => None,
        }
    }

    fn change(&self, at: usize) -> Option<&'p Drafted> {
        self.document.changes.get(at)
    }

    /// What an attribute of a planned resource is or stands for.
    fn value(&self, at: usize, attribute: &str) -> Option<Node> {
        let change = self.change(at)?;
        let arguments = self.arguments.get(at)?;
        let known = arguments.at(attribute);
        if matches!(known, Node::Text(_) | Node::Int(_) | Node::Bool(_))
            || (change.is_data && matches!(known, Node::Map(_)))
        {
            return Some(known.clone());
        }
        if change.is_data {
            return None;
        }
        let value = self.types.computed(&change.kind, attribute, arguments, &change.address)?;
        (!value.is_absent() && !value.is_unknown()).then_some(value)
    }

    /// The attributes that all references of an expression together mean; none where one of them is something else.
    fn targets(
        &self,
        references: &[Arc<str>],
        from: From<'_>,
        hint: &str,
        many: bool,
        depth: usize,
    ) -> Option<Vec<Target>> {
        let depth = depth.checked_sub(1)?;
        // The names are compared with each other.
        self.steps.set(self.steps.get().checked_sub(references.len())?);
        if references.len() > REFERENCES {
            return None;
        }
        let is_part = |short: &str, long: &str| {
            long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.') || rest.starts_with('['))
        };
        let exact = references.iter().filter(|one| !references.iter().any(|long| is_part(one, long)));
        let (keys, exact): (Vec<&Arc<str>>, Vec<&Arc<str>>) =
            exact.partition(|one| matches!(&***one, "each.key" | "count.index"));
        let by_key = !keys.is_empty();
        let mut found = Vec::new();
        for reference in exact {
            found.extend(self.target(reference, from, (hint, by_key, many), depth)?);
        }
        (!found.is_empty()).then_some(found)
    }

    fn target(
        &self,
        reference: &str,
        from: From<'_>,
        (hint, by_key, many): (&str, bool, bool),
        depth: usize,
    ) -> Option<Vec<Target>> {
        let parts = address::parts(reference);
        let rest = |from: usize| {
            let names: Vec<&str> = parts.iter().skip(from).map(|(name, _)| *name).collect();
            let is_plain = parts.iter().skip(from).all(|(_, key)| key.is_empty());
            is_plain.then(|| names.join("."))
        };
        let name = |at: usize| parts.get(at).map(|(name, _)| *name);
        match name(0)? {
            "local" | "path" | "terraform" | "self" | "count" | "ephemeral" => None,
            "var" => {
                let (call, callers) = from.calls.split_last()?;
                let written = self.module(callers)?.module_calls.get(&*call.0)?.expressions.key(name(1)?)?;
                let from = From { calls: callers, key: &call.1, for_each: &Written::Nothing };
                let found = self.targets(written.references(), from, hint, many, depth)?;
                found.into_iter().map(|target| deeper(target, rest(2))).collect()
            }
            "each" if name(1) == Some("value") => {
                let block = from.for_each.references().last()?;
                let parts = address::parts(block);
                let [(kind, ""), (resource, "")] = parts.as_slice() else { return None };
                let attribute = rest(2).filter(|rest| !rest.is_empty()).unwrap_or_else(|| hint.to_owned());
                let at = self.instance(from.calls, &format!("{kind}.{resource}"), from.key)?;
                Some(vec![(at, attribute)])
            }
            "each" => None,
            "module" => {
                let (call, written_key) = parts.get(1)?;
                let key = match (*written_key, by_key) {
                    ("", true) => from.key,
                    (key, _) => key,
                };
                let output =
                    self.module(from.calls)?.module_calls.get(*call)?.module.outputs.get(name(2)?)?;
                let calls: Vec<(String, String)> =
                    from.calls.iter().cloned().chain([((*call).to_owned(), key.to_owned())]).collect();
                let from = From { calls: &calls, key: "", for_each: &Written::Nothing };
                let found = self.targets(output.expression.references(), from, hint, many, depth)?;
                found.into_iter().map(|target| deeper(target, rest(3))).collect()
            }
            first => {
                let length = if first == "data" { 3 } else { 2 };
                let names: Vec<&str> = parts.iter().take(length).map(|(name, _)| *name).collect();
                let written_key = parts.get(length - 1)?.1;
                let attribute = rest(length)?;
                let attribute = if attribute.is_empty() { hint.to_owned() } else { attribute };
                let block = names.join(".");
                let found = match written_key {
                    "" if by_key => vec![self.instance(from.calls, &block, from.key)?],
                    "" => {
                        let all = self.instances.get(&(address::module(from.calls), block))?;
                        match (all.by_key.get(""), all.all.as_slice()) {
                            (Some(at), [_]) => vec![*at],
                            (_, all) if many => all.to_vec(),
                            _ => return None,
                        }
                    }
                    key => vec![self.instance(from.calls, &block, key)?],
                };
                Some(found.into_iter().map(|at| (at, attribute.clone())).collect())
            }
        }
    }

    fn instance(&self, calls: &[(String, String)], block: &str, key: &str) -> Option<usize> {
        let all = self.instances.get(&(address::module(calls), block.to_owned()))?;
        all.by_key.get(key).copied()
    }
}

/// The attribute of a resource that was passed on as a whole.
fn deeper((at, attribute): Target, rest: Option<String>) -> Option<Target> {
    match rest?.as_str() {
        "" => Some((at, attribute)),
        rest => Some((at, rest.to_owned())),
    }
}
