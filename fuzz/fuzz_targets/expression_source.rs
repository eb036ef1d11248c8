//! `partywall_fuzz::expression_source` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::expression_source(bytes));
