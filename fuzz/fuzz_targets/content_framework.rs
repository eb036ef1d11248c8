//! `partywall_fuzz::content_framework` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::content_framework(bytes));
