//! A catalogue of controls in OSCAL JSON that a user has: titles and texts to stand beside our ids.
//!
//! Only what is shown is kept: per control its title and its statement, with parameters put in as what they
//! stand for. The file is a stranger's; everything in it is bounded.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A catalogue larger than this is refused, in bytes.
pub const CATALOG_LIMIT: u64 = 64 << 20;
/// More controls than this are refused.
const CONTROL_LIMIT: usize = 20_000;
/// Statements longer than this, in bytes, are cut.
const TEXT_LIMIT: usize = 8_192;
/// What stands where a statement was cut.
const CUT: &str = "…\n";
/// Names and choices of parameters longer than this, in bytes, are cut.
const LABEL_LIMIT: usize = 512;
/// Groups and enhancements nested deeper than this are refused, and parts are not followed.
const DEPTH_LIMIT: usize = 16;

/// Titles and statements by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    controls: BTreeMap<Box<str>, CatalogControl>,
}

/// One control of a catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogControl {
    /// Its title.
    pub title: Box<str>,
    /// Its statement, one item to a line; empty where it has none.
    pub text: Box<str>,
}

/// Why a catalogue cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It is no JSON, or not of OSCAL's form.
    #[error("it is no OSCAL catalogue in JSON: {0}")]
    Form(#[from] serde_json::Error),
    /// There is no control in it.
    #[error("it holds no control: is it a catalogue (`catalog`), or a profile to be resolved first?")]
    Empty,
    /// It is too large.
    #[error("it is larger than {CATALOG_LIMIT} bytes")]
    TooLarge,
    /// It has too many controls.
    #[error("it has more than {CONTROL_LIMIT} controls")]
    TooMany,
    /// It is nested too deep.
    #[error("its groups or controls are nested deeper than {DEPTH_LIMIT}")]
    TooDeep,
}

impl Catalog {
    /// Reads a catalogue.
    ///
    /// # Errors
    /// Bytes that are no OSCAL catalogue with controls in it.
    pub fn read(bytes: &[u8]) -> Result<Self, CatalogError> {
        if bytes.len() as u64 > CATALOG_LIMIT {
            return Err(CatalogError::TooLarge);
        }
        let file: CatalogFile = serde_json::from_slice(bytes)?;
        let mut catalog = Self::default();
        catalog.group(&file.catalog, 0)?;
        if catalog.controls.is_empty() { Err(CatalogError::Empty) } else { Ok(catalog) }
    }

    /// What it says of an id, however that is written: `AC-2(1)` is OSCAL's `ac-2.1`.
    pub fn control(&self, id: &str) -> Option<&CatalogControl> {
        self.controls.get(&*plain(id))
    }

    /// What it says, by id.
    pub fn controls(&self) -> impl Iterator<Item = (&str, &CatalogControl)> {
        self.controls.iter().map(|(id, control)| (&**id, control))
    }

    /// How many controls it holds.
    pub fn len(&self) -> usize {
        self.controls.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.controls.is_empty()
    }

    fn group(&mut self, group: &GroupFile, depth: usize) -> Result<(), CatalogError> {
        if depth > DEPTH_LIMIT {
            return Err(CatalogError::TooDeep);
        }
        group.controls.iter().try_for_each(|control| self.control_file(control, depth))?;
        group.groups.iter().try_for_each(|inner| self.group(inner, depth + 1))
    }

    fn control_file(&mut self, control: &ControlFile, depth: usize) -> Result<(), CatalogError> {
        if depth > DEPTH_LIMIT {
            return Err(CatalogError::TooDeep);
        }
        if self.controls.len() >= CONTROL_LIMIT {
            return Err(CatalogError::TooMany);
        }
        let parameters: BTreeMap<&str, &ParameterFile> =
            control.params.iter().map(|parameter| (&*parameter.id, parameter)).collect();
        let mut text = String::new();
        for statement in control.parts.iter().filter(|part| part.name == "statement") {
            write_part(statement, &parameters, 0, &mut text);
        }
        let told = CatalogControl { title: control.title.clone().into(), text: text.trim_end().into() };
        self.controls.entry(plain(&control.id)).or_insert(told);
        control.controls.iter().try_for_each(|inner| self.control_file(inner, depth + 1))
    }
}

/// An id without what is only a matter of writing.
fn plain(id: &str) -> Box<str> {
    let letters = id.chars().filter(|c| !c.is_whitespace() && *c != ')');
    letters.map(|c| if c == '(' { '.' } else { c.to_ascii_lowercase() }).collect::<String>().into()
}

fn write_part(part: &PartFile, parameters: &BTreeMap<&str, &ParameterFile>, depth: usize, text: &mut String) {
    if depth > DEPTH_LIMIT || text.ends_with(CUT) {
        return;
    }
    if !part.prose.is_empty() {
        let label = part.props.iter().find(|prop| prop.name == "label").map_or("", |prop| &*prop.value);
        let line = if label.is_empty() { String::new() } else { format!("{label} ") };
        let line = format!("{line}{}\n", with_parameters(part.prose.trim(), parameters, 0));
        if text.len() + line.len() > TEXT_LIMIT {
            text.push_str(CUT);
            return;
        }
        text.push_str(&line);
    }
    part.parts.iter().for_each(|inner| write_part(inner, parameters, depth + 1, text));
}

