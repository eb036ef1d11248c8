//! Single calls: retries, limits, redirects, errors of every protocol, and what is told about them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use partywall_aws::{
    AccessKey, CallRecord, Client, ConnectError, CredentialSource, Kind, Limits, Options, Recorder,
};
use serde_json::json;

use crate::server::{Answer, Server, ok, status};

const THROTTLED: &str = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
const KEYS: &str = r#"{"Keys":[{"KeyId":"k1"}]}"#;

async fn list_keys(client: &Client) -> Result<serde_json::Value, partywall_aws::CallError> {
    let op = client.operation("kms", "ListKeys").unwrap();
    client.call(op, "eu-west-1", json!({})).await.map(|r| r.body)
}

#[tokio::test]
async fn a_throttled_call_succeeds_when_the_service_lets_it() {
    let server = Server::start([status(400, THROTTLED), status(429, ""), ok(KEYS)]).await;
    let client = server.client(|_| {}).await;
    assert_eq!(list_keys(&client).await.unwrap(), json!({ "Keys": [{ "KeyId": "k1" }] }));
    let row = &client.ledger().rows()[&("kms:ListKeys".to_owned(), "eu-west-1".to_owned())];
    assert_eq!((row.answered, row.attempts), (1, 3));
}

#[tokio::test]
async fn a_call_that_is_throttled_to_the_end_says_so() {
    let server = Server::start([status(400, THROTTLED)]).await;
    let client = server.client(|o| o.limits.attempts = 3).await;
    let error = list_keys(&client).await.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str(), error.status, error.attempts),
        (Kind::Throttled, "ThrottlingException", Some(400), 3)
    );
    assert_eq!(error.to_string(), "kms:ListKeys in eu-west-1: ThrottlingException: Rate exceeded");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn broken_connections_and_server_errors_are_tried_again() {
    let server = Server::start([Answer::Nothing, status(500, ""), status(503, "busy"), ok(KEYS)]).await;
    let client = server.client(|_| {}).await;
    assert!(list_keys(&client).await.is_ok());
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let server =
        Server::start([status(400, r#"{"__type":"x#AccessDeniedException","Message":"not allowed"}"#)]).await;
    let client = server.client(|_| {}).await;
    let error = list_keys(&client).await.unwrap_err();
    assert_eq!((error.kind, error.attempts), (Kind::Refused, 1));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn an_answer_larger_than_the_limit_is_an_error_and_not_read() {
    let server = Server::start([Answer::Flood(8 << 20)]).await;
    let client = server.client(|o| o.limits.body = 256 << 10).await;
    let error = list_keys(&client).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str(), error.attempts), (Kind::Failed, "ResponseTooLarge", 1));

    let long = format!(r#"{{"Keys":[],"x":"{}"}}"#, "y".repeat(300 << 10));
    let server = Server::start([ok(long)]).await;
    let client = server.client(|o| o.limits.body = 256 << 10).await;
    assert_eq!(list_keys(&client).await.unwrap_err().code, "ResponseTooLarge");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_an_error_and_not_an_empty_list() {
    for body in
        ["<html>proxy</html>", r#"{"Keys": 5}"#, "[]", &format!("{}{}", "[".repeat(5000), "]".repeat(5000))]
    {
        let server = Server::start([ok(body)]).await;
        let client = server.client(|o| o.limits.attempts = 2).await;
        let error = list_keys(&client).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_str()), (Kind::Failed, "UnreadableResponse"), "{body:.20}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_given_up_in_time() {
    let server = Server::start([Answer::Silence]).await;
    let client = server
        .client(|o| {
            o.limits.attempt_timeout = Duration::from_millis(200);
            o.limits.attempts = 2;
        })
        .await;
    let began = Instant::now();
    let error = list_keys(&client).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.attempts), ("Timeout", 2));
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn the_deadline_of_a_call_ends_its_attempts() {
    let server =
        Server::start([Answer::Whole(503, vec![("retry-after", "30".to_owned())], String::new())]).await;
    let client = server.client(|o| o.limits.deadline = Duration::from_secs(5)).await;
    let began = Instant::now();
    let error = list_keys(&client).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.attempts), ("Http503", 1));
    assert!(began.elapsed() < Duration::from_secs(4), "there is no point in waiting past the deadline");
}

#[tokio::test]
async fn no_port_to_connect_to_is_a_failure_with_its_reason() {
    let client = Client::connect(Options {
        region: Some("eu-west-1".to_owned()),
        credentials: CredentialSource::Key(AccessKey::new("k", "s", None)),
        endpoint_url: Some("http://127.0.0.1:1".to_owned()),
        limits: Limits { attempts: 2, backoff: Duration::from_millis(1), ..Limits::default() },
        ..Options::default()
    })
    .await
    .unwrap();
    let error = list_keys(&client).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str(), error.attempts), (Kind::Failed, "ConnectionFailed", 2));
    assert!(!error.message.is_empty());
}

