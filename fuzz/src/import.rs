//! Findings of other scanners.

use partywall::import::prowler;

/// Prowler's OCSF or CSV: what is read stands in the text, and a mistake is said in words.
pub fn foreign_findings(bytes: &[u8]) {
    let mut count = 0;
    let read = prowler::read_from(bytes, jiff::Timestamp::MAX, &mut |finding| {
        count += 1;
        assert!(finding.check.len() <= bytes.len(), "a check id longer than the file");
    });
    // The shortest row of a table is a separator and its line break.
    assert!(count <= bytes.len(), "more findings than there is room for");
    if let Err(message) = read {
        assert!(!message.is_empty(), "refused without a word");
    }
}
