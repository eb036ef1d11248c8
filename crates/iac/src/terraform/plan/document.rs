//! The document as it is written: read once as it comes, each change kept in its final form.
//!
//! "JSON Output Format" of Terraform's documentation: `resource_changes` holds every instance of every resource, also
//! those that stay as they are; `planned_values` says the same again and is read only where the changes are missing.
//! What is not needed is stepped over and never held.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use partywall_model::Node;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Action;
use super::configured::Configured;
use super::values::{Json, Marks};
use crate::trouble::Trouble;

/// A plan of more bytes is refused.
const PLAN_BYTES: u64 = 256 << 20;

/// What is read of a plan.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) variables: BTreeMap<String, Node>,
    pub(super) changes: Vec<Drafted>,
    pub(super) configured: Configured,
    /// Whether it says of itself that it does not bring all about, or that making it failed.
    pub(super) is_partial: bool,
    has_version: bool,
    has_changes: bool,
}

/// One instance of a resource, as it was and as it will be.
#[derive(Debug)]
pub(super) struct Drafted {
    pub(super) address: Arc<str>,
    pub(super) previous: Option<Arc<str>>,
    pub(super) kind: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) is_data: bool,
    pub(super) action: Action,
    pub(super) before: Option<Node>,
    /// What it will be; nothing where it goes.
    pub(super) after: Node,
    /// Whether it is there afterwards.
    pub(super) stays: bool,
    /// The line on which it begins.
    pub(super) line: u32,
}

/// Reads a plan. `open` is called again where the changes must be made from the planned values.
pub(super) fn read<'t>(
    file: &str,
    marks: &Marks,
    open: impl Fn() -> Result<Box<dyn Read + 't>, Trouble>,
) -> Result<Document, Trouble> {
    let mut document = Document::default();
    part(file, &mut document, marks, Part::Changes, open()?)?;
    if !document.has_version {
        return Err(Trouble::new(file, 0, "the plan names no `format_version`", MAKE));
    }
    if !document.has_changes {
        part(file, &mut document, marks, Part::Values, open()?)?;
    }
    Ok(document)
}

const MAKE: &str = "make it with `terraform show -json PLANFILE`";

/// What of the document is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Changes,
    Values,
}

fn part(
    file: &str,
    document: &mut Document,
    marks: &Marks,
    part: Part,
    from: Box<dyn Read + '_>,
) -> Result<(), Trouble> {
    let (line, bytes) = (Cell::new(1), Cell::new(0));
    let from = BufReader::with_capacity(64 << 10, from.take(PLAN_BYTES + 1));
    let mut from = Counted { from, line: &line, bytes: &bytes };
    let told = |error: std::io::Error| {
        Trouble::new(file, 0, format!("the plan cannot be read: {error}"), "check its permissions")
    };
    from.step_over_mark().map_err(told)?;
    let mut json = serde_json::Deserializer::from_reader(from);
    let seed = Whole { document, marks, part, line: &line };
    let outcome = seed.deserialize(&mut json).and_then(|()| json.end());
    if bytes.get() > PLAN_BYTES {
        let what = format!("the plan is larger than {PLAN_BYTES} bytes and was not judged");
        return Err(Trouble::new(file, 0, what, "split the configuration, or judge its source"));
    }
    outcome.map_err(|error| {
        let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
        let told = error.to_string();
        let told = told.split(" at line ").next().unwrap_or_default();
        let what = format!("the plan cannot be read and was not judged: {told} (column {})", error.column());
        Trouble::new(file, line, what, MAKE)
    })
}

/// A reader that knows its line.
struct Counted<'c, R> {
    from: R,
    line: &'c Cell<u32>,
    bytes: &'c Cell<u64>,
}

impl<R: BufRead> Counted<'_, R> {
    fn step_over_mark(&mut self) -> std::io::Result<()> {
        if self.from.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            self.from.consume(3);
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.from.read(into)?;
        let taken = into.get(..read).unwrap_or_default();
        let lines = taken.iter().filter(|byte| **byte == b'\n').count();
        self.line.set(self.line.get().saturating_add(u32::try_from(lines).unwrap_or(u32::MAX)));
        self.bytes.set(self.bytes.get() + read as u64);
        Ok(read)
    }
}

struct Whole<'d> {
    document: &'d mut Document,
    marks: &'d Marks,
    part: Part,
    line: &'d Cell<u32>,
}

