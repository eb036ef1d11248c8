//! The configurations of a third party as assets of ours: its attributes, which are mostly those of the
//! provider's answers, under the paths of CloudFormation or under `Observed`. What a configuration does not say
//! and a check asks for is not seen.

use crate::estates::{ACCOUNT, Value, World, json, unseen};

/// Worlds whose first asset is judged. None, where there is nothing to judge.
pub(super) fn worlds(shape: &str, from: &Value, given: &[String]) -> Vec<World> {
    match shape {
        "account" => vec![account(from)],
        "bucket" => vec![bucket(from)],
        "certificate" => vec![certificate(from)],
        "database" => vec![one("AWS::RDS::DBInstance", database(from))],
        "database-snapshots" => database_snapshots(from),
        "detectors" => detectors(from, given),
        "function" => vec![one("AWS::Lambda::Function", function(from))],
        "group-of-users" => vec![group_of_users(from)],
        "image" => vec![one("AWS::EC2::Image", json!({ "Observed": { "Public": from["Public"] } }))],
        "listeners" => listeners(from),
        "log-group" => vec![one("AWS::Logs::LogGroup", json!({ "KmsKeyId": from["KmsKeyId"] }))],
        "managed-policy" => vec![one("AWS::IAM::ManagedPolicy", managed_policy(from))],
        "network-acl" => vec![one("AWS::EC2::NetworkAcl", network_acl(from))],
        "security-group" => vec![security_group(from)],
        "trails" => vec![trails(from)],
        "user" => vec![user(from)],
        "volume" => vec![one("AWS::EC2::Volume", json!({ "Encrypted": from["Encrypted"] }))],
        "warehouse" => vec![one("AWS::Redshift::Cluster", warehouse(from))],
        other => panic!("there is no shape `{other}`"),
    }
}