#[tokio::test]
async fn a_bucket_in_another_region_is_asked_for_there() {
    let moved = Answer::Whole(
        301,
        vec![("x-amz-bucket-region", "ap-south-1".to_owned())],
        "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>".to_owned(),
    );
    let malformed = status(
        400,
        "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>ap-south-1</Region></Error>",
    );
    for first in [moved.clone(), malformed] {
        let server = Server::start([first, ok(r#"{"Statement":[]}"#)]).await;
        let client = server.client(|_| {}).await;
        let op = client.operation("s3", "GetBucketPolicy").unwrap();
        let reply = client.call(op, "eu-west-1", json!({ "Bucket": "b-1" })).await.unwrap();
        assert_eq!(reply.body, json!({ "Policy": r#"{"Statement":[]}"# }));
        let asked = server.asked();
        assert_eq!(asked[0].line, "GET /b-1?policy HTTP/1.1");
        assert!(asked[0].header("authorization").unwrap().contains("/eu-west-1/s3/"));
        assert!(asked[1].header("authorization").unwrap().contains("/ap-south-1/s3/"));
        assert!(asked[1].header("x-amz-content-sha256").is_some());
    }
    let server = Server::start([moved]).await;
    let client = server.client(|_| {}).await;
    let op = client.operation("s3", "GetBucketPolicy").unwrap();
    let error = client.call(op, "eu-west-1", json!({ "Bucket": "b-1" })).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.attempts), ("PermanentRedirect", 2), "not in a circle");
}

#[tokio::test]
async fn a_redirect_to_something_that_is_no_region_is_not_followed() {
    for region in ["evil.example/", "cn-north-1", "", "eu-west-1"] {
        let server = Server::start([Answer::Whole(
            301,
            vec![("x-amz-bucket-region", region.to_owned())],
            "<Error><Code>PermanentRedirect</Code></Error>".to_owned(),
        )])
        .await;
        let client = server.client(|_| {}).await;
        let op = client.operation("s3", "GetBucketPolicy").unwrap();
        let error = client.call(op, "eu-west-1", json!({ "Bucket": "b-1" })).await.unwrap_err();
        assert_eq!(error.attempts, 1, "{region}");
    }
}

#[tokio::test]
async fn errors_of_every_protocol_give_code_message_and_kind() {
    let denied = "not authorized to do this";
    for (service, operation, params, code, http, body) in [
        (
            "iam",
            "ListUsers",
            json!({}),
            "AccessDenied",
            403,
            format!(
                "<ErrorResponse xmlns=\"urn:x\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{denied}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
            ),
        ),
        (
            "ec2",
            "DescribeVpcs",
            json!({}),
            "UnauthorizedOperation",
            403,
            format!(
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>{denied}</Message></Error></Errors><RequestID>r-1</RequestID></Response>"
            ),
        ),
        (
            "s3",
            "ListBuckets",
            json!({}),
            "AccessDenied",
            403,
            format!(
                "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>{denied}</Message><RequestId>r-1</RequestId></Error>"
            ),
        ),
        (
            "logs",
            "DescribeLogGroups",
            json!({}),
            "AccessDeniedException",
            400,
            format!("{{\"__type\":\"com.amazon#AccessDeniedException\",\"message\":\"{denied}\"}}"),
        ),
    ] {
        let server = Server::start([status(http, body)]).await;
        let client = server.client(|_| {}).await;
        let op = client.operation(service, operation).unwrap();
        let error = client.call(op, "eu-west-1", params).await.unwrap_err();
        assert_eq!(
            (error.kind, error.code.as_str(), error.message.as_str(), error.status),
            (Kind::Refused, code, denied, Some(http)),
            "{service}"
        );
        if service != "logs" {
            assert_eq!(error.request_id.as_deref(), Some("r-1"), "{service}");
        }
    }
    let server = Server::start([Answer::Whole(
        403,
        vec![
            ("x-amzn-errortype", "AccessDeniedException:http://x/".to_owned()),
            ("x-amzn-requestid", "r-2".to_owned()),
        ],
        r#"{"Message":"no"}"#.to_owned(),
    )])
    .await;
    let client = server.client(|_| {}).await;
    let op = client.operation("lambda", "ListFunctions").unwrap();
    let error = client.call(op, "eu-west-1", json!({})).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (Kind::Refused, "AccessDeniedException"));
    assert_eq!((error.message.as_str(), error.request_id.as_deref()), ("no", Some("r-2")));
}

#[tokio::test]
async fn a_head_without_a_body_is_refused_by_its_status() {
    let server = Server::start([status(403, "")]).await;
    let client = server.client(|_| {}).await;
    let op = client.operation("s3", "HeadBucket").unwrap();
    let error = client.call(op, "eu-west-1", json!({ "Bucket": "b-1" })).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (Kind::Refused, "Http403"));
}

#[tokio::test]
async fn an_error_body_with_a_good_status_is_an_error() {
    let server =
        Server::start([ok("<Error><Code>InternalError</Code><Message>again</Message></Error>")]).await;
    let client = server.client(|o| o.limits.attempts = 2).await;
    let op = client.operation("s3", "ListBuckets").unwrap();
    let error = client.call(op, "eu-west-1", json!({})).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.attempts), ("InternalError", 2));
}

