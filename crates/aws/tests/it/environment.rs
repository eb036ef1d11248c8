//! What the client takes from environment and profile. A process cannot change its own environment safely, so each test
//! runs this test program again as a child.

use std::process::Stdio;

use partywall_aws::{Client, Limits, Options};
use serde_json::json;
use tokio::process::Command;

use crate::server::{Answer, Server, ok};

/// Says to a test that it is the child.
const CHILD: &str = "PARTYWALL_TEST_CHILD";

/// Runs `test` of this file once more as a child, with nothing but `variables` in its environment; gives what it says.
async fn child(test: &str, variables: &[(&str, &str)]) -> String {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("environment::{test}"), "--nocapture"])
        .env_clear()
        .env(CHILD, "1")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "there is no test `{test}`: {text}");
    text.lines().filter_map(|l| l.split_once("SAYS ")).map(|(_, t)| format!("{t}\n")).collect()
}

/// Whether this process is the child. Then it calls two services with what its environment gives, says what came
/// back, and has nothing more to do.
async fn is_child() -> bool {
    if std::env::var_os(CHILD).is_none() {
        return false;
    }
    let options = Options { limits: Limits { attempts: 1, ..Limits::default() }, ..Options::default() };
    match Client::connect(options).await {
        Ok(client) => call_two_services(&client).await,
        Err(error) => println!("SAYS {error}"),
    }
    true
}

async fn call_two_services(client: &Client) {
    for (service, name) in [("kms", "ListKeys"), ("sns", "ListTopics")] {
        let operation = client.operation(service, name).unwrap();
        match client.call(operation, client.region(), json!({})).await {
            Ok(reply) => println!("SAYS {service} {}", reply.body),
            Err(error) => println!("SAYS {error}"),
        }
    }
}

const TOPICS: &str =
    "<ListTopicsResponse><ListTopicsResult><Topics/></ListTopicsResult></ListTopicsResponse>";

#[tokio::test]
async fn keys_region_and_endpoints_come_from_the_environment() {
    const NAME: &str = "keys_region_and_endpoints_come_from_the_environment";
    if is_child().await {
        return;
    }
    let (kms, rest) = (Server::start([ok(r#"{"Keys":[]}"#)]).await, Server::start([ok(TOPICS)]).await);
    let said = child(
        NAME,
        &[
            ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
            ("AWS_SECRET_ACCESS_KEY", "not-a-real-secret"),
            ("AWS_SESSION_TOKEN", "session"),
            ("AWS_REGION", "sa-east-1"),
            ("AWS_ENDPOINT_URL", &rest.url),
            ("AWS_ENDPOINT_URL_KMS", &kms.url),
        ],
    )
    .await;
    assert_eq!(said, "kms {\"Keys\":[]}\nsns {\"Topics\":[]}\n");
    for (server, service) in [(&kms, "kms"), (&rest, "sns")] {
        let asked = server.asked();
        assert_eq!(asked.len(), 1);
        let authorization = asked[0].header("authorization").unwrap();
        assert!(authorization.contains("Credential=AKIDENVIRONMENT/"), "{authorization}");
        assert!(authorization.contains(&format!("/sa-east-1/{service}/aws4_request")), "{authorization}");
        assert_eq!(asked[0].header("x-amz-security-token"), Some("session"));
    }
}

#[tokio::test]
async fn a_profile_gives_region_endpoint_and_a_process_that_gives_credentials() {
    const NAME: &str = "a_profile_gives_region_endpoint_and_a_process_that_gives_credentials";
    if is_child().await {
        return;
    }
    let server = Server::start([ok(r#"{"Keys":[]}"#), ok(TOPICS)]).await;
    let files = tempfile::tempdir().unwrap();
    let config = files.path().join("config");
    let text = format!(
        "[profile audit]\nregion = eu-north-1\nendpoint_url = {}\ncredential_process = echo \
         '{{\"Version\": 1, \"AccessKeyId\": \"AKIDPROCESS\", \"SecretAccessKey\": \"not-real\"}}'\n",
        server.url
    );
    std::fs::write(&config, text).unwrap();
    let said = child(NAME, &[("AWS_CONFIG_FILE", config.to_str().unwrap()), ("AWS_PROFILE", "audit")]).await;
    assert_eq!(said, "kms {\"Keys\":[]}\nsns {\"Topics\":[]}\n");
    let authorization = server.asked()[0].header("authorization").unwrap().to_owned();
    assert!(authorization.contains("Credential=AKIDPROCESS/"), "{authorization}");
    assert!(authorization.contains("/eu-north-1/kms/"), "{authorization}");
}

#[tokio::test]
async fn proxies_are_used_unless_the_host_is_excepted() {
    const NAME: &str = "proxies_are_used_unless_the_host_is_excepted";
    if is_child().await {
        return;
    }
    let proxy = Server::start([Answer::Nothing]).await;
    let keys = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_REGION", "eu-west-1")];
    let said = child(NAME, &[&keys[..], &[("HTTPS_PROXY", &proxy.url)]].concat()).await;
    assert!(said.contains("kms:ListKeys in eu-west-1: ConnectionFailed"), "{said}");
    let lines: Vec<String> = proxy.asked().into_iter().map(|a| a.line).collect();
    assert_eq!(
        lines,
        [
            "CONNECT kms.eu-west-1.amazonaws.com:443 HTTP/1.1",
            "CONNECT sns.eu-west-1.amazonaws.com:443 HTTP/1.1"
        ]
    );

    let server = Server::start([ok(r#"{"Keys":[]}"#), ok(TOPICS)]).await;
    let proxied = [("HTTP_PROXY", proxy.url.as_str()), ("AWS_ENDPOINT_URL", &server.url)];
    child(NAME, &[&keys[..], &proxied, &[("NO_PROXY", "127.0.0.1")]].concat()).await;
    assert_eq!((server.asked().len(), proxy.asked().len()), (2, 2));
    child(NAME, &[&keys[..], &proxied].concat()).await;
    assert_eq!((server.asked().len(), proxy.asked().len()), (2, 4));
    assert!(proxy.asked()[2].line.starts_with("POST http://127.0.0.1:"), "{}", proxy.asked()[2].line);
}

#[tokio::test]
async fn without_credentials_the_message_says_what_to_do() {
    const NAME: &str = "without_credentials_the_message_says_what_to_do";
    if is_child().await {
        return;
    }
    let said = child(NAME, &[("AWS_REGION", "eu-west-1")]).await;
    assert!(said.starts_with("no credentials (name a profile,"), "{said}");
    assert!(said.contains("Environment"), "the places that were looked at: {said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
