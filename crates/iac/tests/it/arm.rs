//! ARM templates, read as a user would write them and as Bicep compiles them.

use std::fmt::Write as _;

use partywall_iac::Tree;
use partywall_iac::arm::configurations;
use partywall_iac::terraform::{Input, Mode, Read, Resource, StandardTypes};
use partywall_model::{Node, WhyKind};

use crate::{message, short};

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

fn read_with(files: &[(&str, &str)], inputs: &[Input]) -> Read {
    configurations(&Tree::of(files.iter().copied()), inputs, &StandardTypes)
}

/// A template with the sections.
fn template(sections: &str) -> String {
    format!("{{\"$schema\": \"{SCHEMA}\", {sections}}}")
}

fn read_one(sections: &str) -> Read {
    read_with(&[("main.json", &template(sections))], &[])
}

fn resource<'r>(read: &'r Read, address: &str) -> &'r Resource {
    crate::resource(read, address)
}

/// What an expression comes to in a template with more sections.
fn value_in(sections: &str, expression: &str) -> Node {
    let expression = expression.replace('\\', "\\\\").replace('"', "\\\"");
    let read = read_one(&format!(
        "{sections} \"resources\": [{{\"type\": \"A.B/c\", \"name\": \"n\", \"apiVersion\": \"1\", \"properties\": {{\"it\": \"[{expression}]\"}}}}]"
    ));
    resource(&read, "A.B/c/n").arguments.at("properties.it").clone()
}

fn value(expression: &str) -> Node {
    value_in("", expression)
}

fn variable(name: &str, value: &str) -> Input {
    Input::Variable { name: name.into(), value: value.into() }
}

#[test]
fn a_template_is_known_by_its_schema_whatever_its_scope_and_with_comments_and_a_mark_before_it() {
    let body = "\"resources\": [ // of all\n {\"type\": \"Microsoft.Storage/storageAccounts\", /* long */ \"name\": \"a\",},], }";
    for schema in
        ["deploymentTemplate.json#", "subscriptionDeploymentTemplate.json", "tenantDeploymentTemplate.json#"]
    {
        let text = format!(
            "\u{feff}{{\"$schema\": \"https://schema.management.azure.com/schemas/2018-05-01/{schema}\", {body}"
        );
        let read = read_with(&[("azuredeploy.json", &text)], &[]);
        assert_eq!((read.files, read.troubles.len()), (1, 0), "{:?}", read.troubles);
        let account = resource(&read, "Microsoft.Storage/storageAccounts/a");
        assert_eq!(account.place.line, 2);
        assert!(text[account.place.span.start as usize..].starts_with("{\"type\""));
    }
    let other = read_with(
        &[
            ("package.json", "{\"resources\": []}"),
            ("p.json", "{\"$schema\": \"https://x/deploymentParameters.json#\"}"),
        ],
        &[],
    );
    assert_eq!(other.files, 0);
}

