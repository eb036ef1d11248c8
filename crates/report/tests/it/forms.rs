//! The forms for other tools: what they look like, and that none of them loses a failure or invents a pass.

use std::collections::BTreeMap;

use partywall_model::Verdict;
use partywall_report::{Filtered, asff, csv, html, json, markdown, ocsf, sarif, text};
use proptest::prelude::*;
use serde_json::Value;

use crate::sample::{Sample, large, small, unknown};

fn as_csv(sample: &Sample) -> String {
    sample.written(|document, out| csv::write(document, out).unwrap())
}

fn as_sarif(sample: &Sample) -> String {
    sample.written(|document, out| sarif::write(document, out).unwrap())
}

fn as_ocsf(sample: &Sample) -> String {
    sample.written(|document, out| ocsf::write(document, out).unwrap())
}

fn as_asff(sample: &Sample) -> String {
    sample.written(|document, out| asff::write(document, out).unwrap())
}

fn as_markdown(sample: &Sample) -> String {
    sample.written(|document, out| markdown::write(document, out).unwrap())
}

#[test]
fn csv_has_a_row_for_each_verdict() {
    insta::assert_snapshot!("csv", as_csv(&small()).replace("\r\n", "\n"));
}

#[test]
fn sarif_has_failures_open_questions_and_their_rules() {
    insta::assert_snapshot!("sarif", as_sarif(&small()));
}

#[test]
fn ocsf_has_an_event_for_each_verdict() {
    insta::assert_snapshot!("ocsf", as_ocsf(&small()));
}

#[test]
fn asff_has_a_finding_for_each_verdict() {
    insta::assert_snapshot!("asff", as_asff(&small()));
}

#[test]
fn markdown_is_a_summary() {
    insta::assert_snapshot!("markdown", as_markdown(&small()));
}

#[test]
fn markdown_is_of_one_size_whatever_the_estate() {
    let many = as_markdown(&large(900));
    // What a comment of a forge may hold.
    assert!(many.chars().count() < 65_536, "{}", many.len());
}

/// Fingerprint → the word that a form has for the verdict, each exactly once.
type Told = BTreeMap<String, String>;

fn once(told: impl IntoIterator<Item = (String, String)>) -> Told {
    let mut all = Told::new();
    for (print, word) in told {
        assert_eq!(all.insert(print.clone(), word), None, "{print} is told twice");
    }
    all
}

fn of_json(text: &str, list: &str, print: &str, word: &str) -> Told {
    let value: Value = serde_json::from_str(text).unwrap();
    let text = |value: &Value, at: &str| {
        let found = value.pointer(at).unwrap_or_else(|| panic!("no {at} in {value}"));
        found.as_str().map_or_else(|| found.to_string(), str::to_owned)
    };
    let members = value.pointer(list).unwrap().as_array().unwrap();
    once(members.iter().map(|member| (text(member, print), text(member, word))))
}

fn told_in_csv(sample: &Sample) -> Told {
    let text = as_csv(sample);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), csv::COLUMNS);
    once(reader.records().map(|row| row.unwrap()).map(|row| (row[0].to_owned(), row[1].to_owned())))
}

fn told_in_sarif(sample: &Sample) -> Told {
    of_json(&as_sarif(sample), "/runs/0/results", "/partialFingerprints/partywall~1v1", "/kind")
}

fn told_in_ocsf(sample: &Sample) -> Told {
    of_json(&as_ocsf(sample), "", "/finding_info/uid", "/compliance/status_id")
}

fn told_in_asff(sample: &Sample) -> Told {
    let told = of_json(&as_asff(sample), "", "/Id", "/Compliance/Status");
    told.into_iter().map(|(id, word)| (id.rsplit('/').next().unwrap().to_owned(), word)).collect()
}

/// What each form must say of a verdict: CSV, SARIF, OCSF, ASFF; none where the form leaves it out.
fn expected(verdict: &Verdict, exempt: bool) -> [Option<&'static str>; 4] {
    match verdict {
        Verdict::Fail if exempt => [Some("exempt"), Some("fail"), Some("3"), Some("FAILED")],
        Verdict::Fail => [Some("fail"), Some("fail"), Some("3"), Some("FAILED")],
        Verdict::Unknown(_) => [Some("unknown"), Some("open"), Some("0"), Some("NOT_AVAILABLE")],
        Verdict::Manual => [Some("manual"), Some("review"), Some("2"), Some("WARNING")],
        Verdict::Pass => [Some("pass"), None, Some("1"), Some("PASSED")],
        Verdict::NotApplicable => [Some("not-applicable"), None, None, None],
    }
}

