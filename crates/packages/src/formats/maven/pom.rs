//! The elements of a POM that say what it depends on, from the events of `quick-xml`.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::document::Fault;
use crate::file::Lines;

/// Elements within elements.
const DEPTH_LIMIT: usize = 64;

/// What a POM says of versions.
#[derive(Debug, Default)]
pub(super) struct Pom {
    pub(super) group: Option<String>,
    pub(super) artifact: Option<String>,
    pub(super) version: Option<String>,
    pub(super) parent: Option<Parent>,
    pub(super) properties: Vec<(String, String)>,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) managed: Vec<Dependency>,
}

/// Whom it inherits from.
#[derive(Debug, Default)]
pub(super) struct Parent {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
    pub(super) relative_path: Option<String>,
}

/// A dependency as it is written.
#[derive(Debug, Default)]
pub(super) struct Dependency {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) is_optional: bool,
    pub(super) line: u32,
}

/// Reads a POM, as far as it can be read.
pub(super) fn read(text: &str) -> (Pom, Option<Fault>) {
    let lines = Lines::of(text);
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut reading = Reading::default();
    let byte = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    loop {
        let before = byte(reader.buffer_position());
        let fault = |what: String| Some(Fault { line: lines.at(before), what: what.into() });
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                if reading.path.len() >= DEPTH_LIMIT {
                    return (reading.pom, fault(format!("elements are nested deeper than {DEPTH_LIMIT}")));
                }
                reading.open(element.local_name().as_ref(), lines.at(before));
            }
            Ok(Event::End(_)) => reading.close(),
            Ok(Event::Text(words)) => reading.text.push_str(words.xml10_content().as_ref()),
            Ok(Event::CData(words)) => reading.text.push_str(words.xml10_content().as_ref()),
            Ok(Event::GeneralRef(name)) => {
                let name = name.xml10_content();
                reading.text.push_str(quick_xml::escape::resolve_predefined_entity(&name).unwrap_or("?"));
            }
            Ok(Event::Eof) if reading.path.is_empty() && reading.has_root => return (reading.pom, None),
            Ok(Event::Eof) => {
                return (reading.pom, fault("this is no XML: it ends in the middle".to_owned()));
            }
            Ok(_) => {}
            Err(error) => {
                let line = lines.at(byte(reader.error_position()));
                let what = format!("this is no XML: {error}");
                return (reading.pom, Some(Fault { line, what: what.into() }));
            }
        }
    }
}

#[derive(Default)]
struct Reading {
    pom: Pom,
    has_root: bool,
    path: Vec<String>,
    text: String,
    dependency: Dependency,
}

impl Reading {
    fn open(&mut self, name: &str, line: u32) {
        self.has_root = true;
        self.path.push(name.to_owned());
        self.text.clear();
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match inside(&path) {
            ["dependencies", "dependency"] | ["dependencyManagement", "dependencies", "dependency"] => {
                self.dependency = Dependency { line, ..Dependency::default() };
            }
            ["parent"] => self.pom.parent = Some(Parent::default()),
            _ => {}
        }
    }

    fn close(&mut self) {
        let text = std::mem::take(&mut self.text).trim().to_owned();
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let is_top = path.len() == 2;
        match inside(&path) {
            ["groupId"] if is_top => self.pom.group = Some(text),
            ["artifactId"] if is_top => self.pom.artifact = Some(text),
            ["version"] if is_top => self.pom.version = Some(text),
            ["properties", name] => self.pom.properties.push(((*name).to_owned(), text)),
            ["parent", key] => {
                let parent = self.pom.parent.get_or_insert_default();
                match *key {
                    "groupId" => parent.group = text,
                    "artifactId" => parent.artifact = text,
                    "version" => parent.version = text,
                    "relativePath" => parent.relative_path = Some(text),
                    _ => {}
                }
            }
            ["dependencies", "dependency", key]
            | ["dependencyManagement", "dependencies", "dependency", key] => {
                let dependency = &mut self.dependency;
                match *key {
                    "groupId" => dependency.group = text,
                    "artifactId" => dependency.artifact = text,
                    "version" => dependency.version = Some(text),
                    "scope" => dependency.scope = Some(text),
                    "optional" => dependency.is_optional = text == "true",
                    _ => {}
                }
            }
            ["dependencies", "dependency"] => {
                self.pom.dependencies.push(std::mem::take(&mut self.dependency))
            }
            ["dependencyManagement", "dependencies", "dependency"] => {
                self.pom.managed.push(std::mem::take(&mut self.dependency));
            }
            _ => {}
        }
        self.path.pop();
    }
}

/// The path within the project, or within one of its profiles.
fn inside<'p, 's>(path: &'p [&'s str]) -> &'p [&'s str] {
    match path {
        ["project", "profiles", "profile", inside @ ..] | ["project", inside @ ..] => inside,
        _ => &[],
    }
}
