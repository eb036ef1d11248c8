//! Files with mistakes: what is broken is named with its line, everything else is kept.

use partywall_iac::Tree;
use partywall_iac::terraform::{StandardTypes, configurations};

use crate::{addresses, read, resource};

const GOOD: &str = "resource \"t_x\" \"good\" {\n  v = 1\n}\n";

fn troubles(text: &str) -> Vec<String> {
    let read = read(&[("main.tf", text)]);
    assert!(addresses(&read).contains(&"t_x.good"), "{text}: {:?}", read.troubles);
    read.troubles.iter().map(ToString::to_string).collect()
}

#[test]
fn an_unclosed_brace_costs_one_block() {
    let found = troubles(&format!("resource \"t_x\" \"bad\" {{\n  v = {{\n    a = 1\n\n{GOOD}"));
    assert_eq!(
        found,
        ["main.tf:1: the brace `{` is never closed, so `resource \"t_x\" \"bad\"` was left out; close it"]
    );
}

#[test]
fn an_unclosed_string_costs_one_block() {
    let found = troubles(&format!("resource \"t_x\" \"bad\" {{\n  v = \"abc\n}}\n{GOOD}"));
    assert_eq!(
        found,
        ["main.tf:2: the string is never closed, so `resource \"t_x\" \"bad\"` was left out; close it"]
    );
}

#[test]
fn a_syntax_error_names_its_line() {
    let found = troubles(&format!("{GOOD}resource \"t_x\" \"bad\" {{\n  v = 1\n  w == 2\n}}\n"));
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("main.tf:6: `resource \"t_x\" \"bad\"` was left out: "), "{found:?}");
}

#[test]
fn an_unclosed_heredoc_and_comment_are_named() {
    let found = troubles(&format!("{GOOD}resource \"t_x\" \"bad\" {{\n  v = <<EOT\n  text\n}}\n"));
    assert!(found[0].contains("main.tf:5: the heredoc is never closed"), "{found:?}");
    let found = troubles(&format!("{GOOD}/* for ever\n"));
    assert!(found[0].contains("main.tf:4: the comment `/*` is never closed"), "{found:?}");
}

#[test]
fn spans_are_right_after_recovery() {
    let text = format!("resource \"t_x\" \"bad\" {{\n  v == 1\n}}\n# häh\n{GOOD}");
    let read = read(&[("main.tf", &text)]);
    let place = &resource(&read, "t_x.good").places[0];
    let span = usize::try_from(place.span.start).unwrap()..usize::try_from(place.span.end).unwrap();
    assert_eq!((text[span].trim(), place.line), ("v = 1", 6));
}

#[test]
fn a_byte_order_mark_and_broken_bytes_do_not_lose_a_file() {
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    bytes.extend_from_slice(GOOD.as_bytes());
    let offset = bytes.len();
    bytes.extend_from_slice(b"resource \"t_x\" \"odd\" {\n  v = \"a\xffb\"\n}\n");
    let tree = Tree::of([("main.tf", bytes)]);
    let read = configurations(&tree, &[], &StandardTypes);
    let good = resource(&read, "t_x.good");
    assert_eq!(good.place.span.start, 3);
    let odd = resource(&read, "t_x.odd");
    assert_eq!(odd.arguments.key("v").as_str(), Some("a?b"));
    assert_eq!(usize::try_from(odd.place.span.start).unwrap(), offset);
    assert_eq!(read.troubles.len(), 1);
    assert_eq!(read.troubles[0].line, 5);
}

#[test]
fn carriage_returns_and_a_missing_last_newline_are_fine() {
    let text = GOOD.replace('\n', "\r\n");
    let read = read(&[("main.tf", text.trim_end())]);
    assert_eq!(addresses(&read), ["t_x.good"]);
    assert!(read.troubles.is_empty(), "{:?}", read.troubles);
}

#[test]
fn bad_json_is_named_with_its_line() {
    let read = read(&[("main.tf", GOOD), ("more.tf.json", "{\n  \"resource\": {\n    oops\n}}\n")]);
    assert_eq!(addresses(&read), ["t_x.good"]);
    assert_eq!(read.troubles[0].line, 3);
}