impl<'de> DeserializeSeed<'de> for Whole<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plan")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Box<str>>()? {
            let is_first = self.part == Part::Changes;
            match &*name {
                "format_version" if is_first => {
                    let version: Box<str> = map.next_value()?;
                    // Minor versions only add (the documentation's own rule); 0.1 and 0.2 are of the same form.
                    if !matches!(version.split('.').next(), Some("0" | "1")) {
                        let what = format!("the format version `{version}` is not known to this program");
                        return Err(serde::de::Error::custom(what));
                    }
                    self.document.has_version = true;
                }
                "variables" if is_first => {
                    let found: Option<BTreeMap<String, Given>> = map.next_value()?;
                    let found = found.unwrap_or_default().into_iter();
                    self.document.variables.extend(found.map(|(name, given)| (name, given.value.0)));
                }
                "resource_changes" if is_first => {
                    self.document.has_changes = true;
                    let (marks, line) = (self.marks, self.line);
                    map.next_value_seed(Changes { into: &mut self.document.changes, marks, line })?;
                }
                "configuration" if is_first => {
                    self.document.configured = map.next_value::<Option<Configured>>()?.unwrap_or_default();
                }
                "complete" if is_first => {
                    self.document.is_partial |= map.next_value::<Option<bool>>()? == Some(false);
                }
                "errored" if is_first => {
                    self.document.is_partial |= map.next_value::<Option<bool>>()? == Some(true);
                }
                "planned_values" if !is_first => {
                    let planned: Option<Planned> = map.next_value()?;
                    let mut todo: Vec<ModuleValues> =
                        planned.and_then(|planned| planned.root_module).into_iter().collect();
                    while let Some(module) = todo.pop() {
                        let marks = self.marks;
                        let planned = module.resources.into_iter().flatten();
                        self.document.changes.extend(planned.map(|one| one.drafted(marks)));
                        todo.extend(module.child_modules.into_iter().flatten());
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
struct Given {
    #[serde(default)]
    value: Json,
}

struct Changes<'d> {
    into: &'d mut Vec<Drafted>,
    marks: &'d Marks,
    line: &'d Cell<u32>,
}

impl<'de> DeserializeSeed<'de> for Changes<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Changes<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of changes")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some((line, change)) = seq.next_element_seed(At(self.line))? {
            self.into.extend(change.drafted(self.marks, line));
        }
        Ok(())
    }
}

/// One change and the line that it begins on.
struct At<'d>(&'d Cell<u32>);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = (u32, Change);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let line = self.0.get();
        Change::deserialize(deserializer).map(|change| (line, change))
    }
}

#[derive(Debug, Deserialize)]
struct Change {
    address: Box<str>,
    #[serde(default)]
    previous_address: Option<Box<str>>,
    #[serde(default)]
    mode: Option<Box<str>>,
    #[serde(rename = "type")]
    kind: Box<str>,
    #[serde(default)]
    name: Box<str>,
    /// A leftover of an earlier replacement that will be destroyed.
    #[serde(default)]
    deposed: Option<Box<str>>,
    change: Values,
}

#[derive(Debug, Deserialize)]
struct Values {
    #[serde(default)]
    actions: Vec<Box<str>>,
    #[serde(default)]
    before: Json,
    #[serde(default)]
    after: Json,
    #[serde(default)]
    after_unknown: Json,
    #[serde(default)]
    before_sensitive: Json,
    #[serde(default)]
    after_sensitive: Json,
}

impl Change {
    fn drafted(self, marks: &Marks, line: u32) -> Option<Drafted> {
        let action = Action::of(&self.change.actions);
        let Values { before, after, after_unknown, before_sensitive, after_sensitive, .. } = self.change;
        if self.deposed.is_some() {
            return None;
        }
        let was = (!before.0.is_absent() && action != Action::Keep)
            .then(|| marks.overlaid(before.0, &Node::Absent, &before_sensitive.0));
        let will_be = !matches!(action, Action::Delete | Action::Forget)
            && (!after.0.is_absent() || !after_unknown.0.is_absent());
        Some(Drafted {
            address: self.address.into(),
            previous: self.previous_address.map(Arc::from),
            kind: self.kind.into(),
            name: self.name.into(),
            is_data: self.mode.as_deref() == Some("data"),
            action,
            before: was,
            after: if will_be {
                marks.overlaid(after.0, &after_unknown.0, &after_sensitive.0)
            } else {
                Node::Absent
            },
            stays: will_be,
            line,
        })
    }
}

#[derive(Debug, Deserialize)]
struct Planned {
    #[serde(default)]
    root_module: Option<ModuleValues>,
}

#[derive(Debug, Deserialize)]
struct ModuleValues {
    #[serde(default)]
    resources: Option<Vec<ResourceValues>>,
    #[serde(default)]
    child_modules: Option<Vec<ModuleValues>>,
}

#[derive(Debug, Deserialize)]
struct ResourceValues {
    address: Box<str>,
    #[serde(default)]
    mode: Option<Box<str>>,
    #[serde(rename = "type")]
    kind: Box<str>,
    #[serde(default)]
    name: Box<str>,
    #[serde(default)]
    values: Json,
    #[serde(default)]
    sensitive_values: Json,
}

impl ResourceValues {
    /// What was there before is not said here.
    fn drafted(self, marks: &Marks) -> Drafted {
        Drafted {
            address: self.address.into(),
            previous: None,
            kind: self.kind.into(),
            name: self.name.into(),
            is_data: self.mode.as_deref() == Some("data"),
            action: Action::Planned,
            before: None,
            after: marks.overlaid(self.values.0, &Node::Absent, &self.sensitive_values.0),
            stays: true,
            line: 1,
        }
    }
}
