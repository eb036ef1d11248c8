//! [`Manifests`]: what files that need no evaluation declare, and how their readers write an asset down.
//!
//! A draft holds the file's own words under the file's own paths, and beside them what its reader prepared so that
//! an expression can ask for it (an image's tag, the effective user). Every path that is written has its place.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use partywall_model::{AccountId, Asset, Map, Node, Provider, Region, Source as Seen, Why, WhyKind};

use crate::assets::{Declaration, UNSET};
use crate::document::{Form, Span, Value};
use crate::source::Source;
use crate::trouble::Trouble;

/// So many places are noted of one asset; deeper ones then fall back to what they stand in.
const PLACES_KEPT: usize = 20_000;

/// What a reader found in a tree.
#[derive(Debug, Default)]
pub struct Manifests {
    /// The assets, in the order of files and lines.
    pub assets: Vec<Declaration>,
    /// What could not be read as it stands, in the same order.
    pub troubles: Vec<Trouble>,
    /// How many files declare something of the reader's.
    pub files: usize,
}

/// What is found while a tree is read.
#[derive(Debug, Default)]
pub(crate) struct Declaring {
    /// What was found so far.
    pub(crate) made: Manifests,
    taken: HashSet<(Arc<str>, String)>,
    /// The number to try next for an address that is taken.
    next: HashMap<(Arc<str>, String), u32>,
}

impl Declaring {
    /// The address, with a number where it occurs in the file for the second time.
    pub(crate) fn free_address(&mut self, file: &Arc<str>, address: &str) -> String {
        let mut key = (file.clone(), address.to_owned());
        if !self.taken.contains(&key) {
            return key.1;
        }
        let next = self.next.entry(key.clone()).or_insert(2);
        loop {
            key.1 = format!("{address}~{next}");
            *next = next.saturating_add(1);
            if !self.taken.contains(&key) {
                return key.1;
            }
        }
    }

    /// Takes an asset in.
    pub(crate) fn add(&mut self, mut draft: Draft, source: &Source, root: &Arc<str>) {
        draft.address = self.free_address(&source.path, &draft.address);
        self.taken.insert((source.path.clone(), draft.address.clone()));
        self.made.assets.push(draft.finish(source, root));
    }
}

/// An asset that is being written down.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Its kind.
    pub(crate) kind: String,
    /// Its address in the file: `Deployment/shop/web`.
    pub(crate) address: String,
    /// What people call it.
    pub(crate) name: String,
    properties: Map,
    places: Vec<(Box<str>, Span)>,
    span: Span,
}

impl Draft {
    pub(crate) fn new(kind: impl Into<String>, address: impl Into<String>, span: Span) -> Self {
        let address = address.into();
        let name = address.rsplit('/').next().unwrap_or_default().to_owned();
        Self { kind: kind.into(), address, name, properties: Map::default(), places: Vec::new(), span }
    }

    /// Puts a value under a key of the top.
    pub(crate) fn set(&mut self, key: &str, value: Node) {
        self.properties.insert(key, value);
    }

    /// Puts a written value under a key of the top, with the place of each of its parts.
    pub(crate) fn write(&mut self, key: &str, written: &Value, words: Words<'_>) {
        self.place(key, written.span);
        self.places_of(key, written);
        self.properties.insert(key, node(written, words));
    }

