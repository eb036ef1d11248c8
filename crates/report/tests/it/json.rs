//! What machines read.

use partywall_report::json;
use serde_json::Value;

use crate::sample::{Sample, large, small, tally};
use crate::schema;

pub(crate) fn document(sample: &Sample) -> Value {
    serde_json::from_str(&sample.written(|document, out| json::write(document, out).unwrap())).unwrap()
}

pub(crate) fn schema() -> Value {
    serde_json::from_str(include_str!("../../../../docs/reference/report.schema.json")).unwrap()
}

#[test]
fn a_document_is_as_the_schema_says() {
    assert_eq!(schema::faults(&schema(), &document(&small())), Vec::<String>::new());
    assert_eq!(schema::faults(&schema(), &document(&large(150))), Vec::<String>::new());
    let filtered = partywall_report::Filtered {
        asked: vec!["--check s3-bucket-public".to_owned()],
        checks_run: 1,
        checks_left_out: 1,
        verdicts_left_out: 1,
        verdicts_not_listed: 0,
        controls_not_looked_at: vec!["platform.least-privilege-access".into()],
    };
    let told = small().filtered(&filtered, |document, out| json::write(document, out).unwrap());
    let value: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(schema::faults(&schema(), &value), Vec::<String>::new());
    let control = |id: &str| {
        value["controls"].as_array().unwrap().iter().find(|control| control["id"] == id).unwrap().clone()
    };
    assert_eq!(control("platform.least-privilege-access")["state"], "not-measured");
    assert_eq!(control("platform.configuration-scanning")["state"], "measured");
}

#[test]
fn the_schema_notices_what_is_missing_too_much_or_of_another_type() {
    let mut value = document(&small());
    value["scores"]["overall"]["level"] = "high".into();
    value["extra"] = 1.into();
    value["controls"][0].as_object_mut().unwrap().remove("state");
    value["findings"][0]["verdict"] = "good".into();
    let faults = schema::faults(&schema(), &value);
    for place in ["$.scores.overall.level", "$.extra", "$.controls[0].state", "$.findings[0].verdict"] {
        assert!(faults.iter().any(|fault| fault.starts_with(place)), "{place} not among {faults:#?}");
    }
}

#[test]
fn every_asset_has_a_line_for_every_control() {
    let value = document(&small());
    let mut held = vec![0; value["assets"].as_array().unwrap().len()];
    for line in value["lines"].as_array().unwrap() {
        for asset in line["assets"].as_array().unwrap() {
            held[usize::try_from(asset.as_u64().unwrap()).unwrap()] += 1;
        }
    }
    let controls = value["controls"].as_array().unwrap().len();
    assert!(held.iter().all(|lines| *lines == controls), "{held:?}");
}

#[test]
fn a_failure_says_whose_line_it_is_and_a_pass_carries_no_evidence() {
    let value = document(&small());
    let findings = value["findings"].as_array().unwrap();
    let of = |asset: &str| findings.iter().find(|finding| finding["asset"] == asset).unwrap();
    let failed = of("arn:aws:s3:::card-applications");
    let line = usize::try_from(failed["line"].as_u64().unwrap()).unwrap();
    assert_eq!(value["lines"][line]["holder"], "customer");
    assert_eq!(value["lines"][line]["control"], "platform.configuration-scanning");
    assert_eq!(failed["location"][0]["operation"], "s3:GetBucketPolicyStatus");
    assert_eq!(of("arn:aws:s3:::archive")["verdict"], "pass");
    assert!(of("arn:aws:s3:::archive").get("evidence").is_none());
    assert_eq!(of("arn:aws:s3:::downloads")["exempt"]["owner"], "web team");
}

#[test]
fn a_refused_read_says_what_hangs_on_it() {
    let value = document(&small());
    let reads = value["unknown_reads"].as_array().unwrap();
    let of = |operation: &str| reads.iter().find(|read| read["operation"] == operation).unwrap();
    let policy = of("s3:GetBucketPolicyStatus");
    assert_eq!((policy["code"].as_str(), policy["count"].as_u64()), (Some("AccessDenied"), Some(1)));
    assert_eq!((policy["findings"].as_u64(), policy["region"].as_str()), (Some(1), Some("eu-west-1")));
    assert_eq!(of("iam:ListRoles")["lists"][0], "AWS::IAM::Role");
    assert_eq!(of("ec2:DescribeInstances")["lines"], 1);
    assert_eq!(value["incomplete"]["is"], true);
    assert_eq!(value["incomplete"]["reasons"].as_array().unwrap().len(), 3);
}

#[test]
fn what_was_seen_to_the_end_is_not_incomplete() {
    let mut sample = large(0);
    sample.estate = partywall_model::EstateBuilder::default().finish(|_| None);
    sample.header.tallies = vec![tally("ec2:DescribeVpcs", "111122223333", "eu-west-1", 1, &[])];
    let value = document(&sample);
    assert_eq!(value["incomplete"], serde_json::json!({ "is": false, "reasons": [] }));
    // No evidence at all: the controls of the organisation are still in scope, and open.
    assert_eq!(value["controls"].as_array().unwrap().len(), 45);
    assert_eq!(value["scores"]["organisation"]["all"]["confidence"], 0.0);
}

#[test]
fn the_same_assessment_is_the_same_bytes() {
    let write = |sample: Sample| sample.written(|document, out| json::write(document, out).unwrap());
    assert_eq!(write(large(60)), write(large(60)));
}
