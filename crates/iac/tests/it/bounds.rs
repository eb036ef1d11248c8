//! Input that would run or grow without end: a clear answer, in bounded time and memory.

use crate::{addresses, message, read, resource, short};

#[test]
fn locals_in_a_circle_are_reported() {
    let text = "locals {\n  a = local.b\n  b = local.c\n  c = local.a\n}\nresource \"t_x\" \"it\" {\n  v = local.a\n  w = 1\n}\n";
    let read = read(&[("main.tf", text)]);
    let found = &resource(&read, "t_x.it").arguments;
    assert_eq!(short(found), "{v:?,w:1}");
    assert!(message(found.key("v")).contains("`local.a` → `local.b` → `local.c` → `local.a`"));
    assert_eq!(read.troubles.len(), 1);
}

#[test]
fn resources_in_a_circle_are_reported() {
    let text = "resource \"t_x\" \"a\" {\n  v = t_x.b.v\n}\nresource \"t_x\" \"b\" {\n  v = t_x.a.v\n}\n";
    let read = read(&[("main.tf", text)]);
    assert_eq!(addresses(&read), ["t_x.a", "t_x.b"]);
    assert_eq!(read.troubles.len(), 1);
    assert!(read.troubles[0].what.contains("refers to itself"));
}

#[test]
fn a_huge_count_is_cut_and_says_so() {
    let read = read(&[("main.tf", "resource \"t_x\" \"it\" {\n  count = 10000\n}\n")]);
    assert_eq!(addresses(&read).len(), 1_000);
    assert!(read.troubles[0].what.contains("has 10000 instances; only the first 1000 were read"));
}

#[test]
fn counts_within_counts_end() {
    let read = read(&[
        ("main.tf", "module \"a\" {\n  source = \"./a\"\n  count = 10000\n}\n"),
        ("a/main.tf", "module \"b\" {\n  source = \"./b\"\n  count = 10000\n}\n"),
        ("a/b/main.tf", "resource \"t_x\" \"it\" {\n  count = 10000\n}\n"),
    ]);
    assert!(addresses(&read).len() <= 50_000);
    assert!(read.troubles.iter().any(|trouble| trouble.what.contains("more than 50000 instances")));
    assert!(read.troubles.len() < 10, "one cause is told once: {:?}", &read.troubles[..10]);
}

#[test]
fn values_that_double_end() {
    let mut text = String::from("locals {\n  t0 = \"xxxxxxxx\"\n  l0 = [1]\n  n0 = [1]\n");
    for at in 1..60 {
        let last = at - 1;
        text.push_str(&format!("  t{at} = \"${{local.t{last}}}${{local.t{last}}}\"\n"));
        text.push_str(&format!("  l{at} = concat(local.l{last}, local.l{last})\n"));
        text.push_str(&format!("  n{at} = [local.n{last}, local.n{last}]\n"));
    }
    text.push_str("}\nresource \"t_x\" \"it\" {\n  t = local.t59\n  l = local.l59\n  s = local.t3\n}\n");
    let read = read(&[("main.tf", &text)]);
    let found = &resource(&read, "t_x.it").arguments;
    assert!(found.key("t").is_unknown() && found.key("l").is_unknown());
    assert_eq!(found.key("s").as_str().map(str::len), Some(64));
}

#[test]
fn a_value_that_shares_itself_is_cut_when_it_leaves() {
    let mut text = String::from("locals {\n  n0 = [1]\n");
    for at in 1..40 {
        text.push_str(&format!("  n{at} = [local.n{}, local.n{}]\n", at - 1, at - 1));
    }
    text.push_str("}\nresource \"t_x\" \"it\" {\n  n = local.n39\n  j = jsonencode(local.n39)\n  e = local.n39 == local.n38\n}\n");
    let read = read(&[("main.tf", &text)]);
    let mut unknowns = 0;
    resource(&read, "t_x.it").arguments.visit_unknowns(&mut |_, _| unknowns += 1);
    assert!(unknowns > 0);
}

#[test]
fn loops_within_loops_end() {
    let text = "resource \"t_x\" \"it\" {\n  v = length(flatten([for a in range(1000) : [for b in range(1000) : [for c in range(1000) : 1]]]))\n}\n";
    let read = read(&[("main.tf", text)]);
    assert!(resource(&read, "t_x.it").arguments.key("v").is_unknown());
}

