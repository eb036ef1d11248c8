//! The permissions that the collectors need: nothing more, and written so that a person can check it.

use std::collections::{BTreeMap, BTreeSet};

use partywall_content::{CallTemplate, Collector, KindSource, ListCall, Prepare};
use serde_json::{Value, json};

use crate::action::action_of;

/// What the engine itself asks, whatever the content.
const OWN: [(&str, &str); 2] = [("ec2", "DescribeRegions"), ("sts", "GetCallerIdentity")];

/// The IAM policy document that allows exactly what `content` asks for: one statement per service, in order.
pub fn policy(content: &[Collector]) -> Value {
    let mut by_service: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for action in actions(content) {
        let service = action.split(':').next().unwrap_or_default().to_owned();
        by_service.entry(service).or_default().insert(action);
    }
    let statement = |(service, actions): (String, BTreeSet<String>)| json!({ "Sid": format!("Read{}", sid(&service)), "Effect": "Allow", "Action": actions, "Resource": "*" });
    let statements: Vec<Value> = by_service.into_iter().map(statement).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The same, and what reading an organisation takes: to list its accounts, and to assume the role in each.
/// The accounts' own policy is [`policy`].
pub fn policy_of_organization(content: &[Collector], partition: &str, role: &str) -> Value {
    let mut policy = policy(content);
    if let Some(Value::Array(statements)) = policy.get_mut("Statement") {
        statements.push(json!({
            "Sid": "ListTheOrganization", "Effect": "Allow",
            "Action": ["organizations:ListAccounts"], "Resource": "*",
        }));
        statements.push(json!({
            "Sid": "EnterItsAccounts", "Effect": "Allow",
            "Action": ["sts:AssumeRole"], "Resource": format!("arn:{partition}:iam::*:role/{role}"),
        }));
    }
    policy
}

fn actions(content: &[Collector]) -> BTreeSet<String> {
    let mut actions: BTreeSet<String> = OWN.iter().map(|(service, name)| action_of(service, name)).collect();
    for collector in content {
        for kind in &collector.kinds {
            for call in calls(kind) {
                actions.insert(action_of(
                    call.service.as_deref().unwrap_or(&collector.service),
                    &call.operation,
                ));
            }
            actions.extend(kind.read.iter().flat_map(|read| &read.needs).map(|action| action.to_string()));
        }
    }
    actions
}

/// Every call that a kind can lead to.
pub(super) fn calls(kind: &partywall_content::KindCollector) -> impl Iterator<Item = &CallTemplate> {
    let list = match &kind.source {
        KindSource::List(list) | KindSource::Nested { list, .. } => Some(list),
        KindSource::Singleton => None,
    };
    let listed = list.into_iter().flat_map(|list: &ListCall| prepared(&list.prepare).chain([&list.call]));
    let read = kind.read.iter().flat_map(|read| prepared(&read.prepare).chain([&read.call]));
    listed.chain(read)
}

fn prepared(prepare: &Option<Prepare>) -> impl Iterator<Item = &CallTemplate> {
    prepare.iter().map(|prepare| &prepare.call)
}

/// Sids are letters and digits only.
fn sid(service: &str) -> String {
    service
        .split('-')
        .flat_map(|part| {
            let mut letters = part.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect()
}
