//! Buckets and access points: policy, access list, and the blocks over them. And snapshots.

use crate::estates::{Said::*, Table, Value, World, json, unseen};
use crate::policy::{open_with, statement};

const OFF: [bool; 2] = [false, false];

/// Block public access: its settings for policies and for access lists.
fn block([policies, lists]: [bool; 2]) -> Value {
    json!({ "RestrictPublicBuckets": policies, "IgnorePublicAcls": lists, "BlockPublicPolicy": false, "BlockPublicAcls": false })
}

fn bucket(own: Value, account: Value, more: Value) -> World {
    let mut bucket = json!({ "BucketName": "b", "PublicAccessBlockConfiguration": own, "Observed": { "Acl": { "Grants": [] } } });
    for (key, value) in more.as_object().unwrap() {
        bucket[key] = value.clone();
    }
    World::default()
        .with("AWS::S3::Bucket", bucket)
        .with("AWS::::Account", json!({ "Observed": { "PublicAccessBlockConfiguration": account } }))
}

#[test]
fn a_bucket_is_open_by_policy_or_list_unless_blocked() {
    let mut table = Table::default();
    let policy = json!({ "Observed": { "Policy": { "Statement": statement(json!({ "Action": "s3:GetObject" })) }, "Acl": { "Grants": [] } } });
    let list = |group: &str, permission: &str, ownership: &str| {
        json!({
            "OwnershipControls": { "Rules": [{ "ObjectOwnership": ownership }] },
            "Observed": { "Acl": { "Grants": [{ "Grantee": { "Type": "Group", "URI": format!("http://acs.amazonaws.com/groups/{group}") }, "Permission": permission }] } }
        })
    };
    let read = list("global/AllUsers", "READ", "ObjectWriter");
    let mut hidden_controls = read.clone();
    hidden_controls["OwnershipControls"] = unseen();
    for (name, own, account, more, public, writable) in [
        ("policy", block(OFF), block(OFF), &policy, Yes, No),
        ("policy, blocked by the bucket", block([true, false]), block(OFF), &policy, No, No),
        ("policy, blocked by the account", block(OFF), block([true, false]), &policy, No, No),
        ("policy, lists blocked", block([false, true]), block([false, true]), &policy, Yes, No),
        ("policy, account not seen", block(OFF), unseen(), &policy, Unknown, No),
        ("policy, account not seen, bucket blocks", block([true, true]), unseen(), &policy, No, No),
        ("list", block(OFF), block(OFF), &read, Yes, No),
        ("list, ignored", block([false, true]), block(OFF), &read, No, No),
        ("list, policies blocked", block([true, false]), block(OFF), &read, Yes, No),
        ("list, ownership not seen", block(OFF), block(OFF), &hidden_controls, Unknown, No),
        (
            "list without effect",
            block(OFF),
            block(OFF),
            &list("global/AllUsers", "READ", "BucketOwnerEnforced"),
            No,
            No,
        ),
        (
            "list for other owners",
            block(OFF),
            block(OFF),
            &list("global/AllUsers", "READ", "BucketOwnerPreferred"),
            Yes,
            No,
        ),
        (
            "list for any account",
            block(OFF),
            block(OFF),
            &list("global/AuthenticatedUsers", "WRITE", "ObjectWriter"),
            Yes,
            Yes,
        ),
        (
            "list that hands itself over",
            block(OFF),
            block(OFF),
            &list("global/AllUsers", "WRITE_ACP", "ObjectWriter"),
            Yes,
            Yes,
        ),
        (
            "list for log delivery",
            block(OFF),
            block(OFF),
            &list("s3/LogDelivery", "WRITE", "ObjectWriter"),
            No,
            No,
        ),
    ] {
        let world = bucket(own, account, more.clone());
        table.row(name, world.says("policy.public"), public);
        table.row(&format!("{name}, to write"), world.says("policy.writable"), writable);
    }
    table.holds();
}

#[test]
fn what_is_not_known_to_only_read_changes() {
    let mut table = Table::default();
    for (actions, promised) in [
        (json!({ "Action": "s3:GetObject" }), No),
        (json!({ "Action": ["s3:List*", "s3:Get*"] }), No),
        (json!({ "Action": "s3:PutObject" }), Yes),
        (json!({ "Action": "s3:P*" }), Yes),
        (json!({ "Action": "s3:*Object" }), Yes),
        (json!({ "Action": "s3:*" }), Yes),
        (json!({ "Action": "*" }), Yes),
        (json!({ "Action": "s3:SubmitMultiRegionAccessPointRoutes" }), Yes),
        (json!({ "Action": null, "NotAction": "s3:DeleteBucket" }), Yes),
    ] {
        let more = json!({ "Observed": { "Policy": { "Statement": statement(actions.clone()) }, "Acl": { "Grants": [] } } });
        let world = bucket(block(OFF), block(OFF), more);
        table.row(&actions.to_string(), world.says("policy.writable"), promised);
    }
    table.holds();
}

