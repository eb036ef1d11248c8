//! `partywall_fuzz::aws_reply` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::aws_reply(bytes));
