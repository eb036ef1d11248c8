//! SARIF 2.1.0 for code-scanning views: one result for each place, all places of a secret under one fingerprint.

use std::io::{self, Write};

use partywall_content::SecretRule;
use partywall_model::Confidence;
use partywall_report::sarif::{SCHEMA, artifact, level, security_severity};
use partywall_report::shown::shown;
use partywall_secrets::{AllowedBy, Leak, Place};
use serde_json::{Value, json};

use super::{Answer, json};

pub(super) fn write(answer: &Answer<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rules = answer.outcome.rules(&answer.content.secrets);
    let results: Vec<Value> = answer
        .listed()
        .flat_map(|leak| leak.places.iter().map(move |place| (leak, place)))
        .map(|(leak, place)| result(answer, &rules, leak, place))
        .collect();
    let incomplete = answer.outcome.problems.iter().map(|problem| {
        let text = shown(&problem.to_string()).to_string();
        json!({ "descriptor": { "id": "incomplete" }, "level": "warning", "message": { "text": text } })
    });
    let remarks = answer.outcome.remarks.iter().map(|remark| {
        let text = shown(&remark.to_string()).to_string();
        json!({ "descriptor": { "id": "remark" }, "level": "note", "message": { "text": text } })
    });
    let notices: Vec<Value> = incomplete.chain(remarks).collect();
    let version = env!("CARGO_PKG_VERSION");
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Partywall",
                "version": version,
                "semanticVersion": version,
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
                "notifications": [{ "id": "incomplete" }, { "id": "remark" }],
            } },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notices }],
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": { "incomplete": !answer.outcome.problems.is_empty() },
        }],
    });
    json::write_safely(&log, out)
}

fn described(rule: &SecretRule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": { "text": format!("{}\n\n{}", rule.why, rule.fix) },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "tags": ["security", "secret", rule.control.as_str()],
            "security-severity": security_severity(rule.severity),
        },
    })
}

fn result(answer: &Answer<'_>, rules: &[&SecretRule], leak: &Leak, place: &Place) -> Value {
    let note = leak.note.iter().map(|note| format!(", {note}")).collect::<String>();
    let commit = place.commit.as_ref().and_then(|commit| commit.id.as_deref());
    let within = commit.map(|id| format!(" (commit {id})")).unwrap_or_default();
    let text = format!(
        "{}{note}: {}{within}. {}",
        leak.title,
        leak.preview,
        answer.rule(leak).map_or("", |rule| &rule.fix)
    );
    let held = place.acceptance.as_ref().filter(|said| said.holds(answer.today));
    let suppressions: Vec<Value> = held
        .map(|said| {
            let kind = match said.by {
                AllowedBy::Comment => "inSource",
                AllowedBy::Settings => "external",
            };
            let reason = format!("{} ({}, until {})", said.reason, said.owner, said.until);
            json!({ "kind": kind, "status": "accepted", "justification": reason })
        })
        .into_iter()
        .collect();
    json!({
        "ruleId": leak.rule,
        "ruleIndex": rules.iter().position(|rule| rule.id == leak.rule),
        "kind": "fail",
        "level": level(leak.severity),
        "message": { "text": shown(&text).to_string() },
        "locations": [{ "physicalLocation": {
            "artifactLocation": artifact(&place.path),
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "byteOffset": place.span.start,
                "byteLength": place.span.end - place.span.start,
            },
        } }],
        "partialFingerprints": { "partywallSecret/v1": leak.fingerprint.to_string() },
        "suppressions": suppressions,
        "properties": {
            "severity": leak.severity,
            "precision": match leak.confidence {
                Confidence::High => "very-high",
                Confidence::Medium => "high",
                Confidence::Low => "medium",
            },
            "commit": commit,
        },
    })
}
