//! What an evaluation leaves behind.

use partywall_expr::Truth;

use crate::support::evaluate;

fn reads(expression: &str, asset: &str) -> Vec<String> {
    evaluate(expression, asset).trace.read.iter().map(ToString::to_string).collect()
}

const RULES: &str =
    r#"{"Rules": [{"Port": 443, "To": ["a"]}, {"Port": 22, "To": ["b", "c"]}, {"Port": 22}], "On": true}"#;

#[test]
fn each_property_is_listed_once_with_its_value() {
    assert_eq!(
        reads("asset.On && asset.On && !has(asset.X.Y) && size(asset.Rules) == 3", RULES),
        ["On = true", "X.Y = absent", "Rules = a list of 3"]
    );
}

#[test]
fn of_an_exists_the_deciding_elements_are_kept() {
    assert_eq!(
        reads("asset.Rules.exists(r, asset.On && r.Port == 22)", RULES),
        ["Rules = a list of 3", "On = true", "Rules.1.Port = 22", "Rules.2.Port = 22"]
    );
    assert_eq!(
        reads("asset.Rules.exists(r, as_list(r.To).exists(t, t == 'c'))", RULES),
        ["Rules = a list of 3", "Rules.1.To = a list of 2"]
    );
    assert_eq!(
        reads("asset.Rules.exists(r, r.To.exists(t, t == 'c'))", RULES),
        ["Rules = a list of 3", "Rules.1.To = a list of 2", "Rules.1.To.1 = \"c\""]
    );
}

#[test]
fn of_an_all_each_exception_is_kept_and_an_unknown_element_is_none() {
    assert_eq!(
        reads("asset.Rules.all(r, r.Port == 443)", RULES),
        ["Rules = a list of 3", "Rules.1.Port = 22", "Rules.2.Port = 22"]
    );
    let outcome = evaluate(
        "asset.Rules.exists(r, r.Port == 22)",
        r#"{"Rules": [{"Port": 22}, "?a:B", {"Port": "?a:B"}]}"#,
    );
    assert_eq!(outcome.truth(), Ok(Truth::True));
    assert!(outcome.trace.reasons.is_empty());
    let reads: Vec<String> = outcome.trace.read.iter().map(ToString::to_string).collect();
    assert_eq!(reads, ["Rules = a list of 3", "Rules.0.Port = 22"]);
}

#[test]
fn the_deciding_element_of_a_long_list_is_still_shown() {
    let rules: Vec<String> = (0..500).map(|port| format!("{{\"Port\": {port}}}")).collect();
    let asset = format!("{{\"Rules\": [{}]}}", rules.join(","));
    assert_eq!(
        reads("asset.Rules.exists(r, r.Port == 400)", &asset),
        ["Rules = a list of 500", "Rules.400.Port = 400"]
    );
}

#[test]
fn once_decided_nothing_more_is_recorded_or_asked() {
    let outcome = evaluate("asset.Off || asset.On || asset.Rules == [] || policy.public(asset)", RULES);
    assert_eq!(outcome.trace.read.len(), 2);
    assert!(outcome.trace.notes.is_empty());
    assert_eq!(outcome.truth(), Ok(Truth::True));
}

#[test]
fn the_truth_of_an_outcome_is_three_valued() {
    assert_eq!(evaluate("asset.X", RULES).truth(), Ok(Truth::False));
    assert_eq!(evaluate("asset.X", r#"{"X": "?a:B"}"#).truth(), Ok(Truth::Unknown));
    assert!(evaluate("asset.Rules", RULES).truth().is_err());
}