#[test]
fn functions_of_known_values_are_known() {
    for (expression, expected) in [
        ("concat('a', 1, 'b')", "\"a1b\""),
        ("concat(createArray(1), createArray(2))", "[1,2]"),
        ("format('{0}-{1:d3}-{{x}}', 'a', 7)", "\"a-007-{x}\""),
        ("if(equals(1, 1), 'yes', 'no')", "\"yes\""),
        ("and(true(), not(false()), less(1, 2), greaterOrEquals('b', 'a'))", "true"),
        ("coalesce(null(), 'x')", "\"x\""),
        ("contains(createObject('Key', 1), 'key')", "true"),
        ("contains('abc', 'b')", "true"),
        ("empty('')", "true"),
        ("length('äbc')", "3"),
        ("first(createArray('a', 'b'))", "\"a\""),
        ("last('abc')", "\"c\""),
        ("union(createObject('a', 1), createObject('b', 2))", "{a:1,b:2}"),
        ("intersection(createArray(1, 2), createArray(2, 3))", "[2]"),
        ("string(createObject('a', createArray(true())))", "\"{\\\"a\\\":[true]}\""),
        ("int('5')", "5"),
        ("bool('true')", "true"),
        ("toLower('AbC')", "\"abc\""),
        ("replace('a-b-c', '-', '')", "\"abc\""),
        ("split('a,b;c', createArray(',', ';'))", "[\"a\",\"b\",\"c\"]"),
        ("join(createArray('a', 'b'), '-')", "\"a-b\""),
        ("substring('abcdef', 2, 3)", "\"cde\""),
        ("take(skip('abcdef', 1), 2)", "\"bc\""),
        ("trim('  a ')", "\"a\""),
        ("startsWith('Abc', 'aB')", "true"),
        ("endsWith('abc', 'C')", "true"),
        ("indexOf('abc', 'C')", "2"),
        ("padLeft(7, 3, '0')", "\"007\""),
        ("base64ToString(base64('hello'))", "\"hello\""),
        ("uri('http://x/a/', 'b/c.json')", "\"http://x/a/b/c.json\""),
        ("uriComponent('a b/c')", "\"a%20b%2Fc\""),
        ("json('{\"a\": [1, null]}').a[0]", "1"),
        ("max(1, add(2, mul(3, 4)))", "14"),
        ("min(createArray(div(9, 2), mod(9, 5)))", "4"),
        ("range(3, 3)", "[3,4,5]"),
        ("items(createObject('k', 'v'))[0].key", "\"k\""),
        ("map(createArray(1, 2), lambda('n', mul(lambdaVariables('n'), 10)))", "[10,20]"),
        ("filter(createArray(1, 5), lambda('n', greater(lambdaVariables('n'), 2)))", "[5]"),
        (
            "reduce(createArray(1, 2, 3), 0, lambda('sum', 'n', add(lambdaVariables('sum'), lambdaVariables('n'))))",
            "6",
        ),
        (
            "sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))",
            "[1,2,3]",
        ),
        ("toObject(createArray('a'), lambda('n', lambdaVariables('n')), lambda('n', 1))", "{a:1}"),
        ("tryGet(createObject('a', createObject('b', 1)), 'a', 'b')", "1"),
        ("shallowMerge(createArray(createObject('a', 1), createObject('a', 2)))", "{a:2}"),
        ("flatten(createArray(createArray(1), createArray(2)))", "[1,2]"),
        ("objectKeys(createObject('x', 1))", "[\"x\"]"),
        ("createObject('Deep', createArray(createObject('x', 'y'))).deep[0]['X']", "\"y\""),
        ("cidrSubnet('10.0.0.0/16', 24, 2)", "\"10.0.2.0/24\""),
        ("cidrHost('10.0.0.0/24', 3)", "\"10.0.0.4\""),
        ("environment().suffixes.storage", "\"core.windows.net\""),
        ("'it''s'", "\"it's\""),
    ] {
        assert_eq!(short(&value(expression)), expected, "{expression}");
    }
}

#[test]
fn what_only_a_deployment_tells_is_unknown_and_says_so() {
    for (expression, told) in [
        ("reference('x').y", "known after deployment"),
        ("listKeys('x', '2019-06-01').keys[0].value", "secret of the service"),
        ("newGuid()", "made when it is deployed"),
        ("uniqueString(resourceGroup().id)", "where the template is deployed"),
        ("resourceGroup().location", "pass --var 'resourceGroup().location=…'"),
        ("concat('a', subscription().subscriptionId)", "pass --var"),
        ("deployment().name", "known after deployment"),
        ("nonsense(1)", "`nonsense` is not known here"),
        ("createObject('a', 1).b", "no property `b`"),
        ("createArray(1)[3]", "no element `3`"),
        ("parameters('none')", "declares no parameter `none`"),
        ("int('x')", "a number is needed"),
    ] {
        let node = value(expression);
        assert!(message(&node).contains(told), "{expression}: {node:?}");
        assert_eq!(node.why().map(|why| why.kind), Some(WhyKind::Undecided));
    }
}

