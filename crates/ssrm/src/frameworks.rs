//! Frameworks: what an assessment says of each requirement of a standard.
//!
//! A requirement's evidence is the verdicts of the checks that name it; its controls say whose line it is.
//! The rules are the score's own, so that a requirement cannot look better than the control behind it: only
//! what is in scope counts, a stale or unanswered verdict is not seen, a pass where the holder is unknown is
//! not seen, and an accepted failure stays a failure.
//!
//! **Invariant.** Nothing is *met* or *partly* met while anything that its checks are about was not seen, and
//! nothing without a denominator.

use std::collections::{BTreeSet, HashMap, HashSet};

use partywall_content::{Check, Framework, Requirement, Strength};
use partywall_model::{AccountId, CheckId, ControlId, Kind, Scope};

use crate::score::{ControlScore, Held, Measure, Population, State, StateCounts};
use crate::status::{Assessment, ControlStatus, HolderCounts, Inherited, Status};

/// What an assessment says of a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fulfilment {
    /// Something fails.
    NotMet,
    /// Nothing fails, and something was not seen.
    Unknown,
    /// All that the checks show of it holds, and they show a part.
    Partly,
    /// All of it was shown to hold.
    Met,
    /// No sensor looked, or there was nothing to look at.
    NoEvidence,
    /// It is the provider's on every asset.
    Inherited,
    /// Its controls mean nothing on any of the assets that its checks judge.
    NotApplicable,
}

impl Fulfilment {
    /// All, the worst first.
    pub const ALL: [Self; 7] = [
        Self::NotMet,
        Self::Unknown,
        Self::Partly,
        Self::Met,
        Self::NoEvidence,
        Self::Inherited,
        Self::NotApplicable,
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotMet => "not met",
            Self::Unknown => "unknown",
            Self::Partly => "partly",
            Self::Met => "met",
            Self::NoEvidence => "no evidence",
            Self::Inherited => "inherited",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// A framework over an estate.
#[derive(Clone, Debug)]
pub struct FrameworkStatus<'a> {
    /// The framework.
    pub framework: &'a Framework,
    /// Every requirement of it, in its order.
    pub requirements: Vec<RequirementStatus<'a>>,
}

/// A requirement over an estate, with what its verdict rests on.
#[derive(Clone, Debug)]
pub struct RequirementStatus<'a> {
    /// The requirement.
    pub requirement: &'a Requirement,
    /// What is said of it.
    pub fulfilment: Fulfilment,
    /// The checks that name it.
    pub checks: Vec<&'a Check>,
    /// How many of them had an asset to judge.
    pub checks_with_verdicts: usize,
    /// Verdicts of these checks on assets in scope.
    pub counts: StateCounts,
    /// Verdicts on assets where the customer has no part.
    pub out_of_scope: usize,
    /// Kinds that these checks judge and that nobody listed in some account.
    pub unlisted: Vec<Kind>,
    /// On so many assets it was not decided whose a control is.
    pub undecided: usize,
    /// The controls that serve it: those that the framework names, else those of the checks.
    pub controls: Vec<(&'a ControlStatus, &'a ControlScore)>,
    /// The provider's side of these controls, provider by provider: the least proven.
    pub inherited: Vec<Inherited>,
}

/// What one check has to say.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    counts: StateCounts,
    all: usize,
}

/// Everything that is counted once for all frameworks.
pub struct Frameworks<'a> {
    assessment: Assessment<'a>,
    status: &'a Status,
    tallies: HashMap<&'a CheckId, Tally>,
    unlisted: BTreeSet<&'a Kind>,
}

