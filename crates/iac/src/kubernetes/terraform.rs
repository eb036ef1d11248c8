//! Kubernetes objects that Terraform makes: `kubernetes_deployment` is the manifest that its provider sends.
//!
//! Arguments get the names and the structure of the API: `host_ipc` is `hostIPC`, the block `container` is an element of
//! `containers`, a block that stands once is an object. From there on everything is as for a manifest.

mod names;

use std::collections::HashMap;
use std::sync::Arc;

use partywall_model::{Node, Why, WhyKind};

use super::Reader;
use crate::assets::{Declaration, RUN_TIME};
use crate::declared::Words;
use crate::document::{DEPTH_LIMIT, Entry, Form, Span, Value};
use crate::source::Source;
use crate::terraform::{Configuration, Mode, Place, Resource};

/// Begins a text that stands for an unknown value: its operation, the same sign, its message.
const UNKNOWN: char = '\u{0}';

/// Whether a type of Terraform's is one of these objects.
pub(crate) fn is_object(kind: &str) -> bool {
    kind == "kubernetes_manifest" || names::object(kind).is_some()
}

/// The objects of a configuration, with their containers.
pub(crate) fn declared(configuration: &Configuration) -> Vec<Declaration> {
    let objects = configuration.resources.iter().filter(|resource| resource.mode == Mode::Managed);
    let mut made = Vec::new();
    for resource in objects {
        let writing = Writing::of(resource);
        let Some(object) = writing.object() else { continue };
        let mut reader = Reader::default();
        let source = Source::without_lines(&resource.place.file);
        let words = Words { text: "", offset: 0, old_booleans: false, holes: unknown_hole };
        reader.object_as(&source, words, &object, &configuration.folder, &resource.address);
        let undecided = writing.undecided();
        for (at, mut declared) in reader.declaring.made.assets.into_iter().enumerate() {
            declared.place.line = writing.line(&declared.place);
            for (path, why) in undecided.iter().filter(|_| at == 0) {
                declared.asset.properties.insert_at(path, Node::Unknown(why.clone()));
            }
            made.push(declared);
        }
    }
    made
}

/// One resource that is being written as an object.
struct Writing<'r> {
    resource: &'r Resource,
    places: HashMap<&'r str, &'r Place>,
}

impl<'r> Writing<'r> {
    fn of(resource: &'r Resource) -> Self {
        Self { resource, places: resource.places.iter().map(|place| (&*place.path, place)).collect() }
    }

    /// What of the top could not be decided, and what is made from it.
    fn undecided(&self) -> Vec<(&'static str, Arc<Why>)> {
        const TOP: [&str; 7] = ["data", "metadata", "roleRef", "rules", "spec", "subjects", "webhooks"];
        let arguments = &self.resource.arguments;
        let whole = arguments.why().or_else(|| arguments.key("manifest").why());
        if let Some(why) = whole {
            return TOP.into_iter().chain(["PodSpec"]).map(|path| (path, Arc::clone(why))).collect();
        }
        let spec = arguments.key("spec");
        let why = spec.why().or_else(|| spec.items().first().and_then(Node::why));
        why.map(|why| vec![("spec", Arc::clone(why)), ("PodSpec", Arc::clone(why))]).unwrap_or_default()
    }

    /// The object, where the type is known.
    fn object(&self) -> Option<Value> {
        let span = span(&self.resource.place);
        let arguments = &self.resource.arguments;
        if &*self.resource.kind == "kubernetes_manifest" {
            return Some(self.verbatim(arguments.key("manifest"), "manifest", span, DEPTH_LIMIT));
        }
        let (version, kind) = names::object(&self.resource.kind)?;
        let text = |key: &str, value: &str| entry(key, Value::text(span, value));
        let mut entries = vec![text("apiVersion", version), text("kind", kind)];
        for (name, node) in arguments.entries() {
            if ["id", "arn", "tags_all", "timeouts"].contains(&name) {
                continue;
            }
            // The provider encodes what it is given in the clear.
            let name_there = if kind == "Secret" && name == "data" { "stringData" } else { name };
            entries.extend(self.entry(name_there, node, name, "", span, DEPTH_LIMIT));
        }
        Some(Value::map(span, entries))
    }

