//! `partywall_fuzz::policy_document` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::policy_document(bytes));
