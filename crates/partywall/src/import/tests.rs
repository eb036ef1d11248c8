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
    let latest = "2026-11-02T00:00:00Z".parse().unwrap();
    prowler::read_from(text.as_bytes(), latest, &mut |foreign| all.push(foreign))?;
    Ok(all)
}

fn content() -> Content {
    let map = ImportMap {
        id: "prowler".into(),
        cloud: "aws".into(),
        same: BTreeMap::new(),
        words: vec![WordRule { word: "sealed".into(), control: "platform.data-encryption".into() }],
        services: BTreeMap::from([("s3".into(), ControlId::from("platform.configuration-scanning"))]),
        kinds: vec![ArnRule { arn: "s3:::".into(), kind: "AWS::S3::Bucket".into() }],
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
    let mut finding = imported(ROWS).0.findings(&[], &Estate::default()).remove(0);
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
fn a_byte_order_mark_is_skipped() {
    for text in [ROWS, DETECTIONS] {
        assert_eq!(read(&format!("\u{feff}{text}")), read(text));
    }
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
    let finding = imported(ROWS).0.findings(&[], &Estate::default()).remove(2);
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
        let said = imported.findings(&own, &Estate::default()).remove(0).third_party.unwrap();
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
        let finding = imported.findings(&[own], &Estate::default()).remove(0);
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
        (&ROWS.replacen("2026-11-01", "2099-11-01", 1), "row 1: the finding is dated 2099-11-01"),
        (&DETECTIONS.replace("2026-11-01", "2099-11-01"), "dated 2099-11-01"),
        (&DETECTIONS.replace("FAIL", "PERHAPS"), "`PERHAPS` is no status"),
        (&ROWS.replacen(";aws;", ";azure;", 1), "row 1: the finding is about `azure`"),
        (&DETECTIONS.replace("Prowler", "Other"), "only Prowler's"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(told), "{error}");
    }
}

/// The row of the bucket that is open, about other resources.
fn about(resources: &[&str]) -> Imported {
    let head = ROWS.lines().next().unwrap();
    let row = ROWS.lines().nth(1).unwrap();
    let rows: Vec<String> =
        resources.iter().map(|resource| row.replace("arn:aws:s3:::harbour", resource)).collect();
    imported(&format!("{head}\n{}\n", rows.join("\n"))).0
}

const IMAGES: [&str; 2] =
    ["arn:aws:ec2:eu-west-1:111122223333:image/ami-1", "arn:aws:ec2:eu-west-1:111122223333:image/ami-2"];

#[test]
fn resources_that_fall_to_the_account_are_counted_and_none_vanishes() {
    let told = |imported: Imported| -> Vec<String> {
        let findings = imported.findings(&[], &Estate::default());
        findings.iter().map(|finding| finding.summary.to_string()).collect()
    };
    assert_eq!(told(about(&IMAGES)), ["the bucket is open … and 1 more resource"]);
    assert_eq!(told(about(&[IMAGES[0], IMAGES[0]])), ["the bucket is open"]);
    let mut muted = about(&IMAGES);
    muted.findings[0].foreign.muted = true;
    assert_eq!(told(muted), ["the bucket is open … and 1 more resource"]);
}

#[test]
fn ours_elsewhere_in_the_account_and_region_is_repeated_too() {
    let account = Some(AccountId::from("111122223333"));
    let region = |name: &str| {
        let mut asset = Asset::new(Provider::Aws, "AWS::::Region", format!("region:{name}"));
        (asset.account, asset.region) = (account.clone(), Some(name.into()));
        asset
    };
    let mut builder = EstateBuilder::default();
    for name in ["eu-west-1", "us-east-1"] {
        builder.add(partywall_model::EvidenceRecord::Asset(Box::new(region(name))));
    }
    let estate = builder.finish(|_| None);
    let ours = |name: &str, verdict: Verdict| Finding { asset: region(name).id, ..own(verdict) };
    for (here, there, repeats) in [
        (Verdict::Fail, Verdict::Pass, true),
        (Verdict::Pass, Verdict::Fail, false),
        (Verdict::Unknown(Vec::new()), Verdict::Fail, false),
    ] {
        let mut imported = about(&IMAGES[..1]);
        imported.findings[0].same = Some("s3-bucket-public".into());
        imported.findings[0].is_elsewhere = true;
        let own = [ours("eu-west-1", here.clone()), ours("us-east-1", there)];
        let said = imported.findings(&own, &estate).remove(0).third_party.unwrap();
        assert_eq!(said.repeats.is_some(), repeats, "{here:?}");
    }
}

#[test]
fn an_import_is_known_by_what_it_says_and_not_by_its_order() {
    let one = about(&IMAGES).identity();
    assert_eq!(one, about(&[IMAGES[1], IMAGES[0]]).identity());
    assert_ne!(one, about(&[IMAGES[0], IMAGES[0]]).identity());
}

fn header_of(imported: &Imported, collected: Timestamp, present: Timestamp) -> Header {
    let mut header = Header {
        tool_version: "".into(),
        collected_from: collected,
        collected_to: collected,
        sources: Vec::new(),
        accounts: Vec::new(),
        regions: Vec::new(),
        regions_not_scanned: Vec::new(),
        tallies: Vec::new(),
        end: partywall_report::RunEnd::Complete,
    };
    imported.tell(&mut header, present);
    header
}

#[test]
fn times_of_others_move_nothing_that_we_collected_and_never_lead_ahead() {
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    let (ours, present) = (time("2026-10-01T00:00:00Z"), time("2026-11-01T09:00:00Z"));
    let import = about(&IMAGES);
    let header = header_of(&import, ours, present);
    assert_eq!((header.collected_from, header.collected_to), (ours, ours));
    assert_eq!(header_of(&import, Timestamp::UNIX_EPOCH, present).collected_to, present);
    let mut timeless = about(&IMAGES);
    timeless.findings.iter_mut().for_each(|placed| placed.foreign.at = None);
    assert_eq!(header_of(&timeless, Timestamp::UNIX_EPOCH, present).collected_from, present);
}
