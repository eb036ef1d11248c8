//! What is known of each argument in the end.
//!
//! Of what is known after apply, three kinds are told apart. Nobody wrote it: the provider fills it in, and it is absent as
//! it is in code, so that the mappings' documented defaults hold. It names another resource: it is that resource's planned
//! identity. Everything else takes what the source's evaluation says, where the source is at hand, and stays unknown where not.

use std::collections::HashMap;
use std::sync::Arc;

use partywall_model::{Map, Node};

use super::address::Address;
use super::configured::{Block, Written};
use super::document::Document;
use super::references::{From, Joins};
use super::values::Marks;
use crate::terraform::value::{Entries, Value, reason};
use crate::terraform::{Resource, Types, policy_document};

/// Blocks of one kind in one resource whose expressions are looked at.
const BLOCKS: usize = 256;
/// An expression of which nothing is known.
static SOMETHING: Written = Written::Expression { references: Vec::new(), constant: Node::Absent };

/// The arguments of every change, in their order, from what stands in the plan.
pub(super) fn arguments(
    document: &Document,
    afters: Vec<Node>,
    addresses: &[Option<Address>],
    blocks: &[Option<&Block>],
    marks: &Marks,
    sources: &[Option<&Resource>],
    types: &dyn Types,
) -> Vec<Node> {
    let mut joins = Joins::new(document, addresses, types);
    let trimming = Trimming { marks };
    let source = |at: usize| sources.get(at).copied().flatten().map(|resource| &resource.arguments);
    for (at, (change, after)) in document.changes.iter().zip(afters).enumerate() {
        let mut node = match blocks.get(at).copied().flatten() {
            Some(block) => trimming.node(after, &whole(block), source(at)),
            None => after,
        };
        if &*change.kind == "aws_iam_policy_document" {
            made_here(&mut node, marks);
        }
        joins.arguments.push(node);
    }
    let same = if sources.iter().any(Option::is_some) {
        identities(document, &joins, types)
    } else {
        HashMap::new()
    };
    let mut settled = Vec::new();
    for (at, change) in document.changes.iter().enumerate() {
        let Some(node) = joins.arguments.get(at).filter(|node| has_unknown(node)) else { continue };
        let Some(address) = addresses.get(at).and_then(Option::as_ref) else {
            settled.push((at, reasoned(node.clone(), marks, &change.address)));
            continue;
        };
        let block = blocks.get(at).copied().flatten();
        let nothing = Written::Nothing;
        let from = From {
            calls: &address.calls,
            key: &address.key,
            for_each: block.map_or(&nothing, |block| &block.for_each_expression),
        };
        let filling =
            Filling { joins: &joins, marks, kind: &change.kind, address: &change.address, from, same: &same };
        let written = block.map(whole).unwrap_or_default();
        settled.push((at, filling.node(node.clone(), "", &written, source(at))));
    }
    let mut arguments = joins.arguments;
    for (at, node) in settled {
        if let Some(there) = arguments.get_mut(at) {
            *there = node;
        }
    }
    arguments
}

/// The arguments of a block; a block without any is no expression that gives all of them.
fn whole(block: &Block) -> Vec<&Written> {
    match &block.expressions {
        written @ Written::Block(_) => vec![written],
        _ => Vec::new(),
    }
}

fn has_unknown(node: &Node) -> bool {
    match node {
        Node::Unknown(_) => true,
        Node::List(items) => items.iter().any(has_unknown),
        Node::Map(map) => map.iter().any(|(_, value)| has_unknown(value)),
        _ => false,
    }
}

/// The value with the true reasons in the place of the marks.
pub(super) fn reasoned(node: Node, marks: &Marks, path: &str) -> Node {
    match node {
        node if marks.is_later(&node) => later(path),
        node if marks.is_sensitive(&node) => kept_out(path),
        Node::List(items) => Node::List(
            items
                .into_iter()
                .enumerate()
                .map(|(at, item)| reasoned(item, marks, &format!("{path}.{at}")))
                .collect(),
        ),
        Node::Map(map) => rebuilt(map, |name, value| reasoned(value, marks, &format!("{path}.{name}"))),
        node => node,
    }
}

fn later(path: &str) -> Node {
    Node::Unknown(reason(path, format!("`{path}` is known after apply")))
}

