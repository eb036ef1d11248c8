//! `partywall_fuzz::aws_redaction` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::aws_redaction(bytes));
