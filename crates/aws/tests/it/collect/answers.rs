//! Answers that look like good ones and say nothing: each leaves an unknown, or is read to its end.

use partywall_model::Node;
use serde_json::{Value, json};

use super::{Outcome, run};
use crate::content::collectors;
use crate::fake::{Asked, Fake, Reply, error, ok, regions};

/// Collects a service whose operations answer this.
async fn collected(service: &str, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Outcome {
    let fake = Fake::start(move |asked| match &*asked.what {
        "DescribeRegions" => regions(&["eu-west-1"]),
        _ => answer(asked),
    })
    .await;
    run(&fake, &collectors(), &[service]).await
}

/// The property of the one asset of a kind.
fn property<'a>(seen: &'a Outcome, kind: &str, path: &str) -> &'a Node {
    let mut of_kind = seen.assets.values().filter(|asset| asset.kind == *kind);
    let found = of_kind.next().unwrap_or_else(|| panic!("no {kind}"));
    assert!(of_kind.next().is_none(), "more than one {kind}");
    found.properties.at(path)
}

#[tokio::test]
async fn statistics_that_were_never_worked_out_are_not_none() {
    for (answer, known) in [
        (json!({ "findingsStatistics": [] }), false),
        (json!({ "findingsStatistics": [], "lastUpdatedAt": "2026-01-01T00:00:00Z" }), true),
    ] {
        let reply = answer.clone();
        let seen = collected("accessanalyzer", move |asked| {
            if asked.what.contains("statistics") {
                return ok(&reply);
            }
            ok(json!({ "analyzers": [{
                "arn": "arn:aws:access-analyzer:eu-west-1:111122223333:analyzer/a", "name": "a",
                "type": "ACCOUNT", "status": "ACTIVE", "createdAt": "2026-01-01T00:00:00Z"
            }] }))
        })
        .await;
        let found = property(&seen, "AWS::AccessAnalyzer::Analyzer", "Observed.findingsStatistics");
        assert_eq!(matches!(found, Node::List(_)), known, "{answer}: {found:?}");
        assert_eq!(found.is_unknown(), !known, "{answer}: {found:?}");
    }
}

async fn project(source: Value) -> Outcome {
    collected("codebuild", move |asked| match &*asked.what {
        "ListProjects" => ok(json!({ "projects": ["orders"] })),
        "BatchGetProjects" => ok(json!({ "projects": [{
            "name": "orders", "source": source,
            "secondarySources": [{ "type": "GITHUB_ENTERPRISE", "sourceIdentifier": "more", "insecureSsl": true }]
        }] })),
        _ => ok(json!({ "sourceCredentialsInfos": [] })),
    })
    .await
}

#[tokio::test]
async fn a_build_specification_on_one_line_is_searched_for_secrets_and_a_path_is_not() {
    const KIND: &str = "AWS::CodeBuild::Project";
    // Put together here so that no scanner takes this file for a leak.
    let secret = &["gh", "p_0123456789abcdefghijABCDEFGHIJ012345"].concat();
    for (buildspec, found) in [
        (format!("{{\"version\": 0.2, \"env\": {{\"variables\": {{\"KEY\": \"{secret}\"}}}}}}"), true),
        (format!("version: 0.2\nenv:\n  variables:\n    KEY: {secret}\n"), true),
        ("build/buildspec.yml".to_owned(), false),
        ("arn:aws:s3:::specs/buildspec.yml".to_owned(), false),
    ] {
        let seen = project(json!({ "type": "GITHUB", "buildspec": buildspec })).await;
        let secrets = property(&seen, KIND, "Observed.BuildSpecSecrets");
        assert_eq!(!secrets.items().is_empty(), found, "{buildspec}: {secrets:?}");
        assert!(!seen.text.contains(&**secret), "{buildspec}");
        let others = property(&seen, KIND, "SecondarySources").items();
        assert_eq!(others.iter().map(|one| one.key("InsecureSsl")).collect::<Vec<_>>(), [&Node::Bool(true)]);
    }
}

#[tokio::test]
async fn a_policy_that_a_listener_names_and_nobody_describes_is_unknown() {
    for (described, known) in [("mine", true), ("other", false)] {
        let seen = collected("elb", move |asked| {
            let inner = match &*asked.what {
                "DescribeLoadBalancers" => {
                    "<LoadBalancerDescriptions><member><LoadBalancerName>front</LoadBalancerName><ListenerDescriptions><member>\
                     <Listener><Protocol>HTTPS</Protocol><LoadBalancerPort>443</LoadBalancerPort></Listener>\
                     <PolicyNames><member>mine</member></PolicyNames></member></ListenerDescriptions></member>\
                     </LoadBalancerDescriptions>".to_owned()
                }
                "DescribeLoadBalancerPolicies" => format!(
                    "<PolicyDescriptions><member><PolicyName>{described}</PolicyName>\
                     <PolicyTypeName>SSLNegotiationPolicyType</PolicyTypeName></member></PolicyDescriptions>"
                ),
                _ => String::new(),
            };
            let name = &asked.what;
            ok(format!("<{name}Response><{name}Result>{inner}</{name}Result></{name}Response>"))
        })
        .await;
        let found = property(&seen, "AWS::ElasticLoadBalancing::LoadBalancer", "Policies");
        assert_eq!(matches!(found, Node::List(_)), known, "{described}: {found:?}");
        assert_eq!(found.is_unknown(), !known, "{described}: {found:?}");
    }
}

#[tokio::test]
async fn tags_that_go_on_are_unknown() {
    for (more, known) in [(json!(null), true), (json!("next"), false)] {
        let next = more.clone();
        let seen = collected("backup", move |asked| match &*asked.what {
            what if what.contains("/tags/") => ok(json!({ "Tags": { "team": "cards" }, "NextToken": next })),
            what if what.contains("/backup-vaults") && !what.contains("/daily") => ok(json!({ "BackupVaultList": [{
                "BackupVaultName": "daily", "BackupVaultArn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:daily"
            }] })),
            _ => ok(json!({})),
        })
        .await;
        let found = property(&seen, "AWS::Backup::BackupVault", "Tags");
        assert_eq!(found.is_unknown(), !known, "{more}: {found:?}");
    }
}

#[tokio::test]
async fn a_pool_that_the_firewall_does_not_find_yet_is_not_without_one() {
    let seen = collected("cognito-idp", |asked| match &*asked.what {
        "ListUserPools" => ok(json!({ "UserPools": [{ "Id": "eu-west-1_a", "Name": "shoppers" }] })),
        "ListUserPoolClients" => ok(json!({ "UserPoolClients": [] })),
        "GetWebACLForResource" => error(400, "WAFNonexistentItemException"),
        _ => ok(json!({ "UserPool": { "Id": "eu-west-1_a" } })),
    })
    .await;
    let found = property(&seen, "AWS::Cognito::UserPool", "Observed.WebACL");
    assert!(found.is_unknown(), "{found:?}");
}
