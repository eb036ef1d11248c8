//! `partywall_fuzz::iac_plan` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::iac_plan(bytes));
