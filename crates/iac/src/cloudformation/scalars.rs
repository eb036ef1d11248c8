//! Scalars in the form that the service takes them.
//!
//! A template may write `Encrypted: "true"` and `Port: "443"`, and a parameter is text whatever it stands for; the
//! service reads each by the type of its property. The names are those that the published resource schemas give
//! that type, for the kinds that content judges (`scalars.txt`); a name that means text elsewhere is safe, since only
//! what reads as the type is changed.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use partywall_model::Node;

/// Properties that are text even where they look like something else: a task's `Cpu: 256`, an account's number.
const TEXTS: &[&str] = &[
    "AWS",
    "AccountId",
    "Cpu",
    "DesiredCapacity",
    "EngineVersion",
    "IpProtocol",
    "MaxSize",
    "Memory",
    "MinSize",
    "PeerOwnerId",
    "SourceAccount",
    "SourceSecurityGroupOwnerId",
    "Value",
    "Version",
];
/// Properties that are maps of text by names of the user's own.
const TEXT_MAPS: &[&str] = &["Parameters", "Tags", "Variables"];

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut sections = include_str!("scalars.txt").split("\n# ").skip(1).map(|section| {
        section.lines().skip(1).flat_map(str::split_ascii_whitespace).collect::<HashSet<&'static str>>()
    });
    Names { booleans: sections.next().unwrap_or_default(), numbers: sections.next().unwrap_or_default() }
});

/// The names of properties whose type is not text.
struct Names {
    booleans: HashSet<&'static str>,
    numbers: HashSet<&'static str>,
}

/// Gives every scalar of a resource's arguments the type of its property.
pub(crate) fn settle(kind: &str, arguments: &mut Node) {
    if kind.starts_with("AWS::") {
        under("", arguments);
    }
}

fn under(name: &str, node: &mut Node) {
    match node {
        Node::Map(map) => {
            for (key, value) in map.iter_mut() {
                if TEXT_MAPS.contains(&name) {
                    as_text(value);
                }
                under(key, value);
            }
        }
        Node::List(items) => items.iter_mut().for_each(|item| under(name, item)),
        Node::Text(text) => {
            if let Some(typed) = typed(name, text) {
                *node = typed;
            }
        }
        Node::Bool(_) | Node::Int(_) | Node::Float(_) if TEXTS.contains(&name) => as_text(node),
        _ => {}
    }
}

fn typed(name: &str, text: &Arc<str>) -> Option<Node> {
    if NAMES.booleans.contains(name) {
        // YAML 1.1, which the service reads, also has these words.
        return match &*text.to_ascii_lowercase() {
            "true" | "yes" | "on" => Some(Node::Bool(true)),
            "false" | "no" | "off" => Some(Node::Bool(false)),
            _ => None,
        };
    }
    if !NAMES.numbers.contains(name) {
        return None;
    }
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    text.parse().map(Node::Int).ok().or_else(|| number.map(Node::Float))
}

fn as_text(node: &mut Node) {
    let text = match node {
        Node::Bool(value) => value.to_string(),
        Node::Int(value) => value.to_string(),
        Node::Float(value) => value.to_string(),
        _ => return,
    };
    *node = Node::text(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_both_types() {
        assert!(NAMES.booleans.contains("BlockPublicAcls") && NAMES.numbers.contains("FromPort"));
        assert!(NAMES.booleans.is_disjoint(&NAMES.numbers));
        assert!(TEXTS.iter().all(|name| !NAMES.booleans.contains(name) && !NAMES.numbers.contains(name)));
    }
}
