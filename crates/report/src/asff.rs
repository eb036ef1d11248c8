//! AWS Security Finding Format (2018-10-08): a list for Security Hub's `BatchImportFindings`.
//!
//! Every text is within the size that the format allows. `Compliance.Status` is `PASSED` for a pass alone; what
//! was not seen is `NOT_AVAILABLE`, what only a person can say is `WARNING`. A failure that is accepted for a
//! time stays `FAILED` with its workflow suppressed. What does not apply is left out. Security Hub is regional
//! and belongs to an account: what has no region is sent to the partition's first, and what has no account to
//! the first account that was read.

mod types;

use std::collections::BTreeSet;
use std::io::{self, Write};

use jiff::Timestamp;
use partywall_model::Severity;
use serde_json::{Map, Value, json};
use types::resource_type;

use crate::document::Document;
use crate::json::write_list;
use crate::ocsf::partition;
use crate::rows::{Outcome, Row, acceptance, at_most, rows};
use crate::words;

/// The version of the format.
const SCHEMA_VERSION: &str = "2018-10-08";
/// Where a verdict belongs that has no account, and no account was read either.
const NO_ACCOUNT: &str = "000000000000";

/// Sizes that the format allows, in characters.
const TITLE: usize = 256;
const DESCRIPTION: usize = 1024;
const ID: usize = 512;
const NOTE: usize = 512;
const REMEDIATION: usize = 512;
const REQUIREMENT: usize = 64;
const OTHER_DETAIL: usize = 1024;
const PRODUCT_FIELD: usize = 2048;
/// At most so many requirements.
const REQUIREMENTS: usize = 32;
/// At most so many tags.
const TAGS: usize = 50;

/// Writes the list, one finding to a line. Security Hub takes 100 of them with each call.
///
/// # Errors
/// What the writer refuses.
pub fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_list(rows(document).filter_map(|row| finding(document, &row)), out)
}

fn finding(document: &Document<'_>, row: &Row<'_, '_>) -> Option<Value> {
    let status = status(row.outcome)?;
    let found = row.finding;
    let fails = matches!(row.outcome, Outcome::Fail | Outcome::Exempt);
    let place = Place::of(document, row);
    let now = document.assessment.judged.now;
    let first = if fails { row.first_seen(document) } else { now };
    let label = if fails { severity(found.severity) } else { "INFORMATIONAL" };
    let workflow = match row.outcome {
        Outcome::Exempt => "SUPPRESSED",
        Outcome::Pass => "RESOLVED",
        _ => "NEW",
    };
    let Place { partition, region, account } = place;
    let mut finding = json!({
        "SchemaVersion": SCHEMA_VERSION,
        "Id": at_most(ID, &format!("{region}/{account}/{}/{}", found.check, found.fingerprint)),
        "ProductArn": format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
        "ProductName": "Partywall",
        "CompanyName": "Partywall",
        "Region": region,
        "GeneratorId": at_most(ID, &format!("partywall/{}", found.check)),
        "AwsAccountId": account,
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "FirstObservedAt": time(first),
        "LastObservedAt": time(document.assessment.header.collected_to),
        "CreatedAt": time(first),
        "UpdatedAt": time(now),
        "Severity": { "Label": label, "Original": found.severity },
        "Title": at_most(TITLE, row.title),
        "Description": at_most(DESCRIPTION, &row.sentence()),
        "ProductFields": fields(document, row),
        "Resources": [resource(row, place)],
        "Compliance": compliance(row, status),
        "Workflow": { "Status": workflow },
        "RecordState": "ACTIVE",
    });
    if let Some(finding) = finding.as_object_mut() {
        if let Some(check) = row.check {
            let text = at_most(REMEDIATION, &check.fix.summary);
            finding.insert("Remediation".into(), json!({ "Recommendation": { "Text": text } }));
        }
        if let Some(exempt) = &row.mark.exempt {
            let text = at_most(NOTE, &acceptance(exempt));
            let owner = at_most(NOTE, exempt.owner);
            finding
                .insert("Note".into(), json!({ "Text": text, "UpdatedBy": owner, "UpdatedAt": time(now) }));
        }
    }
    Some(finding)
}

/// None for what does not apply.
fn status(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Pass => Some("PASSED"),
        Outcome::Fail | Outcome::Exempt => Some("FAILED"),
        Outcome::Unknown => Some("NOT_AVAILABLE"),
        Outcome::Manual => Some("WARNING"),
        Outcome::NotApplicable => None,
    }
}