#[test]
fn doubt_stays_where_it_is() {
    let parameters = "\"parameters\": {\"open\": {\"type\": \"string\", \"allowedValues\": [\"a\", \"b\"]}},";
    for (expression, expected) in [
        ("createArray('x', parameters('open'))", "[\"x\",?]"),
        ("length(createArray('x', parameters('open')))", "2"),
        ("and(equals(parameters('open'), 'a'), false())", "false"),
        ("or(equals(parameters('open'), 'a'), true())", "true"),
        ("equals(parameters('open'), 'c')", "false"),
        ("equals(parameters('open'), 'a')", "?"),
        (
            "if(equals(parameters('open'), 'a'), createObject('x', 1, 'y', 2), createObject('x', 1, 'y', 3))",
            "{x:1,y:?}",
        ),
        ("contains(createArray('a', parameters('open')), 'a')", "true"),
        ("contains(createArray('z', parameters('open')), 'a')", "?"),
    ] {
        assert_eq!(short(&value_in(parameters, expression)), expected, "{expression}");
    }
}

#[test]
fn parameters_come_from_input_default_or_the_only_value_allowed() {
    let sections = r#""parameters": {
        "given": {"type": "string", "defaultValue": "no"},
        "counted": {"type": "int"},
        "listed": {"type": "array"},
        "only": {"type": "string", "allowedValues": ["this"]},
        "built": {"type": "string", "defaultValue": "[concat(parameters('ONLY'), '-x')]"},
        "open": {"type": "string"},
        "maybe": {"type": "string", "nullable": true},
        "vault": {"type": "string"}
    }, "resources": [{"type": "A.B/c", "name": "n", "properties": {
        "given": "[parameters('given')]", "counted": "[parameters('counted')]", "listed": "[parameters('listed')[1]]",
        "built": "[parameters('built')]", "open": "[parameters('open')]", "maybe": "[parameters('maybe')]",
        "vault": "[parameters('vault')]", "group": "[resourceGroup().location]"}}]"#;
    let file = r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "parameters": {"listed": {"value": [1, {"k": "v"}]}, "given": {"value": "file"},
        "vault": {"reference": {"keyVault": {"id": "/x"}, "secretName": "s"}}}}"#;
    let inputs = [
        Input::File("values.json".into()),
        variable("Given", "cli"),
        variable("counted", "3"),
        variable("resourceGroup().location", "northeurope"),
    ];
    let read = read_with(&[("main.json", &template(sections)), ("values.json", file)], &inputs);
    let properties = resource(&read, "A.B/c/n").arguments.key("properties");
    assert_eq!(short(properties.key("given")), "\"cli\"");
    assert_eq!(short(properties.key("counted")), "3");
    assert_eq!(short(properties.key("listed")), "{k:\"v\"}");
    assert_eq!(short(properties.key("built")), "\"this-x\"");
    assert_eq!(short(properties.key("group")), "\"northeurope\"");
    assert!(properties.key("maybe").is_absent());
    assert_eq!(
        message(properties.key("open")),
        "parameter `open` has no value (main.json:7); pass --var open=… or --var-file"
    );
    assert!(message(properties.key("vault")).contains("vault"));
}

#[test]
fn secure_values_are_kept_out_wherever_they_are_declared() {
    let sections = r##""definitions": {"secret": {"type": "secureString"}, "login": {"type": "object", "properties": {"password": {"$ref": "#/definitions/secret"}}}},
        "parameters": {"a": {"type": "SecureString", "defaultValue": "hunter2"}, "b": {"type": "secureObject", "defaultValue": {"x": "hunter2"}},
        "c": {"$ref": "#/definitions/secret", "defaultValue": "hunter2"}, "d": {"$ref": "#/definitions/login", "defaultValue": {"user": "u", "password": "hunter2"}}},
        "variables": {"v": "[concat('x', parameters('a'))]"},
        "resources": [{"type": "A.B/c", "name": "[parameters('c')]", "properties": {"a": "[variables('v')]", "b": "[parameters('b').x]", "d": "[parameters('d')]"}}]"##;
    let read = read_with(&[("main.json", &template(sections))], &[variable("a", "hunter2")]);
    assert!(!format!("{read:?}").contains("hunter2"));
    let made = &read.configurations[0].resources[0];
    assert_eq!(short(made.arguments.key("properties")), "{a:?,b:?,d:{password:?,user:\"u\"}}");
}

