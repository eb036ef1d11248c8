//! Reads a content folder into [`Content`]: every file, every expression, every reference.
//!
//! Loading never stops at the first mistake: what is wrong becomes a [`Problem`] that names file and line,
//! and the rest is still read. Whoever asked decides that problems are fatal (the build and `--content` do).

use std::collections::{BTreeMap, BTreeSet};

use partywall_expr::{Language, Program};
use partywall_model::{CheckId, ControlId, Kind, Problem};
use serde::{Deserialize, Serialize};

use crate::check::{Check, CheckFile, Example};
use crate::collect::{Collector, CollectorFile};
use crate::control::{
    Archetype, ArchetypesFile, Control, ControlsFile, KillChain, ServiceFile, ServiceLines,
};
pub use crate::files::{Files, LoadError};
use crate::framework::{Framework, FrameworkFile, Requirement, Strength, by_number};
use crate::functions::check_language;
use crate::import::ImportMap;
use crate::lifecycle::{Lifecycle, LifecycleFile};
use crate::mapping::{self, Mapping, MappingFile};
use crate::secret::{self, PlaceholderFile, SecretExample, SecretFile, SecretRules};
use crate::yaml::{self, Located};
use crate::{compile, validate};

/// All content, compiled and cross-checked.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Content {
    /// The controls, in the order of their file.
    pub controls: Vec<Control>,
    /// The kill chain.
    pub kill_chain: KillChain,
    /// Archetypes, by id.
    pub archetypes: Vec<Archetype>,
    /// Service files, by id.
    pub services: Vec<ServiceLines>,
    /// End-of-life dates.
    pub lifecycle: Lifecycle,
    /// Checks, by id.
    pub checks: Vec<Check>,
    /// Collectors, by service.
    pub collectors: Vec<Collector>,
    /// Frameworks, by id.
    pub frameworks: Vec<Framework>,
    /// What findings of other scanners mean, by scanner.
    pub imports: Vec<ImportMap>,
    /// What resources in code become, by type.
    pub mappings: Vec<Mapping>,
    /// What secrets look like.
    pub secrets: SecretRules,
}

impl Content {
    /// The control with this id.
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == *id)
    }

    /// The check with this id, or with this alias.
    pub fn check(&self, id: &str) -> Option<&Check> {
        let by_id = self.checks.binary_search_by(|check| check.id.as_str().cmp(id)).ok();
        by_id
            .and_then(|at| self.checks.get(at))
            .or_else(|| self.checks.iter().find(|check| check.aliases.iter().any(|alias| *alias == *id)))
    }

    /// What a resource type of Terraform becomes.
    pub fn mapping(&self, name: &str) -> Option<&Mapping> {
        let at = self.mappings.binary_search_by(|mapping| (*mapping.name).cmp(name)).ok()?;
        self.mappings.get(at)
    }

    /// The framework with this id.
    pub fn framework(&self, id: &str) -> Option<&Framework> {
        self.frameworks.iter().find(|framework| *framework.id == *id)
    }

    /// The ids of all controls.
    pub fn control_ids(&self) -> Vec<ControlId> {
        self.controls.iter().map(|control| control.id.clone()).collect()
    }
}

/// What a content folder holds.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The content, without what was refused.
    pub content: Content,
    /// The examples of the checks that the folder holds, with the lines on which they stand.
    pub examples: Vec<(CheckId, Vec<Located<Example>>)>,
    /// The examples of the rules about secrets, by the rule.
    pub secret_examples: Vec<(Box<str>, Vec<Located<SecretExample>>)>,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
}

/// Loads a folder on top of `base` (empty for the built-in content): what has the id of something in `base`
/// replaces it, everything else is added. References are resolved against the result.
pub fn load(files: &Files, base: Content) -> Loaded {
    let mut loader = Loader { loaded: Loaded { content: base, ..Loaded::default() } };
    // Controls and archetypes first: the others refer to them.
    let rank = |path: &str| match path {
        "ssrm/controls.yaml" | "ssrm/killchain.yaml" => 0,
        "ssrm/archetypes.yaml" | "ssrm/lifecycle.yaml" => 1,
        _ => 2,
    };
    let mut paths: Vec<&String> = files.0.keys().collect();
    paths.sort_by_key(|path| (rank(path), *path));
    for path in paths {
        if let Some(text) = files.0.get(path) {
            loader.file(path, text);
        }
    }
    let mut loaded = loader.loaded;
    loaded.content.checks.sort_by(|a, b| a.id.cmp(&b.id));
    loaded.content.services.sort_by(|a, b| a.id.cmp(&b.id));
    loaded.content.collectors.sort_by(|a, b| a.service.cmp(&b.service));
    loaded.content.frameworks.sort_by(|a, b| a.id.cmp(&b.id));
    loaded.content.imports.sort_by(|a, b| a.id.cmp(&b.id));
    loaded.content.mappings.sort_by(|a, b| a.name.cmp(&b.name));
    loaded.content.secrets.rules.sort_by(|a, b| a.id.cmp(&b.id));
    relate_controls(&mut loaded.content);
    let problems = validate::references(&loaded.content);
    loaded.problems.extend(problems);
    let problems = mapping::problems(&loaded.content);
    loaded.problems.extend(problems);
    let imports = loaded.content.imports.iter().flat_map(|map| map.problems(&loaded.content));
    loaded.problems.extend(imports);
    for (id, examples) in &loaded.examples {
        if let Some(check) = loaded.content.check(id.as_str()) {
            loaded.problems.extend(validate::check_paths(check, examples, &loaded.content.collectors));
        }
    }
    loaded.problems.sort();
    loaded.problems.dedup();
    loaded
}

