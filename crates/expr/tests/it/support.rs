//! What the tests share: a language with a few host functions, and one data-driven check.

use partywall_expr::{
    CompileError, EvalError, Host, HostValue, Language, Outcome, Parameter, Program, Scope, Signature, Trace,
    Type,
};
use partywall_model::{Node, Why, WhyKind};
use proptest::prelude::ProptestConfig;

/// So many cases, or as many as `PROPTEST_CASES` says for a longer search.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok());
    let cases = asked.unwrap_or(cases);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

pub(crate) static FUNCTIONS: &[Signature] = &[
    Signature {
        name: "policy.public",
        parameters: &[Parameter::required("asset", Type::Asset)],
        returns: Type::Bool,
        accepts_unknown: false,
        doc: "Whether the test asset's `Public` is true.",
        example: "policy.public(asset)",
    },
    Signature {
        name: "net.ports",
        parameters: &[Parameter::required("list", Type::List), Parameter::optional("protocol", Type::Text)],
        returns: Type::List,
        accepts_unknown: false,
        doc: "The list as it is.",
        example: "net.ports(asset.Ports)",
    },
    Signature {
        name: "is_known",
        parameters: &[Parameter::required("value", Type::Any)],
        returns: Type::Bool,
        accepts_unknown: true,
        doc: "Whether the value as a whole is known.",
        example: "is_known(asset.X)",
    },
];

pub(crate) fn language() -> Language {
    Language::new(vec!["asset", "item"], FUNCTIONS)
}

/// A host that notes each call.
pub(crate) struct TestHost;

impl Host for TestHost {
    fn call<'h>(
        &'h self,
        name: &str,
        arguments: &[&Node],
        trace: &mut Trace,
    ) -> Result<HostValue<'h>, EvalError> {
        trace.note(format!("called {name}"));
        let first = arguments.first().copied().unwrap_or(&Node::Absent);
        match name {
            "policy.public" => Ok(first.key("Public").clone().into()),
            "net.ports" => Ok(first.clone().into()),
            "is_known" => Ok(Node::Bool(!first.is_unknown()).into()),
            other => Err(EvalError::host(format!("`{other}` is not answered"))),
        }
    }
}

/// Reads JSON; `"?op"` and `"?op Code"` stand for unknowns.
pub(crate) fn node(json: &str) -> Node {
    fn unknowns(node: &mut Node) {
        match node {
            Node::Text(text) if text.starts_with('?') => {
                *node = Node::unknown(Why::parse_short(text.trim_start_matches('?')));
            }
            Node::List(items) => items.iter_mut().for_each(unknowns),
            Node::Map(map) => map.iter_mut().for_each(|(_, value)| unknowns(value)),
            _ => {}
        }
    }
    let mut node: Node = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    unknowns(&mut node);
    node
}

pub(crate) fn compile(expression: &str) -> Program {
    Program::compile(expression, &language()).unwrap_or_else(|error| panic!("`{expression}`: {error}"))
}

pub(crate) fn refused(expression: &str) -> CompileError {
    match Program::compile(expression, &language()) {
        Ok(_) => panic!("`{expression}` compiles"),
        Err(error) => error,
    }
}

pub(crate) fn try_evaluate(expression: &str, asset: &Node) -> Result<Outcome, EvalError> {
    let item = Node::Absent;
    let scope = Scope::new().with("asset", asset).with("item", &item);
    compile(expression).evaluate(&scope, &TestHost)
}

pub(crate) fn evaluate(expression: &str, asset: &str) -> Outcome {
    try_evaluate(expression, &node(asset)).unwrap_or_else(|error| panic!("`{expression}`: {error}"))
}

/// Evaluates over the asset and compares. `"unknown"` expects an unknown, `"error: …"` an error whose message
/// holds that text, anything else is the value as JSON (with `?` texts for unknown parts).
pub(crate) fn check(expression: &str, asset: &str, expected: &str) {
    let outcome = try_evaluate(expression, &node(asset));
    match (expected, expected.strip_prefix("error: ")) {
        ("unknown", _) => {
            let outcome = outcome.unwrap_or_else(|error| panic!("`{expression}`: {error}"));
            assert!(outcome.value.is_unknown(), "`{expression}` over {asset} gives {:?}", outcome.value);
            assert!(!outcome.trace.reasons.is_empty(), "`{expression}` is unknown without a reason");
        }
        (_, Some(part)) => {
            let error = outcome.expect_err(expression);
            assert!(error.to_string().contains(part), "`{expression}`: {error}");
        }
        _ => {
            let outcome = outcome.unwrap_or_else(|error| panic!("`{expression}`: {error}"));
            assert_eq!(outcome.value, node(expected), "`{expression}` over {asset}");
            assert!(outcome.trace.reasons.is_empty(), "`{expression}` is known and has reasons");
        }
    }
}

/// `check` for a table of expressions over one asset.
pub(crate) fn check_all(asset: &str, table: &[(&str, &str)]) {
    for (expression, expected) in table {
        check(expression, asset, expected);
    }
}

pub(crate) fn unknown() -> Node {
    Node::unknown(Why::new(WhyKind::Refused, "test:Read").with_code("AccessDenied"))
}
