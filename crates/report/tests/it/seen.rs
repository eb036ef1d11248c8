//! What was not seen, or counts as not seen, is never told as good in any form; what is said twice counts once.

use partywall_model::{CheckId, Fingerprint, ThirdParty, Verdict};
use partywall_report::{Filtered, asff, csv, html, json, markdown, ocsf, sarif, text};
use serde_json::Value;

use crate::sample::{Sample, small, unknown};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn report(sample: &Sample) -> Value {
    let value = parsed(&sample.written(|document, out| json::write(document, out).unwrap()));
    assert_eq!(crate::schema::faults(&crate::json::schema(), &value), Vec::<String>::new());
    value
}

fn as_text(sample: &Sample) -> String {
    sample.written(|document, out| text::write(document, text::TextStyle::default(), out).unwrap())
}

fn as_html(sample: &Sample) -> String {
    sample.written(|document, out| html::write(document, out).unwrap())
}

/// The sample, judged long after it was collected.
fn stale() -> Sample {
    let mut sample = small();
    sample.settings.valid_for.cloud = 0;
    sample
}

#[test]
fn old_evidence_makes_an_assessment_incomplete_and_passes_nothing() {
    let (fresh, old) = (report(&small()), report(&stale()));
    let reasons = |report: &Value| report["incomplete"]["reasons"].to_string();
    assert!(!reasons(&fresh).contains("too old"), "{}", reasons(&fresh));
    assert!(
        reasons(&old).contains("4 verdicts rest on evidence that is too old to count"),
        "{}",
        reasons(&old)
    );
    assert_eq!(
        (&fresh["summary"]["findings"]["pass"], &old["summary"]["findings"]["pass"]),
        (&1.into(), &0.into())
    );
    assert_eq!(old["summary"]["findings"]["unknown"], 2);
    let findings = old["findings"].as_array().unwrap();
    let archive = findings.iter().find(|finding| finding["asset"] == "arn:aws:s3:::archive").unwrap();
    assert_eq!((&archive["verdict"], &archive["stale"]), (&"pass".into(), &true.into()));
    assert!(as_text(&stale()).contains(" 0 pass,"), "{}", as_text(&stale()));
    let page = as_html(&stale());
    assert!(page.contains("0 pass, 0 without meaning"), "the asset's page counts no pass");
    assert!(page.contains("the evidence is too old to count"));
    let events = parsed(&stale().written(|document, out| ocsf::write(document, out).unwrap()));
    let told: Vec<&Value> =
        events.as_array().unwrap().iter().map(|event| &event["unmapped"]["verdict"]).collect();
    assert!(told.iter().all(|word| **word != "pass"), "{told:?}");
}

fn filtered(not_listed: usize, left_out: usize) -> Filtered {
    Filtered {
        asked: vec!["--severity high".to_owned()],
        checks_run: 1,
        checks_left_out: 1,
        verdicts_left_out: left_out,
        verdicts_not_listed: not_listed,
        controls_not_looked_at: vec![],
    }
}

#[test]
fn a_verdict_that_is_not_listed_and_was_not_seen_still_makes_it_incomplete() {
    let mut sample = small();
    for finding in &mut sample.findings {
        finding.verdict = Verdict::Pass;
    }
    sample.findings[4].verdict = unknown("iam:GetRole AccessDenied");
    let told = |hidden: &Filtered| {
        sample.filtered(hidden, |document, out| out.extend(document.incomplete_reasons().join("; ").bytes()))
    };
    let hangs = "1 of 5 verdicts hangs on something that was not seen";
    assert!(told(&filtered(2, 0)).contains(hangs), "{}", told(&filtered(2, 0)));
    // What the user asked nobody to look at is said elsewhere.
    assert!(!told(&filtered(0, 1)).contains("hang"), "{}", told(&filtered(0, 1)));
}

#[test]
fn every_form_says_that_it_is_incomplete_and_why() {
    let sample = small();
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
        let told = sample.written(write).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("1 of 5 verdicts hangs on something that was not seen"), "{form}: {told}");
    }
}

/// The sample, in which another scanner says again that anyone can read a bucket, and once something of its own.
fn told_twice() -> Sample {
    let mut sample = small();
    for (print, check, repeats) in [(1, "prowler:public", true), (2, "prowler:other", false)] {
        let mut foreign = sample.findings[0].clone();
        foreign.check = check.into();
        foreign.fingerprint = Fingerprint([print; 16]);
        foreign.third_party = Some(Box::new(ThirdParty {
            tool: "Prowler 5".into(),
            title: format!("Their title of {check}").into(),
            repeats: repeats.then(|| CheckId::from("s3-bucket-public")),
            muted: false,
            at: Some(crate::sample::time("2026-11-03T11:59:00Z")),
        }));
        sample.findings.push(foreign);
    }
    sample
}

#[test]
fn what_another_scanner_repeats_is_counted_once_and_said_to_be_a_repeat() {
    let (once, twice) = (report(&small()), report(&told_twice()));
    let fails = |report: &Value| report["summary"]["findings"]["fail"].as_u64().unwrap();
    assert_eq!(fails(&twice), fails(&once) + 1);
    assert_eq!(twice["summary"]["causes"], once["summary"]["causes"].as_u64().unwrap() + 1);
    let shown = as_text(&told_twice());
    assert!(
        shown.contains("Their title of prowler:other") && !shown.contains("Their title of prowler:public")
    );
    let table = told_twice().written(|document, out| csv::write(document, out).unwrap());
    let row = table.lines().find(|line| line.contains("prowler:public")).unwrap();
    assert!(row.ends_with(",Prowler 5,s3-bucket-public"), "{row}");
    let events = parsed(&told_twice().written(|document, out| ocsf::write(document, out).unwrap()));
    let repeats: Vec<&Value> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["unmapped"]["repeats"])
        .filter(|it| !it.is_null())
        .collect();
    assert_eq!(repeats, [&Value::from("s3-bucket-public")]);
    let findings = told_twice().written(|document, out| asff::write(document, out).unwrap());
    assert_eq!(findings.matches("\"partywall/repeats\":\"s3-bucket-public\"").count(), 1);
    let results = told_twice().written(|document, out| sarif::write(document, out).unwrap());
    assert_eq!(results.matches("\"repeats\": \"s3-bucket-public\"").count(), 1);
}

#[test]
fn a_page_calls_what_another_scanner_found_as_that_calls_it() {
    let page = as_html(&told_twice());
    let (row, data) = ("Their title of prowler:other", "\"Their title of prowler:other\"");
    assert!(page.matches(row).count() > 3 && page.contains(data), "{}", page.matches(row).count());
    assert!(!page.contains("Their title of prowler:public"));
}

#[test]
fn a_layer_of_which_nothing_was_looked_at_has_no_level() {
    let sample = small();
    let measured: Vec<_> = report(&sample)["controls"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|control| control["state"] == "measured")
        .map(|control| control["id"].as_str().unwrap().into())
        .collect();
    let hidden = Filtered { controls_not_looked_at: measured, ..filtered(0, 0) };
    let told = parsed(&sample.filtered(&hidden, |document, out| json::write(document, out).unwrap()));
    for layer in told["scores"]["layers"].as_array().unwrap() {
        assert_eq!((&layer["controls_measured"], &layer["measured"]), (&0.into(), &Value::Null), "{layer}");
    }
    let page = sample.filtered(&hidden, |document, out| html::write(document, out).unwrap());
    assert!(!page.contains("All its measured controls have reached"));
    assert!(page.contains("Nothing here is measured"));
}
