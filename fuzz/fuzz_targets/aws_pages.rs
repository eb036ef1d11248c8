//! `partywall_fuzz::aws_pages` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::aws_pages(bytes));
