//! What two runs are told apart by.

use partywall_model::{Confidence, Finding, Holder, KillChainStage, Region, ThirdParty, Verdict};
use partywall_store::history::{
    AssetRow, Change, FindingRow, Outcome, PopulationRow, RunRecord, RunState, SqliteStore, Store, compare,
};

use super::suite::{finding, record, rich};

const BUCKET: u8 = 2;

/// Two runs, the earlier one first: the buckets of each, and the regions whose list of buckets it read to its end.
fn two_runs(runs: [(&[u8], &[&str]); 2]) -> [RunState; 2] {
    let mut store = SqliteStore::in_memory().unwrap();
    let states = [1, 2].into_iter().zip(runs).map(|(on, (buckets, listed))| {
        let population = |region: &&str| PopulationRow {
            account: "111122223333".into(),
            region: Region::from(*region),
            kind: "AWS::S3::Bucket".into(),
            count: 1,
        };
        let run = RunRecord {
            populations: listed.iter().map(population).collect(),
            ..rich(on, Holder::Provider, buckets)
        };
        record(&mut store, &run, &[]);
        store.state(&run.id).unwrap().unwrap()
    });
    let states: Vec<RunState> = states.collect();
    states.try_into().unwrap()
}

/// How many of the buckets have gone, and how many are not listed.
fn missing(before: &[&str], after: &[&str]) -> (usize, usize) {
    let [before, after] = two_runs([(&[1, BUCKET], before), (&[1], after)]);
    let comparison = compare(&before, &after);
    let is_missing = |row: &&AssetRow| row.asset == *format!("arn:aws:s3:::bucket-{BUCKET}").as_str();
    assert!(comparison.gone.iter().chain(&comparison.unlisted).all(is_missing));
    (comparison.gone.len(), comparison.unlisted.len())
}

#[test]
fn an_asset_has_gone_where_the_later_run_read_the_list_that_it_would_stand_in() {
    let whole = (1, 0);
    assert_eq!(missing(&["eu-west-1"], &["eu-west-1"]), whole);
    assert_eq!(missing(&["global"], &["global"]), whole, "a list of all regions at once");
    assert_eq!(missing(&[], &["eu-west-1"]), whole, "how the earlier one ended does not matter");
}

#[test]
fn an_asset_that_nobody_could_list_has_not_gone() {
    let unlisted = (0, 1);
    assert_eq!(missing(&["eu-west-1"], &[]), unlisted);
    assert_eq!(missing(&[], &[]), unlisted, "the list broke off in both");
    assert_eq!(missing(&["us-east-1"], &["us-east-1"]), unlisted, "that of another region did not");
}

/// What a comparison says of one finding, by its outcome in the earlier run and in the later.
fn change(then: Outcome, now: Outcome) -> Vec<(&'static str, Outcome)> {
    let mut store = SqliteStore::in_memory().unwrap();
    let states = [(1, then), (2, now)].map(|(on, outcome)| {
        let run = rich(on, Holder::Provider, &[1]);
        record(&mut store, &run, &[finding(1, outcome)]);
        store.state(&run.id).unwrap().unwrap()
    });
    let [before, after] = &states;
    let comparison = compare(before, after);
    let lists = [
        ("new", &comparison.new),
        ("fixed", &comparison.fixed),
        ("unseen", &comparison.unseen),
        ("dropped", &comparison.dropped),
    ];
    lists.into_iter().flat_map(|(name, list)| list.iter().map(move |it| (name, it.row.outcome))).collect()
}

#[test]
fn a_failure_that_is_not_judged_any_more_is_dropped_and_not_forgotten() {
    for now in [Outcome::NotApplicable, Outcome::Manual] {
        assert_eq!(change(Outcome::Fail, now), [("dropped", Outcome::Fail)], "{now:?}");
        assert_eq!(change(Outcome::Pass, now), []);
    }
    assert_eq!(change(Outcome::Fail, Outcome::Pass), [("fixed", Outcome::Pass)]);
    assert_eq!(change(Outcome::Fail, Outcome::Unknown), [("unseen", Outcome::Unknown)]);
    assert_eq!(Change::between(None, Outcome::Manual), Change::Nothing);
}

#[test]
fn what_two_scanners_say_of_one_gap_is_one_failure() {
    let says = |repeats: Option<&str>| {
        let row = finding(1, Outcome::Fail);
        let finding = Finding {
            check: row.check,
            control: row.control,
            asset: row.asset,
            verdict: Verdict::Fail,
            severity: row.severity,
            confidence: Confidence::High,
            stage: KillChainStage::ExtractAndExfiltrate,
            summary: "".into(),
            evidence: Vec::new(),
            affected: Vec::new(),
            location: Vec::new(),
            fingerprint: row.fingerprint,
            third_party: Some(Box::new(ThirdParty {
                tool: "scanner".into(),
                title: "a check of theirs".into(),
                repeats: repeats.map(Into::into),
                muted: false,
                at: None,
            })),
        };
        FindingRow::from(&finding).outcome
    };
    assert_eq!(says(None), Outcome::Fail);
    assert_eq!(says(Some("s3-bucket-public")), Outcome::NotApplicable);
}
