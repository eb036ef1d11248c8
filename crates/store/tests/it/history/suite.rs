//! The tests that every [`Store`](partywall_store::history::Store) must pass.

use std::cell::RefCell;

use jiff::{Timestamp, ToSpan};
use partywall_model::{Fingerprint, Holder, Layer, Severity};
use partywall_store::history::{
    AssetRow, ControlRow, FigureRow, FindingRow, HeldLine, Keep, LayerRow, Life, Outcome, PopulationRow,
    Presence, Pruned, Recorded, RunId, RunRecord, Signature, Store,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

/// Makes a module of tests of the store that `$make` gives: a pair of the store and what it lives in.
macro_rules! store_suite {
    ($module:ident, $make:path) => {
        mod $module {
            use super::suite;

            store_suite!(@tests $make:
                a_run_comes_back_with_its_counts
                a_run_recorded_twice_is_one_run
                a_failure_keeps_its_age_until_a_pass
                a_failure_after_a_pass_starts_anew
                what_was_not_seen_mended_still_fails
                a_finding_that_never_failed_has_no_age
                of_two_rows_with_one_fingerprint_the_worse_counts
                an_older_run_is_kept_and_changes_nothing_later
                an_older_run_tells_of_what_no_later_run_saw
                a_finding_follows_its_control_and_severity
                the_last_known_size_is_that_of_the_newest_run
                a_level_lasts_since_the_last_run_that_broke_it
                a_control_that_was_not_measured_has_not_lasted
                runs_over_other_accounts_do_not_break_a_level
                a_run_that_cannot_be_kept_leaves_nothing
                any_text_is_kept_as_it_is
                many_findings_are_recorded_in_one_step
                a_run_comes_back_as_it_was_recorded
                what_has_failed_is_known_where_a_run_does_not_have_it
                an_older_run_does_not_know_what_came_later
                the_trend_is_of_the_same_accounts_and_ends_at_a_time
                old_runs_go_and_the_others_stay_as_they_were
                the_newest_run_over_each_accounts_stays
                an_open_failure_keeps_its_age_when_its_runs_go
                an_open_failure_is_known_when_its_runs_are_gone
                what_went_with_its_runs_is_not_known_before_it_failed
                a_level_has_lasted_although_its_runs_are_gone
                any_order_of_runs_says_what_a_simple_memory_says
            );
        }
    };
    (@tests $make:path: $($test:ident)*) => {
        $(
            #[test]
            fn $test() {
                let (mut store, _place) = $make();
                suite::$test(&mut store);
            }
        )*
    };
}

pub(super) fn day(day: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap() + (24 * day).hours()
}

/// A run on a day; days are its identity too.
pub(super) fn run(on: i64) -> RunRecord {
    RunRecord {
        id: RunId::new(format!("evidence of day {on}")),
        taken_at: day(on),
        tool_version: "0.1.0".into(),
        complete: true,
        accounts: vec!["222233334444".into(), "111122223333".into()],
        overall: None,
        layers: vec![],
        controls: vec![],
        populations: vec![],
        signatures: vec![],
        assets: vec![],
    }
}

pub(super) fn finding(number: u8, outcome: Outcome) -> FindingRow {
    FindingRow {
        fingerprint: Fingerprint([number; 16]),
        check: "s3-bucket-public".into(),
        control: "platform.configuration-scanning".into(),
        asset: format!("arn:aws:s3:::bucket-{number}").into(),
        outcome,
        severity: Severity::High,
        why: "".into(),
    }
}

pub(super) fn record(store: &mut dyn Store, run: &RunRecord, findings: &[FindingRow]) -> Recorded {
    store.record_run(run, &mut findings.iter().cloned()).unwrap()
}

/// Records one finding day by day; none where the run did not have it.
fn observe(store: &mut dyn Store, days: &[(i64, Option<Outcome>)]) {
    for (on, outcome) in days {
        let findings: Vec<_> = outcome.iter().map(|outcome| finding(1, *outcome)).collect();
        assert_eq!(record(store, &run(*on), &findings), Recorded::New);
    }
}

fn failing_since(store: &dyn Store) -> Option<Timestamp> {
    let fingerprint = Fingerprint([1; 16]);
    let since = store.first_seen(&[fingerprint]).unwrap().get(&fingerprint).copied();
    let life = store.finding(fingerprint).unwrap();
    assert_eq!(since, life.and_then(|life| life.failing_since), "both ways of asking agree");
    since
}

fn control(level: impl Into<Option<u8>>) -> ControlRow {
    let level = level.into();
    ControlRow {
        control: "network.traffic-encryption".into(),
        level,
        range: level.map(|level| (f64::from(level) / 4.0, 1.0)),
        coverage: 0.5,
        detail: json!({"version": 1, "caps": ["an open critical failure"]}),
    }
}

pub(super) fn a_run_comes_back_with_its_counts(store: &mut dyn Store) {
    assert_eq!(store.runs().unwrap(), []);
    let mut first = run(1);
    first.complete = false;
    record(
        store,
        &first,
        &[finding(1, Outcome::Fail), finding(2, Outcome::Pass), finding(3, Outcome::Unknown)],
    );
    record(store, &run(2), &[]);
    let runs = store.runs().unwrap();
    let ids: Vec<&str> = runs.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, ["evidence of day 2", "evidence of day 1"], "the newest comes first");
    assert_eq!((runs[1].findings, runs[1].failing, runs[1].complete), (3, 1, false));
    assert_eq!((runs[0].findings, runs[0].failing, runs[0].complete), (0, 0, true));
    assert_eq!(runs[0].accounts, ["111122223333", "222233334444"]);
    assert_eq!((runs[0].taken_at, &*runs[0].tool_version), (day(2), "0.1.0"));
}

