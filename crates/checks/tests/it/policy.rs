//! What resource policies and access lists amount to.

use crate::estates::{Said, Said::*, Table, Value, World, json, unseen};

pub(crate) fn statement(more: Value) -> Value {
    let mut statement = json!({ "Sid": "s", "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*" });
    for (key, value) in more.as_object().unwrap() {
        match value {
            Value::Null => {
                statement.as_object_mut().unwrap().remove(key);
            }
            value => statement[key] = value.clone(),
        }
    }
    statement
}

fn queue(statements: Value) -> World {
    World::default().with(
        "AWS::SQS::Queue",
        json!({ "QueueName": "q", "Observed": { "Policy": { "Statement": statements } } }),
    )
}

pub(crate) fn open_with(condition: Value) -> Said {
    queue(json!([statement(json!({ "Condition": condition }))])).says("policy.public")
}

#[test]
fn conditions_narrow_only_where_they_leave_few_principals_or_places() {
    let mut table = Table::default();
    for (condition, promised) in [
        (json!({ "StringEquals": { "aws:PrincipalOrgID": "o-abc" } }), No),
        (json!({ "StringEquals": { "AWS:PRINCIPALORGID": ["o-abc", "o-def"] } }), No),
        (json!({ "StringLike": { "aws:PrincipalOrgID": "o-*" } }), Yes),
        (json!({ "StringEqualsIfExists": { "aws:PrincipalOrgID": "o-abc" } }), Yes),
        (json!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-abc/r-1/*" } }), No),
        (json!({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-*/r-1/*" } }), Yes),
        (json!({ "ForAllValues:StringLike": { "aws:PrincipalOrgPaths": "o-abc/*" } }), Yes),
        (json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-abc" } }), Yes),
        (json!({ "Null": { "aws:PrincipalOrgID": "false" } }), Yes),
        (json!({ "StringEquals": { "aws:PrincipalAccount": 111122223333u64 } }), No),
        (json!({ "StringLike": { "aws:PrincipalAccount": "1*" } }), Yes),
        (json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::111122223333:role/*" } }), No),
        (json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::*:role/deploy" } }), Yes),
        (json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::????????????:role/deploy" } }), Yes),
        (json!({ "StringLike": { "aws:PrincipalArn": "arn:aws:iam::*" } }), Yes),
        (json!({ "StringLike": { "aws:PrincipalArn": "arn:aws:iam::111122223333*" } }), No),
        (json!({ "ArnLike": { "aws:SourceArn": "arn:aws:s3:*:*:statements" } }), No),
        (json!({ "ArnEquals": { "aws:SourceArn": "arn:aws:s3:::statements" } }), No),
        (json!({ "ArnLike": { "aws:SourceArn": "arn:aws:s3:*:*:*" } }), Yes),
        (json!({ "ArnLike": { "aws:SourceArn": "arn:aws:sns:*:*:orders" } }), Yes),
        (json!({ "ArnLike": { "aws:SourceArn": "arn:aws:sns:*:111122223333:*" } }), No),
        (json!({ "StringEquals": { "aws:SourceAccount": "111122223333" } }), No),
        (json!({ "StringEquals": { "aws:SourceVpce": "vpce-1" } }), No),
        (json!({ "StringLike": { "aws:SourceVpce": "vpce-*" } }), Yes),
        (json!({ "StringEquals": { "aws:VpceOrgID": "o-abc" } }), No),
        (json!({ "StringLike": { "aws:userid": "AROAEXAMPLE:*" } }), No),
        (json!({ "StringLike": { "aws:userid": "*:someone" } }), Yes),
        (json!({ "StringEquals": { "aws:username": "someone" } }), Yes),
        (json!({ "StringEquals": { "aws:PrincipalTag/team": "payments" } }), Yes),
        (json!({ "Bool": { "aws:PrincipalIsAWSService": true } }), No),
        (json!({ "StringEquals": { "aws:PrincipalIsAWSService": "false" } }), Yes),
        (json!({ "Bool": { "aws:PrincipalIsAWSService": [false] } }), Yes),
        (json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } }), No),
        (json!({ "IpAddress": { "aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/1"] } }), Yes),
        (json!({ "IpAddress": { "aws:SourceIp": "8.0.0.0/8" } }), Yes),
        (json!({ "IpAddress": { "aws:SourceIp": "::/0" } }), Yes),
        (json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }), No),
        (json!({ "IpAddress": { "aws:SourceIp": "nonsense" } }), Yes),
        (json!({ "NotIpAddress": { "aws:SourceIp": "203.0.113.0/24" } }), Yes),
        (json!({ "IpAddressIfExists": { "aws:SourceIp": "203.0.113.0/24" } }), Yes),
        (json!({ "Bool": { "aws:SecureTransport": "true" } }), Yes),
        (json!({ "StringEquals": { "aws:Referer": "https://bank.example" } }), Yes),
        (json!({ "StringLike": { "aws:UserAgent": "secret*" } }), Yes),
        (json!({ "StringEquals": { "aws:PrincipalOrgID": [] } }), Yes),
    ] {
        table.row(&condition.to_string(), open_with(condition), promised);
    }
    table.holds();
}

#[test]
fn a_principal_is_anyone_in_each_of_its_spellings() {
    let mut table = Table::default();
    for (principal, promised) in [
        (json!({ "Principal": "*" }), Yes),
        (json!({ "Principal": { "AWS": "*" } }), Yes),
        (json!({ "Principal": { "AWS": ["arn:aws:iam::111122223333:root", "*"] } }), Yes),
        (json!({ "Principal": { "AWS": "111122223333" } }), No),
        (json!({ "Principal": { "Service": "events.amazonaws.com" } }), No),
        (json!({ "Principal": null, "NotPrincipal": { "AWS": "arn:aws:iam::111122223333:user/x" } }), Yes),
    ] {
        table.row(
            &principal.to_string(),
            queue(json!([statement(principal)])).says("policy.public"),
            promised,
        );
    }
    table.holds();
}

#[test]
fn a_denial_closes_only_what_it_covers() {
    let mut table = Table::default();
    let get = json!({ "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/*" });
    let all_but_iam = json!({ "Action": null, "NotAction": "s3:DeleteBucket", "Resource": "*" });
    let deny = |more: Value| {
        let mut denial = statement(more);
        denial["Effect"] = json!("Deny");
        denial
    };
    let vpce = json!({ "StringNotEquals": { "aws:SourceVpce": "vpce-1" } });
    for (name, allow, denial, promised) in [
        ("everything", &get, json!({ "Action": "*" }), No),
        ("the same", &get, json!({ "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" }), No),
        ("a wider action", &get, json!({ "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*" }), No),
        ("another action", &get, json!({ "Action": "s3:PutObject" }), Yes),
        (
            "a part of the objects",
            &get,
            json!({ "Action": "s3:*", "Resource": "arn:aws:s3:::b/private/*" }),
            Yes,
        ),
        (
            "the bucket without its objects",
            &get,
            json!({ "Action": "s3:*", "Resource": "arn:aws:s3:::b" }),
            Yes,
        ),
        (
            "all but other objects",
            &get,
            json!({ "Action": "s3:*", "Resource": null, "NotResource": "arn:aws:s3:::c/*" }),
            No,
        ),
        (
            "all but some of the objects",
            &get,
            json!({ "Action": "s3:*", "Resource": null, "NotResource": "arn:aws:s3:::b/open/*" }),
            Yes,
        ),
        ("all but this action", &get, json!({ "Action": null, "NotAction": "s3:Get*" }), Yes),
        ("all but other actions", &get, json!({ "Action": null, "NotAction": "s3:List*" }), No),
        ("one principal", &get, json!({ "Action": "*", "Principal": { "AWS": "111122223333" } }), Yes),
        (
            "all but one principal",
            &get,
            json!({ "Action": "*", "Principal": null, "NotPrincipal": { "AWS": "111122223333" } }),
            No,
        ),
        (
            "all but everyone",
            &get,
            json!({ "Action": "*", "Principal": null, "NotPrincipal": { "AWS": "*" } }),
            Yes,
        ),
        (
            "all but one principal, without TLS",
            &get,
            json!({ "Action": "*", "Principal": null, "NotPrincipal": { "AWS": "111122223333" }, "Condition": { "Bool": { "aws:SecureTransport": "false" } } }),
            Yes,
        ),
        (
            "without TLS",
            &get,
            json!({ "Action": "*", "Condition": { "Bool": { "aws:SecureTransport": "false" } } }),
            Yes,
        ),
        ("from elsewhere", &get, json!({ "Action": "*", "Condition": vpce }), No),
        (
            "from elsewhere, if it says so",
            &get,
            json!({ "Action": "*", "Condition": { "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "o-abc" } } }),
            No,
        ),
        (
            "from any of elsewhere",
            &get,
            json!({ "Action": "*", "Condition": { "ForAnyValue:StringNotEquals": { "aws:SourceVpce": "vpce-1" } } }),
            Yes,
        ),
        (
            "from any range",
            &get,
            json!({ "Action": "*", "Condition": { "NotIpAddress": { "aws:SourceIp": "0.0.0.0/0" } } }),
            Yes,
        ),
        (
            "strangers that are no service",
            &get,
            json!({ "Action": "*", "Condition": { "StringNotEqualsIfExists": { "aws:PrincipalOrgID": "o-abc" }, "BoolIfExists": { "aws:PrincipalIsAWSService": "false" } } }),
            No,
        ),
        (
            "strangers without TLS",
            &get,
            json!({ "Action": "*", "Condition": { "StringNotEquals": { "aws:PrincipalOrgID": "o-abc" }, "Bool": { "aws:SecureTransport": "false" } } }),
            Yes,
        ),
        ("one of the many actions", &all_but_iam, json!({ "Action": "s3:GetObject" }), Yes),
        ("all of the many actions", &all_but_iam, json!({ "Action": "*" }), No),
    ] {
        table.row(
            name,
            queue(json!([statement(allow.clone()), deny(denial)])).says("policy.public"),
            promised,
        );
    }
    table.holds();
}

#[test]
fn a_document_that_cannot_be_read_is_unknown() {
    let mut table = Table::default();
    for (name, document) in [
        ("text", json!("{}")),
        ("statement of text", json!({ "Statement": "Allow" })),
        ("no effect", json!({ "Statement": [{ "Principal": "*", "Action": "*" }] })),
        ("odd effect", json!({ "Statement": [{ "Effect": "Permit", "Principal": "*", "Action": "*" }] })),
        ("hidden condition", json!({ "Statement": [statement(json!({ "Condition": unseen() }))] })),
    ] {
        let world = World::default().with("AWS::SNS::Topic", json!({ "Observed": { "Policy": document } }));
        table.row(name, world.says("policy.public"), Unknown);
    }
    table.holds();
    assert_eq!(queue(json!([])).says("policy.public"), No);
    assert_eq!(World::default().with("AWS::SQS::Queue", json!({})).says("policy.public"), No);
}

#[test]
fn keys_and_secrets_are_open_by_their_policies_too() {
    let key = |condition: Value| {
        let mut open = statement(json!({ "Action": "kms:*" }));
        open["Condition"] = condition;
        World::default()
            .with("AWS::KMS::Key", json!({ "KeyPolicy": { "Statement": open } }))
            .says("policy.public")
    };
    assert_eq!(key(json!({})), Yes);
    assert_eq!(key(json!({ "StringEquals": { "kms:ViaService": "s3.eu-west-1.amazonaws.com" } })), Yes);
    let account = json!({ "StringEquals": { "kms:CallerAccount": "111122223333", "kms:ViaService": "s3.eu-west-1.amazonaws.com" } });
    assert_eq!(key(account), No);
    let policy = json!({ "Statement": statement(json!({ "Action": "secretsmanager:GetSecretValue" })) });
    let secret = World::default()
        .with("AWS::SecretsManager::Secret", json!({ "Observed": { "ResourcePolicy": policy } }));
    assert_eq!(secret.says("policy.public"), Yes);
}

#[test]
fn a_function_is_open_where_its_permission_has_an_effect() {
    let mut table = Table::default();
    let (call, url) = ("lambda:InvokeFunction", "lambda:InvokeFunctionUrl");
    let auth = |auth: &str| json!({ "StringEquals": { "lambda:FunctionUrlAuthType": auth } });
    for (name, action, condition, config, promised) in [
        ("anyone calls", call, json!({}), json!(null), Yes),
        (
            "one account's resources call",
            call,
            json!({ "StringEquals": { "aws:SourceAccount": "111122223333" } }),
            json!(null),
            No,
        ),
        (
            "one resource calls",
            call,
            json!({ "ArnLike": { "AWS:SourceArn": "arn:aws:sns:eu-west-1:111122223333:orders" } }),
            json!(null),
            No,
        ),
        (
            "the organisation calls",
            call,
            json!({ "StringEquals": { "aws:PrincipalOrgID": "o-abc" } }),
            json!(null),
            No,
        ),
        (
            "whoever has the token",
            call,
            json!({ "StringEquals": { "lambda:EventSourceToken": "t0ken" } }),
            json!(null),
            No,
        ),
        ("open address", url, auth("NONE"), json!({ "AuthType": "NONE" }), Yes),
        ("the address is gone", url, auth("NONE"), json!(null), No),
        ("the address wants signatures now", url, auth("NONE"), json!({ "AuthType": "AWS_IAM" }), No),
        ("any account's signature will do", url, auth("AWS_IAM"), json!({ "AuthType": "AWS_IAM" }), Yes),
        ("nobody saw the address", url, auth("NONE"), unseen(), Unknown),
        ("address without a condition", url, json!({}), json!({ "AuthType": "AWS_IAM" }), Yes),
        ("address without a condition, gone", url, json!({}), json!(null), No),
        (
            "the second half alone",
            call,
            json!({ "Bool": { "lambda:InvokedViaFunctionUrl": "true" } }),
            json!({ "AuthType": "NONE" }),
            No,
        ),
        (
            "both at once, gone",
            "lambda:*",
            json!({ "Bool": { "lambda:InvokedViaFunctionUrl": "true" } }),
            json!(null),
            No,
        ),
    ] {
        let statement = statement(json!({ "Action": action, "Condition": condition }));
        let observed = json!({ "Policy": { "Statement": [statement] }, "FunctionUrlConfig": config });
        let world = World::default().with("AWS::Lambda::Function", json!({ "Observed": observed }));
        table.row(name, world.says("policy.public"), promised);
    }
    table.holds();
}