/// Notes at every control the requirements that the frameworks say it serves.
fn relate_controls(content: &mut Content) {
    for control in &mut content.controls {
        control.related.clear();
        for framework in &content.frameworks {
            let served = framework.requirements.iter().filter(|one| one.controls.contains(&control.id));
            let ids: Vec<Box<str>> = served.map(|one| one.id.clone()).collect();
            if !ids.is_empty() {
                control.related.insert(framework.id.clone(), ids);
            }
        }
    }
}

struct Loader {
    loaded: Loaded,
}

/// Collects the problems of one file.
pub(crate) struct FileReader<'a> {
    pub(crate) path: &'a str,
    pub(crate) problems: &'a mut Vec<Problem>,
}

impl FileReader<'_> {
    pub(crate) fn problem(&mut self, line: u32, message: impl Into<Box<str>>) {
        self.problems.push(Problem::new(format!("{}:{line}", self.path), message));
    }

    /// Compiles an expression; a mistake is a problem of its line.
    pub(crate) fn program(&mut self, text: &Located<String>, language: &Language) -> Option<Program> {
        match Program::compile(&text.value, language) {
            Ok(program) => Some(program),
            Err(error) => {
                let near = text.value.get(error.span.clone()).unwrap_or_default();
                self.problem(text.line, format!("{} (at `{near}`)", error.message));
                None
            }
        }
    }
}

impl Loader {
    fn file(&mut self, path: &str, text: &str) {
        let mut parts = path.split('/');
        match (parts.next(), parts.next()) {
            (Some("ssrm"), Some("controls.yaml")) => self.parsed(path, text, Self::controls),
            (Some("ssrm"), Some("killchain.yaml")) => {
                self.parsed(path, text, |loader, _, file: KillChain| loader.loaded.content.kill_chain = file);
            }
            (Some("ssrm"), Some("archetypes.yaml")) => self.parsed(path, text, Self::archetypes),
            (Some("ssrm"), Some("lifecycle.yaml")) => {
                self.parsed(path, text, |loader, _, file: LifecycleFile| {
                    loader.loaded.content.lifecycle.absorb(file)
                })
            }
            (Some("ssrm"), Some("golden.yaml")) => {}
            (Some("ssrm"), Some("services")) => self.parsed(path, text, Self::service),
            (Some("checks"), Some(_)) => self.parsed(path, text, Self::check),
            (Some("frameworks"), Some(_)) => self.parsed(path, text, Self::framework),
            (Some("imports"), Some(_)) => self.parsed(path, text, Self::import),
            (Some("mappings"), Some("arm" | "cloudformation" | "terraform")) => {
                self.parsed(path, text, Self::mappings)
            }
            (Some("secrets"), Some("placeholders.yaml")) => self.parsed(path, text, Self::placeholders),
            (Some("secrets"), Some(_)) => self.parsed(path, text, Self::secrets),
            (Some("collect"), Some(_)) => self.parsed(path, text, Self::collector),
            _ => {
                let message = "a content folder has `ssrm/`, `checks/<cloud>/<service>/`, `collect/<cloud>/`, `mappings/<language>/<provider>/`, `secrets/`, `frameworks/` and `imports/`; this file is none of them";
                self.loaded.problems.push(Problem::new(path, message));
            }
        }
    }

    fn parsed<T: serde::de::DeserializeOwned>(
        &mut self,
        path: &str,
        text: &str,
        take: impl FnOnce(&mut Self, &str, T),
    ) {
        match yaml::from_str(text) {
            Ok(file) => take(self, path, file),
            Err(error) => {
                let subject = format!("{path}:{}", error.line);
                self.loaded.problems.push(Problem::new(subject, error.message));
            }
        }
    }