pub(super) fn a_run_recorded_twice_is_one_run(store: &mut dyn Store) {
    let findings = [finding(1, Outcome::Fail)];
    assert_eq!(record(store, &run(1), &findings), Recorded::New);
    let before = (store.runs().unwrap(), store.finding(Fingerprint([1; 16])).unwrap());
    assert_eq!(record(store, &run(1), &findings), Recorded::Already);
    // Even if it is judged otherwise by now: what was recorded is what was said then.
    assert_eq!(
        record(store, &run(1), &[finding(1, Outcome::Pass), finding(2, Outcome::Fail)]),
        Recorded::Already
    );
    assert_eq!((store.runs().unwrap(), store.finding(Fingerprint([1; 16])).unwrap()), before);
    assert_eq!(store.finding(Fingerprint([2; 16])).unwrap(), None);
}

pub(super) fn a_failure_keeps_its_age_until_a_pass(store: &mut dyn Store) {
    observe(store, &[(1, Some(Outcome::Fail)), (2, Some(Outcome::Fail)), (9, Some(Outcome::Fail))]);
    assert_eq!(failing_since(store), Some(day(1)));
    observe(store, &[(10, Some(Outcome::Pass))]);
    assert_eq!(failing_since(store), None);
    let life = store.finding(Fingerprint([1; 16])).unwrap().unwrap();
    assert_eq!((life.first_observed_at, life.last_observed_at), (day(1), day(10)));
    assert_eq!((life.fixed_at, life.reopened), (Some(day(10)), 0));
    assert_eq!(life.last, finding(1, Outcome::Pass));
}

pub(super) fn a_failure_after_a_pass_starts_anew(store: &mut dyn Store) {
    observe(
        store,
        &[
            (1, Some(Outcome::Fail)),
            (2, Some(Outcome::Pass)),
            (3, Some(Outcome::Pass)),
            (4, Some(Outcome::Fail)),
            (5, Some(Outcome::Fail)),
        ],
    );
    assert_eq!(failing_since(store), Some(day(4)));
    let life = store.finding(Fingerprint([1; 16])).unwrap().unwrap();
    assert_eq!((life.fixed_at, life.reopened), (Some(day(2)), 1));
    observe(store, &[(6, Some(Outcome::Pass)), (7, Some(Outcome::Fail))]);
    assert_eq!(failing_since(store), Some(day(7)));
    let life = store.finding(Fingerprint([1; 16])).unwrap().unwrap();
    assert_eq!((life.fixed_at, life.reopened), (Some(day(6)), 2));
}

pub(super) fn what_was_not_seen_mended_still_fails(store: &mut dyn Store) {
    let days = [
        Some(Outcome::Fail),
        Some(Outcome::Unknown),
        Some(Outcome::Manual),
        Some(Outcome::NotApplicable),
        None,
        Some(Outcome::Fail),
    ];
    for (on, outcome) in (1..).zip(days) {
        observe(store, &[(on, outcome)]);
        assert_eq!(failing_since(store), Some(day(1)), "after {outcome:?}");
    }
    let life = store.finding(Fingerprint([1; 16])).unwrap().unwrap();
    assert_eq!((life.fixed_at, life.reopened), (None, 0));
}

