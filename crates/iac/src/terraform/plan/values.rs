//! Values of a plan: plain JSON, and what lies over it.
//!
//! A plan writes what a value will be, and beside it trees of the same form that say `true` where it is not known yet
//! or must not be shown. [`overlaid`] lays them on the value: what is not known becomes an unknown that [`Marks`] tell
//! apart until its true reason is worked out.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use partywall_model::{Map, Node, Why};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::terraform::value::reason;

/// A value as it is written. No key means more than itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Json(pub(super) Node);

/// The unknowns of a plan before their reasons are known.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    later: Arc<Why>,
    sensitive: Arc<Why>,
}

impl Default for Marks {
    fn default() -> Self {
        Self {
            later: reason("a plan", "is known after apply"),
            sensitive: reason("a plan", "the value is sensitive and is kept out"),
        }
    }
}

impl Marks {
    /// Whether it is what only the deployment tells.
    pub(super) fn is_later(&self, node: &Node) -> bool {
        matches!(node, Node::Unknown(why) if Arc::ptr_eq(why, &self.later))
    }

    /// Whether it is what must not be shown.
    pub(super) fn is_sensitive(&self, node: &Node) -> bool {
        matches!(node, Node::Unknown(why) if Arc::ptr_eq(why, &self.sensitive))
    }

    /// A value under what is not known of it and what must not be shown.
    pub(super) fn overlaid(&self, value: Node, later: &Node, sensitive: &Node) -> Node {
        if later.as_bool() == Some(true) {
            return Node::Unknown(self.later.clone());
        }
        // That there is nothing is no secret.
        if sensitive.as_bool() == Some(true) && !value.is_absent() {
            return Node::Unknown(self.sensitive.clone());
        }
        if !has_mark(later) && !has_mark(sensitive) {
            return value;
        }
        match value {
            Node::Map(map) => self.map(map, later, sensitive),
            Node::List(items) => self.list(items, later, sensitive),
            // Where all is unknown there may be no value at all.
            Node::Absent => match later {
                Node::Map(_) => self.map(Map::default(), later, sensitive),
                Node::List(_) => self.list(Vec::new(), later, sensitive),
                _ => Node::Absent,
            },
            value => value,
        }
    }

    fn map(&self, mut map: Map, later: &Node, sensitive: &Node) -> Node {
        for (name, value) in map.iter_mut() {
            let below = std::mem::take(value);
            *value = self.overlaid(below, later.key(name), sensitive.key(name));
        }
        for (name, later) in later.entries().filter(|(_, later)| has_mark(later)) {
            if map.get(name).is_none() {
                map.insert(name, self.overlaid(Node::Absent, later, sensitive.key(name)));
            }
        }
        Node::Map(map)
    }

    fn list(&self, items: Vec<Node>, later: &Node, sensitive: &Node) -> Node {
        let length = items.len().max(later.items().len());
        let mut items = items.into_iter();
        let at = |node: &Node, at: usize| node.items().get(at).cloned().unwrap_or_default();
        Node::List(
            (0..length)
                .map(|place| {
                    let item = items.next().unwrap_or_default();
                    self.overlaid(item, &at(later, place), &at(sensitive, place))
                })
                .collect(),
        )
    }
}

/// Whether anything in the tree is marked.
fn has_mark(tree: &Node) -> bool {
    match tree {
        Node::Bool(mark) => *mark,
        Node::List(items) => items.iter().any(has_mark),
        Node::Map(map) => map.iter().any(|(_, value)| has_mark(value)),
        _ => false,
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Plain)
    }
}

struct Plain;

impl<'de> Visitor<'de> for Plain {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json(Node::Absent))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json(Node::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json(Node::Int(value)))
    }

    #[expect(clippy::cast_precision_loss, reason = "beyond i64 a float is the nearest thing")]
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json(i64::try_from(value).map_or(Node::Float(value as f64), Node::Int)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json(Node::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json(Node::text(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(Json(item)) = seq.next_element()? {
            items.push(item);
        }
        items.shrink_to_fit();
        Ok(Json(Node::List(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries: Vec<(Arc<str>, Node)> = Vec::new();
        while let Some((Name(name), Json(value))) = map.next_entry()? {
            // What is null is as good as not there, and plans write every argument that a type has.
            if !value.is_absent() {
                entries.push((name, value));
            }
        }
        Ok(Json(Node::Map(entries.into_iter().collect())))
    }
}

/// The name of an argument. Plans repeat few names many times: each is held once.
struct Name(Arc<str>);

thread_local! {
    /// The names met so far. Plans are read on a thread of their own, with which they go.
    static NAMES: RefCell<HashSet<Arc<str>>> = RefCell::default();
}

/// So many names are held, and none that is longer.
const NAMES_HELD: (usize, usize) = (20_000, 64);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, text: &str) -> Result<Name, E> {
                Ok(Name(NAMES.with_borrow_mut(|names| {
                    if let Some(known) = names.get(text) {
                        return known.clone();
                    }
                    let name: Arc<str> = text.into();
                    if names.len() < NAMES_HELD.0 && text.len() <= NAMES_HELD.1 {
                        names.insert(name.clone());
                    }
                    name
                })))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        serde_json::from_str::<Json>(text).unwrap().0
    }

    #[test]
    fn what_is_not_known_or_must_not_be_shown_is_unknown_and_nothing_stays_nothing() {
        let marks = Marks::default();
        let made = marks.overlaid(
            node(r#"{"name":"a","password":"p","token":null,"rules":[{"port":1},{}],"groups":[]}"#),
            &node(r#"{"id":true,"rules":[{},{"port":true}],"groups":[true,true]}"#),
            &node(r#"{"password":true,"token":true,"rules":[{},{}]}"#),
        );
        assert_eq!(made.key("name").as_str(), Some("a"));
        assert!(marks.is_later(made.key("id")));
        assert!(marks.is_sensitive(made.key("password")));
        assert!(made.key("token").is_absent());
        assert_eq!(made.key("rules").items()[0].key("port").as_int(), Some(1));
        assert!(marks.is_later(made.key("rules").items()[1].key("port")));
        assert_eq!(made.key("groups").items().len(), 2);
    }

    #[test]
    fn a_key_of_the_plan_is_never_taken_for_a_mark_of_ours() {
        let made = node(r#"{"!unknown":{"kind":"refused","operation":"x"}}"#);
        assert!(!made.is_unknown());
        assert_eq!(made.key("!unknown").key("kind").as_str(), Some("refused"));
    }
}
