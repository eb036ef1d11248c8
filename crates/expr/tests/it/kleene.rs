//! Unknown is a value.

use crate::support::{check, check_all, evaluate};

const ASSET: &str = r#"{"T": true, "F": false, "N": null, "U": "?s3:GetX AccessDenied", "V": "?s3:GetY Throttled",
    "L": [1, "?s3:ListZ AccessDenied", 3], "M": {"a": 1, "b": "?s3:GetB"}, "D": {"p": {"q": "?s3:GetQ"}, "r": 1},
    "Rules": [{"Port": 22, "Cidr": "?ec2:X"}, {"Port": 80, "Cidr": "10.0.0.0/8"}]}"#;

#[test]
fn conjunction_and_disjunction_follow_the_truth_tables() {
    let names = ["T", "F", "U"];
    let and = [["true", "false", "unknown"], ["false", "false", "false"], ["unknown", "false", "unknown"]];
    let or = [["true", "true", "true"], ["true", "false", "unknown"], ["true", "unknown", "unknown"]];
    for (i, a) in names.iter().enumerate() {
        for (j, b) in names.iter().enumerate() {
            check(&format!("asset.{a} && asset.{b}"), ASSET, and[i][j]);
            check(&format!("asset.{a} || asset.{b}"), ASSET, or[i][j]);
        }
    }
    check_all(
        ASSET,
        &[
            ("!asset.U", "unknown"),
            ("asset.U && asset.T && asset.F", "false"),
            ("asset.U || asset.V || asset.T", "true"),
            ("asset.U && asset.N", "false"),
        ],
    );
}

#[test]
fn no_other_operator_decides_without_an_unknown_operand() {
    for expression in [
        "has(asset.U)",
        "has(asset.U.Deep)",
        "asset.U.Deep == null",
        "asset.U == asset.U",
        "asset.U != 1",
        "asset.U < 1",
        "asset.N < asset.U",
        "asset.U in [1]",
        "1 in asset.U",
        "asset.U in asset.N",
        "asset.U + 1",
        "-asset.U",
        "asset.U[0]",
        "asset.M[asset.U]",
        "size(asset.U)",
        "asset.U ? 1 : 1",
        "asset.U.startsWith('a')",
        "asset.U.matches('.*')",
        "'a'.contains(asset.U)",
        "int(asset.U)",
        "json(asset.U)",
        "as_list(asset.U)",
        "merge(asset.M, asset.U)",
        "asset.U.all(x, true)",
        "asset.U.exists(x, false)",
        "asset.U.filter(x, true)",
        "asset.U.map(x, 1)",
        "{asset.U: 1}",
    ] {
        check(expression, ASSET, "unknown");
    }
}

#[test]
fn equality_is_false_where_known_parts_differ_and_true_only_where_all_is_known() {
    check_all(
        ASSET,
        &[
            ("asset.M == {'a': 2, 'b': 1}", "false"),
            ("asset.M == {'a': 1, 'b': 1}", "unknown"),
            ("asset.M == {'a': 1}", "unknown"),
            ("asset.M == {'a': 1, 'c': 1}", "false"),
            ("asset.D == {'p': {'q': 1}, 'r': 1}", "unknown"),
            ("asset.D == {'p': {'q': 1}, 'r': 2}", "false"),
            ("asset.D != {'p': {'q': 1}, 'r': 2}", "true"),
            ("asset.L == [2, 5, 3]", "false"),
            ("asset.L == [1, 5, 3]", "unknown"),
            ("asset.L == [1, 3]", "unknown"),
            ("asset.L == [1]", "false"),
            ("asset.M == 'a'", "false"),
        ],
    );
}