pub(super) fn a_finding_that_never_failed_has_no_age(store: &mut dyn Store) {
    observe(
        store,
        &[(1, Some(Outcome::Unknown)), (2, Some(Outcome::Pass)), (3, Some(Outcome::NotApplicable))],
    );
    assert_eq!(failing_since(store), None);
    assert_eq!(store.first_seen(&[Fingerprint([9; 16])]).unwrap().len(), 0, "one that nobody knows neither");
    let life = store.finding(Fingerprint([1; 16])).unwrap().unwrap();
    assert_eq!((life.fixed_at, life.first_observed_at), (None, day(1)));
}

pub(super) fn of_two_rows_with_one_fingerprint_the_worse_counts(store: &mut dyn Store) {
    record(store, &run(1), &[finding(1, Outcome::Fail), finding(1, Outcome::Pass)]);
    assert_eq!(failing_since(store), Some(day(1)));
    record(store, &run(2), &[finding(1, Outcome::Pass), finding(1, Outcome::Fail)]);
    assert_eq!(failing_since(store), Some(day(1)));
    record(store, &run(3), &[finding(1, Outcome::Pass), finding(1, Outcome::Unknown)]);
    assert_eq!(failing_since(store), Some(day(1)), "a pass beside an unknown is no pass");
    assert_eq!(store.runs().unwrap().iter().map(|run| run.findings).collect::<Vec<_>>(), [1, 1, 1]);
}

pub(super) fn an_older_run_is_kept_and_changes_nothing_later(store: &mut dyn Store) {
    observe(store, &[(5, Some(Outcome::Fail)), (6, Some(Outcome::Fail))]);
    let known = store.finding(Fingerprint([1; 16])).unwrap();
    observe(store, &[(1, Some(Outcome::Fail)), (2, Some(Outcome::Pass))]);
    assert_eq!(store.finding(Fingerprint([1; 16])).unwrap(), known);
    let days: Vec<_> = store.runs().unwrap().iter().map(|run| (run.taken_at, run.findings)).collect();
    assert_eq!(days, [(day(6), 1), (day(5), 1), (day(2), 1), (day(1), 1)]);
}

pub(super) fn an_older_run_tells_of_what_no_later_run_saw(store: &mut dyn Store) {
    record(store, &run(5), &[finding(2, Outcome::Pass)]);
    observe(store, &[(3, Some(Outcome::Fail))]);
    assert_eq!(failing_since(store), Some(day(3)));
}

pub(super) fn a_finding_follows_its_control_and_severity(store: &mut dyn Store) {
    observe(store, &[(1, Some(Outcome::Fail))]);
    let moved = FindingRow {
        control: "network.logical-segmentation".into(),
        severity: Severity::Critical,
        ..finding(1, Outcome::Fail)
    };
    record(store, &run(2), std::slice::from_ref(&moved));
    assert_eq!(store.finding(moved.fingerprint).unwrap().unwrap().last, moved);
}

pub(super) fn the_last_known_size_is_that_of_the_newest_run(store: &mut dyn Store) {
    let sized = |on: i64, region: &str, count: u64| {
        let (account, region, kind) = ("111122223333".into(), region.into(), "AWS::EC2::VPC".into());
        RunRecord { populations: vec![PopulationRow { account, region, kind, count }], ..run(on) }
    };
    let ask = |store: &dyn Store, region: &str| {
        let (account, region, kind) = ("111122223333".into(), region.into(), "AWS::EC2::VPC".into());
        let known = store.last_known(&account, &region, &kind).unwrap();
        let in_account = store.last_known_in(&account).unwrap();
        assert_eq!(in_account.get(&(region, kind)).copied(), known);
        known
    };
    assert_eq!(ask(store, "eu-west-1"), None);
    record(store, &sized(1, "eu-west-1", 7), &[]);
    record(store, &sized(2, "us-east-1", 4), &[]);
    assert_eq!((ask(store, "eu-west-1"), ask(store, "us-east-1")), (Some(7), Some(4)));
    record(store, &sized(3, "eu-west-1", 0), &[]);
    assert_eq!(ask(store, "eu-west-1"), Some(0), "none is a size too");
    record(store, &sized(-4, "eu-west-1", 99), &[]);
    assert_eq!(ask(store, "eu-west-1"), Some(0), "an older run says nothing of today");
}

