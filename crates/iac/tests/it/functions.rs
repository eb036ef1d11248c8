//! The standard functions, by expression and result.

use crate::{message, short, value};

fn check(cases: &[(&str, &str)]) {
    for (expression, expected) in cases {
        assert_eq!(short(&value(expression)), *expected, "{expression}");
    }
}

#[test]
fn numbers() {
    check(&[
        ("abs(-3)", "3"),
        ("ceil(1.2)", "2"),
        ("floor(-1.2)", "-2"),
        ("log(8, 2)", "3"),
        ("pow(2, 10)", "1024"),
        ("max(1, 5, 3)", "5"),
        ("min([4, 2, 9]...)", "2"),
        ("signum(-9)", "-1"),
        ("parseint(\"ff\", 16)", "255"),
        ("sum([1, 2.5])", "3.5"),
        ("10 / 4", "2.5"),
        ("10 / 5", "2"),
        ("-7 % 3", "-1"),
        ("\"5\" + 1", "6"),
        ("1 < 2 && 2 >= 2", "true"),
        ("!(1 == 1)", "false"),
    ]);
}

#[test]
fn texts() {
    check(&[
        (r#"upper("aé")"#, r#""AÉ""#),
        (r#"title("hello world")"#, r#""Hello World""#),
        (r#"trim("?!hi?!", "!?")"#, r#""hi""#),
        (r#"trimprefix("ab", "a")"#, r#""b""#),
        (r#"trimsuffix("ab", "b")"#, r#""a""#),
        (r#"trimspace(" a ")"#, r#""a""#),
        (r#"chomp("a\n")"#, r#""a""#),
        (r#"strrev("abc")"#, r#""cba""#),
        (r#"substr("hello", 1, 3)"#, r#""ell""#),
        (r#"substr("hello", -2, -1)"#, r#""lo""#),
        (r#"split(",", "a,b")"#, r#"["a","b"]"#),
        (r#"join("-", ["a", "b"], ["c"])"#, r#""a-b-c""#),
        (r#"replace("a.b.c", ".", "/")"#, r#""a/b/c""#),
        (r#"replace("hello", "/l+/", "L")"#, r#""heLo""#),
        (r#"startswith("abc", "ab")"#, "true"),
        (r#"endswith("abc", "ab")"#, "false"),
        (r#"strcontains("abc", "b")"#, "true"),
        (r#"indent(2, "a\nb")"#, r#""a\n  b""#),
        (r#"format("%s-%03d-%.2f-%t-%%", "x", 7, 1.5, true)"#, r#""x-007-1.50-true-%""#),
        (r#"format("%-4s|%4s|%q|%v", "a", "b", "c", [1])"#, r#""a   |   b|\"c\"|[1]""#),
        (r#"format("%#x %x", 1, 255)"#, r#""1 ff""#),
        (r#"formatlist("%s/%s", ["a", "b"], "c")"#, r#"["a/c","b/c"]"#),
        (r#"regex("(\\d+)-(\\d+)", "10-20")"#, r#"["10","20"]"#),
        (r#"regex("(?P<y>\\d+)", "y2024")"#, r#"{y:"2024"}"#),
        (r#"regexall("[a-z]", "a1b")"#, r#"["a","b"]"#),
        (r#"can(regex("^x", "y"))"#, "false"),
    ]);
}

#[test]
fn collections() {
    check(&[
        ("length({ a = 1, b = 2 })", "2"),
        ("merge({ a = 1 }, { a = 2, b = 3 }, null)", "{a:2,b:3}"),
        ("lookup({ a = 1 }, \"b\", 9)", "9"),
        ("element([\"a\", \"b\", \"c\"], 4)", "\"b\""),
        ("concat([1], [2, 3])", "[1,2,3]"),
        ("flatten([1, [2, [3]], []])", "[1,2,3]"),
        ("keys({ b = 1, a = 2 })", "[\"a\",\"b\"]"),
        ("values({ b = 1, a = 2 })", "[2,1]"),
        ("contains([\"a\"], \"a\")", "true"),
        ("coalesce(null, \"\", \"x\")", "\"x\""),
        ("coalescelist([], [1])", "[1]"),
        ("compact([\"a\", \"\", null])", "[\"a\"]"),
        ("distinct([\"b\", \"a\", \"b\"])", "[\"b\",\"a\"]"),
        ("alltrue([true, \"true\"])", "true"),
        ("anytrue([false, true])", "true"),
        ("zipmap([\"a\"], [1])", "{a:1}"),
        ("transpose({ a = [\"x\"], b = [\"x\"] })", "{x:[\"a\",\"b\"]}"),
        ("index([\"a\", \"b\"], \"b\")", "1"),
        ("one([7])", "7"),
        ("one([])", "null"),
        ("range(3)", "[0,1,2]"),
        ("range(1, 8, 3)", "[1,4,7]"),
        ("slice([1, 2, 3], 1, 3)", "[2,3]"),
        ("chunklist([1, 2, 3], 2)", "[[1,2],[3]]"),
        ("matchkeys([1, 2], [\"a\", \"b\"], [\"b\"])", "[2]"),
        ("sort([\"b\", \"a\"])", "[\"a\",\"b\"]"),
        ("reverse([1, 2])", "[2,1]"),
        ("toset([\"b\", \"a\", \"b\"])", "[\"a\",\"b\"]"),
        ("setunion([\"a\"], [\"b\"])", "[\"a\",\"b\"]"),
        ("setintersection([\"a\", \"b\"], [\"b\"])", "[\"b\"]"),
        ("setsubtract([\"a\", \"b\"], [\"b\"])", "[\"a\"]"),
        ("setproduct([\"a\", \"b\"], [1, 2])", "[[\"a\",1],[\"a\",2],[\"b\",1],[\"b\",2]]"),
        ("try({ a = 1 }.b, [1][5], \"x\")", "\"x\""),
        ("can({ a = 1 }.b)", "false"),
        ("can({ a = 1 }.a)", "true"),
    ]);
}

#[test]
fn encodings_and_hashes() {
    check(&[
        (r#"jsonencode({ a = [1, "x<", null], b = true })"#, r#""{\"a\":[1,\"x\\u003c\",null],\"b\":true}""#),
        (r#"jsondecode("{\"a\": [1, 2.5]}").a[1]"#, "2.5"),
        (r#"yamldecode("a:\n  - 1\n  - 'x'\n")"#, r#"{a:[1,"x"]}"#),
        (r#"yamldecode(yamlencode({ a = [{ b = 1 }], c = "d" }))"#, r#"{a:[{b:1}],c:"d"}"#),
        (r#"base64decode(base64encode("hé"))"#, r#""hé""#),
        (r#"urlencode("a b&c")"#, r#""a+b%26c""#),
        (r#"csvdecode("a,b\n1,2\n")"#, r#"[{a:"1",b:"2"}]"#),
        (r#"sha256("")"#, r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#),
    ]);
}

#[test]
fn address_ranges() {
    check(&[
        (r#"cidrsubnet("10.0.0.0/16", 8, 2)"#, r#""10.0.2.0/24""#),
        (r#"cidrhost("10.0.0.0/16", 5)"#, r#""10.0.0.5""#),
        (r#"cidrhost("10.0.0.0/24", -1)"#, r#""10.0.0.255""#),
        (r#"cidrnetmask("10.0.0.0/12")"#, r#""255.240.0.0""#),
        (
            r#"cidrsubnets("10.1.0.0/16", 4, 4, 8, 4)"#,
            r#"["10.1.0.0/20","10.1.16.0/20","10.1.32.0/24","10.1.48.0/20"]"#,
        ),
        (r#"cidrsubnet("2001:db8::/32", 32, 1)"#, r#""2001:db8:0:1::/64""#),
        (r#"can(cidrhost("nonsense", 0))"#, "false"),
    ]);
}

#[test]
fn times() {
    check(&[
        (r#"timeadd("2024-01-01T00:00:00Z", "36h30m")"#, r#""2024-01-02T12:30:00Z""#),
        (r#"timecmp("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")"#, "-1"),
        (r#"formatdate("DD MMM YYYY hh:mm 'o''", "2024-03-05T07:08:09Z")"#, "?"),
        (r#"formatdate("DD MMM YYYY hh:mm", "2024-03-05T07:08:09Z")"#, r#""05 Mar 2024 07:08""#),
    ]);
}

#[test]
fn what_cannot_be_worked_out_is_unknown_and_not_an_error() {
    for expression in
        ["timestamp()", "uuid()", "md5(\"a\")", "provider::aws::arn_parse(\"x\")", "try(bcrypt(\"a\"), 1)"]
    {
        let found = value(expression);
        assert!(found.is_unknown(), "{expression}");
        assert!(!message(&found).is_empty());
    }
}
