//! Any text at all: reading ends, does not panic, and gives the same result twice.

use partywall_iac::Tree;
use partywall_iac::terraform::{StandardTypes, configurations};
use proptest::prelude::*;

const PIECES: &[&str] = &[
    "resource \"t_x\" \"it\" {\n",
    "}\n",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "${",
    "%{",
    "<<EOT\n",
    "EOT\n",
    "\n",
    " = ",
    "var.a",
    "local.b",
    "count",
    "for_each",
    "for k, v in ",
    " : ",
    " => ",
    "?",
    "...",
    "[*]",
    ".*",
    "&&",
    "!",
    "# c\n",
    "/*",
    "*/",
    "1",
    "\"x\"",
    "null",
    "dynamic \"d\" {\n",
    "content {\n",
    "locals {\n",
    "variable \"a\" {}\n",
    "jsonencode(",
    "merge(",
    "try(",
    ",",
    "é",
    "\\u00",
    "%{ if ",
    "%{ endif }",
    "~}",
    "\u{f5a0}0\u{f5a1}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_pieces_ends_with_the_same_answer(order in prop::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = order.iter().map(|at| PIECES[*at]).collect();
        let read = || configurations(&Tree::of([("main.tf", text.as_bytes().to_vec())]), &[], &StandardTypes);
        let (first, second) = (read(), read());
        prop_assert_eq!(&first.troubles, &second.troubles);
        prop_assert!(!first.troubles.iter().any(|trouble| trouble.what.contains("internal error")));
        prop_assert_eq!(format!("{:?}", first.configurations), format!("{:?}", second.configurations));
    }

    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let read = configurations(&Tree::of([("main.tf", bytes.clone()), ("x.tf.json", bytes)]), &[], &StandardTypes);
        prop_assert!(!read.troubles.iter().any(|trouble| trouble.what.contains("internal error")));
    }
}
