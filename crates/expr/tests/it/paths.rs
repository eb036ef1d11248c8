//! What a program is seen to read, call and compare.

use partywall_expr::Type;

use crate::support::compile;

#[test]
fn property_paths_are_listed_through_macros_and_functions() {
    let paths = |expression: &str| -> Vec<String> {
        compile(expression).paths().iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        paths("asset.VersioningConfiguration.Status == 'Enabled'"),
        ["asset.VersioningConfiguration.Status"]
    );
    assert_eq!(
        paths("asset.Rules.exists(r, r.Port == 22 && r.Cidrs.all(c, c.Ip == item.Ip))"),
        ["asset.Rules", "asset.Rules[].Port", "asset.Rules[].Cidrs", "asset.Rules[].Cidrs[].Ip", "item.Ip"]
    );
    assert_eq!(
        paths("flatten(asset.Rules.filter(r, has(r.On)).map(r, r.Ports)).exists(p, p.From == 1)"),
        ["asset.Rules", "asset.Rules[].On", "asset.Rules[].Ports", "asset.Rules[].Ports[].From"]
    );
    assert_eq!(
        paths("as_list(asset.Statement).exists(s, s.Effect == 'Allow')"),
        ["asset.Statement", "asset.Statement[].Effect"]
    );
    assert_eq!(
        paths("first(asset.A).B == asset.C[0].D"),
        ["asset.A[].B", "asset.A", "asset.C[].D", "asset.C[]", "asset.C"]
    );
    assert_eq!(paths("asset['A'].B == 1"), ["asset.A.B", "asset.A"]);
    assert_eq!(paths("json(asset.Doc).Inside == 1"), ["asset.Doc"]);
}

#[test]
fn host_functions_and_variables_are_listed_once() {
    let program = compile("policy.public(asset) && !policy.public(asset) && size(net.ports(item.P)) > 1");
    assert_eq!(program.calls().collect::<Vec<_>>(), ["policy.public", "net.ports"]);
    assert_eq!(program.variables().collect::<Vec<_>>(), ["asset", "item"]);
    assert_eq!(program.returns(), Type::Bool);
}

#[test]
fn literals_are_listed_with_the_property_that_they_are_compared_with() {
    let program =
        compile("asset.A == 'x' || asset.B.C in [1, true] || asset.L.exists(l, 2 < l.P) || 'y' in asset.T");
    let found: Vec<String> = program
        .literals_compared()
        .iter()
        .map(|comparison| format!("{} {}", comparison.path, comparison.literal_type))
        .collect();
    assert_eq!(
        found,
        ["asset.A string", "asset.B.C int", "asset.B.C bool", "asset.L[].P int", "asset.T[] string"]
    );
}
