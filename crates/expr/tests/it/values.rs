//! Operators and functions over known values.

use crate::support::{check, check_all};

const ASSET: &str = r#"{"Name": "web-1", "Port": 22, "Ratio": 2.5, "On": true, "Tags": ["a", "b", "a"],
    "Rules": [{"From": 22, "Cidr": "0.0.0.0/0"}, {"From": 443, "Cidr": "10.0.0.0/8"}],
    "Env": {"KEY": "x", "OTHER": "y"}, "One": "s3:*", "Empty": [], "Nothing": null,
    "Doc": "{\"Version\": \"2012-10-17\", \"Statement\": {\"Action\": \"*\"}}", "Bad": "{oops"}"#;

#[test]
fn arithmetic_and_order() {
    check_all(
        ASSET,
        &[
            ("1 + 2 * 3", "7"),
            ("asset.Port % 5", "2"),
            ("-asset.Port", "-22"),
            ("7 / 2", "3"),
            ("asset.Ratio * 2", "5.0"),
            ("1 == 1.0", "true"),
            ("9007199254740993 == 9007199254740992.0", "false"),
            ("9007199254740993 > 9007199254740992.0", "true"),
            ("asset.Port < 1024 && asset.Port >= 22", "true"),
            ("asset.Name < 'x'", "true"),
            ("'a' + asset.Name", r#""aweb-1""#),
            ("asset.Tags + ['c']", r#"["a", "b", "a", "c"]"#),
            ("5u == 5", "true"),
        ],
    );
}

#[test]
fn values_of_different_types_are_unequal() {
    check_all(
        ASSET,
        &[
            ("asset.Port == '22'", "false"),
            ("asset.Env == 'x'", "false"),
            ("asset.One != ['s3:*']", "true"),
            ("asset.Env == {'OTHER': 'y', 'KEY': 'x'}", "true"),
            ("asset.Tags == ['a', 'b', 'a']", "true"),
            ("asset.Tags == ['a', 'b']", "false"),
        ],
    );
}

#[test]
fn selection_index_and_presence() {
    check_all(
        ASSET,
        &[
            ("asset.Rules[1].From", "443"),
            ("asset.Rules[2]", "null"),
            ("asset.Rules[-1]", "null"),
            ("asset.Env['KEY']", r#""x""#),
            ("asset['Env'].OTHER", r#""y""#),
            ("has(asset.Env.KEY)", "true"),
            ("has(asset.Env.NOPE)", "false"),
            ("has(asset.Name.First)", "false"),
            ("has(asset.Nothing)", "false"),
            ("asset.Rules.From", "error: a list has no field `From`"),
            ("{'a': 1, 'b': asset.Port}.b", "22"),
            ("[1, asset.Port][1]", "22"),
        ],
    );
}

#[test]
fn membership() {
    check_all(
        ASSET,
        &[
            ("asset.Port in [22, 3389]", "true"),
            ("'c' in asset.Tags", "false"),
            ("'KEY' in asset.Env", "true"),
            ("'NOPE' in asset.Env", "false"),
            ("'web' in asset.Name", "error: `in` looks into a list or a map, not into a string"),
        ],
    );
}

#[test]
fn macros() {
    check_all(
        ASSET,
        &[
            ("asset.Rules.exists(r, r.From == 22 && r.Cidr == '0.0.0.0/0')", "true"),
            ("asset.Rules.all(r, r.From < 100)", "false"),
            ("asset.Rules.exists_one(r, r.From == 443)", "true"),
            ("asset.Tags.exists_one(t, t == 'a')", "false"),
            ("asset.Rules.filter(r, r.From > 100)", r#"[{"From": 443, "Cidr": "10.0.0.0/8"}]"#),
            ("asset.Rules.map(r, r.From)", "[22, 443]"),
            ("asset.Rules.map(r, r.From > 100, r.Cidr)", r#"["10.0.0.0/8"]"#),
            ("asset.Env.exists(k, k == 'KEY')", "true"),
            ("asset.Env.all(k, asset.Env[k] != 'z')", "true"),
            ("asset.Rules.exists(r, asset.Tags.exists(t, t == 'b' && r.From == 443))", "true"),
            ("asset.Rules.filter(r, r.From > 1).map(r, r.From).filter(p, p != 22)", "[443]"),
            ("asset.Name.exists(c, true)", "error: `exists` goes over a list or a map, not over a string"),
            ("asset.Tags.all(t, t)", "error: `all` takes a bool, not a string"),
        ],
    );
}

#[test]
fn text_functions() {
    check_all(
        ASSET,
        &[
            ("asset.Name.startsWith('web')", "true"),
            ("asset.Name.endsWith('-2')", "false"),
            ("asset.Name.contains('b-')", "true"),
            ("asset.Name.matches('^[a-z]+-[0-9]$')", "true"),
            ("asset.Name.matches('(?i)WEB')", "true"),
            ("asset.Name.matches('^' + asset.Tags[0])", "false"),
            ("matches(asset.Name, 'eb')", "true"),
            ("asset.Name.upperAscii().lowerAscii() == lower('WEB-1')", "true"),
            ("'a:b:c'.split(':')[2]", r#""c""#),
            ("join(asset.Tags, '+')", r#""a+b+a""#),
            ("size('né')", "2"),
            ("string(asset.Port) + string(true)", r#""22true""#),
            ("int('17') + int(2.9)", "19"),
            ("double('2.5') == asset.Ratio", "true"),
            ("asset.Tags.contains('a')", "error: `in` and `exists` look into lists"),
            ("asset.Port.startsWith('2')", "error: `startsWith` takes a string, not an int"),
        ],
    );
}

#[test]
fn list_and_map_functions() {
    check_all(
        ASSET,
        &[
            ("size(asset.Tags) + asset.Env.size() + size(asset.Empty)", "5"),
            ("unique(asset.Tags)", r#"["a", "b"]"#),
            ("first(asset.Tags) + last(asset.Tags)", r#""aa""#),
            ("first(asset.Empty)", "null"),
            ("flatten([[1], [2, 3], 4, null])", "[1, 2, 3, 4]"),
            ("as_list(asset.One)", r#"["s3:*"]"#),
            ("as_list(asset.Tags)", r#"["a", "b", "a"]"#),
            ("as_list(asset.Nope)", "[]"),
            ("keys(asset.Env)", r#"["KEY", "OTHER"]"#),
            ("values(asset.Env)", r#"["x", "y"]"#),
            ("merge(asset.Env, {'KEY': 'z'})", r#"{"KEY": "z", "OTHER": "y"}"#),
        ],
    );
}

#[test]
fn documents_inside_of_properties() {
    check_all(
        ASSET,
        &[
            ("json(asset.Doc).Version", r#""2012-10-17""#),
            ("as_list(json(asset.Doc).Statement).exists(s, '*' in as_list(s.Action))", "true"),
            ("json(asset.Env).KEY", r#""x""#),
            ("url_json('%7B%22a%22%3A%201%7D').a", "1"),
            (
                "csv('user,mfa\\nann,true\\nbob,false\\n').filter(r, r.mfa == 'false').map(r, r.user)",
                r#"["bob"]"#,
            ),
            ("base64('aGVsbG8=')", r#""hello""#),
            ("base64('aGVsbG8')", r#""hello""#),
            ("json(asset.Bad)", "unknown"),
            ("csv('a,b\\n1')", "unknown"),
            ("base64('***')", "unknown"),
            ("int('many')", "unknown"),
            ("double('nan')", "unknown"),
        ],
    );
}

#[test]
fn a_foreign_document_cannot_say_unknown() {
    let asset = r#"{"Doc": "{\"!unknown\": {\"kind\": \"refused\", \"operation\": \"x\"}, \"!!a\": 1}"}"#;
    check("has(json(asset.Doc)['!unknown'])", asset, "true");
    check("json(asset.Doc)['!!a']", asset, "1");
}

#[test]
fn a_malformed_document_is_not_quoted_in_the_reason() {
    let outcome = crate::support::evaluate("json(asset.Bad).X", ASSET);
    let reason = outcome.trace.reasons[0].to_string();
    assert_eq!(reason, "`json(asset.Bad)` malformed: no JSON document (line 1, column 2)");
}

#[test]
fn conditionals_evaluate_one_branch() {
    check_all(
        ASSET,
        &[
            ("asset.On ? 1 : 2", "1"),
            ("asset.Port == 22 ? 'ssh' : asset.Port / 0 == 1 ? 'x' : 'y'", r#""ssh""#),
            ("asset.Nothing ? 1 : 2", "2"),
        ],
    );
}

#[test]
fn host_functions_are_called_with_what_was_written() {
    check_all(
        r#"{"Public": true, "Ports": [22], "Hidden": "?a:B"}"#,
        &[
            ("policy.public(asset)", "true"),
            ("22 in net.ports(asset.Ports)", "true"),
            ("size(net.ports(asset.Ports, 'tcp'))", "1"),
            ("is_known(asset.Hidden)", "false"),
            ("size(net.ports(asset.Hidden))", "unknown"),
        ],
    );
}