fn with_level(on: i64, level: impl Into<Option<u8>>) -> RunRecord {
    RunRecord { controls: vec![control(level)], ..run(on) }
}

fn lasted(store: &dyn Store) -> Option<Timestamp> {
    store.level_three_since(&"network.traffic-encryption".into(), &run(0).accounts).unwrap()
}

pub(super) fn a_level_lasts_since_the_last_run_that_broke_it(store: &mut dyn Store) {
    assert_eq!(lasted(store), None);
    record(store, &with_level(1, 3), &[]);
    record(store, &with_level(2, 2), &[]);
    assert_eq!(lasted(store), None);
    record(store, &with_level(3, 3), &[]);
    record(store, &with_level(4, 4), &[]);
    assert_eq!(lasted(store), Some(day(3)));
    assert_eq!(store.level_three_since(&"apps.access-management".into(), &run(0).accounts).unwrap(), None);
}

pub(super) fn a_control_that_was_not_measured_has_not_lasted(store: &mut dyn Store) {
    record(store, &with_level(1, 3), &[]);
    record(store, &with_level(2, None), &[]);
    record(store, &with_level(3, 3), &[]);
    assert_eq!(lasted(store), Some(day(3)));
    record(store, &run(4), &[]);
    assert_eq!(lasted(store), None, "a run that does not name it breaks it too");
}

pub(super) fn runs_over_other_accounts_do_not_break_a_level(store: &mut dyn Store) {
    record(store, &with_level(1, 3), &[]);
    record(store, &RunRecord { accounts: vec!["999900001111".into()], ..with_level(2, 0) }, &[]);
    let reordered =
        RunRecord { accounts: vec!["111122223333".into(), "222233334444".into()], ..with_level(3, 3) };
    record(store, &reordered, &[]);
    assert_eq!(lasted(store), Some(day(1)), "the order of accounts means nothing");
    assert_eq!(
        store.level_three_since(&"network.traffic-encryption".into(), &["999900001111".into()]).unwrap(),
        None
    );
}

pub(super) fn a_run_that_cannot_be_kept_leaves_nothing(store: &mut dyn Store) {
    for odd in [
        ControlRow { coverage: f64::NAN, ..control(1) },
        ControlRow { range: Some((0.0, 1.5)), ..control(1) },
        ControlRow { level: Some(5), ..control(1) },
    ] {
        let run = RunRecord { controls: vec![odd], ..run(1) };
        let error = store.record_run(&run, &mut [finding(1, Outcome::Fail)].into_iter()).unwrap_err();
        assert!(error.to_string().contains("network.traffic-encryption"), "{error}");
    }
    // The same control twice is found only while it is written: what went before it must go too.
    let twice = RunRecord { controls: vec![control(1), control(2)], ..run(1) };
    assert!(store.record_run(&twice, &mut [finding(1, Outcome::Fail)].into_iter()).is_err());
    assert_eq!((store.runs().unwrap(), failing_since(store)), (vec![], None));
    assert_eq!(record(store, &run(1), &[finding(1, Outcome::Fail)]), Recorded::New);
}

pub(super) fn any_text_is_kept_as_it_is(store: &mut dyn Store) {
    for (number, odd) in (1..).zip(["", "'; DROP TABLE run; --", "ü\u{202e}\n\t\"\\", "<script>"]) {
        let row = FindingRow { asset: odd.into(), check: odd.into(), ..finding(number, Outcome::Fail) };
        let run =
            RunRecord { id: RunId::new(odd), accounts: vec![odd.into()], tool_version: odd.into(), ..run(1) };
        record(store, &run, std::slice::from_ref(&row));
        assert_eq!(store.finding(row.fingerprint).unwrap().unwrap().last, row);
        let kept = store.runs().unwrap().into_iter().find(|run| run.id.as_str() == odd).unwrap();
        assert_eq!((kept.accounts, &*kept.tool_version), (vec![odd.into()], odd));
    }
}