#[test]
fn deep_nesting_is_refused_with_its_line() {
    for (open, close) in
        [("[", "]"), ("(", ")"), ("{ a = ", "}"), ("\"${", "}\""), ("!", ""), ("-", ""), ("upper(", ")")]
    {
        let text = format!(
            "resource \"t_x\" \"ok\" {{\n  v = 1\n}}\nresource \"t_x\" \"deep\" {{\n  v = {}1{}\n}}\n",
            open.repeat(5_000),
            close.repeat(5_000)
        );
        let read = read(&[("main.tf", &text)]);
        assert!(addresses(&read).contains(&"t_x.ok"), "{open}");
        assert!(!read.troubles.is_empty(), "{open}");
        assert!(read.troubles[0].line >= 4, "{open}: {:?}", read.troubles);
    }
}

#[test]
fn long_chains_of_operators_and_conditionals_do_not_overflow() {
    let sum = vec!["1"; 20_000].join(" + ");
    let choice = format!("{}1", "false ? 0 : ".repeat(20_000));
    for expression in [sum, choice] {
        let text = format!(
            "resource \"t_x\" \"ok\" {{\n  v = 1\n}}\nresource \"t_x\" \"it\" {{\n  v = {expression}\n}}\n"
        );
        let read = read(&[("main.tf", &text)]);
        assert!(addresses(&read).contains(&"t_x.ok"));
    }
}

#[test]
fn a_long_chain_of_locals_is_followed_or_refused() {
    let mut text = String::from("locals {\n  a0 = 7\n");
    for at in 1..5_000 {
        text.push_str(&format!("  a{at} = local.a{}\n", at - 1));
    }
    text.push_str("}\nresource \"t_x\" \"it\" {\n  near = local.a400\n  far = local.a4999\n}\n");
    let read = read(&[("main.tf", &text)]);
    let found = &resource(&read, "t_x.it").arguments;
    assert!(found.key("far").is_unknown());
    assert!(message(found.key("far")).len() < 2_000);
}

#[test]
fn blocks_nested_without_end_are_refused() {
    let text = format!("resource \"t_x\" \"it\" {{\n{}{}\n}}\n", "b {\n".repeat(3_000), "}\n".repeat(3_000));
    let read = read(&[("main.tf", &text)]);
    assert!(!read.troubles.is_empty());
}

#[test]
fn a_mistake_deep_inside_is_found_without_trying_every_way() {
    for (open, close) in [
        ("[", "]"),
        ("(", ")"),
        ("{ a = ", "}"),
        ("\"${", "}\""),
        ("upper(", ")"),
        ("{ for k, v in x : k => ", "}"),
        ("[ for v in x : ", "]"),
        ("\"%{ if true }", "%{ endif }\""),
        ("true ? 1 : ", ""),
    ] {
        for middle in ["1", "@", "\"", "\"${"] {
            let text = format!(
                "resource \"t_x\" \"deep\" {{\n  v = {}{middle}{}\n}}\n",
                open.repeat(60),
                close.repeat(60)
            );
            let read = read(&[("main.tf", &text)]);
            assert!(read.files == 1, "{open}{middle}");
        }
    }
}

#[test]
fn a_file_full_of_mistakes_is_told_in_a_hundred_lines() {
    let garbage = ["x = <<A\n", "\"\n", "{ [ (\n", "resource \"a\" \"b\" {\n"];
    for piece in garbage {
        let read = read(&[("main.tf", &piece.repeat(20_000))]);
        assert!(!read.troubles.is_empty(), "{piece}");
        assert!(read.troubles.len() <= 202, "{piece}: {}", read.troubles.len());
    }
}

#[test]
fn a_module_that_calls_its_own_folder_is_refused() {
    let read = read(&[("main.tf", "module \"me\" {\n  source = \"./\"\n}\nresource \"t_x\" \"it\" {}\n")]);
    assert_eq!(addresses(&read), ["t_x.it"]);
    assert!(read.troubles[0].what.contains("calls itself"));
}
