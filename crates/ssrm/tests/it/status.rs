//! From lines, findings and settings to the score.

use partywall_model::{Provider, Relation, Sensitivity, Verdict};
use partywall_ssrm::score::{Because, Exposure, Figure, Held, Likely, Population, Presence, State};
use partywall_ssrm::status::{Assurance, Standing, WaiverState};

use crate::bank::{Assessed, Bank, DEVELOPMENT, PRODUCTION, asset, fail, unknown, untagged};

const API_ACCESS: &str = "platform.secure-api-access";
const ENCRYPTION: &str = "platform.data-encryption";

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|at| format!("{prefix}{at}")).collect()
}

#[test]
fn what_the_provider_holds_is_listed_and_not_scored() {
    let mut bank = Bank::default();
    bank.assurances.push(Assurance {
        provider: Provider::Aws,
        document: "auditor's report, 2026".into(),
        until: "2027-03-31".parse().unwrap(),
        controls: None,
    });
    let assessed = bank.with(asset("AWS::EC2::Instance", "machine", PRODUCTION)).assess();
    let (hypervisor, score) = assessed.control("hosts.hardened-hypervisor");
    assert!(hypervisor.scope.is_empty() && score.figure.is_none());
    assert_eq!((hypervisor.holders.provider, hypervisor.holders.not_applicable), (1, 1));
    let inherited = &hypervisor.inherited[0];
    assert_eq!((inherited.provider, inherited.assets), (Provider::Aws, 1));
    assert_eq!(inherited.assured.as_ref().unwrap().1, "2027-03-31".parse().unwrap());
    let unproven = Bank::default().with(asset("AWS::EC2::Instance", "machine", PRODUCTION)).assess();
    assert_eq!(unproven.control("hosts.hardened-hypervisor").0.inherited[0].assured, None);
}

#[test]
fn an_assurance_proves_what_it_names_until_it_expires() {
    let machine = || Bank::default().with(asset("AWS::EC2::Instance", "machine", PRODUCTION));
    let mut bank = machine().settings(
        "assurances:\n  \
           - { provider: aws, report: A, period: { from: 2025-04-01, to: 2026-03-31 }, expires: 2026-06-30 }\n  \
           - { provider: aws, report: B, period: { from: 2025-04-01, to: 2026-03-31 }, expires: 2099-01-31, controls: [network] }\n  \
           - { provider: azure, report: C, period: { from: 2025-04-01, to: 2026-03-31 }, expires: 2099-01-31 }\n",
    );
    bank.assurances = Assurance::all(crate::content(), &bank.settings);
    let assessed = bank.assess();
    let hypervisor = &assessed.control("hosts.hardened-hypervisor").0.inherited[0];
    assert_eq!(hypervisor.assured, None);
    let (document, day) = hypervisor.expired.as_ref().unwrap();
    assert_eq!((&**document, day.to_string()), ("A (2025-04-01 to 2026-03-31)", "2026-06-30".to_owned()));
    let (status, _) = assessed.control("network.physical-segmentation");
    for inherited in &status.inherited {
        assert_eq!(inherited.assured.as_ref().unwrap().1.to_string(), "2099-01-31", "{inherited:?}");
    }
}

#[test]
fn every_asset_has_a_holder_for_every_control() {
    let bank = Bank::default()
        .with(asset("AWS::EC2::Instance", "machine", PRODUCTION))
        .with(asset("AWS::Nobody::Knows", "thing", PRODUCTION))
        .refused_list("AWS::S3::Bucket", PRODUCTION, None);
    let assessed = bank.assess();
    assert_eq!(assessed.status.controls.len(), 45);
    for control in &assessed.status.controls {
        let held = control.holders;
        let sum = held.provider + held.customer + held.shared_independent + held.shared_dependent;
        assert_eq!(sum + held.third_party + held.not_applicable + held.unknown, 4, "{}", control.control);
        assert!(held.unknown >= 1, "{}", control.control);
    }
}

#[test]
fn an_undecided_holder_is_in_scope_as_perhaps() {
    let mut function = asset("AWS::Lambda::Function", "function", PRODUCTION);
    function.properties =
        partywall_model::Node::unknown(partywall_model::Why::parse_short("lambda:GetFunction AccessDenied"));
    let assessed = Bank::default().with(function).assess();
    let (patching, _) = assessed.control("hosts.patch-management");
    assert_eq!(patching.holders.unknown, 1);
    assert_eq!(patching.input.assets[0].stake.held, Held::Perhaps);
    assert_eq!(patching.input.assets[0].stake.least(), 0);
}

