//! What is said of requirements.

use partywall_content::{Content, Framework, Requirement, Strength};
use partywall_model::{Listing, ListingOutcome, Provider, Verdict};
use partywall_ssrm::frameworks::{Frameworks, Fulfilment, Seen, fulfilment};
use partywall_ssrm::score::StateCounts;
use partywall_ssrm::status::{Assessment, Assurance, HolderCounts, Status};
use proptest::prelude::*;

use crate::bank::{Bank, PRODUCTION, asset, fail, now, unknown};
use crate::content;

const USER_CHECK: &str = "user-without-factor";

/// The tests' content with one framework of one requirement, which one check names.
fn with_framework(strength: Strength, controls: &[&str]) -> Content {
    let mut content = content().clone();
    content.frameworks.push(Framework {
        id: "frame".into(),
        title: "Frame".into(),
        version: "1".into(),
        publisher: "us".into(),
        url: "https://example.com".into(),
        requirements: vec![Requirement {
            id: "R-1".into(),
            title: None,
            controls: controls.iter().map(|id| (*id).into()).collect(),
            strength,
        }],
        file: "frameworks/frame.yaml".into(),
    });
    for check in content.checks.iter_mut().filter(|check| check.id == *USER_CHECK) {
        check.related = [("frame".into(), vec!["R-1".into()])].into();
    }
    content
}

struct Said {
    fulfilment: Fulfilment,
    counts: StateCounts,
    unlisted: Vec<String>,
    assured: Vec<Option<String>>,
}

fn said(bank: &Bank, strength: Strength, controls: &[&str]) -> Said {
    let content = with_framework(strength, controls);
    let estate = bank.estate();
    bank.with_assessment(&estate, |assessment| {
        let assessment = Assessment { content: &content, ..*assessment };
        let status = Status::of(&assessment);
        let frameworks = Frameworks::new(&assessment, &status);
        let framework = frameworks.of(content.framework("frame").unwrap());
        let requirement = framework.requirements.first().unwrap();
        assert_eq!(framework.count(requirement.fulfilment), 1);
        let assured = |inherited: &partywall_ssrm::status::Inherited| {
            inherited.assured.as_ref().map(|(document, _)| document.to_string())
        };
        Said {
            fulfilment: requirement.fulfilment,
            counts: requirement.counts,
            unlisted: requirement.unlisted.iter().map(ToString::to_string).collect(),
            assured: requirement.inherited.iter().map(assured).collect(),
        }
    })
}

fn users(verdicts: &[Verdict]) -> Bank {
    let one =
        |bank: Bank, (at, verdict): (usize, &Verdict)| bank.users(PRODUCTION, [format!("user{at}")], verdict);
    verdicts.iter().enumerate().fold(Bank::default(), one)
}

#[test]
fn all_that_passes_is_met_where_the_checks_show_all_of_it() {
    let good = users(&[Verdict::Pass, Verdict::Pass]);
    let said_full = said(&good, Strength::Full, &[]);
    assert_eq!((said_full.fulfilment, said_full.counts.pass), (Fulfilment::Met, 2));
    assert_eq!(said(&good, Strength::Part, &[]).fulfilment, Fulfilment::Partly);
    assert_eq!(said(&good, Strength::Touches, &[]).fulfilment, Fulfilment::Partly);
}

#[test]
fn one_failure_outweighs_everything() {
    let mixed = users(&[Verdict::Pass, fail(), unknown()]);
    for strength in [Strength::Touches, Strength::Part, Strength::Full] {
        assert_eq!(said(&mixed, strength, &[]).fulfilment, Fulfilment::NotMet);
    }
}

#[test]
fn an_accepted_failure_is_not_met() {
    let waived = users(&[Verdict::Pass, fail()]).settings(
        "waivers:\n  - { check: user-without-factor, asset: user1, reason: known, owner: us, until: 2099-01-01 }\n",
    );
    let said = said(&waived, Strength::Full, &[]);
    assert_eq!((said.fulfilment, said.counts.exempt, said.counts.fail), (Fulfilment::NotMet, 1, 0));
}

