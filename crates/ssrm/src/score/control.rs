//! The score of one control: its range, its level, and what holds it down.

use partywall_model::{ControlId, Layer};

use super::asset::{self, StateCounts};
use super::groups::Groups;
use super::input::{AssetInput, ControlInput, Facts, HEAVIEST, Held, Likely, OldestFix, Population};

/// Of patches older than this, one open is enough to call patching not working.
const OLD_FIX_DAYS: u32 = 365;
/// For so long level 3 must have lasted before it counts as sustained.
const SUSTAINED_DAYS: u32 = 90;
/// An exercise counts for so long.
const EXERCISE_DAYS: u32 = 180;
/// Figures that differ by less than this are the same.
pub(super) const SLACK: f64 = 1e-9;

/// How well a control is held.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlScore {
    /// The control.
    pub control: ControlId,
    /// Its layer.
    pub layer: Layer,
    /// The figures; none where no asset is in scope (*not applicable*).
    pub figure: Option<Figure>,
    /// What was seen, of all; where a population could not be counted, with a guess of its size.
    pub coverage: f64,
    /// What holds of what was seen; none where nothing was.
    pub effect: Option<f64>,
    /// What holds the level or the figures down.
    pub caps: Vec<Cap>,
    /// What the next level asks for, where nothing caps.
    pub wants: Vec<Want>,
    /// How many assets are in scope; one for each list that was refused.
    pub assets: usize,
    /// How many groups they stand in.
    pub groups: usize,
    /// How many checks stand in each state.
    pub states: StateCounts,
    /// How many lists of assets could not be read.
    pub populations_unknown: usize,
    /// Nothing in this program can measure it.
    pub not_measured: bool,
}

/// A range and a level. What was not seen may be good or bad: the truth lies between `lo` and `hi`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// The share that surely holds, 0 to 1.
    pub lo: f64,
    /// The share that may hold, 0 to 1.
    pub hi: f64,
    /// 0 nothing seen to hold, 1 seen, 2 covered, 3 effective, 4 sustained.
    pub level: u8,
}

impl Figure {
    /// How narrow the range is, 0 to 1.
    pub fn confidence(&self) -> f64 {
        1.0 - (self.hi - self.lo)
    }

    /// The same under a cap.
    pub(super) fn under(self, level: u8, reach: Reach) -> Self {
        let bound = match level {
            0 | 1 => 0.49,
            2 => 0.69,
            _ => 1.0,
        };
        let lo = if reach == Reach::Level { self.lo } else { self.lo.min(bound) };
        let hi = if reach == Reach::Range { self.hi.min(bound) } else { self.hi };
        Self { lo, hi, level: self.level.min(level) }
    }
}

/// Something that no amount of passing assets makes good.
#[derive(Clone, Debug, PartialEq)]
pub struct Cap {
    /// The highest level under it.
    pub level: u8,
    /// How far it reaches.
    pub reach: Reach,
    /// What it is.
    pub because: Because,
    /// The assets that cause it, as positions in the control's input.
    pub assets: Vec<usize>,
}

/// How far a cap reaches. The figure is at most 0.49 under a cap at level 1 and 0.69 under one at level 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The level alone.
    Level,
    /// The level and the lower end: what would decide it was not seen, so the worst is assumed and the best
    /// stays possible.
    LowerEnd,
    /// The level and both ends.
    Range,
}

/// Why a control or a layer is capped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// A critical failure stands on an asset that is exposed or of the highest sensitivity.
    CriticalOpen,
    /// A critical check was not seen on such an asset, or it was not seen whether the asset is one.
    CriticalUnseen,
    /// The assets could not be listed.
    PopulationUnknown,
    /// A fix of this age in days was not applied.
    OldFix(u32),
    /// The age of missing fixes could not be read.
    FixAgeUnseen,
    /// It rests on a person's word.
    Attested,
    /// Only a person's word can show it, and none stands.
    Unanswered,
    /// A critical failure has outlived its service level.
    Overdue,
}

/// What the next level asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    /// Something seen to hold.
    Evidence,
    /// More of what is not known to fail must be seen.
    Coverage,
    /// More must be seen to hold.
    Effect,
    /// A named owner.
    Owner,
    /// A gate or a continuous run.
    Watch,
    /// So many more days at level 3.
    Days(u32),
    /// An exercise within the last 180 days.
    Exercise,
}

/// Scores a control.
pub(super) fn control(input: &ControlInput) -> ControlScore {
    let mut groups = Groups::default();
    let mut states = StateCounts::default();
    for asset in &input.assets {
        match asset.population {
            Population::Seen => {
                states.add(asset);
                groups.add(asset.group, &asset.stake, asset::shares(&asset.measures));
            }
            Population::Counted(count) => {
                groups.add_unseen(asset.group, count.max(1).saturating_mul(HEAVIEST));
            }
            Population::Uncounted => {}
        }
    }
    let (lo, assurance) = (groups.lo(), groups.assurance());
    let uncounted = input.assets.iter().filter(|asset| asset.population == Population::Uncounted);
    let mut whole = groups.clone();
    let guess = groups.median_weight().unwrap_or(1);
    uncounted.clone().for_each(|asset| whole.add_unseen(asset.group, guess));
    let coverage = whole.coverage();

    let caps = caps(input);
    let reached = level(lo, assurance, &input.facts);
    // Where nobody knows how many there are, every share of them is possible.
    let figure = if uncounted.clone().next().is_some() {
        Figure { lo: 0.0, hi: 1.0, level: reached }
    } else {
        Figure { lo, hi: groups.hi(), level: reached }
    };
    let figure = caps.iter().fold(figure, |figure, cap| figure.under(cap.level, cap.reach));
    let held_down = caps.iter().any(|cap| cap.level <= figure.level && cap.level < 4);
    ControlScore {
        control: input.id.clone(),
        layer: input.layer,
        figure: (!input.assets.is_empty()).then_some(figure),
        coverage,
        effect: (coverage > 0.0).then(|| (whole.lo() / coverage).min(1.0)),
        wants: if held_down { Vec::new() } else { wants(figure.level, lo, assurance, &input.facts) },
        caps,
        assets: input.assets.len(),
        groups: whole.len(),
        states,
        populations_unknown: input.assets.iter().filter(|asset| is_placeholder(asset)).count(),
        not_measured: !input.sensor.is_present(),
    }
}

