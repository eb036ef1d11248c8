//! Each protocol against samples written by hand, and each decoder against anything at all.

use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{WireRequest, decode, encode, error};
use crate::table::{Operation, Table};

fn operation(service: &str, name: &str) -> Operation {
    Operation::find(service, name).unwrap_or_else(|| panic!("{service}:{name}"))
}

fn request(service: &str, name: &str, params: Value) -> WireRequest {
    encode(operation(service, name), &params).unwrap()
}

fn body(service: &str, name: &str, params: Value) -> String {
    String::from_utf8(request(service, name, params).body).unwrap()
}

fn answer(service: &str, name: &str, body: &str) -> Value {
    decode(operation(service, name), 200, &HeaderMap::new(), body.as_bytes()).unwrap()
}

mod requests {
    use super::*;

    #[test]
    fn query_lists_are_numbered_under_member() {
        assert_eq!(
            body(
                "rds",
                "DescribeDBInstances",
                json!({
                    "Filters": [{ "Name": "engine", "Values": ["postgres", "a b&c"] }],
                    "MaxRecords": 20,
                })
            ),
            "Action=DescribeDBInstances&Version=2014-10-31&Filters.Filter.1.Name=engine\
             &Filters.Filter.1.Values.Value.1=postgres&Filters.Filter.1.Values.Value.2=a%20b%26c&MaxRecords=20"
        );
        assert_eq!(
            body("elbv2", "DescribeTags", json!({ "ResourceArns": ["arn:a", "arn:b"] })),
            "Action=DescribeTags&Version=2015-12-01&ResourceArns.member.1=arn%3Aa&ResourceArns.member.2=arn%3Ab"
        );
    }

    #[test]
    fn ec2_lists_are_numbered_under_their_own_name() {
        assert_eq!(
            body(
                "ec2",
                "DescribeInstances",
                json!({
                    "Filters": [{ "Name": "vpc-id", "Values": ["vpc-1"] }],
                    "InstanceIds": ["i-1", "i-2"],
                    "DryRun": false,
                })
            ),
            "Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-1&InstanceId.2=i-2&DryRun=false\
             &Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1"
        );
    }

