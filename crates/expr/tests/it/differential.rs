//! Over fully known data we say what the `cel` interpreter says.

use partywall_model::Node;
use proptest::prelude::*;

use crate::generate::{Dialect, condition, whole_asset};
use crate::support::{config, try_evaluate};

fn oracle(expression: &str, asset: &Node) -> Result<Node, String> {
    let program = cel::Program::compile(expression).map_err(|error| error.to_string())?;
    let mut context = cel::Context::default();
    context.add_variable("asset", asset).map_err(|error| error.to_string())?;
    let value = program.execute(&context).map_err(|error| error.to_string())?;
    let json = value.json().map_err(|error| error.to_string())?;
    serde_json::from_value(json).map_err(|error| error.to_string())
}

proptest! {
    #![proptest_config(config(800))]

    /// Where we find an error, the oracle may have absorbed it or never looked: that is a difference by design.
    #[test]
    fn we_agree_with_the_interpreter_of_cel(expression in condition(Dialect::Common), asset in whole_asset()) {
        if let Ok(ours) = try_evaluate(&expression, &asset) {
            prop_assert_eq!(oracle(&expression, &asset), Ok(ours.value), "`{}` over {:?}", expression, asset);
        }
    }
}

#[test]
fn the_oracle_is_asked_about_values_of_every_type() {
    let asset =
        crate::support::node(r#"{"A": 7, "F": 1.5, "S": "x", "L": [1, 2], "M": {"k": [true, null]}}"#);
    for expression in [
        "asset.A / 2",
        "-asset.A % 4",
        "asset.F * 2.0",
        "asset.S + 'y'",
        "asset.L + [3]",
        "asset.M.k[0]",
        "asset.M['k']",
        "asset.L.map(x, x * x)",
        "asset.L.filter(x, x > 1)",
        "asset.L.exists_one(x, x == 1)",
        "{'a': asset.L}",
        "asset.M.map(k, k)",
        "size(asset.S) + size(asset.L) + size(asset.M)",
        "int('4') + int(2.9)",
        "string(asset.A)",
        "double(asset.A)",
        "asset.S in asset.L",
        "asset.A == 7.0",
        "asset.L == [1.0, 2.0]",
        "asset.M == {'k': [true, null]}",
        "asset.S.matches('^x$')",
        "has(asset.A)",
        "has(asset.Z)",
        "'k' in asset.M",
        "1 < 1.5",
        "\"\\u00e9\\x41\" + r'\\n'",
    ] {
        let ours = try_evaluate(expression, &asset).unwrap_or_else(|error| panic!("`{expression}`: {error}"));
        assert_eq!(oracle(expression, &asset), Ok(ours.value), "`{expression}`");
    }
}
