//! The collector over a small estate in a moto server: what is there is seen, and only what the policy allows is asked.

use std::collections::{BTreeMap, BTreeSet};

use partywall_aws::collector::{Known, Quiet, Selection, collect, estimate, policy};
use partywall_model::{AccountId, Asset, EvidenceRecord, Kind, ListingOutcome, Node, Region, Why};

use crate::content::collectors;
use crate::moto::{Moto, build, client};

const ESTATE: &str = r##"
import sys, io, json, zipfile
import boto3
url = sys.argv[1]
def c(name):
    return boto3.client(name, endpoint_url=url, region_name="eu-west-1", aws_access_key_id="k", aws_secret_access_key="s")
password = "Amsel-" + "Brunnen-31"
s3 = c("s3")
for name in ["open-house", "quiet-house"]:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
s3.put_bucket_policy(Bucket="open-house", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::open-house/*"}]}))
s3.put_public_access_block(Bucket="quiet-house", PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
s3.put_bucket_tagging(Bucket="quiet-house", Tagging={"TagSet": [{"Key": "owner", "Value": "cards"}]})
iam = c("iam")
trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
role = iam.create_role(RoleName="runner", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
iam.put_role_policy(RoleName="runner", PolicyName="all", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
for name in ["ops-1", "ops-2"]:
    iam.create_user(UserName=name)
iam.create_access_key(UserName="ops-1")
iam.create_login_profile(UserName="ops-2", Password="Amsel-1-" + "Brunnen")
iam.create_group(GroupName="ops")
iam.add_user_to_group(GroupName="ops", UserName="ops-1")
iam.create_policy(PolicyName="some", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}))
ec2 = c("ec2")
vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
subnet2 = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.2.0/24", AvailabilityZone="eu-west-1b")["Subnet"]["SubnetId"]
group = ec2.create_security_group(GroupName="open", Description="d", VpcId=vpc)["GroupId"]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])
ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="t3.micro", SubnetId=subnet, SecurityGroupIds=[group], UserData="#!/bin/sh\nexport DB_PASSWORD=" + password + "\n")
z = io.BytesIO()
with zipfile.ZipFile(z, "w") as f: f.writestr("m.py", "def h(e, c): pass")
c("lambda").create_function(FunctionName="pay", Runtime="python3.12", Role=role, Handler="m.h", Code={"ZipFile": z.getvalue()}, Environment={"Variables": {"DB_PASSWORD": password, "MODE": "plain-mode-value"}})
balancer = c("elbv2").create_load_balancer(Name="front", Subnets=[subnet, subnet2])["LoadBalancers"][0]["LoadBalancerArn"]
target = c("elbv2").create_target_group(Name="t", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
for port in [80, 8080]:
    c("elbv2").create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=[{"Type": "forward", "TargetGroupArn": target}])
c("rds").create_db_instance(DBInstanceIdentifier="ledger", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, MasterUsername="u", MasterUserPassword=password)
c("kms").create_key(Description="for tests")
c("cloudtrail").create_trail(Name="main", S3BucketName="quiet-house", IsMultiRegionTrail=True)
c("logs").create_log_group(logGroupName="/app/a")
c("logs").put_metric_filter(logGroupName="/app/a", filterName="f", filterPattern="x", metricTransformations=[{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}])
c("sns").create_topic(Name="alerts")
c("sqs").create_queue(QueueName="jobs")
c("secretsmanager").create_secret(Name="db", SecretString=password)
c("guardduty").create_detector(Enable=True)
c("wafv2").create_web_acl(Name="acl", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig={"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"})
print(json.dumps({"password": password}))
"##;

#[tokio::test]
async fn a_small_estate_is_seen_whole_and_without_its_secrets() {
    let (moto, program) = Moto::start();
    let made = build(&program, &moto.url, ESTATE);
    let client = client(&moto.url).await;
    let content = collectors();

    let mut assets: Vec<Asset> = Vec::new();
    let mut incomplete = Vec::new();
    let mut populations = BTreeMap::new();
    let mut text = String::new();
    let mut sink = |record: EvidenceRecord| {
        text.push_str(&serde_json::to_string(&record)?);
        match record {
            EvidenceRecord::Asset(asset) => assets.push(*asset),
            EvidenceRecord::Listing(listing) => {
                populations.insert((listing.region.clone(), listing.kind.clone()), listing.seen);
                // What the emulator has not, and the regions that are not named.
                let beyond = |why: &Why| why.code.starts_with("Http5") || &*why.code == Why::LEFT_OUT;
                if let ListingOutcome::Incomplete(why) = listing.outcome
                    && !beyond(&why)
                {
                    incomplete.push(format!("{}: {why}", listing.kind));
                }
            }
        }
        Ok(())
    };
    let selection = Selection { regions: vec!["eu-west-1".into()], services: Vec::new() };
    let collected = collect(&client, &content, &selection, &mut sink, &Quiet).await.unwrap();
    assert!(collected.problems.is_empty(), "{:#?}", collected.problems);
    assert!(incomplete.is_empty(), "{incomplete:#?}");

    // Who knows how many there are can say how often will be asked.
    let last_known = |_: &AccountId, region: &Region, kind: &Kind| {
        populations.get(&(region.clone(), kind.clone())).copied()
    };
    let accounts = [AccountId::from(collected.identity.account.as_str())];
    let regions = &collected.regions;
    let known = Known::default();
    let expected = estimate(&client, &content, &selection, &accounts, regions, &known, &last_known).unwrap();
    assert_eq!(expected.assumed, 0);
    let mut calls: BTreeMap<&str, u64> = BTreeMap::new();
    for tally in &collected.tallies {
        let failed: u64 = tally.failed.iter().map(|(_, calls)| calls).sum();
        *calls.entry(tally.operation.as_str()).or_default() += tally.answered + tally.absent + failed;
    }
    // The snapshots of moto's own images come in one page, whatever is asked.
    let only_lists = expected
        .rows
        .iter()
        .filter(|row| row.lists > 0 && row.reads == 0 && row.operation != *"ec2:DescribeSnapshots");
    let mut compared = 0;
    for row in only_lists {
        assert_eq!(calls.get(row.operation.as_str()), Some(&row.lists), "{}", row.operation);
        compared += 1;
    }
    assert!(compared > 40, "{compared} operations only list");
    let (lists, reads) = expected.totals();
    let (made_calls, expected): (u64, u64) = (calls.values().sum(), lists + reads);
    // Reads with conditions are counted as if all held.
    assert!(
        expected >= made_calls - 1 && expected < made_calls * 2,
        "{expected} calls were expected, {made_calls} made"
    );

    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    assets.iter().for_each(|asset| *counts.entry(asset.kind.as_str()).or_default() += 1);
    for (kind, count) in [
        ("AWS::::Account", 1),
        ("AWS::::Region", 1),
        ("AWS::IAM::User", 2),
        ("AWS::IAM::Role", 1),
        ("AWS::IAM::Group", 1),
        ("AWS::IAM::ManagedPolicy", 1),
        ("AWS::EC2::Instance", 1),
        ("AWS::S3::Bucket", 2),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", 1),
        ("AWS::ElasticLoadBalancingV2::Listener", 2),
        ("AWS::ElasticLoadBalancingV2::TargetGroup", 1),
        ("AWS::RDS::DBInstance", 1),
        ("AWS::KMS::Key", 1),
        ("AWS::CloudTrail::Trail", 1),
        ("AWS::Logs::MetricFilter", 1),
        ("AWS::Lambda::Function", 1),
        ("AWS::SNS::Topic", 1),
        ("AWS::SQS::Queue", 1),
        ("AWS::SecretsManager::Secret", 1),
        ("AWS::GuardDuty::Detector", 1),
        ("AWS::WAFv2::WebACL", 1),
    ] {
        assert_eq!(counts.get(kind), Some(&count), "{kind} in {counts:#?}");
    }

    let of = |kind: &str, name: &str| -> &Asset {
        let named = |asset: &&Asset| asset.kind == *kind && asset.name.as_deref() == Some(name);
        assets.iter().find(named).unwrap_or_else(|| panic!("no {kind} {name}"))
    };
    let open = of("AWS::S3::Bucket", "open-house");
    assert_eq!(open.region.as_ref().unwrap(), "eu-west-1");
    assert_eq!(
        open.properties.at("Observed.Policy.Statement").items()[0].key("Principal").as_str(),
        Some("*")
    );
    let quiet = of("AWS::S3::Bucket", "quiet-house");
    assert_eq!(
        quiet.properties.at("PublicAccessBlockConfiguration.RestrictPublicBuckets"),
        &Node::Bool(true)
    );
    assert_eq!(quiet.tags.get("owner").map(|owner| &**owner), Some("cards"));
    assert!(quiet.properties.at("Observed.Policy").is_absent());
    let role = of("AWS::IAM::Role", "runner");
    let inline =
        role.properties.at("Policies").items()[0].at("PolicyDocument.Statement").items()[0].key("Action");
    assert_eq!(inline.as_str(), Some("*"));
    let user = of("AWS::IAM::User", "ops-1");
    assert_eq!(user.properties.at("Observed.AccessKeys").items().len(), 1);
    assert!(user.properties.at("LoginProfile").is_absent());
    assert_eq!(user.properties.at("Observed.CredentialReport.access_key_1_active"), &Node::Bool(true));
    assert!(!of("AWS::IAM::User", "ops-2").properties.at("LoginProfile").is_absent());
    let group = of("AWS::EC2::SecurityGroup", "open");
    let sources: Vec<&str> = group
        .properties
        .at("SecurityGroupIngress")
        .items()
        .iter()
        .filter_map(|rule| rule.key("CidrIp").as_str().or(rule.key("CidrIpv6").as_str()))
        .collect();
    assert_eq!(sources, ["0.0.0.0/0", "::/0"]);

    let instance = assets.iter().find(|asset| asset.kind == *"AWS::EC2::Instance").unwrap();
    assert_eq!(instance.properties.at("Observed.UserDataSecrets"), &Node::List(vec!["password".into()]));
    for secret in [made["password"].as_str().unwrap(), "plain-mode-value"] {
        assert!(!text.contains(secret), "{secret} was kept");
    }

    // The shared list was walked once for its four kinds.
    let asked = client.ledger().rows();
    let details = &asked[&("iam:GetAccountAuthorizationDetails".to_owned(), "us-east-1".to_owned())];
    let reports = &asked[&("iam:GetCredentialReport".to_owned(), "us-east-1".to_owned())];
    assert_eq!((details.answered, reports.answered <= 2), (1, true), "{details:?} {reports:?}");

    let policy = policy(&content);
    let allowed: BTreeSet<&str> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .filter_map(|action| action.as_str())
        .collect();
    for (operation, _) in asked.keys() {
        let (service, name) = operation.split_once(':').unwrap();
        let action = partywall_aws::action_of(service, name);
        assert!(allowed.contains(action.as_str()), "{action} was asked without being in the policy");
    }
    let counted: u64 = collected.tallies.iter().map(|tally| tally.answered).sum();
    let answered: u64 = asked.values().map(|tally| tally.answered).sum();
    // The identity is the client's own question.
    assert_eq!(counted + 1, answered);
}
