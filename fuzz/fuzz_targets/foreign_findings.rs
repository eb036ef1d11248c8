//! `partywall_fuzz::foreign_findings` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::foreign_findings(bytes));
