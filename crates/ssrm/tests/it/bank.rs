//! A small estate for the tests of status and fixes, and findings on it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use partywall_content::Settings;
use partywall_model::{
    Asset, Confidence, ControlId, Estate, EstateBuilder, EvidenceRecord, Finding, Fingerprint,
    KillChainStage, Listing, ListingOutcome, Node, OperationName, Provider, Source, Verdict, Why,
};
use partywall_ssrm::score::{ControlScore, Exposure, OldestFix};
use partywall_ssrm::status::{Assessment, Assurance, ControlStatus, History, Status};

use crate::content;

pub(crate) const PRODUCTION: &str = "111122223333";
pub(crate) const DEVELOPMENT: &str = "444455556666";

/// An estate under construction, with what is found on it.
#[derive(Default)]
pub(crate) struct Bank {
    records: Vec<EvidenceRecord>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) settings: Settings,
    pub(crate) exposed: HashMap<&'static str, Exposure>,
    pub(crate) open_since: HashMap<Fingerprint, Timestamp>,
    pub(crate) days_at_level_3: u32,
    pub(crate) assurances: Vec<Assurance>,
    last_known: Option<u64>,
}

/// The result together with what it speaks of.
pub(crate) struct Assessed {
    pub(crate) estate: Estate,
    pub(crate) status: Status,
}

pub(crate) fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn asset(kind: &str, id: &str, account: &str) -> Asset {
    let mut asset = Asset::new(Provider::Aws, kind, id);
    asset.account = Some(account.into());
    asset.region = Some("eu-west-1".into());
    asset.identifier = Some(id.into());
    let operation = OperationName::from("test:Read");
    asset.provenance.add("", Source::Call { operation, at: "2026-10-30T00:00:00Z".parse().unwrap() });
    asset
}

pub(crate) fn fail() -> Verdict {
    Verdict::Fail
}

pub(crate) fn unknown() -> Verdict {
    Verdict::Unknown(vec![Arc::new(Why::parse_short("test:Read AccessDenied"))])
}

impl Bank {
    pub(crate) fn with(mut self, asset: Asset) -> Self {
        self.records.push(EvidenceRecord::Asset(Box::new(asset)));
        self
    }

    pub(crate) fn users(
        mut self,
        account: &str,
        ids: impl IntoIterator<Item = String>,
        verdict: &Verdict,
    ) -> Self {
        for id in ids {
            self = self.with(asset("AWS::IAM::User", &id, account));
            self.find("user-without-factor", &id, verdict.clone());
        }
        self
    }

    pub(crate) fn find(&mut self, check: &str, asset: &str, verdict: Verdict) -> Fingerprint {
        let check = content().check(check).unwrap();
        let mut fingerprint = [0; 16];
        let number = u128::try_from(self.findings.len()).unwrap() + 1;
        fingerprint.copy_from_slice(&number.to_be_bytes());
        let finding = Finding {
            check: check.id.clone(),
            control: check.control.clone(),
            asset: asset.into(),
            verdict,
            severity: check.severity,
            confidence: Confidence::High,
            stage: KillChainStage::DiscoverAndSpread,
            summary: "".into(),
            evidence: Vec::new(),
            affected: Vec::new(),
            location: Vec::new(),
            fingerprint: Fingerprint(fingerprint),
            third_party: None,
        };
        self.findings.push(finding);
        Fingerprint(fingerprint)
    }

    /// The bank as it looks where a list brought nothing.
    pub(crate) fn without(mut self, kind: &str, account: &str) -> Self {
        let mut gone = Vec::new();
        self.records.retain(|record| match record {
            EvidenceRecord::Asset(asset) if asset.kind == *kind && asset.account == Some(account.into()) => {
                gone.push(asset.id.clone());
                false
            }
            _ => true,
        });
        self.findings.retain(|finding| !gone.contains(&finding.asset));
        self
    }

    pub(crate) fn refused_list(mut self, kind: &str, account: &str, last_known: Option<u64>) -> Self {
        self.last_known = last_known;
        self.records.push(EvidenceRecord::Listing(Listing {
            provider: Provider::Aws,
            account: account.into(),
            region: "eu-west-1".into(),
            kind: kind.into(),
            operation: "test:List".into(),
            at: now(),
            seen: 0,
            outcome: ListingOutcome::Incomplete(Why::parse_short("test:List AccessDenied")),
        }));
        self
    }

    pub(crate) fn listing(mut self, listing: Listing) -> Self {
        self.records.push(EvidenceRecord::Listing(listing));
        self
    }

    pub(crate) fn settings(mut self, text: &str) -> Self {
        self.settings = crate::settings(text);
        self
    }

    pub(crate) fn estate(&self) -> Estate {
        let mut builder = EstateBuilder::default();
        self.records.iter().cloned().for_each(|record| builder.add(record));
        builder.finish(|_| self.last_known)
    }

    pub(crate) fn assess(&self) -> Assessed {
        let estate = self.estate();
        let status = self.with_assessment(&estate, Status::of);
        Assessed { estate, status }
    }

    pub(crate) fn with_assessment<T>(&self, estate: &Estate, then: impl FnOnce(&Assessment<'_>) -> T) -> T {
        let exposure = |asset: &Asset| self.exposed.get(asset.id.as_str()).copied().unwrap_or_default();
        then(&Assessment {
            content: content(),
            settings: &self.settings,
            estate,
            findings: &self.findings,
            exposure: &exposure,
            history: self,
            assurances: &self.assurances,
            now: now(),
        })
    }
}

impl History for Bank {
    fn open_since(&self, finding: &Fingerprint) -> Option<Timestamp> {
        self.open_since.get(finding).copied()
    }

    fn days_at_level_3(&self, _: &ControlId) -> u32 {
        self.days_at_level_3
    }

    fn oldest_fix(&self, _: &ControlId) -> OldestFix {
        OldestFix::Days(400)
    }
}

impl Assessed {
    pub(crate) fn control(&self, id: &str) -> (&ControlStatus, &ControlScore) {
        self.status.control(&id.into()).unwrap()
    }

    pub(crate) fn position(&self, id: &str) -> usize {
        self.estate.position(id).unwrap()
    }
}

/// An asset whose tags could not be read.
pub(crate) fn untagged(mut asset: Asset) -> Asset {
    asset.properties.insert_at("Tags", Node::unknown(Why::parse_short("test:ListTags AccessDenied")));
    asset
}