impl<'a> Frameworks<'a> {
    /// Counts the verdicts of every check. `assessment` is what `status` was made from, with all verdicts.
    pub fn new(assessment: &Assessment<'a>, status: &'a Status) -> Self {
        let mut tallies: HashMap<&CheckId, Tally> = HashMap::new();
        for finding in assessment.findings {
            tallies.entry(&finding.check).or_default().all += 1;
        }
        for control in &status.controls {
            for (input, found) in control.input.assets.iter().zip(&control.findings) {
                for (at, finding) in found.iter().enumerate() {
                    let Some(finding) = assessment.findings.get(*finding) else { continue };
                    let seen = input.population == Population::Seen && input.stake.held == Held::Customer;
                    let counts = &mut tallies.entry(&finding.check).or_default().counts;
                    count(counts, input.measures.get(at), seen);
                }
            }
        }
        let unlisted = unlisted(assessment);
        Self { assessment: *assessment, status, tallies, unlisted }
    }

    /// What the assessment says of a framework.
    pub fn of(&self, framework: &'a Framework) -> FrameworkStatus<'a> {
        let mut checks: HashMap<&str, Vec<&'a Check>> = HashMap::new();
        for check in &self.assessment.content.checks {
            for id in check.related.get(&framework.id).into_iter().flatten() {
                checks.entry(id).or_default().push(check);
            }
        }
        let requirements = framework.requirements.iter().map(|requirement| {
            self.requirement(requirement, checks.remove(&*requirement.id).unwrap_or_default())
        });
        FrameworkStatus { framework, requirements: requirements.collect() }
    }

    fn requirement(&self, requirement: &'a Requirement, checks: Vec<&'a Check>) -> RequirementStatus<'a> {
        let mut counts = StateCounts::default();
        let mut all = 0;
        for tally in checks.iter().filter_map(|check| self.tallies.get(&check.id)) {
            add(&mut counts, &tally.counts);
            all += tally.all;
        }
        let in_scope = counts.applicable() + counts.not_applicable;
        let kinds: BTreeSet<&Kind> = checks.iter().flat_map(|check| &check.kinds).collect();
        let unlisted: Vec<Kind> = kinds.intersection(&self.unlisted).map(|kind| (*kind).clone()).collect();
        let named: BTreeSet<&ControlId> = if requirement.controls.is_empty() {
            checks.iter().map(|check| &check.control).collect()
        } else {
            requirement.controls.iter().collect()
        };
        let controls: Vec<_> = named.into_iter().filter_map(|id| self.status.control(id)).collect();
        let lines: Vec<HolderCounts> = controls.iter().map(|(control, _)| control.holders).collect();
        let seen = Seen { strength: requirement.strength, counts, verdicts: all, unlisted: unlisted.len() };
        RequirementStatus {
            requirement,
            fulfilment: fulfilment(&seen, &lines),
            checks_with_verdicts: checks.iter().filter(|check| self.tallies.contains_key(&check.id)).count(),
            checks,
            counts,
            out_of_scope: all.saturating_sub(in_scope),
            unlisted,
            undecided: lines.iter().map(|line| line.unknown).max().unwrap_or(0),
            inherited: least_proven(&controls),
            controls,
        }
    }
}

/// What the checks of a requirement have seen.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// How much of the requirement they can show.
    pub strength: Strength,
    /// Their verdicts on assets in scope.
    pub counts: StateCounts,
    /// All their verdicts, those out of scope too.
    pub verdicts: usize,
    /// How many kinds they judge that nobody listed.
    pub unlisted: usize,
}

