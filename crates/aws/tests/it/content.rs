//! The repository's own collectors, against the operation table.

use std::collections::BTreeSet;
use std::path::Path;

use partywall_aws::collector::policy;
use partywall_aws::{Operation, Table};
use partywall_content::load::{Content, Files, load};
use partywall_content::{CallTemplate, Collector, KindCollector, KindSource, Prepare};

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
