//! Cross-checks: references between files, and the property paths that expressions read.
//!
//! A typo in a property path would make a check silently pass, because what is not there is absent. So a
//! path must stand in one of the check's own examples, with a value of the type that it is compared with,
//! and must begin like a property that a collector of the kind fills.

use partywall_expr::Type;
use partywall_model::{Kind, Node, Problem};

use crate::check::{Check, Example};
use crate::collect::{Collector, KindCollector};
use crate::control::ControlBand;
use crate::load::Content;
use crate::mapping::Becomes;
use crate::yaml::Located;

/// References that lead nowhere.
pub(crate) fn references(content: &Content) -> Vec<Problem> {
    let mut problems = Vec::new();
    for check in &content.checks {
        match content.control(check.control.as_str()) {
            None => {
                let message = format!("there is no control `{}`", check.control);
                problems.push(Problem::new(check.file.clone(), message));
            }
            Some(control) if control.held_by_default == ControlBand::Provider => {
                let message = format!(
                    "`{}` is the provider's side, which is never scored; name a control that the customer holds",
                    check.control
                );
                problems.push(Problem::new(check.file.clone(), message));
            }
            Some(_) => {}
        }
        for safe in &check.fix.safe {
            let becomes = content.mapping(&safe.of).map(|mapping| match &mapping.becomes {
                Becomes::Asset(rule) => check.kinds.contains(&rule.kind),
                Becomes::Part(_) => false,
            });
            let is_own = check.kinds.iter().any(|kind| kind.as_str() == &*safe.of);
            let about = (!becomes.unwrap_or(is_own)).then(|| {
                format!("a safe repair is in `{}`, which is no resource that the check judges", safe.of)
            });
            let found = about.or_else(|| safe.mistake());
            problems.extend(found.map(|message| Problem::new(check.file.clone(), message)));
        }
        for kind in &check.kinds {
            if !is_known(content, kind) {
                let message =
                    format!("no service file under `ssrm/services` and no collector knows the kind `{kind}`");
                problems.push(Problem::new(check.file.clone(), message));
            }
        }
    }
    problems.extend(content.checks.iter().flat_map(|check| requirements(content, check)));
    for collector in &content.collectors {
        problems.extend(collector.kinds.iter().flat_map(|kind| relations(content, collector, kind)));
    }
    for control in &content.controls {
        for kind in control.measured_on.iter().filter(|kind| !is_known(content, kind)) {
            let message = format!("`{}` is measured on `{kind}`, which no service file knows", control.id);
            problems.push(Problem::new("ssrm/controls.yaml", message));
        }
    }
    for service in &content.services {
        for line in &service.lines {
            for path in line.when.iter().flat_map(|when| when.paths()) {
                for kind in
                    service.kinds.keys().filter(|kind| line.kinds.is_empty() || line.kinds.contains(kind))
                {
                    if let Some(false) = is_collected(&content.collectors, kind, &path.path) {
                        let message = format!("no collector fills `{}` of `{kind}`", path.path);
                        problems.push(Problem::new(format!("ssrm/services/{}", line.rule), message));
                    }
                }
            }
        }
    }
    problems
}

/// References to assets of a kind that nobody knows, or by a property that the entry does not fill.
fn relations(content: &Content, collector: &Collector, kind: &KindCollector) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |message: String| {
        problems.push(Problem::new(collector.file.clone(), format!("`{}`: {message}", kind.kind)));
    };
    for relation in &kind.relations {
        if !is_known(content, &relation.kind) {
            problem(format!(
                "no service file and no collector knows the kind `{}` of a relation",
                relation.kind
            ));
        }
        if !fills(kind, &relation.by) {
            problem(format!("nothing fills `{}`, by which a relation refers", relation.by));
        }
    }
    problems
}

