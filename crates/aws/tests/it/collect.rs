//! The collector against a server that refuses, breaks off and lies.

use std::collections::BTreeMap;

use partywall_aws::collector::{CollectError, Collected, Quiet, Selection, collect};
use partywall_content::load::{Content, Files, load};
use partywall_content::{Collector, KindSource};
use partywall_model::{Asset, EvidenceRecord, Listing, ListingOutcome, Node, OperationTally, Why, WhyKind};
use serde_json::json;

use crate::content::collectors;
use crate::fake::{Asked, Fake, Reply, error, ok, query_error, refused, regions, worded_error};

mod answers;

struct Outcome {
    assets: BTreeMap<String, Asset>,
    listings: Vec<Listing>,
    collected: Collected,
    text: String,
}

impl Outcome {
    /// The one listing of a kind.
    fn listing(&self, kind: &str) -> &Listing {
        let mut of_kind = self.listings.iter().filter(|listing| listing.kind == *kind);
        let found = of_kind.next().unwrap_or_else(|| panic!("no listing of {kind}"));
        assert!(of_kind.next().is_none(), "{kind} is listed twice");
        found
    }

    fn why(&self, kind: &str) -> &Why {
        match &self.listing(kind).outcome {
            ListingOutcome::Incomplete(why) => why,
            ListingOutcome::Complete => panic!("{kind} is complete"),
        }
    }
}

async fn run(fake: &Fake, content: &[Collector], services: &[&str]) -> Outcome {
    let mut assets = BTreeMap::new();
    let mut listings = Vec::new();
    let mut text = String::new();
    let mut sink = |record: EvidenceRecord| {
        text.push_str(&serde_json::to_string(&record)?);
        match record {
            EvidenceRecord::Asset(asset) => {
                assert!(assets.insert(asset.id.to_string(), *asset).is_none(), "an asset came twice");
            }
            // The regions that are not named here.
            EvidenceRecord::Listing(Listing { outcome: ListingOutcome::Incomplete(why), .. })
                if &*why.code == Why::LEFT_OUT => {}
            EvidenceRecord::Listing(listing) => listings.push(listing),
        }
        Ok(())
    };
    let selection = Selection {
        regions: vec!["eu-west-1".into()],
        services: services.iter().map(|service| (*service).to_owned()).collect(),
    };
    let client = fake.client().await;
    let collected = collect(&client, content, &selection, &mut sink, &Quiet).await.unwrap();
    Outcome { assets, listings, collected, text }
}

fn key(number: u32) -> String {
    format!("arn:aws:kms:eu-west-1:111122223333:key/{number}")
}

fn keys(numbers: &[u32], marker: Option<&str>) -> Reply {
    let keys: Vec<_> = numbers.iter().map(|n| json!({ "KeyId": n.to_string(), "KeyArn": key(*n) })).collect();
    ok(json!({ "Keys": keys, "Truncated": marker.is_some(), "NextMarker": marker }))
}

