//! Estates whose figures were worked out by hand.

use partywall_model::{ControlId, Layer, Sensitivity, Severity};
use partywall_ssrm::score::{
    AnsweredBy, AssetInput, Because, ControlInput, Exposure, Facts, Figure, Group, Measure, Population,
    Presence, Reach, Stake, State, Want, score,
};

fn asset(group: u32, stake: Stake, measures: &[(Severity, State)]) -> AssetInput {
    let measures = measures.iter().map(|(severity, state)| Measure::sensed(*severity, *state)).collect();
    AssetInput { group: Group(group), stake, population: Population::Seen, measures }
}

fn control(id: &str, layer: Layer, assets: Vec<AssetInput>) -> ControlInput {
    ControlInput {
        id: ControlId::from(id),
        layer,
        weight: 1,
        essential: false,
        sensor: Presence::Present,
        assets,
        facts: Facts { owner: Presence::Present, watch: Presence::Present, ..Facts::default() },
    }
}

const ORDINARY: Stake = Stake {
    sensitivity: Sensitivity::Medium,
    sensitivity_at_most: Sensitivity::Medium,
    exposure: Exposure::Internal,
    held: partywall_ssrm::score::Held::Customer,
};

fn assert_figure(figure: Option<Figure>, lo: f64, hi: f64, level: u8) {
    let figure = figure.expect("a figure");
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    assert!(near(figure.lo, lo) && near(figure.hi, hi), "{figure:?} is not {lo}–{hi}");
    assert_eq!(figure.level, level, "{figure:?}");
}

#[test]
fn an_empty_estate_has_no_figure_at_all() {
    let score = score(&[control("apps.access-management", Layer::Apps, vec![])]);
    assert_eq!(score.controls[0].figure, None);
    assert!(score.layers.iter().all(|layer| layer.figure.is_none() && layer.measured.is_none()));
    assert_eq!((score.overall.figure, score.overall.weakest, score.overall.in_scope), (None, None, 0));
}

#[test]
fn an_estate_of_which_nothing_was_seen_may_be_anything() {
    let unseen =
        |group| asset(group, ORDINARY, &[(Severity::High, State::Unknown), (Severity::Low, State::Stale)]);
    let mut assets = vec![unseen(0), unseen(1)];
    assets.push(AssetInput { population: Population::Uncounted, ..asset(2, ORDINARY, &[]) });
    let score = score(&[control("apps.access-management", Layer::Apps, assets)]);
    // lo = 0/5 everywhere, hi = 5/5 everywhere.
    assert_figure(score.controls[0].figure, 0.0, 1.0, 0);
    assert_figure(score.overall.figure, 0.0, 1.0, 0);
    assert_eq!((score.controls[0].coverage, score.controls[0].effect), (0.0, None));
    assert_eq!(score.controls[0].populations_unknown, 1);
}

#[test]
fn one_root_user_without_a_second_factor_is_not_bought_off_by_300_good_users() {
    let mut assets: Vec<AssetInput> =
        (0..300).map(|_| asset(0, ORDINARY, &[(Severity::High, State::Pass)])).collect();
    let root = Stake::known(Sensitivity::High, Exposure::Internet);
    assets.push(asset(1, root, &[(Severity::Critical, State::Fail)]));
    let score = score(&[control("platform.secure-api-access", Layer::Platform, assets)]);
    // Before the cap: groups √600 good and √8 bad, 24.495 / 27.323 = 0.896. The cap makes it 0.49.
    assert_figure(score.controls[0].figure, 0.49, 0.49, 1);
    let cap = &score.controls[0].caps[0];
    assert_eq!(
        (cap.level, cap.reach, cap.because, &cap.assets[..]),
        (1, Reach::Range, Because::CriticalOpen, &[300][..])
    );
    // The one control is the whole layer: 0.49 is below the layer's own bound of 0.69, level 1 below 2.
    assert_figure(score.overall.figure, 0.49, 0.49, 1);
    assert_eq!(score.overall.weakest, Some(Layer::Platform));
    assert_eq!(score.layers[3].caps[0].level, 2);
}

