//! `partywall_fuzz::secret_scan` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| partywall_fuzz::secret_scan(bytes));
