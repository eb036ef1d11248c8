//! `partywall_fuzz::package_files` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::package_files(bytes));