    /// An argument under its name in the API.
    fn entry(
        &self,
        name: &str,
        node: &Node,
        path: &str,
        parent: &str,
        around: Span,
        depth: usize,
    ) -> Option<Entry> {
        if node.is_absent() {
            return None;
        }
        let span = self.span(path, around);
        let depth = depth.checked_sub(1)?;
        let (name_there, value) = match node {
            Node::Map(_) if names::is_free(name) => {
                (names::camel(name), self.verbatim(node, path, span, depth))
            }
            Node::Unknown(_) => {
                let there = names::list(name, parent).unwrap_or_else(|| names::camel(name));
                (there, Value { span, form: form(node) })
            }
            Node::List(items) if items.iter().any(|item| matches!(item, Node::Map(_) | Node::Unknown(_))) => {
                match names::list(name, parent) {
                    Some(plural) => (plural, self.list(items, name, path, span, depth)),
                    None => (
                        names::camel(name),
                        self.value(items.first()?, name, &format!("{path}.0"), span, depth),
                    ),
                }
            }
            node => (names::camel(name), self.value(node, name, path, span, depth)),
        };
        Some(entry(&name_there, value))
    }

    fn list(&self, items: &[Node], name: &str, path: &str, around: Span, depth: usize) -> Value {
        let items = items.iter().enumerate();
        let values =
            items.map(|(at, item)| self.value(item, name, &format!("{path}.{at}"), around, depth)).collect();
        Value::list(around, values)
    }

    fn value(&self, node: &Node, name: &str, path: &str, around: Span, depth: usize) -> Value {
        let span = self.span(path, around);
        match node {
            Node::Map(entries) => {
                let entries = entries.iter().filter_map(|(inner, node)| {
                    self.entry(inner, node, &format!("{path}.{inner}"), name, span, depth)
                });
                Value::map(span, entries.collect())
            }
            Node::List(items) => match depth.checked_sub(1) {
                Some(depth) => self.list(items, name, path, span, depth),
                None => Value { span, form: Form::Null },
            },
            Node::Text(text) => Value { span, form: typed(name, text) },
            plain => Value { span, form: form(plain) },
        }
    }

    /// As it is written: names that people choose, and whole manifests.
    fn verbatim(&self, node: &Node, path: &str, around: Span, depth: usize) -> Value {
        let span = self.span(path, around);
        let Some(depth) = depth.checked_sub(1) else { return Value { span, form: Form::Null } };
        match node {
            Node::Map(entries) => {
                let entries = entries.iter().map(|(name, node)| {
                    entry(name, self.verbatim(node, &format!("{path}.{name}"), span, depth))
                });
                Value::map(span, entries.collect())
            }
            Node::List(items) => {
                let items = items.iter().enumerate();
                let values =
                    items.map(|(at, item)| self.verbatim(item, &format!("{path}.{at}"), span, depth));
                Value::list(span, values.collect())
            }
            plain => Value { span, form: form(plain) },
        }
    }

    /// Where a path is written; what is not noted stands in what is around it.
    fn span(&self, path: &str, around: Span) -> Span {
        let place = self.places.get(path).filter(|place| place.file == self.resource.place.file);
        place.map_or(around, |place| span(place))
    }

    fn line(&self, place: &Place) -> u32 {
        let own = &self.resource.place;
        let mut noted = self.resource.places.iter().chain([own]);
        noted.find(|noted| noted.span == place.span).map_or(own.line, |noted| noted.line)
    }
}

fn span(place: &Place) -> Span {
    Span { start: place.span.start, end: place.span.end }
}

fn entry(name: &str, value: Value) -> Entry {
    Entry { key: name.into(), key_span: value.span, value }
}

fn form(node: &Node) -> Form {
    match node {
        Node::Bool(value) => Form::Bool(*value),
        Node::Int(value) => Form::Int(*value),
        Node::Float(value) => Form::Float(*value),
        Node::Text(text) => Form::Text(text.clone()),
        Node::Unknown(why) => {
            let message = if why.message.is_empty() { why.to_string() } else { why.message.to_string() };
            Form::Text(format!("{UNKNOWN}{}{UNKNOWN}{message}", why.operation).into())
        }
        Node::Absent | Node::List(_) | Node::Map(_) => Form::Null,
    }
}

/// Terraform takes truth values and numbers in quotes, and the provider has ids of users as texts.
fn typed(name: &str, text: &Arc<str>) -> Form {
    const IDS: [&str; 3] = ["run_as_user", "run_as_group", "fs_group"];
    match &**text {
        "true" if name != "value" => Form::Bool(true),
        "false" if name != "value" => Form::Bool(false),
        id if IDS.contains(&name) => id.parse().map_or_else(|_| Form::Text(text.clone()), Form::Int),
        _ => Form::Text(text.clone()),
    }
}

fn unknown_hole(text: &str) -> Option<Why> {
    let (operation, message) = text.strip_prefix(UNKNOWN)?.split_once(UNKNOWN)?;
    let kind = if operation == RUN_TIME { WhyKind::NotRead } else { WhyKind::Undecided };
    Some(Why::new(kind, operation).with_message(message))
}
