//! Texts that are made to keep a scanner busy.

use crate::{content, scanner};

#[test]
fn a_text_of_nothing_but_keywords_ends_in_a_bounded_effort() {
    let loaded = content();
    let scanner = scanner(loaded);
    let mut words: Vec<&str> = Vec::new();
    for rule in &loaded.content.secrets.rules {
        words.extend(rule.keywords.iter().map(|keyword| &**keyword));
    }
    let line = words.join(" ");
    let text = line.repeat((1 << 20) / line.len());
    let scan = scanner.scan("a.txt", text.as_bytes());
    assert!(scan.gave_up.is_some() || scan.found.len() < 10_000);
}

#[test]
fn any_bytes_are_scanned_and_every_span_lies_in_them() {
    let loaded = content();
    let scanner = scanner(loaded);
    proptest::proptest!(proptest::test_runner::Config::with_cases(64), |(bytes: Vec<u8>, at in 0_usize..400)| {
        let mut text = crate::example(loaded, "json-web-token").into_bytes();
        let at = at.min(text.len());
        text.splice(at..at, bytes);
        for found in scanner.scan("a.yaml", &text).found {
            proptest::prop_assert!(found.span.start < found.span.end && found.span.end <= text.len());
        }
    });
}