#[test]
fn variables_and_properties_are_copied() {
    let sections = r#""variables": {"copy": [{"name": "top", "count": 2, "input": "[concat('t', copyIndex('top', 1))]"}],
            "inner": {"copy": [{"name": "list", "count": 3, "input": {"at": "[copyIndex('list')]"}}], "beside": true}},
        "resources": [{"type": "A.B/c", "name": "[concat('n', copyIndex())]", "copy": {"name": "loop", "count": "[length(variables('top'))]"},
            "properties": {"copy": [{"name": "disks", "count": 2, "input": {"lun": "[copyIndex('disks')]", "of": "[copyIndex('loop')]"}}],
            "top": "[variables('top')]", "inner": "[variables('inner')]"}}]"#;
    let read = read_one(sections);
    assert_eq!(crate::addresses(&read), ["A.B/c/n0", "A.B/c/n1"]);
    let second = resource(&read, "A.B/c/n1");
    assert_eq!(
        short(second.arguments.key("properties")),
        "{disks:[{lun:0,of:1},{lun:1,of:1}],inner:{beside:true,list:[{at:0},{at:1},{at:2}]},top:[\"t1\",\"t2\"]}"
    );
    assert!(second.places.iter().any(|place| &*place.path == "properties.disks.1.lun"));
}

#[test]
fn a_copy_whose_count_is_open_stands_once_and_is_undecided() {
    let read = read_one(
        r#""parameters": {"count": {"type": "int"}}, "resources": [{"type": "A.B/c", "name": "[concat('n', copyIndex())]", "copy": {"name": "l", "count": "[parameters('count')]"}}]"#,
    );
    let [one] = read.configurations[0].resources.as_slice() else { panic!("{read:?}") };
    assert!(one.undecided.as_ref().is_some_and(|why| why.message.contains("`count` has no value")));
    assert!(one.arguments.key("name").is_unknown());
}

#[test]
fn conditions_leave_out_keep_or_leave_open() {
    let read = read_one(
        r#""parameters": {"open": {"type": "bool"}}, "resources": [
        {"type": "A.B/c", "name": "out", "condition": "[equals('a', 'b')]", "resources": [{"type": "d", "name": "child"}]},
        {"type": "A.B/c", "name": "in", "condition": true},
        {"type": "A.B/c", "name": "open", "condition": "[parameters('open')]"}]"#,
    );
    assert_eq!(crate::addresses(&read), ["A.B/c/out/d/child", "A.B/c/in", "A.B/c/open"]);
    assert!(resource(&read, "A.B/c/in").undecided.is_none());
    assert!(resource(&read, "A.B/c/open").undecided.is_some());
}

#[test]
fn a_child_says_its_parent_however_it_is_written() {
    let inside = r#""resources": [{"type": "M.Sql/servers", "name": "s", "resources": [
        {"type": "firewallRules", "name": "all", "properties": {"x": 1}}]}]"#;
    let whole = r#""resources": [{"type": "M.Sql/servers", "name": "s", "resources": [
        {"type": "M.Sql/servers/firewallRules", "name": "s/all", "properties": {"x": 1}}]}]"#;
    let beside = r#""variables": {"s": "s"}, "resources": [{"type": "M.Sql/servers", "name": "s"},
        {"type": "m.sql/SERVERS/firewallRules", "name": "[concat(variables('s'), '/all')]", "properties": {"x": 1}}]"#;
    for sections in [inside, whole, beside] {
        let read = read_one(sections);
        let rule = read.configurations[0]
            .resources
            .iter()
            .find(|made| made.kind.ends_with("firewallRules"))
            .unwrap();
        let server = resource(&read, "M.Sql/servers/s");
        assert_eq!(rule.arguments.key("name"), &Node::from("all"), "{sections}");
        assert!(
            rule.arguments
                .key("parent")
                .as_str()
                .unwrap()
                .eq_ignore_ascii_case(server.arguments.key("id").as_str().unwrap())
        );
    }
}

