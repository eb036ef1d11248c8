//! JSON, YAML and TOML as one tree in which everything knows its line.

mod json;
mod toml;
mod yaml;

pub(crate) use json::read as json;
pub(crate) use toml::read as toml;
pub(crate) use yaml::read as yaml;

/// Containers within containers.
const DEPTH_LIMIT: usize = 200;
/// Values of one file, repeated ones counted each time.
const VALUE_LIMIT: usize = 2_000_000;

/// A value and its line.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) line: u32,
    pub(crate) form: Form,
}

/// What a value is. Numbers are the text of the file, so that `1.10` stays `1.10`.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    Null,
    Bool(bool),
    Text(Box<str>),
    List(Vec<Value>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Box<str>,
    pub(crate) line: u32,
    pub(crate) value: Value,
}

/// Where a file cannot be read any further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) line: u32,
    pub(crate) what: Box<str>,
}

impl Fault {
    fn new(line: u32, what: impl Into<Box<str>>) -> Self {
        Self { line, what: what.into() }
    }

    fn too_deep(line: u32) -> Self {
        Self::new(line, format!("containers are nested deeper than {DEPTH_LIMIT}"))
    }

    fn too_much(line: u32) -> Self {
        Self::new(line, format!("the file holds more than {VALUE_LIMIT} values"))
    }
}

impl Value {
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.form {
            Form::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Value] {
        match &self.form {
            Form::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.form {
            Form::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Of two entries with one key the later counts.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.entries().iter().rev().find(|entry| &*entry.key == key).map(|entry| &entry.value)
    }

    /// The text under a key.
    pub(crate) fn word(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// Whether `true` stands under a key.
    pub(crate) fn is_set(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| matches!(value.form, Form::Bool(true)))
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.form, Form::Map(_))
    }

    /// The entries under a key.
    pub(crate) fn entries_of(&self, key: &str) -> &[Entry] {
        self.get(key).map(Value::entries).unwrap_or_default()
    }

    /// The items under a key.
    pub(crate) fn items_of(&self, key: &str) -> &[Value] {
        self.get(key).map(Value::items).unwrap_or_default()
    }
}
