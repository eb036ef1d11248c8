//! What must hold of every score, over generated estates.
//!
//! The generator covers weights, groups, severities, states, waivers, overdue failures, answers of people,
//! stakes that are only partly known, placeholders and the facts of the higher levels. Each property takes
//! an estate, changes it, and compares every control, every layer (over all and over measured controls) and
//! the whole.

use partywall_model::{ControlId, Layer, Sensitivity, Severity};
use partywall_ssrm::score::{
    AnsweredBy, AssetInput, Cap, ControlInput, Exposure, Facts, Figure, Group, Held, Measure, OldestFix,
    Population, Presence, Reach, Score, Stake, State, score,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Figures are compared with the error of a few rounded additions.
const ROUNDING: f64 = 1e-7;

fn presence(weight: f64) -> impl Strategy<Value = Presence> {
    prop::bool::weighted(weight).prop_map(Presence::of)
}

fn sensitivity() -> impl Strategy<Value = Sensitivity> {
    select(vec![Sensitivity::Low, Sensitivity::Medium, Sensitivity::High])
}

fn stake() -> impl Strategy<Value = Stake> {
    let exposure = select(vec![Exposure::Internal, Exposure::Internal, Exposure::Unseen, Exposure::Internet]);
    (sensitivity(), sensitivity(), exposure, prop::bool::weighted(0.1)).prop_map(
        |(a, b, exposure, perhaps)| Stake {
            sensitivity: a.min(b),
            sensitivity_at_most: if exposure == Exposure::Internal { a.min(b) } else { a.max(b) },
            exposure,
            held: if perhaps { Held::Perhaps } else { Held::Customer },
        },
    )
}

fn known_stake() -> impl Strategy<Value = Stake> {
    (sensitivity(), select(vec![Exposure::Internal, Exposure::Internet]))
        .prop_map(|(sensitivity, exposure)| Stake::known(sensitivity, exposure))
}

fn measure() -> impl Strategy<Value = Measure> {
    let state = select(vec![
        State::Pass,
        State::Pass,
        State::Pass,
        State::Fail,
        State::Unknown,
        State::Stale,
        State::Manual,
        State::NotApplicable,
    ]);
    (severity(), state, prop::bool::weighted(0.05), presence(0.2), presence(0.2)).prop_map(
        |(severity, state, person, waiver, overdue)| {
            let by_person = person || state == State::Manual;
            Measure {
                severity,
                state,
                answered_by: if by_person { AnsweredBy::Person } else { AnsweredBy::Sensor },
                waiver,
                overdue,
            }
        },
    )
}

fn severity() -> impl Strategy<Value = Severity> {
    select(Severity::ALL.to_vec())
}

fn asset() -> impl Strategy<Value = AssetInput> {
    let population = prop_oneof![
        20 => Just(Population::Seen),
        1 => (0u64..40).prop_map(Population::Counted),
        1 => Just(Population::Uncounted),
    ];
    (0u32..4, stake(), population, vec(measure(), 0..5)).prop_map(|(group, stake, population, measures)| {
        let measures = if population == Population::Seen { measures } else { Vec::new() };
        AssetInput { group: Group(group), stake, population, measures }
    })
}

/// Assets that are mostly good, so that the higher levels are reached too.
fn good_asset() -> impl Strategy<Value = AssetInput> {
    (0u32..4, known_stake(), vec(severity(), 1..4)).prop_map(|(group, stake, severities)| AssetInput {
        group: Group(group),
        stake,
        population: Population::Seen,
        measures: severities.into_iter().map(|severity| Measure::sensed(severity, State::Pass)).collect(),
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    let fix = prop_oneof![
        6 => Just(OldestFix::None),
        1 => (300u32..430).prop_map(OldestFix::Days),
        1 => Just(OldestFix::Unseen),
    ];
    (presence(0.8), presence(0.8), 0u32..120, prop::option::of(0u32..300), fix).prop_map(
        |(owner, watch, days_at_level_3, days_since_exercise, oldest_fix)| Facts {
            owner,
            watch,
            days_at_level_3,
            days_since_exercise,
            oldest_fix,
        },
    )
}

fn control() -> impl Strategy<Value = ControlInput> {
    let assets = prop_oneof![
        2 => vec(asset(), 0..8),
        3 => (vec(good_asset(), 1..20), vec(asset(), 0..3)).prop_map(|(mut good, other)| {
            good.extend(other);
            good
        }),
    ];
    let layer = select(vec![Layer::Apps, Layer::Network, Layer::Org]);
    (layer, 1u8..4, any::<bool>(), presence(0.8), assets, facts()).prop_map(
        |(layer, weight, essential, sensor, assets, facts)| ControlInput {
            id: ControlId::from(""),
            layer,
            weight,
            essential,
            sensor,
            assets,
            facts,
        },
    )
}

fn estate() -> impl Strategy<Value = Vec<ControlInput>> {
    vec(control(), 1..5).prop_map(|mut controls| {
        for (at, control) in controls.iter_mut().enumerate() {
            control.id = ControlId::from(format!("{}.{at}", control.layer));
        }
        controls
    })
}

/// Every figure of a score with its name; none where it is not applicable or not measured.
fn figures(score: &Score) -> Vec<(String, Option<Figure>)> {
    let controls = score.controls.iter().map(|control| (control.control.to_string(), control.figure));
    let layers = score.layers.iter().flat_map(|layer| {
        [(layer.layer.to_string(), layer.figure), (format!("{} measured", layer.layer), layer.measured)]
    });
    controls.chain(layers).chain([("overall".to_owned(), score.overall.figure)]).collect()
}

/// Compares all figures that exist on both sides.
fn compare(
    before: &[ControlInput],
    after: &[ControlInput],
    holds: impl Fn(&Figure, &Figure) -> bool,
) -> Result<(), TestCaseError> {
    let pairs = figures(&score(before)).into_iter().zip(figures(&score(after)));
    for ((name, old), (_, new)) in pairs {
        if let Some(old) = old {
            // A change for the worse or a refused read never takes a figure away.
            let new = new.ok_or_else(|| TestCaseError::fail(format!("{name} has gone")))?;
            prop_assert!(holds(&old, &new), "{}: {:?} became {:?}", name, old, new);
        }
    }
    Ok(())
}

fn no_higher(old: f64, new: f64) -> bool {
    new <= old + ROUNDING
}

/// Changes the state of those measures that `picks` hits and `from` accepts.
fn change(
    estate: &[ControlInput],
    picks: &[bool],
    from: impl Fn(&Measure) -> bool,
    to: impl Fn(&mut Measure),
) -> Vec<ControlInput> {
    let mut changed = estate.to_vec();
    let mut picks = picks.iter().cycle();
    for control in &mut changed {
        for measure in control.assets.iter_mut().flat_map(|asset| &mut asset.measures) {
            if from(measure) && *picks.next().unwrap() {
                to(measure);
            }
        }
    }
    changed
}

fn is_unseen(measure: &Measure) -> bool {
    matches!(measure.state, State::Unknown | State::Stale | State::Manual)
}

/// An asset that fails: every check does, or a critical one stands open and the others are anything.
fn failing_asset() -> impl Strategy<Value = AssetInput> {
    let all_fail = vec(severity().prop_filter("weightless", |s| *s != Severity::Info), 1..4)
        .prop_map(|severities| severities.into_iter().map(|s| Measure::sensed(s, State::Fail)).collect());
    let critical = vec(measure(), 0..4).prop_map(|mut measures: Vec<Measure>| {
        measures.push(Measure::sensed(Severity::Critical, State::Fail));
        measures
    });
    (0u32..5, known_stake(), prop_oneof![all_fail, critical]).prop_map(|(group, stake, measures)| {
        AssetInput { group: Group(group), stake, population: Population::Seen, measures }
    })
}

/// What a refused read does to one asset or to a whole population.
#[derive(Clone, Debug)]
enum Refusal {
    Measure(Index, Index, State),
    /// The read that shows every critical failure, which has the most to hide.
    CriticalFailures,
    Exposure(Index),
    Sensitivity(Index, Sensitivity),
    Holder(Index),
    /// An asset that was the provider's so far may be the customer's.
    NewlyInScope(AssetInput),
    /// The listed assets that the flags pick, all of one group, become a placeholder.
    Population {
        group: u32,
        picks: Vec<bool>,
        spare: Option<u64>,
    },
    FixAge,
}

fn refusal() -> impl Strategy<Value = Refusal> {
    let unseen = select(vec![State::Unknown, State::Stale, State::Manual]);
    prop_oneof![
        4 => (any::<Index>(), any::<Index>(), unseen).prop_map(|(a, m, s)| Refusal::Measure(a, m, s)),
        3 => Just(Refusal::CriticalFailures),
        1 => any::<Index>().prop_map(Refusal::Exposure),
        1 => (any::<Index>(), sensitivity()).prop_map(|(a, s)| Refusal::Sensitivity(a, s)),
        1 => any::<Index>().prop_map(Refusal::Holder),
        1 => asset().prop_map(Refusal::NewlyInScope),
        2 => (0u32..4, vec(any::<bool>(), 24), prop::option::of(0u64..3))
            .prop_map(|(group, picks, spare)| Refusal::Population { group, picks, spare }),
        1 => Just(Refusal::FixAge),
    ]
}

fn refuse(control: &mut ControlInput, refusal: &Refusal) {
    let count = control.assets.len();
    let asset_at = |at: &Index| if count == 0 { usize::MAX } else { at.index(count) };
    match refusal {
        Refusal::Measure(at, which, to) => {
            let Some(asset) = control.assets.get_mut(asset_at(at)) else { return };
            let which = if asset.measures.is_empty() { 0 } else { which.index(asset.measures.len()) };
            if let Some(measure) = asset.measures.get_mut(which) {
                let by_person = measure.answered_by == AnsweredBy::Person;
                measure.state = if *to == State::Manual && !by_person { State::Unknown } else { *to };
            }
        }
        Refusal::CriticalFailures => {
            for measure in control.assets.iter_mut().flat_map(|asset| &mut asset.measures) {
                if measure.severity == Severity::Critical && measure.state == State::Fail {
                    measure.state = State::Unknown;
                }
            }
        }
        Refusal::Exposure(at) => {
            if let Some(asset) = control.assets.get_mut(asset_at(at)) {
                asset.stake.exposure = Exposure::Unseen;
            }
        }
        Refusal::Sensitivity(at, other) => {
            if let Some(asset) = control.assets.get_mut(asset_at(at)) {
                asset.stake.sensitivity = asset.stake.sensitivity.min(*other);
                asset.stake.sensitivity_at_most = asset.stake.sensitivity_at_most.max(*other);
            }
        }
        Refusal::Holder(at) => {
            if let Some(asset) = control.assets.get_mut(asset_at(at)) {
                asset.stake.held = Held::Perhaps;
            }
        }
        Refusal::NewlyInScope(asset) => {
            let mut asset = asset.clone();
            asset.stake.held = Held::Perhaps;
            control.assets.push(asset);
        }
        Refusal::Population { group, picks, spare } => {
            let mut picks = picks.iter().cycle();
            let before = control.assets.len();
            control.assets.retain(|asset| {
                let taken = asset.group == Group(*group) && asset.population == Population::Seen;
                !(taken && *picks.next().unwrap())
            });
            let gone = (before - control.assets.len()) as u64;
            control.assets.push(AssetInput {
                group: Group(*group),
                stake: Stake::known(Sensitivity::Medium, Exposure::Unseen),
                population: spare.map_or(Population::Uncounted, |spare| Population::Counted(gone + spare)),
                measures: Vec::new(),
            });
        }
        Refusal::FixAge => control.facts.oldest_fix = OldestFix::Unseen,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn observing_an_unknown_as_pass_never_lowers_lo(estate in estate(), picks in vec(any::<bool>(), 1..16)) {
        let seen = change(&estate, &picks, is_unseen, |measure| measure.state = State::Pass);
        compare(&estate, &seen, |old, new| no_higher(new.lo, old.lo))?;
    }

    #[test]
    fn observing_an_unknown_as_fail_never_raises_lo_or_hi(
        estate in estate(), picks in vec(any::<bool>(), 1..16),
    ) {
        let seen = change(&estate, &picks, is_unseen, |measure| measure.state = State::Fail);
        compare(&estate, &seen, |old, new| no_higher(old.lo, new.lo) && no_higher(old.hi, new.hi))?;
    }

    #[test]
    fn a_pass_that_fails_never_raises_lo_hi_or_a_level(
        estate in estate(), picks in vec(any::<bool>(), 1..16),
    ) {
        let passes = |measure: &Measure| measure.state == State::Pass;
        let failed = change(&estate, &picks, passes, |measure| measure.state = State::Fail);
        compare(&estate, &failed, |old, new| {
            no_higher(old.lo, new.lo) && no_higher(old.hi, new.hi) && new.level <= old.level
        })?;
    }

    #[test]
    fn a_new_failing_asset_never_raises_lo_hi_or_a_level(
        estate in estate(), at in any::<Index>(), asset in failing_asset(), copies in 1usize..40,
    ) {
        let mut worse = estate.clone();
        let control = at.index(worse.len());
        worse[control].assets.extend(std::iter::repeat_n(asset, copies));
        compare(&estate, &worse, |old, new| {
            no_higher(old.lo, new.lo) && no_higher(old.hi, new.hi) && new.level <= old.level
        })?;
    }

    #[test]
    fn refused_reads_only_widen_the_range_and_never_raise_a_level(
        estate in estate(), refusals in vec((any::<Index>(), refusal()), 1..10),
    ) {
        let mut refused = estate.clone();
        for (at, refusal) in &refusals {
            let control = at.index(refused.len());
            refuse(&mut refused[control], refusal);
        }
        compare(&estate, &refused, |old, new| {
            no_higher(old.lo, new.lo)
                && no_higher(new.hi, old.hi)
                && new.level <= old.level
                && no_higher(old.confidence(), new.confidence())
        })?;
    }

    #[test]
    fn no_evidence_gives_everything_and_nothing(estate in estate()) {
        let mut blind = change(&estate, &[true], |_| true, |measure| {
            let by_person = measure.answered_by == AnsweredBy::Person;
            measure.state = if by_person { State::Manual } else { State::Unknown };
        });
        blind.iter_mut().for_each(|control| control.facts.oldest_fix = OldestFix::None);
        for (name, figure) in figures(&score(&blind)) {
            if let Some(figure) = figure {
                let expected = Figure { lo: 0.0, hi: 1.0, level: 0 };
                prop_assert_eq!(figure, expected, "{}", name);
                prop_assert!(figure.confidence().abs() < ROUNDING);
            }
        }
    }

    #[test]
    fn passing_assets_cannot_lift_a_capped_control(
        estate in estate(), asset in good_asset(), copies in 1usize..2000,
    ) {
        let mut lifted = estate.clone();
        for control in &mut lifted {
            control.assets.extend(std::iter::repeat_n(asset.clone(), copies));
        }
        for (before, after) in score(&estate).controls.iter().zip(&score(&lifted).controls) {
            let names = |caps: &[Cap]| caps.iter().map(|cap| (cap.level, cap.because)).collect::<Vec<_>>();
            let stays = names(&before.caps).iter().all(|cap| names(&after.caps).contains(cap));
            prop_assert!(stays, "{:?} became {:?}", before.caps, after.caps);
            let Some(figure) = after.figure else { continue };
            for cap in &after.caps {
                let bound = if cap.level == 1 { 0.49 } else { 0.69 };
                prop_assert!(figure.level <= cap.level);
                prop_assert!(cap.reach == Reach::Level || figure.lo <= bound);
                prop_assert!(cap.reach != Reach::Range || figure.hi <= bound);
            }
        }
    }

    #[test]
    fn no_level_is_higher_than_coverage_and_effect_allow(estate in estate()) {
        for control in score(&estate).controls {
            let level = control.figure.map_or(0, |figure| figure.level);
            let (coverage, effect) = (control.coverage + ROUNDING, control.effect.unwrap_or(0.0) + ROUNDING);
            prop_assert!(level < 1 || control.states.known() > 0, "{:?}", control);
            prop_assert!(level < 2 || (coverage >= 0.8 && effect >= 0.6), "{:?}", control);
            prop_assert!(level < 3 || (coverage >= 0.95 && effect >= 0.9), "{:?}", control);
        }
    }

    #[test]
    fn neither_order_nor_numbering_changes_a_figure(estate in estate(), shift in 1u32..1000, turn in any::<Index>()) {
        let mut other = estate.clone();
        for control in &mut other {
            if !control.assets.is_empty() {
                let turn = turn.index(control.assets.len());
                control.assets.rotate_left(turn);
            }
            control.assets.reverse();
            // Another numbering of the same groups, in another order.
            control.assets.iter_mut().for_each(|asset| asset.group = Group(shift * (7 - asset.group.0)));
        }
        prop_assert_eq!(figures(&score(&estate)), figures(&score(&other)));
    }
}
