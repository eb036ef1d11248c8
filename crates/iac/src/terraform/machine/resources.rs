//! Resources: their instances, what a reference to them means, and the sweep that collects them all.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use partywall_model::Node;

use super::super::config::Declared;
use super::super::functions;
use super::super::value::{Entries, Instance, Reason, Rest, Value, reason};
use super::super::{Mode, Place, ProviderUse, Resource, policy_document};
use super::blocks::{Shape, after_apply, key_doubt, span_place, suffix};
use super::references::qualified;
use super::{Machine, NODE_LIMIT, Scope};

/// The instances of one resource block.
pub(crate) struct Expansion {
    shape: Shape,
    items: Vec<Item>,
}

struct Item {
    key: Value,
    address: Arc<str>,
    /// The arguments, answering for what a deployment fills in.
    value: Value,
    provider: Rc<ProviderUse>,
    places: RefCell<Vec<Place>>,
}

impl Expansion {
    /// Whether one instance stands for an unknown number.
    pub(super) fn is_undecided(&self) -> bool {
        matches!(self.shape, Shape::Undecided(_))
    }

    /// What a reference to the block means. With `indexed`, an index follows that was already read.
    pub(super) fn as_value(&self, indexed: bool) -> Value {
        match &self.shape {
            Shape::Undecided(why) if !indexed => Value::Unknown(why.clone()),
            Shape::Single | Shape::Undecided(_) => {
                self.items.first().map_or(Value::Null, |item| item.value.clone())
            }
            Shape::Counted => Value::list(self.items.iter().map(|item| item.value.clone()).collect()),
            Shape::Keyed => {
                let mut entries = Entries::new();
                let mut rest = Rest::Closed;
                for item in &self.items {
                    match &item.key {
                        Value::Text(key) => {
                            entries.insert(key.clone(), item.value.clone());
                        }
                        other => rest = key_doubt(other).map_or(rest, Rest::Open),
                    }
                }
                Value::object_with(entries, rest)
            }
        }
    }
}

impl<'a> Machine<'a> {
    /// The instances of a resource block of a frame.
    pub(super) fn expand(&self, at_frame: usize, at: usize) -> Result<Rc<Expansion>, Reason> {
        let frame = self.frame(at_frame)?;
        let missing = || reason("a resource", "the resource is not at hand");
        let declared = frame.module.resources.get(at).ok_or_else(missing)?;
        let file = frame.module.file(declared.file).ok_or_else(missing)?;
        let title = || qualified(&frame.address, &local_address(declared));
        self.once(&frame.resources, at, &title, (file, declared.block.span), || {
            Ok(Rc::new(self.make(at_frame, &frame.address, frame.module, declared).ok_or_else(missing)?))
        })
    }

    fn make(
        &self,
        at_frame: usize,
        module_address: &str,
        module: &'a super::Module,
        declared: &Declared,
    ) -> Option<Expansion> {
        let none = super::Each::default();
        let outer = Scope::of(at_frame, module, declared.file, &none)?;
        let block = &declared.block;
        let local = local_address(declared);
        let base = qualified(module_address, &local);
        let kind = block.labels.first()?.clone();
        let instances = self.instances(block, &local, &outer);
        let provider = self.provider_of(&kind, block, &outer);
        let mut items = Vec::with_capacity(instances.items.len());
        for (key, each) in instances.items {
            if self.count_instance(outer.file, block.span).is_none() {
                break;
            }
            let scope = Scope { each: &each, ..outer };
            let address: Arc<str> = format!("{base}{}", suffix(&key)).into();
            let is_data = &*block.kind != "resource";
            let why = if is_data {
                let message = format!("is known only when it is read ({})", outer.place(block.span));
                reason(&address, message)
            } else {
                after_apply(&address, &outer, block.span)
            };
            let mut contents = self.arguments(block, &scope, &why);
            if is_data {
                known_data(&kind, &provider, &mut contents.entries);
            } else {
                all_tags(&kind, &provider, &mut contents.entries);
            }
            let instance = Instance {
                kind: kind.clone(),
                address: address.clone(),
                reason: why,
                arguments: OnceCell::new(),
                is_data,
            };
            items.push(Item {
                key,
                address,
                value: Value::object_with(contents.entries, Rest::Instance(Rc::new(instance))),
                provider: provider.clone(),
                places: RefCell::new(contents.places),
            });
        }
        Some(Expansion { shape: instances.shape, items })
    }

