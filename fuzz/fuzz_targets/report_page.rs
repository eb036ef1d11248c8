//! `partywall_fuzz::report_page` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::report_page(bytes));
