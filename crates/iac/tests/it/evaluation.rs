//! Expressions, variables and locals.

use partywall_iac::terraform::Input;

use crate::{message, read, read_with, resource, short, value, value_in};

fn check(more: &str, cases: &[(&str, &str)]) {
    for (expression, expected) in cases {
        assert_eq!(short(&value_in(expression, more)), *expected, "{expression}");
    }
}

#[test]
fn comprehensions_and_splats() {
    check(
        r#"locals {
             users = { ann = { age = 3, tags = ["a"] }, bob = { age = 5, tags = ["a", "b"] } }
             list  = [{ id = 1 }, { id = 2 }]
           }"#,
        &[
            ("[for x in [1, 2, 3] : x * 2 if x != 2]", "[2,6]"),
            ("[for i, x in [\"a\", \"b\"] : \"${i}${x}\"]", "[\"0a\",\"1b\"]"),
            ("{ for k, v in local.users : k => v.age }", "{ann:3,bob:5}"),
            ("{ for k, v in local.users : v.tags[0] => k... }", "{a:[\"ann\",\"bob\"]}"),
            ("local.list[*].id", "[1,2]"),
            ("local.list.*.id", "[1,2]"),
            ("local.list.1.id", "2"),
            ("local.users[\"ann\"].age", "3"),
            ("null[*]", "[]"),
            ("\"x\"[*]", "[\"x\"]"),
        ],
    );
}

