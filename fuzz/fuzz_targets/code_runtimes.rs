//! `partywall_fuzz::code_runtimes` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::code_runtimes(bytes));
