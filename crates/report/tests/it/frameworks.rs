//! Frameworks in the forms.

use partywall_report::frameworks::{write_list_json, write_list_text};
use partywall_report::text::TextStyle;
use partywall_report::{html, json, markdown, text};
use serde_json::{Value, json};

use crate::json::schema;
use crate::sample::{large, small};
use crate::schema::faults;

const BOTH: [&str; 2] = ["nist-800-53r5", "gdpr"];

#[test]
fn the_json_is_as_the_schema_says_and_counts_every_requirement() {
    let written = small().framed(&BOTH, |document, out| json::write(document, out).unwrap());
    let value: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(faults(&schema(), &value), Vec::<String>::new());
    for framework in value["frameworks"].as_array().unwrap() {
        let requirements = framework["requirements"].as_array().unwrap();
        let summary = framework["summary"].as_object().unwrap();
        let sum: u64 = summary
            .iter()
            .filter(|(name, _)| *name != "requirements")
            .map(|(name, count)| {
                let word = name.replace('_', "-");
                let stand_so = requirements.iter().filter(|one| one["verdict"] == word.as_str()).count();
                assert_eq!(count.as_u64().unwrap(), stand_so as u64, "{name}");
                stand_so as u64
            })
            .sum();
        assert_eq!(summary["requirements"], sum);
    }
    let access = &value["frameworks"][0]["requirements"][2];
    assert_eq!((&access["id"], &access["verdict"]), (&json!("AC-3"), &json!("not-met")));
    assert_eq!(access["checks"], json!(["s3-bucket-public"]));
    assert!(access["verdicts"]["fail"].as_u64().unwrap() > 0);
}

#[test]
fn a_report_that_was_not_asked_says_nothing_of_frameworks() {
    let written = small().framed(&[], |document, out| json::write(document, out).unwrap());
    let value: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(value.get("frameworks"), None);
}

#[test]
fn a_terminal_shows_verdict_strength_and_what_it_rests_on() {
    let told =
        small().framed(&BOTH, |document, out| text::write(document, TextStyle::default(), out).unwrap());
    let from = told.find("NIST SP 800-53").unwrap();
    let to = told.find("General Data Protection").unwrap();
    insta::assert_snapshot!("a_terminal_shows_a_framework", &told[from..to]);
}

#[test]
fn markdown_names_what_is_not_met() {
    let told = small().framed(&BOTH, |document, out| markdown::write(document, out).unwrap());
    let from = told.find("## NIST SP 800-53").unwrap();
    let to = told.find("## General Data Protection").unwrap();
    insta::assert_snapshot!("markdown_names_what_is_not_met", &told[from..to]);
}

#[test]
fn a_page_shows_frameworks_only_where_they_were_asked_for() {
    let told = small().framed(&BOTH, |document, out| html::write(document, out).unwrap());
    assert!(told.contains("<h2 id=\"frameworks-title\">Frameworks</h2>"), "{told}");
    assert!(
        told.contains("<th scope=\"row\">AC-3<span class=\"id\">Access is enforced</span></th>"),
        "{told}"
    );
    assert!(told.contains("1 of 1 checks · 1 pass, 1 fail, 1 exempt, 1 unknown"), "{told}");
    let silent = small().framed(&[], |document, out| html::write(document, out).unwrap());
    assert!(!silent.contains("frameworks-title"));
}

#[test]
fn the_list_counts_what_is_mapped() {
    let content = large(1).content;
    let mut out = Vec::new();
    write_list_json(&content, &mut out).unwrap();
    let list: Value = serde_json::from_slice(&out).unwrap();
    let frameworks = list["frameworks"].as_array().unwrap();
    assert_eq!(frameworks.len(), content.frameworks.len());
    let mut out = Vec::new();
    write_list_text(&content, TextStyle::default(), &mut out).unwrap();
    let told = String::from_utf8(out).unwrap();
    for framework in frameworks {
        let (mapped, all) =
            (framework["mapped"].as_u64().unwrap(), framework["requirements"].as_u64().unwrap());
        assert!(0 < mapped && mapped <= all, "{framework}");
        assert!(told.contains(&format!("{mapped} of {all} requirements mapped")), "{told}");
    }
}
