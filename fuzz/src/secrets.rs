//! The scanner for secrets.

use std::sync::OnceLock;

use partywall_secrets::Scanner;

/// Any text: what is found lies in it, in order and apart; the same text has the same finds; nothing of a find tells
/// more of the secret than four letters of a documented prefix.
pub fn secret_scan(bytes: &[u8]) {
    static SCANNER: OnceLock<Scanner> = OnceLock::new();
    let scanner = SCANNER.get_or_init(|| {
        let content = partywall::built_in().expect("the built-in content unpacks");
        Scanner::new(&content.secrets).expect("the built-in rules make a scanner")
    });
    for path in ["a.py", "settings/.env", "tests/a.yaml"] {
        let scan = scanner.scan(path, bytes);
        let mut end = 0;
        for found in &scan.found {
            assert!(end <= found.span.start && found.span.start < found.span.end, "{found:?} overlaps");
            assert!(found.span.end <= bytes.len(), "{found:?} lies outside");
            end = found.span.end;
            let rule = scanner.rule(found.rule).expect("a find has a rule");
            let shown = found.preview.chars().take_while(|letter| *letter != '…').count();
            assert!(found.preview.starts_with('(') || shown <= 4, "{} shows too much", rule.id);
        }
        assert_eq!(scan.found, scanner.scan(path, bytes).found, "not the same twice");
    }
}