fn one(kind: &str, properties: Value) -> World {
    World::default().with(kind, properties)
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Documents come as text.
fn document(text: &Value) -> Value {
    text.as_str().map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

/// The third party's time for "never".
fn time(value: &Value) -> Value {
    match value.as_str() {
        Some(text) if text.starts_with("0001-") => Value::Null,
        _ => value.clone(),
    }
}

/// The root user and the password policy are properties of the account.
fn account(from: &Value) -> World {
    let mut observed = json!({});
    if let Some(report) = from.get("CredentialReport") {
        let keys = [&report["AccessKey1Active"], &report["AccessKey2Active"]];
        observed["AccountSummary"] = json!({
            "AccountAccessKeysPresent": u8::from(keys.contains(&&Value::Bool(true))),
            "AccountMFAEnabled": u8::from(report["MfaActive"] == true),
        });
        let virtual_device = Some(&from["VirtualMFA"]).filter(|device| !device.is_null());
        observed["VirtualMFADevices"] = json!(virtual_device.into_iter().collect::<Vec<_>>());
    } else {
        observed["PasswordPolicy"] = from.clone();
    }
    one("AWS::::Account", json!({ "Observed": observed }))
}

/// Blocked by nothing but what it says itself: the account's own block is not part of a configuration.
fn bucket(from: &Value) -> World {
    let properties = json!({
        "BucketName": from["Name"],
        "PublicAccessBlockConfiguration": from["PublicAccessBlockConfiguration"],
        "Observed": { "Policy": document(&from["Policy"]), "Acl": { "Grants": items(&from["Grants"]) } },
    });
    one("AWS::S3::Bucket", properties).with("AWS::::Account", json!({ "AccountId": ACCOUNT }))
}

fn certificate(from: &Value) -> World {
    let properties = json!({
        "KeyAlgorithm": from["KeyAlgorithm"].as_str().map(|name| name.replace('-', "_")),
        "Observed": {
            "Status": from["Status"], "NotAfter": from["NotAfter"], "InUseBy": items(&from["InUseBy"]),
            "RenewalEligibility": from["RenewalEligibility"], "RenewalSummary": from["RenewalSummary"],
        },
    });
    one("AWS::CertificateManager::Certificate", properties)
}

fn database(from: &Value) -> Value {
    json!({
        "DBInstanceIdentifier": from["DBInstanceIdentifier"], "DBClusterIdentifier": from["DBClusterIdentifier"],
        "PubliclyAccessible": from["PubliclyAccessible"], "BackupRetentionPeriod": from["BackupRetentionPeriod"],
    })
}

/// Each snapshot by itself; one value stands for a list of one.
fn database_snapshots(from: &Value) -> Vec<World> {
    let of_snapshot = |snapshot: &Value| {
        let restore = items(&snapshot["DBSnapshotAttributes"])
            .iter()
            .find(|attribute| attribute["AttributeName"] == "restore")
            .map_or(Value::Null, |attribute| attribute["AttributeValues"].clone());
        let accounts = if restore.is_string() { json!([restore]) } else { json!(items(&restore)) };
        one("AWS::RDS::DBSnapshot", json!({ "Observed": { "RestoreAccounts": accounts } }))
    };
    items(&from["SnapshotAttributes"]).iter().map(of_snapshot).collect()
}

/// Each region that was asked for, with its detector if there is one.
fn detectors(from: &Value, regions: &[String]) -> Vec<World> {
    let has = |region: &String| {
        items(&from["Detectors"]).iter().filter_map(Value::as_str).any(|id| id.contains(region.as_str()))
    };
    let of_region = |region: &String| {
        let world = one("AWS::::Region", json!({ "RegionName": region })).listed("AWS::GuardDuty::Detector");
        if has(region) { world.with("AWS::GuardDuty::Detector", json!({ "Enable": true })) } else { world }
    };
    regions.iter().map(of_region).collect()
}

/// Whether the function has an address of its own is not in a configuration; one whose policy does not speak
/// of any has none that it would open.
fn function(from: &Value) -> Value {
    let policy = &from["Policy"]["Policy"];
    let of_address = policy.as_str().is_some_and(|text| text.contains("FunctionUrlAuthType"));
    let address = if of_address { unseen() } else { Value::Null };
    json!({ "Observed": { "Policy": document(policy), "FunctionUrlConfig": { "AuthType": address } } })
}

fn group_of_users(from: &Value) -> World {
    let properties = json!({
        "GroupName": from["GroupName"], "ManagedPolicyArns": from["ManagedPolicyARNs"],
        "Policies": from["InlinePolicies"],
    });
    let users = items(&from["Users"]).iter().map(
        |user| json!({ "UserName": user["UserName"], "Arn": user["Arn"], "Groups": [from["GroupName"]] }),
    );
    let group = one("AWS::IAM::Group", properties).listed("AWS::IAM::User");
    users.fold(group, |world, user| world.with("AWS::IAM::User", user))
}

/// A balancer has its listeners with it.
fn listeners(from: &Value) -> Vec<World> {
    let listener = |one_of: &Value| {
        let properties = json!({ "Protocol": one_of["Protocol"], "SslPolicy": one_of["SslPolicy"] });
        one("AWS::ElasticLoadBalancingV2::Listener", properties)
    };
    items(&from["Listeners"]).iter().map(listener).collect()
}

fn managed_policy(from: &Value) -> Value {
    json!({
        "PolicyArn": from["Arn"], "PolicyDocument": document(&from["PolicyDocument"]),
        "Observed": { "AttachmentCount": from["AttachmentCount"] },
    })
}

fn network_acl(from: &Value) -> Value {
    json!({ "Observed": { "Associations": from["Associations"], "Entries": from["Entries"] } })
}

/// Around a group everything is open, since a configuration is about the group alone: an interface that carries
/// it has a public address, its subnet a way out, and its ACL lets all pass.
fn security_group(from: &Value) -> World {
    let of_permission = |permission: &Value| {
        let with = |key: &str, range: &Value| {
            json!({
                "IpProtocol": permission["IpProtocol"], "FromPort": permission["FromPort"],
                "ToPort": permission["ToPort"], key: range[key],
            })
        };
        let v4 = items(&permission["IpRanges"]).iter().map(|range| with("CidrIp", range));
        let v6 = items(&permission["Ipv6Ranges"]).iter().map(|range| with("CidrIpv6", range));
        v4.chain(v6).collect::<Vec<Value>>()
    };
    let rules: Vec<Value> = items(&from["IpPermissions"]).iter().flat_map(of_permission).collect();
    let way = |key: &str, range: &str| json!({ key: range, "GatewayId": "igw-1", "State": "active" });
    let all = |egress: bool, key: &str, range: &str| json!({ "RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": egress, key: range });
    let entries = [
        (false, "CidrBlock", "0.0.0.0/0"),
        (true, "CidrBlock", "0.0.0.0/0"),
        (false, "Ipv6CidrBlock", "::/0"),
        (true, "Ipv6CidrBlock", "::/0"),
    ];
    let entries = entries.map(|(egress, key, range)| all(egress, key, range));
    let routes = [way("DestinationCidrBlock", "0.0.0.0/0"), way("DestinationIpv6CidrBlock", "::/0")];
    one("AWS::EC2::SecurityGroup", json!({ "GroupId": "sg-1", "VpcId": "vpc-1", "SecurityGroupIngress": rules }))
        .with("AWS::EC2::NetworkInterface", json!({
            "Id": "eni-1", "SubnetId": "subnet-1", "VpcId": "vpc-1", "GroupSet": ["sg-1"], "Ipv6Addresses": ["2001:db8::1"],
            "Observed": { "Association": { "PublicIp": "203.0.113.9" } },
        }))
        .with("AWS::EC2::Subnet", json!({ "SubnetId": "subnet-1", "VpcId": "vpc-1" }))
        .with("AWS::EC2::RouteTable", json!({ "RouteTableId": "rtb-1", "VpcId": "vpc-1",
            "Observed": { "Routes": routes, "Associations": [{ "SubnetId": "subnet-1", "Main": false }] } }))
        .with("AWS::EC2::NetworkAcl", json!({ "Id": "acl-1", "VpcId": "vpc-1",
            "Observed": { "Entries": entries, "Associations": [{ "SubnetId": "subnet-1" }] } }))
}

/// The selectors of all trails of all regions together: as if of one.
fn trails(from: &Value) -> World {
    let world = one("AWS::::Account", json!({ "AccountId": ACCOUNT })).listed("AWS::CloudTrail::Trail");
    let (plain, advanced) = (&from["GlobalEventSelectors"], &from["GlobalAdvancedEventSelectors"]);
    if plain.is_null() && advanced.is_null() {
        return world;
    }
    world.with(
        "AWS::CloudTrail::Trail",
        json!({
            "IsMultiRegionTrail": true, "IsLogging": true,
            "EventSelectors": items(plain), "AdvancedEventSelectors": items(advanced),
        }),
    )
}

/// A user, or the account where it is the root.
fn user(from: &Value) -> World {
    let report = &from["CredentialReport"];
    if report["UserName"] == "<root_account>" {
        return account(from);
    }
    let key = |number: u8| {
        let of = |what: &str| &report[format!("AccessKey{number}{what}")];
        json!({
            "Status": if *of("Active") == true { "Active" } else { "Inactive" },
            "CreateDate": time(of("LastRotated")), "LastUsedDate": time(of("LastUsedDate")),
        })
    };
    let password = json!({
        "password_enabled": report["PasswordEnabled"],
        "password_last_used": time(&report["PasswordLastUsed"]),
        "password_last_changed": time(&report["PasswordLastChanged"]),
    });
    one(
        "AWS::IAM::User",
        json!({
            "UserName": report["UserName"],
            "Observed": { "AccessKeys": [key(1), key(2)], "CredentialReport": password },
        }),
    )
}

fn warehouse(from: &Value) -> Value {
    let logging = &from["LoggingStatus"];
    let logged = logging["LoggingEnabled"] == true;
    json!({
        "ClusterIdentifier": from["ClusterIdentifier"], "Encrypted": from["Encrypted"],
        "AllowVersionUpgrade": from["AllowVersionUpgrade"],
        "AutomatedSnapshotRetentionPeriod": from["AutomatedSnapshotRetentionPeriod"],
        "LoggingProperties": if logged { json!({ "BucketName": logging["BucketName"] }) } else { Value::Null },
    })
}
