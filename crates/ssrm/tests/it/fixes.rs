//! What to mend first.

use partywall_model::{Effort, Holder, Verdict};
use partywall_ssrm::fixes::{FirstFix, first_fixes};
use partywall_ssrm::score::{Because, Exposure};

use crate::bank::{Bank, PRODUCTION, asset, fail};

fn order(bank: &Bank, see: impl FnOnce(&[FirstFix<'_>])) {
    let assessed = bank.assess();
    bank.with_assessment(&assessed.estate, |assessment| see(&first_fixes(assessment, &assessed.status)));
}

fn bank() -> Bank {
    let mut bank = Bank::default();
    for (kind, id) in [
        ("AWS::IAM::User", "root-like"),
        ("AWS::IAM::User", "user"),
        ("AWS::EC2::Volume", "volume-a"),
        ("AWS::EC2::Volume", "volume-b"),
        ("AWS::SQS::Queue", "queue"),
    ] {
        bank = bank.with(asset(kind, id, PRODUCTION));
    }
    bank.exposed.insert("root-like", Exposure::Internet);
    bank
}

#[test]
fn what_lifts_a_cap_comes_first_then_severity_and_exposure_then_effort() {
    let mut bank = bank();
    bank.find("volume-plain", "volume-a", fail());
    bank.find("volume-plain", "volume-b", fail());
    bank.find("queue-plain", "queue", fail());
    bank.find("user-unused", "user", fail());
    bank.find("user-without-factor", "root-like", fail());
    bank.find("user-without-factor", "user", Verdict::Pass);
    order(&bank, |fixes| {
        let checks: Vec<&str> = fixes.iter().map(|fix| fix.check.as_str()).collect();
        // Lifts a cap; then 4 × 2 twice, the lesser effort first; then 2 × 2.
        assert_eq!(checks, ["user-without-factor", "queue-plain", "volume-plain", "user-unused"]);
        let first = &fixes[0];
        let lift = first.lifts.as_ref().unwrap();
        assert_eq!((lift.cap, lift.level, lift.layer), (Because::CriticalOpen, 1, true));
        assert!(lift.together_with.is_empty() && lift.remaining.is_empty());
        assert_eq!((first.exposed, first.weight, first.assets.len()), (1, 4, 1));
        assert_eq!(first.control, *"platform.secure-api-access");
        assert_eq!(first.lines[0].holder, Holder::Customer);
        assert_eq!(&*first.fix.unwrap().summary, "Mend user-without-factor.");
        assert_eq!((fixes[2].assets.len(), fixes[2].fix.unwrap().effort), (2, Effort::L));
        assert_eq!(fixes[2].lifts, None);
    });
}

#[test]
fn causes_that_hold_one_cap_together_say_so() {
    let mut bank = bank();
    bank.find("user-without-factor", "root-like", fail());
    bank.find("user-key-old", "root-like", fail());
    order(&bank, |fixes| {
        let checks: Vec<&str> = fixes.iter().map(|fix| fix.check.as_str()).collect();
        // Equal in all but effort.
        assert_eq!(checks, ["user-key-old", "user-without-factor"]);
        assert_eq!(fixes[0].lifts.as_ref().unwrap().together_with, ["user-without-factor"]);
        assert_eq!(fixes[1].lifts.as_ref().unwrap().together_with, ["user-key-old"]);
    });
}

#[test]
fn waived_failures_and_passes_are_no_work() {
    let mut bank = bank().settings(
        "waivers:\n  - { check: user-without-factor, asset: root-like, reason: r, owner: o, until: 2027-01-01 }\n",
    );
    bank.find("user-without-factor", "root-like", fail());
    bank.find("user-unused", "user", Verdict::Pass);
    order(&bank, |fixes| assert!(fixes.is_empty(), "{fixes:?}"));
}

#[test]
fn an_overdue_failure_lifts_the_block_on_the_level() {
    let mut bank = bank();
    let fingerprint = bank.find("user-without-factor", "user", fail());
    bank.open_since.insert(fingerprint, "2026-01-01T00:00:00Z".parse().unwrap());
    order(&bank, |fixes| {
        assert_eq!(fixes[0].overdue, 1);
        let lift = fixes[0].lifts.as_ref().unwrap();
        assert_eq!((lift.cap, lift.layer), (Because::Overdue, false));
    });
}
