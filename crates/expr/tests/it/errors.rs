//! What is refused, where, and in which words.

use partywall_expr::{EvalErrorKind, Language, NoHost, Program, Scope};
use partywall_model::Node;

use crate::support::{check_all, node, refused, try_evaluate};

/// Checks the message and that the span covers exactly the marked part.
fn check(expression: &str, part: &str, message: &str) {
    let error = refused(expression);
    assert_eq!(error.message.as_ref(), message, "`{expression}`");
    assert_eq!(&expression[error.span.clone()], part, "`{expression}`: {}", error.message);
}

#[test]
fn typos_are_refused_with_a_proposal() {
    check("aset.X == 1", "aset", "there is no variable `aset` here; did you mean `asset`?");
    check("bucket.X", "bucket", "there is no variable `bucket` here; there is `asset`, `item`");
    check("siz(asset.X) > 1", "siz", "there is no function `siz`; did you mean `size`?");
    check(
        "asset.X.startWith('a')",
        "startWith",
        "there is no function `startWith`; did you mean `startsWith`?",
    );
    check("asset.X.exist(x, x)", "exist", "there is no function `exist`; did you mean `exists`?");
    check(
        "policy.pulic(asset)",
        "policy.pulic",
        "there is no function `policy.pulic`; did you mean `policy.public`?",
    );
    check("asset.X.all(r, s.Y)", "s", "there is no variable `s` here; there is `asset`, `item`");
    check("policy == 1", "policy", "`policy` is a group of functions: `policy.…(…)` calls one");
    check(
        "startsWith(asset.X, 'a')",
        "startsWith",
        "`startsWith` is written after its subject: `subject.startsWith(…)`",
    );
    check("asset.X.keys()", "keys", "`keys` is written before its subject: `keys(…)`");
}

#[test]
fn argument_counts_and_kinds_are_checked() {
    check("size()", "size()", "`size` takes 1 argument, 0 given: `size(value: any) -> int`");
    check(
        "net.ports(asset.X, 'a', 'b')",
        "net.ports(asset.X, 'a', 'b')",
        "`net.ports` takes 1 to 2 arguments, 3 given: `net.ports(list: list, protocol: string?) -> list`",
    );
    check("policy.public(asset.X)", "asset.X", "`policy.public` takes `asset` itself here");
    check("net.ports(1)", "1", "`list` of `net.ports` takes a list, this is an int");
    check(
        "asset.X.exists(x)",
        "asset.X.exists(x)",
        "`exists` takes a variable and an expression: `list.exists(x, …)`",
    );
    check("asset.X.exists(x.y, true)", ".", "`exists` needs a plain name for its variable");
    check("asset.X.exists(item, true)", "item", "`item` already means something here");
    check("asset.X.all(x, asset.Y.all(x, x))", "x", "`x` already means something here");
    check("has(asset)", "asset", "`has` takes a property, as in `has(asset.X)`");
}

#[test]
fn types_that_can_never_fit_are_refused() {
    check("asset.X && 'a' < 1", "'a' < 1", "`<` can never fit a string and an int");
    check("1 == 'a'", "1 == 'a'", "`==` can never fit an int and a string");
    check("!'a'", "'a'", "`!` takes a bool, this is a string");
    check("(asset.X == 1) && (1 + 2)", "1 + 2", "`&&` takes a bool, this is an int");
    check("size(asset.X) == '1'", "size(asset.X) == '1'", "`==` can never fit an int and a string");
    check("1 in ['a', 'b']", "1 in ['a', 'b']", "no element of this list is an int");
    check("1.startsWith('a')", "1", "`text` of `startsWith` takes a string, this is an int");
    check("asset.X ? true : (1 ? 2 : 3)", "1", "the condition of `?:` takes a bool, this is an int");
    check("[1].all(x, 1)", "1", "`all` takes a bool, this is an int");
    check("{1: 2}", "1", "a key of a map is a string, this is an int");
    check("{'a': 1, 'a': 2}", "'a'", "the key `a` is given twice");
    check("policy.public(asset) > 1", "policy.public(asset) > 1", "`>` can never fit a bool and an int");
}