    /// Notes the places of a value and of its parts under a path.
    pub(crate) fn places_of(&mut self, path: &str, written: &Value) {
        match &written.form {
            Form::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    let below = format!("{path}.{at}");
                    self.place(&*below, item.span);
                    self.places_of(&below, item);
                }
            }
            Form::Map(entries) => {
                for entry in entries.iter() {
                    let below = format!("{path}.{}", entry.key);
                    self.place(&*below, entry.span());
                    self.places_of(&below, &entry.value);
                }
            }
            _ => {}
        }
    }

    /// Notes where a path is written.
    pub(crate) fn place(&mut self, path: impl Into<Box<str>>, span: Span) {
        if self.places.len() < PLACES_KEPT {
            self.places.push((path.into(), span));
        }
    }

    /// What stands under a key of the top, to change it.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.properties.get_mut(key)
    }

    /// The asset that it becomes.
    fn finish(self, source: &Source, root: &Arc<str>) -> Declaration {
        let id = format!("code:{}#{}", source.path, self.address);
        let mut asset = Asset::new(Provider::Own, self.kind, id);
        asset.account = Some(AccountId::from(UNSET));
        asset.region = Some(Region::from(UNSET));
        asset.name = Some(self.name.into());
        asset.properties = Node::Map(self.properties);
        let code = |span: Span| Seen::Code { file: (*source.path).into(), span: span.start..span.end };
        asset.provenance.add("", code(self.span));
        for (path, span) in self.places {
            asset.provenance.add(path, code(span));
        }
        Declaration {
            asset,
            address: self.address.into(),
            root: root.clone(),
            place: source.place(self.span),
        }
    }
}

/// Which words of a text are more than text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'t> {
    /// The text that the spans point into, and what stands before it in the file.
    pub(crate) text: &'t str,
    /// Bytes of the file before `text`.
    pub(crate) offset: u32,
    /// Whether `yes` and `on` are truth values (YAML 1.1).
    pub(crate) old_booleans: bool,
    /// What to make of a text in which something is filled in later.
    pub(crate) holes: fn(&str) -> Option<Why>,
}

impl<'t> Words<'t> {
    /// The bytes of a span as they are written.
    pub(crate) fn written(&self, span: Span) -> &'t str {
        let at = |byte: u32| byte.saturating_sub(self.offset) as usize;
        self.text.get(at(span.start)..at(span.end)).unwrap_or_default()
    }
}

/// The value as a node.
pub(crate) fn node(written: &Value, words: Words<'_>) -> Node {
    match &written.form {
        Form::Null => Node::Absent,
        Form::Bool(value) => Node::Bool(*value),
        Form::Int(value) => Node::Int(*value),
        Form::Float(value) => Node::Float(*value),
        Form::Text(text) => text_node(text, written.span, words),
        Form::List(items) => Node::List(items.iter().map(|item| node(item, words)).collect()),
        Form::Map(entries) => {
            entries.iter().map(|entry| (entry.key.clone(), node(&entry.value, words))).collect::<Map>().into()
        }
    }
}

fn text_node(text: &Arc<str>, span: Span, words: Words<'_>) -> Node {
    if words.old_booleans && words.written(span) == &**text {
        match &**text {
            "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => return Node::Bool(true),
            "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => return Node::Bool(false),
            _ => {}
        }
    }
    match (words.holes)(text) {
        Some(why) => Node::unknown(why),
        None => Node::Text(text.clone()),
    }
}

/// Nothing is filled in later.
pub(crate) fn no_holes(_: &str) -> Option<Why> {
    None
}

/// What stands for a secret: nobody needs its value, and evidence must not hold it.
pub(crate) fn kept_out(what: &str) -> Node {
    Node::unknown(Why::new(WhyKind::NotRead, what).with_message("a secret is kept out of what is recorded"))
}

/// A name that promises a secret.
pub(crate) fn names_a_secret(name: &str) -> bool {
    const WORDS: [&str; 13] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "apikey",
        "accesskey",
        "privatekey",
        "credential",
        "connectionstring",
        "authkey",
        "signingkey",
        "encryptionkey",
    ];
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    // What only says where a secret is, or how long it lasts, is none.
    let tells_about =
        ["file", "path", "name", "ttl", "expiry", "length", "url", "uri", "enabled", "type", "id"];
    WORDS.iter().any(|word| plain.contains(word)) && !tells_about.iter().any(|end| plain.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_promise_a_secret_unless_they_tell_about_one() {
        for name in ["DB_PASSWORD", "api-key", "AWS_SECRET_ACCESS_KEY", "githubToken"] {
            assert!(names_a_secret(name), "{name}");
        }
        for name in ["DB_PASSWORD_FILE", "SECRET_NAME", "TOKEN_TTL", "KEYBOARD", "PORT"] {
            assert!(!names_a_secret(name), "{name}");
        }
    }
}
