//! Many accounts, a collection that is stopped, and one that goes on with it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use partywall_aws::collector::{
    Accounts, CollectError, Control, Known, OTHER_REGIONS, Progress, Quiet, Selection, Step, Stop, Survey,
    Targets, aggregated_counts, survey,
};
use partywall_aws::{Role, code};
use partywall_model::{Asset, EvidenceRecord, Listing, ListingOutcome, Why, WhyKind};
use serde_json::json;

use crate::content::collectors;
use crate::fake::{Asked, Fake, OWN_ACCOUNT, Reply, assumed, ok, query_error, refused, regions};

const ENTERED: &str = "222233334444";
const CLOSED_TO_US: &str = "333344445555";
const SUSPENDED: &str = "444455556666";

/// An organisation of four accounts: one's own, one that lets us in, one that does not, one that is suspended.
async fn organisation(except: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Fake {
    Fake::start(move |asked| {
        except(asked).unwrap_or_else(|| match &*asked.what {
            "ListAccounts" => ok(json!({ "Accounts": [
                { "Id": OWN_ACCOUNT, "Name": "payer", "State": "ACTIVE", "Status": "ACTIVE" },
                { "Id": ENTERED, "Name": "cards", "Status": "ACTIVE" },
                { "Id": CLOSED_TO_US, "Name": "research", "State": "ACTIVE" },
                { "Id": SUSPENDED, "Name": "old", "State": "SUSPENDED", "Status": "ACTIVE" },
            ]})),
            "AssumeRole" if asked.body.contains(CLOSED_TO_US) => query_error(403, "AccessDenied"),
            "AssumeRole" => assumed(asked),
            "DescribeRegions" => regions(&["eu-west-1", "us-east-1"]),
            "ListQueues" => ok(json!({ "QueueUrls": [format!("https://sqs/{}/jobs", asked.account)] })),
            "GetQueueAttributes" => ok(json!({ "Attributes": { "SqsManagedSseEnabled": "true" } })),
            "ListQueueTags" => ok(json!({ "Tags": {} })),
            "ListKeys" => ok(json!({ "Keys": [], "Truncated": false })),
            other => panic!("unexpected {other}"),
        })
    })
    .await
}

struct Outcome {
    assets: BTreeMap<String, Asset>,
    listings: Vec<Listing>,
    survey: Survey,
}

impl Outcome {
    fn of_account(&self, account: &str) -> Vec<&Listing> {
        self.listings.iter().filter(|listing| listing.account == *account).collect()
    }

    fn listing(&self, region: &str, kind: &str) -> &Listing {
        let here = |listing: &&Listing| listing.kind == *kind && listing.region == *region;
        self.listings.iter().find(here).unwrap_or_else(|| panic!("no listing of {kind} in {region}"))
    }
}

async fn read(
    fake: &Fake,
    accounts: &Accounts,
    services: &[&str],
    control: &Control,
    progress: &dyn Progress,
) -> Result<Outcome, CollectError> {
    let mut assets = BTreeMap::new();
    let mut listings = Vec::new();
    let mut sink = |record: EvidenceRecord| {
        match record {
            EvidenceRecord::Asset(asset) => {
                assert!(assets.insert(asset.id.to_string(), *asset).is_none(), "an asset came twice");
            }
            EvidenceRecord::Listing(listing) => listings.push(listing),
        }
        Ok(())
    };
    let services = services.iter().map(|service| (*service).to_owned()).collect();
    let selection = Selection { regions: Vec::new(), services };
    let client = fake.client().await;
    let targets = Targets::find(&client, accounts, &control.stop).await?;
    let survey = survey(&client, &collectors(), &selection, targets, control, &mut sink, progress).await?;
    Ok(Outcome { assets, listings, survey })
}

fn the_organisation() -> Accounts {
    Accounts::Organization { role: "PartywallAudit".to_owned(), external_id: None }
}

#[tokio::test]
async fn every_account_of_an_organisation_is_read_or_said_to_be_missing() {
    let fake = organisation(|_| None).await;
    let seen = read(&fake, &the_organisation(), &["sqs"], &Control::default(), &Quiet).await.unwrap();

    let queue = |account: &str, region: &str| format!("arn:aws:sqs:{region}:{account}:jobs");
    let expected: BTreeSet<String> = [OWN_ACCOUNT, ENTERED]
        .iter()
        .flat_map(|account| ["eu-west-1", "us-east-1"].map(|region| queue(account, region)))
        .collect();
    assert_eq!(seen.assets.keys().cloned().collect::<BTreeSet<_>>(), expected);
    // The own account is not entered a second time.
    assert_eq!((fake.count_in(OWN_ACCOUNT, "ListQueues"), fake.count("AssumeRole")), (2, 2));

    let missing = seen.of_account(CLOSED_TO_US);
    assert!(!missing.is_empty());
    for listing in missing {
        let ListingOutcome::Incomplete(why) = &listing.outcome else { panic!("{listing:?}") };
        assert_eq!(
            (why.kind, &*why.operation, &*why.code),
            (WhyKind::Refused, "sts:AssumeRole", "AccessDenied")
        );
        assert_eq!((listing.region.as_str(), listing.seen), (OTHER_REGIONS, 0));
    }
    let left_out = |account: &str| -> &Why {
        &seen.survey.left_out.iter().find(|left_out| left_out.account == *account).unwrap().why
    };
    assert_eq!(&*left_out(CLOSED_TO_US).code, "AccessDenied");
    assert_eq!((left_out(SUSPENDED).kind, &*left_out(SUSPENDED).code), (WhyKind::NotRead, "SUSPENDED"));
    let name =
        |account: &str| seen.survey.names.iter().find(|(id, _)| *id == *account).map(|(_, name)| &**name);
    assert_eq!(name(ENTERED), Some("cards"));
    let tally = |account: &str| {
        let mut tallies = seen.survey.tallies.iter();
        tallies.find(|t| t.operation == *"sts:AssumeRole" && t.account == *account).unwrap()
    };
    assert_eq!((tally(ENTERED).answered, tally(CLOSED_TO_US).failed.len()), (1, 1));
    assert!(!seen.survey.interrupted);
}

#[tokio::test]
async fn an_organisation_that_cannot_be_listed_is_an_error_and_not_an_account() {
    let fake = organisation(|asked| (asked.what == "ListAccounts").then(refused)).await;
    let refused =
        read(&fake, &the_organisation(), &["sqs"], &Control::default(), &Quiet).await.err().unwrap();
    let said = refused.to_string();
    assert!(said.contains("organizations:ListAccounts") && said.contains("AccessDenied"), "{said}");
    assert_eq!(fake.count("ListQueues"), 0);
}

#[tokio::test]
async fn an_answer_without_any_account_is_no_organisation() {
    let fake = organisation(|asked| (asked.what == "ListAccounts").then(|| ok(json!({})))).await;
    let error = read(&fake, &the_organisation(), &["sqs"], &Control::default(), &Quiet).await.err().unwrap();
    assert!(error.to_string().contains("the answer names no account"), "{error}");
}

#[tokio::test]
async fn an_account_is_tried_in_every_state_in_which_it_may_be_open() {
    const CLOSING: &str = "555566667777";
    const UNSAID: &str = "666677778888";
    let fake = organisation(|asked| match &*asked.what {
        "ListAccounts" => Some(ok(json!({ "Accounts": [
            { "Id": OWN_ACCOUNT, "State": "ACTIVE" },
            { "Id": CLOSING, "State": "PENDING_CLOSURE" },
            { "Id": UNSAID },
            { "Id": SUSPENDED, "State": "CLOSED" },
        ]}))),
        _ => None,
    })
    .await;
    let seen = read(&fake, &the_organisation(), &["sqs"], &Control::default(), &Quiet).await.unwrap();
    for account in [CLOSING, UNSAID] {
        assert_eq!(fake.count_in(account, "ListQueues"), 2, "{account}");
    }
    let left_out: Vec<&str> = seen.survey.left_out.iter().map(|left_out| left_out.account.as_str()).collect();
    assert_eq!(left_out, [SUSPENDED]);
}

#[tokio::test]
async fn what_is_asked_for_an_estimate_is_not_counted_as_read() {
    let fake = organisation(|asked| match &*asked.what {
        "DescribeRegions" if asked.account == OWN_ACCOUNT => Some(query_error(403, "UnauthorizedOperation")),
        _ => None,
    })
    .await;
    let client = fake.client().await;
    let control = Control::default();
    let roles = vec![Role { arn: format!("arn:aws:iam::{ENTERED}:role/x"), external_id: None }];
    let targets = Targets::find(&client, &Accounts::Roles(roles), &control.stop).await.unwrap();
    let why = targets.regions(&client, &control.stop).await.unwrap_err();
    assert_eq!(&*why.code, "UnauthorizedOperation");
    let selection = Selection { regions: Vec::new(), services: vec!["sqs".to_owned()] };
    let mut sink = |_| Ok(());
    let survey =
        survey(&client, &collectors(), &selection, targets, &control, &mut sink, &Quiet).await.unwrap();
    assert!(survey.tallies.iter().all(|tally| tally.failed.is_empty()), "{:?}", survey.tallies);
}

#[tokio::test]
async fn named_roles_are_read_as_so_many_accounts_and_the_own_is_not() {
    let fake = organisation(|_| None).await;
    let role = |account: &str| Role { arn: format!("arn:aws:iam::{account}:role/x"), external_id: None };
    let roles = Accounts::Roles(vec![role(ENTERED), role(SUSPENDED), role(ENTERED)]);
    let seen = read(&fake, &roles, &["sqs"], &Control::default(), &Quiet).await.unwrap();
    assert_eq!(seen.assets.len(), 4);
    assert!(seen.of_account(OWN_ACCOUNT).is_empty());

    let wrong = Accounts::Roles(vec![Role { arn: "audit".to_owned(), external_id: None }]);
    let error = read(&fake, &wrong, &["sqs"], &Control::default(), &Quiet).await.err().unwrap();
    assert!(matches!(error, CollectError::Role(_)), "{error}");
}

/// Stops the collection when so many lists of a kind have been read to their end.
struct StopAfter {
    stop: Stop,
    kind: &'static str,
    left: RefCell<usize>,
}

impl Progress for StopAfter {
    fn step(&self, step: Step<'_>) {
        let Step::Listed(listing) = step else { return };
        if listing.kind == *self.kind {
            let mut left = self.left.borrow_mut();
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.stop.stop();
            }
        }
    }
}

