//! OCSF 1.5.0: one Compliance Finding (class 2003) for each verdict, in a JSON list of one event to a line.
//!
//! Written for lakes and SIEMs. `compliance.status_id` is 1 for a pass alone; what was not seen is 0 with its
//! reasons in `status_detail`, what only a person can say is 2, a failure is 3. A failure that is accepted for a
//! time stays a failure, and its finding is suppressed. What does not apply is left out. What OCSF has no word
//! for (holder, layer, evidence) stands in `unmapped`.

use std::collections::BTreeSet;
use std::io::{self, Write};

use jiff::Timestamp;
use partywall_model::{Confidence, KillChainStage, Provider, Severity};
use serde_json::{Map, Value, json};

use crate::document::Document;
use crate::json::write_list;
use crate::rows::{Outcome, Row, acceptance, rows};
use crate::words;

/// The version of the schema that events are written in.
pub const VERSION: &str = "1.5.0";
/// How the responsibility model is called among the standards.
const STANDARD: &str = "Shared Security Responsibility Model";

/// Writes the list.
///
/// # Errors
/// What the writer refuses.
pub fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_list(rows(document).filter_map(|row| event(document, &row)), out)
}

fn event(document: &Document<'_>, row: &Row<'_, '_>) -> Option<Value> {
    let status = status(row.outcome)?;
    let now = document.assessment.judged.now;
    let (severity_id, severity) = severity(row.finding.severity);
    let (confidence_id, confidence) = confidence(row.finding.confidence);
    let (finding_status, finding_status_id) =
        if row.mark.exempt.is_some() { ("Suppressed", 3) } else { ("New", 1) };
    let reasons = row.reasons();
    let detail = match &row.mark.exempt {
        Some(exempt) => acceptance(exempt),
        None if reasons.is_empty() => row.sentence(),
        None => reasons.join("; "),
    };
    let mut event = json!({
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200_301,
        "type_name": "Compliance Finding: Create",
        "time": millis(now),
        "severity_id": severity_id,
        "severity": severity,
        "confidence_id": confidence_id,
        "confidence": confidence,
        "status_id": finding_status_id,
        "status": finding_status,
        "status_code": row.outcome.word(),
        "status_detail": detail,
        "message": row.sentence(),
        "metadata": metadata(document, row),
        "compliance": compliance(row, status, severity_id),
        "finding_info": finding_info(document, row),
        "resources": [resource(row)],
        "cloud": cloud(document, row),
        "unmapped": unmapped(document, row),
    });
    if let (Some(check), Some(event)) = (row.check, event.as_object_mut()) {
        event.insert("remediation".into(), json!({ "desc": check.fix.summary, "references": [] }));
    }
    Some(event)
}

/// `compliance.status_id` and its caption; none for what does not apply.
fn status(outcome: Outcome) -> Option<(u8, &'static str)> {
    match outcome {
        Outcome::Pass => Some((1, "Pass")),
        Outcome::Manual => Some((2, "Warning")),
        Outcome::Fail | Outcome::Exempt => Some((3, "Fail")),
        Outcome::Unknown => Some((0, "Unknown")),
        Outcome::NotApplicable => None,
    }
}

fn metadata(document: &Document<'_>, row: &Row<'_, '_>) -> Value {
    let version = &document.assessment.header.tool_version;
    json!({
        "version": VERSION,
        "product": { "name": "Partywall", "vendor_name": "Partywall", "version": version },
        "profiles": ["cloud"],
        "event_code": row.finding.check,
        "tenant_uid": row.account().unwrap_or_default(),
    })
}

fn compliance(row: &Row<'_, '_>, (status_id, _): (u8, &str), severity_id: u8) -> Value {
    let mut standards = vec![STANDARD];
    let mut requirements = BTreeSet::new();
    for (framework, id) in row.requirements() {
        if !standards.contains(&framework) {
            standards.push(framework);
        }
        requirements.insert(format!("{framework} {id}"));
    }
    json!({
        "control": row.finding.control,
        "category": row.finding.control.layer_word(),
        "desc": row.control.map_or("", |control| &control.meaning),
        "standards": standards,
        "requirements": requirements,
        "status_id": status_id,
        "checks": [{
            "uid": row.finding.check,
            "name": row.title,
            "severity_id": severity_id,
            "status_id": status_id,
        }],
    })
}

