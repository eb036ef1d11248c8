//! What a plan says of the code that it was made from: which argument is written, and to what its expression refers.
//!
//! Expressions are not there as text, only their references: `bucket = aws_s3_bucket.a.id` and
//! `bucket = "x-${aws_s3_bucket.a.id}"` look alike. Local values and dynamic blocks are not there at all.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use partywall_model::Node;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::values::Json;

/// Longer constants are not kept: nothing asks for them.
const CONSTANT: usize = 256;

/// `configuration`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Configured {
    #[serde(default)]
    pub(super) provider_config: BTreeMap<Box<str>, ProviderBlock>,
    #[serde(default)]
    pub(super) root_module: Module,
}

/// A provider's block.
#[derive(Debug, Deserialize)]
pub(super) struct ProviderBlock {
    #[serde(default)]
    pub(super) name: Option<Box<str>>,
    #[serde(default)]
    pub(super) alias: Option<Box<str>>,
    #[serde(default)]
    pub(super) module_address: Option<Box<str>>,
    #[serde(default)]
    pub(super) expressions: Written,
}

/// A module's code.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Module {
    #[serde(default)]
    pub(super) resources: Vec<Block>,
    #[serde(default)]
    pub(super) module_calls: BTreeMap<Box<str>, Call>,
    #[serde(default)]
    pub(super) outputs: BTreeMap<Box<str>, Output>,
    #[serde(default)]
    pub(super) variables: BTreeMap<Box<str>, Variable>,
}

/// A resource's block.
#[derive(Debug, Deserialize)]
pub(super) struct Block {
    #[serde(default)]
    pub(super) mode: Option<Box<str>>,
    #[serde(rename = "type")]
    pub(super) kind: Box<str>,
    pub(super) name: Box<str>,
    #[serde(default)]
    pub(super) provider_config_key: Option<Box<str>>,
    #[serde(default)]
    pub(super) expressions: Written,
    #[serde(default)]
    pub(super) for_each_expression: Written,
}

/// A call of a module.
#[derive(Debug, Deserialize)]
pub(super) struct Call {
    #[serde(default)]
    pub(super) source: Option<Box<str>>,
    #[serde(default)]
    pub(super) expressions: Written,
    #[serde(default)]
    pub(super) module: Module,
}

/// An output.
#[derive(Debug, Deserialize)]
pub(super) struct Output {
    #[serde(default)]
    pub(super) expression: Written,
}

/// A variable.
#[derive(Debug, Deserialize)]
pub(super) struct Variable {
    #[serde(default)]
    pub(super) default: Json,
    #[serde(default)]
    pub(super) sensitive: bool,
}

/// What is written in one place.
#[derive(Clone, Debug, Default)]
pub(super) enum Written {
    /// Nothing.
    #[default]
    Nothing,
    /// An expression: what it refers to, most exact first, and its value where it refers to nothing.
    Expression { references: Vec<Arc<str>>, constant: Node },
    /// Nested blocks of one kind.
    Blocks(Vec<Written>),
    /// The arguments of a block.
    Block(BTreeMap<Box<str>, Written>),
}

impl Block {
    /// How it is called in its module.
    pub(super) fn key(&self) -> String {
        match self.mode.as_deref() {
            None | Some("managed") => format!("{}.{}", self.kind, self.name),
            Some(mode) => format!("{mode}.{}.{}", self.kind, self.name),
        }
    }
}

impl Module {
    /// All blocks of the module and of those that it calls, by their addresses without keys.
    pub(super) fn blocks(&self) -> HashMap<String, &Block> {
        let mut found = HashMap::new();
        let mut todo = vec![(String::new(), self)];
        while let Some((calls, module)) = todo.pop() {
            for block in &module.resources {
                found.entry(format!("{calls}{}", block.key())).or_insert(block);
            }
            todo.extend(
                module
                    .module_calls
                    .iter()
                    .map(|(name, call)| (format!("{calls}module.{name}."), &call.module)),
            );
        }
        found
    }

    /// Whether nothing is said of any code.
    pub(super) fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.module_calls.is_empty()
    }
}

impl Written {
    /// What is written under a name.
    pub(super) fn key(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Block(entries) => entries.get(name),
            _ => None,
        }
    }

    /// What the expression refers to.
    pub(super) fn references(&self) -> &[Arc<str>] {
        match self {
            Self::Expression { references, .. } => references,
            _ => &[],
        }
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an expression or blocks of them")
    }

    fn visit_unit<E>(self) -> Result<Written, E> {
        Ok(Written::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Written, A::Error> {
        let mut blocks = Vec::new();
        while let Some(block) = seq.next_element()? {
            blocks.push(block);
        }
        Ok(Written::Blocks(blocks))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
        let mut entries = BTreeMap::new();
        let mut found: (Option<Vec<Arc<str>>>, Option<Node>) = (None, None);
        while let Some(name) = map.next_key::<Box<str>>()? {
            match &*name {
                "references" => match map.next_value()? {
                    References::Names(names) => found.0 = Some(names),
                    References::Other(written) => {
                        entries.insert(name, written);
                    }
                },
                "constant_value" => {
                    let Json(value) = map.next_value()?;
                    let is_short = value.as_str().is_none_or(|text| text.len() <= CONSTANT);
                    let is_plain = !matches!(value, Node::List(_) | Node::Map(_));
                    found.1 = Some(if is_short && is_plain { value } else { Node::Absent });
                }
                _ => {
                    entries.insert(name, map.next_value()?);
                }
            }
        }
        match found {
            (None, None) if !entries.is_empty() => Ok(Written::Block(entries)),
            (references, constant) => Ok(Written::Expression {
                references: references.unwrap_or_default(),
                constant: constant.unwrap_or_default(),
            }),
        }
    }

    // Tools that shorten plans leave plain values here; they refer to nothing.
    fn visit_bool<E>(self, value: bool) -> Result<Written, E> {
        Ok(Written::Expression { references: Vec::new(), constant: Node::Bool(value) })
    }

    fn visit_i64<E>(self, value: i64) -> Result<Written, E> {
        Ok(Written::Expression { references: Vec::new(), constant: Node::Int(value) })
    }

    fn visit_u64<E>(self, _: u64) -> Result<Written, E> {
        Ok(Written::Expression { references: Vec::new(), constant: Node::Absent })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Written, E> {
        Ok(Written::Expression { references: Vec::new(), constant: Node::Absent })
    }

    fn visit_str<E>(self, _: &str) -> Result<Written, E> {
        Ok(Written::Expression { references: Vec::new(), constant: Node::Absent })
    }
}

/// `references` of an expression is a list of names; an argument may be called so too.
enum References {
    Names(Vec<Arc<str>>),
    Other(Written),
}

impl<'de> Deserialize<'de> for References {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = References;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of references")
            }

            fn visit_unit<E>(self) -> Result<References, E> {
                Ok(References::Names(Vec::new()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<References, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element::<Name>()? {
                    names.extend(name.0);
                }
                Ok(References::Names(names))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<References, A::Error> {
                Reading.visit_map(map).map(References::Other)
            }
        }
        deserializer.deserialize_any(Names)
    }
}

/// A reference; what is no text is none.
struct Name(Option<Arc<str>>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a reference")
            }

            fn visit_str<E>(self, text: &str) -> Result<Name, E> {
                Ok(Name(Some(text.into())))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Name, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Name(None))
            }
        }
        deserializer.deserialize_any(Text)
    }
}