/// Prose in which `{{ insert: param, ac-1_prm_1 }}` reads as what is to be chosen.
fn with_parameters(prose: &str, parameters: &BTreeMap<&str, &ParameterFile>, depth: usize) -> String {
    let mut told = String::new();
    let mut rest = prose;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((insert, behind)) = after.split_once("}}") else { break };
        told.push_str(before);
        let id = insert.rsplit(',').next().unwrap_or(insert).trim();
        let parameter = parameters.get(id).filter(|_| depth < 2);
        let choices = parameter.and_then(|parameter| parameter.select.as_ref());
        let label = match (parameter, choices) {
            (_, Some(select)) if !select.choice.is_empty() => {
                let choices = select.choice.iter().take(8);
                let choices: Vec<String> =
                    choices.map(|one| with_parameters(short(one.trim()), parameters, depth + 1)).collect();
                choices.join(" or ")
            }
            (Some(parameter), _) if !parameter.label.is_empty() => short(parameter.label.trim()).to_owned(),
            _ => "…".to_owned(),
        };
        told.push_str(&format!("[{label}]"));
        rest = behind;
        if told.len() > TEXT_LIMIT {
            break;
        }
    }
    told.push_str(rest);
    told
}

fn short(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LABEL_LIMIT)).unwrap_or(text)
}

#[derive(Deserialize)]
struct CatalogFile {
    catalog: GroupFile,
}

#[derive(Deserialize)]
struct GroupFile {
    #[serde(default)]
    groups: Vec<GroupFile>,
    #[serde(default)]
    controls: Vec<ControlFile>,
}

#[derive(Deserialize)]
struct ControlFile {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    params: Vec<ParameterFile>,
    #[serde(default)]
    parts: Vec<PartFile>,
    #[serde(default)]
    controls: Vec<ControlFile>,
}

#[derive(Deserialize)]
struct ParameterFile {
    id: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    select: Option<SelectFile>,
}

#[derive(Deserialize)]
struct SelectFile {
    #[serde(default)]
    choice: Vec<String>,
}

#[derive(Deserialize)]
struct PartFile {
    #[serde(default)]
    name: String,
    #[serde(default)]
    prose: String,
    #[serde(default)]
    props: Vec<PropertyFile>,
    #[serde(default)]
    parts: Vec<PartFile>,
}

#[derive(Deserialize)]
struct PropertyFile {
    name: String,
    value: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"{ "catalog": { "groups": [ { "controls": [ {
        "id": "xx-2", "title": "Doors",
        "params": [ { "id": "p1", "label": "colour" }, { "id": "p2", "select": { "choice": ["open", "{{ insert: param, p1 }}"] } } ],
        "parts": [
            { "name": "statement", "prose": "Doors are:", "parts": [
                { "name": "item", "props": [ { "name": "label", "value": "a." } ], "prose": "{{ insert: param, p1 }};" },
                { "name": "item", "prose": "and {{ insert: param, p2 }} {{ insert: param, p9 }} {{" } ] },
            { "name": "guidance", "prose": "Not shown." } ],
        "controls": [ { "id": "xx-2.1", "title": "Locks" } ] } ] } ] } }"#;

    #[test]
    fn a_statement_reads_with_labels_and_parameters() {
        let catalog = Catalog::read(SAMPLE.as_bytes()).unwrap();
        assert_eq!(catalog.len(), 2);
        let doors = catalog.control("XX-2").unwrap();
        assert_eq!(&*doors.title, "Doors");
        assert_eq!(&*doors.text, "Doors are:\na. [colour];\nand [open or [colour]] […] {{");
    }

    #[test]
    fn an_enhancement_is_found_as_people_write_it() {
        let catalog = Catalog::read(SAMPLE.as_bytes()).unwrap();
        assert_eq!(&*catalog.control("XX-2(1)").unwrap().title, "Locks");
        assert_eq!(catalog.control("XX-3"), None);
    }

    #[test]
    fn a_long_statement_is_cut() {
        let long = "x".repeat(TEXT_LIMIT);
        let part = format!(r#"{{ "name": "statement", "prose": "{long}" }}"#);
        let text =
            format!(r#"{{ "catalog": {{ "controls": [ {{ "id": "a", "parts": [ {part}, {part} ] }} ] }} }}"#);
        assert_eq!(&*Catalog::read(text.as_bytes()).unwrap().control("a").unwrap().text, "…");
    }

    #[test]
    fn what_would_be_left_out_is_refused() {
        let wide: Vec<String> = (0..=CONTROL_LIMIT).map(|id| format!(r#"{{ "id": "a{id}" }}"#)).collect();
        let text = |controls: &str| format!(r#"{{ "catalog": {{ "controls": [{controls}] }} }}"#);
        assert!(matches!(Catalog::read(text(&wide.join(",")).as_bytes()), Err(CatalogError::TooMany)));
        let deep = (0..=DEPTH_LIMIT + 1)
            .fold(String::new(), |inner, id| format!(r#"{{ "id": "a{id}", "controls": [{inner}] }}"#));
        assert!(matches!(Catalog::read(text(&deep).as_bytes()), Err(CatalogError::TooDeep)));
    }

    #[test]
    fn what_is_no_catalogue_is_refused() {
        assert!(matches!(Catalog::read(b"{"), Err(CatalogError::Form(_))));
        assert!(matches!(Catalog::read(br#"{ "catalog": {} }"#), Err(CatalogError::Empty)));
        assert!(matches!(Catalog::read(br#"{ "profile": {} }"#), Err(CatalogError::Form(_))));
    }
}
