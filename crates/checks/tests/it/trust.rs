//! Who may become a role.

use crate::estates::{Said::*, Table, Value, World, json, these};

fn asks(function: &str, statements: Value) -> crate::estates::Said {
    let document = json!({ "Statement": statements });
    let world = World::default().with("AWS::IAM::Role", json!({ "AssumeRolePolicyDocument": document }));
    let arguments =
        if function.starts_with("trust.vendors") { vec![Value::Null, document] } else { vec![document] };
    world.ask(function, &arguments)
}

fn trust(principal: Value, action: &str, condition: Value) -> Value {
    json!({ "Sid": "s", "Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition })
}

#[test]
fn a_role_is_for_anyone_unless_the_caller_is_named() {
    let mut table = Table::default();
    for (name, principal, action, condition, open) in [
        ("anyone", json!("*"), "sts:AssumeRole", json!({}), true),
        ("any AWS principal", json!({ "AWS": "*" }), "sts:AssumeRole", json!({}), true),
        (
            "with an external id",
            json!({ "AWS": "*" }),
            "sts:AssumeRole",
            json!({ "StringEquals": { "sts:ExternalId": "x" } }),
            true,
        ),
        (
            "with a session name of the caller's choice",
            json!({ "AWS": "*" }),
            "sts:AssumeRole",
            json!({ "StringEquals": { "sts:RoleSessionName": "x" } }),
            true,
        ),
        (
            "with MFA",
            json!({ "AWS": "*" }),
            "sts:AssumeRole",
            json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }),
            true,
        ),
        (
            "of the organisation",
            json!({ "AWS": "*" }),
            "sts:AssumeRole",
            json!({ "StringEquals": { "aws:PrincipalOrgID": "o-abc" } }),
            false,
        ),
        ("any action", json!({ "AWS": "*" }), "sts:*", json!({}), true),
        ("tags alone", json!({ "AWS": "*" }), "sts:TagSession", json!({}), false),
        ("a service", json!({ "Service": "ec2.amazonaws.com" }), "sts:AssumeRole", json!({}), false),
        ("an account", json!({ "AWS": "999988887777" }), "sts:AssumeRole", json!({}), false),
    ] {
        let promised = if open { these(&["s"]) } else { these(&[]) };
        table.row(name, asks("trust.anyone", trust(principal, action, condition)), promised);
    }
    let open = trust(json!({ "AWS": "*" }), "sts:AssumeRole", json!({}));
    let strangers = json!({ "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole", "Condition": { "StringNotEquals": { "aws:PrincipalOrgID": "o-abc" } } });
    table.row("strangers denied", asks("trust.anyone", json!([open, strangers])), these(&[]));
    table.holds();
}

#[test]
fn a_vendor_is_asked_for_an_external_id() {
    let mut table = Table::default();
    let vendor = json!({ "AWS": "arn:aws:iam::888800001111:root" });
    let assume = "sts:AssumeRole";
    for (name, principal, action, condition, named) in [
        ("no condition", &vendor, assume, json!({}), true),
        ("external id", &vendor, assume, json!({ "StringEquals": { "sts:ExternalId": "3f7c9a" } }), false),
        (
            "one of some external ids",
            &vendor,
            assume,
            json!({ "StringLike": { "STS:externalid": ["3f*", "4a*"] } }),
            false,
        ),
        ("any external id", &vendor, assume, json!({ "StringLike": { "sts:ExternalId": "*" } }), true),
        (
            "any or a certain external id",
            &vendor,
            assume,
            json!({ "StringLike": { "sts:ExternalId": ["3f7c9a", "?*"] } }),
            true,
        ),
        (
            "a star that is meant as such",
            &vendor,
            assume,
            json!({ "StringEquals": { "sts:ExternalId": "*" } }),
            false,
        ),
        (
            "external id, if there is one",
            &vendor,
            assume,
            json!({ "StringEqualsIfExists": { "sts:ExternalId": "3f7c9a" } }),
            true,
        ),
        ("some external id", &vendor, assume, json!({ "Null": { "sts:ExternalId": "false" } }), true),
        (
            "another external id",
            &vendor,
            assume,
            json!({ "StringNotEquals": { "sts:ExternalId": "3f7c9a" } }),
            true,
        ),
        (
            "of the organisation after all",
            &vendor,
            assume,
            json!({ "StringEquals": { "aws:PrincipalOrgID": "o-abc" } }),
            false,
        ),
        (
            "of any organisation",
            &vendor,
            assume,
            json!({ "StringLike": { "aws:PrincipalOrgID": "o-*" } }),
            true,
        ),
        (
            "as one of its roles",
            &vendor,
            assume,
            json!({ "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::888800001111:role/scanner" } }),
            true,
        ),
        (
            "from its own network",
            &vendor,
            assume,
            json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } }),
            true,
        ),
        ("tags alone", &vendor, "sts:TagSession", json!({}), false),
        (
            "one of its roles, named",
            &json!({ "AWS": "arn:aws:iam::888800001111:role/scanner" }),
            assume,
            json!({}),
            true,
        ),
        ("the own account", &json!({ "AWS": "111122223333" }), assume, json!({}), false),
        ("another own account", &json!({ "AWS": "444455556666" }), assume, json!({}), false),
        ("a service", &json!({ "Service": "ec2.amazonaws.com" }), assume, json!({}), false),
    ] {
        let promised = if named { these(&["888800001111"]) } else { these(&[]) };
        let said = asks("trust.vendors_without_external_id", trust(principal.clone(), action, condition));
        table.row(name, said, promised);
    }
    let trusted = trust(json!({ "AWS": "555566667777" }), assume, json!({}));
    table.row(
        "a trusted vendor",
        asks("trust.vendors_without_external_id", trusted),
        these(&["555566667777"]),
    );
    table.holds();
}

