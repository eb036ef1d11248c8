//! The list of checks, and one explained.

use partywall_report::checks;
use partywall_report::text::TextStyle;
use serde_json::Value;

use crate::sample::small;

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_list_stands_in_columns() {
    let content = small().content;
    let text = text(|out| checks::write_list_text(&content.checks, TextStyle::default(), out).unwrap());
    insta::assert_snapshot!(text, @r#"
    iam-role-any-principal  high     platform.least-privilege-access  AWS::IAM::Role   Role that anyone may assume
    s3-bucket-public        critical platform.configuration-scanning  AWS::S3::Bucket  S3 bucket readable by anyone
    2 checks
    "#);
}

#[test]
fn an_explanation_tells_everything_that_the_file_says() {
    let content = small().content;
    let check = content.check("s3-bucket-public").unwrap();
    let text = text(|out| checks::write_text(check, TextStyle::default(), out).unwrap());
    insta::assert_snapshot!(text, @r#"
    S3 bucket readable by anyone
    s3-bucket-public

      severity    ◆ critical, confidence high
      control     platform.configuration-scanning
      judges      AWS::S3::Bucket
      stage       extract-and-exfiltrate
      techniques  T1530
      since       0.1.0

    Why it matters
      Anyone on the internet can list or read the objects. No credential is needed, and nothing is
      noticed until the data turns up elsewhere.

    How it is decided
      fails when
        asset.Observed.PolicyStatus.IsPublic

    How to mend it                                                                      effort XS, 0.5 d
      Turn on block public access for the account, then for the bucket.
      AWS CLI
        aws s3control put-public-access-block --account-id <account> \
          --public-access-block-configuration BlockPublicPolicy=true
      Terraform
        resource "aws_s3_account_public_access_block" "this" {
          block_public_policy = true
        }

    Related requirements
      gdpr 32
      nist-800-53r5 AC-3
    "#);
}

#[test]
fn the_json_forms_name_themselves_and_keep_expressions_as_written() {
    let content = small().content;
    let list: Value =
        serde_json::from_str(&text(|out| checks::write_list_json(&content.checks, out).unwrap())).unwrap();
    assert_eq!(
        (&list["format"], list["checks"].as_array().unwrap().len()),
        (&"partywall-checks/1".into(), 2)
    );
    let check = content.check("iam-role-any-principal").unwrap();
    let value: Value = serde_json::from_str(&text(|out| checks::write_json(check, out).unwrap())).unwrap();
    assert_eq!(value["format"], "partywall-check/1");
    assert_eq!(value["applies_when"], "asset.Path != \"/aws-service-role/\"");
    assert_eq!(value["fix"]["effort"], "S");
}