#[test]
fn a_conditional_over_several_lines_inside_a_comprehension_is_read() {
    let found = value("[\n    for x in [1, 2] : x > 1\n      ? \"big\"\n      : \"small\" # why not\n  ]");
    assert_eq!(short(&found), r#"["small","big"]"#);
}

#[test]
fn templates_and_heredocs() {
    check(
        "locals {\n  names = [\"a\", \"b\"]\n}\n",
        &[
            (r#""x${1 + 1}y""#, r#""x2y""#),
            (r#""$${no} %%{no}""#, r#""${no} %{no}""#),
            (r#""${local.names}""#, r#"["a","b"]"#),
            (r#""%{ if true }yes%{ else }no%{ endif }""#, r#""yes""#),
            (r#""%{ for n in local.names }${n},%{ endfor }""#, r#""a,b,""#),
            (r#""a ${~ "b" ~} c""#, r#""abc""#),
            ("<<EOT\nline\n  two\nEOT", r#""line\n  two\n""#),
            ("<<-EOT\n    one\n      two\n    EOT", r#""one\n  two\n""#),
            ("<<-EOT\n  %{ for n in local.names ~}\n  ${n}\n  %{ endfor ~}\n  EOT", r#""a\nb\n""#),
        ],
    );
}

#[test]
fn values_of_variables_come_in_terraforms_order() {
    let files = [
        ("main.tf", "variable \"a\" { default = \"default\" }\nresource \"t_x\" \"it\" {\n  v = var.a\n}\n"),
        ("terraform.tfvars", "a = \"tfvars\"\n"),
        ("b.auto.tfvars", "a = \"b\"\n"),
        ("a.auto.tfvars.json", "{\"a\": \"a\"}"),
        ("prod.tfvars", "a = \"prod\"\n"),
    ];
    let seen = |inputs: &[Input], files: &[(&str, &str)]| {
        short(resource(&read_with(files, inputs), "t_x.it").arguments.key("v"))
    };
    let variable = Input::Variable { name: "a".into(), value: "given".into() };
    let file = Input::File("prod.tfvars".into());
    assert_eq!(seen(&[], &files[..1]), "\"default\"");
    assert_eq!(seen(&[], &files[..2]), "\"tfvars\"");
    assert_eq!(seen(&[], &files), "\"b\"");
    assert_eq!(seen(std::slice::from_ref(&file), &files), "\"prod\"");
    assert_eq!(seen(&[file.clone(), variable.clone()], &files), "\"given\"");
    assert_eq!(seen(&[variable, file], &files), "\"prod\"");
}

#[test]
fn a_variable_on_the_command_line_is_read_by_its_type() {
    let files = [(
        "main.tf",
        "variable \"l\" {\n  type = list(number)\n}\nvariable \"s\" {\n  type = string\n}\nresource \"t_x\" \"it\" {\n  l = var.l\n  s = var.s\n}\n",
    )];
    let inputs = [
        Input::Variable { name: "l".into(), value: "[1, \"2\"]".into() },
        Input::Variable { name: "s".into(), value: "[1]".into() },
    ];
    let read = read_with(&files, &inputs);
    assert_eq!(short(&resource(&read, "t_x.it").arguments), "{l:[1,2],s:\"[1]\"}");
}

#[test]
fn an_unknown_carries_the_chain_of_its_reasons() {
    let more = "variable \"acl\" {}\nlocals {\n  acl = lower(var.acl)\n}\n";
    let found = value_in("local.acl", more);
    assert_eq!(found.why().map(|why| &*why.operation), Some("var.acl"));
    assert_eq!(
        message(&found),
        "`local.acl` (main.tf:6) → `var.acl` has no value; pass -var-file or -var (main.tf:4)"
    );
}

#[test]
fn what_does_not_depend_on_an_unknown_stays_known() {
    let more = "variable \"x\" {}\n";
    check(
        more,
        &[
            ("merge(var.x, { a = 1 }).a", "1"),
            ("merge({ a = 1 }, var.x).a", "?"),
            ("merge(var.x, { a = 1 })", "?"),
            ("var.x && false", "false"),
            ("var.x && true", "?"),
            ("false && var.x", "false"),
            ("var.x || true", "true"),
            ("var.x ? 1 : 1", "1"),
            ("var.x ? { a = 1, b = 2 } : { a = 1, b = 3 }", "{a:1,b:?}"),
            ("[1, var.x]", "[1,?]"),
            ("length([1, var.x])", "2"),
            ("contains([1, var.x], 1)", "true"),
            ("contains([1, var.x], 2)", "?"),
            ("{ a = 1, (var.x) = 2 }.a", "1"),
            ("try(var.x, 1)", "?"),
            ("coalesce(null, var.x, 1)", "?"),
            ("jsonencode({ a = 1, b = var.x })", "{a:1,b:?}"),
            ("jsondecode(jsonencode({ a = 1, b = var.x })).a", "1"),
            ("\"{\\\"a\\\": 1, \\\"b\\\": \\\"x-${var.x}\\\"}\"", "{a:1,b:?}"),
            ("\"x-${var.x}\"", "?"),
            ("var.x == var.x", "?"),
        ],
    );
}

#[test]
fn logic_with_an_unknown_on_the_left_is_decided_by_the_right() {
    check("variable \"x\" {}\n", &[("var.x && (1 == 2)", "false"), ("var.x || (1 == 1)", "true")]);
}

#[test]
fn sensitive_values_are_kept_out() {
    let found = value_in("var.p", "variable \"p\" {\n  default   = \"hunter2\"\n  sensitive = true\n}\n");
    assert!(message(&found).contains("kept out"));
    assert!(!format!("{found:?}").contains("hunter2"));
    assert!(value("sensitive(\"hunter2\")").is_unknown());
}

#[test]
fn variables_take_the_form_of_their_type() {
    let more = r#"
variable "o" {
  type = object({
    name = string
    port = optional(number, 443)
    deep = optional(object({ on = optional(bool, true) }), {})
  })
  default = { name = 7 }
}
variable "s" {
  type    = set(string)
  default = ["b", "a", "b"]
}
"#;
    check(more, &[("var.o", "{deep:{on:true},name:\"7\",port:443}"), ("var.s", "[\"a\",\"b\"]")]);
}

#[test]
fn an_error_in_one_element_costs_that_element_only() {
    let read = read(&[("main.tf", "resource \"t_x\" \"it\" {\n  tags = { a = local.none, b = 2 }\n}\n")]);
    assert_eq!(short(&resource(&read, "t_x.it").arguments), "{tags:{a:?,b:2}}");
}

#[test]
fn paths_and_the_workspace_are_known() {
    check("", &[("path.module", "\".\""), ("terraform.workspace", "\"default\"")]);
}

#[test]
fn files_are_read_from_the_tree_only() {
    let main = r#"resource "t_x" "it" {
  a = file("${path.module}/a.txt")
  b = templatefile("b.tpl", { n = [1, 2] })
  c = file("../outside.txt")
  d = fileexists("a.txt")
  e = file("/etc/passwd")
}
"#;
    let files = [("m/main.tf", main), ("m/a.txt", "hello"), ("m/b.tpl", "%{ for x in n }<${x}>%{ endfor }")];
    let read = read(&files);
    let found = &resource(&read, "t_x.it").arguments;
    assert_eq!(short(found), r#"{a:"hello",b:"<1><2>",c:?,d:true,e:?}"#);
    assert!(message(found.key("c")).contains("not among those that were named"));
}

#[test]
fn json_written_by_hand_keeps_what_is_known() {
    let more = "variable \"x\" {}\n";
    check(
        more,
        &[
            (
                "<<EOT\n{\"a\": [1, ${var.x}], \"b\": \"s3:${var.x}/*\", \"c\": true}\nEOT",
                "{a:[1,?],b:?,c:true}",
            ),
            ("<<EOT\n{\"a\": ${jsonencode({ p = var.x, q = 2 })}}\nEOT", "{a:{p:?,q:2}}"),
            ("<<EOT\n{\"say \\\"${var.x}\\\"\": 1}\nEOT", "?"),
            ("tostring(jsonencode({ p = var.x }))", "{p:?}"),
        ],
    );
}
