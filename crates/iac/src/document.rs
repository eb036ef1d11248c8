//! The tree of a template, whether it is written in YAML or in JSON: every value and every key knows its
//! bytes in the file. Short tags (`!Ref x`) stand as their long forms (`Ref: x`), so that nothing behind
//! this module knows of two spellings.

use std::collections::HashSet;
use std::sync::Arc;

/// Values may not be nested deeper.
pub(crate) const DEPTH_LIMIT: usize = 96;
/// A file may not hold more values, those that aliases repeat counted each time.
pub(crate) const VALUE_LIMIT: usize = 1_000_000;

/// A range of bytes in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) span: Span,
    pub(crate) form: Form,
}

/// The forms of a value. Collections are shared, so that an alias costs nothing.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    List(Arc<[Value]>),
    Map(Arc<[Entry]>),
}

/// `key: value`.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Arc<str>,
    pub(crate) key_span: Span,
    pub(crate) value: Value,
}

/// What is wrong in a document, and at which byte of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: u32,
    pub(crate) what: String,
    pub(crate) next: &'static str,
}

/// What a file holds: its documents as far as they could be read, and what is wrong in it.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub(crate) roots: Vec<Value>,
    pub(crate) faults: Vec<Fault>,
}

/// The entries of a map while it is read. Of two with one key both are kept, and the later counts.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) list: Vec<Entry>,
    keys: HashSet<Arc<str>>,
}

impl Entries {
    /// Adds one and says whether its key is new.
    pub(crate) fn push(&mut self, entry: Entry) -> bool {
        let is_new = self.keys.insert(entry.key.clone());
        self.list.push(entry);
        is_new
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.contains(key)
    }
}

impl Span {
    pub(crate) fn to(self, other: Span) -> Self {
        Self { start: self.start, end: other.end.max(self.end) }
    }
}

impl Fault {
    pub(crate) fn new(at: u32, what: impl Into<String>, next: &'static str) -> Self {
        Self { at, what: what.into(), next }
    }

    pub(crate) fn too_deep(at: u32) -> Self {
        Self::new(at, format!("values are nested deeper than {DEPTH_LIMIT} levels"), "make it flatter")
    }
}

impl Entry {
    /// Key and value together.
    pub(crate) fn span(&self) -> Span {
        self.key_span.to(self.value.span)
    }
}

impl Value {
    pub(crate) fn text(span: Span, text: impl Into<Arc<str>>) -> Self {
        Self { span, form: Form::Text(text.into()) }
    }

    pub(crate) fn map(span: Span, entries: Vec<Entry>) -> Self {
        Self { span, form: Form::Map(entries.into()) }
    }

    pub(crate) fn list(span: Span, items: Vec<Value>) -> Self {
        Self { span, form: Form::List(items.into()) }
    }

    /// A map of one entry, as intrinsic functions are.
    pub(crate) fn call(span: Span, name: &str, argument: Value) -> Self {
        Self::map(span, vec![Entry { key: name.into(), key_span: span, value: argument }])
    }

    pub(crate) fn as_str(&self) -> Option<&Arc<str>> {
        match &self.form {
            Form::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn items(&self) -> &[Value] {
        match &self.form {
            Form::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.form {
            Form::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key; of two the later.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.entries().iter().rev().find(|entry| &*entry.key == key).map(|entry| &entry.value)
    }

    /// The one entry of a map that has one.
    pub(crate) fn single(&self) -> Option<&Entry> {
        match self.entries() {
            [entry] => Some(entry),
            _ => None,
        }
    }
}

/// What a plain scalar of YAML is. Numbers with leading zeros stay text, since account ids are such, and so do
/// decimals, since versions are such: `5.10`.
pub(crate) fn plain(text: &str) -> Form {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Form::Null,
        "true" | "True" | "TRUE" => return Form::Bool(true),
        "false" | "False" | "FALSE" => return Form::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let starts_like_a_number = digits.starts_with(|c: char| c.is_ascii_digit());
    let has_leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !starts_like_a_number || has_leading_zero {
        return Form::Text(text.into());
    }
    match text.parse() {
        Ok(number) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Form::Int(number),
        _ => Form::Text(text.into()),
    }
}