fn kept_out(path: &str) -> Node {
    Node::Unknown(reason(path, format!("`{path}` is sensitive and is kept out")))
}

/// The map with each value made anew; what becomes absent is left out.
fn rebuilt(mut map: Map, mut make: impl FnMut(&str, Node) -> Node) -> Node {
    for (name, value) in map.iter_mut() {
        let old = std::mem::take(value);
        *value = make(name, old);
    }
    let gone: Vec<Arc<str>> =
        map.iter().filter(|(_, value)| value.is_absent()).map(|(name, _)| Arc::from(name)).collect();
    for name in gone {
        map.remove(&name);
    }
    Node::Map(map)
}

/// A data source that asks nobody is read here.
fn made_here(node: &mut Node, marks: &Marks) {
    let Node::Map(map) = &*node else { return };
    if map.get("json").is_some_and(|json| !marks.is_later(json)) {
        return;
    }
    let entries: Entries =
        map.iter().map(|(name, value)| (Arc::from(name), Value::from_node(value))).collect();
    let document = policy_document::document(&entries).to_node(&mut 200_000);
    node.insert_at("json", document.clone());
    node.insert_at("minified_json", document);
}

/// Planned identities of what has a true one already: the source's evaluation knows only the former.
fn identities(document: &Document, joins: &Joins<'_>, types: &dyn Types) -> HashMap<Box<str>, Node> {
    let mut same = HashMap::new();
    for (at, change) in document.changes.iter().enumerate().filter(|(_, change)| !change.is_data) {
        let Some(arguments) = joins.arguments.get(at) else { continue };
        for attribute in ["id", "arn"] {
            let known = arguments.key(attribute);
            let mut without = arguments.clone();
            if known.as_str().is_none() {
                continue;
            }
            without.insert_at(attribute, Node::Absent);
            let planned = types.computed(&change.kind, attribute, &without, &change.address);
            if let Some(Node::Text(planned)) = planned
                && known.as_str() != Some(&*planned)
            {
                same.insert(planned.as_ref().into(), known.clone());
            }
        }
    }
    same
}

/// Takes out what nobody wrote.
struct Trimming<'m> {
    marks: &'m Marks,
}

impl Trimming<'_> {
    fn node(&self, node: Node, written: &[&Written], source: Option<&Node>) -> Node {
        match node {
            Node::Map(map) => rebuilt(map, |name, value| {
                let below = keyed(written, name);
                let source = source.map(|source| source.key(name));
                let is_written = !below.is_empty() || source.is_some_and(|source| !source.is_absent());
                let is_empty = matches!(&value, Node::List(items) if items.is_empty());
                match value {
                    value if (self.marks.is_later(&value) || is_empty) && !is_written => Node::Absent,
                    value => self.node(value, &below, source),
                }
            }),
            Node::List(items) => {
                let below = elements(written);
                let length = items.len();
                let items = items.into_iter().enumerate();
                Node::List(
                    items.map(|(at, item)| self.node(item, &below, element(source, at, length))).collect(),
                )
            }
            node => node,
        }
    }
}

/// Works out what is known after apply.
struct Filling<'f, 'p> {
    joins: &'f Joins<'p>,
    marks: &'f Marks,
    kind: &'f str,
    address: &'f str,
    from: From<'f>,
    same: &'f HashMap<Box<str>, Node>,
}

impl Filling<'_, '_> {
    fn node(&self, node: Node, path: &str, written: &[&Written], source: Option<&Node>) -> Node {
        match node {
            node if self.marks.is_later(&node) => self.later(path, written, source),
            node if self.marks.is_sensitive(&node) => kept_out(&self.full(path)),
            Node::Map(map) => rebuilt(map, |name, value| {
                let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                self.node(value, &path, &keyed(written, name), source.map(|source| source.key(name)))
            }),
            Node::List(items) if items.iter().any(|item| self.marks.is_later(item)) => {
                self.list(items, path, written, source)
            }
            Node::List(items) => self.items(items, path, written, source),
            node => node,
        }
    }

    fn later(&self, path: &str, written: &[&Written], source: Option<&Node>) -> Node {
        let of_source = source.filter(|source| !source.is_absent() && !source.is_unknown());
        of_source
            .map(|value| self.true_identities(value))
            .or_else(|| self.joins.joined(self.kind, path, written, self.from))
            .unwrap_or_else(|| later(&self.full(path)))
    }

