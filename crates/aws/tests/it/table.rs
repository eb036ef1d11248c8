//! What the embedded table holds, and above all what it must not.

use partywall_aws::{Operation, Table};

const SERVICES_OF_THE_CORE: &[&str] = &[
    "account",
    "cloudtrail",
    "cloudwatch",
    "config",
    "ec2",
    "elbv2",
    "guardduty",
    "iam",
    "kms",
    "lambda",
    "logs",
    "rds",
    "s3",
    "s3control",
    "secretsmanager",
    "sns",
    "sqs",
    "sts",
    "wafv2",
];

fn everything() -> Vec<Operation> {
    let table = Table::embedded();
    table.services().flat_map(|s| table.operations(s)).collect()
}

/// `*` stands for any run of characters.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((front, rest)) => text
            .strip_prefix(front)
            .is_some_and(|t| (0..=t.len()).any(|i| t.get(i..).is_some_and(|t| matches(rest, t)))),
    }
}

#[test]
fn every_service_can_be_decoded_and_has_operations() {
    let table = Table::embedded();
    assert!(table.source().starts_with("botocore "));
    for service in SERVICES_OF_THE_CORE {
        assert!(table.services().any(|s| s == *service), "{service}");
    }
    for service in table.services() {
        let operations = table.operations(service);
        assert!(!operations.is_empty(), "{service}");
        for operation in operations {
            assert_eq!(Operation::find(service, operation.name()), Some(operation));
        }
    }
    assert!(everything().len() > 1500);
}

#[test]
fn operations_that_return_credentials_or_data_are_not_in_the_table() {
    let never = include_str!("../../data/never.txt");
    let rules: Vec<(&str, &str)> = never
        .lines()
        .map(|l| l.split('#').next().unwrap().trim())
        .filter(|l| !l.is_empty() && !l.contains('.'))
        .map(|l| l.split_once(':').unwrap())
        .collect();
    assert!(rules.len() > 50);
    for operation in everything() {
        for (service, name) in &rules {
            assert!(
                !(matches(service, operation.service()) && matches(name, operation.name())),
                "{operation}"
            );
        }
    }
}

/// The list of what must not be there may itself be spoilt, so the worst are named a second time.
#[test]
fn the_worst_are_not_there_whatever_the_list_says() {
    for (service, name) in [
        ("secretsmanager", "GetSecretValue"),
        ("secretsmanager", "BatchGetSecretValue"),
        ("secretsmanager", "GetRandomPassword"),
        ("ssm", "GetParameter"),
        ("ssm", "GetParameters"),
        ("ssm", "GetParametersByPath"),
        ("ssm", "GetParameterHistory"),
        ("kms", "Decrypt"),
        ("kms", "GenerateDataKey"),
        ("s3", "GetObject"),
        ("s3", "ListObjectsV2"),
        ("dynamodb", "GetItem"),
        ("dynamodb", "BatchGetItem"),
        ("dynamodb", "Query"),
        ("dynamodb", "Scan"),
        ("sqs", "ReceiveMessage"),
        ("sts", "AssumeRole"),
        ("sts", "GetSessionToken"),
        ("sts", "GetFederationToken"),
        ("ecr", "GetAuthorizationToken"),
        ("ecr", "GetDownloadUrlForLayer"),
        ("lambda", "GetFunction"),
        ("lambda", "Invoke"),
        ("rds", "DownloadDBLogFilePortion"),
        ("logs", "GetLogEvents"),
        ("logs", "FilterLogEvents"),
        ("logs", "GetQueryResults"),
        ("kinesis", "GetRecords"),
        ("ec2", "GetPasswordData"),
        ("ec2", "GetConsoleOutput"),
        ("ec2", "GetConsoleScreenshot"),
        ("ec2", "GetLaunchTemplateData"),
        ("athena", "GetQueryResults"),
        ("redshift", "GetClusterCredentials"),
        ("cognito-idp", "GetUser"),
        ("glue", "GetConnections"),
    ] {
        assert_eq!(Operation::find(service, name), None, "{service}:{name}");
    }
}

#[test]
fn only_reading_verbs_are_there() {
    const VERBS: &[&str] = &["Describe", "Get", "List", "BatchGet"];
    let others: Vec<String> = everything()
        .iter()
        .filter(|o| !VERBS.iter().any(|v| o.name().starts_with(v)))
        .map(ToString::to_string)
        .collect();
    assert_eq!(others, ["iam:GenerateCredentialReport", "s3:HeadBucket"]);
}

#[test]
fn secret_members_of_harmless_answers_are_dropped() {
    let members = |service, name, path: &[&str]| {
        Operation::find(service, name)
            .unwrap()
            .answer_members(path)
            .unwrap_or_else(|| panic!("{name} {path:?}"))
    };
    let connections = members("ec2", "DescribeVpnConnections", &["VpnConnections"]);
    assert!(connections.contains(&"VpnConnectionId"));
    assert!(!connections.contains(&"CustomerGatewayConfiguration"));
    let tunnels = members("ec2", "DescribeVpnConnections", &["VpnConnections", "Options", "TunnelOptions"]);
    assert!(tunnels.contains(&"OutsideIpAddress"));
    assert!(!tunnels.contains(&"PreSharedKey"));
    assert!(!members("lambda", "GetLayerVersion", &["Content"]).contains(&"Location"));
    assert!(!members("cognito-idp", "DescribeUserPoolClient", &["UserPoolClient"]).contains(&"ClientSecret"));
}

#[test]
fn lists_without_a_published_paginator_are_paged_too() {
    for (service, name) in [
        ("wafv2", "ListWebACLs"),
        ("iam", "ListUsers"),
        ("s3", "ListBuckets"),
        ("ec2", "DescribeInstances"),
        ("guardduty", "ListDetectors"),
        ("lambda", "ListFunctions"),
        ("logs", "DescribeLogGroups"),
    ] {
        assert!(Operation::find(service, name).unwrap().is_paged(), "{service}:{name}");
    }
    assert!(!Operation::find("s3", "GetBucketPolicy").unwrap().is_paged());
    assert_eq!(Operation::find("ec2", "DescribeInstances").unwrap().result_keys(), ["Reservations"]);
}

#[test]
fn every_token_of_a_paginator_is_a_member_of_its_answer() {
    for operation in everything().iter().filter(|o| o.is_paged()) {
        let parameters: Vec<_> = operation.parameters().collect();
        let (inputs, outputs) = operation.page_tokens();
        for input in inputs {
            assert!(parameters.contains(input), "{operation}: {input}");
        }
        for branch in outputs.iter().flat_map(|o| o.split("||")) {
            let steps: Vec<&str> = branch.trim().split('.').map(|s| s.trim_end_matches("[-1]")).collect();
            let (last, path) = steps.split_last().unwrap();
            let members = operation.answer_members(path).unwrap_or_else(|| panic!("{operation}: {branch}"));
            assert!(members.contains(last), "{operation}: {branch}");
        }
    }
}

#[test]
fn regions_belong_to_their_partition() {
    let table = Table::embedded();
    for (region, partition) in [
        ("us-east-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-gov-north-7", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("eu-central-2", "aws"),
        ("sa-new-3", "aws"),
    ] {
        assert_eq!(table.partition_of(region).map(|p| p.id.as_str()), Some(partition), "{region}");
    }
    assert!(table.partition_of("nowhere-1").is_none());
}
