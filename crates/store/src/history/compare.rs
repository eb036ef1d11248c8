//! What is otherwise in one run than in an earlier one.
//!
//! Only what both looked at is compared. An asset of an account that one of them did not read has neither
//! come nor gone, and one that is missing from a list that broke off is *not listed*, not gone.

use std::collections::{HashMap, HashSet};

use partywall_model::{AccountId, AssetId, CheckId, Region};

use super::record::{AssetRow, HeldLine, Outcome};
use super::state::{FindingState, Life, Presence, RunState};

/// The differences, each list in a stable order.
#[derive(Debug, Default)]
pub struct Comparison<'a> {
    /// Failures that no earlier run knows.
    pub new: Vec<&'a FindingState>,
    /// Failures that were mended and fail again.
    pub reopened: Vec<&'a FindingState>,
    /// Failures that pass now.
    pub fixed: Vec<&'a FindingState>,
    /// What was seen before and is not now; the later state says why.
    pub unseen: Vec<&'a FindingState>,
    /// Failures that the later run does not have, because the asset is gone or nothing looks any more, and those
    /// that it does not judge any more: not applicable, or for a person to say.
    pub dropped: Vec<&'a FindingState>,
    /// How many failures stand in both.
    pub standing: usize,
    /// How many findings were not seen before, and are now and do not fail.
    pub seen_again: usize,
    /// Checks that the earlier run did not have: their failures may be older than they look.
    pub new_checks: HashSet<&'a CheckId>,
    /// Controls of assets that have changed hands.
    pub moved: Vec<Moved<'a>>,
    /// Assets that have come.
    pub appeared: Vec<&'a AssetRow>,
    /// Assets that have gone.
    pub gone: Vec<&'a AssetRow>,
    /// Assets that are missing from lists that were not read to their end.
    pub unlisted: Vec<&'a AssetRow>,
    /// Why the comparison does not cover everything.
    pub obstacles: Vec<Obstacle<'a>>,
}

/// What has become of a finding since an earlier run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A failure that no earlier run knows.
    New,
    /// A failure that was mended and fails again.
    Reopened,
    /// A failure that stands as it stood.
    Standing,
    /// A failure that passes now.
    Fixed,
    /// A failure that is now not applicable, or for a person to say.
    Dropped,
    /// It was seen and is not seen now.
    Unseen,
    /// It was not seen and does not fail now.
    SeenAgain,
    /// Nothing worth telling.
    Nothing,
}

impl Change {
    /// From what an earlier run knows of the finding, if anything, to its outcome now.
    pub fn between(then: Option<&FindingState>, now: Outcome) -> Self {
        let life = then.map_or(Life::NeverFailed, |then| then.life);
        let outcome = then.filter(|then| then.presence == Presence::Observed).map(|then| then.row.outcome);
        match (now, life, outcome) {
            (Outcome::Fail, Life::Failing, _) => Self::Standing,
            (Outcome::Fail, Life::Mended, _) => Self::Reopened,
            (Outcome::Fail, Life::NeverFailed, _) => Self::New,
            (Outcome::Pass, Life::Failing, _) => Self::Fixed,
            (Outcome::Unknown, _, Some(outcome)) if outcome != Outcome::Unknown => Self::Unseen,
            (Outcome::Unknown, ..) => Self::Nothing,
            (_, Life::Failing, Some(Outcome::Fail)) => Self::Dropped,
            (_, _, Some(Outcome::Unknown)) => Self::SeenAgain,
            _ => Self::Nothing,
        }
    }
}

/// A control of an asset that has changed hands.
#[derive(Clone, Copy, Debug)]
pub struct Moved<'a> {
    /// The asset.
    pub asset: &'a AssetRow,
    /// The line as it was.
    pub before: &'a HeldLine,
    /// The line as it is.
    pub after: &'a HeldLine,
}