#[test]
fn what_was_not_seen_is_never_met() {
    assert_eq!(
        said(&users(&[Verdict::Pass, unknown()]), Strength::Full, &[]).fulfilment,
        Fulfilment::Unknown
    );
}

#[test]
fn a_refused_list_is_never_met() {
    let mut bank = users(&[Verdict::Pass]).refused_list("AWS::IAM::User", PRODUCTION, None);
    let placeholder =
        bank.estate().assets().iter().find(|asset| !asset.population.is_seen()).unwrap().id.clone();
    bank.find(USER_CHECK, placeholder.as_str(), unknown());
    let said = said(&bank, Strength::Full, &[]);
    assert_eq!((said.fulfilment, said.counts.unknown), (Fulfilment::Unknown, 1));
}

#[test]
fn a_stale_answer_is_never_met() {
    let mut bank = Bank::default();
    let mut old = asset("AWS::IAM::User", "old", PRODUCTION);
    let operation = partywall_model::OperationName::from("test:Read");
    let at = "2026-01-01T00:00:00Z".parse().unwrap();
    old.provenance.add("", partywall_model::Source::Call { operation, at });
    bank = bank.with(old);
    bank.find(USER_CHECK, "old", Verdict::Pass);
    let said = said(&bank, Strength::Full, &[]);
    assert_eq!((said.fulfilment, said.counts.stale), (Fulfilment::Unknown, 1));
}

#[test]
fn nothing_to_look_at_is_no_evidence() {
    let empty = said(&Bank::default(), Strength::Full, &[]);
    assert_eq!((empty.fulfilment, empty.counts), (Fulfilment::NoEvidence, StateCounts::default()));
    let does_not_apply = users(&[Verdict::NotApplicable]);
    assert_eq!(said(&does_not_apply, Strength::Full, &[]).fulfilment, Fulfilment::NoEvidence);
}

#[test]
fn a_kind_that_nobody_listed_is_a_gap_of_its_cloud_alone() {
    let listed = |kind: &str, provider: Provider| {
        let listing = Listing {
            provider,
            account: PRODUCTION.into(),
            region: "global".into(),
            kind: kind.into(),
            operation: "test:List".into(),
            at: now(),
            seen: 0,
            outcome: ListingOutcome::Complete,
        };
        Bank::default().listing(listing)
    };
    let other_list = said(&listed("AWS::S3::Bucket", Provider::Aws), Strength::Full, &[]);
    assert_eq!(other_list.fulfilment, Fulfilment::Unknown);
    assert_eq!(other_list.unlisted, ["AWS::IAM::User"]);
    let own_list = said(&listed("AWS::IAM::User", Provider::Aws), Strength::Full, &[]);
    assert_eq!(own_list.fulfilment, Fulfilment::NoEvidence);
    let other_cloud =
        said(&listed("Microsoft.Storage/storageAccounts", Provider::Azure), Strength::Full, &[]);
    assert_eq!(other_cloud.fulfilment, Fulfilment::NoEvidence);
}

#[test]
fn what_the_provider_holds_everywhere_is_inherited_with_its_least_proof() {
    let held = ["hosts.hardened-hypervisor", "network.physical-segmentation"];
    let mut bank = Bank::default().with(asset("AWS::EC2::Instance", "machine", PRODUCTION));
    let unproven = said_of_nothing(&bank, &held);
    assert_eq!((unproven.fulfilment, unproven.assured), (Fulfilment::Inherited, vec![None]));
    bank.assurances = vec![Assurance {
        provider: Provider::Aws,
        document: "report".into(),
        until: "2027-01-01".parse().unwrap(),
        controls: Some(vec![held[0].into()]),
    }];
    assert_eq!(said_of_nothing(&bank, &held).assured, [None]);
    assert_eq!(said_of_nothing(&bank, &held[..1]).assured, [Some("report".to_owned())]);
    let shared = said_of_nothing(&bank, &[held[0], "network.access-management"]);
    assert_eq!(shared.fulfilment, Fulfilment::NoEvidence);
}

