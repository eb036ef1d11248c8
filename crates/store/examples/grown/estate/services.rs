//! Functions, messages, secrets, databases, balancers, logs and watchers of one region.

use serde_json::{Value, json};

use super::{Grown, Share};
use crate::grower::{Grower, Place, Plant, Seedling, refused};

pub(crate) fn grow(grower: &mut Grower, place: &Place, share: Share) -> Grown {
    region(grower, place)?;
    for number in 0..share.of(110) {
        function(grower, place, number)?;
    }
    for number in 0..share.of(110) {
        message(grower, place, number)?;
    }
    for number in 0..share.of(40) {
        let name = format!("secret-{number}");
        let arn = place.arn("secretsmanager", format!("secret:{name}-AbCdEf"));
        let rotated = !grower.fault("secretsmanager-secret-rotation-off");
        let policy = only_own_account(place, "secretsmanager:GetSecretValue", &arn);
        put(
            grower,
            place,
            "AWS::SecretsManager::Secret",
            arn.clone(),
            arn.clone(),
            json!({ "Id": arn, "Name": name, "KmsKeyId": "alias/own", "Observed": { "RotationEnabled": rotated, "CreatedDate": "2026-09-01T00:00:00Z", "LastChangedDate": "2026-10-01T00:00:00Z", "LastAccessedDate": "2026-10-30T00:00:00Z", "ResourcePolicy": policy } }),
        )?;
    }
    databases(grower, place, share)?;
    balancers(grower, place, share)?;
    for number in 0..share.of(170) {
        let name = format!("/app/service-{number}");
        let arn = place.arn("logs", format!("log-group:{name}"));
        let mut properties = json!({ "Arn": arn, "LogGroupName": name, "KmsKeyId": "alias/own" });
        if !grower.fault("logs-group-never-expires")
            && let Some(fields) = properties.as_object_mut()
        {
            fields.insert("RetentionInDays".to_owned(), json!(365));
        }
        put(grower, place, "AWS::Logs::LogGroup", arn, name, properties)?;
    }
    watchers(grower, place, share)
}

fn put(
    grower: &mut Grower,
    place: &Place,
    kind: &str,
    id: String,
    identifier: String,
    properties: Value,
) -> Grown {
    grower.add(place, Seedling { kind, id, identifier, properties, relations: Vec::new() })
}

fn only_own_account(place: &Place, action: &str, resource: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "own", "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{}:root", place.account) }, "Action": action, "Resource": resource }] })
}

fn anyone(action: &str, resource: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "all", "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource }] })
}

fn region(grower: &mut Grower, place: &Place) -> Grown {
    put(
        grower,
        place,
        "AWS::::Region",
        place.arn("ec2", format!("region/{}", place.region)),
        place.region.clone(),
        json!({ "Observed": { "EbsEncryptionByDefault": true, "SnapshotBlockPublicAccessState": "unblocked", "ImageBlockPublicAccessState": "block-new-sharing", "SerialConsoleAccessEnabled": false } }),
    )
}

fn function(grower: &mut Grower, place: &Place, number: usize) -> Grown {
    let name = format!("function-{number}");
    let arn = place.arn("lambda", format!("function:{name}"));
    let policy = match grower.plant("lambda-function-public") {
        Plant::Good => only_own_account(place, "lambda:InvokeFunction", &arn),
        Plant::Fault => anyone("lambda:InvokeFunction", &arn),
        Plant::Unread => refused("lambda:GetPolicy"),
    };
    let runtime = if grower.fault("lambda-runtime-ended") { "python3.7" } else { "python3.13" };
    let role = format!("arn:aws:iam::{}:role/role-{}", place.account, number % 20);
    grower.add(place, Seedling {
        kind: "AWS::Lambda::Function",
        id: arn.clone(),
        identifier: name.clone(),
        properties: json!({
            "Arn": arn, "FunctionName": name, "PackageType": "Zip", "Runtime": runtime, "Handler": "main.handle", "MemorySize": 256, "Timeout": 30, "Role": role, "Layers": [],
            "TracingConfig": { "Mode": "Active" }, "RuntimeManagementConfig": { "UpdateRuntimeOn": "Auto" },
            "Observed": { "Policy": policy, "EnvironmentSecrets": [], "LastModified": "2026-09-01T00:00:00Z" },
        }),
        relations: vec![("AWS::IAM::Role", role, "Role")],
    })
}