#[tokio::test]
async fn what_a_stop_leaves_unread_is_said_and_only_that_is_asked_afterwards() {
    let fake = organisation(|asked| (asked.what == "GetQueueAttributes").then_some(Reply::Silence)).await;
    let control = Control::default();
    let stopping = StopAfter { stop: control.stop.clone(), kind: "AWS::KMS::Key", left: RefCell::new(2) };
    let seen = read(&fake, &Accounts::Own, &["sqs", "kms"], &control, &stopping).await.unwrap();
    assert!(seen.survey.interrupted);
    for region in ["eu-west-1", "us-east-1"] {
        assert_eq!(seen.listing(region, "AWS::KMS::Key").outcome, ListingOutcome::Complete);
        let ListingOutcome::Incomplete(why) = &seen.listing(region, "AWS::SQS::Queue").outcome else {
            panic!("the queues of {region} are complete")
        };
        assert_eq!((why.kind, &*why.code), (WhyKind::NotRead, code::INTERRUPTED));
    }
    // What was seen of a queue is kept, and what was not is unknown.
    let queue = &seen.assets[&format!("arn:aws:sqs:eu-west-1:{OWN_ACCOUNT}:jobs")];
    assert_eq!(queue.properties.at("QueueName").as_str(), Some("jobs"));
    assert_eq!(&*queue.properties.at("Observed.Policy").why().unwrap().code, code::INTERRUPTED);
    // A call that nobody waited for is no failure.
    let tallies = seen.survey.accounts.iter().flat_map(|account| &account.tallies);
    assert!(tallies.into_iter().all(|tally| tally.failed.is_empty()));

    let mut known = Known::default();
    seen.listings.iter().for_each(|listing| known.add(listing));
    let fake = organisation(|_| None).await;
    let control = Control { known, ..Control::default() };
    let rest = read(&fake, &Accounts::Own, &["sqs", "kms"], &control, &Quiet).await.unwrap();
    assert_eq!((fake.count("ListKeys"), fake.count("ListQueues")), (0, 2));
    assert_eq!(rest.listing("us-east-1", "AWS::SQS::Queue").outcome, ListingOutcome::Complete);
    assert_eq!(rest.listings.len(), 2);
}