#[test]
fn groups_are_account_environment_and_service_and_never_tags() {
    let tagged = |tags: [(&str, &str); 2]| {
        let mut bank = Bank::default();
        for (at, (tag, value)) in tags.into_iter().enumerate() {
            let mut user = asset("AWS::IAM::User", &format!("user{at}"), PRODUCTION);
            user.tags.insert(tag.into(), value.into());
            bank = bank.with(user);
            let verdict = if at == 0 { Verdict::Pass } else { fail() };
            bank.find("user-unused", &format!("user{at}"), verdict);
        }
        bank.users(DEVELOPMENT, names("other", 3), &Verdict::Pass).assess()
    };
    let split = tagged([("environment", "a"), ("environment", "b")]);
    let merged = tagged([("environment", "a"), ("environment", "a")]);
    assert_eq!(split.status.score, merged.status.score);
    assert_eq!(split.control(API_ACCESS).1.groups, 2);
}

#[test]
fn one_failed_root_like_user_caps_the_control_and_its_layer() {
    let mut bank = Bank::default().users(PRODUCTION, names("good", 300), &Verdict::Pass).with(asset(
        "AWS::IAM::User",
        "bad",
        PRODUCTION,
    ));
    bank.find("user-without-factor", "bad", fail());
    bank.exposed.insert("bad", Exposure::Internet);
    let assessed = bank.assess();
    let (status, score) = assessed.control(API_ACCESS);
    let figure = score.figure.unwrap();
    assert_eq!((figure.lo, figure.hi, figure.level), (0.49, 0.49, 1));
    let cap = &score.caps[0];
    assert_eq!(cap.because, Because::CriticalOpen);
    let named: Vec<&str> = status.assets_of(&assessed.estate, cap).map(|id| id.as_str()).collect();
    assert_eq!(named, ["bad"]);
    let platform = &assessed.status.score.layers[3];
    assert!(platform.figure.unwrap().hi <= 0.69 && platform.caps[0].because == Because::CriticalOpen);

    // The same read refused: no figure and no level rises, though the failure is out of sight.
    bank.findings.last_mut().unwrap().verdict = unknown();
    let refused = bank.assess();
    let unseen = refused.control(API_ACCESS).1.figure.unwrap();
    assert_eq!((unseen.lo, unseen.level), (0.49, 1));
    assert!(unseen.confidence() < figure.confidence());
}

#[test]
fn a_refused_list_leaves_the_control_without_a_lower_end() {
    let bank = || Bank::default().users(PRODUCTION, names("user", 4), &Verdict::Pass);
    let complete = bank().assess();
    assert!(complete.control(API_ACCESS).1.figure.unwrap().lo > 0.0);
    let uncounted = bank().refused_list("AWS::IAM::User", DEVELOPMENT, None).assess();
    let (status, score) = uncounted.control(API_ACCESS);
    assert_eq!((score.populations_unknown, score.caps[0].because), (1, Because::PopulationUnknown));
    let figure = score.figure.unwrap();
    assert_eq!((figure.lo, figure.hi, figure.level), (0.0, 1.0, 1));
    let at = status
        .scope
        .iter()
        .position(|at| *at == uncounted.position("unlisted:aws:444455556666:eu-west-1:AWS::IAM::User"));
    assert_eq!(status.input.assets[at.unwrap()].population, Population::Uncounted);

    // Known from the last run: nine, of which four are in sight.
    let counted = bank().refused_list("AWS::IAM::User", PRODUCTION, Some(9)).assess();
    let (status, score) = counted.control(API_ACCESS);
    assert!(status.input.assets.iter().any(|asset| asset.population == Population::Counted(5)));
    // Four of weight 2 hold, five may weigh 8 each; the account itself is not in this estate.
    assert!((score.figure.unwrap().lo - 8.0 / 48.0).abs() < 1e-9);
}

