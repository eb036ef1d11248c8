//! `partywall_fuzz::cidr_text` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::cidr_text(bytes));