#[tokio::test]
async fn a_kind_that_says_itself_where_it_is_is_asked_again_everywhere_or_nowhere() {
    let start = async || {
        organisation(|asked| match &*asked.what {
            "ListWebACLs" => Some(ok(json!({ "WebACLs": [] }))),
            _ => None,
        })
        .await
    };
    let fake = start().await;
    let whole = read(&fake, &Accounts::Own, &["wafv2"], &Control::default(), &Quiet).await.unwrap();
    let all = fake.count("ListWebACLs");
    assert!(all >= 2, "{all}");
    for (cut, expected) in [(None, 0), (Some("us-east-1"), all)] {
        let mut known = Known::default();
        for listing in &whole.listings {
            let mut listing = listing.clone();
            if cut.is_some_and(|region| listing.region == *region && listing.kind == *"AWS::WAFv2::WebACL") {
                let why = Why::new(WhyKind::NotRead, "wafv2:ListWebACLs").with_code(code::INTERRUPTED);
                listing.outcome = ListingOutcome::Incomplete(why);
            }
            known.add(&listing);
        }
        let fake = start().await;
        let control = Control { known, ..Control::default() };
        read(&fake, &Accounts::Own, &["wafv2"], &control, &Quiet).await.unwrap();
        assert_eq!(fake.count("ListWebACLs"), expected, "cut in {cut:?}");
    }
}

