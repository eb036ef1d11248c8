//! What an asset weighs, which group it stands in, and how its findings count.

use std::collections::{BTreeSet, HashMap};

use partywall_content::{LabelRule, Settings};
use partywall_model::{
    AccountId, Asset, Environment, Finding, Holder, Kind, Population as Listed, Provider, Region,
    Sensitivity, Severity, Verdict,
};

use super::Assessment;
use super::waivers::Waivers;
use crate::score::{AnsweredBy, Exposure, Group, Held, Measure, Population, Presence, Stake, State};

/// Weighs the assets of one assessment.
pub(super) struct Weigher<'a> {
    assessment: &'a Assessment<'a>,
    /// How many assets of each population were seen.
    seen: HashMap<(Option<&'a AccountId>, Option<&'a Region>, &'a Kind), u64>,
    /// By position in the estate.
    weights: Vec<(Exposure, Labelled, Group)>,
}

/// A stake and its group, and whether its sensitivity is assumed.
pub(super) struct Weighed {
    pub(super) stake: Stake,
    pub(super) group: Group,
    pub(super) assumed: bool,
}

/// What the labels say of an asset.
#[derive(Clone, Copy)]
struct Labelled {
    least: Sensitivity,
    most: Sensitivity,
    assumed: bool,
}

impl<'a> Weigher<'a> {
    pub(super) fn new(assessment: &'a Assessment<'a>) -> Self {
        let mut seen = HashMap::new();
        let mut groups: HashMap<(Option<&AccountId>, Environment, &str), Group> = HashMap::new();
        let mut weights = Vec::with_capacity(assessment.estate.assets().len());
        for asset in assessment.estate.assets() {
            if asset.population.is_seen() {
                *seen.entry((asset.account.as_ref(), asset.region.as_ref(), &asset.kind)).or_insert(0) += 1;
            }
            let environment = assessment.settings.environment(asset.account.as_ref());
            let next = Group(u32::try_from(groups.len()).unwrap_or(u32::MAX));
            let key = (asset.account.as_ref(), environment, asset.kind.service());
            let group = *groups.entry(key).or_insert(next);
            weights.push(((assessment.exposure)(asset), labels(assessment.settings, asset), group));
        }
        Self { assessment, seen, weights }
    }

    /// How much the asset at a position counts under a line, and in which group of (account, environment,
    /// service).
    pub(super) fn weigh(&self, at: usize, holder: &Holder) -> Option<Weighed> {
        let (exposure, labels, group) = *self.weights.get(at)?;
        let held = if *holder == Holder::Unknown { Held::Perhaps } else { Held::Customer };
        let stake = Stake { sensitivity: labels.least, sensitivity_at_most: labels.most, exposure, held };
        Some(Weighed { stake, group, assumed: labels.assumed })
    }

    /// How many assets this one stands for: those that were listed last time and are out of sight now.
    pub(super) fn population(&self, asset: &Asset) -> Population {
        match &asset.population {
            Listed::Seen => Population::Seen,
            Listed::Refused { last_known: None, .. } => Population::Uncounted,
            Listed::Refused { last_known: Some(count), .. } => {
                let key = (asset.account.as_ref(), asset.region.as_ref(), &asset.kind);
                let in_sight = self.seen.get(&key).copied().unwrap_or(0);
                Population::Counted(count.saturating_sub(in_sight).max(1))
            }
        }
    }

    /// How a finding counts.
    pub(super) fn measure(&self, asset: &Asset, finding: &Finding, waivers: &mut Waivers<'_>) -> Measure {
        let is_repeated = finding.third_party.as_ref().is_some_and(|said| said.repeats.is_some());
        let state = match &finding.verdict {
            // Our own verdict on the same gap is measured already.
            _ if is_repeated => State::NotApplicable,
            Verdict::Pass | Verdict::Fail if self.is_stale(asset, finding) => State::Stale,
            Verdict::Pass => State::Pass,
            Verdict::Fail => State::Fail,
            Verdict::Unknown(_) => State::Unknown,
            Verdict::NotApplicable => State::NotApplicable,
            Verdict::Manual => State::Manual,
        };
        Measure {
            severity: finding.severity,
            state,
            answered_by: if state == State::Manual { AnsweredBy::Person } else { AnsweredBy::Sensor },
            waiver: waivers.cover(asset, finding),
            overdue: self.overdue(finding),
        }
    }

    /// Whether the oldest answer that a verdict rests on has outlived its time: of the asset, or of who else said so.
    fn is_stale(&self, asset: &Asset, finding: &Finding) -> bool {
        let valid_for = self.assessment.settings.valid_for;
        let days = match asset.provider {
            _ if asset.id.as_str().starts_with("host:") => valid_for.host,
            Provider::Aws | Provider::Azure | Provider::Gcp => valid_for.cloud,
            Provider::Own => valid_for.attested,
        };
        let is_old = |at| self.days_since(at) > f64::from(days);
        match &finding.third_party {
            Some(said) => said.at.is_none_or(is_old),
            None => asset.provenance.oldest().is_some_and(is_old),
        }
    }

    fn overdue(&self, finding: &Finding) -> Presence {
        let settings = self.assessment.settings;
        let Some(days) = settings.sla.days(finding.severity).filter(|_| finding.severity >= Severity::Medium)
        else {
            return Presence::Absent;
        };
        let since = self.assessment.history.open_since(&finding.fingerprint);
        Presence::of(since.is_some_and(|since| self.days_since(since) > f64::from(days)))
    }

    fn days_since(&self, at: jiff::Timestamp) -> f64 {
        self.assessment.now.duration_since(at).as_secs_f64() / 86_400.0
    }
}

/// How sensitive an asset is. Where its tags were not read, it may be anything that a rule by tag or name
/// (which is often a tag) could make it, up to the first rule that decides without them.
fn labels(settings: &Settings, asset: &Asset) -> Labelled {
    let (level, said) = settings.sensitivity(asset);
    let mut labelled = Labelled { least: level, most: level, assumed: !said };
    if !asset.population.is_seen() || asset.properties.at("Tags").is_unknown() {
        let possible: BTreeSet<Sensitivity> = possible_levels(settings, asset).chain([level]).collect();
        labelled.least = possible.first().copied().unwrap_or(level);
        labelled.most = possible.last().copied().unwrap_or(level);
    }
    labelled
}

/// The levels of the rules that might match if the tags were known, before the one that does anyway.
fn possible_levels<'s>(settings: &'s Settings, asset: &'s Asset) -> impl Iterator<Item = Sensitivity> + 's {
    let needs_tags = |rule: &LabelRule| !rule.tag.is_empty() || rule.name_contains.is_some();
    let is_root = asset.kind == *"AWS::::Account";
    settings
        .sensitivity
        .iter()
        .filter(move |rule| {
            !is_root
                && rule.kind.as_ref().is_none_or(|kind| asset.kind == *kind.as_str())
                && rule.account.as_ref().is_none_or(|account| asset.account.as_ref() == Some(account))
        })
        .take_while(move |rule| needs_tags(rule))
        .map(|rule| rule.level)
}
