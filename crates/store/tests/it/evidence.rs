//! Evidence that is written and read by those it is made for.

use std::collections::BTreeSet;
use std::fs;

use partywall_model::{Asset, EvidenceRecord, Node, Provider, Source, Why, WhyKind};
use partywall_store::evidence::{EvidenceError, EvidenceReader, EvidenceWriter, Existing, FORMAT};
use proptest::prelude::*;

use crate::estate::{self, bucket, files, footer, header, read, read_all, records, save, sorted};

#[test]
fn what_was_added_comes_back() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("not/yet/there");
    let saved = save(&folder, &records()).unwrap();
    let (manifest, read, mut tallies) = read_all(&folder).unwrap();
    assert_eq!(sorted(read), sorted(records()));
    assert_eq!(manifest, *saved.manifest());
    assert_eq!((&*manifest.format, manifest.records()), (FORMAT, 8));
    let mut added = footer().tallies;
    added.reverse();
    assert_eq!(tallies, added, "tallies are in the order of their operations");
    tallies.clear();
    assert_eq!(saved.id(), EvidenceReader::open(&folder).unwrap().id());
    assert!(!saved.is_temporary());
}

#[test]
fn the_manifest_counts_what_was_asked_and_what_came_back() {
    let place = tempfile::tempdir().unwrap();
    let saved = save(&place.path().join("e"), &[]).unwrap();
    let counts = saved.manifest().operations;
    assert_eq!(
        (counts.asked, counts.answered, counts.absent, counts.refused, counts.failed),
        (12, 6, 3, 2, 1)
    );
    assert_eq!(saved.manifest().regions, ["eu-west-1", "us-east-1"]);
}

#[test]
fn nothing_stands_at_the_target_before_all_is_written() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("evidence");
    let mut writer = EvidenceWriter::create(&folder, Existing::Refuse, header()).unwrap();
    writer.add(&bucket("a", "eu-west-1")).unwrap();
    assert!(!folder.exists());
    drop(writer);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "an abandoned writer leaves nothing");
}

#[test]
fn a_crash_leaves_a_folder_that_does_not_pass_for_evidence() {
    let place = tempfile::tempdir().unwrap();
    let mut writer =
        EvidenceWriter::create(&place.path().join("evidence"), Existing::Refuse, header()).unwrap();
    writer.add(&bucket("a", "eu-west-1")).unwrap();
    std::mem::forget(writer);
    let left = fs::read_dir(place.path()).unwrap().next().unwrap().unwrap().path();
    assert!(left.file_name().unwrap().to_string_lossy().ends_with(".partial"));
    let error = EvidenceReader::open(&left).unwrap_err();
    assert!(matches!(error, EvidenceError::NotEvidence { missing: "manifest.json", .. }), "{error}");
}

#[test]
fn what_exists_is_left_unless_it_is_evidence_to_be_replaced() {
    let place = tempfile::tempdir().unwrap();
    let create = |name: &str, existing| EvidenceWriter::create(&place.path().join(name), existing, header());

    fs::create_dir(place.path().join("empty")).unwrap();
    save(&place.path().join("empty"), &records()).unwrap();
    assert_eq!(read(&place.path().join("empty")).unwrap().len(), 8);

    fs::create_dir(place.path().join("photos")).unwrap();
    fs::write(place.path().join("photos/cat"), "cat").unwrap();
    fs::write(place.path().join("file"), "text").unwrap();
    for name in ["photos", "file"] {
        assert!(matches!(create(name, Existing::Refuse), Err(EvidenceError::Exists { .. })));
        assert!(matches!(create(name, Existing::Replace), Err(EvidenceError::NotReplaceable { .. })));
    }
    assert_eq!(fs::read_to_string(place.path().join("photos/cat")).unwrap(), "cat");

    assert!(matches!(create("empty", Existing::Refuse), Err(EvidenceError::Exists { .. })));
    let mut writer = create("empty/", Existing::Replace).unwrap();
    writer.add(&bucket("new", "eu-west-1")).unwrap();
    assert_eq!(read(&place.path().join("empty")).unwrap().len(), 8, "the old stands until the new is whole");
    writer.finish(footer()).unwrap();
    assert_eq!(read(&place.path().join("empty")).unwrap(), [bucket("new", "eu-west-1")]);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 3, "nothing is left beside it");
}

