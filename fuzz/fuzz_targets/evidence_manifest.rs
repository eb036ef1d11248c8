//! `partywall_fuzz::evidence_manifest` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::evidence_manifest(bytes));
