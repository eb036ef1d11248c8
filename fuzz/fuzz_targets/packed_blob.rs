//! `partywall_fuzz::packed_blob` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::packed_blob(bytes));
