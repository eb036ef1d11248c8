//! `partywall_fuzz::node_json` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::node_json(bytes));
