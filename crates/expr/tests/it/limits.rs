//! Foreign text and large input: an answer or an error, soon.

use std::time::{Duration, Instant};

use partywall_expr::{EvalErrorKind, Program};
use proptest::prelude::*;

use crate::support::{compile, config, language, node, refused, try_evaluate};

#[test]
fn sources_beyond_the_limits_are_refused() {
    assert!(refused(&" ".repeat(20_000)).message.contains("at most 16384 are read"));
    assert!(
        refused(&format!("{}1{}", "(".repeat(40), ")".repeat(40)))
            .message
            .contains("nested more than 32 deep")
    );
    assert!(refused(&format!("asset{}", ".a".repeat(2_000))).message.contains("more than 1000 operators"));
    assert!(refused(&format!("1{}", "+1".repeat(500))).message.contains("nested more than 100 deep"));
    assert!(refused(&format!("{}1", "true?1:".repeat(61))).message.contains("more than 60 conditionals"));
}

#[test]
fn sources_at_the_limits_compile_and_run() {
    for source in [
        format!("{}1{}", "(".repeat(32), ")".repeat(32)),
        format!("{}1{} == 1", "[".repeat(32), "]".repeat(32)).replace("== 1", "== []"),
        format!("asset{}", ".a".repeat(98)),
        format!("1{}", "+1".repeat(98)),
        format!("{}true", "!".repeat(999)),
        format!("{}{}1{}", "[".repeat(32), "true?1:".repeat(60), "]".repeat(32)),
        format!("asset.X{}", " && asset.X".repeat(900)),
        format!("asset.X in [{}]", "'a', ".repeat(3_000).trim_end_matches(", ")),
        format!("{}asset.X{}", "asset.X.all(v, ".replace('v', "x0"), ")"),
    ] {
        let program = compile(&source);
        assert_eq!(program.source(), source);
        try_evaluate(&source, &node("{}")).unwrap();
    }
}

#[test]
fn a_loop_in_a_loop_ends_at_the_step_budget() {
    let list = format!("{{\"L\": [{}]}}", (0..2_000).map(|i| i.to_string()).collect::<Vec<_>>().join(","));
    let asset = node(&list);
    for expression in [
        "asset.L.all(a, asset.L.all(b, a + b >= 0))",
        "asset.L.map(a, asset.L.map(b, asset.L.map(c, c))) == []",
        "asset.L.all(a, a in asset.L)",
        "asset.L.all(a, size(unique(asset.L)) == 2000)",
        "asset.L.all(a, asset.L == asset.L)",
        "asset.L.all(a, size(asset.L + asset.L) > 0)",
        "asset.L.all(a, is_known(a) && asset.L.all(b, is_known(b)))",
    ] {
        let started = Instant::now();
        let error = try_evaluate(expression, &asset).expect_err(expression);
        assert_eq!(error.kind, EvalErrorKind::Limit, "{error}");
        assert!(started.elapsed() < Duration::from_secs(20), "`{expression}`");
    }
}

#[test]
fn a_regular_expression_is_bounded() {
    let text = format!("{{\"S\": \"{}\"}}", "a".repeat(50_000));
    let outcome = try_evaluate("asset.S.matches('(a*)*(a|aa)*b$')", &node(&text)).unwrap();
    assert_eq!(outcome.value, partywall_model::Node::Bool(false));
    assert!(refused("asset.S.matches('(((a{100}){100}){100})')").message.contains("too large"));
    assert!(
        refused(&format!("asset.S.matches('{}')", "a".repeat(5_000)))
            .message
            .contains("longer than 4096 bytes")
    );
}

/// What a broken expression is made of.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "asset",
        ".X",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "!",
        "-",
        "&&",
        "||",
        "?",
        ":",
        "==",
        "<",
        " in ",
        "'a'",
        "\"",
        "'",
        "1",
        "0x",
        "1e",
        ".",
        ",",
        "all(x, ",
        "map(x,",
        "has(",
        "size(",
        "r'\\",
        "b'",
        "//",
        "\n",
        "ß",
        "\u{1F600}",
        "`",
        "\\",
        "null",
        "true",
        "policy.public",
        "9999999999999999999",
        "u",
        "'''",
        "/",
        "%",
        ".?",
        "[?",
        "\0",
        "=",
        "&",
        "x",
        "*",
    ]);
    prop::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat())
}

fn sound(source: &str) -> Result<(), TestCaseError> {
    let started = Instant::now();
    if let Err(error) = Program::compile(source, &language()) {
        prop_assert!(source.get(error.span.clone()).is_some(), "{source:?}: {:?}", error.span);
        prop_assert!(!error.message.is_empty());
        prop_assert!(
            &*error.message != "the parser cannot read this expression",
            "{source:?} makes the parser panic"
        );
    }
    prop_assert!(started.elapsed() < Duration::from_secs(10), "{source:?} takes {:?}", started.elapsed());
    Ok(())
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn any_text_compiles_or_is_refused_with_a_place(source in "\\PC{0,80}") {
        sound(&source)?;
    }

    #[test]
    fn any_bytes_compile_or_are_refused_with_a_place(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        sound(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn broken_expressions_are_refused_with_a_place(source in fragments()) {
        sound(&source)?;
    }
}
