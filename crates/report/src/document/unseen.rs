//! What could not be seen, and what hangs on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use partywall_model::{AccountId, Holder, ListingOutcome, Region, Verdict, Why, WhyKind};
use partywall_ssrm::Line;
use partywall_ssrm::score::State;
use serde::Serialize;

use crate::assessment::{Assessment, RunEnd};
use crate::filtered::Filtered;
use crate::rows::repeats;
use crate::words::counted;

/// An operation that did not bring what was asked, in one account and region.
#[derive(Debug, Serialize)]
pub(crate) struct UnknownRead<'a> {
    pub(crate) operation: &'a str,
    pub(crate) code: &'a str,
    pub(crate) kind: WhyKind,
    /// What came back with the first of them.
    pub(crate) message: &'a str,
    pub(crate) account: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    /// Calls that failed for good; 0 where none was made.
    pub(crate) count: u64,
    /// Verdicts that hang on it.
    pub(crate) findings: usize,
    /// Lines whose holder hangs on it.
    pub(crate) lines: usize,
    /// Kinds of which not all assets were listed because of it.
    pub(crate) lists: BTreeSet<&'a str>,
}

type Key<'a> = (&'a str, &'a str, WhyKind, Option<&'a str>, Option<&'a str>);

#[derive(Default)]
struct Reads<'a>(BTreeMap<Key<'a>, UnknownRead<'a>>);

impl<'a> Reads<'a> {
    fn of(
        &mut self,
        why: &'a Why,
        account: Option<&'a AccountId>,
        region: Option<&'a Region>,
    ) -> &mut UnknownRead<'a> {
        let account = account.map(|account| account.as_str());
        let region = region.map(|region| region.as_str());
        let key = (&*why.operation, &*why.code, why.kind, account, region);
        let read = self.0.entry(key).or_insert_with(|| UnknownRead {
            operation: &why.operation,
            code: &why.code,
            kind: why.kind,
            message: "",
            account,
            region,
            count: 0,
            findings: 0,
            lines: 0,
            lists: BTreeSet::new(),
        });
        if read.message.is_empty() {
            read.message = &why.message;
        }
        read
    }
}

/// All of them; what most verdicts hang on comes first.
pub(super) fn unknown_reads<'a>(assessment: &Assessment<'a>) -> Vec<UnknownRead<'a>> {
    let mut reads = Reads::default();
    for tally in &assessment.header.tallies {
        for (why, calls) in &tally.failed {
            let read = reads.of(why, Some(&tally.account), Some(&tally.region));
            read.count = read.count.saturating_add(*calls);
        }
    }
    for listing in assessment.estate().listings() {
        // The regions that were left out knowingly are named as such.
        if let ListingOutcome::Incomplete(why) = &listing.outcome
            && &*why.code != Why::LEFT_OUT
        {
            let read = reads.of(why, Some(&listing.account), Some(&listing.region));
            read.lists.insert(listing.kind.as_str());
        }
    }
    for finding in assessment.findings() {
        let Verdict::Unknown(reasons) = &finding.verdict else { continue };
        let asset = assessment.estate().asset(finding.asset.as_str());
        for why in reasons {
            let account = asset.and_then(|asset| asset.account.as_ref());
            let region = asset.and_then(|asset| asset.region.as_ref());
            reads.of(why, account, region).findings += 1;
        }
    }
    for (asset, set) in assessment.estate().assets().iter().zip(&assessment.status.lines) {
        // A need without a property is a rule that nobody wrote, not a read that failed.
        let needs = set.iter().flat_map(|line| &line.needs);
        for need in needs.filter(|need| !need.property.is_empty()) {
            reads.of(&need.why, asset.account.as_ref(), asset.region.as_ref()).lines += 1;
        }
    }
    let mut reads: Vec<UnknownRead<'a>> = reads.0.into_values().collect();
    reads.sort_by_key(|read| std::cmp::Reverse((read.findings, read.lists.len(), read.lines)));
    reads
}

/// Whether something was not seen that the assessment is about.
#[derive(Debug, Serialize)]
pub(crate) struct Incomplete {
    pub(crate) is: bool,
    pub(crate) reasons: Vec<String>,
}

impl Incomplete {
    /// The reasons in one line; none where there are none.
    pub(crate) fn told(&self) -> Option<String> {
        self.is.then(|| self.reasons.join("; "))
    }