#[test]
fn what_has_no_meaning_for_anything_judged_is_not_applicable() {
    let meaningless = HolderCounts { not_applicable: 3, ..HolderCounts::default() };
    let seen =
        |verdicts| Seen { strength: Strength::Full, counts: StateCounts::default(), verdicts, unlisted: 0 };
    assert_eq!(fulfilment(&seen(2), &[meaningless]), Fulfilment::NotApplicable);
    assert_eq!(fulfilment(&seen(0), &[meaningless]), Fulfilment::NoEvidence);
}

#[test]
fn what_may_be_anybodys_is_not_inherited() {
    let provider = HolderCounts { provider: 3, ..HolderCounts::default() };
    let perhaps = HolderCounts { provider: 3, unknown: 1, ..HolderCounts::default() };
    let seen = Seen { strength: Strength::Full, counts: StateCounts::default(), verdicts: 0, unlisted: 0 };
    assert_eq!(fulfilment(&seen, &[provider]), Fulfilment::Inherited);
    assert_eq!(fulfilment(&seen, &[provider, perhaps]), Fulfilment::Unknown);
    assert_eq!(fulfilment(&seen, &[]), Fulfilment::NoEvidence);
}

fn said_of_nothing(bank: &Bank, controls: &[&str]) -> Said {
    said(bank, Strength::Part, controls)
}

fn counts() -> impl Strategy<Value = StateCounts> {
    let few = || prop_oneof![3 => Just(0_usize), 1 => 1_usize..4];
    (few(), few(), few(), few(), few(), few(), few()).prop_map(
        |(pass, fail, exempt, unknown, stale, manual, not_applicable)| StateCounts {
            pass,
            fail,
            exempt,
            unknown,
            stale,
            manual,
            not_applicable,
            none: 0,
        },
    )
}

fn lines() -> impl Strategy<Value = Vec<HolderCounts>> {
    let few = || prop_oneof![2 => Just(0_usize), 1 => 1_usize..3];
    let line = (few(), few(), few(), few()).prop_map(|(provider, customer, not_applicable, unknown)| {
        HolderCounts { provider, customer, not_applicable, unknown, ..HolderCounts::default() }
    });
    prop::collection::vec(line, 0..4)
}

fn strength() -> impl Strategy<Value = Strength> {
    prop::sample::select(vec![Strength::Touches, Strength::Part, Strength::Full])
}

proptest! {
    #[test]
    fn nothing_is_met_that_was_not_seen_to_hold(
        counts in counts(), lines in lines(), strength in strength(), unlisted in 0_usize..2
    ) {
        let verdicts = counts.applicable() + counts.not_applicable;
        let said = fulfilment(&Seen { strength, counts, verdicts, unlisted }, &lines);
        let not_seen = counts.unknown + counts.stale + counts.manual + unlisted;
        if matches!(said, Fulfilment::Met | Fulfilment::Partly) {
            prop_assert!(counts.pass > 0 && not_seen == 0 && counts.fail + counts.exempt == 0);
        }
        prop_assert!(said != Fulfilment::Met || strength == Strength::Full);
        prop_assert_eq!(said == Fulfilment::NotMet, counts.fail + counts.exempt > 0);
        if said == Fulfilment::Inherited {
            prop_assert_eq!(counts.applicable(), 0);
            prop_assert!(lines.iter().all(|line| line.customer + line.unknown == 0));
        }
    }

    #[test]
    fn losing_sight_of_a_verdict_never_helps(
        counts in counts(), lines in lines(), strength in strength()
    ) {
        let verdicts = counts.applicable() + counts.not_applicable;
        let before = fulfilment(&Seen { strength, counts, verdicts, unlisted: 0 }, &lines);
        if counts.pass > 0 {
            let hidden = StateCounts { pass: counts.pass - 1, unknown: counts.unknown + 1, ..counts };
            let after = fulfilment(&Seen { strength, counts: hidden, verdicts, unlisted: 0 }, &lines);
            prop_assert!(after <= before, "{:?} became {:?}", before, after);
            prop_assert!(matches!(after, Fulfilment::NotMet | Fulfilment::Unknown));
        }
    }
}
