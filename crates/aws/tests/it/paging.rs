//! Lists over many pages, and lists that break on the way.

use partywall_aws::{Kind, Limits};
use serde_json::json;

use crate::server::{Answer, Server, ok, status};

fn users(names: &[&str], marker: Option<&str>) -> String {
    let items: String = names.iter().map(|n| format!("<member><UserName>{n}</UserName></member>")).collect();
    let more = match marker {
        Some(m) => format!("<IsTruncated>true</IsTruncated><Marker>{m}</Marker>"),
        None => "<IsTruncated>false</IsTruncated>".to_owned(),
    };
    format!(
        "<ListUsersResponse><ListUsersResult><Users>{items}</Users>{more}</ListUsersResult></ListUsersResponse>"
    )
}

#[tokio::test]
async fn pages_follow_each_other_to_the_last() {
    let server = Server::start([
        ok(users(&["a", "b"], Some("m/1="))),
        ok(users(&["c"], Some("m2"))),
        ok(users(&[], None)),
    ])
    .await;
    let client = server.client(|_| {}).await;
    let op = client.operation("iam", "ListUsers").unwrap();
    let mut pages = client.pages(op, "eu-west-1", json!({ "PathPrefix": "/x/" }));
    let mut seen = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        seen.push((page.number, page.body["Users"].as_array().unwrap().len()));
    }
    assert_eq!(seen, [(1, 2), (2, 1), (3, 0)]);
    assert!(pages.next().await.unwrap().is_none());
    let bodies: Vec<String> = server.asked().into_iter().map(|a| a.body).collect();
    assert_eq!(
        bodies,
        [
            "Action=ListUsers&Version=2010-05-08&PathPrefix=%2Fx%2F",
            "Action=ListUsers&Version=2010-05-08&PathPrefix=%2Fx%2F&Marker=m%2F1%3D",
            "Action=ListUsers&Version=2010-05-08&PathPrefix=%2Fx%2F&Marker=m2",
        ]
    );
}

#[tokio::test]
async fn the_pages_seen_stay_when_a_later_one_is_refused() {
    let refusal =
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
    let server = Server::start([ok(users(&["a"], Some("m"))), status(403, refusal)]).await;
    let client = server.client(|_| {}).await;
    let mut pages = client.pages(client.operation("iam", "ListUsers").unwrap(), "eu-west-1", json!({}));
    assert_eq!(pages.next().await.unwrap().unwrap().body["Users"], json!([{ "UserName": "a" }]));
    let error = pages.next().await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (Kind::Refused, "AccessDenied"));
    assert!(pages.next().await.unwrap().is_none(), "an error ends the list");
}

#[tokio::test]
async fn a_connection_cut_in_mid_page_is_tried_again_and_then_an_error() {
    let first = users(&["a"], Some("m"));
    let server = Server::start([
        ok(first.clone()),
        Answer::CutOff("<ListUsersResponse><ListUsersResult><Users><member>".to_owned()),
        ok(users(&["b"], None)),
    ])
    .await;
    let client = server.client(|_| {}).await;
    let op = client.operation("iam", "ListUsers").unwrap();
    let mut pages = client.pages(op, "eu-west-1", json!({}));
    pages.next().await.unwrap().unwrap();
    assert_eq!(pages.next().await.unwrap().unwrap().body["Users"], json!([{ "UserName": "b" }]));

    let server = Server::start([ok(first), Answer::CutOff("<ListUsersResponse>".to_owned())]).await;
    let client = server.client(|o| o.limits.attempts = 3).await;
    let mut pages = client.pages(op, "eu-west-1", json!({}));
    pages.next().await.unwrap().unwrap();
    let error = pages.next().await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str(), error.attempts), (Kind::Failed, "ConnectionFailed", 3));
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_token_that_comes_again_is_an_error_after_the_page_that_gave_it() {
    let server = Server::start([
        ok(users(&["a"], Some("x"))),
        ok(users(&["b"], Some("y"))),
        ok(users(&["c"], Some("x"))),
    ])
    .await;
    let client = server.client(|_| {}).await;
    let mut pages = client.pages(client.operation("iam", "ListUsers").unwrap(), "eu-west-1", json!({}));
    for name in ["a", "b", "c"] {
        assert_eq!(pages.next().await.unwrap().unwrap().body["Users"][0]["UserName"], json!(name));
    }
    let error = pages.next().await.unwrap_err();
    assert_eq!(error.code, "RepeatedToken");
    assert!(error.to_string().contains("repeated token"), "{error}");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_list_that_goes_on_without_saying_where_is_an_error() {
    let page = "<ListUsersResponse><ListUsersResult><Users/><IsTruncated>true</IsTruncated></ListUsersResult></ListUsersResponse>";
    let server = Server::start([ok(page)]).await;
    let client = server.client(|_| {}).await;
    let mut pages = client.pages(client.operation("iam", "ListUsers").unwrap(), "eu-west-1", json!({}));
    assert_eq!(pages.next().await.unwrap().unwrap().body["Users"], json!([]));
    assert_eq!(pages.next().await.unwrap_err().code, "MissingToken");
}

#[tokio::test]
async fn a_list_ends_at_the_limit_of_pages_with_an_error() {
    let server = Server::start((0..10).map(|i| ok(users(&["u"], Some(&format!("t{i}")))))).await;
    let client = server.client(|o| o.limits = Limits { pages: 4, ..Limits::default() }).await;
    let mut pages = client.pages(client.operation("iam", "ListUsers").unwrap(), "eu-west-1", json!({}));
    for _ in 0..4 {
        pages.next().await.unwrap().unwrap();
    }
    assert_eq!(pages.next().await.unwrap_err().code, "TooManyPages");
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn json_lists_are_paged_by_inferred_tokens() {
    let server = Server::start([
        ok(r#"{"WebACLs":[{"Name":"a"}],"NextMarker":"n1"}"#),
        ok(r#"{"WebACLs":[],"NextMarker":""}"#),
    ])
    .await;
    let client = server.client(|_| {}).await;
    let op = client.operation("wafv2", "ListWebACLs").unwrap();
    let mut pages = client.pages(op, "eu-west-1", json!({ "Scope": "REGIONAL" }));
    assert!(pages.next().await.unwrap().is_some());
    assert_eq!(pages.next().await.unwrap().unwrap().body["WebACLs"], json!([]));
    assert!(pages.next().await.unwrap().is_none());
    assert_eq!(server.asked()[1].body, r#"{"NextMarker":"n1","Scope":"REGIONAL"}"#);
}
