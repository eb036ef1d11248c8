//! `partywall_fuzz::tls_name` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::tls_name(bytes));