#[test]
fn evidence_goes_stale_with_time() {
    let mut old = asset("AWS::IAM::User", "old", PRODUCTION);
    old.provenance = partywall_model::Provenance::default();
    let operation = partywall_model::OperationName::from("iam:ListUsers");
    // Seven days and a minute before the judgement.
    let at = "2026-10-24T23:59:00Z".parse().unwrap();
    old.provenance.add("", partywall_model::Source::Call { operation, at });
    let mut bank = Bank::default().with(old);
    bank.find("user-unused", "old", Verdict::Pass);
    let assessed = bank.assess();
    assert_eq!(assessed.control(API_ACCESS).0.input.assets[0].measures[0].state, State::Stale);
    let patient = bank.settings("valid_for: { cloud: 8 }\n").assess();
    assert_eq!(patient.control(API_ACCESS).0.input.assets[0].measures[0].state, State::Pass);
}

#[test]
fn what_somebody_else_said_goes_stale_by_its_own_time() {
    // The asset itself was read today; only the saying is seven days and a minute old, or of no day.
    for (at, state) in [
        (Some("2026-10-24T23:59:00Z"), State::Stale),
        (None, State::Stale),
        (Some("2026-10-31T00:00:00Z"), State::Pass),
    ] {
        let mut bank = Bank::default().with(asset("AWS::IAM::User", "seen", PRODUCTION));
        bank.find("user-unused", "seen", Verdict::Pass);
        bank.findings.last_mut().unwrap().third_party = Some(Box::new(partywall_model::ThirdParty {
            tool: "scanner".into(),
            title: "a check of theirs".into(),
            repeats: None,
            muted: false,
            at: at.map(|at| at.parse().unwrap()),
        }));
        let assessed = bank.assess();
        assert_eq!(assessed.control(API_ACCESS).0.input.assets[0].measures[0].state, state, "{at:?}");
    }
}

#[test]
fn a_waiver_covers_what_it_names_until_its_last_day() {
    let bank = |until: &str| {
        let mut bank = Bank::default().with(asset("AWS::IAM::User", "bad", PRODUCTION));
        bank.find("user-without-factor", "bad", fail());
        bank.exposed.insert("bad", Exposure::Internet);
        bank.settings(&format!(
            "waivers:\n  - {{ check: user-without-factor, asset: bad, reason: r, owner: o, until: {until} }}\n  - {{ check: user-unused, asset: nobody, reason: r, owner: o, until: 2027-01-01 }}\n"
        ))
        .assess()
    };
    let in_force = bank("2026-11-01");
    let (status, score) = in_force.control(API_ACCESS);
    assert_eq!((score.states.exempt, score.caps.len()), (1, 0));
    assert_eq!(status.input.assets[0].measures[0].waiver, Presence::Present);
    // It lifts the cap and nothing else: the failure still counts.
    assert_eq!(score.figure.unwrap().hi, 0.0);
    let states: Vec<WaiverState> = in_force.status.waivers.iter().map(|waiver| waiver.state).collect();
    assert_eq!(states, [WaiverState::InForce(1), WaiverState::Unused]);
    let lapsed = bank("2026-10-31");
    assert_eq!(lapsed.control(API_ACCESS).1.caps[0].because, Because::CriticalOpen);
    assert_eq!(lapsed.status.waivers[0].state, WaiverState::Lapsed(1));
}

#[test]
fn a_service_level_runs_from_the_first_run_that_saw_the_failure() {
    let mut bank = Bank::default().users(PRODUCTION, names("good", 99), &Verdict::Pass);
    bank = bank.with(asset("AWS::IAM::User", "bad", PRODUCTION));
    let fingerprint = bank.find("user-without-factor", "bad", fail());
    let levels = |bank: &Bank| {
        let assessed = bank.assess();
        let score = assessed.control(API_ACCESS).1;
        (score.figure.unwrap().level, score.caps.iter().map(|cap| cap.because).collect::<Vec<_>>())
    };
    // Without history it counts from this run.
    assert_eq!(levels(&bank), (2, vec![]));
    bank.open_since.insert(fingerprint, "2026-10-25T00:00:00Z".parse().unwrap());
    assert_eq!(levels(&bank), (2, vec![]), "seven days are allowed");
    bank.open_since.insert(fingerprint, "2026-10-24T00:00:00Z".parse().unwrap());
    assert_eq!(levels(&bank), (1, vec![Because::Overdue]));
    // Out of sight is not mended.
    bank.findings.last_mut().unwrap().verdict = unknown();
    assert_eq!(levels(&bank), (1, vec![Because::Overdue]));
}