/// A key service in which all is well, but for what `except` answers.
async fn kms(except: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Fake {
    Fake::start(move |asked| {
        except(asked).unwrap_or_else(|| match &*asked.what {
            "ListKeys" => keys(&[1, 2], None),
            "DescribeKey" => ok(json!({ "KeyMetadata": {
                "KeyId": "x", "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "Enabled": true,
                "KeyManager": "CUSTOMER", "KeyState": "Enabled", "CreationDate": 1_700_000_000,
            }})),
            "GetKeyPolicy" => ok(json!({ "Policy": r#"{"Version":"2012-10-17","Statement":[]}"# })),
            "GetKeyRotationStatus" => ok(json!({ "KeyRotationEnabled": true })),
            "ListAliases" => ok(json!({ "Aliases": [{ "AliasName": "alias/a", "TargetKeyId": "1" }] })),
            "ListResourceTags" => ok(json!({ "Tags": [{ "TagKey": "team", "TagValue": "cards" }] })),
            "DescribeRegions" => regions(&["eu-west-1"]),
            other => panic!("unexpected {other}"),
        })
    })
    .await
}

#[tokio::test]
async fn a_good_list_is_complete_and_says_where_each_part_was_seen() {
    let fake = kms(|_| None).await;
    let seen = run(&fake, &collectors(), &["kms"]).await;
    assert_eq!(seen.listing("AWS::KMS::Key").outcome, ListingOutcome::Complete);
    assert_eq!(seen.listing("AWS::KMS::Key").seen, 2);
    let asset = &seen.assets[&key(1)];
    assert_eq!(asset.name.as_deref(), Some("alias/a"));
    assert_eq!(asset.tags.get("team").map(|team| &**team), Some("cards"));
    assert_eq!(asset.properties.at("EnableKeyRotation"), &Node::Bool(true));
    let operation = |path: &str| match asset.provenance.of(path) {
        Some(partywall_model::Source::Call { operation, .. }) => operation.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(operation("KeyId"), "kms:ListKeys");
    assert_eq!(operation("KeySpec"), "kms:DescribeKey");
    assert_eq!(operation("KeyPolicy.Version"), "kms:GetKeyPolicy");
    // The same for every key: asked once.
    assert_eq!((fake.count("ListAliases"), fake.count("DescribeKey")), (1, 2));
    assert!(seen.collected.problems.is_empty(), "{:?}", seen.collected.problems);
}

#[tokio::test]
async fn a_refused_list_is_said_to_be_refused() {
    let fake = kms(|asked| (asked.what == "ListKeys").then(refused)).await;
    let seen = run(&fake, &collectors(), &["kms"]).await;
    assert!(seen.assets.is_empty());
    let why = seen.why("AWS::KMS::Key");
    assert_eq!(
        (why.kind, &*why.operation, &*why.code),
        (WhyKind::Refused, "kms:ListKeys", "AccessDeniedException")
    );
    let tally = seen.collected.tallies.iter().find(|tally| tally.operation == *"kms:ListKeys").unwrap();
    assert_eq!(tally.answered, 0);
    assert_eq!((&*tally.failed[0].0.code, tally.failed[0].1), ("AccessDeniedException", 1));
}

#[tokio::test]
async fn a_refused_read_is_unknown_at_its_target_and_nowhere_else() {
    let fake = kms(|asked| (asked.what == "GetKeyPolicy").then(refused)).await;
    let seen = run(&fake, &collectors(), &["kms"]).await;
    let asset = &seen.assets[&key(1)];
    let mut unknown = Vec::new();
    asset
        .properties
        .visit_unknowns(&mut |path, why| unknown.push(format!("{path} {} {}", why.operation, why.code)));
    assert_eq!(unknown, ["KeyPolicy kms:GetKeyPolicy AccessDeniedException"]);
    assert_eq!(seen.listing("AWS::KMS::Key").outcome, ListingOutcome::Complete);
}

#[tokio::test]
async fn a_refused_read_makes_what_hangs_on_it_unknown_too() {
    let fake = kms(|asked| (asked.what == "DescribeKey").then(refused)).await;
    let seen = run(&fake, &collectors(), &["kms"]).await;
    let asset = &seen.assets[&key(1)];
    // Whether the key can rotate is not known, so neither is whether it does; and the rotation is not asked for.
    for path in ["KeySpec", "EnableKeyRotation", "Observed.KeyManager", "Tags"] {
        let why = asset.properties.at(path).why().unwrap_or_else(|| panic!("{path} is known"));
        assert_eq!(&*why.operation, "kms:DescribeKey", "{path}");
    }
    assert_eq!(fake.count("GetKeyRotationStatus"), 0);
    assert!(asset.properties.at("KeyPolicy").key("Statement").items().is_empty());
}

#[tokio::test]
async fn a_code_that_means_absent_leaves_nothing_and_is_counted() {
    let fake = kms(|asked| {
        (asked.what == "GetKeyRotationStatus").then(|| error(400, "UnsupportedOperationException"))
    })
    .await;
    let seen = run(&fake, &collectors(), &["kms"]).await;
    assert!(seen.assets[&key(1)].properties.at("EnableKeyRotation").is_absent());
    let tally = seen.collected.tallies.iter().find(|t| t.operation == *"kms:GetKeyRotationStatus").unwrap();
    assert_eq!((tally.answered, tally.absent, tally.failed.len()), (0, 2, 0));
}

#[tokio::test]
async fn a_code_of_two_meanings_means_absent_only_with_the_words_for_it() {
    let hub = async |message: &'static str| {
        let fake = Fake::start(move |asked| match &*asked.what {
            "DescribeRegions" => regions(&["eu-west-1"]),
            other if other.contains("/accounts") => worded_error(400, "InvalidAccessException", message),
            other => panic!("unexpected {other}"),
        })
        .await;
        let seen = run(&fake, &collectors(), &["securityhub"]).await;
        seen.assets.into_values().find(|asset| asset.kind == *"AWS::SecurityHub::Hub").unwrap()
    };
    let off = hub("Account 111122223333 is not subscribed to AWS Security Hub").await;
    assert!(off.properties.at("SubscribedAt").is_absent());
    let refused = hub("You do not have permission to make this request").await;
    assert_eq!(&*refused.properties.at("SubscribedAt").why().unwrap().code, "InvalidAccessException");
}

#[tokio::test]
async fn a_code_that_means_that_there_are_none_leaves_an_empty_list_that_is_whole() {
    let fake = Fake::start(|asked| match &*asked.what {
        "DescribeOrganization" => error(400, "AWSOrganizationsNotInUseException"),
        "DescribeRegions" => regions(&["eu-west-1"]),
        other => panic!("unexpected {other}"),
    })
    .await;
    let seen = run(&fake, &collectors(), &["organizations"]).await;
    for kind in ["AWS::Organizations::Organization", "AWS::Organizations::Account"] {
        let listing = seen.listing(kind);
        assert_eq!((&listing.outcome, listing.seen), (&ListingOutcome::Complete, 0), "{kind}");
    }
    let asked = |tally: &&OperationTally| tally.operation == *"organizations:DescribeOrganization";
    let tally = seen.collected.tallies.iter().find(asked).unwrap();
    assert_eq!((tally.answered, tally.absent, tally.failed.len()), (0, 1, 0));
}

#[tokio::test]
async fn what_came_before_a_cut_stays_and_the_list_is_not_whole() {
    let fake = kms(|asked| {
        (asked.what == "ListKeys").then(|| match asked.body.contains("next") {
            false => keys(&[1], Some("next")),
            true => Reply::CutOff("{\"Keys\": [".to_owned()),
        })
    })
    .await;
    let seen = run(&fake, &collectors(), &["kms"]).await;
    assert_eq!(seen.assets.keys().collect::<Vec<_>>(), [&key(1)]);
    assert_eq!(seen.listing("AWS::KMS::Key").seen, 1);
    let why = seen.why("AWS::KMS::Key");
    assert_eq!((why.kind, &*why.operation), (WhyKind::Failed, "kms:ListKeys"));
    assert!(!why.code.is_empty());
}

#[tokio::test]
async fn a_page_that_repeats_its_token_ends_the_list_as_incomplete() {
    let fake = kms(|asked| {
        (asked.what == "ListKeys")
            .then(|| keys(&[if asked.body.contains("same") { 2 } else { 1 }], Some("same")))
    })
    .await;
    let seen = run(&fake, &collectors(), &["kms"]).await;
    assert_eq!(seen.assets.len(), 2);
    assert_eq!(&*seen.why("AWS::KMS::Key").code, "RepeatedToken");
}

#[tokio::test]
async fn an_item_without_an_id_makes_the_population_malformed_but_loses_nobody_else() {
    let fake = kms(|asked| {
        (asked.what == "ListKeys")
            .then(|| ok(json!({ "Keys": [{ "KeyId": "odd" }, { "KeyId": "1", "KeyArn": key(1) }], "Truncated": false })))
    })
    .await;
    let seen = run(&fake, &collectors(), &["kms"]).await;
    assert_eq!(seen.assets.len(), 1);
    assert_eq!(seen.why("AWS::KMS::Key").kind, WhyKind::Malformed);
    assert!(seen.collected.problems.iter().any(|problem| problem.message.contains("no id")));
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_malformed_not_empty() {
    let fake =
        kms(|asked| (asked.what == "GetKeyPolicy").then(|| ok(json!({ "Policy": "{\"Statement\": [" }))))
            .await;
    let seen = run(&fake, &collectors(), &["kms"]).await;
    let why = seen.assets[&key(1)].properties.at("KeyPolicy").why().unwrap().clone();
    assert_eq!((why.kind, &*why.operation), (WhyKind::Malformed, "kms:GetKeyPolicy"));
}

#[tokio::test]
async fn an_expression_that_fails_is_a_problem_and_an_unknown() {
    let file = "service: kms\nscope: region\nkinds:\n  AWS::KMS::Key:\n    list: { op: ListKeys, items: page.Keys }\n    id: item.KeyArn\n    properties:\n      KeyId: item.KeyId + 1\n      Arn: item.KeyArn\n";
    let files = Files(BTreeMap::from([("collect/aws/kms.yaml".to_owned(), file.to_owned())]));
    let loaded = load(&files, Content::default());
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let fake = kms(|_| None).await;
    let seen = run(&fake, &loaded.content.collectors, &[]).await;
    let asset = &seen.assets[&key(1)];
    assert_eq!(asset.properties.at("KeyId").why().unwrap().kind, WhyKind::Failed);
    assert_eq!(asset.properties.at("Arn").as_str(), Some(&*key(1)));
    let problems = &seen.collected.problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("item.KeyId + 1"), "{problems:?}");
}

fn balancer(name: &str) -> String {
    format!(
        "<member><LoadBalancerArn>arn:lb/{name}</LoadBalancerArn><LoadBalancerName>{name}</LoadBalancerName>\
         <Scheme>internet-facing</Scheme><Type>network</Type></member>"
    )
}

/// Two balancers with a listener each, but for what `except` answers.
async fn balancers(except: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Fake {
    Fake::start(move |asked| {
        except(asked).unwrap_or_else(|| {
            let result = |name: &str, inner: String| {
                ok(format!("<{name}Response><{name}Result>{inner}</{name}Result></{name}Response>"))
            };
            match &*asked.what {
                "DescribeLoadBalancers" => {
                    let both = balancer("a") + &balancer("b");
                    result("DescribeLoadBalancers", format!("<LoadBalancers>{both}</LoadBalancers>"))
                }
                "DescribeListeners" => {
                    let name = if asked.body.contains("lb%2Fa") { "a" } else { "b" };
                    let listener = format!(
                        "<member><ListenerArn>arn:listener/{name}</ListenerArn><Port>443</Port><Protocol>TLS</Protocol></member>"
                    );
                    result("DescribeListeners", format!("<Listeners>{listener}</Listeners>"))
                }
                other => result(other, String::new()),
            }
        })
    })
    .await
}

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";

#[tokio::test]
async fn children_are_listed_under_each_parent() {
    let fake = balancers(|_| None).await;
    let seen = run(&fake, &collectors(), &["elbv2"]).await;
    assert_eq!(seen.listing(LISTENER).seen, 2);
    assert_eq!(seen.listing(LISTENER).outcome, ListingOutcome::Complete);
    let listener = &seen.assets["arn:listener/a"];
    assert_eq!(listener.properties.at("Observed.LoadBalancerScheme").as_str(), Some("internet-facing"));
    assert_eq!(listener.name.as_deref(), Some("a TLS:443"));
}

#[tokio::test]
async fn where_the_parents_were_refused_the_children_are_not_whole_either() {
    let fake =
        balancers(|asked| (asked.what == "DescribeLoadBalancers").then(|| query_error(403, "AccessDenied")))
            .await;
    let seen = run(&fake, &collectors(), &["elbv2"]).await;
    for kind in [BALANCER, LISTENER] {
        assert_eq!(&*seen.why(kind).operation, "elasticloadbalancing:DescribeLoadBalancers", "{kind}");
    }
    let groups = seen.listing("AWS::ElasticLoadBalancingV2::TargetGroup");
    assert_eq!(groups.outcome, ListingOutcome::Complete);
}

#[tokio::test]
async fn one_parents_refused_children_make_the_population_incomplete() {
    let fake = balancers(|asked| {
        (asked.what == "DescribeListeners" && asked.body.contains("lb%2Fa"))
            .then(|| query_error(403, "AccessDenied"))
    })
    .await;
    let seen = run(&fake, &collectors(), &["elbv2"]).await;
    assert_eq!(seen.listing(BALANCER).outcome, ListingOutcome::Complete);
    assert_eq!(seen.listing(LISTENER).seen, 1);
    assert_eq!(&*seen.why(LISTENER).operation, "elasticloadbalancing:DescribeListeners");
}

#[tokio::test]
async fn no_secret_of_an_environment_reaches_the_sink() {
    // Put together here so that no scanner takes this file for a leak.
    let secrets =
        [["Sommer", "-Regen-77"].concat(), ["gh", "p_0123456789abcdefghijABCDEFGHIJ012345"].concat()];
    let variables = json!({ "DB_PASSWORD": secrets[0], "GIT": secrets[1], "MODE": "plain-mode-value" });
    let function = json!({
        "FunctionName": "pay", "FunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:pay",
        "PackageType": "Zip", "Runtime": "python3.13", "Description": format!("uses {}", secrets[1]),
        "Environment": { "Variables": variables },
    });
    let fake = Fake::start(move |asked| match asked.what.starts_with("GET /2015-03-31/functions") {
        true if !asked.what.contains("/pay") => ok(json!({ "Functions": [function] })),
        _ => Reply::Whole(404, r#"{"Code":"ResourceNotFoundException","Message":"no"}"#.to_owned()),
    })
    .await;
    let seen = run(&fake, &collectors(), &["lambda"]).await;
    let asset = seen.assets.values().next().unwrap();
    let found: Vec<&str> =
        asset.properties.at("Observed.EnvironmentSecrets").items().iter().filter_map(Node::as_str).collect();
    assert_eq!(found, ["DB_PASSWORD: password", "GIT: token"]);
    for secret in secrets.iter().map(String::as_str).chain(["plain-mode-value"]) {
        assert!(!seen.text.contains(secret), "{secret} was kept");
    }
    assert!(seen.text.contains("DB_PASSWORD"), "the names stay");
}

#[tokio::test]
async fn where_all_is_refused_nothing_is_complete_and_nothing_is_known() {
    let fake = Fake::start(|asked| match asked.what.contains(' ') {
        true => Reply::Whole(403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>".to_owned()),
        false if asked.body.starts_with('{') => refused(),
        false => query_error(403, "AccessDenied"),
    })
    .await;
    let content = collectors();
    let seen = run(&fake, &content, &[]).await;
    let kinds: usize = content.iter().map(|collector| collector.kinds.len()).sum();
    assert_eq!(seen.listings.len(), kinds);
    for listing in &seen.listings {
        let mut kinds = content.iter().flat_map(|collector| &collector.kinds);
        let kind = kinds.find(|kind| kind.kind == listing.kind).unwrap();
        // Of what there is exactly one of, the list is whole by nature.
        let singleton = matches!(kind.source, KindSource::Singleton);
        assert_eq!(listing.outcome == ListingOutcome::Complete, singleton, "{}", listing.kind);
    }
    for asset in seen.assets.values() {
        for (path, value) in asset.properties.key("Observed").entries() {
            let mut unseen = 0;
            value.visit_unknowns(&mut |_, _| unseen += 1);
            assert!(unseen > 0, "{} {path} is known: {value:?}", asset.kind);
        }
    }
    assert!(seen.collected.tallies.iter().all(|tally| tally.answered == 0 && tally.absent == 0));
}

#[tokio::test]
async fn regions_that_cannot_be_listed_are_said_to_be_missing() {
    let fake =
        kms(|asked| (asked.what == "DescribeRegions").then(|| query_error(403, "UnauthorizedOperation")))
            .await;
    let client = fake.client().await;
    let mut listings = Vec::new();
    let mut sink = |record: EvidenceRecord| {
        if let EvidenceRecord::Listing(listing) = record {
            listings.push(listing);
        }
        Ok(())
    };
    let selection = Selection { services: vec!["kms".to_owned()], ..Selection::default() };
    let collected = collect(&client, &collectors(), &selection, &mut sink, &Quiet).await.unwrap();
    assert_eq!(collected.regions, ["eu-west-1"]);
    assert_eq!(&*collected.regions_unlisted.unwrap().operation, "ec2:DescribeRegions");
    for kind in ["AWS::::Region", "AWS::KMS::Key"] {
        let elsewhere = |listing: &&Listing| listing.kind == *kind && listing.region == "other-regions";
        let unseen = listings.iter().find(elsewhere).unwrap_or_else(|| panic!("{kind} may be elsewhere"));
        assert!(matches!(unseen.outcome, ListingOutcome::Incomplete(_)));
    }
    let here = |listing: &&Listing| listing.kind == *"AWS::KMS::Key" && listing.region == "eu-west-1";
    assert_eq!(listings.iter().find(here).unwrap().outcome, ListingOutcome::Complete);
}

#[tokio::test]
async fn a_sink_that_takes_no_more_ends_the_collection() {
    let fake = kms(|_| None).await;
    let client = fake.client().await;
    let mut sink = |_| Err(std::io::Error::other("the disk is full"));
    let selection = Selection { regions: vec!["eu-west-1".into()], services: vec!["kms".to_owned()] };
    let error = collect(&client, &collectors(), &selection, &mut sink, &Quiet).await.unwrap_err();
    assert!(matches!(error, CollectError::Sink(_)), "{error}");
}

#[tokio::test]
async fn a_service_that_nobody_reads_is_named_with_those_that_there_are() {
    let fake = kms(|_| None).await;
    let client = fake.client().await;
    let selection = Selection { services: vec!["nosuch".to_owned()], ..Selection::default() };
    let error = collect(&client, &collectors(), &selection, &mut |_| Ok(()), &Quiet).await.unwrap_err();
    assert!(error.to_string().contains("`nosuch`") && error.to_string().contains("s3"), "{error}");
}
