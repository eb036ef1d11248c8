//! What principals may do.

use crate::estates::{Said::*, Table, Value, World, json, these, unseen};

const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn allow(action: &str) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": "*" })
}

fn deny(action: &str) -> Value {
    json!({ "Effect": "Deny", "Action": action, "Resource": "*" })
}

fn inline(statements: Value) -> Value {
    json!([{ "PolicyName": "p", "PolicyDocument": { "Statement": statements } }])
}

fn role(more: Value) -> World {
    let mut role = json!({ "RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r" });
    for (key, value) in more.as_object().unwrap() {
        role[key] = value.clone();
    }
    World::default().with("AWS::IAM::Role", role)
}

fn managed(world: World, arn: &str, statements: Value) -> World {
    let account = (!arn.contains("::aws:")).then_some("111122223333");
    let policy = json!({ "PolicyArn": arn, "PolicyDocument": { "Statement": statements } });
    world.with_of(account, "AWS::IAM::ManagedPolicy", policy)
}

#[test]
fn rights_are_what_is_allowed_without_what_is_denied() {
    let mut table = Table::default();
    for (name, policies, admin, passes) in [
        ("nothing", json!([]), No, No),
        ("all", inline(json!(allow("*"))), Yes, Yes),
        (
            "all, denied elsewhere",
            json!([inline(json!(allow("*")))[0], inline(json!(deny("iam:*")))[0]]),
            No,
            No,
        ),
        ("one action", inline(json!(allow("iam:PassRole"))), No, Yes),
        ("letters of another case", inline(json!(allow("IAM:passrole"))), No, Yes),
        (
            "all but identities",
            inline(json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" })),
            No,
            No,
        ),
        (
            "all, only reading permitted",
            inline(json!([allow("*"), { "Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*" }])),
            No,
            No,
        ),
        (
            "all, denied outside one bucket",
            inline(
                json!([allow("*"), { "Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::b/*" }]),
            ),
            No,
            No,
        ),
        (
            "all, denied without MFA",
            inline(
                json!([allow("*"), { "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } }]),
            ),
            Yes,
            Yes,
        ),
        (
            "all, with MFA",
            inline(
                json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } } }),
            ),
            Yes,
            Yes,
        ),
        ("a policy without its document", json!([{ "PolicyName": "p" }]), Unknown, Unknown),
        ("a policy that nobody saw", json!([unseen()]), Unknown, Unknown),
        ("policies that nobody saw", unseen(), Unknown, Unknown),
        ("all, and one that nobody saw", json!([inline(json!(allow("*")))[0], unseen()]), Unknown, Unknown),
        ("all denied, and one that nobody saw", json!([inline(json!(deny("*")))[0], unseen()]), No, No),
    ] {
        let world = role(json!({ "Policies": policies }));
        table.row(name, world.says("iam.admin"), admin);
        table.row(name, world.ask("iam.can", &[Value::Null, json!("iam:PassRole")]), passes);
    }
    table.holds();
}

#[test]
fn a_managed_policy_counts_when_it_is_in_view() {
    let attached = || role(json!({ "ManagedPolicyArns": [ADMIN] }));
    assert_eq!(managed(attached(), ADMIN, allow("*")).says("iam.admin"), Yes);
    assert_eq!(attached().says("iam.admin"), Unknown);
    assert_eq!(attached().listed("AWS::IAM::ManagedPolicy").says("iam.admin"), Unknown);
    assert_eq!(role(json!({ "ManagedPolicyArns": unseen() })).says("iam.admin"), Unknown);
    assert_eq!(role(json!({ "ManagedPolicyArns": [unseen()] })).says("iam.admin"), Unknown);
    let without_document = attached().with_of(None, "AWS::IAM::ManagedPolicy", json!({ "PolicyArn": ADMIN }));
    assert_eq!(without_document.says("iam.admin"), Unknown);
}

#[test]
fn a_boundary_takes_away_what_it_does_not_allow() {
    let mut table = Table::default();
    const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/boundary";
    let bounded = |policies: Value| role(json!({ "Policies": policies, "PermissionsBoundary": BOUNDARY }));
    let all = || inline(json!(allow("*")));
    for (name, world, admin, passes) in [
        ("wide", managed(bounded(all()), BOUNDARY, allow("*")), Yes, Yes),
        ("narrow", managed(bounded(all()), BOUNDARY, allow("s3:*")), No, No),
        ("that one action", managed(bounded(all()), BOUNDARY, allow("iam:PassRole")), No, Yes),
        (
            "wide but for identities",
            managed(bounded(all()), BOUNDARY, json!([allow("*"), deny("iam:*")])),
            No,
            No,
        ),
        ("not in view", bounded(all()), Unknown, Unknown),
        ("not in view, and nothing allowed", bounded(json!([])), No, No),
        ("narrow, and policies that nobody saw", managed(bounded(unseen()), BOUNDARY, allow("s3:*")), No, No),
        (
            "wide, and policies that nobody saw",
            managed(bounded(unseen()), BOUNDARY, allow("*")),
            Unknown,
            Unknown,
        ),
        ("not seen", role(json!({ "Policies": all(), "PermissionsBoundary": unseen() })), Unknown, Unknown),
    ] {
        table.row(name, world.says("iam.admin"), admin);
        table.row(name, world.ask("iam.can", &[Value::Null, json!("iam:PassRole")]), passes);
    }
    table.holds();
}