/// The level that the figures and facts reach.
///
/// Effect is judged at the lower end, and coverage by [`Groups::assurance`]. Of all rules that grant a level
/// only where coverage ≥ a and effect ≥ b do (0.8 and 0.6, then 0.95 and 0.9) and that no failure and no
/// refused read can lift, this is the most generous one for a single group (ADR 5).
fn level(lo: f64, assurance: f64, facts: &Facts) -> u8 {
    let reaches = |effect: f64, covered: f64| lo >= effect - SLACK && assurance >= covered - SLACK;
    if lo <= 0.0 {
        0
    } else if !reaches(0.6, 0.8) {
        1
    } else if !reaches(0.9, 0.95) || !facts.owner.is_present() || !facts.watch.is_present() {
        2
    } else if facts.days_at_level_3 < SUSTAINED_DAYS || !is_exercised(facts) {
        3
    } else {
        4
    }
}

fn wants(level: u8, lo: f64, assurance: f64, facts: &Facts) -> Vec<Want> {
    let figures = |effect: f64, covered: f64| {
        let coverage = (assurance < covered - SLACK).then_some(Want::Coverage);
        let effect = (lo < effect - SLACK).then_some(Want::Effect);
        coverage.into_iter().chain(effect)
    };
    match level {
        0 => vec![Want::Evidence],
        1 => figures(0.6, 0.8).collect(),
        2 => figures(0.9, 0.95)
            .chain((!facts.owner.is_present()).then_some(Want::Owner))
            .chain((!facts.watch.is_present()).then_some(Want::Watch))
            .collect(),
        3 => {
            let days = SUSTAINED_DAYS.saturating_sub(facts.days_at_level_3);
            let exercise = (!is_exercised(facts)).then_some(Want::Exercise);
            (days > 0).then_some(Want::Days(days)).into_iter().chain(exercise).collect()
        }
        _ => Vec::new(),
    }
}

fn is_exercised(facts: &Facts) -> bool {
    facts.days_since_exercise.is_some_and(|days| days <= EXERCISE_DAYS)
}

fn is_placeholder(asset: &AssetInput) -> bool {
    asset.population != Population::Seen
}

/// All caps, in the order of [`Because`]; a control without assets has none.
fn caps(input: &ControlInput) -> Vec<Cap> {
    if input.assets.is_empty() {
        return Vec::new();
    }
    let on = |matches: &dyn Fn(&AssetInput) -> bool| -> Vec<usize> {
        let assets = input.assets.iter().enumerate();
        assets.filter(|(_, asset)| matches(asset)).map(|(at, _)| at).collect()
    };
    let critical = |asset: &AssetInput| asset::open_critical(&asset.measures).min(asset.stake.is_prized());
    let word = |asset: &AssetInput| {
        let in_scope = if asset.stake.held == Held::Customer { Likely::Yes } else { Likely::Perhaps };
        asset::rests_on_a_word(&asset.measures).min(in_scope)
    };
    // The fact is about assets; where none is surely in scope, neither is the fact.
    let is_ours = |asset: &AssetInput| !is_placeholder(asset) && asset.stake.held == Held::Customer;
    let fix_reach = if input.assets.iter().any(is_ours) { Reach::Range } else { Reach::LowerEnd };
    let fix = match input.facts.oldest_fix {
        OldestFix::Days(days) if days > OLD_FIX_DAYS => Some((fix_reach, Because::OldFix(days))),
        OldestFix::Unseen => Some((Reach::LowerEnd, Because::FixAgeUnseen)),
        OldestFix::Days(_) | OldestFix::None => None,
    };
    let by_assets = [
        (1, Reach::Range, Because::CriticalOpen, on(&|asset| critical(asset) == Likely::Yes)),
        (1, Reach::LowerEnd, Because::CriticalUnseen, on(&|asset| critical(asset) == Likely::Perhaps)),
        (1, Reach::LowerEnd, Because::PopulationUnknown, on(&is_placeholder)),
        (2, Reach::Range, Because::Attested, on(&|asset| word(asset) == Likely::Yes)),
        (2, Reach::LowerEnd, Because::Unanswered, on(&|asset| word(asset) == Likely::Perhaps)),
        (1, Reach::Level, Because::Overdue, on(&|asset| asset::overdue_critical(&asset.measures))),
    ];
    let mut caps: Vec<Cap> = by_assets
        .into_iter()
        .filter(|(.., assets)| !assets.is_empty())
        .map(|(level, reach, because, assets)| Cap { level, reach, because, assets })
        .collect();
    caps.extend(fix.map(|(reach, because)| Cap { level: 1, reach, because, assets: Vec::new() }));
    caps.sort_by_key(|cap| cap.because);
    caps
}