/// Frameworks and requirements that a check names and nobody knows.
fn requirements(content: &Content, check: &Check) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |message: String| problems.push(Problem::new(check.file.clone(), message));
    for (framework, ids) in &check.related {
        let Some(known) = content.framework(framework) else {
            let ids: Vec<&str> = content.frameworks.iter().map(|framework| &*framework.id).collect();
            problem(format!("there is no framework `{framework}`; there are {}", ids.join(", ")));
            continue;
        };
        for (at, id) in ids.iter().enumerate() {
            if known.requirement(id).is_none() {
                problem(format!("`{framework}` has no requirement `{id}` (see `{}`)", known.file));
            }
            if ids.iter().skip(at + 1).any(|other| other == id) {
                problem(format!("`{framework}` `{id}` is named twice"));
            }
        }
    }
    problems
}

/// Whether a service file or a collector knows a kind.
pub(crate) fn is_known(content: &Content, kind: &Kind) -> bool {
    content.services.iter().any(|service| service.kinds.contains_key(kind))
        || content.collectors.iter().flat_map(|collector| &collector.kinds).any(|known| known.kind == *kind)
}

/// Whether a collector fills a property at, above or below the path; none where no collector reads the kind.
fn is_collected(collectors: &[Collector], kind: &Kind, path: &str) -> Option<bool> {
    let kind = collectors.iter().flat_map(|collector| &collector.kinds).find(|known| known.kind == *kind)?;
    Some(fills(kind, path))
}

/// Whether a collector fills a property at, above or below the path.
fn fills(kind: &KindCollector, path: &str) -> bool {
    let path = path.split("[]").next().unwrap_or(path);
    kind.targets().any(|target| is_prefix(target, path) || is_prefix(path, target))
}

fn is_prefix(short: &str, long: &str) -> bool {
    short.is_empty() || long == short || long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'))
}

/// The paths that a check reads, against its examples and the collectors.
pub(crate) fn check_paths(
    check: &Check,
    examples: &[Located<Example>],
    collectors: &[Collector],
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |message: String| problems.push(Problem::new(check.file.clone(), message));
    let programs = || check.applies_when.iter().chain([&check.fails_when]);
    for path in programs().flat_map(|program| program.paths()) {
        let path = &*path.path;
        if path.is_empty() || path == "[]" {
            continue;
        }
        if !examples.iter().any(|example| !values(&example.value.asset, path).is_empty()) {
            problem(format!(
                "no example has `{path}`: is it a typo? give it a value, `null` or `!unknown`, in one"
            ));
        }
        for kind in &check.kinds {
            if let Some(false) = is_collected(collectors, kind, path) {
                problem(format!("no collector fills `{path}` of `{kind}`"));
            }
        }
    }
    for comparison in programs().flat_map(|program| program.literals_compared()) {
        let path = &*comparison.path.path;
        for example in examples {
            for value in values(&example.value.asset, path) {
                let found = Type::of(value);
                if !found.meets(comparison.literal_type) {
                    problem(format!(
                        "`{path}` is compared with a {}, but the example on line {} has a {found} there",
                        comparison.literal_type, example.line
                    ));
                }
            }
        }
    }
    problems
}

/// All values at a path in which `[]` stands for every element of a list.
fn values<'a>(node: &'a Node, path: &str) -> Vec<&'a Node> {
    let mut found = vec![node];
    for step in path.split('.').flat_map(|part| part.split_inclusive("[]")) {
        let (key, each) = match step.strip_suffix("[]") {
            Some(key) => (key, true),
            None => (step, false),
        };
        let under = |node: &&'a Node| -> Vec<&'a Node> {
            let below = match node {
                _ if key.is_empty() => Some(*node),
                Node::Map(map) => map.get(key),
                Node::Unknown(_) => None,
                _ => None,
            };
            match below {
                Some(Node::List(items)) if each => items.iter().collect(),
                Some(below) if !each || below.is_unknown() || below.is_absent() => vec![below],
                Some(Node::Map(map)) => map.iter().map(|(_, value)| value).collect(),
                _ => Vec::new(),
            }
        };
        found = found.iter().flat_map(under).collect();
    }
    found
}
