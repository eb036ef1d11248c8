//! `pom.xml` (Maven's POM reference).
//!
//! A POM names what the code asks for itself. Versions come from the dependency, from `dependencyManagement`, and through
//! properties; both are inherited from parents, of which those among the files are read. What only a parent or a bill of
//! materials elsewhere says is undecided.

mod pom;

use std::collections::HashSet;
use std::sync::Arc;

use super::Included;
use crate::file::{self, File, Files};
use crate::found::{Draft, Found};
use crate::package::{Need, Use, Version};
use pom::{Dependency, Pom};

/// Parents of parents.
const PARENTS: usize = 16;
/// Properties within properties.
const NESTED: usize = 16;

pub(super) fn read(file: &File, files: &dyn Files, found: &mut Found) -> Vec<Included> {
    let (pom, fault) = pom::read(&file.text);
    found.fault(fault);
    let mut line_of_descent = vec![pom];
    let absent = ancestors(&mut line_of_descent, &file.path, files);
    let Some((own, parents)) = line_of_descent.split_first() else { return Vec::new() };
    let model = Model { own, parents, absent };
    for dependency in &own.dependencies {
        model.dependency(dependency, found);
    }
    Vec::new()
}

/// Adds the parents that are among the files; answers with the coordinates of the first that is not.
fn ancestors(line: &mut Vec<Pom>, path: &str, files: &dyn Files) -> Option<String> {
    let mut path: Arc<str> = path.into();
    let mut seen = HashSet::from([path.clone()]);
    loop {
        let parent = line.last()?.parent.as_ref()?;
        let told = format!("{}:{}:{}", parent.group, parent.artifact, parent.version);
        let wanted = (parent.group.clone(), parent.artifact.clone());
        let relative = parent.relative_path.as_deref().unwrap_or("../pom.xml");
        if relative.is_empty() || line.len() > PARENTS {
            return Some(told);
        }
        let mut place = file::join(file::folder(&path), relative);
        if !place.ends_with(".xml") {
            place = file::join(&place, "pom.xml");
        }
        let place: Arc<str> = place.into();
        let Some(bytes) = files.bytes(&place).ok().filter(|_| seen.insert(place.clone())) else {
            return Some(told);
        };
        let (pom, _) = pom::read(&File::new(place.clone(), bytes).text);
        // A file that stands there by chance is no parent.
        let group = pom.group.clone().or_else(|| pom.parent.as_ref().map(|parent| parent.group.clone()));
        if pom.artifact.as_deref() != Some(&*wanted.1) || group.as_deref() != Some(&*wanted.0) {
            return Some(told);
        }
        line.push(pom);
        path = place;
    }
}

struct Model<'p> {
    own: &'p Pom,
    parents: &'p [Pom],
    /// The parent that nobody can read here.
    absent: Option<String>,
}

impl<'p> Model<'p> {
    fn dependency(&self, dependency: &Dependency, found: &mut Found) {
        let [group, artifact] = [&dependency.group, &dependency.artifact].map(|text| self.filled(text));
        let name = match (&group, &artifact) {
            (Ok(group), Ok(artifact)) if !group.is_empty() && !artifact.is_empty() => {
                format!("{group}:{artifact}")
            }
            (Err(why), _) | (_, Err(why)) => {
                found.trouble(dependency.line, format!("a dependency's name is not decided: {why}"));
                return;
            }
            _ => {
                found.trouble(dependency.line, "a dependency needs a `groupId` and an `artifactId`");
                return;
            }
        };
        let is_own = |text: &str| self.own.version.as_deref().is_some_and(|own| own == text);
        // A module of the same build has its version from the project.
        let sibling = dependency.version.as_deref().is_some_and(|version| version == "${project.version}")
            && group.as_deref() == Ok(self.coordinate("project.groupId").unwrap_or_default().as_str());
        let managed = self.managed(&name);
        let scope =
            dependency.scope.as_deref().or(managed.and_then(|it| it.scope.as_deref())).unwrap_or("compile");
        let used = match scope {
            "test" => Use::Development,
            _ if dependency.is_optional => Use::Optional,
            _ => Use::Runs,
        };
        if sibling && !dependency.version.as_deref().is_some_and(is_own) {
            return;
        }
        let written = dependency.version.as_deref().or(managed.and_then(|it| it.version.as_deref()));
        let version = match written {
            Some(written) => self.version(written),
            None => Version::undecided(self.open()),
        };
        found.add(&name, version, dependency.line, Draft { need: Need::Direct, used, ..Draft::default() });
    }