pub(super) fn many_findings_are_recorded_in_one_step(store: &mut dyn Store) {
    const MANY: u64 = 20_000;
    let outcomes = [Outcome::Pass, Outcome::Fail, Outcome::Unknown, Outcome::NotApplicable];
    let rows = |shift: u64| {
        (0..MANY).map(move |number| FindingRow {
            fingerprint: Fingerprint(
                u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes(),
            ),
            check: format!("check-{}", number % 100).into(),
            asset: format!("asset-{}", number / 100).into(),
            outcome: outcomes[((number + shift) % 4) as usize],
            ..finding(0, Outcome::Pass)
        })
    };
    store.record_run(&run(1), &mut rows(0)).unwrap();
    store.record_run(&run(2), &mut rows(1)).unwrap();
    let runs = store.runs().unwrap();
    assert_eq!((runs[0].findings, runs[0].failing), (MANY, MANY / 4));
    let fingerprints: Vec<Fingerprint> = rows(0).map(|row| row.fingerprint).collect();
    let since = store.first_seen(&fingerprints).unwrap();
    // On day 2 those that passed on day 1 fail, and those that failed are unknown: both are failing now.
    assert_eq!(since.len() as u64, MANY / 2);
    for (number, fingerprint) in fingerprints.iter().enumerate() {
        let expected = [Some(day(2)), Some(day(1)), None, None][number % 4];
        assert_eq!(since.get(fingerprint).copied(), expected, "{number}");
    }
}

fn line(control: &str, holder: Holder) -> HeldLine {
    HeldLine {
        control: control.into(),
        holder,
        rule: "aws/lambda.yaml:12".into(),
        switch: "RuntimeManagementConfig.UpdateRuntimeOn".into(),
        need: "".into(),
    }
}

fn asset(number: u8, signature: usize) -> AssetRow {
    AssetRow {
        asset: format!("arn:aws:s3:::bucket-{number}").into(),
        kind: "AWS::S3::Bucket".into(),
        account: (number != 0).then(|| "111122223333".into()),
        region: (number != 0).then(|| "eu-west-1".into()),
        signature,
    }
}

/// A run with figures, lines and assets.
pub(super) fn rich(on: i64, holder: Holder, assets: &[u8]) -> RunRecord {
    let figure = FigureRow { level: 2, lo: 0.25, hi: 0.75 };
    RunRecord {
        overall: Some(figure),
        layers: vec![
            LayerRow { layer: Layer::Apps, figure: None },
            LayerRow { layer: Layer::Hosts, figure: Some(figure) },
        ],
        controls: vec![control(2)],
        signatures: vec![
            Signature(vec![line("hosts.patch-management", Holder::Customer)]),
            Signature(vec![
                line("hosts.patch-management", holder),
                line("org.maturity-review", Holder::ThirdParty("Harbour".into())),
            ]),
        ],
        assets: assets.iter().map(|number| asset(*number, usize::from(number % 2))).collect(),
        ..run(on)
    }
}

pub(super) fn a_run_comes_back_as_it_was_recorded(store: &mut dyn Store) {
    let first = rich(1, Holder::Provider, &[0, 1, 2, 3]);
    let unseen = FindingRow { why: "s3:GetBucketPolicy AccessDenied".into(), ..finding(2, Outcome::Unknown) };
    record(store, &first, &[finding(1, Outcome::Fail), unseen.clone()]);
    let second = rich(2, Holder::Unknown, &[0, 1, 3, 4]);
    record(store, &second, &[finding(1, Outcome::Fail), finding(2, Outcome::Pass)]);
    record(store, &rich(3, Holder::Unknown, &[0, 1, 3, 4]), &[finding(2, Outcome::Pass)]);
    assert_eq!(store.state(&RunId::new("no such run")).unwrap(), None);
    for (run, others) in [(&first, &second), (&second, &first)] {
        let state = store.state(&run.id).unwrap().unwrap();
        assert_eq!((state.figures.overall, &state.figures.layers), (run.overall, &run.layers));
        assert_eq!((&state.figures.controls, &state.figures.run.id), (&run.controls, &run.id));
        assert_eq!(state.assets.len(), run.assets.len());
        for row in &run.assets {
            let kept = &state.assets[&row.asset];
            assert_eq!((&kept.kind, &kept.account, &kept.region), (&row.kind, &row.account, &row.region));
            assert_eq!(state.signatures[kept.signature], run.signatures[row.signature]);
        }
        assert!(others.assets.iter().any(|row| !state.assets.contains_key(&row.asset)));
    }
    let state = store.state(&first.id).unwrap().unwrap();
    assert_eq!(state.findings[&unseen.fingerprint].row, unseen);
    assert_eq!(state.findings.len(), 2);
}

