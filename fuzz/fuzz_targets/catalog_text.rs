//! `partywall_fuzz::catalog_text` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::catalog_text(bytes));