#[test]
fn an_asset_whose_tags_were_not_read_may_be_what_any_rule_could_make_it() {
    let rules = "sensitivity:\n  - { level: high, tag: { class: [card] } }\n  - { level: low, kind: AWS::IAM::User }\n  - { level: high, tag: { class: [never] } }\n";
    let bank = Bank::default()
        .with(untagged(asset("AWS::IAM::User", "unread", PRODUCTION)))
        .with(asset("AWS::IAM::User", "read", PRODUCTION))
        .settings(rules);
    let assessed = bank.assess();
    let (status, _) = assessed.control(API_ACCESS);
    let stake = |id: &str| {
        let at = status.scope.iter().position(|at| *at == assessed.position(id)).unwrap();
        status.input.assets[at].stake
    };
    let known = stake("read");
    assert_eq!((known.sensitivity, known.sensitivity_at_most), (Sensitivity::Low, Sensitivity::Low));
    let unread = stake("unread");
    assert_eq!((unread.sensitivity, unread.sensitivity_at_most), (Sensitivity::Low, Sensitivity::High));
    assert_eq!(unread.is_prized(), Likely::Perhaps);
    assert_eq!(status.sensitivity_assumed, 0);
}

#[test]
fn owners_continuous_runs_history_and_exercises_lead_to_the_higher_levels() {
    let level = |text: &str, days: u32| {
        let mut bank = Bank::default().users(PRODUCTION, names("user", 3), &Verdict::Pass).settings(text);
        bank.days_at_level_3 = days;
        bank.assess().control(API_ACCESS).1.figure.unwrap().level
    };
    assert_eq!(level("", 100), 2);
    assert_eq!(level("owners: { platform: team }\n", 100), 2);
    assert_eq!(level("owners: { platform: team }\ncontinuous: true\n", 89), 3);
    let exercised = |day: &str| {
        format!("owners: {{ platform: team }}\ncontinuous: true\nexercises: {{ {API_ACCESS}: {day} }}\n")
    };
    assert_eq!(level(&exercised("2026-10-01"), 90), 4);
    assert_eq!(level(&exercised("2026-04-01"), 90), 3);
    assert_eq!(level(&exercised("2026-12-24"), 90), 3, "a date to come is a plan");
}

#[test]
fn old_fixes_bear_on_patching_and_scanning_alone() {
    let mut bank = Bank::default().users(PRODUCTION, names("user", 3), &Verdict::Pass);
    bank = bank.with(asset("AWS::EC2::Instance", "machine", PRODUCTION));
    let assessed = bank.assess();
    let caps = |id: &str| assessed.control(id).1.caps.iter().map(|cap| cap.because).collect::<Vec<_>>();
    assert_eq!(caps("hosts.patch-management"), [Because::OldFix(400)]);
    assert_eq!(caps("apps.vulnerability-scanning"), []);
    assert_eq!(caps(API_ACCESS), []);
}

#[test]
fn what_is_not_measured_inherits_from_what_contains_it() {
    // An alias is no kind of this control; the volume that it names is.
    let mut alias = asset("AWS::KMS::Alias", "alias", PRODUCTION);
    alias.relations.push(Relation {
        kind: "AWS::EC2::Volume".into(),
        to: "volume".into(),
        by: "Target".into(),
    });
    let stray = asset("AWS::KMS::Alias", "stray", PRODUCTION);
    let mut bank =
        Bank::default().with(asset("AWS::EC2::Volume", "volume", PRODUCTION)).with(alias).with(stray);
    bank.find("volume-plain", "volume", fail());
    let assessed = bank.assess();
    let control = assessed.status.controls.iter().position(|control| control.control == *ENCRYPTION).unwrap();
    let standing = |id: &str| assessed.status.standing(&assessed.estate, assessed.position(id), control);
    let Standing::Measured(own) = standing("volume") else { panic!("{:?}", standing("volume")) };
    assert_eq!(own.measures[0].state, State::Fail);
    assert_eq!(standing("alias"), Standing::Contained(assessed.position("volume"), own));
    assert_eq!(standing("stray"), Standing::NotMeasured);
    assert!(matches!(
        assessed.status.standing(&assessed.estate, assessed.position("org:"), control),
        Standing::NotScored(_)
    ));
}