fn message(grower: &mut Grower, place: &Place, number: usize) -> Grown {
    let topic = number % 5 < 2;
    let (kind, service, action, name) = if topic {
        ("AWS::SNS::Topic", "sns", "sns:Publish", format!("topic-{number}"))
    } else {
        ("AWS::SQS::Queue", "sqs", "sqs:SendMessage", format!("queue-{number}"))
    };
    let arn = place.arn(service, &name);
    let policy = match grower.plant("messages-open-to-anyone") {
        Plant::Good => only_own_account(place, action, &arn),
        Plant::Fault => anyone(action, &arn),
        Plant::Unread => refused(if topic { "sns:GetTopicAttributes" } else { "sqs:GetQueueAttributes" }),
    };
    let properties = if topic {
        json!({ "TopicArn": arn, "TopicName": name, "KmsMasterKeyId": "alias/own", "Observed": { "Policy": policy } })
    } else {
        json!({ "Arn": arn, "QueueName": name, "SqsManagedSseEnabled": true, "Observed": { "Policy": policy } })
    };
    put(grower, place, kind, arn.clone(), if topic { arn } else { name }, properties)
}

fn databases(grower: &mut Grower, place: &Place, share: Share) -> Grown {
    for number in 0..share.of(16) {
        let name = format!("db-{number}");
        let arn = place.arn("rds", format!("db:{name}"));
        let encrypted = !grower.fault("rds-instance-unencrypted");
        put(
            grower,
            place,
            "AWS::RDS::DBInstance",
            arn.clone(),
            name.clone(),
            json!({
            "DBInstanceArn": arn, "DBInstanceIdentifier": name, "Engine": "postgres", "EngineVersion": "17.4", "StorageEncrypted": encrypted, "PubliclyAccessible": false, "MultiAZ": true, "DeletionProtection": true,
            "BackupRetentionPeriod": 14, "AutoMinorVersionUpgrade": true, "EnableIAMDatabaseAuthentication": true, "MasterUsername": "grown", "CACertificateIdentifier": "rds-ca-rsa2048-g1", "EnableCloudwatchLogsExports": ["postgresql"],
            "VPCSecurityGroups": ["sg-00000000"], "DBParameterGroupName": "own", "MonitoringInterval": 60 }),
        )?;
        let snapshot = format!("{name}-nightly");
        let arn = place.arn("rds", format!("snapshot:{snapshot}"));
        let restore = match grower.plant("rds-snapshot-public") {
            Plant::Good => json!([]),
            Plant::Fault => json!(["all"]),
            Plant::Unread => refused("rds:DescribeDBSnapshotAttributes"),
        };
        put(
            grower,
            place,
            "AWS::RDS::DBSnapshot",
            arn,
            snapshot.clone(),
            json!({ "DBSnapshotIdentifier": snapshot, "DBInstanceIdentifier": name, "Encrypted": true, "Engine": "postgres", "Observed": { "RestoreAccounts": restore, "SnapshotCreateTime": "2026-10-30T00:00:00Z", "SnapshotType": "manual" } }),
        )?;
    }
    for number in 0..share.of(6) {
        let name = format!("cluster-{number}");
        let arn = place.arn("rds", format!("cluster:{name}"));
        put(
            grower,
            place,
            "AWS::RDS::DBCluster",
            arn.clone(),
            name.clone(),
            json!({ "DBClusterArn": arn, "DBClusterIdentifier": name, "Engine": "aurora-postgresql", "EngineVersion": "16.6", "StorageEncrypted": true, "DeletionProtection": true, "BackupRetentionPeriod": 14, "EnableIAMDatabaseAuthentication": true, "EnableCloudwatchLogsExports": ["postgresql"], "AutoMinorVersionUpgrade": true }),
        )?;
    }
    Ok(())
}

