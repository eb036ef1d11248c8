//! `partywall_fuzz::check_judgement` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::check_judgement(bytes));
