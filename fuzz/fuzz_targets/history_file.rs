//! `partywall_fuzz::history_file` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::history_file(bytes));