#[test]
fn an_unknown_element_stands_for_any_number_of_elements() {
    check_all(
        ASSET,
        &[
            ("size(asset.L)", "unknown"),
            ("size(asset.M)", "unknown"),
            ("3 in asset.L", "true"),
            ("2 in asset.L", "unknown"),
            ("asset.L[0]", "1"),
            ("asset.L[2]", "unknown"),
            ("asset.L[9]", "unknown"),
            ("last(asset.L)", "3"),
            ("'a' in asset.M", "true"),
            ("'b' in asset.M", "unknown"),
            ("'c' in asset.M", "false"),
            ("asset.L.exists(x, x == 3)", "true"),
            ("asset.L.exists(x, x == 2)", "unknown"),
            ("asset.L.all(x, x != 3)", "false"),
            ("asset.L.all(x, x < 9)", "unknown"),
            ("[asset.U].exists(x, true)", "unknown"),
            ("[asset.U].all(x, false)", "unknown"),
            ("[asset.U].exists(x, false)", "false"),
            ("[asset.U].all(x, true)", "true"),
            ("asset.L.exists_one(x, x == 3)", "unknown"),
            ("(asset.L + [3]).exists_one(x, x == 3)", "false"),
            ("size(asset.L.filter(x, x == 1))", "unknown"),
            ("asset.L.filter(x, x == 1).exists(x, x == 1)", "true"),
            ("size(asset.L.map(x, 1))", "unknown"),
            ("size(unique(asset.L))", "unknown"),
            ("join(['a', asset.U], ',')", "unknown"),
            ("asset.M.exists(k, k == 'a')", "true"),
            ("asset.M.exists(k, k == 'b')", "unknown"),
            ("size(flatten([asset.L]))", "unknown"),
            ("size(unique([asset.D, {'p': {'q': 1}, 'r': 1}]))", "unknown"),
            ("size(unique([asset.D, {'p': {'q': 1}, 'r': 2}]))", "2"),
        ],
    );
}

#[test]
fn an_unknown_inside_of_an_element_matters_only_where_it_is_looked_at() {
    check_all(
        ASSET,
        &[
            ("asset.Rules.exists(r, r.Port == 80)", "true"),
            ("asset.Rules.exists(r, r.Port == 22 && r.Cidr == '0.0.0.0/0')", "unknown"),
            ("asset.Rules.exists(r, r.Port == 443 && r.Cidr == '0.0.0.0/0')", "false"),
            ("size(asset.Rules)", "2"),
            ("asset.Rules.filter(r, r.Cidr == '10.0.0.0/8').exists(r, r.Port == 80)", "true"),
            ("size(asset.Rules.filter(r, r.Cidr == 'x'))", "unknown"),
            ("asset.Rules.map(r, r.Cidr)[0]", "unknown"),
            ("{'a': asset.U, 'b': 2}.b", "2"),
        ],
    );
}

#[test]
fn the_reasons_are_those_that_the_value_hangs_on() {
    let reasons = |expression: &str| -> Vec<String> {
        let outcome = evaluate(expression, ASSET);
        outcome.trace.reasons.iter().map(|why| why.operation.to_string()).collect()
    };
    assert_eq!(reasons("asset.U && asset.V"), ["s3:GetX", "s3:GetY"]);
    assert_eq!(reasons("(asset.U && asset.F) || asset.V"), ["s3:GetY"]);
    assert_eq!(reasons("asset.U || asset.T"), [""; 0]);
    assert_eq!(reasons("asset.U == asset.V"), ["s3:GetX", "s3:GetY"]);
    assert_eq!(reasons("asset.U && asset.U"), ["s3:GetX"]);
    assert_eq!(reasons("2 in asset.L && asset.M == {'a': 2, 'b': 1} || asset.V"), ["s3:GetY"]);
    assert_eq!(reasons("{'a': asset.U, 'b': asset.V}.a"), ["s3:GetX"]);
    assert_eq!(reasons("asset.L.exists(x, x == 2) || asset.M == {'a': 1, 'b': 3}"), ["s3:ListZ", "s3:GetB"]);
    assert_eq!(reasons("size([asset.U, asset.V]) > 1"), ["s3:GetX", "s3:GetY"]);
}

#[test]
fn a_function_is_not_asked_about_an_unknown() {
    let outcome = evaluate("policy.public(asset)", "\"?s3:ListAllMyBuckets AccessDenied\"");
    assert!(outcome.value.is_unknown() && outcome.trace.notes.is_empty());
}