#[test]
fn evidence_that_cannot_be_moved_to_its_place_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("evidence");
    let mut writer = EvidenceWriter::create(&folder, Existing::Refuse, header()).unwrap();
    writer.add(&bucket("a", "eu-west-1")).unwrap();
    fs::write(&folder, "somebody else was faster").unwrap();
    let error = writer.finish(footer()).unwrap_err();
    let EvidenceError::Kept { kept, .. } = &error else { panic!("{error}") };
    assert_eq!(read(kept).unwrap(), [bucket("a", "eu-west-1")]);
    assert_eq!(fs::read_to_string(&folder).unwrap(), "somebody else was faster");
}

#[test]
fn temporary_evidence_vanishes_after_use() {
    let mut writer = EvidenceWriter::temporary(header()).unwrap();
    writer.add(&bucket("a", "eu-west-1")).unwrap();
    let saved = writer.finish(footer()).unwrap();
    let folder = saved.folder().to_path_buf();
    assert!(saved.is_temporary());
    let read: Vec<_> = saved.reader().unwrap().records().map(Result::unwrap).collect();
    assert_eq!(read, [bucket("a", "eu-west-1")]);
    drop(saved);
    assert!(!folder.exists());
}

#[test]
fn the_order_of_arrival_does_not_change_a_small_estate() {
    let place = tempfile::tempdir().unwrap();
    let (mut one, mut other) = (records(), records());
    one.rotate_left(3);
    other.reverse();
    let one = save(&place.path().join("one"), &one).unwrap();
    let other = save(&place.path().join("other"), &other).unwrap();
    assert_eq!(one.id(), other.id());
    for (a, b) in files(one.folder()).iter().zip(files(other.folder())) {
        assert_eq!(fs::read(a).unwrap(), fs::read(b).unwrap(), "{}", a.display());
    }
}

#[test]
fn two_records_of_one_asset_keep_their_order() {
    let place = tempfile::tempdir().unwrap();
    let named = |name: &str| {
        let EvidenceRecord::Asset(mut asset) = bucket("a", "eu-west-1") else { panic!() };
        asset.name = Some(name.into());
        EvidenceRecord::Asset(asset)
    };
    let added = [named("z: first"), bucket("A", "eu-west-1"), named("a: then")];
    save(&place.path().join("e"), &added).unwrap();
    let read = read(&place.path().join("e")).unwrap();
    assert_eq!(read, [added[1].clone(), added[0].clone(), added[2].clone()]);
}

#[test]
fn a_large_population_is_spread_over_files_of_bounded_size() {
    let place = tempfile::tempdir().unwrap();
    let mut writer = EvidenceWriter::create(&place.path().join("e"), Existing::Refuse, header()).unwrap();
    let text = "x".repeat(100_000);
    for at in 0..400 {
        let EvidenceRecord::Asset(mut asset) = bucket(&format!("b{at}"), "eu-west-1") else { panic!() };
        asset.properties.insert_at("Text", Node::text(text.clone()));
        writer.add(&EvidenceRecord::Asset(asset)).unwrap();
    }
    let saved = writer.finish(footer()).unwrap();
    let of_records: Vec<_> =
        saved.manifest().files.iter().filter(|file| file.path.starts_with("records/")).collect();
    assert_eq!(of_records.len(), 3, "{of_records:?}");
    assert!(of_records.iter().all(|file| file.uncompressed_bytes <= 16 << 20), "{of_records:?}");
    let mut ids = BTreeSet::new();
    for record in saved.reader().unwrap().records() {
        let EvidenceRecord::Asset(asset) = record.unwrap() else { panic!() };
        assert_eq!(asset.properties.key("Text").as_str(), Some(&*text));
        ids.insert(asset.id);
    }
    assert_eq!(ids.len(), 400);
}

