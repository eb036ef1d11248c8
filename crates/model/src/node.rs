//! [`Node`]: the value tree that evidence is made of.
//!
//! A leaf is known, *unknown* with a reason, or absent. Absent means that the provider answered and there
//! is nothing (its documented default is applied by the source adapter, never by a check). Unknown means
//! that nobody saw it, and no consumer may treat it as either.
//!
//! **Serialised form** (JSON): values as themselves, absent as `null`, unknown as
//! `{"!unknown": {"kind": "refused", "operation": "s3:GetBucketPolicy", "code": "AccessDenied"}}`. A key of
//! the provider's that begins with `!` gets one more `!`, so the two cannot be confused.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::why::Why;

const UNKNOWN_KEY: &str = "!unknown";
/// A deeper tree than this is refused when it is read; no provider answers that deep.
const DEPTH_LIMIT: usize = 96;

/// A value, possibly not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Node {
    /// The provider says that there is nothing here.
    #[default]
    Absent,
    /// Not seen, and why.
    Unknown(Arc<Why>),
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(Arc<str>),
    /// An ordered list.
    List(Vec<Node>),
    /// Named values.
    Map(Map),
}

/// Named values in the order of their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map(Vec<(Arc<str>, Node)>);

static ABSENT: Node = Node::Absent;

impl Node {
    /// A text node.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// An unknown node.
    pub fn unknown(why: Why) -> Self {
        Self::Unknown(Arc::new(why))
    }

    /// An empty map.
    pub fn map() -> Self {
        Self::Map(Map::default())
    }

    /// What stands under `key`: absent where a known value has no such key, and the unknown itself under
    /// an unknown.
    pub fn key(&self, key: &str) -> &Node {
        match self {
            Self::Map(map) => map.get(key).unwrap_or(&ABSENT),
            Self::Unknown(_) => self,
            _ => &ABSENT,
        }
    }

    /// What stands at a dotted path (`VersioningConfiguration.Status`); the empty path is the node itself.
    pub fn at(&self, path: &str) -> &Node {
        if path.is_empty() {
            return self;
        }
        path.split('.').fold(self, |node, key| node.key(key))
    }

    /// Puts `value` at a dotted path, making maps on the way; what stood in the way and is no map is replaced.
    pub fn insert_at(&mut self, path: &str, value: Node) {
        if path.is_empty() {
            *self = value;
            return;
        }
        if !matches!(self, Self::Map(_)) {
            *self = Self::map();
        }
        let Self::Map(map) = self else { return };
        let Some((key, rest)) = path.split_once('.') else {
            map.insert(path, value);
            return;
        };
        if !matches!(map.get(key), Some(Node::Map(_))) {
            map.insert(key, Node::map());
        }
        if let Some(child) = map.get_mut(key) {
            child.insert_at(rest, value);
        }
    }

    /// The text, if this is a text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The elements, if this is a list; nothing otherwise.
    pub fn items(&self) -> &[Node] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The entries, if this is a map; nothing otherwise.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        match self {
            Self::Map(map) => map.iter(),
            _ => EMPTY_MAP.iter(),
        }
    }

    /// The reason, if this is an unknown.
    pub fn why(&self) -> Option<&Arc<Why>> {
        match self {
            Self::Unknown(why) => Some(why),
            _ => None,
        }
    }

    /// Whether there is nothing here.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether this node itself was not seen.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Calls `see` with every unknown in the tree and its dotted path (list positions as numbers).
    pub fn visit_unknowns(&self, see: &mut impl FnMut(&str, &Arc<Why>)) {
        let mut path = String::new();
        self.visit_unknowns_under(&mut path, see);
    }

    fn visit_unknowns_under(&self, path: &mut String, see: &mut impl FnMut(&str, &Arc<Why>)) {
        let length = path.len();
        let mut descend = |step: fmt::Arguments<'_>, child: &Node| {
            if !path.is_empty() {
                path.push('.');
            }
            let _infallible = fmt::Write::write_fmt(path, step);
            child.visit_unknowns_under(path, see);
            path.truncate(length);
        };
        match self {
            Self::Unknown(why) => see(path, why),
            Self::List(items) => {
                items.iter().enumerate().for_each(|(at, item)| descend(format_args!("{at}"), item));
            }
            Self::Map(map) => map.iter().for_each(|(key, value)| descend(format_args!("{key}"), value)),
            _ => {}
        }
    }
}

static EMPTY_MAP: Map = Map(Vec::new());