impl Moved<'_> {
    /// Whether it moves work to the customer.
    pub fn is_to_customer(&self) -> bool {
        !self.before.holder.is_in_scope() && self.after.holder.is_in_scope()
    }
}

/// Which of the two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The earlier one.
    Before,
    /// The later one.
    After,
}

/// Why a comparison does not cover everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle<'a> {
    /// The evidence of a run was not complete.
    Incomplete(Side),
    /// An account was read by this run alone.
    OneSided(Side, &'a AccountId),
    /// An early version recorded the run and kept neither assets nor lines.
    NoLines(Side),
}

/// Compares two runs.
pub fn compare<'a>(before: &'a RunState, after: &'a RunState) -> Comparison<'a> {
    let mut comparison = Comparison { obstacles: obstacles(before, after), ..Comparison::default() };
    let shared = Shared::of(before, after);
    compare_findings(&mut comparison, &shared);
    if !before.assets.is_empty() && !after.assets.is_empty() {
        compare_assets(&mut comparison, &shared);
    }
    comparison.sort();
    comparison
}

fn obstacles<'a>(before: &'a RunState, after: &'a RunState) -> Vec<Obstacle<'a>> {
    let mut obstacles = Vec::new();
    for (side, state, other) in [(Side::Before, before, after), (Side::After, after, before)] {
        if !state.figures.run.complete {
            obstacles.push(Obstacle::Incomplete(side));
        }
        if state.assets.is_empty() {
            obstacles.push(Obstacle::NoLines(side));
        }
        let others = &other.figures.run.accounts;
        let alone = state.figures.run.accounts.iter().filter(|account| !others.contains(account));
        obstacles.extend(alone.map(|account| Obstacle::OneSided(side, account)));
    }
    obstacles
}

/// The two runs, and what both of them read.
struct Shared<'a> {
    before: &'a RunState,
    after: &'a RunState,
    accounts: HashSet<&'a AccountId>,
}

impl<'a> Shared<'a> {
    fn of(before: &'a RunState, after: &'a RunState) -> Self {
        let earlier: HashSet<&AccountId> = before.figures.run.accounts.iter().collect();
        let accounts =
            after.figures.run.accounts.iter().filter(|account| earlier.contains(account)).collect();
        Self { before, after, accounts }
    }

    fn has(&self, asset: &AssetRow) -> bool {
        asset.account.as_ref().is_none_or(|account| self.accounts.contains(account))
    }

    /// Assets that neither run lists (a list that was refused has one that stands for it) count.
    fn has_finding_on(&self, asset: &AssetId) -> bool {
        let row = self.after.assets.get(asset).or_else(|| self.before.assets.get(asset));
        row.is_none_or(|row| self.has(row))
    }
}

fn compare_findings<'a>(comparison: &mut Comparison<'a>, shared: &Shared<'a>) {
    let Shared { before, after, .. } = *shared;
    let observed = |state: &&FindingState| state.presence == Presence::Observed;
    let known: HashSet<&CheckId> =
        before.findings.values().filter(observed).map(|state| &state.row.check).collect();
    for (fingerprint, now) in &after.findings {
        if !observed(&now) || !shared.has_finding_on(&now.row.asset) {
            continue;
        }
        let then = before.findings.get(fingerprint);
        match Change::between(then, now.row.outcome) {
            Change::New => {
                comparison.new.push(now);
                if !known.contains(&now.row.check) {
                    comparison.new_checks.insert(&now.row.check);
                }
            }
            Change::Reopened => comparison.reopened.push(now),
            Change::Standing => comparison.standing += 1,
            Change::Fixed => comparison.fixed.push(now),
            Change::Dropped => comparison.dropped.extend(then),
            Change::Unseen => comparison.unseen.push(now),
            Change::SeenAgain => comparison.seen_again += 1,
            Change::Nothing => {}
        }
    }
    let is_dropped = |(fingerprint, then): &(&partywall_model::Fingerprint, &FindingState)| {
        let there = after.findings.get(*fingerprint).is_some_and(|now| now.presence == Presence::Observed);
        then.presence == Presence::Observed && then.row.outcome == Outcome::Fail && !there
    };
    let dropped = before.findings.iter().filter(is_dropped).map(|(_, then)| then);
    comparison.dropped.extend(dropped.filter(|then| shared.has_finding_on(&then.row.asset)));
}