#[tokio::test]
async fn accounts_that_were_not_begun_before_a_stop_are_said_to_be_missing() {
    let fake = organisation(|_| None).await;
    let control = Control::default();
    let client = fake.client().await;
    let targets = Targets::find(&client, &the_organisation(), &control.stop).await.unwrap();
    control.stop.stop();
    let mut accounts = BTreeSet::new();
    let mut sink = |record: EvidenceRecord| {
        let EvidenceRecord::Listing(listing) = record else { panic!("an asset was read") };
        let ListingOutcome::Incomplete(why) = &listing.outcome else { panic!("{listing:?}") };
        assert_eq!(&*why.code, code::INTERRUPTED);
        accounts.insert(listing.account.to_string());
        Ok(())
    };
    let selection = Selection { regions: Vec::new(), services: vec!["sqs".to_owned()] };
    let survey =
        survey(&client, &collectors(), &selection, targets, &control, &mut sink, &Quiet).await.unwrap();
    assert!(survey.interrupted);
    assert_eq!(accounts, [OWN_ACCOUNT, ENTERED, CLOSED_TO_US].map(str::to_owned).into());
    assert_eq!(fake.count("ListQueues"), 0);
}

#[tokio::test]
async fn regions_that_are_enabled_but_not_named_are_known() {
    let fake = organisation(|_| None).await;
    let client = fake.client().await;
    let selection = Selection { regions: vec!["eu-west-1".into()], services: vec!["sqs".to_owned()] };
    let mut elsewhere = Vec::new();
    let mut sink = |record: EvidenceRecord| {
        if let EvidenceRecord::Listing(listing) = record
            && listing.region == *OTHER_REGIONS
        {
            elsewhere.push(listing);
        }
        Ok(())
    };
    let collected = partywall_aws::collector::collect(&client, &collectors(), &selection, &mut sink, &Quiet)
        .await
        .unwrap();
    assert_eq!(collected.regions, ["eu-west-1"]);
    assert_eq!(collected.regions_left_out, ["us-east-1"]);
    // The account as a whole was not looked at.
    let queues = elsewhere.iter().find(|listing| listing.kind == *"AWS::SQS::Queue").unwrap();
    assert!(
        matches!(&queues.outcome, ListingOutcome::Incomplete(why) if &*why.code == Why::LEFT_OUT),
        "{queues:?}"
    );
}

#[tokio::test]
async fn going_on_with_other_regions_reads_them() {
    let fake = organisation(|_| None).await;
    let mut known = Known::default();
    let whole = read(&fake, &Accounts::Own, &["sqs"], &Control::default(), &Quiet).await.unwrap();
    whole.listings.iter().filter(|list| list.region != *"us-east-1").for_each(|list| known.add(list));
    let fake = organisation(|_| None).await;
    let control = Control { known, ..Control::default() };
    let rest = read(&fake, &Accounts::Own, &["sqs"], &control, &Quiet).await.unwrap();
    assert_eq!(rest.listings.len(), 1);
    assert_eq!(rest.listing("us-east-1", "AWS::SQS::Queue").outcome, ListingOutcome::Complete);
}

#[tokio::test]
async fn an_aggregator_counts_kinds_page_by_page() {
    let fake = Fake::start(|asked| match (&*asked.what, asked.body.contains("more")) {
        ("GetAggregateDiscoveredResourceCounts", false) => ok(json!({
            "TotalDiscoveredResources": 9, "GroupByKey": "RESOURCE_TYPE", "NextToken": "more",
            "GroupedResourceCounts": [{ "GroupName": "AWS::EC2::Instance", "ResourceCount": 7 }],
        })),
        ("GetAggregateDiscoveredResourceCounts", true) => ok(json!({
            "TotalDiscoveredResources": 9,
            "GroupedResourceCounts": [{ "GroupName": "AWS::S3::Bucket", "ResourceCount": 2 }],
        })),
        other => panic!("unexpected {other:?}"),
    })
    .await;
    let client = fake.client().await;
    let counts = aggregated_counts(&client, "all", &Stop::default()).await.unwrap();
    let counts: Vec<(&str, u64)> = counts.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(counts, [("AWS::EC2::Instance", 7), ("AWS::S3::Bucket", 2)]);
}