impl Map {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let at = self.0.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// The value of `key`, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let at = self.0.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// Sets `key`; an earlier value is replaced.
    pub fn insert(&mut self, key: impl Into<Arc<str>>, value: Node) {
        let key = key.into();
        match self.0.binary_search_by(|(name, _)| name.cmp(&key)) {
            Ok(at) => {
                if let Some(entry) = self.0.get_mut(at) {
                    entry.1 = value;
                }
            }
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.0.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
        Some(self.0.remove(at).1)
    }

    /// All entries in the order of their names.
    pub fn iter(&self) -> MapIter<'_> {
        MapIter(self.0.iter())
    }

    /// All values in the order of their names, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node)> {
        self.0.iter_mut().map(|(key, value)| (&**key, value))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a str, &'a Node);
    type IntoIter = MapIter<'a>;

    fn into_iter(self) -> MapIter<'a> {
        self.iter()
    }
}

/// Entries of a [`Map`].
#[derive(Clone, Debug)]
pub struct MapIter<'a>(std::slice::Iter<'a, (Arc<str>, Node)>);

impl<'a> Iterator for MapIter<'a> {
    type Item = (&'a str, &'a Node);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (&**key, value))
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Node)> for Map {
    /// Of two entries of one name the later stays.
    fn from_iter<I: IntoIterator<Item = (K, Node)>>(entries: I) -> Self {
        let mut entries: Vec<(Arc<str>, Node)> =
            entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
        if entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            entries.shrink_to_fit();
            return Self(entries);
        }
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut kept: Vec<(Arc<str>, Node)> = Vec::with_capacity(entries.len());
        for entry in entries {
            match kept.last_mut() {
                Some(last) if last.0 == entry.0 => *last = entry,
                _ => kept.push(entry),
            }
        }
        Self(kept)
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Node {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Node {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Node {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

impl From<Vec<Node>> for Node {
    fn from(value: Vec<Node>) -> Self {
        Self::List(value)
    }
}

impl From<Map> for Node {
    fn from(value: Map) -> Self {
        Self::Map(value)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_unit(),
            Self::Unknown(why) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(UNKNOWN_KEY, &**why)?;
                map.end()
            }
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    if key.starts_with('!') {
                        map.serialize_entry(&format!("!{key}"), value)?;
                    } else {
                        map.serialize_entry(key, value)?;
                    }
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor { depth: 0 })
    }
}

#[derive(Clone, Copy)]
struct NodeVisitor {
    depth: usize,
}

impl NodeVisitor {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        if self.depth >= DEPTH_LIMIT {
            return Err(E::custom(format!("nested deeper than {DEPTH_LIMIT} levels")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> de::DeserializeSeed<'de> for NodeVisitor {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-like value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Absent)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Absent)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Int(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "beyond i64 a float is the nearest thing")]
    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or(Node::Float(value as f64), Node::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let inner = self.deeper()?;
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == UNKNOWN_KEY {
                let why: Why = map.next_value()?;
                if !entries.is_empty() || map.next_key::<String>()?.is_some() {
                    return Err(de::Error::custom("`!unknown` must stand alone"));
                }
                return Ok(Node::unknown(why));
            }
            let key = key.strip_prefix('!').map_or(key.as_str(), |rest| rest);
            entries.push((Arc::<str>::from(key), map.next_value_seed(inner)?));
        }
        Ok(Node::Map(entries.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::why::WhyKind;

    fn sample() -> Node {
        serde_json::from_str(r#"{"b": [1, 2.5, null], "a": {"x": "y"}, "!!odd": true}"#).unwrap()
    }

    #[test]
    fn survives_a_round_trip_through_json() {
        let mut node = sample();
        node.insert_at("a.policy", Node::unknown(Why::parse_short("s3:GetBucketPolicy AccessDenied")));
        let text = serde_json::to_string(&node).unwrap();
        assert_eq!(serde_json::from_str::<Node>(&text).unwrap(), node);
        assert_eq!(node.key("!odd"), &Node::Bool(true));
    }

    #[test]
    fn what_lies_under_an_unknown_is_unknown_and_under_a_value_absent() {
        let mut node = Node::map();
        node.insert_at("Policy", Node::unknown(Why::new(WhyKind::NotRead, "x")));
        assert!(node.at("Policy.Statement.Effect").is_unknown());
        assert!(node.at("Name.First").is_absent());
    }

    #[test]
    fn unknowns_are_found_with_their_paths() {
        let mut node = sample();
        node.insert_at("a.deep.leaf", Node::unknown(Why::new(WhyKind::NotRead, "x")));
        let mut seen = Vec::new();
        node.visit_unknowns(&mut |path, _| seen.push(path.to_owned()));
        assert_eq!(seen, ["a.deep.leaf"]);
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let text = "[".repeat(100_000);
        assert!(serde_json::from_str::<Node>(&text).is_err());
    }
}