#[test]
fn what_extends_a_resource_says_which_whether_by_type_scope_or_place() {
    let id = "/subscriptions/unset/resourceGroups/unset/providers/M.Storage/accounts/a";
    let setting = "\"properties\": {\"x\": 1}";
    for body in [
        format!(
            "{{\"type\": \"M.Storage/accounts/providers/settings\", \"name\": \"a/M.Insights/s\", {setting}}}"
        ),
        format!(
            "{{\"type\": \"M.Insights/settings\", \"name\": \"s\", \"scope\": \"M.Storage/accounts/a\", {setting}}}"
        ),
        format!(
            "{{\"type\": \"M.Insights/settings\", \"name\": \"s\", \"scope\": \"[resourceId('M.Storage/accounts', 'a')]\", {setting}}}"
        ),
        format!(
            "{{\"type\": \"M.Storage/accounts\", \"name\": \"a\", \"resources\": [{{\"type\": \"providers/settings\", \"name\": \"M.Insights/s\", {setting}}}]}}"
        ),
        format!(
            "{{\"type\": \"M.Storage/accounts\", \"name\": \"a\", \"resources\": [{{\"type\": \"M.Insights/settings\", \"name\": \"s\", {setting}}}]}}"
        ),
    ] {
        let read = read_one(&format!("\"resources\": [{body}]"));
        let made = read.configurations[0].resources.iter().find(|made| &*made.kind == "M.Insights/settings");
        let made = made.unwrap_or_else(|| panic!("{body}: {read:?}"));
        assert_eq!(made.arguments.key("scope").as_str(), Some(id), "{body}");
        assert_eq!(&*made.name, "s");
    }
}

#[test]
fn ids_join_what_refers_to_a_resource_and_what_it_is_even_without_a_decided_name() {
    let read = read_one(
        r#""parameters": {"p": {"type": "string"}}, "variables": {"nsg": "[toLower(concat(parameters('p'), '-', uniqueString(resourceGroup().id)))]"},
        "resources": [{"type": "M.Network/groups", "name": "[variables('nsg')]", "location": "West Europe"},
        {"type": "M.Network/nets", "name": "net", "properties": {"one": "[resourceId('M.Network/groups', variables('nsg'))]",
            "two": "[concat(resourceGroup().id, '/providers/M.Network/groups/', variables('nsg'))]",
            "three": "[concat('/subscriptions/', subscription().subscriptionId, '/resourceGroups/', resourceGroup().name, '/providers/M.Network/groups/', variables('nsg'))]",
            "same": "[equals(resourceId('M.Network/groups', 'x'), '/subscriptions/1/resourceGroups/g/providers/M.Network/groups/x')]"}}]"#,
    );
    let [group, net] = read.configurations[0].resources.as_slice() else { panic!("{read:?}") };
    assert!(group.arguments.key("name").is_unknown());
    for property in ["one", "two", "three"] {
        let referred = net.arguments.at(&format!("properties.{property}"));
        assert_eq!(referred, group.arguments.key("id"), "{property}");
    }
    assert!(net.arguments.at("properties.same").is_unknown());
    assert_eq!(group.provider.region.as_str(), Some("westeurope"));
}

#[test]
fn resource_ids_of_all_scopes_are_put_together() {
    for (expression, expected) in [
        (
            "resourceId('A.B/c/d', 'x', 'y')",
            "/subscriptions/unset/resourceGroups/unset/providers/A.B/c/x/d/y",
        ),
        ("resourceId('hub', 'A.B/c', 'x')", "/subscriptions/unset/resourceGroups/hub/providers/A.B/c/x"),
        ("subscriptionResourceId('A.B/c', 'x')", "/subscriptions/unset/providers/A.B/c/x"),
        ("tenantResourceId('A.B/c', 'x')", "/providers/A.B/c/x"),
        (
            "managementGroupResourceId('g', 'A.B/c', 'x')",
            "/providers/Microsoft.Management/managementGroups/g/providers/A.B/c/x",
        ),
        (
            "extensionResourceId(resourceId('A.B/c', 'x'), 'E.F/g', 'y')",
            "/subscriptions/unset/resourceGroups/unset/providers/A.B/c/x/providers/E.F/g/y",
        ),
        ("resourceId('A.B/c/d', 'x/y')", "/subscriptions/unset/resourceGroups/unset/providers/A.B/c/x/d/y"),
    ] {
        assert_eq!(value(expression).as_str(), Some(expected), "{expression}");
    }
}