#[test]
fn what_is_no_expression_is_refused_in_our_own_words() {
    check("", "", "the expression ends where more is needed");
    check("asset.X ==", "", "the expression ends where more is needed");
    check("asset.X == 1 2", "2", "`2` is not expected here");
    check("asset.X = 1", "=", "`=` is not expected here");
    check("asset.?X", ".", "optional syntax (`.?`, `[?`) and backticks are not part of the language");
    check("asset[?'X']", "[", "optional syntax (`.?`, `[?`) and backticks are not part of the language");
    check("(asset.X", "(", "`(` is never closed");
    check("asset.X)", ")", "`)` closes nothing");
    check("asset.X == 'a", "'", "the string is never closed");
    check("if == 1", "if", "`if` is a reserved word");
    check(
        "99999999999999999999 > 1",
        "99999999999999999999",
        "`99999999999999999999` is no number that can be held",
    );
    check("asset.X == b'a'", "b'a'", "bytes are not part of the language");
    check("asset.X.matches('(')", "'('", "the regular expression is malformed: unclosed group");
    check("Thing{a: 1}", "{", "`Thing{…}`: messages are not part of the language");
}

#[test]
fn spans_count_bytes_also_behind_other_scripts() {
    check("asset.X == 'größe' && aset.Y", "aset", "there is no variable `aset` here; did you mean `asset`?");
    check("asset.X == 'ß' ==", "", "the expression ends where more is needed");
    check("asset.X == 'größe\u{1F600}' 2", "2", "`2` is not expected here");
    check("// größe\nasset.X ==\n  'a' 2", "2", "`2` is not expected here");
}

#[test]
fn mistakes_that_only_values_show_name_the_sub_expression() {
    let asset = node(r#"{"Name": "web", "Max": 9223372036854775807}"#);
    let error = try_evaluate("asset.Max > 1 && asset.Name + 1 == 'a'", &asset).unwrap_err();
    assert_eq!(error.to_string(), "`+` does not take a string and an int in `asset.Name + 1`");
    assert_eq!((error.kind, error.place.unwrap().span), (EvalErrorKind::Type, 17..31));
    let error = try_evaluate("asset.Max + 1 > 0", &asset).unwrap_err();
    assert_eq!(error.kind, EvalErrorKind::Arithmetic);
    assert_eq!(error.to_string(), "the result of `+` cannot be held in `asset.Max + 1`");
}

#[test]
fn no_error_is_absorbed() {
    check_all(
        r#"{"F": false, "T": true, "U": "?a:B", "L": [1, "x"], "N": 1}"#,
        &[
            ("asset.F && asset.N / 0 == 1", "error: division by zero in `asset.N / 0`"),
            ("asset.T || asset.N / 0 == 1", "error: division by zero"),
            ("asset.U && asset.N / 0 == 1", "error: division by zero"),
            ("asset.N / 0 == 1 && asset.F", "error: division by zero"),
            ("asset.L.exists(x, x < 2)", "error: `<` does not take a string and an int"),
            ("asset.L.all(x, x > 1)", "error: `>` does not take a string and an int"),
            ("asset.N.startsWith('a') && asset.U", "error: `startsWith` takes a string"),
            ("asset.F && net.ports(asset.L)[0] == 1 && asset.N % 0 == 0", "error: division by zero"),
            ("asset.N.matches(asset.L[1] + '(')", "error: takes a string, not an int"),
            ("'a'.matches(asset.L[1] + '(')", "error: the regular expression is malformed"),
            ("[1, 2][asset.L[1]]", "error: a list has no keys"),
            ("asset.N[0]", "error: an int has no positions"),
        ],
    );
}

#[test]
fn an_unbound_variable_and_a_missing_function_are_errors() {
    let language = Language::new(vec!["asset"], crate::support::FUNCTIONS);
    let program = Program::compile("asset.X && policy.public(asset)", &language).unwrap();
    let error = program.evaluate(&Scope::new(), &NoHost).unwrap_err();
    assert_eq!(
        (error.kind, error.to_string().as_str()),
        (EvalErrorKind::Unbound, "`asset` stands for nothing here in `asset.X`")
    );
    let asset = Node::map();
    let program = Program::compile("policy.public(asset)", &language).unwrap();
    let error = program.evaluate(&Scope::new().with("asset", &asset), &NoHost).unwrap_err();
    assert_eq!(error.to_string(), "there is no function `policy.public` here in `policy.public(asset)`");
}