/// What a run knows of the finding 1.
fn known(store: &dyn Store, on: i64) -> Option<(Presence, Life)> {
    let state = store.state(&run(on).id).unwrap().unwrap();
    state.findings.get(&Fingerprint([1; 16])).map(|state| (state.presence, state.life))
}

pub(super) fn what_has_failed_is_known_where_a_run_does_not_have_it(store: &mut dyn Store) {
    observe(
        store,
        &[
            (1, Some(Outcome::Pass)),
            (2, None),
            (3, Some(Outcome::Fail)),
            (4, None),
            (5, Some(Outcome::Unknown)),
            (6, Some(Outcome::Pass)),
            (7, None),
            (8, Some(Outcome::Fail)),
        ],
    );
    let days: Vec<_> = (1..=8).map(|on| known(store, on)).collect();
    use Life::{Failing, Mended, NeverFailed};
    use Presence::{Earlier, Observed};
    assert_eq!(
        days,
        [
            Some((Observed, NeverFailed)),
            None,
            Some((Observed, Failing)),
            Some((Earlier, Failing)),
            Some((Observed, Failing)),
            Some((Observed, Mended)),
            Some((Earlier, Mended)),
            Some((Observed, Failing)),
        ]
    );
}

pub(super) fn an_older_run_does_not_know_what_came_later(store: &mut dyn Store) {
    observe(
        store,
        &[(5, Some(Outcome::Fail)), (9, Some(Outcome::Pass)), (3, Some(Outcome::Pass)), (7, None)],
    );
    assert_eq!(known(store, 3), Some((Presence::Observed, Life::NeverFailed)));
    assert_eq!(known(store, 7), Some((Presence::Earlier, Life::Failing)));
}

pub(super) fn the_trend_is_of_the_same_accounts_and_ends_at_a_time(store: &mut dyn Store) {
    for on in [4, 1, 3, 2, 5] {
        record(store, &rich(on, Holder::Provider, &[0]), &[finding(1, Outcome::Fail)]);
    }
    let elsewhere = RunRecord { accounts: vec!["999900001111".into()], id: RunId::new("x"), ..run(3) };
    record(store, &elsewhere, &[]);
    let accounts = run(0).accounts;
    let trend = store.trend(&accounts, day(4), 3).unwrap();
    let days: Vec<Timestamp> = trend.iter().map(|figures| figures.run.taken_at).collect();
    assert_eq!(days, [day(2), day(3), day(4)]);
    assert_eq!(trend[0].overall, Some(FigureRow { level: 2, lo: 0.25, hi: 0.75 }));
    assert_eq!((trend[0].layers.len(), trend[0].controls.len(), trend[0].run.failing), (2, 1, 1));
    assert_eq!(store.trend(&accounts[..1], day(4), 3).unwrap(), []);
}

pub(super) fn old_runs_go_and_the_others_stay_as_they_were(store: &mut dyn Store) {
    let outcomes =
        [Outcome::Fail, Outcome::Pass, Outcome::Unknown, Outcome::Pass, Outcome::Pass, Outcome::Fail];
    for (on, outcome) in (1..).zip(outcomes) {
        let number = u8::try_from(on).unwrap();
        record(
            store,
            &rich(on, Holder::Provider, &[0, number]),
            &[finding(1, outcome), finding(number + 1, outcome)],
        );
    }
    let states =
        |store: &dyn Store| (4..=6).map(|on| store.state(&run(on).id).unwrap().unwrap()).collect::<Vec<_>>();
    let before = states(store);
    assert_eq!(store.prune(&Keep::default()).unwrap(), Pruned::default(), "without a rule all stay");
    let pruned = store.prune(&Keep { runs: Some(2), since: Some(day(4)) }).unwrap();
    assert_eq!(pruned.runs, 3);
    assert_eq!(store.runs().unwrap().len(), 3);
    for (before, mut after) in before.into_iter().zip(states(store)) {
        after.findings.retain(|_, state| state.presence == Presence::Observed);
        let mut expected = before;
        expected.findings.retain(|_, state| state.presence == Presence::Observed);
        // Which place a signature has means nothing.
        for state in [&mut after, &mut expected] {
            let signatures = std::mem::take(&mut state.signatures);
            for row in state.assets.values_mut() {
                row.signature = signatures[row.signature].0.len();
            }
        }
        assert_eq!(after, expected);
    }
    // The history goes on, and a number is never given again.
    record(store, &rich(7, Holder::Provider, &[0]), &[finding(1, Outcome::Fail)]);
    assert_eq!(known(store, 7), Some((Presence::Observed, Life::Failing)));
    assert_eq!(known(store, 5), Some((Presence::Observed, Life::Mended)), "it is still known to have failed");
}

