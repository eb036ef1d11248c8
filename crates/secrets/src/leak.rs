//! What leaves this crate of a secret that was found: everything but the secret.

use std::ops::Range;

use partywall_content::SecretRule;
use partywall_model::{
    AssetId, CheckId, Confidence, ControlId, Finding, Fingerprint, KillChainStage, Location, Severity,
    Source, Verdict,
};
use sha2::{Digest, Sha256};

use crate::allowance::Acceptance;

/// One secret, wherever it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Leak {
    /// The rule that found it.
    pub rule: Box<str>,
    /// What it is.
    pub title: Box<str>,
    /// How bad.
    pub severity: Severity,
    /// How sure: high where a checksum or a structure was right, or a documented prefix.
    pub confidence: Confidence,
    /// The control that it falls under.
    pub control: ControlId,
    /// The stage of the kill chain that it serves.
    pub stage: KillChainStage,
    /// At most four characters of a documented prefix.
    pub preview: Box<str>,
    /// What may be told beside it: the account of an AWS key id.
    pub note: Option<Box<str>>,
    /// One-way: a hash of rule and secret. The same secret has the same one everywhere.
    pub fingerprint: Fingerprint,
    /// Where it stands, in the order of path and line; never empty.
    pub places: Vec<Place>,
}

/// Where a secret stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was reached from what the user named.
    pub path: Box<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Bytes of the file.
    pub span: Range<u64>,
    /// The commit that brought it in; none in a working tree.
    pub commit: Option<Commit>,
    /// Known and accepted here, today or once.
    pub acceptance: Option<Acceptance>,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id; none where it was not found, as in a part of the history that was cut off.
    pub id: Option<Box<str>>,
    /// Its day.
    pub day: Option<Box<str>>,
    /// The object that holds the text.
    pub object: Box<str>,
}

impl Leak {
    /// Whether some place is not accepted.
    pub fn is_open(&self, today: jiff::civil::Date) -> bool {
        self.places.iter().any(|place| place.acceptance.as_ref().is_none_or(|said| !said.holds(today)))
    }

    /// The same in the words of every other sensor. The file is the asset that carries the cause; other files with the
    /// same secret are affected.
    pub fn finding(&self) -> Finding {
        let asset = |place: &Place| AssetId::from(format!("file:{}", place.path).as_str());
        let mut assets: Vec<AssetId> = self.places.iter().map(asset).collect();
        assets.dedup();
        let cause = assets.first().cloned().unwrap_or_else(|| AssetId::from("file:"));
        let span = |place: &Place| {
            let end = |offset: u64| u32::try_from(offset).unwrap_or(u32::MAX);
            Source::Code { file: place.path.clone(), span: end(place.span.start)..end(place.span.end) }
        };
        let locate = |place: &Place| Location { path: "".into(), source: Some(span(place)) };
        let first = self.places.first();
        let at = first.map(|place| format!("line {}, column {}", place.line, place.column));
        Finding {
            check: CheckId::from(&*self.rule),
            control: self.control.clone(),
            asset: cause,
            verdict: Verdict::Fail,
            severity: self.severity,
            confidence: self.confidence,
            stage: self.stage,
            summary: format!("{} in {}", self.title, at.unwrap_or_default()).into(),
            evidence: self.note.iter().cloned().chain([self.preview.clone()]).collect(),
            affected: assets.into_iter().skip(1).collect(),
            location: self.places.iter().map(locate).collect(),
            fingerprint: self.fingerprint,
            third_party: None,
        }
    }
}

/// The one-way identity of a secret. Whoever holds the fingerprint can try guesses, and with a real token needs 2^100 of
/// them; a password that is easy to guess is no safer for it, and no worse than it was.
pub(crate) fn fingerprint(rule: &SecretRule, secret: &[u8]) -> Fingerprint {
    let mut hash = Sha256::new();
    hash.update(b"partywall/secret/1\0");
    for part in [rule.id.as_bytes(), secret] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.finalize().iter()).for_each(|(byte, hashed)| *byte = *hashed);
    Fingerprint(bytes)
}