    #[test]
    fn json_requests_name_their_target() {
        let r = request("logs", "DescribeLogGroups", json!({ "limit": 3, "logGroupNamePrefix": "/é" }));
        assert_eq!(r.method, "POST");
        assert_eq!(
            r.headers,
            [
                ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target".to_owned(), "Logs_20140328.DescribeLogGroups".to_owned()),
            ]
        );
        assert_eq!(String::from_utf8(r.body).unwrap(), r#"{"limit":3,"logGroupNamePrefix":"/é"}"#);
        assert_eq!(body("kms", "ListKeys", Value::Null), "{}");
    }

    #[test]
    fn times_are_seconds_in_json_and_texts_in_query() {
        let when = json!({ "StartTime": "2024-01-02T03:04:05Z", "EndTime": "2024-01-02T04:04:05Z", "MetricName": "m",
            "Namespace": "n", "Period": 60 });
        let sent = body("cloudwatch", "GetMetricStatistics", when);
        let service = operation("cloudwatch", "GetMetricStatistics").service;
        match service.protocol {
            crate::table::Protocol::Query => {
                assert!(sent.contains("StartTime=2024-01-02T03%3A04%3A05Z"), "{sent}")
            }
            _ => assert!(sent.contains("\"StartTime\":1704164645"), "{sent}"),
        }
    }

    #[test]
    fn rest_members_go_to_path_query_header_and_body() {
        let r = request(
            "lambda",
            "GetFunctionConfiguration",
            json!({ "FunctionName": "a/b c", "Qualifier": "1&2" }),
        );
        assert_eq!(
            (r.method, r.path.as_str(), r.query.as_str()),
            ("GET", "/2015-03-31/functions/a%2Fb%20c/configuration", "Qualifier=1%262")
        );
        let r = request("s3control", "GetPublicAccessBlock", json!({ "AccountId": "111122223333" }));
        assert_eq!(r.headers, [("x-amz-account-id".to_owned(), "111122223333".to_owned())]);
        let r = request("s3", "GetObjectAcl", json!({ "Bucket": "b", "Key": "x/y z", "VersionId": "v" }));
        assert_eq!((r.path.as_str(), r.query.as_str()), ("/b/x/y%20z", "acl&versionId=v"));
        let r = request("guardduty", "GetFindings", json!({ "DetectorId": "d", "FindingIds": ["f1"] }));
        assert_eq!((r.method, r.path.as_str()), ("POST", "/detector/d/findings/get"));
        assert_eq!(String::from_utf8(r.body).unwrap(), r#"{"findingIds":["f1"]}"#);
    }

    #[test]
    fn xml_bodies_have_their_root_and_namespace() {
        assert_eq!(
            body(
                "cloudfront",
                "ListDistributionsByRealtimeLogConfig",
                json!({ "Marker": "<m>", "MaxItems": "5" })
            ),
            "<ListDistributionsByRealtimeLogConfigRequest xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
             <Marker>&lt;m&gt;</Marker><MaxItems>5</MaxItems></ListDistributionsByRealtimeLogConfigRequest>"
        );
    }

    #[test]
    fn every_operation_can_be_written_with_nothing_but_what_it_requires() {
        for service in Table::embedded().services() {
            for operation in Table::embedded().operations(service) {
                let params = required(operation);
                let r = encode(operation, &params).unwrap_or_else(|e| panic!("{operation}: {e}"));
                let unfilled = r.path.contains('{') || r.query.contains('{');
                assert!(!unfilled, "{operation}: {}?{}", r.path, r.query);
                let uri = format!("https://host{}?{}", r.path, r.query);
                assert!(uri.parse::<http::Uri>().is_ok(), "{operation}: {uri}");
            }
        }
    }

    fn required(operation: Operation) -> Value {
        operation.model.input.map_or(Value::Null, |id| sample(operation.service, id, 0))
    }

    fn sample(service: &crate::table::Service, id: u32, depth: usize) -> Value {
        use crate::table::Shape;
        match service.shape(id).unwrap() {
            Shape::Structure(s) if depth < 6 => {
                let members = s.members.iter().filter(|m| m.required);
                members.map(|m| (m.name.to_owned(), sample(service, m.shape, depth + 1))).collect()
            }
            Shape::Structure(_) | Shape::Map { .. } | Shape::Document => json!({}),
            Shape::List { member, .. } => json!([sample(service, *member, depth + 1)]),
            Shape::String => json!("a b"),
            Shape::Integer => json!(1),
            Shape::Float => json!(1.5),
            Shape::Boolean => json!(true),
            Shape::Timestamp(_) => json!("2024-01-02T03:04:05Z"),
            Shape::Blob => json!("YQ=="),
        }
    }
}

mod answers {
    use super::*;

    #[test]
    fn query_results_are_unwrapped_and_typed() {
        let text = "<?xml version='1.0'?><DescribeDBInstancesResponse xmlns='urn:x'><DescribeDBInstancesResult>
            <Marker>m&#47;1</Marker>
            <DBInstances><DBInstance><DBInstanceIdentifier>a &amp; <![CDATA[<b>]]></DBInstanceIdentifier>
              <AllocatedStorage>20</AllocatedStorage><MultiAZ>false</MultiAZ><StorageEncrypted>true</StorageEncrypted>
              <InstanceCreateTime>2024-05-06T07:08:09.123Z</InstanceCreateTime><Unheard><Of>1</Of></Unheard>
              <VpcSecurityGroups/><DBInstanceArn></DBInstanceArn><Iops/>
            </DBInstance></DBInstances></DescribeDBInstancesResult>
            <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DescribeDBInstancesResponse>";
        assert_eq!(
            answer("rds", "DescribeDBInstances", text),
            json!({
                "Marker": "m/1",
                "DBInstances": [{
                    "DBInstanceIdentifier": "a & <b>",
                    "AllocatedStorage": 20,
                    "MultiAZ": false,
                    "StorageEncrypted": true,
                    "InstanceCreateTime": "2024-05-06T07:08:09.123Z",
                    "VpcSecurityGroups": [],
                    "DBInstanceArn": "",
                }],
            })
        );
    }

    #[test]
    fn query_maps_become_objects() {
        let text = "<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes>
            <entry><key>Owner</key><value>1</value></entry><entry><value>{}</value><key>Policy</key></entry>
            </Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>";
        assert_eq!(
            answer("sns", "GetTopicAttributes", text),
            json!({ "Attributes": { "Owner": "1", "Policy": "{}" } })
        );
    }

    #[test]
    fn an_answer_without_its_result_is_no_answer() {
        let op = operation("sns", "ListTopics");
        for text in [
            "<ListTopicsResponse/>",
            "<ListTopicsResponse><Other/></ListTopicsResponse>",
            "",
            "<a><b>",
            "plain",
        ] {
            assert!(decode(op, 200, &HeaderMap::new(), text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn ec2_items_are_lists() {
        let text = "<DescribeSecurityGroupsResponse xmlns='urn:x'><requestId>r</requestId><securityGroupInfo><item>
            <groupId>sg-1</groupId><ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort>
            <toPort>22</toPort><groups/><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissions>
            <ipPermissionsEgress/></item></securityGroupInfo></DescribeSecurityGroupsResponse>";
        assert_eq!(
            answer("ec2", "DescribeSecurityGroups", text),
            json!({ "SecurityGroups": [{
            "GroupId": "sg-1",
            "IpPermissions": [{ "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [],
                "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }],
            "IpPermissionsEgress": [],
        }] })
        );
    }

    #[test]
    fn rest_xml_lists_may_be_flattened_and_attributes_count() {
        let text = r#"<AccessControlPolicy xmlns="http://s3/"><Owner><ID>o</ID></Owner><AccessControlList><Grant>
            <Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>all</URI></Grantee>
            <Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"#;
        assert_eq!(
            answer("s3", "GetBucketAcl", text),
            json!({
                "Owner": { "ID": "o" },
                "Grants": [{ "Grantee": { "Type": "Group", "URI": "all" }, "Permission": "READ" }],
            })
        );
        let text = "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>
            <AllowedOrigin>*</AllowedOrigin></CORSRule><CORSRule><AllowedMethod>HEAD</AllowedMethod></CORSRule></CORSConfiguration>";
        assert_eq!(
            answer("s3", "GetBucketCors", text),
            json!({ "CORSRules": [
            { "AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["*"] }, { "AllowedMethods": ["HEAD"] },
        ] })
        );
    }

    #[test]
    fn a_root_may_be_the_member_itself() {
        let text = "<LocationConstraint xmlns='x'>eu-west-1</LocationConstraint>";
        assert_eq!(answer("s3", "GetBucketLocation", text), json!({ "LocationConstraint": "eu-west-1" }));
        assert_eq!(answer("s3", "GetBucketLocation", "<LocationConstraint xmlns='x'/>"), json!({}));
    }

    #[test]
    fn payloads_are_the_whole_body() {
        assert_eq!(answer("s3", "GetBucketPolicy", "{\"a\": 1}"), json!({ "Policy": "{\"a\": 1}" }));
        let text = "<PublicAccessBlockConfiguration><BlockPublicAcls>TRUE</BlockPublicAcls></PublicAccessBlockConfiguration>";
        assert_eq!(
            answer("s3", "GetPublicAccessBlock", text),
            json!({ "PublicAccessBlockConfiguration": { "BlockPublicAcls": true } })
        );
    }

    #[test]
    fn headers_and_status_are_members_too() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-bucket-region", "eu-west-3".parse().unwrap());
        headers.insert("x-amz-access-point-alias", "false".parse().unwrap());
        let value = decode(operation("s3", "HeadBucket"), 200, &headers, b"").unwrap();
        assert_eq!(value, json!({ "BucketRegion": "eu-west-3", "AccessPointAlias": false }));
    }

    #[test]
    fn json_numbers_of_time_become_texts_and_nulls_are_missing() {
        let text = r#"{"KeyMetadata":{"KeyId":"k","CreationDate":1704164645.25,"Enabled":true,"DeletionDate":null,
            "EncryptionAlgorithms":[],"Unheard":{"of":1}}}"#;
        assert_eq!(
            answer("kms", "DescribeKey", text),
            json!({ "KeyMetadata": {
            "KeyId": "k", "CreationDate": "2024-01-02T03:04:05.25Z", "Enabled": true, "EncryptionAlgorithms": [],
        } })
        );
        assert_eq!(answer("kms", "ListKeys", ""), json!({}));
    }

    #[test]
    fn times_of_any_form_are_read() {
        for (text, read) in [
            ("2024-01-02T03:04:05Z", Some("2024-01-02T03:04:05Z")),
            ("2024-01-02T03:04:05+02:00", Some("2024-01-02T01:04:05Z")),
            ("2024-01-02T03:04:05", Some("2024-01-02T03:04:05Z")),
            ("1704164645", Some("2024-01-02T03:04:05Z")),
            ("1.704164645E9", Some("2024-01-02T03:04:05Z")),
            ("Tue, 02 Jan 2024 03:04:05 GMT", Some("2024-01-02T03:04:05Z")),
            ("soon", None),
            ("1e300", None),
            ("NaN", None),
        ] {
            assert_eq!(super::super::scalar::time(text).map(|t| t.to_string()).as_deref(), read, "{text}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_type_is_an_error_and_not_left_out() {
        let text = "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>
            <StorageEncrypted>perhaps</StorageEncrypted></DBInstance></DBInstances></DescribeDBInstancesResult>
            </DescribeDBInstancesResponse>";
        let op = operation("rds", "DescribeDBInstances");
        let error = decode(op, 200, &HeaderMap::new(), text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "`StorageEncrypted` is no true or false");
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow() {
        let deep = format!("{{\"WebACL\":{}{}", "{\"And\":[".repeat(3000), "]}".repeat(3000));
        assert!(decode(operation("wafv2", "GetWebACL"), 200, &HeaderMap::new(), deep.as_bytes()).is_err());
        let unknown = format!(
            "<ListAllMyBucketsResult>{}{}</ListAllMyBucketsResult>",
            "<a>".repeat(100_000),
            "</a>".repeat(100_000)
        );
        assert_eq!(answer("s3", "ListBuckets", &unknown), json!({}));
        let plain = json!({ "WebACL": { "Rules": [{ "Statement": statement(20) }] } }).to_string();
        assert_eq!(answer("wafv2", "GetWebACL", &plain).to_string(), plain);
        let over = json!({ "WebACL": { "Rules": [{ "Statement": statement(55) }] } }).to_string();
        assert!(decode(operation("wafv2", "GetWebACL"), 200, &HeaderMap::new(), over.as_bytes()).is_err());
    }

    fn statement(depth: usize) -> Value {
        match depth {
            0 => json!({ "LabelMatchStatement": { "Scope": "LABEL", "Key": "k" } }),
            n => json!({ "NotStatement": { "Statement": statement(n - 1) } }),
        }
    }
}

/// One operation of every protocol and form of answer.
fn samples() -> impl Strategy<Value = Operation> {
    prop::sample::select(vec![
        ("iam", "GetAccountAuthorizationDetails"),
        ("sns", "GetTopicAttributes"),
        ("ec2", "DescribeInstances"),
        ("s3", "GetBucketAcl"),
        ("s3", "GetBucketPolicy"),
        ("s3", "GetBucketLocation"),
        ("s3", "GetBucketLifecycleConfiguration"),
        ("wafv2", "GetWebACL"),
        ("kms", "DescribeKey"),
        ("lambda", "GetFunctionConfiguration"),
        ("apigateway", "GetStage"),
        ("route53", "ListResourceRecordSets"),
    ])
    .prop_map(|(s, n)| operation(s, n))
}

/// Markup that often has the names that a decoder looks for.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<Grantee xsi:type='x'>",
        "</Grantee>",
        "<reservationSet>",
        "</reservationSet>",
        "<item>",
        "</item>",
        "<DescribeInstancesResponse>",
        "<instancesSet>",
        "<Rule>",
        "</Rule>",
        "<LocationConstraint>",
        "&lt;",
        "&#0;",
        "&#x110000;",
        "&unknown;",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]>",
        "&b;",
        "<?xml version='1.0'?>",
        "1",
        "true",
        "<GetTopicAttributesResponse><GetTopicAttributesResult>",
        "<Attributes>",
        "<entry>",
        "<key>",
        "<value>",
        "</",
        ">",
        "{\"WebACL\":",
        "{\"Rules\":",
        "[",
        "]",
        "{",
        "}",
        "null",
        "1e999",
        "\"",
        ",",
        ":",
        "\u{0}",
        "é",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_decoder_panics_on_bytes(op in samples(), bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(op, 200, &HeaderMap::new(), &bytes);
        let _ = error(op, 500, &HeaderMap::new(), &bytes);
        let _ = error(op, 200, &HeaderMap::new(), &bytes);
    }

    #[test]
    fn no_decoder_panics_on_broken_markup(op in samples(), text in markup()) {
        let _ = decode(op, 200, &HeaderMap::new(), text.as_bytes());
        let _ = error(op, 400, &HeaderMap::new(), text.as_bytes());
    }

    #[test]
    fn no_header_makes_a_decoder_panic(op in samples(), name in "[a-z-]{1,20}", value in prop::collection::vec(32_u8..255, 0..40)) {
        let mut headers = HeaderMap::new();
        if let (Ok(n), Ok(v)) = (http::HeaderName::try_from(name), http::HeaderValue::from_bytes(&value)) {
            headers.insert("x-amzn-errortype", v.clone());
            headers.insert("date", v.clone());
            headers.insert(n, v);
        }
        let _ = decode(op, 200, &headers, b"{}");
        prop_assert!(!error(op, 500, &headers, b"").unwrap().code.is_empty() || op.service() != "s3");
    }

    #[test]
    fn what_is_written_into_a_form_can_be_read_back(value in "\\PC{0,40}") {
        let sent = body("sns", "ListSubscriptionsByTopic", json!({ "TopicArn": value }));
        let raw = sent.split('&').find_map(|p| p.strip_prefix("TopicArn=")).unwrap();
        prop_assert_eq!(percent_encoding::percent_decode_str(raw).decode_utf8().unwrap(), value);
    }
}
