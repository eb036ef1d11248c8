//! The repository's own collectors, against the operation table.

use std::collections::BTreeSet;
use std::path::Path;

use partywall_aws::collector::policy;
use partywall_aws::{Operation, Table};
use partywall_content::load::{Content, Files, load};
use partywall_content::{CallTemplate, Collector, Expression, KindCollector, KindSource, Prepare, Template};

/// Reads `content/collect/aws`; a mistake in it fails the test.
pub(crate) fn collectors() -> Vec<Collector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    let mut files = Files::read(&folder).unwrap();
    files.0.retain(|path, _| path.starts_with("collect/aws/"));
    let loaded = load(&files, Content::default());
    assert!(loaded.problems.is_empty(), "{:#?}", loaded.problems);
    loaded.content.collectors
}

fn calls(kind: &KindCollector) -> Vec<&CallTemplate> {
    fn of(prepare: &Option<Prepare>) -> Option<&CallTemplate> {
        prepare.as_ref().map(|prepare| &prepare.call)
    }
    let mut calls = Vec::new();
    if let KindSource::List(list) | KindSource::Nested { list, .. } = &kind.source {
        calls.extend(of(&list.prepare).into_iter().chain([&list.call]));
    }
    for read in &kind.read {
        calls.extend(of(&read.prepare).into_iter().chain([&read.call]));
    }
    calls
}

