//! Who holds what, for a kind and for an asset.

use partywall_content::Settings;
use partywall_model::Kind;
use partywall_report::text::TextStyle;
use partywall_report::who::{self, Who};
use partywall_ssrm::Resolver;
use serde_json::Value;

use crate::sample::{Sample, small, time};

const NOW: &str = "2026-11-03T12:00:00Z";

fn text(who: &Who<'_>) -> String {
    let mut out = Vec::new();
    who::write_text(who, TextStyle::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn json(who: &Who<'_>) -> Value {
    let mut out = Vec::new();
    who::write_json(who, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn of_kind<R>(sample: &Sample, kind: &str, read: impl FnOnce(&Who<'_>) -> R) -> Option<R> {
    let kind = Kind::from(kind);
    Some(read(&Who::of_kind(&sample.content, &sample.settings, &kind, time(NOW))?))
}

fn of_asset<R>(sample: &Sample, id: &str, read: impl FnOnce(&Who<'_>) -> R) -> R {
    let asset = sample.estate.asset(id).unwrap();
    let lines = Resolver::new(&sample.content, &sample.settings).lines(asset, time(NOW));
    read(&Who::of_asset(&sample.content, asset, &lines))
}

#[test]
fn a_kind_shows_every_rule_that_may_decide() {
    let text = of_kind(&small(), "AWS::EC2::Instance", text).unwrap();
    insta::assert_snapshot!(text.split("\n\nPlatform").next().unwrap(), @r#"
    Who holds what for AWS::EC2::Instance
    7 controls: 4 yours, 1 the provider's, 1 depending on its settings, 1 without meaning here

    Applications                                                                  what you build and run
      Access management: customer
          you       decides and watches
          source    https://example.com/shared-responsibility (as of 2026-11-01) · archetype service:9

    Hosts                                                                     machines and their systems
      Patch management: depends on its settings
          • shared (each its own part) when asset.ImageId == "ami-managed"
            provider  publishes fixed images
            you       moves to them
            source    https://example.com/buckets (as of 2026-11-02) · aws/sample.yaml:14
          • customer otherwise
            you       patches
            source    unverified: no page was read for it · aws/sample.yaml:21

    Network                                                                   traffic and its boundaries
      Physical segmentation: provider
          provider  keeps the racks apart
          source    https://example.com/shared-responsibility (as of 2026-11-01) · archetype service:7
    "#);
}

#[test]
fn an_asset_shows_one_answer_and_how_its_switch_stands() {
    let text = of_asset(&small(), "arn:aws:s3:::archive", text);
    let (head, platform) = (text.split("\n\n").next().unwrap(), text.split("\n\nPlatform").nth(1).unwrap());
    insta::assert_snapshot!(format!("{head}\n\nPlatform{platform}"), @r#"
    Who holds what for archive
    AWS::S3::Bucket · arn:aws:s3:::archive · 444455556666 · eu-west-1
    7 controls: 3 yours, 1 shared under a switch, 2 the provider's, 1 without meaning here

    Platform                                                                    the cloud's own services
      Data encryption: shared (provider offers, customer switches on)
          provider  encrypts with the key that it is told to use
          you       names a key
          switch    set `BucketEncryption.Algorithm` to `aws:kms` (it is off: `AES256`)
          source    https://example.com/buckets (as of 2026-11-02) · aws/sample.yaml:7
      Configuration scanning: customer
          you       decides and watches
          source    https://example.com/shared-responsibility (as of 2026-11-01) · archetype service:9
      Least-privilege access: customer
          you       decides and watches
          source    https://example.com/shared-responsibility (as of 2026-11-01) · archetype service:9

    Organisation                                                                      people and process
      Awareness training: not applicable
    "#);
}

#[test]
fn the_json_says_the_holder_of_every_control_and_what_is_needed() {
    let sample = small();
    let value = of_asset(&sample, "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", json);
    assert_eq!(value["format"], "partywall-who/1");
    assert_eq!(value["controls"].as_array().unwrap().len(), sample.content.controls.len());
    let patching = &value["controls"][1];
    assert_eq!(
        (&patching["control"], &patching["holder"]),
        (&"hosts.patch-management".into(), &"unknown".into())
    );
    assert_eq!(patching["answers"][0]["needs"][0]["property"], "ImageId");
    let value = of_kind(&sample, "AWS::EC2::Instance", json).unwrap();
    assert_eq!(value["controls"][1]["holder"], "depends");
    assert_eq!(value["controls"][1]["answers"][0]["when"], "asset.ImageId == \"ami-managed\"");
}

#[test]
fn a_delegation_answers_before_the_rules_while_it_lasts() {
    let mut sample = small();
    let overlay = |until: &str| {
        let text = format!(
            "overlays: [{{ control: apps.access-management, to: Acme, until: {until}, does: runs the log-in }}]"
        );
        Settings::parse("partywall.yaml", &text, &sample.content.control_ids()).unwrap()
    };
    let (lasting, lapsed) = (overlay("2026-12-31"), overlay("2026-11-02"));
    sample.settings = lasting;
    let value = of_kind(&sample, "AWS::S3::Bucket", json).unwrap();
    let answer = &value["controls"][0]["answers"][0];
    assert_eq!((&answer["holder"], &answer["third_party"]), (&"third-party".into(), &"Acme".into()));
    assert_eq!(answer["when"], "until 2026-12-31, where it would be yours");
    sample.settings = lapsed;
    let value = of_kind(&sample, "AWS::S3::Bucket", json).unwrap();
    assert_eq!(value["controls"][0]["holder"], "customer");
}

#[test]
fn a_kind_that_no_service_file_knows_has_no_answer() {
    assert!(of_kind(&small(), "AWS::S3::Buckets", text).is_none());
}

#[test]
fn a_name_of_a_stranger_cannot_steer_the_terminal() {
    let text = of_asset(&small(), "arn:aws:s3:::x", text);
    assert!(
        text.starts_with("Who holds what for <script>alert(1)</script>\\u{1b}[2J\\u{202e}txt\n"),
        "{text}"
    );
}