#[test]
fn symbolic_names_of_bicep_are_read_and_existing_resources_are_none_of_ours() {
    let read = read_one(
        r#""languageVersion": "2.0", "metadata": {"_generator": {"name": "bicep", "version": "0.30"}}, "resources": {
        "vault": {"existing": true, "type": "M.KeyVault/vaults", "apiVersion": "1", "name": "kv"},
        "store": {"type": "M.Storage/accounts", "apiVersion": "2", "name": "st", "sku": {"name": "S"}, "properties": {"tls": "1.2"}, "dependsOn": ["vault"]},
        "site": {"type": "M.Web/sites", "apiVersion": "3", "name": "w", "properties": {"tls": "[reference('store').tls]", "later": "[reference('store').endpoint]",
            "full": "[reference('store', '2', 'full').sku.name]", "id": "[resourceInfo('store').id]", "by": "[reference(resourceId('M.Storage/accounts', 'st')).tls]"}}}"#,
    );
    let [vault, store, site] = read.configurations[0].resources.as_slice() else { panic!("{read:?}") };
    assert_eq!((vault.mode, store.mode), (Mode::Data, Mode::Managed));
    assert!(store.arguments.key("dependsOn").is_absent());
    let properties = site.arguments.key("properties");
    assert_eq!(short(properties.key("tls")), "\"1.2\"");
    assert_eq!(short(properties.key("by")), "\"1.2\"");
    assert_eq!(short(properties.key("full")), "\"S\"");
    assert_eq!(properties.key("id"), store.arguments.key("id"));
    assert!(message(properties.key("later")).contains("after deployment"));
}

#[test]
fn functions_of_the_template_are_called_and_never_without_end() {
    let functions = r#""functions": [{"namespace": "My", "members": {
        "name": {"parameters": [{"name": "base", "type": "string"}], "output": {"type": "string", "value": "[concat(toLower(parameters('base')), '-x')]"}},
        "again": {"parameters": [{"name": "n", "type": "int"}], "output": {"type": "int", "value": "[my.again(add(parameters('n'), 1))]"}},
        "twice": {"parameters": [], "output": {"type": "int", "value": "[add(my.twice(), my.twice())]"}}}}],"#;
    assert_eq!(short(&value_in(functions, "my.name('ABC')")), "\"abc-x\"");
    for endless in ["my.again(1)", "my.twice()"] {
        assert!(value_in(functions, endless).is_unknown(), "{endless}");
    }
    assert!(message(&value_in(functions, "my.none()")).contains("declares no function"));
}

#[test]
fn nested_templates_have_the_scope_that_they_ask_for() {
    let nested = |scope: &str| {
        format!(
            r#""parameters": {{"p": {{"type": "string", "defaultValue": "outer"}}}}, "variables": {{"v": "around"}}, "resources": [
            {{"type": "Microsoft.Resources/deployments", "name": "inside", "properties": {{"mode": "Incremental",
                "expressionEvaluationOptions": {{"scope": "{scope}"}}, "parameters": {{"p": {{"value": "[concat(variables('v'), '!')]"}}}},
                "template": {{"$schema": "{SCHEMA}", "parameters": {{"p": {{"type": "string"}}}}, "variables": {{"v": "within"}},
                    "resources": [{{"type": "A.B/c", "name": "n", "properties": {{"p": "[parameters('p')]", "v": "[variables('v')]"}}}}],
                    "outputs": {{"tls": {{"type": "string", "value": "[concat(parameters('p'), '?')]"}}}}}}}}}},
            {{"type": "A.B/d", "name": "after", "properties": {{"it": "[reference('inside').outputs.tls.value]",
                "id": "[reference(resourceId('Microsoft.Resources/deployments', 'inside'), '2020-10-01').outputs.tls.value]"}}}}]"#
        )
    };
    let read = read_one(&nested("Inner"));
    assert_eq!(short(resource(&read, "A.B/c/n").arguments.key("properties")), "{p:\"around!\",v:\"within\"}");
    let after = resource(&read, "A.B/d/after").arguments.key("properties");
    assert_eq!(short(after), "{id:\"around!?\",it:\"around!?\"}");
    let read = read_one(&nested("outer"));
    assert_eq!(short(resource(&read, "A.B/c/n").arguments.key("properties")), "{p:\"outer\",v:\"around\"}");
}

