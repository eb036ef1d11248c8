//! The client against a moto server: real requests of every protocol, read by code that is not ours.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use partywall_aws::{AccessKey, Client, CredentialSource, Limits, Options, Role};
use serde_json::{Value, json};

/// Set up once for all tests of this file, since a server takes seconds to start.
pub(crate) struct Moto {
    pub(crate) url: String,
    child: Child,
}

impl Moto {
    pub(crate) fn start() -> (Self, PathBuf) {
        let program = std::env::var_os("PARTYWALL_MOTO").map(PathBuf::from).unwrap_or_else(|| {
            panic!(
                "PARTYWALL_MOTO must name the program `moto_server`: `cargo xtask test` sets it, or by hand: \
                 python3 -m venv v && v/bin/pip install 'moto[server]' boto3 && export PARTYWALL_MOTO=$PWD/v/bin/moto_server"
            )
        });
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("`{}` cannot be started: {e}", program.display()));
        let moto = Self { url: format!("http://127.0.0.1:{port}"), child };
        let patience = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < patience, "moto did not open its port in a minute");
            std::thread::sleep(Duration::from_millis(100));
        }
        (moto, program)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the estate holds is written by boto3, so that nothing of ours is on both sides.
const ESTATE: &str = r#"
import sys, io, json, urllib.request, zipfile
import boto3
url = sys.argv[1]
def c(name, region="eu-west-1"):
    return boto3.client(name, endpoint_url=url, region_name=region, aws_access_key_id="k", aws_secret_access_key="s")
s3 = c("s3")
for name in ["alpha-logs", "beta.with.dots"]:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
s3.put_bucket_policy(Bucket="alpha-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
s3.put_bucket_tagging(Bucket="alpha-logs", Tagging={"TagSet": [{"Key": "team", "Value": "a&b <c>"}]})
s3.put_public_access_block(Bucket="alpha-logs", PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": True, "RestrictPublicBuckets": False})
s3.put_bucket_encryption(Bucket="alpha-logs", ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
# boto3 would put the account before the host, which a loopback address does not allow.
urllib.request.urlopen(urllib.request.Request(
    url + "/v20180820/configuration/publicAccessBlock", method="PUT",
    headers={"Content-Type": "application/xml", "x-amz-account-id": "123456789012", "Authorization": "AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0"},
    data=b"<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"))
iam = c("iam")
for i in range(7):
    iam.create_user(UserName=f"user-{i}", Tags=[{"Key": "n", "Value": str(i)}])
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
role = iam.create_role(RoleName="runner", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
ec2 = c("ec2")
ami = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
ec2.run_instances(ImageId=ami, MinCount=3, MaxCount=3, InstanceType="t3.micro", TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}])
ec2.create_security_group(GroupName="open", Description="ssh from anywhere")
gid = ec2.describe_security_groups(GroupNames=["open"])["SecurityGroups"][0]["GroupId"]
ec2.authorize_security_group_ingress(GroupId=gid, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
c("rds").create_db_instance(DBInstanceIdentifier="ledger", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, MasterUsername="u", MasterUserPassword="password1", Port=5433)
z = io.BytesIO()
with zipfile.ZipFile(z, "w") as f: f.writestr("m.py", "def h(e, c): pass")
c("lambda").create_function(FunctionName="pay", Runtime="python3.12", Role=role, Handler="m.h", Code={"ZipFile": z.getvalue()}, Environment={"Variables": {"MODE": "test"}})
topic = c("sns").create_topic(Name="alerts")["TopicArn"]
c("sqs").create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "45"})
key = c("kms").create_key(Description="for tests")["KeyMetadata"]["KeyId"]
c("kms").enable_key_rotation(KeyId=key)
c("cloudtrail").create_trail(Name="main", S3BucketName="alpha-logs", IsMultiRegionTrail=True)
for i in range(7):
    c("logs").create_log_group(logGroupName=f"/app/{i}")
c("cloudwatch").put_metric_alarm(AlarmName="a1", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, MetricName="m", Namespace="n", Period=60, Statistic="Sum", Threshold=1.5)
c("secretsmanager").create_secret(Name="db", SecretString="never-to-be-seen")
vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
subnets = [s["SubnetId"] for s in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]][:2]
c("elbv2").create_load_balancer(Name="front", Subnets=subnets)
c("wafv2").create_web_acl(Name="acl", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig={"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"})
c("guardduty").create_detector(Enable=True)
c("route53").create_hosted_zone(Name="example.com", CallerReference="1")
c("dynamodb").create_table(TableName="t", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
print(json.dumps({"topic": topic, "key": key, "group": gid, "role": role}))
"#;

pub(crate) async fn client(url: &str) -> Client {
    Client::connect(Options {
        region: Some("eu-west-1".to_owned()),
        credentials: CredentialSource::Key(AccessKey::new("AKIDEXAMPLE", "not-a-real-secret", None)),
        endpoint_url: Some(url.to_owned()),
        limits: Limits { attempts: 2, ..Limits::default() },
        ..Options::default()
    })
    .await
    .unwrap()
}

/// Every item of a list, over all pages.
async fn all(client: &Client, service: &str, operation: &str, key: &str, params: Value) -> Vec<Value> {
    let op = client.operation(service, operation).unwrap_or_else(|| panic!("{service}:{operation}"));
    let mut pages = client.pages(op, "eu-west-1", params);
    let mut items = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        items.extend(page.body[key].as_array().unwrap_or_else(|| panic!("{key} in {}", page.body)).clone());
    }
    items
}

