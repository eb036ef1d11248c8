//! Who holds what: the worked cases of the model, and how a line is found.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use partywall_content::yaml::{self, Located};
use partywall_content::{Files, Settings, SourceRef};
use partywall_model::{Asset, Holder, Kind, Node, Population, Provider, Why};
use partywall_ssrm::{LineSet, Position, Resolver, switches};
use serde::Deserialize;

use crate::{content, folder, settings};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    kind: Kind,
    control: partywall_model::ControlId,
    asset: Node,
    now: Date,
    holder: Holder,
    #[serde(default)]
    switch_on: Option<bool>,
}

fn asset(kind: &str, properties: &str) -> Asset {
    let mut asset = Asset::new(Provider::Aws, kind, format!("test:{kind}"));
    asset.account = Some("111122223333".into());
    asset.properties = yaml::from_str(properties).unwrap();
    asset
}

fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn lines(asset: &Asset) -> LineSet {
    Resolver::new(content(), &Settings::default()).lines(asset, now())
}

fn holder(asset: &Asset, control: &str) -> Holder {
    lines(asset).of(&control.into()).unwrap().holder.clone()
}

#[test]
fn every_golden_case_comes_out_exactly() {
    let files = Files::read(&folder("../../content")).unwrap();
    let cases: Vec<Located<Case>> = yaml::from_str(&files.0["ssrm/golden.yaml"]).unwrap();
    assert!(cases.len() >= 40);
    let settings = Settings::default();
    let mut resolver = Resolver::new(content(), &settings);
    let mut wrong = Vec::new();
    for Located { line, value: case } in &cases {
        let mut asset = Asset::new(Provider::Aws, case.kind.clone(), format!("case:{line}"));
        asset.properties = case.asset.clone();
        let now = Offset::UTC.to_timestamp(case.now.at(12, 0, 0, 0)).unwrap();
        let set = resolver.lines(&asset, now);
        let found = set.of(&case.control).unwrap();
        let on = found.switch.as_ref().and_then(|switch| switch.position.is_on());
        if found.holder != case.holder || (case.switch_on.is_some() && on != case.switch_on) {
            wrong.push(format!("{}: {} {on:?} by {}", case.name, found.holder, found.rule));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(resolver.problems().is_empty(), "{:?}", resolver.problems());
}

#[test]
fn every_kind_answers_every_control() {
    let settings = Settings::default();
    let mut resolver = Resolver::new(content(), &settings);
    let kinds: BTreeSet<&Kind> = content().services.iter().flat_map(|service| service.kinds.keys()).collect();
    assert!(kinds.len() >= 40 && content().controls.len() == 45);
    for kind in kinds {
        let mut asset = Asset::new(Provider::Aws, kind.clone(), "x");
        for properties in [Node::map(), Node::unknown(Why::parse_short("test:List AccessDenied"))] {
            asset.properties = properties;
            let set = resolver.lines(&asset, now());
            assert_eq!(set.len(), 45, "{kind}");
            for line in &set {
                assert_eq!(line.holder == Holder::Unknown, !line.needs.is_empty(), "{kind}: {line:?}");
                assert!(!line.rule.is_empty(), "{kind}: {line:?}");
            }
        }
    }
}

#[test]
fn a_kind_that_no_file_knows_is_unknown_throughout_and_says_so() {
    let set = lines(&asset("AWS::Nobody::Knows", "{}"));
    assert_eq!(set.len(), 45);
    for line in &set {
        assert_eq!(line.holder, Holder::Unknown);
        assert!(line.first_need().unwrap().to_string().contains("AWS::Nobody::Knows"));
    }
}

#[test]
fn a_condition_over_something_unseen_stops_the_search_and_names_the_property() {
    let function = asset(
        "AWS::Lambda::Function",
        "PackageType: Zip\nRuntime: python3.13\nRuntimeManagementConfig: { UpdateRuntimeOn: !unknown \"lambda:GetRuntimeManagementConfig AccessDenied\" }\n",
    );
    let set = lines(&function);
    let line = set.of(&"hosts.patch-management".into()).unwrap();
    // Read as absent it would be the provider's.
    assert_eq!(line.holder, Holder::Unknown);
    let need = line.first_need().unwrap();
    assert_eq!(&*need.property, "RuntimeManagementConfig.UpdateRuntimeOn");
    assert_eq!(
        (&*need.why.operation, &*need.why.code),
        ("lambda:GetRuntimeManagementConfig", "AccessDenied")
    );
    assert!(line.rule.starts_with("aws/lambda.yaml:"), "{}", line.rule);
    assert!(content().services.iter().any(|service| service.lines.iter().any(|rule| rule.rule == line.rule)));
}

#[test]
fn a_placeholder_is_the_providers_only_where_every_asset_of_its_kind_is() {
    let mut unlisted = asset("AWS::Lambda::Function", "{}");
    let why = Why::parse_short("lambda:ListFunctions AccessDenied");
    unlisted.properties = Node::unknown(why.clone());
    unlisted.population = Population::Refused { why, last_known: None };
    assert_eq!(holder(&unlisted, "hosts.patch-management"), Holder::Unknown);
    assert_eq!(holder(&unlisted, "network.physical-segmentation"), Holder::Provider);
    assert_eq!(holder(&unlisted, "platform.least-privilege-access"), Holder::Customer);
}

#[test]
fn a_delegation_takes_over_what_is_the_customers_until_its_last_day() {
    let settings = settings(
        "overlays:\n  - { control: hosts.patch-management, to: Mender Ltd, until: 2026-12-31, accounts: [\"111122223333\"], does: patches the machines }\n",
    );
    let mut resolver = Resolver::new(content(), &settings);
    let control = "hosts.patch-management".into();
    let machine = asset("AWS::EC2::Instance", "{}");
    let set = resolver.lines(&machine, now());
    let line = set.of(&control).unwrap();
    assert_eq!(line.holder, Holder::ThirdParty("Mender Ltd".into()));
    assert_eq!((&*line.customer_does, &line.source), ("patches the machines", &SourceRef::Settings));
    assert_eq!(&*line.rule, "partywall.yaml:2");
    // Other controls, other accounts and other days stay as they were.
    assert_eq!(set.of(&"hosts.hardening".into()).unwrap().holder, Holder::Customer);
    let mut elsewhere = machine.clone();
    elsewhere.account = Some("444455556666".into());
    assert_eq!(resolver.lines(&elsewhere, now()).of(&control).unwrap().holder, Holder::Customer);
    let last_day = "2026-12-31T23:59:59Z".parse().unwrap();
    let too_late = "2027-01-01T00:00:00Z".parse().unwrap();
    assert!(matches!(resolver.lines(&machine, last_day).of(&control).unwrap().holder, Holder::ThirdParty(_)));
    let after = resolver.lines(&machine, too_late);
    assert_eq!(after.of(&control).unwrap().holder, Holder::Customer);
    // What has no meaning for the asset, or is the provider's, cannot be handed on.
    let bucket = asset("AWS::S3::Bucket", "{}");
    assert_eq!(resolver.lines(&bucket, now()).of(&control).unwrap().holder, Holder::NotApplicable);
    // The lapse moved one control back.
    let drift: Vec<_> = set.drift(&after).collect();
    assert_eq!(drift.len(), 1);
    assert!(drift[0].is_to_customer() && drift[0].after.control == control);
}

#[test]
fn assets_that_agree_in_what_decides_share_their_lines() {
    let settings = Settings::default();
    let mut resolver = Resolver::new(content(), &settings);
    let one = asset("AWS::Lambda::Function", "{ PackageType: Zip, Runtime: python3.13, MemorySize: 128 }");
    let other = asset("AWS::Lambda::Function", "{ PackageType: Zip, Runtime: python3.12, MemorySize: 512 }");
    let image = asset("AWS::Lambda::Function", "{ PackageType: Image }");
    let sets = [&one, &other, &image].map(|asset| resolver.lines(asset, now()));
    assert!(sets[0].is_same(&sets[1]) && !sets[0].is_same(&sets[2]));
    // Even different sets share the lines that do not depend on the difference.
    let physical = "network.physical-segmentation".into();
    assert!(Arc::ptr_eq(sets[0].of(&physical).unwrap(), sets[2].of(&physical).unwrap()));
    assert_eq!(resolver.size().0, 2);
}

#[test]
fn a_switch_is_on_off_unseen_or_shown_elsewhere() {
    let position = |properties: &str| {
        let trail = asset("AWS::CloudTrail::Trail", properties);
        let set = lines(&trail);
        let with_switch =
            set.iter().find(|line| line.switch.as_ref().is_some_and(|s| &*s.property == "IsLogging"));
        with_switch.unwrap().switch.clone().unwrap().position
    };
    assert_eq!(position("{ IsLogging: true }"), Position::On);
    assert_eq!(position("{ IsLogging: false }"), Position::Off { found: "`false`".into() });
    assert_eq!(position("{}"), Position::Off { found: "absent".into() });
    match position("{ IsLogging: !unknown \"cloudtrail:GetTrailStatus AccessDenied\" }") {
        Position::Unseen(needs) => assert_eq!(&*needs[0].property, "IsLogging"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn switches_that_are_off_are_gathered_by_rule_with_what_to_set() {
    let trails: Vec<Asset> = [("a", "false"), ("b", "false"), ("c", "true")]
        .map(|(id, on)| {
            let mut trail = asset("AWS::CloudTrail::Trail", &format!("{{ IsLogging: {on} }}"));
            trail.id = id.into();
            trail
        })
        .into();
    let settings = Settings::default();
    let mut resolver = Resolver::new(content(), &settings);
    let sets: Vec<LineSet> = trails.iter().map(|trail| resolver.lines(trail, now())).collect();
    let found = switches::switches(trails.iter().zip(&sets));
    let gap = found.gaps.iter().find(|gap| gap.fix.contains("IsLogging")).unwrap();
    assert_eq!(gap.fix, "set `IsLogging` to `true`");
    assert_eq!(&*gap.found, "`false`");
    assert_eq!(gap.assets, ["a", "b"]);
    assert!(gap.controls.iter().all(|control| gap.line.rule == lines(&trails[0]).of(control).unwrap().rule));
    assert!(found.on >= 1);
}

#[test]
fn a_hundred_thousand_assets_need_few_lines() {
    let settings = Settings::default();
    let mut resolver = Resolver::new(content(), &settings);
    let mut function = asset("AWS::Lambda::Function", "{ PackageType: Zip, Runtime: python3.13 }");
    let answers: usize = (0..100_000)
        .map(|at| {
            function.id = format!("function:{at}").into();
            resolver.lines(&function, now()).len()
        })
        .sum();
    assert_eq!(answers, 4_500_000);
    assert_eq!(resolver.size(), (1, 45));
}
