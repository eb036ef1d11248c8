//! What policy documents say, by themselves.

use crate::estates::{Said, Said::*, Table, Value, World, json, these};
use crate::policy::statement;

fn of_document(function: &str, statements: Value, more: &[Value]) -> Said {
    let world = World::default()
        .with("AWS::IAM::ManagedPolicy", json!({ "PolicyArn": "arn:aws:iam::111122223333:policy/p" }));
    let arguments: Vec<Value> =
        std::iter::once(json!({ "Statement": statements })).chain(more.iter().cloned()).collect();
    world.ask(function, &arguments)
}

#[test]
fn a_document_is_an_administrators_when_all_is_allowed() {
    let mut table = Table::default();
    let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let deny = |more: Value| {
        let mut denial = json!({ "Effect": "Deny", "Resource": "*" });
        for (key, value) in more.as_object().unwrap() {
            denial[key] = value.clone();
        }
        json!([all, denial])
    };
    for (name, statements, promised) in [
        ("all", json!([all]), Yes),
        ("one statement without a list", all.clone(), Yes),
        (
            "all actions, written long",
            json!({ "Effect": "Allow", "Action": ["*:*"], "Resource": ["*"] }),
            Yes,
        ),
        ("no action left out", json!({ "Effect": "Allow", "NotAction": [], "Resource": "*" }), Yes),
        ("some actions left out", json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }), No),
        (
            "one bucket left out",
            json!({ "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::audit/*" }),
            Yes,
        ),
        (
            "identities left out",
            json!({ "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:iam::*:*" }),
            No,
        ),
        ("one service", json!({ "Effect": "Allow", "Action": "iam:*", "Resource": "*" }), No),
        ("actions with a short name", json!({ "Effect": "Allow", "Action": "?:?", "Resource": "*" }), No),
        (
            "with MFA",
            json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } } }),
            Yes,
        ),
        (
            "without MFA only",
            json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "false" } } }),
            No,
        ),
        (
            "from one place",
            json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } } }),
            No,
        ),
        ("all denied", deny(json!({ "Action": "*" })), No),
        ("identities denied", deny(json!({ "Action": "iam:*" })), No),
        ("all but one service denied", deny(json!({ "NotAction": "s3:*" })), No),
        ("one action denied", deny(json!({ "Action": "organizations:LeaveOrganization" })), Yes),
        (
            "denied without MFA",
            deny(
                json!({ "Action": "*", "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } }),
            ),
            Yes,
        ),
        (
            "denied on one role",
            deny(json!({ "Action": "iam:*", "Resource": "arn:aws:iam::111122223333:role/audit" })),
            Yes,
        ),
    ] {
        table.row(name, of_document("policy.admin", statements, &[]), promised);
    }
    table.holds();
}