#[tokio::test]
async fn a_region_that_rejects_proven_credentials_is_not_enabled() {
    let rejected = status(400, r#"{"__type":"UnrecognizedClientException","message":"bad token"}"#);
    let server = Server::start([rejected.clone(), ok(KEYS), rejected]).await;
    let client = server.client(|_| {}).await;
    assert_eq!(list_keys(&client).await.unwrap_err().kind, Kind::Refused);
    list_keys(&client).await.unwrap();
    assert_eq!(list_keys(&client).await.unwrap_err().kind, Kind::Unsupported);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_set_by_the_answer() {
    let skewed = Answer::Whole(
        403,
        vec![("date", "Sun, 30 Aug 2015 12:36:00 GMT".to_owned())],
        "<Error><Code>RequestTimeTooSkewed</Code><Message>late</Message></Error>".to_owned(),
    );
    let server =
        Server::start([skewed, ok("<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>")]).await;
    let wrong: SystemTime = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let client = server.client(|o| o.clock = Some(Arc::new(move || wrong))).await;
    let op = client.operation("s3", "ListBuckets").unwrap();
    let reply = client.call(op, "eu-west-1", json!({})).await.unwrap();
    assert_eq!(reply.body, json!({ "Buckets": [] }));
    assert_eq!(reply.at.to_string(), "2015-08-30T12:36:00Z");
    let dates: Vec<String> =
        server.asked().iter().map(|a| a.header("x-amz-date").unwrap().to_owned()).collect();
    assert_eq!(dates, ["20010909T014640Z", "20150830T123600Z"]);
}

#[tokio::test]
async fn credentials_that_ran_out_on_the_way_are_renewed_once() {
    let expired = status(400, r#"{"__type":"ExpiredTokenException","message":"gone"}"#);
    let server = Server::start([expired.clone(), ok(KEYS), expired]).await;
    let client = server.client(|_| {}).await;
    list_keys(&client).await.unwrap();
    assert_eq!(server.asked().len(), 2);
    let error = list_keys(&client).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.attempts), ("ExpiredTokenException", 2));
}

#[tokio::test]
async fn a_partition_or_region_without_the_service_is_unsupported_and_nothing_is_sent() {
    let server = Server::start([ok(KEYS)]).await;
    let client = server.client(|_| {}).await;
    let op = client.operation("kms", "ListKeys").unwrap();
    for region in ["cn-north-1", "not a region", "mars-1"] {
        let error = client.call(op, region, json!({})).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_str(), error.attempts), (Kind::Unsupported, "NoEndpoint", 0));
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn parameters_that_the_operation_does_not_take_are_not_sent() {
    let server = Server::start([ok(KEYS)]).await;
    let client = server.client(|_| {}).await;
    for (service, operation, params, says) in [
        ("kms", "ListKeys", json!({ "Limt": 1 }), "there is no parameter `Limt`"),
        ("kms", "DescribeKey", json!({}), "parameter `KeyId` is required"),
        ("kms", "ListKeys", json!({ "Limit": "1" }), "parameter `Limit` must be a whole number"),
        (
            "ec2",
            "DescribeVpcs",
            json!({ "Filters": [{ "Nme": "x" }] }),
            "there is no parameter `Filters[0].Nme`",
        ),
    ] {
        let op = client.operation(service, operation).unwrap();
        let error = client.call(op, "eu-west-1", params).await.unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.message.as_str(), error.attempts),
            ("InvalidParameters", says, 0)
        );
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn calls_under_way_are_bounded() {
    let server = Server::start([Answer::Silence]).await;
    let client = server
        .client(|o| {
            o.limits.concurrency_per_service = 3;
            o.limits.attempts = 1;
            o.limits.attempt_timeout = Duration::from_millis(400);
        })
        .await;
    let calls: Vec<_> = (0..9)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { list_keys(&client).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.asked().len(), 3);
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap_err().code, "Timeout");
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Recorder for Heard {
    fn record(&self, call: &CallRecord<'_>) {
        let outcome = call.error.map_or("ok", |e| e.code.as_str());
        self.0
            .lock()
            .unwrap()
            .push(format!("{} {} {} {outcome}", call.operation, call.region, call.attempts));
    }
}

#[tokio::test]
async fn every_call_is_reported() {
    let server =
        Server::start([status(503, ""), ok(KEYS), status(400, r#"{"__type":"DisabledException"}"#)]).await;
    let heard = Arc::new(Heard::default());
    let recorder: Arc<dyn Recorder> = heard.clone();
    let client = server.client(|o| o.recorder = Some(recorder)).await;
    list_keys(&client).await.unwrap();
    list_keys(&client).await.unwrap_err();
    assert_eq!(
        *heard.0.lock().unwrap(),
        ["kms:ListKeys eu-west-1 2 ok", "kms:ListKeys eu-west-1 1 DisabledException"]
    );
    let rows = client.ledger().rows();
    let row = &rows[&("kms:ListKeys".to_owned(), "eu-west-1".to_owned())];
    assert_eq!((row.answered, row.attempts), (1, 3));
    assert_eq!(row.errors[&(Kind::Failed, "DisabledException".to_owned())], 1);
}

#[tokio::test]
async fn secrets_are_in_no_debug_text() {
    let server = Server::start([ok(KEYS)]).await;
    let key = AccessKey::new("AKIDEXAMPLE", "very-secret-value", Some("session-secret".to_owned()));
    let mut shown = String::new();
    let client = server
        .client(|o| {
            o.credentials = CredentialSource::Key(key);
            shown = format!("{o:?}");
        })
        .await;
    shown.push_str(&format!("{client:?}"));
    let asked = list_keys(&client).await.map(|_| server.asked()).unwrap();
    assert_eq!(asked[0].header("x-amz-security-token"), Some("session-secret"));
    assert!(shown.contains("AKIDEXAMPLE"));
    assert!(!shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn what_is_wrong_with_the_options_is_said_at_the_start() {
    let options = |region: &str, url: &str| Options {
        region: Some(region.to_owned()),
        endpoint_url: Some(url.to_owned()),
        credentials: CredentialSource::Key(AccessKey::new("k", "s", None)),
        ..Options::default()
    };
    let refused = Client::connect(options("atlantis-1", "http://127.0.0.1:1")).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Region(r) if r == "atlantis-1"));
    let refused = Client::connect(options("eu-west-1", "127.0.0.1")).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Endpoint(u) if u == "127.0.0.1"));
    let mut missing = options("eu-west-1", "http://127.0.0.1:1");
    missing.ca_bundle = Some("/nonexistent/bundle.pem".into());
    assert!(matches!(Client::connect(missing).await.unwrap_err(), ConnectError::Certificates { .. }));
}