#[test]
fn the_same_root_user_unseen_is_no_better_at_the_lower_end() {
    let mut assets: Vec<AssetInput> =
        (0..300).map(|_| asset(0, ORDINARY, &[(Severity::High, State::Pass)])).collect();
    let root = Stake::known(Sensitivity::High, Exposure::Internet);
    assets.push(asset(1, root, &[(Severity::Critical, State::Unknown)]));
    let score = score(&[control("platform.secure-api-access", Layer::Platform, assets)]);
    // lo: 0.896 under the cap; hi: if the unseen user is good, all are.
    assert_figure(score.controls[0].figure, 0.49, 1.0, 1);
    assert_eq!(score.controls[0].caps[0].because, Because::CriticalUnseen);
}

#[test]
fn a_single_good_account_stands_at_level_3_and_at_2_without_an_owner() {
    let account =
        || vec![asset(0, ORDINARY, &[(Severity::High, State::Pass), (Severity::Medium, State::Pass)])];
    let mut input = control("platform.log-analysis", Layer::Platform, account());
    let owned = score(std::slice::from_ref(&input));
    assert_figure(owned.controls[0].figure, 1.0, 1.0, 3);
    assert_eq!(owned.controls[0].wants, [Want::Days(90), Want::Exercise]);
    input.facts.owner = Presence::Absent;
    let ownerless = score(std::slice::from_ref(&input));
    assert_figure(ownerless.controls[0].figure, 1.0, 1.0, 2);
    assert_eq!(ownerless.controls[0].wants, [Want::Owner]);
    input.facts = Facts { days_at_level_3: 90, days_since_exercise: Some(180), ..owned_facts() };
    assert_figure(score(&[input]).controls[0].figure, 1.0, 1.0, 4);
}

fn owned_facts() -> Facts {
    Facts { owner: Presence::Present, watch: Presence::Present, ..Facts::default() }
}

#[test]
fn a_thousand_good_development_volumes_do_not_hide_four_failing_production_ones() {
    let development = Stake::known(Sensitivity::Low, Exposure::Internal);
    let production = Stake::known(Sensitivity::High, Exposure::Internal);
    let volumes = |severity, failing: usize| -> Vec<AssetInput> {
        let good = (0..1000).map(|_| asset(0, development, &[(severity, State::Pass)]));
        good.chain((0..failing).map(|_| asset(1, production, &[(severity, State::Fail)]))).collect()
    };
    // Groups of √1000 = 31.6228 good and √16 = 4 bad: 31.6228 / 35.6228 = 0.887713. Counted by heads it
    // would be 0.996.
    let high = score(&[control("platform.data-encryption", Layer::Platform, volumes(Severity::High, 4))]);
    assert_figure(high.controls[0].figure, 0.887_713, 0.887_713, 2);
    assert_eq!(high.controls[0].wants, [Want::Effect]);
    // A critical failure on assets of sensitivity 4 is a cap, whatever stands beside it.
    let critical =
        score(&[control("platform.data-encryption", Layer::Platform, volumes(Severity::Critical, 4))]);
    assert_figure(critical.controls[0].figure, 0.49, 0.49, 1);
}

#[test]
fn a_list_that_was_refused_keeps_its_place_by_the_last_known_count() {
    let seen = (0..4).map(|_| asset(0, ORDINARY, &[(Severity::High, State::Pass)]));
    let unlisted = AssetInput { population: Population::Counted(3), ..asset(0, ORDINARY, &[]) };
    let score =
        score(&[control("network.traffic-encryption", Layer::Network, seen.chain([unlisted]).collect())]);
    // One group: 4 assets of weight 2 hold, 3 of at most weight 8 are out of sight: 8 / 32 to 32 / 32.
    assert_figure(score.controls[0].figure, 0.25, 1.0, 1);
    assert_eq!(score.controls[0].caps[0].because, Because::PopulationUnknown);
}

