//! The waivers of the settings, and what became of them.

use jiff::civil::Date;
use partywall_ssrm::status::{WaiverState, WaiverUse};
use serde::Serialize;

/// A waiver, in the order of the settings.
#[derive(Debug, Serialize)]
pub(crate) struct WaiverEntry<'a> {
    pub(crate) check: &'a str,
    pub(crate) asset: Option<&'a str>,
    pub(crate) fingerprint: Option<String>,
    pub(crate) reason: &'a str,
    pub(crate) owner: &'a str,
    pub(crate) until: Date,
    /// `in-force`, `lapsed` or `unused`.
    pub(crate) state: &'static str,
    /// How many failures it covers, or would cover had it not lapsed.
    pub(crate) failures: usize,
}

impl<'a> WaiverEntry<'a> {
    pub(super) fn of(used: &'a WaiverUse) -> Self {
        let (state, failures) = match used.state {
            WaiverState::InForce(count) => ("in-force", count),
            WaiverState::Lapsed(count) => ("lapsed", count),
            WaiverState::Unused => ("unused", 0),
        };
        let waiver = &used.waiver;
        Self {
            check: waiver.check.as_str(),
            asset: waiver.asset.as_deref(),
            fingerprint: waiver.fingerprint.map(|fingerprint| fingerprint.to_string()),
            reason: &waiver.reason,
            owner: &waiver.owner,
            until: waiver.until,
            state,
            failures,
        }
    }
}
