use partywall_content::{ArnRule, WordRule};

use super::*;

const ROWS: &str = "\
CHECK_ID;CHECK_TITLE;STATUS;STATUS_EXTENDED;MUTED;SEVERITY;ACCOUNT_UID;REGION;RESOURCE_UID;RESOURCE_NAME;PROVIDER;TIMESTAMP;PROWLER_VERSION
s3_bucket_open;Buckets are shut;FAIL;the bucket is open;False;critical;111122223333;eu-west-1;arn:aws:s3:::harbour;harbour;aws;2026-11-01 10:00:00.5;5.0.0
s3_bucket_open;Buckets are shut;PASS;the bucket is shut;False;critical;111122223333;eu-west-1;arn:aws:s3:::quay;quay;aws;2026-11-01 10:00:00;5.0.0
s3_bucket_sealed;Buckets are sealed;FAIL;not sealed;True;low;111122223333;eu-west-1;111122223333;account;aws;2026-11-01 10:00:00;5.0.0
teapot_hot;Teapots are hot;MANUAL;who knows;False;low;111122223333;eu-west-1;pot;pot;aws;;5.0.0
";

const DETECTIONS: &str = r#"[{
  "metadata": {"event_code": "s3_bucket_open", "product": {"name": "Prowler", "version": "5.0.0"}},
  "finding_info": {"title": "Buckets are shut", "uid": "x"},
  "severity": "Critical", "status": "New", "status_code": "FAIL", "status_detail": "the bucket is open",
  "resources": [{"uid": "arn:aws:s3:::harbour", "name": "harbour", "region": "eu-west-1", "data": {"a": [1]}}],
  "cloud": {"account": {"uid": "111122223333"}, "provider": "aws", "region": "eu-west-1"},
  "time_dt": "2026-11-01T10:00:00.5"
}]"#;

fn read(text: &str) -> Result<Vec<Foreign>, String> {
    let mut all = Vec::new();
    prowler::read_from(text.as_bytes(), &mut |foreign| all.push(foreign))?;
    Ok(all)
}

fn content() -> Content {
    let map = ImportMap {
        id: "prowler".into(),
        cloud: "aws".into(),
        same: BTreeMap::new(),
        words: vec![WordRule { word: "sealed".into(), control: "platform.data-encryption".into() }],
        services: BTreeMap::from([("s3".into(), ControlId::from("platform.configuration-scanning"))]),
        kinds: vec![ArnRule { arn: "s3:".into(), kind: "AWS::S3::Bucket".into() }],
    };
    Content { imports: vec![map], ..Content::default() }
}

fn imported(text: &str) -> (Imported, Unmapped) {
    let content = content();
    let (mut imported, mut unmapped) = (Imported::default(), Unmapped::default());
    for foreign in read(text).unwrap() {
        imported.take(foreign, content.imports.first().unwrap(), &content, &mut unmapped);
    }
    (imported, unmapped)
}

fn own(verdict: Verdict) -> Finding {
    let mut finding = imported(ROWS).0.findings(&[]).remove(0);
    finding.check = "s3-bucket-public".into();
    finding.verdict = verdict;
    finding.third_party = None;
    finding
}

#[test]
fn both_forms_say_the_same() {
    assert_eq!(read(DETECTIONS).unwrap().first(), read(ROWS).unwrap().first());
}

#[test]
fn what_has_no_control_is_counted_and_named() {
    let (imported, unmapped) = imported(ROWS);
    assert_eq!(imported.findings.len(), 3);
    let problem = unmapped.problem(Path::new("a.csv")).unwrap();
    assert!(
        problem.message.contains("1 of 4 findings") && problem.message.contains("teapot_hot"),
        "{problem}"
    );
}

#[test]
fn a_resource_that_is_no_asset_is_the_accounts() {
    let (imported, _) = imported(ROWS);
    let kinds: Vec<&str> = imported.findings.iter().map(|placed| placed.asset.kind.as_str()).collect();
    assert_eq!(kinds, ["AWS::S3::Bucket", "AWS::S3::Bucket", "AWS::::Account"]);
    assert!(imported.findings.iter().all(|placed| placed.asset.properties.is_unknown()));
}

#[test]
fn what_was_muted_there_still_fails_here() {
    let finding = imported(ROWS).0.findings(&[]).remove(2);
    assert_eq!(finding.verdict, Verdict::Fail);
    assert!(finding.third_party.unwrap().muted);
    assert!(finding.summary.ends_with("(muted there)"));
}

#[test]
fn a_repeated_finding_counts_once_and_a_disagreement_twice() {
    let unknown = || Verdict::Unknown(Vec::new());
    for (ours, repeats) in
        [(Some(Verdict::Fail), true), (Some(Verdict::Pass), false), (Some(unknown()), false), (None, false)]
    {
        let (mut imported, _) = imported(ROWS);
        imported.findings.truncate(1);
        imported.findings[0].same = Some("s3-bucket-public".into());
        let own: Vec<Finding> = ours.clone().map(own).into_iter().collect();
        let said = imported.findings(&own).remove(0).third_party.unwrap();
        assert_eq!(said.repeats.is_some(), repeats, "{ours:?}");
    }
}

#[test]
fn a_foreign_pass_beside_our_own_verdict_never_counts() {
    for ours in [Verdict::Unknown(Vec::new()), Verdict::Pass, Verdict::Fail] {
        let (mut imported, _) = imported(ROWS);
        let mut placed = imported.findings.remove(1);
        placed.same = Some("s3-bucket-public".into());
        let mut own = own(ours);
        own.asset = placed.asset.id.clone();
        imported.findings = vec![placed];
        let finding = imported.findings(&[own]).remove(0);
        assert_eq!((finding.verdict, finding.confidence), (Verdict::Pass, Confidence::Medium));
        assert!(finding.third_party.unwrap().repeats.is_some());
    }
}

#[test]
fn a_mistake_is_told_with_its_place() {
    for (text, told) in [
        ("", "empty"),
        ("[{]", "line 1"),
        ("CHECK_ID;STATUS\na;b\n", "line: 2"),
        (&DETECTIONS.replace("FAIL", "PERHAPS"), "`PERHAPS` is no status"),
        (&ROWS.replacen(";aws;", ";azure;", 1), "row 1: the finding is about `azure`"),
        (&DETECTIONS.replace("Prowler", "Other"), "only Prowler's"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
}
