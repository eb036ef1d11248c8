//! What a terminal shows.

use partywall_report::shown::is_unseen;
use partywall_report::text::{self, Colour, TextStyle};

use crate::sample::{Sample, large, small};

fn written(sample: &Sample, style: TextStyle) -> String {
    sample.written(|document, out| text::write(document, style, out).unwrap())
}

fn at_width(width: usize) -> String {
    written(&small(), TextStyle { width, ..TextStyle::default() })
}

/// The headings in their order; the title has none.
const HEADINGS: [&str; 7] = [
    "Who holds what,",
    "Overall",
    "Worst findings,",
    "Switches:",
    "What could not be seen,",
    "First fixes",
    "In figures",
];

/// The section under a heading.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let start = if heading.is_empty() { 0 } else { text.find(&format!("\n\n{heading}")).unwrap() + 2 };
    let next = HEADINGS.iter().filter_map(|other| text[start + 1..].find(&format!("\n\n{other}"))).min();
    &text[start..next.map_or(text.len(), |at| start + 1 + at)]
}

#[test]
fn the_title_says_what_was_assessed_when_and_what_is_missing() {
    insta::assert_snapshot!(section(&at_width(100), ""), @r#"
    Partywall · Example \u{1b}[31mBank
    judged 2026-11-03 12:00 UTC · evidence of 2026-11-03 12:00 UTC, fresh · 2 accounts · 2 regions · 7
    assets of 4 kinds
    Incomplete: 1 list of assets could not be read; 1 of 5 verdicts hangs on something that was not
      seen; 2 operations were refused or failed: iam:ListRoles, s3:GetBucketPolicyStatus
    "#);
}

#[test]
fn the_map_stands_side_by_side_where_there_is_room() {
    insta::assert_snapshot!(section(&at_width(100), "Who holds what,"), @r#"
    Who holds what, and how well your side is held                          43 lines that mean something
                   provider   shared customer third p.  unknown   level           range  conf.  measured
    Applications          –        –        7        –        –   not measured                  0 of 1
                  capped at level 2, lower end only: not all assets could be listed
    Hosts                 6        –        –        –        1   not measured                  0 of 1
    Network               7        –        –        –        –   not applicable                0 of 0
    Platform              –        4       17        –        –   0 none           9–69   41 %  2 of 3
                  ··━━━━━━━━━━━━━━━········  weakest: Least-privilege access, 0–100; with what is not
                                             measured 8–69
                  capped at level 2: a critical failure stands where it hurts most
                  capped at level 2, lower end only: not all assets could be listed

    Organisation          –        –        1        –        –   not measured                  0 of 1
    "#);
}

#[test]
fn the_map_is_stacked_where_there_is_none() {
    insta::assert_snapshot!(section(&at_width(60), "Who holds what,"), @r#"
    Who holds what, and how well your side is held
      43 lines that mean something
    Applications
      not measured; measured 0 of 1
      lines: provider 0, shared 0, customer 7, third party 0,
      unknown 0
      capped at level 2, lower end only: not all assets could be
        listed
    Hosts
      not measured; measured 0 of 1
      lines: provider 6, shared 0, customer 0, third party 0,
      unknown 1
    Network
      not applicable; measured 0 of 0
      lines: provider 7, shared 0, customer 0, third party 0,
      unknown 0
    Platform
      level 0 of 4 (nothing seen to hold), 9–69 %, confidence
      41 %; measured 2 of 3
      lines: provider 0, shared 4, customer 17, third party 0,
      unknown 0
      weakest: Least-privilege access, 0–100; with what is not
      measured 8–69
      capped at level 2: a critical failure stands where it
        hurts most
      capped at level 2, lower end only: not all assets could be
        listed

    Organisation
      not measured; measured 0 of 1
      lines: provider 0, shared 0, customer 1, third party 0,
      unknown 0
    "#);
}

#[test]
fn the_whole_names_what_is_not_measured_and_what_would_measure_it() {
    insta::assert_snapshot!(section(&at_width(100), "Overall"), @r#"
    Overall                                                             no better than the weakest layer
      level 0 of 4 (nothing seen to hold), 9–69 %, confidence 41 %; weakest layer: Platform
      not measured: 3 of 5 controls, and 1 of 1 of the organisation
        access: apps.access-management
        people: org.awareness-training
        posture: platform.data-encryption
        vulns: hosts.patch-management
      inherited from aws on 2 controls, unproven
    "#);
}

#[test]
fn the_worst_findings_are_told_by_cause() {
    insta::assert_snapshot!(section(&at_width(100), "Worst findings,"), @r#"
    Worst findings, by cause                                               2 open failures from 2 causes
    ◆ critical  S3 bucket readable by anyone — 1 asset, 1 exposed or sensitive
                s3-bucket-public · platform.configuration-scanning · your line
                Anyone on the internet can list or read the objects.
                • card-applications (cards, eu-west-1, internet, sensitive): anyone can read
                  `card-applications`
                  1 failure accepted for a time; not seen on 1 asset

    ▲ high      Role that anyone may assume — 1 asset
                iam-role-any-principal · platform.least-privilege-access · your line
                Any account in the world can take the role.
                • vendor (cards, global): any account may assume `vendor`
    "#);
}

#[test]
fn switches_say_what_to_set_and_what_was_found() {
    insta::assert_snapshot!(section(&at_width(100), "Switches:"), @r#"
    Switches: what the provider offers and you have not switched on
      1 on, 2 off, 1 not seen, 0 shown elsewhere
      set `BucketEncryption.Algorithm` to `aws:kms`, found `AES256` — 2 assets · AWS::S3::Bucket ·
        platform.data-encryption
        card-applications, archive
    "#);
}

#[test]
fn what_could_not_be_seen_names_operation_code_place_and_what_hangs_on_it() {
    insta::assert_snapshot!(section(&at_width(100), "What could not be seen,"), @r#"
    What could not be seen, and why                                              1 of 5 verdicts unknown
      s3:GetBucketPolicyStatus  refused (AccessDenied) — 1 call; 1 verdict hangs on it
        444455556666 eu-west-1: not authorised
      iam:ListRoles  refused (AccessDenied) — 1 call; not all listed: AWS::IAM::Role
        444455556666 us-east-1: not authorised
      ec2:DescribeInstances  refused (UnauthorizedOperation) — 1 holder hangs on it
        cards eu-west-1
      region ap-east-1 was not read: account:ListRegions unsupported: not enabled for the account
    "#);
}

#[test]
fn first_fixes_say_what_they_lift_and_how_to_begin() {
    insta::assert_snapshot!(section(&at_width(100), "First fixes"), @r#"
    First fixes                                   by cap lifted, then severity and exposure, then effort
      1. Turn on block public access for the account, then for the bucket. (XS, half a day)
         lifts the cap at level 1 on platform.configuration-scanning and the one on the layer platform
         1 asset: card-applications · your line · verified by s3-bucket-public
         $ aws s3control put-public-access-block --account-id <account> … (partywall checks explain s3-bucket-public)
      2. Name the accounts that may assume the role. (S, 1 day)
         1 asset: vendor · your line · verified by iam-role-any-principal
         $ aws iam update-assume-role-policy --role-name <role> --policy-document file://trust.json
    "#);
}

#[test]
fn the_figures_say_their_denominators() {
    insta::assert_snapshot!(section(&at_width(100), "In figures"), @r#"
    In figures
      5 verdicts: 1 pass, 2 fail, 1 exempt, 1 unknown, 0 manual, 0 not applicable
      56 lines: 13 provider, 4 shared, 25 customer, 0 third party, 1 unknown, 13 not applicable; 1 rest
      on no page that was read
      5 calls: 3 answered, 0 absent, 2 refused, 0 failed; the sensitivity of 7 assets is assumed
      The assessment is incomplete (partywall 0.1.0). More: --format html -o report.html, --format json,
      partywall checks explain ID, partywall who ASSET
    "#);
}

#[test]
fn nothing_unseen_reaches_the_terminal_and_colour_only_adds_to_the_words() {
    let plain = at_width(100);
    assert!(!plain.chars().any(|character| is_unseen(character) && character != '\n'));
    let coloured = written(&small(), TextStyle { colour: Colour::Ansi, ..TextStyle::default() });
    let mut stripped = String::new();
    for (at, part) in coloured.split("\u{1b}[").enumerate() {
        stripped.push_str(if at == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_ne!(coloured, plain);
    assert_eq!(stripped, plain);
}

#[test]
fn lines_keep_to_the_width_unless_they_hold_what_cannot_be_broken() {
    let sample = large(300);
    for width in [48, 72, 100, 160] {
        let text = written(&sample, TextStyle { width, ..TextStyle::default() });
        for line in text.lines().filter(|line| line.chars().count() > width) {
            let is_command = line.trim_start().starts_with("$ ");
            let is_one_word = line.split_whitespace().any(|word| word.chars().count() + 16 > width);
            assert!(is_command || is_one_word, "{width}: {line}");
        }
    }
}

#[test]
fn the_rest_of_a_long_list_is_counted() {
    let text = written(&large(300), TextStyle { top: 3, ..TextStyle::default() });
    let worst = section(&text, "Worst findings,");
    assert_eq!(worst.matches(" — ").count(), 3, "{worst}");
    assert!(worst.contains("more causes ("), "{worst}");
    assert!(section(&text, "First fixes").contains("more fixes"));
}
