//! Joins, and the surroundings of an asset.

use crate::estates::{ACCOUNT, Said, Said::*, Value, World, json, node, unseen};

const INTERFACE: &str = "AWS::EC2::NetworkInterface";

fn find(world: &World, value: Value) -> Vec<Value> {
    let found = world.ask("estate.find", &[Value::Null, json!(INTERFACE), json!("GroupSet"), value]);
    match found {
        Said::Other(text) => serde_json::from_str(&text).unwrap(),
        These(none) if none.is_empty() => Vec::new(),
        other => panic!("{other:?}"),
    }
}

fn subject() -> World {
    World::default().with("AWS::EC2::SecurityGroup", json!({ "GroupId": "sg-1" }))
}

fn ids(found: &[Value]) -> Vec<String> {
    found.iter().map(|one| one["Id"].as_str().unwrap_or("unknown").to_owned()).collect()
}

#[test]
fn what_has_or_contains_the_value_is_found_in_the_account() {
    let world = subject()
        .with(INTERFACE, json!({ "Id": "a", "GroupSet": ["sg-1", "sg-1", "sg-2"] }))
        .with(INTERFACE, json!({ "Id": "b", "GroupSet": "sg-1" }))
        .with(INTERFACE, json!({ "Id": "c", "GroupSet": ["sg-2"] }))
        .with_of(Some("444455556666"), INTERFACE, json!({ "Id": "d", "GroupSet": ["sg-1"] }));
    assert_eq!(ids(&find(&world, json!("sg-1"))), ["a", "b"]);
    assert_eq!(ids(&find(&world, json!("sg-9"))), Vec::<String>::new());
    assert_eq!(ids(&find(&world, Value::Null)), Vec::<String>::new());
}

#[test]
fn a_value_that_was_not_seen_could_be_the_one() {
    let one = || subject().with(INTERFACE, json!({ "Id": "a", "GroupSet": ["sg-1"] }));
    let partly = || one().with(INTERFACE, json!({ "Id": "b", "GroupSet": ["sg-1", unseen()] }));
    assert_eq!(ids(&find(&partly(), json!("sg-1"))), ["a", "b"]);
    assert_eq!(ids(&find(&partly(), json!("sg-2"))), ["unknown"]);
    assert_eq!(ids(&find(&one().with(INTERFACE, unseen()), json!("sg-1"))), ["a", "unknown"]);
    assert_eq!(ids(&find(&one().refused(INTERFACE), json!("sg-1"))), ["a", "unknown"]);
    assert_eq!(ids(&find(&subject(), json!("sg-1"))), ["unknown"]);
    let elsewhere = one().with_of(Some("444455556666"), INTERFACE, unseen());
    assert_eq!(ids(&find(&elsewhere, json!("sg-1"))), ["a"]);
}

#[test]
fn a_value_that_is_no_text_is_found_too() {
    let world = subject()
        .with(INTERFACE, json!({ "Id": "a", "GroupSet": 7 }))
        .with(INTERFACE, json!({ "Id": "b", "GroupSet": [true, 7] }))
        .with(INTERFACE, json!({ "Id": "c", "GroupSet": "7" }));
    assert_eq!(ids(&find(&world, json!(7))), ["a", "b"]);
}

#[test]
fn an_asset_of_no_known_account_has_no_account_in_view() {
    let account = json!({ "Observed": { "AccountSummary": { "AccountMFAEnabled": 1 } } });
    let of_code =
        World::default().with_of(None, "AWS::S3::Bucket", json!({})).with("AWS::::Account", account.clone());
    assert_eq!(of_code.says("estate.account"), Unknown);
    assert_eq!(of_code.says("estate.region"), Unknown);
    let of_cloud =
        World::default().with("AWS::S3::Bucket", json!({})).with("AWS::::Account", account.clone());
    assert_eq!(of_cloud.says("estate.account"), Other(serde_json::to_string(&node(account)).unwrap()));
    let of_other = World::default().with("AWS::S3::Bucket", json!({})).with_of(
        Some("444455556666"),
        "AWS::::Account",
        json!({}),
    );
    assert_eq!(of_other.says("estate.account"), Unknown);
    assert_ne!(ACCOUNT, "444455556666");
}