pub(super) fn the_newest_run_over_each_accounts_stays(store: &mut dyn Store) {
    record(store, &run(1), &[]);
    record(store, &RunRecord { accounts: vec!["999900001111".into()], ..run(2) }, &[]);
    record(store, &run(3), &[]);
    let keep = Keep { runs: None, since: Some(day(100)) };
    assert_eq!(store.prune(&keep).unwrap().runs, 1);
    let days: Vec<Timestamp> = store.runs().unwrap().iter().map(|run| run.taken_at).collect();
    assert_eq!(days, [day(3), day(2)]);
    assert_eq!(store.prune(&Keep { runs: Some(0), since: None }).unwrap().runs, 0);
}

pub(super) fn an_open_failure_keeps_its_age_when_its_runs_go(store: &mut dyn Store) {
    observe(store, &[(1, Some(Outcome::Fail)), (2, Some(Outcome::Unknown)), (3, None), (4, None)]);
    record(store, &run(0), &[finding(7, Outcome::Pass)]);
    let pruned = store.prune(&Keep { runs: Some(1), since: None }).unwrap();
    assert_eq!(pruned, Pruned { runs: 4, findings: 1 });
    assert_eq!(failing_since(store), Some(day(1)));
    observe(store, &[(5, Some(Outcome::Fail))]);
    assert_eq!(failing_since(store), Some(day(1)));
    assert_eq!(store.finding(Fingerprint([7; 16])).unwrap(), None);
}

pub(super) fn an_open_failure_is_known_when_its_runs_are_gone(store: &mut dyn Store) {
    let earlier_failure = Some((Presence::Earlier, Life::Failing));
    observe(store, &[(1, Some(Outcome::Fail)), (2, Some(Outcome::Unknown)), (3, None), (4, None)]);
    assert_eq!(known(store, 4), earlier_failure);
    let newest = Keep { runs: Some(1), since: None };
    assert_eq!(store.prune(&newest).unwrap().runs, 3);
    assert_eq!(known(store, 4), earlier_failure, "no run that saw it is left");
    observe(store, &[(5, None)]);
    assert_eq!(store.prune(&newest).unwrap().runs, 1);
    assert_eq!(known(store, 5), earlier_failure, "nor the second time");
    observe(store, &[(6, Some(Outcome::Pass)), (7, None), (8, Some(Outcome::Fail)), (9, None)]);
    let lives: Vec<_> = (5..=9).filter_map(|on| known(store, on)).map(|(_, life)| life).collect();
    use Life::{Failing, Mended};
    assert_eq!(lives, [Failing, Mended, Mended, Failing, Failing]);
    let rows = |store: &dyn Store| store.state(&run(9).id).unwrap().unwrap().findings.len();
    assert_eq!((store.prune(&newest).unwrap().runs, rows(store)), (4, 1));
}

pub(super) fn what_went_with_its_runs_is_not_known_before_it_failed(store: &mut dyn Store) {
    observe(store, &[(3, Some(Outcome::Fail)), (4, None)]);
    store.prune(&Keep { runs: Some(1), since: None }).unwrap();
    observe(store, &[(2, None)]);
    assert_eq!(known(store, 2), None, "evidence from before is judged late");
    observe(store, &[(5, Some(Outcome::Pass))]);
    assert_eq!(known(store, 2), None);
    assert_eq!(known(store, 4), Some((Presence::Earlier, Life::Failing)));
}

