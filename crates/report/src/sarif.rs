//! SARIF 2.1.0: failures and open questions for code-scanning views.
//!
//! A failure is a result of kind `fail`. What was not seen is of kind `open` (§3.27.9: the tool had too little
//! to decide), what only a person can say is `review`; neither has a level. Passes are left out: a reader counts
//! results. An asset is a logical location; code-scanning views ask for a file as well, so each asset has a
//! path of its own, the same in every run, which names it and stands for its record in the evidence.

use std::collections::BTreeSet;
use std::io::{self, Write};

use partywall_content::Check;
use partywall_model::{Asset, Confidence, Severity, Source};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::assessment::RunEnd;
use crate::document::{Document, Each};
use crate::json::write_value;
use crate::rows::{Outcome, Row, acceptance, rows};
use crate::words;

/// Where the form is described.
pub const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes one log with one run.
///
/// # Errors
/// What the writer refuses.
pub fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let told = || rows(document).filter(|row| kind(row.outcome).is_some());
    let all = document.assessment.findings().iter().enumerate();
    let ids: BTreeSet<&str> = all
        .filter(|(at, finding)| kind(Outcome::of(&finding.verdict, &document.marks.at(*at))).is_some())
        .map(|(_, finding)| finding.check.as_str())
        .collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let results = || told().map(|row| result(document, &row, &ids));
    write_value(&Log { schema: SCHEMA, version: "2.1.0", runs: [run(document, &ids, Each(results))] }, out)
}