fn user(groups: Value) -> World {
    World::default().with("AWS::IAM::User", json!({ "UserName": "u", "Groups": groups }))
}

#[test]
fn a_user_has_what_its_groups_have() {
    let group = |name: Value, statements: Value| json!({ "GroupName": name, "Policies": inline(statements) });
    let (kind, other) = ("AWS::IAM::Group", Some("444455556666"));
    let mut table = Table::default();
    for (name, world, promised) in [
        ("an administrators' group", user(json!(["ops"])).with(kind, group(json!("ops"), allow("*"))), Yes),
        ("another group", user(json!(["dev"])).with(kind, group(json!("dev"), allow("s3:*"))), No),
        (
            "a group that takes away",
            user(json!(["ops", "no"]))
                .with(kind, group(json!("ops"), allow("*")))
                .with(kind, group(json!("no"), deny("*"))),
            No,
        ),
        (
            "a group of another account",
            user(json!(["ops"])).with_of(other, kind, group(json!("ops"), allow("*"))),
            Unknown,
        ),
        (
            "a group of each account",
            user(json!(["ops"]))
                .with_of(other, kind, group(json!("ops"), allow("*")))
                .with(kind, group(json!("ops"), allow("s3:*"))),
            No,
        ),
        ("a group that is not in view", user(json!(["ops"])).listed(kind), Unknown),
        ("groups that nobody listed", user(json!(["ops"])).refused(kind), Unknown),
        (
            "a group whose name nobody saw",
            user(json!(["ops"])).with(kind, group(unseen(), allow("*"))),
            Unknown,
        ),
        (
            "one of the user's groups not seen",
            user(json!(["dev", unseen()])).with(kind, group(json!("dev"), allow("s3:*"))),
            Unknown,
        ),
        ("groups not seen", user(unseen()), Unknown),
    ] {
        table.row(name, world.says("iam.admin"), promised);
    }
    table.holds();
}

#[test]
fn every_bucket_is_read_where_no_bucket_is_named() {
    let mut table = Table::default();
    for (name, action, resource, promised) in [
        ("star", "s3:GetObject", json!("*"), Yes),
        ("all buckets", "s3:Get*", json!("arn:aws:s3:::*"), Yes),
        ("all objects", "s3:*", json!("arn:aws:s3:::*/*"), Yes),
        ("all objects in China", "s3:*", json!("arn:aws-cn:s3:::*/*"), Yes),
        ("all of the name", "s3:*", json!("arn:aws:s3:::bank-*/*"), No),
        ("one bucket", "s3:*", json!(["arn:aws:s3:::b", "arn:aws:s3:::b/*"]), No),
        ("lists alone", "s3:List*", json!("*"), No),
    ] {
        let statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
        table.row(
            name,
            role(json!({ "Policies": inline(statement) })).says("iam.reads_all_buckets"),
            promised,
        );
    }
    let denied = inline(
        json!([allow("s3:*"), { "Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cards/*" }]),
    );
    table.row("one bucket denied", role(json!({ "Policies": denied })).says("iam.reads_all_buckets"), Yes);
    table.holds();
}

#[test]
fn ways_to_more_rights_need_each_of_their_actions() {
    let mut table = Table::default();
    for (name, actions, ways) in [
        ("nothing of the kind", vec!["s3:*", "ec2:Describe*"], 0),
        ("an administrator needs none", vec!["*"], 0),
        ("passing alone", vec!["iam:PassRole"], 0),
        ("starting alone", vec!["ec2:RunInstances"], 0),
        ("passing and starting", vec!["iam:PassRole", "ec2:RunInstances"], 1),
        ("a trust", vec!["iam:UpdateAssumeRolePolicy"], 1),
        ("a version of a policy", vec!["iam:CreatePolicyVersion"], 1),
        ("code of functions", vec!["lambda:UpdateFunctionCode"], 1),
        (
            "a function by events",
            vec!["iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
            1,
        ),
        ("a build", vec!["iam:PassRole", "codebuild:*"], 1),
    ] {
        let statements: Vec<Value> = actions.into_iter().map(allow).collect();
        let said = role(json!({ "Policies": inline(json!(statements)) })).says("iam.escalates");
        if !matches!(&said, These(found) if found.len() == ways) {
            table.row(name, said, Other(format!("{ways} ways")));
        }
    }
    let on_type = json!({ "Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "arn:aws:iam::111122223333:role/*" });
    let said = role(json!({ "Policies": inline(on_type) })).says("iam.escalates");
    table.row(
        "all roles of the account",
        said,
        these(&["attaches a policy to a role (iam:AttachRolePolicy)"]),
    );
    let on_one = json!({ "Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "arn:aws:iam::111122223333:role/app-*" });
    table.row(
        "roles of one name",
        role(json!({ "Policies": inline(on_one) })).says("iam.escalates"),
        these(&[]),
    );
    table.row("not seen", role(json!({ "Policies": unseen() })).says("iam.escalates"), Unknown);
    table.holds();
}