pub(super) fn a_level_has_lasted_although_its_runs_are_gone(store: &mut dyn Store) {
    for (on, level) in [(1, 3), (2, 2), (3, 3), (4, 3), (5, 4)] {
        record(store, &with_level(on, level), &[]);
    }
    let keep = Keep { runs: Some(1), since: None };
    assert_eq!(store.prune(&keep).unwrap().runs, 4);
    assert_eq!(lasted(store), Some(day(3)));
    record(store, &with_level(6, 3), &[]);
    assert_eq!(store.prune(&keep).unwrap().runs, 1);
    assert_eq!(lasted(store), Some(day(3)));
    record(store, &with_level(7, 1), &[]);
    assert_eq!(lasted(store), None);
    record(store, &with_level(8, 3), &[]);
    assert_eq!(store.prune(&keep).unwrap().runs, 2);
    assert_eq!(lasted(store), Some(day(8)), "what a run that is gone had broken stays broken");
    record(store, &with_level(9, 0), &[]);
    record(store, &with_level(10, 0), &[]);
    store.prune(&keep).unwrap();
    assert_eq!(lasted(store), None);
    record(store, &with_level(11, 3), &[]);
    assert_eq!(lasted(store), Some(day(11)));
    record(store, &run(12), &[]);
    record(store, &with_level(13, 3), &[]);
    assert_eq!(lasted(store), Some(day(13)), "a run that did not measure it breaks it");
    store.prune(&keep).unwrap();
    assert_eq!(lasted(store), Some(day(13)), "also when that run is gone");
    record(store, &run(14), &[]);
    record(store, &with_level(15, 3), &[]);
    store.prune(&keep).unwrap();
    assert_eq!(lasted(store), Some(day(15)));
}

/// Runs in any order, over two sets of accounts, with three findings each.
pub(super) fn any_order_of_runs_says_what_a_simple_memory_says(store: &mut dyn Store) {
    let outcome = prop_oneof![
        Just(None),
        Just(Some(Outcome::Pass)),
        Just(Some(Outcome::Fail)),
        Just(Some(Outcome::Unknown))
    ];
    let runs = prop::collection::vec((prop::collection::vec(outcome, 3), any::<bool>()), 1..9);
    let plan = runs.prop_flat_map(|runs| {
        let order = Just((0..runs.len()).collect::<Vec<_>>()).prop_shuffle();
        (Just(runs), order)
    });
    let kept = RefCell::new((store, 0));
    TestRunner::new(Config { cases: 48, ..Config::default() })
        .run(&plan, |(runs, order)| {
            let (store, round) = &mut *kept.borrow_mut();
            *round += 1;
            check_plan(*store, *round, &runs, &order);
            Ok(())
        })
        .unwrap();
}

type Planned = (Vec<Option<Outcome>>, bool);

/// Each plan has accounts of its own, so that all can go into one store. Of findings it uses its own too.
fn check_plan(store: &mut dyn Store, round: i64, runs: &[Planned], order: &[usize]) {
    let id = |on: usize| RunId::new(format!("{round} {on}"));
    let fingerprint = |number: usize| {
        let mut print = [u8::try_from(number).unwrap() + 1; 16];
        print[..8].copy_from_slice(&round.to_be_bytes());
        Fingerprint(print)
    };
    for on in order {
        let (outcomes, elsewhere) = &runs[*on];
        let rows = outcomes.iter().enumerate().filter_map(|(number, outcome)| {
            let row = finding(0, (*outcome)?);
            Some(FindingRow { fingerprint: fingerprint(number), ..row })
        });
        let accounts = vec![format!("{round} {elsewhere}").as_str().into()];
        let at = day(i64::try_from(*on).unwrap());
        let run = RunRecord { id: id(*on), accounts, taken_at: at, ..run(0) };
        record(store, &run, &rows.collect::<Vec<_>>());
    }
    for (on, (outcomes, elsewhere)) in runs.iter().enumerate() {
        let state = store.state(&id(on)).unwrap().unwrap();
        for (number, outcome) in outcomes.iter().enumerate() {
            let kept = state.findings.get(&fingerprint(number));
            let seen = kept.filter(|kept| kept.presence == Presence::Observed).map(|kept| kept.row.outcome);
            assert_eq!(seen, *outcome, "run {on}, finding {number}");
            // Failures are known over all accounts; a finding belongs to one account, so within a scope.
            let same = runs[..=on].iter().filter(|(_, other)| other == elsewhere);
            let decided: Vec<Outcome> = same
                .filter_map(|(outcomes, _)| outcomes[number])
                .filter(|outcome| matches!(outcome, Outcome::Pass | Outcome::Fail))
                .collect();
            let life = match decided.last() {
                Some(Outcome::Fail) => Life::Failing,
                _ if decided.contains(&Outcome::Fail) => Life::Mended,
                _ => Life::NeverFailed,
            };
            let is_mixed = runs.iter().any(|(_, other)| other != elsewhere);
            if let Some(kept) = kept.filter(|_| !is_mixed) {
                assert_eq!(kept.life, life, "run {on}, finding {number}");
            }
        }
    }
}