#[test]
fn delegations_that_have_lapsed_or_do_nothing_are_reported() {
    let bank = Bank::default().with(asset("AWS::EC2::Instance", "machine", PRODUCTION)).settings(
        "overlays:\n  - { control: hosts.patch-management, to: A, until: 2026-10-31 }\n  - { control: hosts.hardened-hypervisor, to: B, until: 2027-01-01 }\n  - { control: hosts.hardening, to: C, until: 2027-01-01 }\n",
    );
    let assessed = bank.assess();
    let said: Vec<String> = assessed.status.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "partywall.yaml:2: the delegation of `hosts.patch-management` to A ended on 2026-10-31",
            "partywall.yaml:3: the delegation of `hosts.hardened-hypervisor` to B hands over nothing",
        ]
    );
    assert_eq!(assessed.control("hosts.hardening").0.holders.third_party, 1);
}

#[test]
fn controls_that_nothing_measures_are_named_with_what_would() {
    let assessed = Bank::default().users(PRODUCTION, names("user", 2), &Verdict::Pass).assess();
    let overall = &assessed.status.score.overall;
    assert!(overall.figure.is_some());
    assert!(overall.not_measured.iter().all(|id| assessed.control(id.as_str()).1.not_measured));
    assert!(!overall.not_measured.is_empty() && overall.not_measured.len() < overall.in_scope);
    assert!(!assessed.control(overall.not_measured[0].as_str()).0.sensors.is_empty());
    // Training is the organisation's, which stands apart.
    assert!(assessed.control("org.awareness-training").1.not_measured);
    assert!(!overall.not_measured.contains(&"org.awareness-training".into()));
}

/// A bank in which much is wrong, so that much could look better if it were not seen.
fn troubled() -> Bank {
    let mut bank = Bank::default()
        .users(PRODUCTION, names("good", 5), &Verdict::Pass)
        .users(DEVELOPMENT, names("bad", 3), &fail())
        .with(asset("AWS::EC2::Volume", "volume", PRODUCTION))
        .with(asset("AWS::SQS::Queue", "queue", DEVELOPMENT));
    bank.exposed.insert("bad0", Exposure::Internet);
    for user in ["good0", "bad0", "bad1"] {
        bank.find("user-key-old", user, fail());
        bank.find("user-unused", user, Verdict::Pass);
    }
    bank.find("volume-plain", "volume", fail());
    bank.find("queue-plain", "queue", Verdict::Pass);
    bank
}

/// Controls, layers and the whole, by name.
fn figures(assessed: &Assessed) -> Vec<(String, Option<Figure>)> {
    let score = &assessed.status.score;
    let controls = score.controls.iter().map(|control| (control.control.to_string(), control.figure));
    let layers = score.layers.iter().flat_map(|layer| {
        [(layer.layer.to_string(), layer.figure), (format!("{} measured", layer.layer), layer.measured)]
    });
    controls.chain(layers).chain([("overall".to_owned(), score.overall.figure)]).collect()
}

fn assert_no_rise(before: &[(String, Option<Figure>)], refused: &Assessed, what: &str) {
    for ((name, old), (_, new)) in before.iter().zip(figures(refused)) {
        let Some(old) = old else { continue };
        let new = new.unwrap_or_else(|| panic!("{what}: {name} has gone"));
        let widens = new.lo <= old.lo + 1e-9 && new.hi >= old.hi - 1e-9;
        assert!(widens && new.level <= old.level, "{what}: {name} was {old:?} and is {new:?}");
    }
}

#[test]
fn no_refused_read_raises_a_lower_end_or_a_level() {
    let complete = figures(&troubled().assess());
    let count = troubled().findings.len();
    assert!(count >= 16);
    for at in 0..count {
        let mut bank = troubled();
        bank.findings[at].verdict = unknown();
        assert_no_rise(&complete, &bank.assess(), &format!("finding {at} refused"));
    }
    let mut blind = troubled();
    blind.exposed.insert("bad0", Exposure::Unseen);
    assert_no_rise(&complete, &blind.assess(), "exposure not seen");
}

#[test]
fn no_refused_list_raises_a_lower_end_or_a_level() {
    let complete = figures(&troubled().assess());
    for (kind, account) in [
        ("AWS::IAM::User", PRODUCTION),
        ("AWS::IAM::User", DEVELOPMENT),
        ("AWS::EC2::Volume", PRODUCTION),
        ("AWS::SQS::Queue", DEVELOPMENT),
    ] {
        for last_known in [None, Some(5)] {
            let bank = troubled().without(kind, account).refused_list(kind, account, last_known);
            assert_no_rise(
                &complete,
                &bank.assess(),
                &format!("{kind} in {account}, last known {last_known:?}"),
            );
        }
    }
}
