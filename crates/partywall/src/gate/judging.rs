//! One configuration, judged by the checks of what runs.
//!
//! Each configuration is an estate of its own: addresses are unique in it alone. What it declares of a network is taken
//! for the whole network; of everything else nobody knows whether there is more than this code shows.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use partywall_checks::{Context, judge_asset};
use partywall_content::{Check, Content, Settings};
use partywall_iac::{Declaration, RUN_TIME};
use partywall_model::{
    EstateBuilder, EvidenceRecord, Finding, Kind, Listing, ListingOutcome, Problem, Provider, Region, Source,
    Verdict, Why, WhyKind,
};

use crate::filter::Filter;

/// The kinds of which a configuration that declares a network declares all.
const OF_NETWORKS: [&str; 4] =
    ["AWS::EC2::InternetGateway", "AWS::EC2::NetworkAcl", "AWS::EC2::RouteTable", "AWS::EC2::Subnet"];
/// What surrounds a configuration: of it only what the code itself sets is judged.
const SURROUNDINGS: [&str; 2] = ["AWS::::Account", "AWS::::Region"];

/// By what a configuration is judged.
#[derive(Debug)]
pub(super) struct Judging<'a> {
    content: &'a Content,
    settings: &'a Settings,
    now: Timestamp,
    /// The checks that run.
    by_kind: HashMap<&'a Kind, Vec<&'a Check>>,
}

/// What came out of one configuration.
#[derive(Debug, Default)]
pub(super) struct Judged<'a, 'd> {
    /// Failures and open decisions, each with the declaration that it is about.
    pub(super) told: Vec<(Finding, &'d Declaration, &'a Check)>,
    pub(super) pass: usize,
    pub(super) not_applicable: usize,
    /// Verdicts that need what is not in the code.
    pub(super) beyond: usize,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Judging<'a> {
    pub(super) fn new(content: &'a Content, settings: &'a Settings, filter: &Filter, now: Timestamp) -> Self {
        let mut by_kind: HashMap<&Kind, Vec<&Check>> = HashMap::new();
        for check in content.checks.iter().filter(|check| filter.runs(&check.id)) {
            for kind in &check.kinds {
                by_kind.entry(kind).or_default().push(check);
            }
        }
        Self { content, settings, now, by_kind }
    }

    /// The checks that run on a kind.
    pub(super) fn checks(&self, kind: &Kind) -> impl Iterator<Item = &'a Check> {
        self.by_kind.get(kind).into_iter().flatten().copied()
    }

    /// Judges a configuration; `see` is told of every verdict, with the place of its declaration.
    pub(super) fn configuration<'d>(
        &self,
        declared: &'d [Declaration],
        mut see: impl FnMut(usize, &Finding, &'a Check),
    ) -> Judged<'a, 'd> {
        let mut builder = EstateBuilder::default();
        let regions: BTreeSet<Region> =
            declared.iter().filter_map(|declaration| declaration.asset.region.clone()).collect();
        for declaration in declared {
            builder.add(EvidenceRecord::Asset(Box::new(declaration.asset.clone())));
            if let Some(account) = &declaration.asset.account {
                for region in &regions {
                    for kind in OF_NETWORKS {
                        builder.add(EvidenceRecord::Listing(Listing {
                            provider: Provider::Aws,
                            account: account.clone(),
                            region: region.clone(),
                            kind: kind.into(),
                            operation: "code".into(),
                            at: self.now,
                            seen: 0,
                            outcome: ListingOutcome::Complete,
                        }));
                    }
                }
            }
        }
        let estate = builder.finish(|_| None);
        let context = Context::new(&estate, self.settings, &self.content.lifecycle, self.now);
        let mut judged = Judged::default();
        for (at, declaration) in declared.iter().enumerate() {
            let Some(asset) = estate.asset(declaration.asset.id.as_str()) else { continue };
            let is_around = SURROUNDINGS.contains(&asset.kind.as_str());
            for check in self.checks(&asset.kind) {
                match judge_asset(&context, asset, check) {
                    Ok(finding) if is_around && !is_written_failure(&finding) => {}
                    Ok(finding) => {
                        see(at, &finding, check);
                        judged.take(finding, declaration, check);
                    }
                    Err(problem) => judged.problems.push(problem),
                }
            }
        }
        judged
    }
}

impl<'a, 'd> Judged<'a, 'd> {
    fn take(&mut self, finding: Finding, declaration: &'d Declaration, check: &'a Check) {
        match &finding.verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::NotApplicable | Verdict::Manual => self.not_applicable += 1,
            Verdict::Unknown(reasons) if is_beyond_code(reasons) => self.beyond += 1,
            Verdict::Fail | Verdict::Unknown(_) => self.told.push((finding, declaration, check)),
        }
    }
}

/// Whether it is a failure of what stands in the code; what stands nowhere has no bytes.
fn is_written_failure(finding: &Finding) -> bool {
    finding.verdict == Verdict::Fail
        && finding
            .location
            .iter()
            .any(|location| matches!(&location.source, Some(Source::Code { span, .. }) if !span.is_empty()))
}

/// Whether no code could decide it: it exists only at run time, or among resources that are not declared here.
fn is_beyond_code(reasons: &[Arc<Why>]) -> bool {
    reasons.iter().any(|why| &*why.operation == RUN_TIME)
        || (!reasons.is_empty() && reasons.iter().all(|why| why.kind == WhyKind::NotRead))
}
