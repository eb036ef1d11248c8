//! A gate as SARIF 2.1.0, for code-scanning views.
//!
//! A failure is a result of kind `fail`, an open decision of kind `open` (§3.27.9); what is waived carries a
//! suppression, and what the baseline knows is `unchanged` (§3.27.24).

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Gate, GateFinding, GatePlace, GateState};
use crate::json::write_value;
use crate::sarif::{SCHEMA, artifact, level, message, rule};

pub(super) fn write(gate: &Gate<'_>, out: &mut dyn Write) -> io::Result<()> {
    let ids: BTreeSet<&str> = gate.findings.iter().map(|finding| finding.check).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let rules: Vec<Value> = ids
        .iter()
        .map(|id| {
            rule(
                id,
                gate.findings.iter().find(|finding| finding.check == *id).and_then(|finding| finding.rule),
            )
        })
        .collect();
    let notices: Vec<Value> = gate
        .problems
        .iter()
        .chain(&gate.waivers)
        .map(|note| {
            let told = message(&format!("{}: {}", note.subject, note.message));
            json!({ "descriptor": { "id": "note" }, "level": "warning", "message": { "text": told } })
        })
        .collect();
    let results: Vec<Value> = gate.findings.iter().map(|finding| result(finding, &ids)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Partywall",
                "version": gate.tool_version,
                "semanticVersion": gate.tool_version,
                "rules": rules,
                "notifications": [{ "id": "note" }],
            } },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notices }],
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": { "read": gate.read, "counts": gate.counts },
        }],
    });
    write_value(&log, out)
}

fn physical(place: &GatePlace) -> Value {
    json!({
        "artifactLocation": artifact(&place.file),
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    })
}

fn result(finding: &GateFinding<'_>, ids: &[&str]) -> Value {
    let is_open = finding.state == GateState::Unknown;
    let physical = finding.place.as_ref().map(physical);
    let mut location = json!({
        "logicalLocations": [{
            "name": finding.asset.name,
            "fullyQualifiedName": finding.asset.address,
            "kind": "resource",
        }],
    });
    if let (Some(members), Some(physical)) = (location.as_object_mut(), physical) {
        members.insert("physicalLocation".into(), physical);
    }
    // §3.27.23: either every result of a run says whether it is suppressed or none does.
    let suppressions: Vec<Value> = finding
        .waiver
        .iter()
        .map(|told| json!({ "kind": "inSource", "status": "accepted", "justification": told }))
        .collect();
    let mut result = json!({
        "ruleId": finding.check,
        "ruleIndex": ids.binary_search(&finding.check).ok(),
        "kind": if is_open { "open" } else { "fail" },
        "level": if is_open { "none" } else { level(finding.severity) },
        "message": { "text": message(&format!("{}: {}", finding.title, finding.told())) },
        "locations": [location],
        "partialFingerprints": {
            "primaryLocationLineHash": format!("{}:1", finding.fingerprint),
            "partywall/v1": finding.fingerprint,
        },
        "baselineState": if finding.state == GateState::Known { "unchanged" } else { "new" },
        "suppressions": suppressions,
        "properties": {
            "severity": finding.severity,
            "control": finding.control,
            "stage": finding.stage,
            "kind": finding.asset.kind,
            "reasons": finding.because,
        },
    });
    if let Some(members) = result.as_object_mut()
        && !finding.also.is_empty()
    {
        let also = finding.also.iter().map(|place| json!({ "physicalLocation": self::physical(place) }));
        members.insert("relatedLocations".into(), also.collect());
    }
    result
}