fn finding_info(document: &Document<'_>, row: &Row<'_, '_>) -> Value {
    let why = row.check.map(|check| words::paragraphs(&check.why).join("\n\n")).unwrap_or_default();
    let mut info = json!({
        "uid": row.finding.fingerprint,
        "title": row.title,
        "desc": why,
        "types": [row.finding.control.layer_word()],
        "analytic": { "uid": row.finding.check, "name": row.title, "type": "Rule", "type_id": 1 },
        "data_sources": document.evidence.sources,
        "kill_chain": [kill_chain(row.finding.stage)],
        "last_seen_time": millis(document.assessment.header.collected_to),
    });
    let techniques = row.check.map(|check| &*check.techniques).unwrap_or_default();
    let attacks: Vec<Value> =
        techniques.iter().map(|id| json!({ "technique": { "uid": id, "name": id } })).collect();
    if let Some(info) = info.as_object_mut() {
        if matches!(row.outcome, Outcome::Fail | Outcome::Exempt) {
            info.insert("first_seen_time".into(), millis(row.first_seen(document)).into());
        }
        if !attacks.is_empty() {
            info.insert("attacks".into(), attacks.into());
        }
    }
    info
}

fn kill_chain(stage: KillChainStage) -> Value {
    // What OCSF has no phase for is 99, with our own word.
    let phase_id = match stage {
        KillChainStage::Reconnaissance => 1,
        KillChainStage::InitialAttack => 4,
        KillChainStage::CommandAndControl => 6,
        KillChainStage::DiscoverAndSpread => 99,
        KillChainStage::ExtractAndExfiltrate => 7,
    };
    json!({ "phase": stage.word(), "phase_id": phase_id })
}

fn resource(row: &Row<'_, '_>) -> Value {
    let mut resource = Map::new();
    resource.insert("uid".into(), row.finding.asset.as_str().into());
    resource.insert("name".into(), row.label().into());
    resource.insert("type".into(), row.kind().into());
    if let Some(region) = row.region() {
        resource.insert("region".into(), region.into());
    }
    if let Some(facts) = row.facts {
        resource.insert("criticality".into(), facts.sensitivity.word().into());
    }
    if let Some(asset) = row.asset {
        if let Some(partition) = partition(asset.id.as_str()) {
            resource.insert("cloud_partition".into(), partition.into());
        }
        let labels: Vec<Value> =
            asset.tags.iter().map(|(name, value)| format!("{name}:{value}").into()).collect();
        if !labels.is_empty() {
            resource.insert("labels".into(), labels.into());
        }
    }
    resource.into()
}

fn cloud(document: &Document<'_>, row: &Row<'_, '_>) -> Value {
    let provider = row.asset.map_or(Provider::Own, |asset| asset.provider);
    let (name, account_type, type_id) = match provider {
        Provider::Aws => ("AWS", "AWS Account", 10),
        Provider::Azure => ("Azure", "Azure Subscription", 99),
        Provider::Gcp => ("GCP", "GCP Account", 5),
        Provider::Own => ("Other", "Other", 99),
    };
    let mut cloud = json!({ "provider": name });
    if let Some(cloud) = cloud.as_object_mut() {
        if let Some(region) = row.region() {
            cloud.insert("region".into(), region.into());
        }
        if let Some(account) = row.asset.and_then(|asset| asset.account.as_ref()) {
            let called = words::account(document, account);
            let uid = account.as_str();
            cloud.insert(
                "account".into(),
                json!({ "uid": uid, "name": called, "type": account_type, "type_id": type_id }),
            );
        }
    }
    cloud
}

fn unmapped(document: &Document<'_>, row: &Row<'_, '_>) -> Value {
    let facts = row.facts;
    json!({
        "verdict": row.outcome.word(),
        "source": row.source(),
        "repeats": row.repeats(),
        "holder": row.holder(),
        "environment": facts.map(|facts| facts.environment.to_string()),
        "exposed": facts.and_then(|facts| match facts.exposure {
            partywall_ssrm::score::Exposure::Internet => Some(true),
            partywall_ssrm::score::Exposure::Internal => Some(false),
            partywall_ssrm::score::Exposure::Unseen => None,
        }),
        "evidence": row.finding.evidence,
        "affected": row.finding.affected,
        "overdue": row.mark.overdue,
        "stale": row.mark.stale,
        "exempt_until": row.mark.exempt.map(|exempt| exempt.until.to_string()),
        "filtered": document.summary.filtered.as_ref().map(|filtered| filtered.words()),
        "incomplete": document.incomplete.told(),
    })
}

/// The partition of an ARN.
pub(crate) fn partition(id: &str) -> Option<&str> {
    id.strip_prefix("arn:")?.split(':').next().filter(|partition| !partition.is_empty())
}

fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Info => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

fn confidence(confidence: Confidence) -> (u8, &'static str) {
    match confidence {
        Confidence::Low => (1, "Low"),
        Confidence::Medium => (2, "Medium"),
        Confidence::High => (3, "High"),
    }
}

/// OCSF counts time in milliseconds.
fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}