    fn reader<'a>(&'a mut self, path: &'a str) -> FileReader<'a> {
        FileReader { path, problems: &mut self.loaded.problems }
    }

    fn controls(&mut self, path: &str, file: ControlsFile) {
        for Located { line, value } in file.controls {
            if value.id.layer_word() != value.layer.word() {
                let message = format!("the id `{}` must begin with its layer `{}.`", value.id, value.layer);
                self.reader(path).problem(line, message);
            }
            if !(1..=3).contains(&value.weight) {
                self.reader(path).problem(line, "a weight is 1, 2 or 3");
            }
            if !value.related.is_empty() {
                let message = "which requirements a control serves is said in `frameworks/<framework>.yaml`";
                self.reader(path).problem(line, message);
            }
            put(&mut self.loaded.content.controls, value, |control| &control.id);
        }
    }

    fn archetypes(&mut self, path: &str, file: ArchetypesFile) {
        let controls = self.loaded.content.control_ids();
        for archetype in file.archetypes {
            let id = archetype.id.value.clone();
            let place = format!("archetype {id}");
            let mut reader = self.reader(path);
            let lines = compile::lines(&mut reader, &place, archetype.lines, &file.sources, &controls);
            compile::every_control_is_answered(&mut reader, archetype.id.line, &id, &lines, &controls);
            let archetype = Archetype { id, meaning: archetype.meaning, lines };
            put(&mut self.loaded.content.archetypes, archetype, |archetype| &archetype.id);
        }
    }

    fn service(&mut self, path: &str, file: ServiceFile) {
        let controls = self.loaded.content.control_ids();
        let place = path.trim_start_matches("ssrm/services/").to_owned();
        let id: Box<str> = place.trim_end_matches(".yaml").into();
        let known: Vec<Box<str>> =
            self.loaded.content.archetypes.iter().map(|archetype| archetype.id.clone()).collect();
        let mut reader = self.reader(path);
        if !id.ends_with(&*file.service) {
            reader.problem(
                1,
                format!("the file of service `{}` must be named `{}.yaml`", file.service, file.service),
            );
        }
        let mut kinds = BTreeMap::new();
        for kind in &file.kinds {
            let archetype = file.archetypes.get(&kind.value).or(file.archetype.as_ref());
            match archetype {
                Some(archetype) if known.contains(&archetype.value) => {
                    kinds.insert(kind.value.clone(), archetype.value.clone());
                }
                Some(archetype) => {
                    reader.problem(archetype.line, format!("there is no archetype `{}`", archetype.value));
                }
                None => reader.problem(kind.line, format!("`{}` has no archetype", kind.value)),
            }
        }
        for (kind, archetype) in &file.archetypes {
            if !file.kinds.iter().any(|listed| listed.value == *kind) {
                reader.problem(archetype.line, format!("`{kind}` is not among the `kinds` of this file"));
            }
        }
        let lines = compile::lines(&mut reader, &place, file.lines, &file.sources, &controls);
        let listed: Vec<Kind> = kinds.keys().cloned().collect();
        compile::every_line_can_answer(&mut reader, &lines, &listed);
        let service = ServiceLines { id, kinds, lines };
        put(&mut self.loaded.content.services, service, |service| &service.id);
    }