#[test]
fn a_linked_template_is_evaluated_where_it_is_linked_and_told_where_it_is_not_there() {
    let main = template(
        r#""parameters": {"base": {"type": "string", "defaultValue": "[deployment().properties.templateLink.uri]"}, "token": {"type": "securestring"}}, "resources": [
        {"type": "Microsoft.Resources/deployments", "name": "one", "properties": {"templateLink": {"relativePath": "parts/net.json"}, "parameters": {"n": {"value": "a"}}}},
        {"type": "Microsoft.Resources/deployments", "name": "two", "properties": {"templateLink": {"uri": "[concat(parameters('base'), '/parts/net.json', parameters('token'))]"}, "parameters": {"n": {"value": "b"}}}},
        {"type": "Microsoft.Resources/deployments", "name": "gone", "properties": {"templateLink": {"uri": "https://example.com/x/parts/net.json"}}}]"#,
    );
    let part = template(
        r#""parameters": {"n": {"type": "string"}}, "resources": [{"type": "A.B/c", "name": "[parameters('n')]"}]"#,
    );
    let read = read_with(&[("infra/main.json", &main), ("infra/parts/net.json", &part)], &[]);
    assert_eq!(read.configurations.len(), 1);
    assert_eq!(crate::addresses(&read), ["A.B/c/a", "A.B/c/b", "Microsoft.Resources/deployments/gone"]);
    assert_eq!(&*resource(&read, "A.B/c/a").place.file, "infra/parts/net.json");
    let [trouble] = read.troubles.as_slice() else { panic!("{:?}", read.troubles) };
    assert!(trouble.line == 4 && trouble.what.contains("`gone`"), "{trouble}");
}

#[test]
fn templates_that_link_each_other_end() {
    let link = |to: &str| {
        template(&format!(
            r#""resources": [{{"type": "Microsoft.Resources/deployments", "name": "x", "properties": {{"templateLink": {{"relativePath": "{to}"}}}}}}]"#
        ))
    };
    let read = read_with(&[("a.json", &link("b.json")), ("b.json", &link("a.json"))], &[]);
    assert_eq!(read.configurations.len(), 2);
    assert!(
        read.troubles.iter().any(|trouble| trouble.what.contains("nested deeper")),
        "{:?}",
        read.troubles
    );
}