#[test]
fn an_access_point_is_open_where_it_its_bucket_and_their_blocks_let_in() {
    let mut table = Table::default();
    let delegating =
        json!({ "Condition": { "StringEquals": { "s3:DataAccessPointAccount": "111122223333" } } });
    let to_organisation = json!({ "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-abc" } } });
    let to_role = json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:role/r" } });
    let internet = json!({ "NetworkOrigin": "Internet" });
    for (name, observed, owner, bucket_account, bucket_block, bucket_statement, promised) in [
        ("delegated", &internet, OFF, Some("111122223333"), OFF, &delegating, Yes),
        ("both open", &internet, OFF, Some("111122223333"), OFF, &json!({}), Yes),
        ("in a VPC", &json!({ "NetworkOrigin": "VPC" }), OFF, Some("111122223333"), OFF, &delegating, No),
        (
            "origin not seen",
            &json!({ "NetworkOrigin": unseen() }),
            OFF,
            Some("111122223333"),
            OFF,
            &delegating,
            Unknown,
        ),
        ("its own block", &internet, [true, false], Some("111122223333"), OFF, &delegating, No),
        ("the bucket's block", &internet, OFF, Some("111122223333"), [true, false], &delegating, No),
        (
            "the bucket wants the organisation",
            &internet,
            OFF,
            Some("111122223333"),
            OFF,
            &to_organisation,
            No,
        ),
        ("the bucket wants a role", &internet, OFF, Some("111122223333"), OFF, &to_role, No),
        ("a bucket that nobody saw", &internet, OFF, None, OFF, &delegating, Unknown),
    ] {
        let mut world = World::default()
            .with("AWS::S3::AccessPoint", json!({
                "Name": "p", "Bucket": "b", "PublicAccessBlockConfiguration": block(owner),
                "Policy": { "Statement": statement(json!({ "Action": "s3:GetObject" })) }, "Observed": observed
            }))
            .with("AWS::::Account", json!({ "Observed": { "PublicAccessBlockConfiguration": block(OFF) } }))
            .listed("AWS::S3::Bucket");
        if let Some(account) = bucket_account {
            let policy = json!({ "Statement": statement(bucket_statement.clone()) });
            world = world.with_of(Some(account), "AWS::S3::Bucket", json!({
                "BucketName": "b", "PublicAccessBlockConfiguration": block(bucket_block), "Observed": { "Policy": policy }
            }));
        }
        table.row(name, world.says("policy.public"), promised);
    }
    table.holds();
}

#[test]
fn a_delegation_to_access_points_in_a_vpc_is_not_open() {
    let only_vpc = json!({ "StringEquals": { "s3:AccessPointNetworkOrigin": "VPC" } });
    let internet = json!({ "StringEquals": { "s3:AccessPointNetworkOrigin": "Internet" } });
    let any_point = json!({ "ArnLike": { "s3:DataAccessPointArn": "arn:aws:s3:*:*:accesspoint/*" } });
    let own_points =
        json!({ "ArnLike": { "s3:DataAccessPointArn": "arn:aws:s3:*:111122223333:accesspoint/*" } });
    assert_eq!(open_with(only_vpc), No);
    assert_eq!(open_with(internet), Yes);
    assert_eq!(open_with(any_point), Yes);
    assert_eq!(open_with(own_points), No);
}

#[test]
fn a_snapshot_for_all_is_reachable_unless_its_region_takes_that_back() {
    let snapshot = |permissions: Value, state: Value| {
        World::default()
            .with("AWS::EC2::Snapshot", json!({ "Observed": { "CreateVolumePermissions": permissions } }))
            .with("AWS::::Region", json!({ "Observed": { "SnapshotBlockPublicAccessState": state } }))
            .is_exposed()
    };
    let all = json!([{ "Group": "all" }]);
    assert_eq!(snapshot(all.clone(), json!("unblocked")), Yes);
    assert_eq!(snapshot(all.clone(), json!("block-new-sharing")), Yes);
    assert_eq!(snapshot(all.clone(), json!("block-all-sharing")), No);
    assert_eq!(snapshot(all, unseen()), Unknown);
    assert_eq!(snapshot(json!([{ "UserId": "999988887777" }]), unseen()), No);
}