    fn check(&mut self, path: &str, file: CheckFile) {
        let language = check_language();
        let mut reader = self.reader(path);
        let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".yaml");
        if file.id.value != *stem {
            reader.problem(
                file.id.line,
                format!("the file of check `{}` must be named `{}.yaml`", file.id.value, file.id.value),
            );
        }
        let kinds: Vec<Kind> = file.kind.iter().chain(&file.kinds).map(|kind| kind.value.clone()).collect();
        if kinds.is_empty() {
            reader.problem(file.id.line, "a check needs a `kind`");
        }
        for verdict in ["fail", "pass", "unknown"] {
            if !file.examples.iter().any(|example| word(&example.value) == verdict) {
                reader.problem(file.id.line, format!("there is no example whose verdict is `{verdict}`"));
            }
        }
        for technique in &file.techniques {
            let digits = technique.value.trim_start_matches('T').replace('.', "");
            if !technique.value.starts_with('T')
                || digits.len() < 4
                || !digits.bytes().all(|b| b.is_ascii_digit())
            {
                reader.problem(technique.line, format!("`{}` is no ATT&CK technique id", technique.value));
            }
        }
        let applies_when = match &file.applies_when {
            None => Ok(None),
            Some(text) => reader.program(text, &language).map(Some).ok_or(()),
        };
        let fails_when = reader.program(&file.fails_when, &language);
        let (Ok(applies_when), Some(fails_when)) = (applies_when, fails_when) else { return };
        let check = Check {
            id: file.id.value.clone(),
            title: file.title,
            since: file.since,
            status: file.status,
            aliases: file.aliases,
            kinds,
            control: file.control.value,
            severity: file.severity,
            confidence: file.confidence,
            stage: file.stage,
            techniques: file.techniques.into_iter().map(|technique| technique.value).collect(),
            related: file.related,
            applies_when,
            fails_when,
            why: file.why,
            fix: file.fix,
            file: path.into(),
        };
        self.loaded.examples.push((file.id.value, file.examples));
        put(&mut self.loaded.content.checks, check, |check| &check.id);
    }

    fn import(&mut self, path: &str, map: ImportMap) {
        if path != format!("imports/{}.yaml", map.id) {
            let message = format!("the file of scanner `{0}` must be `imports/{0}.yaml`", map.id);
            self.reader(path).problem(1, message);
        }
        put(&mut self.loaded.content.imports, map, |map| &map.id);
    }

    fn framework(&mut self, path: &str, file: FrameworkFile) {
        let known = self.loaded.content.control_ids();
        let mut reader = self.reader(path);
        let FrameworkFile { framework: Located { line, value: id }, requirements: written, others, .. } =
            file;
        if path != format!("frameworks/{id}.yaml") {
            reader.problem(line, format!("the file of framework `{id}` must be `frameworks/{id}.yaml`"));
        }
        let mut requirements = Vec::with_capacity(written.len() + others.len());
        let mut listed = BTreeSet::new();
        for Located { line, value } in others {
            if written.contains_key(&value) {
                reader.problem(line, format!("`{value}` is under `requirements` already"));
                continue;
            }
            if !listed.insert(value.clone()) {
                reader.problem(line, format!("`{value}` is listed twice"));
                continue;
            }
            requirements.push(Requirement {
                id: value,
                title: None,
                controls: Vec::new(),
                strength: Strength::Touches,
            });
        }
        for (id, Located { value: requirement, .. }) in written {
            for control in requirement.controls.iter().filter(|control| !known.contains(&control.value)) {
                reader.problem(control.line, format!("there is no control `{}`", control.value));
            }
            requirements.push(Requirement {
                id,
                title: requirement.title,
                controls: requirement.controls.into_iter().map(|control| control.value).collect(),
                strength: requirement.strength,
            });
        }
        requirements.sort_by(|a, b| by_number(&a.id, &b.id));
        let (title, version, publisher, url) = (file.title, file.version, file.publisher, file.url);
        let framework = Framework { id, title, version, publisher, url, requirements, file: path.into() };
        put(&mut self.loaded.content.frameworks, framework, |framework| &framework.id);
    }

    fn mappings(&mut self, path: &str, file: MappingFile) {
        for mapping in mapping::mappings(&mut self.reader(path), file) {
            put(&mut self.loaded.content.mappings, mapping, |mapping| &mapping.name);
        }
    }

    fn secrets(&mut self, path: &str, file: SecretFile) {
        let controls = self.loaded.content.control_ids();
        for (rule, examples) in secret::rules(&mut self.reader(path), file, &controls) {
            self.loaded.secret_examples.push((rule.id.clone(), examples));
            let rules = &mut self.loaded.content.secrets.rules;
            if let Some(other) = rules.iter().find(|old| old.id == rule.id && old.file != rule.file) {
                let message = format!("`{}` has a rule `{}` already", other.file, rule.id);
                self.reader(path).problem(1, message);
                continue;
            }
            put(rules, rule, |rule| &rule.id);
        }
    }

    fn placeholders(&mut self, path: &str, file: PlaceholderFile) {
        let patterns = secret::placeholders(&mut self.reader(path), file);
        self.loaded.content.secrets.placeholders.extend(patterns);
    }

    fn collector(&mut self, path: &str, file: CollectorFile) {
        let mut reader = self.reader(path);
        let collector = Collector {
            service: file.service.clone(),
            kinds: compile::kinds(&mut reader, file),
            file: path.into(),
        };
        put(&mut self.loaded.content.collectors, collector, |collector| &collector.file);
    }
}

fn word(example: &Example) -> &'static str {
    match example.verdict {
        crate::ExampleVerdict::Pass => "pass",
        crate::ExampleVerdict::Fail => "fail",
        crate::ExampleVerdict::Unknown => "unknown",
        crate::ExampleVerdict::NotApplicable => "not-applicable",
    }
}

fn put<T, K: PartialEq>(list: &mut Vec<T>, new: T, key: impl Fn(&T) -> &K) {
    match list.iter_mut().find(|old| key(old) == key(&new)) {
        Some(old) => *old = new,
        None => list.push(new),
    }
}
