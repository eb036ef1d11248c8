//! A value tree in a file: values as themselves, absent as `null`, unknown as `{"!unknown": {why}}`. A key
//! of the provider's that begins with `!` gets one more.

use std::fmt;
use std::sync::Arc;

use partywall_model::Node;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, SerializeMap, SerializeSeq};
use serde::{Deserializer, Serialize, Serializer};

use super::WireWhy;
use super::asset::Shared;
use crate::evidence::interner::Interner;

const UNKNOWN_KEY: &str = "!unknown";
/// A deeper tree is neither written nor read: no provider answers that deep, and reading descends by
/// recursion.
const DEPTH_LIMIT: usize = 96;

/// A node to be written.
pub(super) struct NodeOut<'a> {
    node: &'a Node,
    depth: usize,
}

impl<'a> NodeOut<'a> {
    pub(super) fn new(node: &'a Node) -> Self {
        Self { node, depth: 0 }
    }

    fn deeper<E: ser::Error>(&self) -> Result<usize, E> {
        if self.depth >= DEPTH_LIMIT {
            return Err(E::custom(format!("its properties are nested deeper than {DEPTH_LIMIT} levels")));
        }
        Ok(self.depth + 1)
    }
}

impl Serialize for NodeOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.node {
            Node::Absent => serializer.serialize_unit(),
            Node::Unknown(why) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(UNKNOWN_KEY, &WireWhy::from(&**why))?;
                map.end()
            }
            Node::Bool(value) => serializer.serialize_bool(*value),
            Node::Int(value) => serializer.serialize_i64(*value),
            // JSON has no such figure, and the `null` that is customary would read as absent.
            Node::Float(value) if !value.is_finite() => {
                Err(ser::Error::custom(format!("it holds the figure {value}, which JSON cannot hold")))
            }
            Node::Float(value) => serializer.serialize_f64(*value),
            Node::Text(text) => serializer.serialize_str(text),
            Node::List(items) => {
                let depth = self.deeper()?;
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for node in items {
                    seq.serialize_element(&NodeOut { node, depth })?;
                }
                seq.end()
            }
            Node::Map(entries) => {
                let depth = self.deeper()?;
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, node) in entries {
                    let value = NodeOut { node, depth };
                    if key.starts_with('!') {
                        map.serialize_entry(&format!("!{key}"), &value)?;
                    } else {
                        map.serialize_entry(key, &value)?;
                    }
                }
                map.end()
            }
        }
    }
}

/// Reads a node; keys are shared.
pub(super) struct NodeSeed<'i> {
    interner: &'i mut Interner,
    depth: usize,
}

impl<'i> NodeSeed<'i> {
    pub(super) fn new(interner: &'i mut Interner) -> Self {
        Self { interner, depth: 0 }
    }

    fn deeper<E: de::Error>(&self) -> Result<usize, E> {
        if self.depth >= DEPTH_LIMIT {
            return Err(E::custom(format!("nested deeper than {DEPTH_LIMIT} levels")));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Absent)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Int(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "beyond i64 a float is the nearest thing, as in the model"
    )]
    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(i64::try_from(value).map_or(Node::Float(value as f64), Node::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(self.interner.share_value(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let depth = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(NodeSeed { interner: &mut *self.interner, depth })? {
            items.push(item);
        }
        // An estate is held for the whole of an assessment: room for more would be most of its memory.
        items.shrink_to_fit();
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let depth = self.deeper()?;
        let mut entries: Vec<(Arc<str>, Node)> = Vec::new();
        while let Some(key) = map.next_key_seed(Shared(&mut *self.interner))? {
            let key = match key.strip_prefix('!') {
                None => key,
                Some(rest) if rest.starts_with('!') => self.interner.share(rest),
                Some(_) if &*key == UNKNOWN_KEY && entries.is_empty() => {
                    let why: WireWhy = map.next_value()?;
                    return match map.next_key::<de::IgnoredAny>()? {
                        Some(_) => Err(de::Error::custom("`!unknown` must stand alone")),
                        None => Ok(Node::unknown(why.into())),
                    };
                }
                Some(_) => return Err(de::Error::custom(format!("the key `{key}` has no meaning here"))),
            };
            entries.push((key, map.next_value_seed(NodeSeed { interner: &mut *self.interner, depth })?));
        }
        let names = entries.len();
        let entries: partywall_model::Map = entries.into_iter().collect();
        if entries.len() != names {
            return Err(de::Error::custom("a name stands twice among the properties"));
        }
        Ok(Node::Map(entries))
    }
}