    pub(super) fn of(
        assessment: &Assessment<'_>,
        reads: &[UnknownRead<'_>],
        filtered: Option<&Filtered>,
    ) -> Self {
        let Hanging { verdicts, unknown, stale } = Hanging::of(assessment, filtered);
        let lists = assessment.estate().assets().iter().filter(|asset| !asset.population.is_seen()).count();
        let failed = reads.iter().filter(|read| read.count > 0 && read.kind != WhyKind::Unsupported);
        let operations: BTreeSet<&str> = failed.map(|read| read.operation).collect();
        let skipped = assessment.header.regions_not_scanned.iter().filter(|region| {
            matches!(
                region.why.kind,
                WhyKind::Refused | WhyKind::Throttled | WhyKind::Failed | WhyKind::Malformed
            )
        });
        let skipped = skipped.count();
        let problems = assessment.problems().count();
        let unanswered = kinds_without_rules(assessment);
        let interrupted = assessment.header.end == RunEnd::Interrupted;
        let mut reasons = Vec::new();
        let mut because = |holds: bool, reason: String| {
            if holds {
                reasons.push(reason);
            }
        };
        because(interrupted, "the collection was cut short".to_owned());
        because(lists > 0, format!("{} of assets could not be read", counted(lists, "list")));
        because(unknown > 0, format!("{} on something that was not seen", hang(unknown, verdicts)));
        because(
            stale > 0,
            format!(
                "{} on evidence that is too old to count",
                if stale == 1 {
                    "1 verdict rests".to_owned()
                } else {
                    format!("{} rest", counted(stale, "verdict"))
                }
            ),
        );
        because(
            !operations.is_empty(),
            format!("{} refused or failed: {}", were(operations.len()), few(&operations)),
        );
        because(
            !unanswered.is_empty(),
            format!(
                "no rule says who holds what for {}: {}",
                counted(unanswered.len(), "kind"),
                few(&unanswered)
            ),
        );
        because(skipped > 0, format!("{} could not be read", counted(skipped, "region")));
        because(problems > 0, format!("{} on our side", counted(problems, "problem")));
        Self { is: !reasons.is_empty(), reasons }
    }
}

/// How many verdicts were given, listed or not, and how many of them say nothing.
struct Hanging {
    verdicts: usize,
    unknown: usize,
    stale: usize,
}

impl Hanging {
    fn of(assessment: &Assessment<'_>, filtered: Option<&Filtered>) -> Self {
        let listed = assessment.findings();
        let counts = || listed.iter().filter(|finding| repeats(finding).is_none());
        let unknown = counts().filter(|finding| matches!(finding.verdict, Verdict::Unknown(_))).count();
        // Behind those that are listed stand those that were given and are not; what the user asked nobody to
        // look at stands behind them.
        let not_listed = filtered.map_or(0, |filtered| filtered.verdicts_not_listed);
        let given = listed.len() + not_listed;
        let measures = assessment.status.controls.iter().flat_map(|control| {
            control
                .input
                .assets
                .iter()
                .zip(&control.findings)
                .flat_map(|(asset, at)| asset.measures.iter().zip(at))
        });
        let mut hanging = Self { verdicts: counts().count() + not_listed, unknown, stale: 0 };
        for (measure, at) in measures.filter(|(_, at)| **at < given) {
            hanging.unknown += usize::from(measure.state == State::Unknown && *at >= listed.len());
            hanging.stale += usize::from(measure.state == State::Stale);
        }
        hanging
    }
}

/// The kinds in the evidence for which no service file answers: nothing is known of their holders, and mostly
/// no check looks at them either.
fn kinds_without_rules<'a>(assessment: &Assessment<'a>) -> BTreeSet<&'a str> {
    let assets = assessment.estate().assets().iter().zip(&assessment.status.lines);
    let is_open = |line: &Arc<Line>| line.holder == Holder::Unknown && line.rule.is_empty();
    assets.filter(|(_, set)| set.iter().any(is_open)).map(|(asset, _)| asset.kind.as_str()).collect()
}

fn hang(unknown: usize, all: usize) -> String {
    format!("{unknown} of {} {}", counted(all, "verdict"), if unknown == 1 { "hangs" } else { "hang" })
}

fn were(operations: usize) -> String {
    format!("{} {}", counted(operations, "operation"), if operations == 1 { "was" } else { "were" })
}

/// The first few names, and how many more there are.
fn few(names: &BTreeSet<&str>) -> String {
    const SHOWN: usize = 5;
    let first: Vec<&str> = names.iter().take(SHOWN).copied().collect();
    match names.len().saturating_sub(SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