#[test]
fn a_token_opens_a_role_unless_its_subject_is_narrowed() {
    let mut table = Table::default();
    let (github, gitlab) = ("token.actions.githubusercontent.com", "gitlab.com");
    let eks = "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF";
    let (terraform, circle) = ("app.terraform.io", "oidc.circleci.com/org/1234");
    let (google, cognito) = ("accounts.google.com", "cognito-identity.amazonaws.com");
    for (issuer, operator, claim, value, open) in [
        (github, "StringEquals", "aud", "sts.amazonaws.com", true),
        (github, "StringEquals", "sub", "repo:octo/app:ref:refs/heads/main", false),
        (github, "StringLike", "sub", "repo:octo/app:*", false),
        (github, "StringLike", "sub", "repo:octo/*", true),
        (github, "StringLike", "sub", "*", true),
        (github, "StringLikeIfExists", "sub", "repo:octo/app:*", true),
        (github, "StringNotLike", "sub", "repo:octo/app:*", true),
        (github, "ForAnyValue:StringLike", "sub", "repo:octo/app:*", false),
        (github, "ForAnyValue:StringEquals", "SUB", "repo:octo/app:ref:refs/heads/main", false),
        (gitlab, "StringLike", "sub", "project_path:*", true),
        (gitlab, "StringLike", "sub", "project_path:bank/*:ref_type:branch:ref:main", true),
        (gitlab, "StringLike", "sub", "project_path:bank/core/app:ref_type:branch:ref:*", false),
        (terraform, "StringLike", "sub", "organization:*", true),
        (terraform, "StringLike", "sub", "organization:bank:project:core:workspace:*:run_phase:*", false),
        (terraform, "StringEquals", "aud", "aws.workload.identity", true),
        (circle, "StringLike", "sub", "org/1234/project/*", true),
        (circle, "StringLike", "sub", "org/1234/project/5678/user/*", false),
        (eks, "StringEquals", "aud", "sts.amazonaws.com", true),
        (eks, "StringLike", "sub", "system:serviceaccount:*:*", true),
        (eks, "StringLike", "sub", "system:serviceaccount:payments:*", false),
        (eks, "StringEquals", "sub", "system:serviceaccount:payments:api", false),
        (google, "StringEquals", "aud", "1234.apps.googleusercontent.com", false),
        (google, "StringEquals", "sub", "112233445566778899", false),
        (google, "StringEquals", "oaud", "of-the-caller's-choice", true),
        (cognito, "StringEquals", "aud", "eu-west-1:11111111-2222-3333-4444-555555555555", false),
        (cognito, "ForAnyValue:StringLike", "amr", "authenticated", true),
        ("www.amazon.com", "StringEquals", "app_id", "amzn1.application-oa2-client.1", false),
        ("graph.facebook.com", "StringEquals", "id", "1", true),
    ] {
        let mut condition = json!({ operator: {} });
        condition[operator][format!("{issuer}:{claim}")] = json!(value);
        let federated = match issuer {
            "accounts.google.com"
            | "cognito-identity.amazonaws.com"
            | "www.amazon.com"
            | "graph.facebook.com" => issuer.to_owned(),
            issuer => format!("arn:aws:iam::111122223333:oidc-provider/{issuer}"),
        };
        let statement = trust(json!({ "Federated": federated }), "sts:AssumeRoleWithWebIdentity", condition);
        let said = asks("trust.open_subjects", statement);
        let is_open = matches!(&said, These(open) if open.len() == 1);
        let is_closed = said == these(&[]);
        if !(if open { is_open } else { is_closed }) {
            table.row(&format!("{issuer} {operator} {claim} {value}"), said, if open { Yes } else { No });
        }
    }
    table.holds();
}

#[test]
fn what_is_no_web_identity_has_no_open_subject() {
    let saml = trust(
        json!({ "Federated": "arn:aws:iam::111122223333:saml-provider/idp" }),
        "sts:AssumeRoleWithSAML",
        json!({ "StringEquals": { "SAML:aud": "https://signin.aws.amazon.com/saml" } }),
    );
    assert_eq!(asks("trust.open_subjects", saml), these(&[]));
    let provider = json!({ "Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.com" });
    assert_eq!(asks("trust.open_subjects", trust(provider.clone(), "sts:TagSession", json!({}))), these(&[]));
    let two =
        json!({ "Federated": ["arn:aws:iam::111122223333:oidc-provider/gitlab.com", "accounts.google.com"] });
    let condition =
        json!({ "StringEquals": { "gitlab.com:sub": "project_path:bank/app:ref_type:branch:ref:main" } });
    let said = asks("trust.open_subjects", trust(two, "sts:AssumeRoleWithWebIdentity", condition));
    assert_eq!(said, these(&["accounts.google.com: no condition on `accounts.google.com:sub`"]));
}

#[test]
fn a_role_for_any_repository_is_reachable_from_the_internet() {
    let provider =
        json!({ "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" });
    let role = |condition: Value| {
        let statement = trust(provider.clone(), "sts:AssumeRoleWithWebIdentity", condition);
        World::default()
            .with("AWS::IAM::Role", json!({ "AssumeRolePolicyDocument": { "Statement": statement } }))
    };
    assert_eq!(role(json!({})).is_exposed(), Yes);
    let narrowed = json!({ "StringEquals": { "token.actions.githubusercontent.com:sub": "repo:octo/app:ref:refs/heads/main" } });
    assert_eq!(role(narrowed).is_exposed(), No);
}