#[test]
fn an_action_is_allowed_on_everything_by_a_star_or_by_all_names_of_its_type() {
    let mut table = Table::default();
    for (name, resource, promised) in [
        ("star", json!("*"), Yes),
        ("all roles", json!("arn:aws:iam::*:role/*"), Yes),
        ("all roles of the account", json!("arn:aws:iam::111122223333:role/*"), Yes),
        ("all roles of China", json!("arn:aws-cn:iam::*:role/*"), Yes),
        ("all of the account's identities", json!("arn:aws:iam::111122223333:*"), Yes),
        ("all roles of another account", json!("arn:aws:iam::999988887777:role/*"), No),
        ("roles of one path", json!("arn:aws:iam::111122223333:role/app/*"), No),
        ("one role", json!("arn:aws:iam::111122223333:role/app"), No),
        ("all users", json!("arn:aws:iam::*:user/*"), No),
    ] {
        let statement = json!({ "Effect": "Allow", "Action": "iam:PassRole", "Resource": resource });
        table.row(name, of_document("policy.allows", statement, &[json!("iam:PassRole")]), promised);
    }
    let but_one =
        json!({ "Effect": "Allow", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::*:role/admin" });
    table.row("all roles but one", of_document("policy.allows", but_one, &[json!("iam:PassRole")]), Yes);
    let to_service = json!({ "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": { "StringEquals": { "iam:PassedToService": "ec2.amazonaws.com" } } });
    table.row("to one service", of_document("policy.allows", to_service, &[json!("iam:PassRole")]), No);
    let others = json!({ "Effect": "Allow", "NotAction": ["s3:*", "iam:P*"], "Resource": "*" });
    table.row("left out", of_document("policy.allows", others.clone(), &[json!("iam:PassRole")]), No);
    table.row("not left out", of_document("policy.allows", others, &[json!("ec2:RunInstances")]), Yes);
    table.holds();
}

#[test]
fn wildcards_are_services_on_everything() {
    let mut table = Table::default();
    for (statement, promised) in [
        (json!({ "Action": ["s3:*", "ec2:Describe*"], "Resource": "*" }), these(&["s3:*"])),
        (json!({ "Action": "s3:*", "Resource": "arn:aws:s3:::*" }), these(&["s3:*"])),
        (json!({ "Action": "s3:*", "Resource": "arn:aws:s3:::b/*" }), these(&[])),
        (json!({ "Action": "dynamodb:*", "Resource": "arn:aws:dynamodb:*:*:*" }), these(&["dynamodb:*"])),
        (json!({ "Action": "*", "Resource": "*" }), these(&["*"])),
        (json!({ "NotAction": ["iam:*"], "Resource": "*" }), these(&["all but iam:*"])),
        (
            json!({ "Action": "s3:*", "Resource": "*", "Condition": { "StringEquals": { "aws:RequestedRegion": "eu-west-1" } } }),
            these(&[]),
        ),
    ] {
        let mut full = statement.clone();
        full["Effect"] = json!("Allow");
        table.row(&statement.to_string(), of_document("policy.wildcards", full, &[]), promised);
    }
    table.holds();
}

#[test]
fn tls_is_required_by_a_denial_for_everyone_of_everything() {
    let mut table = Table::default();
    let insecure = json!({ "Bool": { "aws:SecureTransport": "false" } });
    let both = json!(["arn:aws:s3:::b", "arn:aws:s3:::b/*"]);
    let (s3, sns, sqs) = ("AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue");
    for (name, kind, more, promised) in [
        ("bucket and objects", s3, json!({ "Action": "s3:*", "Resource": both }), Yes),
        ("everything", s3, json!({ "Action": "*", "Principal": { "AWS": "*" } }), Yes),
        ("the bucket alone", s3, json!({ "Action": "s3:*", "Resource": "arn:aws:s3:::b" }), No),
        ("the objects alone", s3, json!({ "Action": "s3:*", "Resource": "arn:aws:s3:::b/*" }), No),
        (
            "another bucket",
            s3,
            json!({ "Action": "s3:*", "Resource": ["arn:aws:s3:::c", "arn:aws:s3:::c/*"] }),
            No,
        ),
        ("reading alone", s3, json!({ "Action": "s3:GetObject", "Resource": both }), No),
        ("another service", s3, json!({ "Action": "sqs:*", "Resource": both }), No),
        ("one principal", s3, json!({ "Action": "s3:*", "Principal": { "AWS": "111122223333" } }), No),
        (
            "value without quotes, in a list",
            s3,
            json!({ "Action": "s3:*", "Condition": { "Bool": { "aws:SecureTransport": [false] } } }),
            Yes,
        ),
        (
            "with TLS",
            s3,
            json!({ "Action": "s3:*", "Condition": { "Bool": { "aws:SecureTransport": "true" } } }),
            No,
        ),
        (
            "only from one place",
            s3,
            json!({ "Action": "s3:*", "Condition": { "Bool": { "aws:SecureTransport": "false" }, "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } } }),
            No,
        ),
        (
            "old versions of TLS",
            s3,
            json!({ "Action": "s3:*", "Condition": { "NumericLessThan": { "s3:TlsVersion": "1.2" } } }),
            No,
        ),
        ("always", s3, json!({ "Action": "s3:*", "Condition": {} }), No),
        ("queue", sqs, json!({ "Action": "sqs:*" }), Yes),
        ("queue, sending alone", sqs, json!({ "Action": "sqs:SendMessage" }), No),
        ("topic, publishing", sns, json!({ "Action": "SNS:Publish" }), Yes),
        ("topic, subscribing alone", sns, json!({ "Action": "SNS:Subscribe" }), No),
    ] {
        let mut more = more;
        if more["Condition"].is_null() {
            more["Condition"] = insecure.clone();
        }
        let mut denial = statement(more);
        denial["Effect"] = json!("Deny");
        let world = World::default().with(kind, json!({ "BucketName": "b" }));
        table.row(name, world.ask("policy.requires_tls", &[json!({ "Statement": [denial] })]), promised);
    }
    table.holds();
}

#[test]
fn accounts_are_foreign_when_neither_in_view_nor_declared() {
    let mut table = Table::default();
    for (more, promised) in [
        (
            json!({ "Principal": { "AWS": ["111122223333", "arn:aws:iam::444455556666:root", "arn:aws:iam::555566667777:role/r"] } }),
            these(&[]),
        ),
        (
            json!({ "Principal": { "AWS": ["arn:aws:iam::999988887777:root", "999988887777"] } }),
            these(&["999988887777"]),
        ),
        (json!({ "Principal": { "AWS": 999988887777u64 } }), these(&["999988887777"])),
        (json!({ "Principal": { "AWS": "AROAEXAMPLEOFADELETEDROLE" } }), these(&[])),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1" } }),
            these(&[]),
        ),
        (
            json!({ "Principal": "*", "Condition": { "StringEquals": { "kms:CallerAccount": "999988887777" } } }),
            these(&["999988887777"]),
        ),
        (
            json!({ "Principal": "*", "Condition": { "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::999988887777:role/*" } } }),
            these(&["999988887777"]),
        ),
        (json!({ "Effect": "Deny", "Principal": { "AWS": "999988887777" } }), these(&[])),
    ] {
        let world = World::default().with("AWS::KMS::Key", json!({}));
        let document = json!({ "Statement": statement(more.clone()) });
        table.row(
            &more.to_string(),
            world.ask("policy.foreign_accounts", &[Value::Null, document]),
            promised,
        );
    }
    table.holds();
}