    /// Collects the resources of a frame and of the modules that it calls.
    pub(super) fn sweep(&self, at_frame: usize, out: &mut Vec<Resource>) {
        let Ok(frame) = self.frame(at_frame) else { return };
        for (at, declared) in frame.module.resources.all.iter().enumerate() {
            // A cycle was reported where it was found.
            if let Ok(expansion) = self.expand(at_frame, at) {
                self.collect(&expansion, declared, at_frame, out);
            }
        }
        for at in 0..frame.module.calls.all.len() {
            let Ok(calls) = self.call_instances(at_frame, at) else { continue };
            for child in calls.frames() {
                self.sweep(child, out);
            }
        }
    }

    fn collect(&self, expansion: &Expansion, declared: &Declared, at_frame: usize, out: &mut Vec<Resource>) {
        let Ok(frame) = self.frame(at_frame) else { return };
        let none = super::Each::default();
        let Some(scope) = Scope::of(at_frame, frame.module, declared.file, &none) else { return };
        let (Some(kind), Some(name)) = (declared.block.labels.first(), declared.block.labels.get(1)) else {
            return;
        };
        for item in &expansion.items {
            out.push(Resource {
                address: item.address.clone(),
                kind: kind.clone(),
                name: name.clone(),
                mode: if &*declared.block.kind == "resource" { Mode::Managed } else { Mode::Data },
                provider: (*item.provider).clone(),
                arguments: leave(&item.value),
                places: item.places.take(),
                place: span_place("", declared.block.span, &scope),
                undecided: match &expansion.shape {
                    Shape::Undecided(why) => Some(why.clone()),
                    _ => key_doubt(&item.key),
                },
            });
        }
    }
}

/// The arguments of a resource in the form that leaves.
fn leave(value: &Value) -> Node {
    let Value::Object(object) = value else { return Node::map() };
    let mut budget = NODE_LIMIT;
    let entries = object.entries.iter();
    Node::Map(entries.map(|(name, value)| (name.clone(), value.to_node(&mut budget))).collect())
}

fn local_address(declared: &Declared) -> String {
    let labels = declared.block.labels.join(".");
    if &*declared.block.kind == "resource" { labels } else { format!("{}.{labels}", declared.block.kind) }
}

/// `tags_all`: the provider's default tags under the resource's own.
fn all_tags(kind: &str, provider: &ProviderUse, entries: &mut Entries) {
    if !kind.starts_with("aws_") || entries.contains_key("tags_all") {
        return;
    }
    let own = entries.get("tags").cloned();
    let all = match (&provider.default_tags, own) {
        (Node::Absent, None) => return,
        (Node::Absent, Some(own)) => own,
        (default, None | Some(Value::Null)) => Value::from_node(default),
        (default, Some(own)) => functions::merged(&[Value::from_node(default), own]),
    };
    entries.insert("tags_all".into(), all);
}

/// What can be said of a data source without asking the provider.
fn known_data(kind: &str, provider: &ProviderUse, entries: &mut Entries) {
    match kind {
        "aws_iam_policy_document" => {
            let document = policy_document::document(entries);
            entries.insert("json".into(), document.clone());
            entries.insert("minified_json".into(), document);
        }
        "aws_partition" => {
            for (name, value) in [
                ("partition", "aws"),
                ("id", "aws"),
                ("dns_suffix", "amazonaws.com"),
                ("reverse_dns_prefix", "com.amazonaws"),
            ] {
                entries.insert(name.into(), Value::text(value));
            }
        }
        "aws_region" => {
            for name in ["name", "id", "region"] {
                let known = entries.get(name).is_some_and(|value| !matches!(value, Value::Null));
                if !known {
                    entries.insert(name.into(), Value::from_node(&provider.region));
                }
            }
        }
        _ => {}
    }
}