    /// A list some of whose elements are not known: their places may not be those of the code.
    fn list(&self, items: Vec<Node>, path: &str, written: &[&Written], source: Option<&Node>) -> Node {
        let of_source = match source {
            Some(list @ Node::List(there)) if !there.iter().any(Node::is_unknown) => Some(list),
            _ => None,
        };
        if let Some(list) = of_source {
            return self.true_identities(list);
        }
        if items.iter().all(|item| self.marks.is_later(item))
            && let Some(joined @ Node::List(_)) = self.joins.joined(self.kind, path, written, self.from)
        {
            return joined;
        }
        self.items(items, path, written, None)
    }

    fn items(&self, items: Vec<Node>, path: &str, written: &[&Written], source: Option<&Node>) -> Node {
        let below = elements(written);
        // Sets have an order of their own: an element of the source counts where what is known of both agrees.
        let length = items.len();
        let agrees = |(at, item): (usize, &Node)| {
            element(source, at, length).is_some_and(|source| self.could_be(item, source))
        };
        let source = source.filter(|_| items.iter().enumerate().all(agrees));
        let items = items.into_iter().enumerate();
        Node::List(
            items
                .map(|(at, item)| {
                    let path = format!("{path}.{at}");
                    self.node(item, &path, &below, element(source, at, length))
                })
                .collect(),
        )
    }

    fn could_be(&self, planned: &Node, source: &Node) -> bool {
        match (planned, source) {
            (Node::Unknown(_) | Node::Absent, _) | (_, Node::Unknown(_) | Node::Absent) => true,
            (Node::Map(map), source @ Node::Map(_)) => {
                map.iter().all(|(name, value)| self.could_be(value, source.key(name)))
            }
            (Node::List(items), Node::List(there)) => {
                items.len() == there.len()
                    && items.iter().zip(there).all(|(item, source)| self.could_be(item, source))
            }
            (planned, source) => plain(planned) == plain(source),
        }
    }

    /// A value of the source; what it calls by a planned identity has its true one here.
    fn true_identities(&self, value: &Node) -> Node {
        match value {
            Node::Text(text) => self.same.get(&**text).unwrap_or(value).clone(),
            Node::List(items) => Node::List(items.iter().map(|item| self.true_identities(item)).collect()),
            Node::Map(map) => Node::Map(
                map.iter().map(|(name, value)| (Arc::from(name), self.true_identities(value))).collect(),
            ),
            value => value.clone(),
        }
    }

    fn full(&self, path: &str) -> String {
        if path.is_empty() { self.address.to_owned() } else { format!("{}.{path}", self.address) }
    }
}

/// A single value as text: code may write a number in quotes.
fn plain(node: &Node) -> Option<String> {
    match node {
        Node::Bool(value) => Some(value.to_string()),
        Node::Int(value) => Some(value.to_string()),
        Node::Float(value) => Some(value.to_string()),
        Node::Text(text) => Some(text.to_string()),
        _ => None,
    }
}

/// What is written under a name. Where an expression gives the whole, it gives all below.
fn keyed<'w>(written: &[&'w Written], name: &str) -> Vec<&'w Written> {
    let mut found = Vec::new();
    for written in written {
        match written {
            Written::Nothing => {}
            Written::Expression { .. } => found.push(*written),
            Written::Block(_) => found.extend(written.key(name)),
            Written::Blocks(blocks) => found.extend(blocks.iter().filter_map(|block| block.key(name))),
        }
    }
    found
}

/// What is written for the elements of a list.
fn elements<'w>(written: &[&'w Written]) -> Vec<&'w Written> {
    written
        .iter()
        .flat_map(|written| match written {
            // Which block made which element is not said; of very many it is only said that something is written.
            Written::Blocks(blocks) if blocks.len() > BLOCKS => vec![&SOMETHING],
            Written::Blocks(blocks) => blocks.iter().collect(),
            written => vec![*written],
        })
        .collect()
}

/// The element of the source at a place, where both have as many.
fn element(source: Option<&Node>, at: usize, length: usize) -> Option<&Node> {
    match source? {
        Node::List(items) if items.len() == length => items.get(at),
        unknown @ Node::Unknown(_) => Some(unknown),
        _ => None,
    }
}