#[test]
fn every_operation_of_the_collectors_is_in_the_table_with_its_parameters() {
    let mut seen = 0;
    for collector in collectors() {
        for kind in &collector.kinds {
            for call in calls(kind) {
                let service = call.service.as_deref().unwrap_or(&collector.service);
                let operation = Operation::find(service, &call.operation).unwrap_or_else(|| {
                    panic!("{}: {service}:{} is not in the table", collector.file, call.operation)
                });
                let parameters: BTreeSet<&str> = operation.parameters().collect();
                let partywall_content::Template::Map(given) = &call.with else {
                    panic!("{operation}: no map")
                };
                for (name, _) in given {
                    assert!(parameters.contains(&**name), "{operation} has no parameter `{name}`");
                }
                for name in operation.required() {
                    assert!(given.iter().any(|(given, _)| **given == *name), "{operation} needs `{name}`");
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen} calls");
}

/// `reply.PolicyStatus` of a read must be a member of the answer: else it would be absent for ever.
#[test]
fn what_reads_take_out_of_an_answer_is_in_the_model_of_the_answer() {
    for collector in collectors() {
        for kind in &collector.kinds {
            for read in kind.read.iter().filter(|read| read.pages.is_none()) {
                let service = read.call.service.as_deref().unwrap_or(&collector.service);
                let operation = Operation::find(service, &read.call.operation).unwrap();
                let members: BTreeSet<&str> = operation.answers().collect();
                let raw = read.targets.iter().map(|target| &target.from).filter(|_| read.answer.is_none());
                for expression in raw.chain(&read.answer) {
                    for path in expression.0.paths().iter().filter(|path| &*path.variable == "reply") {
                        let first = path.path.split(['.', '[']).next().unwrap_or_default();
                        assert!(members.contains(first), "{operation} answers no `{first}` ({})", kind.kind);
                    }
                }
            }
        }
    }
}

/// `item.PolicyName` must be a member of what the list answers, however deep it stands: else it would be absent for
/// ever, and absent is what a check may call good.
#[test]
fn what_is_taken_of_an_item_is_in_the_model_of_the_list() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for collector in collectors() {
        for kind in &collector.kinds {
            let Some((operation, items)) = listed(&collector, kind) else { continue };
            let children = collector.kinds.iter().filter(
                |child| matches!(&child.source, KindSource::Nested { parent, .. } if *parent == kind.kind),
            );
            let of_children = children.flat_map(|child| paths(child, "parent"));
            for path in paths(kind, "item").into_iter().chain(of_children) {
                seen += 1;
                let steps: Vec<&str> = items.iter().map(String::as_str).chain(steps(&path)).collect();
                if !is_answered(operation, &steps) {
                    wrong.push(format!("{}: {operation} answers no `{}`", kind.kind, steps.join(".")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 1_000, "{seen} paths");
}

/// The list of a kind and where its items stand in a page, where they are taken as they come.
fn listed(collector: &Collector, kind: &KindCollector) -> Option<(Operation, Vec<String>)> {
    let (KindSource::List(list) | KindSource::Nested { list, .. }) = &kind.source else { return None };
    let items = list.items.0.source();
    let place = items.strip_prefix("page.")?;
    if !place.chars().all(|c| c.is_ascii_alphanumeric() || c == '.') {
        return None;
    }
    let service = list.call.service.as_deref().unwrap_or(&collector.service);
    let operation = Operation::find(service, &list.call.operation)?;
    Some((operation, place.split('.').map(str::to_owned).collect()))
}

/// Every path below a variable in the expressions of a kind.
fn paths(kind: &KindCollector, variable: &str) -> Vec<String> {
    fn of_template<'t>(template: &'t Template, all: &mut Vec<&'t Expression>) {
        match template {
            Template::Literal(_) => {}
            Template::Expression(expression) => all.push(expression),
            Template::Map(entries) => entries.iter().for_each(|(_, entry)| of_template(entry, all)),
            Template::List(entries) => entries.iter().for_each(|entry| of_template(entry, all)),
        }
    }
    let mut all: Vec<&Expression> = vec![&kind.id];
    all.extend(
        [&kind.when, &kind.name, &kind.identifier, &kind.account, &kind.region, &kind.tags]
            .into_iter()
            .flatten(),
    );
    all.extend(kind.properties.iter().map(|(_, value)| value));
    for read in &kind.read {
        all.extend([&read.when, &read.each, &read.answer, &read.pages].into_iter().flatten());
        all.extend(read.targets.iter().map(|target| &target.from));
        of_template(&read.call.with, &mut all);
    }
    if let KindSource::Nested { list, .. } = &kind.source {
        of_template(&list.call.with, &mut all);
    }
    let paths = all.into_iter().flat_map(|expression| expression.0.paths());
    paths
        .filter(|path| &*path.variable == variable && !path.path.is_empty())
        .map(|path| path.path.into())
        .collect()
}

fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('.').map(|step| step.trim_end_matches("[]")).filter(|step| !step.is_empty())
}

/// Whether an answer may have what stands at a path. Below what has no members of its own (a text, a map with free keys) nothing is known.
fn is_answered(operation: Operation, steps: &[&str]) -> bool {
    (0..steps.len()).all(|at| match operation.answer_members(&steps[..at]) {
        Some(members) => members.is_empty() || members.contains(&steps[at]),
        None => true,
    })
}

#[test]
fn no_property_lies_inside_another() {
    for collector in collectors() {
        for kind in &collector.kinds {
            let properties = kind.properties.iter().map(|(path, _)| path);
            let mut paths: Vec<&str> = properties.map(|path| &**path).collect();
            paths.extend(kind.read.iter().flat_map(|read| &read.targets).map(|target| &*target.into));
            paths.sort_unstable();
            paths.dedup();
            for path in &paths {
                let inside = format!("{path}.");
                let inner = paths.iter().find(|other| other.starts_with(&inside));
                assert_eq!(inner, None, "{}: `{path}` would be overwritten", kind.kind);
            }
        }
    }
}

#[test]
fn the_policy_allows_reads_only_and_is_in_order() {
    let policy = policy(&collectors());
    let statements = policy["Statement"].as_array().unwrap();
    let mut all = Vec::new();
    for statement in statements {
        assert_eq!(statement["Effect"], "Allow");
        all.extend(
            statement["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_owned()),
        );
    }
    let mut sorted = all.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(all, sorted);
    for action in &all {
        let verb = action.split_once(':').unwrap().1;
        // API Gateway names the method.
        let reads = ["Describe", "Get", "List", "BatchGet", "GET"].iter().any(|word| verb.starts_with(word));
        assert!(reads || action == "iam:GenerateCredentialReport", "{action}");
        assert!(!action.contains('*'), "{action}");
    }
    for expected in [
        "s3:ListAllMyBuckets",
        "s3:GetEncryptionConfiguration",
        "elasticloadbalancing:DescribeListeners",
        "ec2:DescribeRegions",
    ] {
        assert!(all.iter().any(|action| action == expected), "{expected} is missing");
    }
    assert!(Table::embedded().services().count() > 15);
}