fn compliance(row: &Row<'_, '_>, status: &str) -> Value {
    let requirements: BTreeSet<String> = row
        .requirements()
        .map(|(framework, id)| at_most(REQUIREMENT, &format!("{framework} {id}")))
        .collect();
    let requirements: Vec<String> = requirements.into_iter().take(REQUIREMENTS).collect();
    let mut compliance = json!({ "Status": status });
    if let Some(compliance) = compliance.as_object_mut() {
        if !requirements.is_empty() {
            compliance.insert("RelatedRequirements".into(), requirements.into());
        }
        let reasons = row.reasons();
        if !reasons.is_empty() {
            let code = if row.outcome == Outcome::Manual { "ASK_A_PERSON" } else { "NOT_SEEN" };
            let text = at_most(DESCRIPTION, &reasons.join("; "));
            compliance.insert("StatusReasons".into(), json!([{ "ReasonCode": code, "Description": text }]));
        }
    }
    compliance
}

/// What Security Hub has no field for.
fn fields(document: &Document<'_>, row: &Row<'_, '_>) -> Value {
    let mut fields = Map::new();
    let mut say = |name: &str, text: &str| {
        if !text.is_empty() {
            fields.insert(format!("partywall/{name}"), at_most(PRODUCT_FIELD, text).into());
        }
    };
    say("version", &document.assessment.header.tool_version);
    say("fingerprint", &row.finding.fingerprint.to_string());
    say("verdict", row.outcome.word());
    say("control", row.finding.control.as_str());
    say("layer", row.finding.control.layer_word());
    say("holder", row.holder());
    say("stage", row.finding.stage.word());
    say("confidence", words::confidence(row.finding.confidence));
    say("kind", row.kind());
    say("evidence", &row.finding.evidence.join("; "));
    say("overdue", if row.mark.overdue { "true" } else { "" });
    say("stale", if row.mark.stale { "true" } else { "" });
    say("source", row.source().unwrap_or_default());
    say("repeats", row.repeats().unwrap_or_default());
    say("incomplete", &document.incomplete.told().unwrap_or_default());
    say("filtered", &document.summary.filtered.as_ref().map(|filtered| filtered.words()).unwrap_or_default());
    fields.into()
}

fn resource(row: &Row<'_, '_>, place: Place<'_>) -> Value {
    let mut resource = json!({
        "Type": resource_type(row.kind()),
        "Id": at_most(ID, row.finding.asset.as_str()),
        "Partition": place.partition,
        "Region": place.region,
    });
    let mut details = Map::new();
    let mut tell = |name: &str, text: &str| {
        if !text.is_empty() {
            details.insert(name.to_owned(), at_most(OTHER_DETAIL, text).into());
        }
    };
    tell("Kind", row.kind());
    tell("Name", row.label());
    if let Some(facts) = row.facts {
        tell("Environment", &facts.environment.to_string());
        tell("Sensitivity", facts.sensitivity.word());
    }
    if let Some(resource) = resource.as_object_mut() {
        resource.insert("Details".into(), json!({ "Other": details }));
        let mut tags: Map<String, Value> = Map::new();
        let named = row.asset.into_iter().flat_map(|asset| &asset.tags);
        for (name, value) in named.filter(|(name, _)| !name.trim().is_empty()) {
            // Of two whose names are cut to the same the first stays.
            if tags.len() < TAGS {
                tags.entry(at_most(128, name)).or_insert_with(|| at_most(256, value).into());
            }
        }
        if !tags.is_empty() {
            resource.insert("Tags".into(), tags.into());
        }
    }
    resource
}

/// Where a finding is sent.
#[derive(Clone, Copy)]
struct Place<'a> {
    partition: &'a str,
    region: &'a str,
    account: &'a str,
}

impl<'a> Place<'a> {
    fn of<'d: 'a>(document: &'d Document<'_>, row: &Row<'a, '_>) -> Self {
        let is_account = |id: &&str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        let first = || document.evidence.accounts.iter().map(|account| account.id).find(is_account);
        let partition = row.asset.and_then(|asset| partition(asset.id.as_str()));
        let region = row.region().filter(|region| *region != "global" && !region.is_empty());
        let partition = partition.unwrap_or_else(|| partition_of(region.unwrap_or_default()));
        Self {
            partition,
            region: region.unwrap_or_else(|| first_region(partition)),
            account: row.account().filter(is_account).or_else(first).unwrap_or(NO_ACCOUNT),
        }
    }
}

fn partition_of(region: &str) -> &'static str {
    match region {
        region if region.starts_with("us-gov-") => "aws-us-gov",
        region if region.starts_with("cn-") => "aws-cn",
        _ => "aws",
    }
}

/// The region in which the services without a region stand.
fn first_region(partition: &str) -> &'static str {
    match partition {
        "aws-us-gov" => "us-gov-west-1",
        "aws-cn" => "cn-north-1",
        _ => "us-east-1",
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "CRITICAL",
        Severity::High => "HIGH",
        Severity::Medium => "MEDIUM",
        Severity::Low => "LOW",
        Severity::Info => "INFORMATIONAL",
    }
}

/// With milliseconds, which is as exact as the format is.
fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}