/// The rule: what is said of a requirement, by what its checks have seen and whose its controls' lines are.
pub fn fulfilment(seen: &Seen, lines: &[HolderCounts]) -> Fulfilment {
    let Seen { strength, counts, verdicts, unlisted } = *seen;
    if counts.fail + counts.exempt > 0 {
        return Fulfilment::NotMet;
    }
    if counts.applicable() > counts.pass || (counts.pass > 0 && unlisted > 0) {
        return Fulfilment::Unknown;
    }
    if counts.pass > 0 {
        return if strength == Strength::Full { Fulfilment::Met } else { Fulfilment::Partly };
    }
    match whose(lines) {
        Some(Whose::Provider) => Fulfilment::Inherited,
        Some(Whose::Undecided) => Fulfilment::Unknown,
        _ if unlisted > 0 => Fulfilment::Unknown,
        // The organisation itself is always there and means nothing to most controls.
        Some(Whose::Nobody) if verdicts > 0 => Fulfilment::NotApplicable,
        _ => Fulfilment::NoEvidence,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Provider,
    /// The provider's, but for assets on which it was not decided.
    Undecided,
    Nobody,
}

/// Whose all lines are; none where anybody else has a part.
fn whose(lines: &[HolderCounts]) -> Option<Whose> {
    let (mut provider, mut unknown) = (0, 0);
    for held in lines {
        let others = held.customer + held.shared_independent + held.shared_dependent + held.third_party;
        if others > 0 || held.provider + held.unknown + held.not_applicable == 0 {
            return None;
        }
        provider += held.provider;
        unknown += held.unknown;
    }
    match (provider, unknown) {
        _ if lines.is_empty() => None,
        (0, 0) => Some(Whose::Nobody),
        (0, _) => None,
        (_, 0) => Some(Whose::Provider),
        _ => Some(Whose::Undecided),
    }
}

/// A measure where nothing stands in its way; else not seen.
fn count(counts: &mut StateCounts, measure: Option<&Measure>, seen: bool) {
    let state = measure.map_or(State::Unknown, |measure| measure.state);
    *match state {
        State::Pass if !seen => &mut counts.unknown,
        State::Pass => &mut counts.pass,
        State::Fail if measure.is_some_and(|measure| measure.waiver.is_present()) => &mut counts.exempt,
        State::Fail => &mut counts.fail,
        State::Unknown => &mut counts.unknown,
        State::Stale => &mut counts.stale,
        State::Manual => &mut counts.manual,
        State::NotApplicable => &mut counts.not_applicable,
    } += 1;
}

fn add(sum: &mut StateCounts, more: &StateCounts) {
    sum.pass += more.pass;
    sum.fail += more.fail;
    sum.exempt += more.exempt;
    sum.unknown += more.unknown;
    sum.stale += more.stale;
    sum.manual += more.manual;
    sum.not_applicable += more.not_applicable;
}

/// Kinds that checks judge and that some account has neither a list nor an asset of. Kinds of a provider that
/// the estate has nothing of are no gap.
fn unlisted<'a>(assessment: &Assessment<'a>) -> BTreeSet<&'a Kind> {
    let estate = assessment.estate;
    let provider = |kind: &'a Kind| kind.as_str().split("::").next();
    let listed: HashSet<(&AccountId, Option<&str>)> =
        estate.listings().iter().map(|list| (&list.account, provider(&list.kind))).collect();
    let accounts = estate.accounts();
    let is_gap = |kind: &'a Kind, account: &'a AccountId| {
        let scope = Scope::Account(account);
        listed.contains(&(account, provider(kind)))
            && estate.completeness(kind.as_str(), scope).is_err()
            && estate.of_kind(kind.as_str(), scope).next().is_none()
    };
    let kinds: BTreeSet<&Kind> = assessment.content.checks.iter().flat_map(|check| &check.kinds).collect();
    kinds.into_iter().filter(|kind| accounts.iter().any(|account| is_gap(kind, account))).collect()
}

/// For each provider its side of the controls: how many lines, and what is proven of all of them.
fn least_proven(controls: &[(&ControlStatus, &ControlScore)]) -> Vec<Inherited> {
    let mut least: Vec<Inherited> = Vec::new();
    for inherited in controls.iter().flat_map(|(control, _)| &control.inherited) {
        let Some(known) = least.iter_mut().find(|known| known.provider == inherited.provider) else {
            least.push(inherited.clone());
            continue;
        };
        known.assets = known.assets.max(inherited.assets);
        let ends = |side: &Inherited| side.assured.as_ref().map(|(_, until)| *until);
        // None, unproven, comes before every day.
        if ends(inherited) < ends(known) {
            known.assured = inherited.assured.clone();
            known.expired = inherited.expired.clone();
        }
    }
    least
}

impl FrameworkStatus<'_> {
    /// How many requirements stand so.
    pub fn count(&self, fulfilment: Fulfilment) -> usize {
        self.requirements.iter().filter(|requirement| requirement.fulfilment == fulfilment).count()
    }
}