async fn one(client: &Client, service: &str, operation: &str, params: Value) -> Value {
    let op = client.operation(service, operation).unwrap_or_else(|| panic!("{service}:{operation}"));
    client.call(op, "eu-west-1", params).await.unwrap().body
}

fn texts(items: &[Value], key: &str) -> Vec<String> {
    let mut texts: Vec<_> = items.iter().map(|i| i[key].as_str().unwrap().to_owned()).collect();
    texts.sort();
    texts
}

#[tokio::test]
async fn an_estate_in_moto_is_read_over_every_protocol() {
    let (moto, program) = Moto::start();
    let made = build(&program, &moto.url, ESTATE);
    let client = client(&moto.url).await;

    let identity = client.identity().await.unwrap();
    assert_eq!((identity.account.as_str(), identity.partition.as_str()), ("123456789012", "aws"));

    // REST-XML
    let buckets = all(&client, "s3", "ListBuckets", "Buckets", json!({})).await;
    assert_eq!(texts(&buckets, "Name"), ["alpha-logs", "beta.with.dots"]);
    assert!(buckets[0]["CreationDate"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    let ask = |name: &'static str| one(&client, "s3", name, json!({ "Bucket": "alpha-logs" }));
    assert_eq!(ask("GetBucketLocation").await, json!({ "LocationConstraint": "eu-west-1" }));
    assert_eq!(
        ask("GetBucketPolicy").await["Policy"],
        json!(r#"{"Version": "2012-10-17", "Statement": []}"#)
    );
    assert_eq!(ask("GetBucketTagging").await, json!({ "TagSet": [{ "Key": "team", "Value": "a&b <c>" }] }));
    assert_eq!(
        ask("GetPublicAccessBlock").await["PublicAccessBlockConfiguration"],
        json!({ "BlockPublicAcls": true, "IgnorePublicAcls": false, "BlockPublicPolicy": true, "RestrictPublicBuckets": false })
    );
    assert_eq!(
        ask("GetBucketEncryption").await["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]
            ["SSEAlgorithm"],
        json!("AES256")
    );
    assert_eq!(ask("GetBucketAcl").await["Grants"][0]["Grantee"]["Type"], json!("CanonicalUser"));
    let account =
        one(&client, "s3control", "GetPublicAccessBlock", json!({ "AccountId": "123456789012" })).await;
    assert_eq!(account["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"], json!(true));
    let zones = all(&client, "route53", "ListHostedZones", "HostedZones", json!({})).await;
    assert_eq!(texts(&zones, "Name"), ["example.com."]);

    // query
    let users = all(&client, "iam", "ListUsers", "Users", json!({})).await;
    assert_eq!(users.len(), 7);
    let databases = all(&client, "rds", "DescribeDBInstances", "DBInstances", json!({})).await;
    assert_eq!(texts(&databases, "DBInstanceIdentifier"), ["ledger"]);
    assert_eq!(databases[0]["AllocatedStorage"], json!(20));
    let topics = all(&client, "sns", "ListTopics", "Topics", json!({})).await;
    assert_eq!(texts(&topics, "TopicArn"), [made["topic"].as_str().unwrap()]);
    let attributes = one(&client, "sns", "GetTopicAttributes", json!({ "TopicArn": made["topic"] })).await;
    assert_eq!(attributes["Attributes"]["TopicArn"], made["topic"]);
    let balancers = all(&client, "elbv2", "DescribeLoadBalancers", "LoadBalancers", json!({})).await;
    assert_eq!(texts(&balancers, "LoadBalancerName"), ["front"]);

    // EC2
    let reservations = all(&client, "ec2", "DescribeInstances", "Reservations", json!({})).await;
    let instances = reservations[0]["Instances"].as_array().unwrap();
    assert_eq!(instances.len(), 3);
    assert_eq!(instances[0]["Tags"], json!([{ "Key": "Name", "Value": "web" }]));
    let filter = json!({ "Filters": [{ "Name": "group-name", "Values": ["open"] }] });
    let groups = all(&client, "ec2", "DescribeSecurityGroups", "SecurityGroups", filter).await;
    assert_eq!(texts(&groups, "GroupId"), [made["group"].as_str().unwrap()]);
    assert_eq!(groups[0]["IpPermissions"][0]["FromPort"], json!(22));
    assert_eq!(groups[0]["IpPermissions"][0]["IpRanges"], json!([{ "CidrIp": "0.0.0.0/0" }]));
    let page = json!({ "MaxResults": 5 });
    let types = client.operation("ec2", "DescribeInstanceTypes").unwrap();
    let mut pages = client.pages(types, "eu-west-1", page);
    assert!(pages.next().await.unwrap().is_some());

    // JSON
    let keys = all(&client, "kms", "ListKeys", "Keys", json!({})).await;
    assert!(texts(&keys, "KeyId").contains(&made["key"].as_str().unwrap().to_owned()));
    let rotation = one(&client, "kms", "GetKeyRotationStatus", json!({ "KeyId": made["key"] })).await;
    assert_eq!(rotation["KeyRotationEnabled"], json!(true));
    let key = one(&client, "kms", "DescribeKey", json!({ "KeyId": made["key"] })).await;
    assert!(key["KeyMetadata"]["CreationDate"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    let trails = one(&client, "cloudtrail", "DescribeTrails", json!({})).await;
    assert_eq!(trails["trailList"][0]["IsMultiRegionTrail"], json!(true));
    let queues = all(&client, "sqs", "ListQueues", "QueueUrls", json!({})).await;
    let asked = json!({ "QueueUrl": queues[0], "AttributeNames": ["All"] });
    let queue = one(&client, "sqs", "GetQueueAttributes", asked).await;
    assert_eq!(queue["Attributes"]["VisibilityTimeout"], json!("45"));
    let groups = all(&client, "logs", "DescribeLogGroups", "logGroups", json!({})).await;
    assert!(texts(&groups, "logGroupName").contains(&"/app/0".to_owned()));
    let alarms = all(&client, "cloudwatch", "DescribeAlarms", "MetricAlarms", json!({})).await;
    assert_eq!(alarms[0]["Threshold"], json!(1.5));
    let secrets = all(&client, "secretsmanager", "ListSecrets", "SecretList", json!({})).await;
    assert_eq!(texts(&secrets, "Name"), ["db"]);
    let acls = all(&client, "wafv2", "ListWebACLs", "WebACLs", json!({ "Scope": "REGIONAL" })).await;
    assert_eq!(texts(&acls, "Name"), ["acl"]);
    let tables = all(&client, "dynamodb", "ListTables", "TableNames", json!({})).await;
    assert_eq!(tables, [json!("t")]);

    // REST-JSON
    let functions = all(&client, "lambda", "ListFunctions", "Functions", json!({})).await;
    assert_eq!(texts(&functions, "FunctionName"), ["pay"]);
    assert_eq!(functions[0]["Environment"]["Variables"]["MODE"], json!("test"));
    let detectors = all(&client, "guardduty", "ListDetectors", "DetectorIds", json!({})).await;
    let detector = one(&client, "guardduty", "GetDetector", json!({ "DetectorId": detectors[0] })).await;
    assert_eq!(detector["Status"], json!("ENABLED"));

    paging_goes_to_the_end(&client).await;
    what_is_not_there_is_an_error_with_its_code(&client).await;
    a_role_is_assumed_on_top(&moto.url, &made).await;
    everything_asked_is_in_the_ledger(&client);
}

/// Runs a script of boto3's beside the server; what it prints is given.
pub(crate) fn build(program: &Path, url: &str, estate: &str) -> Value {
    let python = program.with_file_name("python");
    let out = Command::new(&python)
        .args(["-c", estate, url])
        .output()
        .unwrap_or_else(|e| panic!("`{}` cannot be started: {e}", python.display()));
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

async fn paging_goes_to_the_end(client: &Client) {
    let op = client.operation("logs", "DescribeLogGroups").unwrap();
    let mut pages = client.pages(op, "eu-west-1", json!({ "limit": 3, "logGroupNamePrefix": "/app/" }));
    let (mut sizes, mut groups) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await.unwrap() {
        let items = page.body["logGroups"].as_array().unwrap().clone();
        sizes.push(items.len());
        groups.extend(items);
    }
    assert_eq!(sizes, [3, 3, 1]);
    assert_eq!(texts(&groups, "logGroupName"), (0..7).map(|i| format!("/app/{i}")).collect::<Vec<_>>());
}

async fn what_is_not_there_is_an_error_with_its_code(client: &Client) {
    for (service, operation, params, code) in [
        ("s3", "GetBucketPolicy", json!({ "Bucket": "beta.with.dots" }), "NoSuchBucketPolicy"),
        ("s3", "GetBucketPolicy", json!({ "Bucket": "no-such-bucket-here" }), "NoSuchBucket"),
        ("iam", "GetUser", json!({ "UserName": "nobody" }), "NoSuchEntity"),
        (
            "ec2",
            "DescribeInstances",
            json!({ "InstanceIds": ["i-00000000000000000"] }),
            "InvalidInstanceID.NotFound",
        ),
        (
            "kms",
            "DescribeKey",
            json!({ "KeyId": "00000000-0000-0000-0000-000000000000" }),
            "NotFoundException",
        ),
        (
            "lambda",
            "GetFunctionConfiguration",
            json!({ "FunctionName": "nothing" }),
            "ResourceNotFoundException",
        ),
    ] {
        let op = client.operation(service, operation).unwrap();
        let error = client.call(op, "eu-west-1", params).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.kind), (code, partywall_aws::Kind::Failed), "{error}");
    }
}

async fn a_role_is_assumed_on_top(url: &str, made: &Value) {
    let client = Client::connect(Options {
        region: Some("eu-west-1".to_owned()),
        credentials: CredentialSource::Key(AccessKey::new("AKIDEXAMPLE", "not-a-real-secret", None)),
        role: Some(Role {
            arn: made["role"].as_str().unwrap().to_owned(),
            external_id: Some("agreed".to_owned()),
        }),
        endpoint_url: Some(url.to_owned()),
        ..Options::default()
    })
    .await
    .unwrap();
    let arn = client.identity().await.unwrap().arn;
    assert_eq!(arn, "arn:aws:sts::123456789012:assumed-role/runner/partywall");
}

fn everything_asked_is_in_the_ledger(client: &Client) {
    let rows = client.ledger().rows();
    let groups = &rows[&("logs:DescribeLogGroups".to_owned(), "eu-west-1".to_owned())];
    assert_eq!((groups.answered, groups.attempts), (4, 4));
    let policy = &rows[&("s3:GetBucketPolicy".to_owned(), "eu-west-1".to_owned())];
    assert_eq!(policy.answered, 1);
    assert_eq!(policy.errors.values().sum::<u64>(), 2);
}
