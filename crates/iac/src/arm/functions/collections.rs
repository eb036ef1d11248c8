//! Lists and objects.

use std::sync::Arc;

use partywall_model::{Map, Node};

use super::{all_known, compare, count, element, shown, size, under, wrong};
use crate::arm::evaluate::Outcome;
use crate::undecided::Reason;

pub(super) fn result(name: &str, arguments: &[Node]) -> Option<Outcome> {
    Some(match (name, arguments) {
        ("createarray", items) => Ok(Node::List(items.to_vec())),
        ("createobject", items) => created(items),
        ("array", [value]) => Ok(match value {
            Node::List(_) | Node::Unknown(_) => value.clone(),
            value => Node::List(vec![value.clone()]),
        }),
        ("concat", [Node::List(_), ..]) => joined(arguments),
        ("concat", many) if many.iter().any(|node| matches!(node, Node::List(_))) => {
            all_known(many).and_then(|()| joined(many))
        }
        ("length", [value]) => length(value),
        ("empty", [value]) => match value {
            Node::Absent => Ok(Node::Bool(true)),
            Node::Unknown(why) => Err(why.clone()),
            value => length(value).map(|length| Node::Bool(length == Node::Int(0))),
        },
        ("contains", [whole, part]) => contained(whole, part),
        ("first" | "last", [Node::List(items)]) => {
            let found = if name == "first" { items.first() } else { items.last() };
            match found {
                Some(Node::Unknown(why)) => Err(why.clone()),
                found => Ok(found.cloned().unwrap_or_default()),
            }
        }
        ("take" | "skip", [Node::List(items), number]) => size(number).map(|number| {
            let number = number.min(items.len());
            let part = if name == "take" { items.get(..number) } else { items.get(number..) };
            Node::List(part.unwrap_or_default().to_vec())
        }),
        ("indexof" | "lastindexof", [Node::List(items), wanted]) => {
            position(items, wanted, name == "indexof")
        }
        ("union", many) => union(many),
        ("shallowmerge", [Node::List(items)]) => all_known(items).map(|()| {
            let entries = items.iter().flat_map(Node::entries);
            Node::Map(entries.map(|(key, value)| (Arc::<str>::from(key), value.clone())).collect())
        }),
        ("intersection", many) => intersection(many),
        ("flatten", [Node::List(items)]) => all_known(items)
            .map(|()| Node::List(items.iter().flat_map(|item| item.items().iter().cloned()).collect())),
        ("objectkeys", [Node::Map(map)]) => {
            Ok(Node::List(map.iter().map(|(key, _)| Node::from(key)).collect()))
        }
        ("items", [Node::Map(map)]) => {
            let item = |(key, value): (&str, &Node)| {
                Node::Map([("key", Node::from(key)), ("value", value.clone())].into_iter().collect())
            };
            Ok(Node::List(map.iter().map(item).collect()))
        }
        ("tryget", [whole, steps @ ..]) => tried(whole, steps),
        ("tryindexfromend" | "indexfromend", [Node::List(items), number]) => {
            size(number).and_then(|number| {
                match items.len().checked_sub(number).and_then(|at| items.get(at)) {
                    Some(found) => Ok(found.clone()),
                    None if name == "tryindexfromend" => Ok(Node::Absent),
                    None => Err(wrong("the list is shorter")),
                }
            })
        }
        // An argument that is not known, where the function is one of these.
        (
            "first" | "last" | "take" | "skip" | "indexof" | "lastindexof" | "shallowmerge" | "flatten"
            | "objectkeys" | "items" | "tryindexfromend" | "indexfromend",
            [Node::Unknown(why), ..],
        ) => Err(why.clone()),
        _ => return None,
    })
}

fn created(items: &[Node]) -> Outcome {
    let mut map = Map::default();
    let (pairs, rest) = items.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(wrong("a key has no value"));
    }
    for [key, value] in pairs {
        map.insert(shown(key)?, value.clone());
    }
    Ok(Node::Map(map))
}