fn compare_assets<'a>(comparison: &mut Comparison<'a>, shared: &Shared<'a>) {
    let Shared { before, after, .. } = *shared;
    let listed = Listed::of(after);
    let mut changed: HashMap<(usize, usize), Vec<(&HeldLine, &HeldLine)>> = HashMap::new();
    for (id, now) in after.assets.iter().filter(|(_, now)| shared.has(now)) {
        let Some(then) = before.assets.get(id) else {
            comparison.appeared.push(now);
            continue;
        };
        let lines = changed
            .entry((then.signature, now.signature))
            .or_insert_with(|| changed_lines(shared, then.signature, now.signature));
        comparison.moved.extend(lines.iter().map(|(before, after)| Moved { asset: now, before, after }));
    }
    for (id, then) in before.assets.iter().filter(|(_, then)| shared.has(then)) {
        if after.assets.contains_key(id) {
            continue;
        }
        let missing = if listed.covers(then) { &mut comparison.gone } else { &mut comparison.unlisted };
        missing.push(then);
    }
}

fn changed_lines<'a>(shared: &Shared<'a>, then: usize, now: usize) -> Vec<(&'a HeldLine, &'a HeldLine)> {
    let (Some(then), Some(now)) = (shared.before.signatures.get(then), shared.after.signatures.get(now))
    else {
        return Vec::new();
    };
    let after = |before: &HeldLine| now.0.iter().find(|after| after.control == before.control);
    let pairs = then.0.iter().filter_map(|before| Some((before, after(before)?)));
    pairs.filter(|(before, after)| before.holder != after.holder).collect()
}

/// The region of lists that are about all regions of an account at once.
const GLOBAL: &str = "global";

/// The populations that a run listed to their end: account, region and kind.
struct Listed<'a>(HashSet<(&'a str, &'a str, &'a str)>);

impl<'a> Listed<'a> {
    fn of(state: &'a RunState) -> Self {
        let rows = state.populations.iter();
        Self(rows.map(|row| (row.account.as_str(), row.region.as_str(), row.kind.as_str())).collect())
    }

    /// Whether an asset, if it were there, would have been listed.
    fn covers(&self, asset: &AssetRow) -> bool {
        let Some(account) = &asset.account else { return false };
        let mut regions = asset.region.iter().map(Region::as_str).chain([GLOBAL]);
        regions.any(|region| self.0.contains(&(account.as_str(), region, asset.kind.as_str())))
    }
}

impl Comparison<'_> {
    /// Worst first, then by check and asset.
    fn sort(&mut self) {
        let lists = [&mut self.new, &mut self.reopened, &mut self.fixed, &mut self.unseen, &mut self.dropped];
        for list in lists {
            list.sort_by(|a, b| {
                let (a, b) = (&a.row, &b.row);
                b.severity
                    .cmp(&a.severity)
                    .then_with(|| (&a.check, &a.asset).cmp(&(&b.check, &b.asset)))
                    .then_with(|| a.fingerprint.0.cmp(&b.fingerprint.0))
            });
        }
        for list in [&mut self.appeared, &mut self.gone, &mut self.unlisted] {
            list.sort_by(|a, b| (&a.kind, &a.asset).cmp(&(&b.kind, &b.asset)));
        }
        // A stable order that keeps the controls of an asset in their own.
        self.moved.sort_by(|a, b| (&a.asset.kind, &a.asset.asset).cmp(&(&b.asset.kind, &b.asset.asset)));
    }
}