    fn version(&self, written: &str) -> Version {
        match self.filled(written) {
            Err(why) => Version::Undecided(why.into()),
            Ok(version) => match version.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some(one) if !one.contains(',') => Version::Known(one.into()),
                _ if version.starts_with(['[', '(']) => {
                    Version::undecided(format!("`{version}` allows more than one"))
                }
                _ if matches!(&*version, "LATEST" | "RELEASE" | "") => {
                    Version::undecided(format!("`{version}` is whatever is newest"))
                }
                _ => Version::Known(version.into()),
            },
        }
    }

    /// Why a version that nothing here names is not decided.
    fn open(&self) -> String {
        let boms: Vec<String> = self
            .all()
            .flat_map(|pom| &pom.managed)
            .filter(|managed| managed.scope.as_deref() == Some("import"))
            .map(|bom| format!("`{}:{}`", bom.group, bom.artifact))
            .collect();
        match (&self.absent, boms.is_empty()) {
            (Some(parent), true) => {
                format!("only the parent `{parent}` knows it, which is not among the files")
            }
            (None, true) => "neither the dependency nor `dependencyManagement` says it".to_owned(),
            (Some(parent), false) => {
                format!(
                    "only the parent `{parent}` or {} knows it, which are not among the files",
                    boms.join(", ")
                )
            }
            (None, false) => format!("only {} knows it, which is not read", boms.join(", ")),
        }
    }

    fn all(&self) -> impl Iterator<Item = &'p Pom> {
        std::iter::once(self.own).chain(self.parents)
    }

    fn managed(&self, name: &str) -> Option<&'p Dependency> {
        self.all().flat_map(|pom| &pom.managed).find(|managed| {
            managed.scope.as_deref() != Some("import")
                && self.filled(&managed.group).is_ok_and(|group| {
                    name.strip_prefix(&*group).is_some_and(|rest| {
                        rest.strip_prefix(':').is_some_and(|artifact| {
                            self.filled(&managed.artifact).is_ok_and(|it| it == artifact)
                        })
                    })
                })
        })
    }

    /// A text with its properties filled in, or why one has no value.
    fn filled(&self, text: &str) -> Result<String, String> {
        let mut filled = text.to_owned();
        for _ in 0..NESTED {
            let Some((before, rest)) = filled.split_once("${") else { return Ok(filled) };
            let Some((name, after)) = rest.split_once('}') else { return Ok(filled) };
            let value = self.coordinate(name).or_else(|| {
                self.all().find_map(|pom| {
                    pom.properties.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone())
                })
            });
            match value {
                Some(value) if value.len() < 4096 => filled = format!("{before}{value}{after}"),
                _ => {
                    let known = self
                        .absent
                        .as_ref()
                        .map(|parent| format!("; the parent `{parent}` is not among the files"));
                    return Err(format!("`${{{name}}}` has no value here{}", known.unwrap_or_default()));
                }
            }
        }
        Err(format!("the properties of `{text}` go round in a circle"))
    }

    /// `project.version` and its like, inherited from the parent.
    fn coordinate(&self, name: &str) -> Option<String> {
        let parent = self.own.parent.as_ref();
        match name.strip_prefix("project.").or_else(|| name.strip_prefix("pom."))? {
            "version" => self.own.version.clone().or_else(|| parent.map(|parent| parent.version.clone())),
            "groupId" => self.own.group.clone().or_else(|| parent.map(|parent| parent.group.clone())),
            "artifactId" => self.own.artifact.clone(),
            "parent.version" => parent.map(|parent| parent.version.clone()),
            "parent.groupId" => parent.map(|parent| parent.group.clone()),
            _ => None,
        }
    }
}
