//! What a check says of an asset.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::asset::Source;
use crate::ids::{AssetId, CheckId, ControlId};
use crate::responsibility::KillChainStage;
use crate::why::Why;

/// The outcome of one check on one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Looked at, and good.
    Pass,
    /// Looked at, and not good.
    Fail,
    /// Not seen, and why: every reason that the verdict hangs on.
    Unknown(Vec<Arc<Why>>),
    /// The check has nothing to say about this asset.
    NotApplicable,
    /// Only a person can say.
    Manual,
}

impl Verdict {
    /// The verdict's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown(_) => "unknown",
            Self::NotApplicable => "not-applicable",
            Self::Manual => "manual",
        }
    }
}

/// How bad a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; weight 0.
    Info,
    /// Weight 1.
    Low,
    /// Weight 2.
    Medium,
    /// Weight 4.
    High,
    /// Weight 8.
    Critical,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// Its weight in the score.
    pub fn weight(self) -> f64 {
        match self {
            Self::Critical => 8.0,
            Self::High => 4.0,
            Self::Medium => 2.0,
            Self::Low => 1.0,
            Self::Info => 0.0,
        }
    }

    /// The severity's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How sure a check is when it fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// A hint.
    Low,
    /// Usually right.
    Medium,
    /// The effect itself was established.
    #[default]
    High,
}

/// One check's outcome on one asset, with what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The check.
    pub check: CheckId,
    /// The control that it serves.
    pub control: ControlId,
    /// The asset that carries the cause.
    pub asset: AssetId,
    /// The outcome.
    pub verdict: Verdict,
    /// How bad a failure would be.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The kill-chain stage that the gap serves.
    pub stage: KillChainStage,
    /// One sentence about this asset.
    pub summary: Box<str>,
    /// What was established on the way: values read, statements and rules that decided.
    pub evidence: Vec<Box<str>>,
    /// Other assets that suffer from the same cause.
    pub affected: Vec<AssetId>,
    /// Where the deciding values were seen.
    pub location: Vec<Location>,
    /// Stable across runs.
    pub fingerprint: Fingerprint,
    /// Who else said so; none where it is a verdict of our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub third_party: Option<Box<ThirdParty>>,
}

/// Where a finding comes from that is not ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThirdParty {
    /// The tool and its version.
    pub tool: Box<str>,
    /// What it calls the check.
    pub title: Box<str>,
    /// The check of ours that gave its own verdict here. Such a finding is shown and counted once, as ours.
    pub repeats: Option<CheckId>,
    /// Somebody hid it there. That is no waiver: it has neither owner nor end.
    pub muted: bool,
    /// When it was said; none where it has no time, which is as good as too long ago.
    pub at: Option<Timestamp>,
}

/// A property path and where its value was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Dotted path into the asset's properties.
    pub path: Box<str>,
    /// Where it was seen; none where nothing was noted.
    pub source: Option<Source>,
}

/// A finding's identity across runs: a hash of check, kind, account, region and primary identifier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 16]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no fingerprint: 32 hexadecimal digits are expected");
        // Not left to the number parser: that one takes a sign too.
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| bad())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Something that went wrong on our side or in the input; it is counted and shown, and hides nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[error("{subject}: {message}")]
pub struct Problem {
    /// What it is about: a file, a check, an asset.
    pub subject: Box<str>,
    /// What happened and what to do next, lower-case, user input in backticks.
    pub message: Box<str>,
}

impl Problem {
    /// A problem about a subject.
    pub fn new(subject: impl Into<Box<str>>, message: impl Into<Box<str>>) -> Self {
        Self { subject: subject.into(), message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_survives_its_text() {
        let fingerprint = Fingerprint(*b"0123456789abcdef");
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        for bad in ["xyz", "+1+2+3+4+5+6+7+8+9+a+b+c+d+e+f+0"] {
            assert!(bad.parse::<Fingerprint>().is_err(), "{bad}");
        }
    }
}
