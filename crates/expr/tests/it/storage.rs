//! Programs are stored compiled.

use partywall_expr::{Program, Scope, builtin_functions};

use crate::support::{TestHost, compile, language, node};

const EVERYTHING: &str = "(asset.A == 'x' || asset.B in [1, 2.5, true, null, {'k': ['v']}] || !asset.C.matches('^a')) \
    && asset.L.exists(l, l.P > 1 && asset.M.all(k, k != l.Q)) && size(asset.L.map(l, has(l.P), l.P + 1)) == -1 + 3 \
    && (asset.D ? {'a': asset.E}.a : json(asset.F)[0]) == policy.public(asset)";

#[test]
fn a_program_survives_storage() {
    let program = compile(EVERYTHING);
    let bytes = postcard::to_allocvec(&program).unwrap();
    let loaded: Program = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(postcard::to_allocvec(&loaded).unwrap(), bytes);
    assert_eq!(loaded.source(), EVERYTHING);
    for asset in [
        r#"{"A": "x", "L": [{"P": 2, "Q": "z"}, {"P": 3}], "M": {"a": 1}, "D": true, "E": true, "Public": true}"#,
        r#"{"A": "y", "C": "?s3:X Denied", "L": [], "F": "[true]"}"#,
    ] {
        let asset = node(asset);
        let scope = Scope::new().with("asset", &asset);
        assert_eq!(program.evaluate(&scope, &TestHost), loaded.evaluate(&scope, &TestHost));
    }
}

#[test]
fn altered_bytes_are_an_error_and_no_panic() {
    let bytes = postcard::to_allocvec(&compile(EVERYTHING)).unwrap();
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 0x55;
        if let Ok(program) = postcard::from_bytes::<Program>(&altered) {
            let asset = node("{}");
            let _either = program.evaluate(&Scope::new().with("asset", &asset), &TestHost);
        }
        assert!(postcard::from_bytes::<Program>(&bytes[..at]).is_err());
    }
}

#[test]
fn the_example_of_every_built_in_function_compiles() {
    let language = partywall_expr::Language { variables: vec!["asset", "item", "statement"], ..language() };
    for function in builtin_functions() {
        let example = function.signature.example;
        let program =
            Program::compile(example, &language).unwrap_or_else(|error| panic!("`{example}`: {error}"));
        assert!(example.contains(function.signature.name), "{example}");
        assert_eq!(program.source(), example);
    }
}
