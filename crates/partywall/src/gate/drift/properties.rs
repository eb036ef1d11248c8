//! Which properties of a resource differ between code and cloud, among those that checks read.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Bound;

use partywall_iac::{Mapped, UNSET};
use partywall_model::{Asset, Kind, Node};

use super::Judging;

/// So much of a value is kept, in characters.
const SHOWN: usize = 200;

/// The properties of each kind that checks read, as far as code can say them.
pub(super) struct Properties<'a> {
    mapped: &'a Mapped<'a>,
    judging: &'a Judging<'a>,
    of_kinds: HashMap<Kind, Vec<Box<str>>>,
}

impl<'a> Properties<'a> {
    pub(super) fn new(mapped: &'a Mapped<'a>, judging: &'a Judging<'a>) -> Self {
        Self { mapped, judging, of_kinds: HashMap::new() }
    }

    /// Whether resources of a kind are read from the cloud at all.
    pub(super) fn is_collected(&self, kind: &Kind) -> bool {
        self.mapped.paths(kind).next().is_some()
    }

    /// Path, value in code, value in the cloud.
    pub(super) fn differing(
        &mut self,
        code: &Asset,
        cloud: &Asset,
        planned: &HashSet<&str>,
    ) -> Vec<(Box<str>, String, String)> {
        let (mapped, judging) = (self.mapped, self.judging);
        let paths = self
            .of_kinds
            .entry(code.kind.clone())
            .or_insert_with(|| read(mapped.paths(&code.kind), judging, &code.kind));
        let mut differing = Vec::new();
        for path in paths.iter() {
            let said = canonical_at(&code.properties, path, planned);
            let runs = canonical_at(&cloud.properties, path, planned);
            if let (Some(said), Some(runs)) = (said, runs)
                && said != runs
                && !(said.is_empty() && is_filled_by_provider(path))
            {
                differing.push((path.clone(), shortened(said), shortened(runs)));
            }
        }
        differing
    }
}

/// What collectors fill; where checks read only parts of such a value, these parts.
fn read<'p>(filled: impl Iterator<Item = &'p str>, judging: &Judging<'_>, kind: &Kind) -> Vec<Box<str>> {
    let mut asked: BTreeSet<Box<str>> = BTreeSet::new();
    for check in judging.checks(kind) {
        for program in check.applies_when.iter().chain(std::iter::once(&check.fails_when)) {
            let paths = program.paths().into_iter().filter(|path| &*path.variable == "asset");
            asked.extend(paths.map(|path| path.path).filter(|path| !path.is_empty()));
        }
    }
    let mut all: BTreeSet<Box<str>> = BTreeSet::new();
    for target in filled {
        let mut parts = asked.iter().filter(|path| is_part(target, path)).peekable();
        match parts.peek() {
            Some(_) => all.extend(parts.cloned()),
            None => all.extend(std::iter::once(target.into())),
        }
    }
    // Where parts of a value are read the rest of it may differ.
    let is_whole = |path: &str| {
        let after = all.range::<str, _>((Bound::Excluded(path), Bound::Unbounded));
        after.take_while(|next| next.starts_with(path)).any(|next| is_part(path, next))
    };
    all.iter().filter(|path| !is_whole(path)).cloned().collect()
}

fn is_part(whole: &str, path: &str) -> bool {
    path.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// What is observed of a resource holds what the provider puts there by itself, such as the owner in an access list:
/// where the code says nothing, that is no difference.
fn is_filled_by_provider(path: &str) -> bool {
    path.starts_with("Observed.")
}

/// The value at a path in a form in which two ways of writing the same are one: `None` where it is not known, or names
/// what the code has yet to make.
fn canonical_at(properties: &Node, path: &str, planned: &HashSet<&str>) -> Option<String> {
    let mut at = vec![properties];
    for part in path.split('.') {
        let (name, is_each) = match part.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (part, false),
        };
        let mut next = Vec::new();
        for node in at {
            if node.is_unknown() {
                return None;
            }
            let value = node.key(name);
            match (is_each, value) {
                (true, Node::List(items)) => next.extend(items),
                _ => next.push(value),
            }
        }
        at = next;
    }
    let values: Option<Vec<String>> = at.into_iter().map(|node| canonical(node, planned)).collect();
    Some(list(values?))
}

fn canonical(node: &Node, planned: &HashSet<&str>) -> Option<String> {
    Some(match node {
        Node::Absent => String::new(),
        Node::Unknown(_) => return None,
        Node::Bool(value) => value.to_string(),
        Node::Int(value) => value.to_string(),
        Node::Float(value) => value.to_string(),
        Node::Text(text) if is_planned(text, planned) => return None,
        Node::Text(text) => text.to_string(),
        Node::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(|item| canonical(item, planned)).collect();
            list(items?)
        }
        Node::Map(map) => {
            let mut entries = Vec::new();
            for (key, value) in map.iter() {
                let value = canonical(value, planned)?;
                if !value.is_empty() {
                    entries.push(format!("{key}: {value}"));
                }
            }
            match entries.is_empty() {
                true => String::new(),
                false => format!("{{{}}}", entries.join(", ")),
            }
        }
    })
}

/// Order does not count, and one in a list is that one, as policies are written.
fn list(mut items: Vec<String>) -> String {
    items.retain(|item| !item.is_empty());
    items.sort_unstable();
    items.dedup();
    match items.as_slice() {
        [] => String::new(),
        [item] => item.clone(),
        items => format!("[{}]", items.join(", ")),
    }
}

/// Whether a text names what gets its name only when it is made.
fn is_planned(text: &str, planned: &HashSet<&str>) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || "_.-[]\"".contains(c);
    text.split(':').any(|part| part == UNSET)
        || planned.contains(text)
        || text.split(|c: char| !is_word(c)).any(|word| planned.contains(word))
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use partywall_model::{Why, WhyKind};

    use super::*;

    fn said(json: &str, path: &str) -> Option<String> {
        let node: Node = serde_json::from_str(json).unwrap();
        canonical_at(&node, path, &HashSet::from(["aws_kms_key.own"]))
    }

    #[test]
    fn two_ways_of_writing_the_same_are_one() {
        let one = said(r#"{"A": {"Action": "s3:*", "To": ["b", "a"], "None": []}}"#, "A");
        let other = said(r#"{"A": {"Action": ["s3:*"], "To": ["a", "b"]}}"#, "A");
        assert_eq!(one, other);
        assert_ne!(one, said(r#"{"A": {"Action": ["s3:Get*"], "To": ["a", "b"]}}"#, "A"));
        assert_eq!(said(r#"{"A": [{"B": 1, "C": 2}, {"B": 3}]}"#, "A[].B").as_deref(), Some("[1, 3]"));
        assert_eq!(said("{}", "A.B").as_deref(), Some(""));
    }

    #[test]
    fn what_is_not_known_or_not_made_yet_is_not_compared() {
        let mut unknown = Node::map();
        unknown.insert_at("A", Node::unknown(Why::new(WhyKind::Refused, "s3:GetA")));
        assert_eq!(canonical_at(&unknown, "A.B", &HashSet::new()), None);
        for planned in ["aws_kms_key.own", "key/aws_kms_key.own", "arn:unset:kms:unset:unset:x"] {
            assert_eq!(said(&format!(r#"{{"A": "{planned}"}}"#), "A"), None, "{planned}");
        }
    }
}