#[derive(Serialize)]
struct Log<R> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [R; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<R> {
    tool: Value,
    invocations: [Value; 1],
    column_kind: &'static str,
    results: R,
    properties: Value,
}

fn run<R>(document: &Document<'_>, ids: &[&str], results: R) -> Run<R> {
    let header = document.assessment.header;
    let rules: Vec<Value> = ids.iter().map(|id| rule(id, document.assessment.check(id))).collect();
    let filtered = document.summary.filtered.as_ref().map(|filtered| filtered.sentence());
    let notice = |id: &str, level: &str, text: &str| {
        let text = message(text);
        json!({ "descriptor": { "id": id }, "level": level, "message": { "text": text } })
    };
    let incomplete = document.incomplete.reasons.iter().map(|reason| notice("incomplete", "warning", reason));
    let notices: Vec<Value> =
        filtered.iter().map(|told| notice("filtered", "note", told)).chain(incomplete).collect();
    Run {
        tool: json!({ "driver": {
            "name": "Partywall",
            "version": header.tool_version,
            "semanticVersion": header.tool_version,
            "rules": rules,
            "notifications": [{ "id": "incomplete" }, { "id": "filtered" }],
        } }),
        invocations: [json!({
            "executionSuccessful": header.end == RunEnd::Complete,
            "startTimeUtc": header.collected_from.to_string(),
            "endTimeUtc": header.collected_to.to_string(),
            "toolExecutionNotifications": notices,
        })],
        column_kind: "unicodeCodePoints",
        results,
        properties: json!({
            "organisation": document.assessment.judged.settings.organisation,
            "judgedAt": document.assessment.judged.now.to_string(),
            "incomplete": document.incomplete.is,
            "filtered": filtered,
            "verdicts": document.summary.findings,
        }),
    }
}

pub(crate) fn rule(id: &str, check: Option<&Check>) -> Value {
    let Some(check) = check else { return json!({ "id": id }) };
    let mut tags = vec!["security".to_owned(), check.control.to_string()];
    tags.push(format!("layer:{}", check.control.layer_word()));
    tags.push(format!("stage:{}", check.stage));
    tags.extend(check.techniques.iter().map(|technique| format!("technique:{technique}")));
    let why = words::paragraphs(&check.why);
    let markdown = help(check, &why);
    json!({
        "id": id,
        "name": camel(id),
        "shortDescription": { "text": check.title },
        "fullDescription": { "text": why.first().unwrap_or(&String::new()) },
        "help": { "text": format!("{}\n\n{}", why.join("\n\n"), check.fix.summary), "markdown": markdown },
        "defaultConfiguration": { "level": level(check.severity) },
        "properties": {
            "tags": tags,
            "precision": precision(check.confidence),
            "problem.severity": problem_severity(check.severity),
            "security-severity": security_severity(check.severity),
            "related": check.related,
        },
    })
}

/// Why and how to mend it. Content is written by people whom the user trusts; it is Markdown as it is.
fn help(check: &Check, why: &[String]) -> String {
    let mut text = format!("{}\n\n**{}**\n", why.join("\n\n"), check.fix.summary);
    for way in check.fix.ways() {
        text.push_str(&format!("\n```{}\n{}\n```\n", way.language, way.code));
    }
    text
}

fn result(document: &Document<'_>, row: &Row<'_, '_>, ids: &[&str]) -> Value {
    let finding = row.finding;
    let print = finding.fingerprint.to_string();
    let level = if row.outcome == Outcome::Unknown || row.outcome == Outcome::Manual {
        "none"
    } else {
        level(finding.severity)
    };
    let mut properties = json!({
        "verdict": row.outcome.word(),
        "severity": finding.severity,
        "control": finding.control,
        "holder": row.holder(),
        "provider": row.asset.map(|asset| asset.provider.to_string()),
        "account": row.account(),
        "region": row.region(),
        "kind": row.kind(),
        "asset": finding.asset,
        "evidence": finding.evidence,
        "overdue": row.mark.overdue,
        "stale": row.mark.stale,
        "source": row.source(),
        "repeats": row.repeats(),
    });
    let reasons = row.reasons();
    let fails = matches!(row.outcome, Outcome::Fail | Outcome::Exempt);
    if let Some(members) = properties.as_object_mut() {
        if fails {
            members.insert("firstSeen".into(), row.first_seen(document).to_string().into());
        }
        if !reasons.is_empty() {
            members.insert("reasons".into(), reasons.into());
        }
    }
    // §3.27.23: either every result of a run says whether it is suppressed or none does.
    let suppressions: Vec<Value> = row
        .mark
        .exempt
        .iter()
        .map(
            |exempt| json!({ "kind": "external", "status": "accepted", "justification": acceptance(exempt) }),
        )
        .collect();
    json!({
        "ruleId": finding.check,
        "ruleIndex": ids.binary_search(&finding.check.as_str()).ok(),
        "kind": kind(row.outcome),
        "level": level,
        "message": { "text": message(&row.sentence()) },
        "locations": [{
            "physicalLocation": physical(row),
            "logicalLocations": [{
                "name": row.label(),
                "fullyQualifiedName": finding.asset,
                "kind": "resource",
            }],
        }],
        // The first is what code-scanning views go by, the second is ours.
        "partialFingerprints": { "primaryLocationLineHash": format!("{print}:1"), "partywall/v1": print },
        "suppressions": suppressions,
        "properties": properties,
    })
}

/// Where it stands in code; else the asset's own path.
fn physical(row: &Row<'_, '_>) -> Value {
    let in_code = row.finding.location.iter().find_map(|location| match location.source.as_ref()? {
        Source::Code { file, span } => Some((file, span)),
        Source::Call { .. } => None,
    });
    match in_code {
        Some((file, span)) => json!({
            "artifactLocation": artifact(file),
            "region": { "byteOffset": span.start, "byteLength": span.end.saturating_sub(span.start) },
        }),
        None => json!({ "artifactLocation": { "uri": path(row) }, "region": { "startLine": 1 } }),
    }
}

/// A file, as SARIF names it.
pub fn artifact(file: &str) -> Value {
    json!({ "uri": utf8_percent_encode(file, PATH).to_string() })
}

/// What may stand in a segment of a path as it is (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What may stand in a path: the same, and what separates segments.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// `evidence/aws/111122223333/eu-west-1/AWS.S3.Bucket/name`, relative, and different for each asset.
fn path(row: &Row<'_, '_>) -> String {
    let identifier =
        row.asset.and_then(|asset| asset.identifier.as_deref()).unwrap_or(row.finding.asset.as_str());
    let provider = row.asset.map(|asset: &Asset| asset.provider.to_string()).unwrap_or_default();
    let kind = row.kind().replace("::", ".");
    let parts = [&*provider, row.account().unwrap_or("_"), row.region().unwrap_or("_"), &*kind, identifier];
    let segments = parts.map(|part| match part {
        "" | "." | ".." => "_".to_owned(),
        part => utf8_percent_encode(part, SEGMENT).to_string(),
    });
    format!("evidence/{}", segments.join("/"))
}

/// None for what is no result.
fn kind(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Fail | Outcome::Exempt => Some("fail"),
        Outcome::Unknown => Some("open"),
        Outcome::Manual => Some("review"),
        Outcome::Pass | Outcome::NotApplicable => None,
    }
}

/// The level of a failure (§3.27.10).
pub fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The word that code-scanning views sort rules by.
fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

/// A figure in the band that code-scanning views show as the same word: above 9, 7, 4 and 0.
pub fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "medium",
    }
}

/// A message as it must be written: braces would be placeholders (§3.11.5), and brackets could be a link that
/// a stranger put into a name (§3.11.6).
pub(crate) fn message(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '{' => escaped.push_str("{{"),
            '}' => escaped.push_str("}}"),
            '[' => escaped.push_str("\\["),
            ']' => escaped.push_str("\\]"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// `S3BucketPublic`: a name of a rule is a word.
fn camel(id: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    };
    id.split('-').map(capital).collect::<Vec<String>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_holds_no_placeholder_and_no_link() {
        assert_eq!(message("{0} [here](https://example.org)"), "{{0}} \\[here\\](https://example.org)");
    }

    #[test]
    fn a_rule_has_a_word_for_a_name() {
        assert_eq!(camel("s3-bucket-public"), "S3BucketPublic");
    }
}