#[test]
fn templates_inside_a_blueprint_or_a_spec_are_read() {
    let inner = template(r#""resources": [{"type": "A.B/c", "name": "n"}]"#);
    for key in ["template", "mainTemplate"] {
        let text = format!("{{\"kind\": \"template\", \"properties\": {{\"{key}\": {inner}}}}}");
        assert_eq!(crate::addresses(&read_with(&[("artifact.json", &text)], &[])), ["A.B/c/n"], "{key}");
    }
}

#[test]
fn null_is_as_good_as_nothing_and_brackets_escape() {
    let read = read_one(
        r#""resources": [{"type": "A.B/c", "name": "n", "tags": null, "properties": {"gone": "[null()]", "kept": "[[not()]", "text": "[a] b", "list": [null, {"x": null}]}}]"#,
    );
    let made = resource(&read, "A.B/c/n");
    assert!(made.arguments.key("tags").is_absent());
    assert_eq!(short(made.arguments.key("properties")), "{kept:\"[not()]\",list:[null,{}],text:\"[a] b\"}");
}

#[test]
fn a_broken_expression_is_told_with_its_line_and_the_rest_is_kept() {
    let read = read_one(
        "\"resources\": [{\"type\": \"A.B/c\", \"name\": \"n\",\n \"properties\": {\"bad\": \"[concat('a']\", \"good\": 1}}]",
    );
    assert_eq!(short(resource(&read, "A.B/c/n").arguments.key("properties")), "{bad:?,good:1}");
    let [trouble] = read.troubles.as_slice() else { panic!("{:?}", read.troubles) };
    assert_eq!(
        (trouble.line, &*trouble.what),
        (2, "the expression cannot be read: `,` or `)` is missing at its end")
    );
}

#[test]
fn circles_doubling_deep_nesting_and_endless_copies_end() {
    let circle = value_in(
        "\"variables\": {\"a\": \"[variables('b')]\", \"b\": \"[concat(variables('a'), 'x')]\"},",
        "variables('a')",
    );
    assert!(message(&circle).contains("depends on itself"), "{circle:?}");
    let circle = value_in(
        "\"parameters\": {\"a\": {\"type\": \"string\", \"defaultValue\": \"[parameters('a')]\"}},",
        "parameters('a')",
    );
    assert!(message(&circle).contains("depends on itself"), "{circle:?}");

    for start in ["'0123456789'", "createArray(1, 2)", "uniqueString('x')"] {
        let mut variables = format!("\"variables\": {{\"v0\": \"[{start}]\"");
        for at in 1..60 {
            let before = at - 1;
            let _infallible = write!(
                variables,
                ", \"v{at}\": \"[concat(variables('v{before}'), variables('v{before}'))]\""
            );
        }
        variables.push_str("},");
        assert!(value_in(&variables, "variables('v59')").is_unknown(), "{start}");
        let read = read_one(&format!(
            "{variables} \"resources\": [{{\"type\": \"A.B/c\", \"name\": \"[variables('v59')]\"}}]"
        ));
        assert_eq!(read.configurations[0].resources.len(), 1, "{start}");
    }

    let text = "f(".repeat(20_000);
    assert!(value(&format!("{text}1{}", ")".repeat(20_000))).is_unknown());
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let read = read_one(&format!(
        "\"resources\": [{{\"type\": \"A.B/c\", \"name\": \"n\", \"properties\": {deep}}}]"
    ));
    assert!(
        read.troubles.iter().any(|trouble| trouble.what.contains("nested deeper")),
        "{:?}",
        read.troubles
    );

    let read = read_one(
        r#""resources": [{"type": "A.B/c", "name": "[concat('n', copyIndex())]", "copy": {"name": "l", "count": 10000},
        "properties": {"copy": [{"name": "list", "count": 10000, "input": "[range(0, 10000)]"}]}}]"#,
    );
    assert!(
        read.troubles.iter().any(|trouble| trouble.what.contains("repeats 10000 times")),
        "{:?}",
        read.troubles
    );
    assert!(read.troubles.iter().any(|trouble| trouble.what.contains("more values or text")));

    let replaced = value("replace(padLeft('', 1000, 'a'), 'a', string(range(0, 10000)))");
    assert!(
        value(&format!("replace({}, ',', string(range(0, 10000)))", "string(range(0, 10000))")).is_unknown()
    );
    assert!(replaced.as_str().is_some_and(|text| text.len() > 1_000_000));
}

#[test]
fn bytes_that_are_no_text_and_broken_files_are_told() {
    let mut bytes =
        template("\"resources\": [{\"type\": \"A.B/c\", \"name\": \"n\",\n \"tags\": {\"x\": \"~\"}}]")
            .into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'~').unwrap();
    bytes[at] = 0xff;
    let read = configurations(&Tree::of([("main.json", bytes)]), &[], &StandardTypes);
    assert!(read.troubles.iter().any(|trouble| trouble.line == 2 && trouble.what.contains("UTF-8")));
    assert_eq!(resource(&read, "A.B/c/n").arguments.at("tags.x").as_str(), Some("?"));

    let read =
        read_one("\"resources\": [{\"type\": \"A.B/c\", \"name\": \"kept\"}], \"outputs\": {\n\"x\": }");
    assert!(resource(&read, "A.B/c/kept").undecided.is_none());
    assert!(read.troubles.iter().any(|trouble| trouble.line == 2), "{:?}", read.troubles);
}