/// Lists one behind the other.
fn joined(lists: &[Node]) -> Outcome {
    let mut all = Vec::new();
    for list in lists {
        match list {
            Node::List(items) => all.extend(items.iter().cloned()),
            // However many there are, they are not known.
            Node::Unknown(_) => all.push(list.clone()),
            _ => return Err(wrong("lists and texts are not put together")),
        }
    }
    Ok(Node::List(all))
}

fn length(value: &Node) -> Outcome {
    match value {
        Node::List(items) => Ok(count(items.len())),
        Node::Map(map) => Ok(count(map.len())),
        Node::Text(text) => Ok(count(text.encode_utf16().count())),
        Node::Unknown(why) => Err(why.clone()),
        _ => Err(wrong("it has no length")),
    }
}

fn contained(whole: &Node, part: &Node) -> Outcome {
    match whole {
        Node::List(items) => {
            let mut doubt = None;
            for item in items {
                match compare::same(item, part) {
                    Ok(true) => return Ok(Node::Bool(true)),
                    Ok(false) => {}
                    Err(why) => doubt = Some(why),
                }
            }
            doubt.map_or(Ok(Node::Bool(false)), Err)
        }
        Node::Map(_) => Ok(Node::Bool(under(whole, &shown(part)?).is_some())),
        Node::Unknown(why) => Err(why.clone()),
        Node::Absent => Ok(Node::Bool(false)),
        text => Ok(Node::Bool(shown(text)?.contains(&*shown(part)?))),
    }
}

fn position(items: &[Node], wanted: &Node, from_start: bool) -> Outcome {
    all_known(items)?;
    let is_it = |item: &Node| compare::same(item, wanted).unwrap_or(false);
    let found = if from_start { items.iter().position(is_it) } else { items.iter().rposition(is_it) };
    Ok(found.map_or(Node::Int(-1), count))
}

/// Objects are merged as deep as they go; of lists each element stands once.
fn union(many: &[Node]) -> Outcome {
    if many.iter().all(|node| matches!(node, Node::List(_))) {
        let mut all: Vec<Node> = Vec::new();
        for item in many.iter().flat_map(Node::items) {
            if !all.contains(item) {
                all.push(item.clone());
            }
        }
        return Ok(Node::List(all));
    }
    all_known(many)?;
    let mut all = Node::map();
    for node in many {
        merge(&mut all, node);
    }
    Ok(all)
}

fn merge(there: &mut Node, more: &Node) {
    match (there, more) {
        (Node::Map(there), Node::Map(more)) => {
            for (key, value) in more {
                match there.get_mut(key) {
                    Some(inner) => merge(inner, value),
                    None => there.insert(key, value.clone()),
                }
            }
        }
        (there, more) => *there = more.clone(),
    }
}

fn intersection(many: &[Node]) -> Outcome {
    all_known(many)?;
    let Some((first, others)) = many.split_first() else { return Err(wrong("it needs values")) };
    match first {
        Node::List(items) => {
            let in_all = |item: &&Node| others.iter().all(|other| other.items().contains(item));
            Ok(Node::List(items.iter().filter(in_all).cloned().collect()))
        }
        first => {
            let in_all = |(key, value): &(&str, &Node)| others.iter().all(|other| other.key(key) == *value);
            let kept = first.entries().filter(in_all);
            Ok(Node::Map(kept.map(|(key, value)| (Arc::<str>::from(key), value.clone())).collect()))
        }
    }
}

/// What stands under names and positions, or null.
fn tried(whole: &Node, steps: &[Node]) -> Result<Node, Reason> {
    let mut node = whole.clone();
    for step in steps {
        if let Node::Unknown(why) = &node {
            return Err(why.clone());
        }
        node = match step {
            Node::Text(name) => under(&node, name).cloned().unwrap_or_default(),
            Node::Unknown(why) => return Err(why.clone()),
            at if node.items().len() > size(at)? => element(&node, at)?,
            _ => Node::Absent,
        };
    }
    Ok(node)
}