/// Every verdict stands in every form once, as what it is.
fn tells_all(sample: &Sample, is_exempt: impl Fn(&str, &str) -> bool) {
    let forms = [told_in_csv(sample), told_in_sarif(sample), told_in_ocsf(sample), told_in_asff(sample)];
    let mut counts = [0; 4];
    for finding in &sample.findings {
        let print = finding.fingerprint.to_string();
        let words = expected(&finding.verdict, is_exempt(finding.check.as_str(), finding.asset.as_str()));
        for ((form, word), count) in forms.iter().zip(words).zip(&mut counts) {
            assert_eq!(form.get(&print).map(String::as_str), word, "{finding:?}");
            *count += usize::from(word.is_some());
        }
    }
    assert_eq!(forms.map(|form| form.len()), counts, "and nothing else");
}

#[test]
fn no_form_loses_a_failure_or_takes_an_unknown_for_a_pass() {
    let sample = large(400);
    let verdicts = |word: &str| sample.findings.iter().filter(|f| f.verdict.word() == word).count();
    assert!(verdicts("fail") > 100 && verdicts("unknown") > 50, "the sample has enough of each");
    tells_all(&sample, |_, _| false);
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        Just(Verdict::Pass),
        Just(Verdict::Fail),
        Just(unknown("s3:GetBucketPolicyStatus AccessDenied")),
        Just(Verdict::Unknown(Vec::new())),
        Just(Verdict::Manual),
        Just(Verdict::NotApplicable),
    ]
}

proptest! {
    // Each case reads the sample's content and writes four forms.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_the_verdicts_are_every_form_tells_them_as_they_are(
        verdicts in prop::collection::vec(any_verdict(), 5),
    ) {
        let mut sample = small();
        for (finding, verdict) in sample.findings.iter_mut().zip(verdicts) {
            finding.verdict = verdict;
        }
        // The settings of the sample waive the one that is meant for everyone.
        tells_all(&sample, |check, asset| check == "s3-bucket-public" && asset == "arn:aws:s3:::downloads");
    }

    #[test]
    fn no_name_breaks_out_of_its_place(name in "\\PC{0,40}|[=+@-].{0,20}|[`|\\[\\]{}!<>*_#\n\r\u{1b}]{1,30}") {
        let mut sample = small();
        for finding in &mut sample.findings {
            finding.summary = format!("{name}: {name}").into();
            finding.evidence = vec![name.clone().into()];
        }
        tells_all(&sample, |check, asset| check == "s3-bucket-public" && asset == "arn:aws:s3:::downloads");
        let rows = as_csv(&sample);
        prop_assert_eq!(rows.matches("\r\n").count(), sample.findings.len() + 1);
        prop_assert_eq!(rows.matches('\n').count(), sample.findings.len() + 1);
        // Every row of a table of the summary has as many cells as its heading.
        for table in as_markdown(&sample).split("\n\n").filter(|part| part.starts_with("| ")) {
            let cells = |line: &str| line.replace("\\|", "").matches('|').count();
            let heading = cells(table.lines().next().unwrap());
            prop_assert!(table.lines().all(|line| cells(line) == heading), "{}", table);
        }
    }
}

#[test]
fn every_form_says_that_it_was_filtered() {
    let sample = small();
    let filtered = Filtered {
        asked: vec!["--service s3".to_owned(), "--severity high".to_owned()],
        checks_run: 1,
        checks_left_out: 1,
        verdicts_left_out: 1,
        verdicts_not_listed: 2,
        controls_not_looked_at: vec!["platform.secure-api-access".into()],
    };
    type Write = fn(&partywall_report::Document<'_>, &mut Vec<u8>);
    let forms: [(&str, Write); 8] = [
        ("text", |document, out| text::write(document, text::TextStyle::default(), out).unwrap()),
        ("json", |document, out| json::write(document, out).unwrap()),
        ("html", |document, out| html::write(document, out).unwrap()),
        ("markdown", |document, out| markdown::write(document, out).unwrap()),
        ("csv", |document, out| csv::write(document, out).unwrap()),
        ("sarif", |document, out| sarif::write(document, out).unwrap()),
        ("ocsf", |document, out| ocsf::write(document, out).unwrap()),
        ("asff", |document, out| asff::write(document, out).unwrap()),
    ];
    for (form, write) in forms {
        let told = sample.filtered(&filtered, write);
        assert!(told.contains("--service s3"), "{form}: {told}");
        let plain = sample.written(write);
        assert!(!plain.contains("--service s3"), "{form}");
    }
    let told = sample.filtered(&filtered, forms[0].1);
    insta::assert_snapshot!(
        told.lines().skip_while(|line| !line.starts_with("Filtered")).take(3).collect::<Vec<_>>().join("\n"),
        @r"
    Filtered: --service s3 --severity high: 1 of 2 checks ran; 1 verdict that the others would have
      given counts as not seen; 1 control was not looked at; 2 verdicts not listed, though they count in
      the figures
    "
    );
}