#[test]
fn what_the_format_cannot_hold_is_refused_and_the_rest_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let mut writer = EvidenceWriter::create(&place.path().join("e"), Existing::Refuse, header()).unwrap();
    let with = |node: Node| {
        let EvidenceRecord::Asset(mut asset) = bucket("odd", "eu-west-1") else { panic!() };
        asset.properties.insert_at("Odd", node);
        EvidenceRecord::Asset(asset)
    };
    let deep = (0..200).fold(Node::Absent, |inner, _| Node::List(vec![inner]));
    for (odd, reason) in [
        (Node::Float(f64::NAN), "NaN"),
        (Node::Float(f64::INFINITY), "inf"),
        (deep, "deeper than 96"),
        (Node::text("x".repeat(17 << 20)), "a line holds 16777216"),
    ] {
        let error = writer.add(&with(odd)).unwrap_err();
        assert!(matches!(error, EvidenceError::Unencodable { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains("`arn:aws:s3:::odd`") && message.contains(reason), "{message}");
    }
    writer.add(&bucket("good", "eu-west-1")).unwrap();
    writer.finish(footer()).unwrap();
    assert_eq!(read(&place.path().join("e")).unwrap(), [bucket("good", "eu-west-1")]);
}

#[test]
fn evidence_that_was_cut_short_is_read_and_says_so() {
    let place = tempfile::tempdir().unwrap();
    let writer = EvidenceWriter::create(&place.path().join("e"), Existing::Refuse, header()).unwrap();
    let mut cut = footer();
    cut.complete = false;
    writer.finish(cut).unwrap();
    let reader = EvidenceReader::open(&place.path().join("e")).unwrap();
    assert!(!reader.manifest().complete);
    let caveats: Vec<String> = reader.manifest().caveats().iter().map(ToString::to_string).collect();
    assert_eq!(caveats.len(), 2);
    assert!(caveats[0].contains("cut short"), "{caveats:?}");
    assert!(caveats[1].contains("me-south-1") && caveats[1].contains("not opted in"), "{caveats:?}");
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_into_saved_evidence() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let saved = save(&place.path().join("e"), &records()).unwrap();
    assert_eq!(fs::metadata(saved.folder()).unwrap().permissions().mode() & 0o077, 0);
}

fn why() -> impl Strategy<Value = Why> {
    let kinds = [
        WhyKind::Refused,
        WhyKind::Throttled,
        WhyKind::Unsupported,
        WhyKind::Failed,
        WhyKind::NotRead,
        WhyKind::Malformed,
        WhyKind::Undecided,
    ];
    (proptest::sample::select(kinds.to_vec()), ".{0,12}", ".{0,12}", ".{0,12}").prop_map(
        |(kind, operation, code, message)| Why {
            kind,
            operation: operation.into(),
            code: code.into(),
            message: message.into(),
        },
    )
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(Node::Absent),
        why().prop_map(Node::unknown),
        any::<bool>().prop_map(Node::Bool),
        any::<i64>().prop_map(Node::Int),
        (proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO)
            .prop_map(Node::Float),
        ".{0,20}".prop_map(Node::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Node::List),
            proptest::collection::vec(("!{0,2}(unknown|.{0,6})", inner), 0..6)
                .prop_map(|entries| Node::Map(entries.into_iter().collect())),
        ]
    })
}

fn asset() -> impl Strategy<Value = Asset> {
    let identity = (".{0,20}", ".{0,10}", proptest::option::of(".{0,10}"), proptest::option::of(".{0,10}"));
    (identity, node(), proptest::collection::btree_map(".{0,5}", ".{0,5}", 0..4), any::<u32>()).prop_map(
        |((id, kind, account, region), properties, tags, span)| {
            let mut asset = Asset::new(Provider::Gcp, kind.as_str(), id.as_str());
            asset.account = account.as_deref().map(Into::into);
            asset.region = region.as_deref().map(Into::into);
            asset.properties = properties;
            asset.tags = tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
            asset.provenance.add(kind, Source::Code { file: id.into(), span: span..u32::MAX });
            asset
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_asset_survives(assets in proptest::collection::vec(asset(), 0..8)) {
        let place = tempfile::tempdir().unwrap();
        let records: Vec<_> = assets.into_iter().map(|asset| EvidenceRecord::Asset(Box::new(asset))).collect();
        estate::save(&place.path().join("e"), &records).unwrap();
        prop_assert_eq!(sorted(read(&place.path().join("e")).unwrap()), sorted(records));
    }
}
