//! `partywall_fuzz::shown_text` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::shown_text(bytes));
