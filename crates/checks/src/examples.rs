//! Runs the examples that checks carry: the file is its own test.

use std::collections::BTreeMap;

use jiff::Timestamp;
use partywall_content::{Check, Example, ExampleVerdict, LabelRule, Lifecycle, PersonalData, Settings};
use partywall_model::{
    Asset, Estate, EstateBuilder, EvidenceRecord, Kind, Listing, ListingOutcome, Node, Problem, Provider,
    Sensitivity, Verdict, Why,
};

use crate::context::Context;
use crate::judge::judge_asset;

/// The account of an example's asset.
pub const ACCOUNT: &str = "111122223333";
/// The region of an example's asset.
pub const REGION: &str = "eu-west-1";
/// The time of judgement where an example names none: 2026-11-01T00:00:00Z, in seconds.
const NOW: i64 = 1_793_491_200;

/// The id of the asset that an example judges.
const SUBJECT: &str = "example:subject";
/// Its name.
const NAME: &str = "the example's asset";

/// Judges an example.
///
/// # Errors
/// A mistake of the check's author.
pub fn run(check: &Check, example: &Example, lifecycle: &Lifecycle) -> Result<Verdict, Problem> {
    let estate = estate(check, example);
    let now = example.now.unwrap_or_else(|| Timestamp::from_second(NOW).unwrap_or_default());
    let settings = Settings {
        sensitivity: example.sensitivity.map(labelled).into_iter().collect(),
        personal_data: PersonalData {
            regions: example.personal_data_regions.clone(),
            ..PersonalData::default()
        },
        ..Settings::default()
    };
    let context = Context::new(&estate, &settings, lifecycle, now);
    match estate.asset(SUBJECT) {
        Some(asset) => judge_asset(&context, asset, check).map(|finding| finding.verdict),
        None => Err(Problem::new(check.file.clone(), "the example's asset is not in its own estate")),
    }
}

/// The settings' rule that gives the example's asset, and no other, its level.
fn labelled(level: Sensitivity) -> LabelRule {
    LabelRule { level, tag: BTreeMap::new(), name_contains: Some(NAME.to_owned()), kind: None, account: None }
}

/// Whether a verdict is the one that an example promises.
pub fn agrees(verdict: &Verdict, promised: ExampleVerdict) -> bool {
    matches!(
        (verdict, promised),
        (Verdict::Pass, ExampleVerdict::Pass)
            | (Verdict::Fail, ExampleVerdict::Fail)
            | (Verdict::Unknown(_), ExampleVerdict::Unknown)
            | (Verdict::NotApplicable, ExampleVerdict::NotApplicable)
    )
}

fn estate(check: &Check, example: &Example) -> Estate {
    let mut builder = EstateBuilder::default();
    let kind =
        example.kind.clone().or_else(|| check.kinds.first().cloned()).unwrap_or_else(|| Kind::from(""));
    let mut subject = place(Asset::new(Provider::Aws, kind.clone(), SUBJECT), None, None);
    subject.properties = example.asset.clone();
    subject.name = Some(NAME.into());
    subject.tags.clone_from(&example.tags);
    let mut listed: Vec<(Kind, String, String)> = vec![(kind, ACCOUNT.to_owned(), REGION.to_owned())];
    listed.extend(example.listed.iter().map(|kind| (kind.clone(), ACCOUNT.to_owned(), REGION.to_owned())));
    for (position, other) in example.with.iter().enumerate() {
        let id = other
            .id
            .clone()
            .or_else(|| arn(&other.properties))
            .unwrap_or_else(|| format!("example:{position}"));
        let mut asset = place(
            Asset::new(Provider::Aws, other.kind.clone(), id),
            other.account.as_deref(),
            other.region.as_deref(),
        );
        asset.properties = other.properties.clone();
        asset.tags.clone_from(&other.tags);
        let account = asset.account.as_ref().map_or(ACCOUNT, |account| account.as_str()).to_owned();
        let region = asset.region.as_ref().map_or(REGION, |region| region.as_str()).to_owned();
        listed.push((other.kind.clone(), account, region));
        builder.add(EvidenceRecord::Asset(Box::new(asset)));
    }
    builder.add(EvidenceRecord::Asset(Box::new(subject)));
    for (kind, account, region) in listed {
        builder.add(EvidenceRecord::Listing(Listing {
            provider: Provider::Aws,
            account: account.into(),
            region: region.into(),
            kind,
            operation: "example:List".into(),
            at: Timestamp::UNIX_EPOCH,
            seen: 0,
            outcome: ListingOutcome::Complete,
        }));
    }
    builder.finish(|_| None)
}

fn place(mut asset: Asset, account: Option<&str>, region: Option<&str>) -> Asset {
    asset.account = Some(account.unwrap_or(ACCOUNT).into());
    asset.region = Some(region.unwrap_or(REGION).into());
    asset
}

/// Policies are found by their ARN, so it is their id where an example gives one.
fn arn(properties: &Node) -> Option<String> {
    ["PolicyArn", "Arn"].iter().find_map(|key| properties.key(key).as_str().map(str::to_owned))
}

/// Every way of replacing one part of an example, of its asset or of what surrounds it, by an unknown.
pub fn hidden(example: &Example) -> Vec<Example> {
    let mut all = Vec::new();
    for asset in hidden_parts(&example.asset) {
        all.push(Example { asset, ..example.clone() });
    }
    for (position, other) in example.with.iter().enumerate() {
        for properties in hidden_parts(&other.properties) {
            let mut hidden = example.clone();
            if let Some(other) = hidden.with.get_mut(position) {
                other.properties = properties;
            }
            all.push(hidden);
        }
    }
    all
}

fn hidden_parts(properties: &Node) -> Vec<Node> {
    let mut paths = Vec::new();
    places(properties, &mut Vec::new(), &mut paths);
    let unknown = Node::unknown(Why::parse_short("test:Hidden AccessDenied"));
    paths
        .into_iter()
        .map(|path| {
            let mut hidden = properties.clone();
            replace(&mut hidden, &path, unknown.clone());
            hidden
        })
        .collect()
}

fn places(node: &Node, path: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
    found.push(path.clone());
    let children: Vec<&Node> = match node {
        Node::List(items) => items.iter().collect(),
        Node::Map(map) => map.iter().map(|(_, value)| value).collect(),
        _ => return,
    };
    for (position, child) in children.into_iter().enumerate() {
        path.push(position);
        places(child, path, found);
        path.pop();
    }
}

fn replace(node: &mut Node, path: &[usize], value: Node) {
    let Some((first, rest)) = path.split_first() else {
        *node = value;
        return;
    };
    let child = match node {
        Node::List(items) => items.get_mut(*first),
        Node::Map(map) => map.iter_mut().nth(*first).map(|(_, value)| value),
        _ => None,
    };
    if let Some(child) = child {
        replace(child, rest, value);
    }
}