fn balancers(grower: &mut Grower, place: &Place, share: Share) -> Grown {
    for number in 0..share.of(12) {
        let name = format!("front-{number}");
        let arn = place.arn("elasticloadbalancing", format!("loadbalancer/app/{name}/0000"));
        put(
            grower,
            place,
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            arn.clone(),
            arn.clone(),
            json!({ "LoadBalancerArn": arn, "Name": name, "Type": "application", "Scheme": "internal", "IpAddressType": "ipv4", "Subnets": ["subnet-00000000"], "SecurityGroups": ["sg-00000000"],
            "LoadBalancerAttributes": [{ "Key": "access_logs.s3.enabled", "Value": "true" }, { "Key": "deletion_protection.enabled", "Value": "true" }, { "Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true" }, { "Key": "routing.http.desync_mitigation_mode", "Value": "defensive" }] }),
        )?;
        let target = place.arn("elasticloadbalancing", format!("targetgroup/{name}/0000"));
        put(
            grower,
            place,
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            target.clone(),
            target.clone(),
            json!({ "TargetGroupArn": target, "Name": name, "Port": 8443, "Protocol": "HTTPS", "HealthCheckProtocol": "HTTPS", "Observed": { "LoadBalancerArns": [arn] } }),
        )?;
        let listener = place.arn("elasticloadbalancing", format!("listener/app/{name}/0000/0000"));
        grower.add(place, Seedling {
            kind: "AWS::ElasticLoadBalancingV2::Listener",
            id: listener.clone(),
            identifier: listener.clone(),
            properties: json!({ "ListenerArn": listener, "LoadBalancerArn": arn, "Port": 443, "Protocol": "HTTPS", "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "Certificates": [], "DefaultActions": [{ "Type": "forward", "TargetGroupArn": target }] }),
            relations: vec![("AWS::ElasticLoadBalancingV2::LoadBalancer", arn, "LoadBalancerArn")],
        })?;
    }
    Ok(())
}

fn watchers(grower: &mut Grower, place: &Place, share: Share) -> Grown {
    for number in 0..share.of(30) {
        let name = format!("alarm-{number}");
        let arn = place.arn("cloudwatch", format!("alarm:{name}"));
        put(
            grower,
            place,
            "AWS::CloudWatch::Alarm",
            arn.clone(),
            name.clone(),
            json!({ "Arn": arn, "AlarmName": name, "ActionsEnabled": true, "AlarmActions": [place.arn("sns", "topic-0")], "Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 1, "Dimensions": [{ "Name": "FunctionName", "Value": format!("function-{number}") }], "Observed": { "StateValue": "OK" } }),
        )?;
    }
    for number in 0..share.of(8) {
        let name = format!("filter-{number}");
        put(
            grower,
            place,
            "AWS::Logs::MetricFilter",
            place.arn("logs", format!("metric-filter:{name}")),
            name.clone(),
            json!({ "FilterName": name, "LogGroupName": "/app/service-0", "FilterPattern": "ERROR", "MetricTransformations": [{ "MetricName": name, "MetricNamespace": "app", "MetricValue": "1" }] }),
        )?;
    }
    put(
        grower,
        place,
        "AWS::GuardDuty::Detector",
        place.arn("guardduty", "detector/00"),
        "00".to_owned(),
        json!({ "Id": "00", "Enable": true, "FindingPublishingFrequency": "FIFTEEN_MINUTES", "Features": [], "DataSources": { "S3Logs": { "Status": "ENABLED" } } }),
    )?;
    put(
        grower,
        place,
        "AWS::Config::ConfigurationRecorder",
        place.arn("config", "configuration-recorder/default"),
        "default".to_owned(),
        json!({ "Name": "default", "RecordingGroup": { "AllSupported": true, "IncludeGlobalResourceTypes": true, "ResourceTypes": [] }, "Observed": { "Status": { "recording": true, "lastStatus": "SUCCESS" } } }),
    )?;
    put(
        grower,
        place,
        "AWS::Config::DeliveryChannel",
        place.arn("config", "delivery-channel/default"),
        "default".to_owned(),
        json!({ "Name": "default", "S3BucketName": "config-history" }),
    )?;
    put(
        grower,
        place,
        "AWS::CloudTrail::Trail",
        place.arn("cloudtrail", "trail/all"),
        "all".to_owned(),
        json!({ "TrailName": "all", "IsLogging": true, "IsMultiRegionTrail": true, "EnableLogFileValidation": true, "IncludeGlobalServiceEvents": true, "S3BucketName": "trail-records", "EventSelectors": [{ "IncludeManagementEvents": true, "ReadWriteType": "All", "DataResources": [] }] }),
    )?;
    for number in 0..share.of(2) {
        let name = format!("acl-{number}");
        let arn = place.arn("wafv2", format!("regional/webacl/{name}/00"));
        put(
            grower,
            place,
            "AWS::WAFv2::WebACL",
            arn.clone(),
            name.clone(),
            json!({ "Arn": arn, "Id": name, "Name": name, "Scope": "REGIONAL", "DefaultAction": { "Block": {} }, "Rules": [], "Observed": { "Capacity": 1, "Resources": [] } }),
        )?;
    }
    Ok(())
}