#[test]
fn a_waiver_lifts_the_cap_and_nothing_else() {
    let root = Stake::known(Sensitivity::High, Exposure::Internet);
    let measures = |waiver| {
        let failed = Measure { waiver, ..Measure::sensed(Severity::Critical, State::Fail) };
        let good = (0..9).map(|_| asset(0, root, &[(Severity::High, State::Pass)]));
        good.chain([AssetInput { measures: vec![failed], ..asset(0, root, &[]) }]).collect()
    };
    let open = score(&[control("platform.secure-api-access", Layer::Platform, measures(Presence::Absent))]);
    assert_figure(open.controls[0].figure, 0.49, 0.49, 1);
    let exempt =
        score(&[control("platform.secure-api-access", Layer::Platform, measures(Presence::Present))]);
    // 9 of 10 of equal weight; the exempt one still counts as failed.
    assert_figure(exempt.controls[0].figure, 0.9, 0.9, 3);
    assert_eq!((exempt.controls[0].states.exempt, exempt.controls[0].states.fail), (1, 0));
}

#[test]
fn a_signed_answer_carries_a_control_to_level_2_and_no_further() {
    let signed = |state| {
        let answer = Measure { answered_by: AnsweredBy::Person, ..Measure::sensed(Severity::Medium, state) };
        vec![AssetInput { measures: vec![answer], ..asset(0, ORDINARY, &[]) }]
    };
    let yes = score(&[control("org.awareness-training", Layer::Org, signed(State::Pass))]);
    assert_figure(yes.controls[0].figure, 0.69, 0.69, 2);
    let nobody = score(&[control("org.awareness-training", Layer::Org, signed(State::Manual))]);
    assert_figure(nobody.controls[0].figure, 0.0, 1.0, 0);
    // The organisation stands apart.
    assert_eq!(yes.overall.figure, None);
}

#[test]
fn failures_do_not_count_as_coverage() {
    // Three pass, one is unseen: of what is not known to fail, 3/4 were seen, less than the 0.8 of level 2.
    let mut assets: Vec<AssetInput> =
        (0..3).map(|_| asset(0, ORDINARY, &[(Severity::High, State::Pass)])).collect();
    assets.push(asset(0, ORDINARY, &[(Severity::High, State::Unknown)]));
    let before = score(&[control("apps.access-management", Layer::Apps, assets.clone())]);
    assert_figure(before.controls[0].figure, 0.75, 1.0, 1);
    // Read literally, a failing fifth asset makes coverage 4/5 and effect 3/4: level 2.
    assets.push(asset(0, ORDINARY, &[(Severity::High, State::Fail)]));
    let after = score(&[control("apps.access-management", Layer::Apps, assets)]);
    assert_figure(after.controls[0].figure, 0.6, 0.8, 1);
    assert!((after.controls[0].coverage - 0.8).abs() < 1e-9);
    assert!((after.controls[0].effect.unwrap() - 0.75).abs() < 1e-9);
    assert_eq!(after.controls[0].wants, [Want::Coverage]);
}

#[test]
fn a_layer_reaches_what_four_fifths_of_its_weight_reach_and_no_more_than_one_above_its_essentials() {
    let good = |id: &str, weight: u8| ControlInput {
        weight,
        ..control(id, Layer::Network, vec![asset(0, ORDINARY, &[(Severity::High, State::Pass)])])
    };
    let bad = |id: &str, essential: bool| ControlInput {
        essential,
        ..control(id, Layer::Network, vec![asset(0, ORDINARY, &[(Severity::High, State::Fail)])])
    };
    // 4 of 5 parts stand at level 3; the mean is 4/5.
    let carried = score(&[good("network.a", 3), good("network.b", 1), bad("network.c", false)]);
    assert_figure(carried.layers[2].figure, 0.8, 0.8, 3);
    assert_eq!(carried.layers[2].weakest, Some("network.c".into()));
    // The same with the fifth essential, and at level 0: the layer stands at 1.
    let essential = score(&[good("network.a", 3), good("network.b", 1), bad("network.c", true)]);
    assert_figure(essential.layers[2].figure, 0.8, 0.8, 1);
    // 3 of 5 parts are too few.
    let few = score(&[good("network.a", 3), bad("network.b", false), bad("network.c", false)]);
    assert_figure(few.layers[2].figure, 0.6, 0.6, 0);
}

