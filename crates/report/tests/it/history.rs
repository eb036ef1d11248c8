//! What reports say of earlier runs: the trend of a document, and the differences of two runs.

use partywall_model::{Holder, Layer, Severity};
use partywall_report::diff::{
    self, AssetChanges, AssetName, Counts, Difference, FigureChange, FindingChange, LineFacts, MovedControl,
    RunFacts,
};
use partywall_report::text::TextStyle;
use partywall_report::trend::{SinceLast, Trend, TrendControl, TrendFigure, TrendLayer, TrendPoint};
use partywall_report::{json, text};
use serde_json::Value;

use crate::sample::{Sample, small, time};
use crate::schema;

fn trend() -> Trend {
    let figure = TrendFigure { lo: 0.25, hi: 0.5, level: 1 };
    let point = |at: &str, figure: Option<TrendFigure>| TrendPoint {
        run: format!("run of {at}").into(),
        at: time(at),
        complete: true,
        findings: 12,
        failing: 3,
        overall: figure,
        layers: vec![TrendLayer { layer: Layer::Hosts, figure }],
        controls: vec![TrendControl { control: "hosts.hardening".into(), figure, coverage: 0.5 }],
    };
    Trend {
        points: vec![point("2026-11-02T12:00:00Z", None), point("2026-11-03T12:00:00Z", Some(figure))],
        since_last: Some(SinceLast {
            run: "run of 2026-11-02T12:00:00Z".into(),
            at: time("2026-11-02T12:00:00Z"),
            new: 3,
            fixed: 2,
            reopened: 1,
            standing: 41,
            became_unknown: 4,
        }),
    }
}

#[test]
fn a_document_with_a_trend_is_as_the_schema_says() {
    let sample = Sample { trend: Some(trend()), ..small() };
    let schema: Value =
        serde_json::from_str(include_str!("../../../../docs/reference/report.schema.json")).unwrap();
    let value: Value =
        serde_json::from_str(&sample.written(|document, out| json::write(document, out).unwrap())).unwrap();
    assert_eq!(schema::faults(&schema, &value), Vec::<String>::new());
    assert_eq!(value["trend"]["points"][1]["layers"][0]["figure"]["lo"], 0.25);
    assert_eq!(value["waivers"][0]["state"], "in-force");
}

#[test]
fn the_text_has_one_line_about_the_run_before() {
    let sample = Sample { trend: Some(trend()), ..small() };
    let written = sample.written(|document, out| text::write(document, TextStyle::default(), out).unwrap());
    let words: Vec<&str> = written.split_whitespace().collect();
    let told = "since the last run (2026-11-02 12:00 UTC): +3 new, 2 fixed, 1 reopened; 41 still fail, 4 no longer seen";
    assert!(words.join(" ").contains(told), "{written}");
    let first = small().written(|document, out| text::write(document, TextStyle::default(), out).unwrap());
    assert!(!first.contains("since the last run"), "{first}");
}

/// What a page in place of a name would do on a terminal or in Markdown.
const HOSTILE: &str = "<b>`x`\u{1b}[2J|@all";

fn finding(check: &str, severity: Severity, asset: &str, why: &str) -> FindingChange {
    FindingChange {
        check: check.into(),
        title: format!("Title of {check}").into(),
        severity,
        control: "hosts.hardening".into(),
        asset: asset.into(),
        fingerprint: "00".repeat(16).into(),
        check_is_new: check.ends_with("new"),
        why: why.into(),
    }
}

fn difference() -> Difference {
    let run = |at: &str, complete: bool| RunFacts {
        run: "8b253eb0429c8b253eb0429c".into(),
        at: time(at),
        tool_version: "0.1.0".into(),
        complete,
        accounts: vec!["111122223333".into()],
    };
    let line = |holder: &Holder, rule: &str| LineFacts::new(holder, rule, "UpdateRuntimeOn", "");
    let figure = |level, lo| Some(TrendFigure { lo, hi: 0.75, level });
    let change = |of: &str, before, after| FigureChange { of: of.into(), before, after };
    Difference {
        format: diff::FORMAT,
        before: run("2026-11-02T12:00:00Z", true),
        after: run("2026-11-03T12:00:00Z", false),
        not_compared: vec!["the later run did not see everything that it was about".into()],
        counts: Counts {
            new: 3,
            reopened: 1,
            fixed: 1,
            standing: 41,
            became_unknown: 1,
            moved: 2,
            moved_to_you: 1,
            ..Counts::default()
        },
        new: vec![
            finding("a-check", Severity::Critical, "one", ""),
            finding("a-check", Severity::Critical, HOSTILE, ""),
            finding("check-new", Severity::Low, "two", ""),
        ],
        reopened: vec![finding("b-check", Severity::High, "three", "")],
        fixed: vec![finding("c-check", Severity::High, "four", "")],
        became_unknown: vec![finding("d-check", Severity::High, "five", "s3:GetBucketPolicy AccessDenied")],
        dropped: vec![],
        responsibility: vec![
            MovedControl {
                control: "hosts.patch-management".into(),
                kind: "AWS::Lambda::Function".into(),
                before: line(&Holder::Provider, "aws/lambda.yaml:44"),
                after: line(&Holder::SharedDependent, "aws/lambda.yaml:36"),
                to_you: true,
                assets: vec!["function".into()],
            },
            MovedControl {
                control: "hosts.endpoint-monitoring".into(),
                kind: "AWS::EC2::Instance".into(),
                before: line(&Holder::Customer, "aws/ec2.yaml:4"),
                after: line(&Holder::ThirdParty("Harbour".into()), "aws/ec2.yaml:4"),
                to_you: false,
                assets: vec!["machine".into()],
            },
        ],
        overall: change("overall", figure(1, 0.25), figure(1, 0.25)),
        layers: vec![change("hosts", figure(1, 0.5), figure(2, 0.6)), change("org", None, None)],
        controls: vec![change("hosts.hardening", figure(2, 0.5), None)],
        assets: AssetChanges {
            appeared: vec![AssetName { kind: "AWS::S3::Bucket".into(), asset: "one".into() }],
            gone: vec![],
            unlisted: vec![AssetName { kind: "AWS::S3::Bucket".into(), asset: "two".into() }],
        },
    }
}

fn written(write: impl FnOnce(&Difference, &mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&difference(), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_difference_as_text() {
    let text = written(|it, out| diff::write_text(it, TextStyle::default(), out).unwrap());
    insta::assert_snapshot!(text);
}

#[test]
fn a_difference_as_markdown() {
    insta::assert_snapshot!(written(|it, out| diff::write_markdown(it, out).unwrap()));
}

#[test]
fn a_difference_as_json_has_every_entry() {
    let value: Value = serde_json::from_str(&written(|it, out| diff::write_json(it, out).unwrap())).unwrap();
    assert_eq!(value["format"], "partywall-diff/1");
    assert_eq!(value["new"][1]["asset"], HOSTILE);
    assert_eq!(value["new"][2]["check_is_new"], true);
    assert_eq!(value["responsibility"][1]["after"]["third_party"], "Harbour");
    assert_eq!(value["layers"][1]["after"], Value::Null);
}
