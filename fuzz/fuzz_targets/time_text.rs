//! `partywall_fuzz::time_text` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::time_text(bytes));
