//! serde reads typed values from the tree; errors carry the line of what was being read.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::tree::{Tree, Value, YamlError, parse};

const LOCATED: &str = "$located";

/// Reads a document into a typed value.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    let tree = parse(text)?;
    let line = tree.line;
    T::deserialize(&tree).map_err(|error| error.at(line))
}

/// A value and the line on which it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// Line in the document, from 1.
    pub line: u32,
    /// The value.
    pub value: T,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Pair<T> {
            type Value = Located<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its line")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Located<T>, A::Error> {
                let missing = || de::Error::custom("a line and a value are expected");
                let line = seq.next_element()?.ok_or_else(missing)?;
                let value = seq.next_element()?.ok_or_else(missing)?;
                Ok(Located { line, value })
            }
        }

        deserializer.deserialize_tuple_struct(LOCATED, 2, Pair(std::marker::PhantomData))
    }
}

/// An error that learns its line from the innermost node that it passes.
#[derive(Debug)]
pub(super) struct Error {
    line: Option<u32>,
    message: String,
}

impl Error {
    fn at(self, line: u32) -> YamlError {
        YamlError::new(self.line.unwrap_or(line), self.message)
    }

    fn with_line(mut self, line: u32) -> Self {
        self.line.get_or_insert(line);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { line: None, message: message.to_string() }
    }
}

impl<'de> IntoDeserializer<'de, Error> for &'de Tree {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for &'de Tree {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let result = match &self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Int(value) => visitor.visit_i64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::Unknown(why) => visitor.visit_map(UnknownAccess { why: Some(why) }),
            Value::List(items) => visitor.visit_seq(ListAccess { items: items.iter() }),
            Value::Map(entries) => {
                visitor.visit_map(EntryAccess { entries: entries.iter(), value: None, line: self.line })
            }
        };
        result.map_err(|error| error.with_line(self.line))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self).map_err(|error| error.with_line(self.line))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == LOCATED {
            return visitor.visit_seq(LocatedAccess { tree: self, step: 0 });
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let result = match &self.value {
            Value::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Value::Map(entries) if entries.len() == 1 => {
                visitor.visit_enum(de::value::MapAccessDeserializer::new(EntryAccess {
                    entries: entries.iter(),
                    value: None,
                    line: self.line,
                }))
            }
            other => Err(de::Error::custom(format!("a word is expected here, not {}", other.word()))),
        };
        result.map_err(|error: Error| error.with_line(self.line))
    }

    // Where text is asked for, a bare number is a likely slip (`id: 32`): say how to write it.
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Text(_) => self.deserialize_any(visitor),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => Err(Error {
                line: Some(self.line),
                message: "text is expected here; put it in quotes".into(),
            }),
            other => {
                let message = format!("text is expected here, not {}", other.word());
                Err(Error { line: Some(self.line), message })
            }
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple
        map struct identifier ignored_any
    }
}

struct ListAccess<'de> {
    items: std::slice::Iter<'de, Tree>,
}

impl<'de> SeqAccess<'de> for ListAccess<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.items.next().map(|item| seed.deserialize(item).map_err(|e| e.with_line(item.line))).transpose()
    }
}

struct EntryAccess<'de> {
    entries: std::slice::Iter<'de, (String, u32, Tree)>,
    value: Option<&'de Tree>,
    line: u32,
}

impl<'de> MapAccess<'de> for EntryAccess<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, line, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        self.line = *line;
        let key: StringDeserializer<Error> = key.clone().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|error| error.with_line(*line))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let line = self.line;
        let value =
            self.value.take().ok_or_else(|| Error { line: Some(line), message: "no value".into() })?;
        seed.deserialize(value).map_err(|error| error.with_line(value.line))
    }
}

/// An unknown reads as the serialised form of an unknown [`partywall_model::Node`].
struct UnknownAccess<'a> {
    why: Option<&'a partywall_model::Why>,
}

impl<'de> MapAccess<'de> for UnknownAccess<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        match self.why {
            Some(_) => seed.deserialize("!unknown".into_deserializer()).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let why = self.why.take().ok_or_else(|| de::Error::custom("no value"))?;
        let fields = [
            ("kind", why.kind.word().replace(' ', "-")),
            ("operation", why.operation.to_string()),
            ("code", why.code.to_string()),
        ];
        seed.deserialize(de::value::MapDeserializer::new(fields.into_iter()))
    }
}

struct LocatedAccess<'de> {
    tree: &'de Tree,
    step: u8,
}

impl<'de> SeqAccess<'de> for LocatedAccess<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.step += 1;
        match self.step {
            1 => {
                let line: de::value::U32Deserializer<Error> = self.tree.line.into_deserializer();
                seed.deserialize(line).map(Some)
            }
            2 => seed.deserialize(self.tree).map(Some),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partywall_model::{Node, WhyKind};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read for its errors")]
    struct Sample {
        id: String,
        #[serde(default)]
        items: Vec<Located<String>>,
        #[serde(default)]
        flag: Option<bool>,
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line, words) in [
            ("id: a\nitems: [x]\nflag: yes\n", 3, "expected a boolean"),
            ("id: a\nitems:\n  - x\n  - 3\n", 4, "put it in quotes"),
            ("id: a\ncolour: red\n", 2, "unknown field `colour`"),
            ("id: a\nid: b\n", 2, "twice"),
            ("id: &x a\n", 1, "anchors"),
            ("id: [a\n", 1, ""),
            ("id: !python/object a\n", 1, "means nothing"),
        ] {
            let error = from_str::<Sample>(text).unwrap_err();
            assert!(error.message.contains(words), "{text}: {error}");
            assert!(
                error.line >= line.min(error.line) && (words.is_empty() || error.line == line),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn a_located_value_knows_its_line() {
        let sample: Sample = from_str("id: a\nitems:\n  - x\n  - y\n").unwrap();
        assert_eq!(sample.items[1], Located { line: 4, value: "y".into() });
    }

    #[test]
    fn an_unknown_tag_becomes_an_unknown_node() {
        let node: Node =
            from_str("a: !unknown \"s3:GetBucketPolicy AccessDenied\"\nb: 012345678901\n").unwrap();
        let why = node.key("a").why().unwrap();
        assert_eq!(
            (why.kind, &*why.operation, &*why.code),
            (WhyKind::Refused, "s3:GetBucketPolicy", "AccessDenied")
        );
        assert_eq!(node.key("b").as_str(), Some("012345678901"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
            let _outcome = from_str::<Node>(&text);
        }
    }
}