#[test]
fn what_nothing_can_measure_widens_the_layer_but_not_the_whole() {
    let good = control(
        "apps.access-management",
        Layer::Apps,
        vec![asset(0, ORDINARY, &[(Severity::High, State::Pass)])],
    );
    let dark = ControlInput {
        sensor: Presence::Absent,
        ..control("apps.threat-detection", Layer::Apps, vec![asset(0, ORDINARY, &[])])
    };
    let score = score(&[good, dark]);
    assert_figure(score.layers[0].figure, 0.5, 1.0, 0);
    assert_figure(score.overall.figure, 1.0, 1.0, 3);
    assert_eq!(score.overall.not_measured, ["apps.threat-detection"]);
    assert_eq!(score.overall.in_scope, 2);
}

#[test]
fn a_fix_older_than_a_year_caps_what_should_have_brought_it() {
    let mut input = control(
        "hosts.patch-management",
        Layer::Hosts,
        vec![asset(0, ORDINARY, &[(Severity::High, State::Pass)])],
    );
    input.facts.oldest_fix = partywall_ssrm::score::OldestFix::Days(365);
    assert_figure(score(std::slice::from_ref(&input)).controls[0].figure, 1.0, 1.0, 3);
    input.facts.oldest_fix = partywall_ssrm::score::OldestFix::Days(366);
    let capped = score(std::slice::from_ref(&input));
    assert_figure(capped.controls[0].figure, 0.49, 0.49, 1);
    assert_eq!(capped.controls[0].caps[0].because, Because::OldFix(366));
    input.facts.oldest_fix = partywall_ssrm::score::OldestFix::Unseen;
    assert_figure(score(&[input]).controls[0].figure, 0.49, 1.0, 1);
}

#[test]
fn a_critical_failure_past_its_service_level_holds_the_level_even_when_it_is_out_of_sight() {
    let overdue =
        |state| Measure { overdue: Presence::Present, ..Measure::sensed(Severity::Critical, state) };
    let estate = |state| {
        let mut assets: Vec<AssetInput> =
            (0..99).map(|_| asset(0, ORDINARY, &[(Severity::High, State::Pass)])).collect();
        assets.push(AssetInput { measures: vec![overdue(state)], ..asset(0, ORDINARY, &[]) });
        score(&[control("platform.data-encryption", Layer::Platform, assets)])
    };
    // Not exposed and not of the highest sensitivity: no cap on the figure, 99 of 100.
    assert_figure(estate(State::Fail).controls[0].figure, 0.99, 0.99, 1);
    assert_figure(estate(State::Unknown).controls[0].figure, 0.99, 1.0, 1);
    assert_figure(estate(State::Pass).controls[0].figure, 1.0, 1.0, 3);
}

#[test]
fn a_layer_is_capped_by_a_critical_failure_and_by_whatever_may_hide_one() {
    let root = Stake::known(Sensitivity::High, Exposure::Internet);
    let layer = |last: AssetInput| {
        let good = |id: &str| ControlInput {
            weight: 3,
            ..control(id, Layer::Network, vec![asset(0, ORDINARY, &[(Severity::High, State::Pass)])])
        };
        let assets = vec![asset(0, ORDINARY, &[(Severity::High, State::Pass)]), last];
        let scored =
            score(&[good("network.a"), good("network.b"), control("network.c", Layer::Network, assets)]);
        scored.layers[2].clone()
    };
    // 6 of 7 parts stand at level 3, so without the cap the layer would, at a mean of (6 + 0.49) / 7 = 0.927.
    let open = layer(asset(0, root, &[(Severity::Critical, State::Fail)]));
    assert_figure(open.figure, 0.69, 0.69, 2);
    // Out of sight it may have been mended, so the upper end is open: 7 of 7.
    let unseen = layer(asset(0, root, &[(Severity::Critical, State::Unknown)]));
    assert_figure(unseen.figure, 0.69, 1.0, 2);
    let unlisted = layer(AssetInput { population: Population::Counted(1), ..asset(0, root, &[]) });
    assert_figure(unlisted.figure, 0.69, 1.0, 2);
    assert_eq!(unlisted.caps[0].because, Because::PopulationUnknown);
    let good = layer(asset(0, root, &[(Severity::Critical, State::Pass)]));
    assert_figure(good.figure, 1.0, 1.0, 3);
}
