//! `partywall_fuzz::iac_mend` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::iac_mend(bytes));
