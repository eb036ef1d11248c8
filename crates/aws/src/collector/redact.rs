//! Takes secrets out of an asset before it leaves the collector. It always runs.
//!
//! What content declares as secret is looked through, the *kinds* of what is found are kept beside it, and
//! every text there is replaced, whether anything was found or not. Everything else is swept for what is a
//! credential beyond doubt: people put tokens into descriptions and tags.

use std::collections::{BTreeMap, BTreeSet};

use partywall_content::SecretsRule;
use partywall_model::{Asset, Map, Node};

use super::detector;

/// What stands where a secret stood.
const REDACTED: &str = "(redacted)";

pub(crate) fn redact(asset: &mut Asset, rules: &[SecretsRule]) {
    for rule in rules {
        apply(&mut asset.properties, rule);
    }
    sweep(&mut asset.properties);
    let tags = std::mem::take(&mut asset.tags);
    asset.tags = tags
        .into_iter()
        .map(|(key, value)| (key, swept(&value).map_or(value, Into::into)))
        .collect::<BTreeMap<_, _>>();
    if let Some(name) = asset.name.as_deref().and_then(swept) {
        asset.name = Some(name.into());
    }
}

fn apply(properties: &mut Node, rule: &SecretsRule) {
    let secret = properties.at(&rule.at).clone();
    let found = match &secret {
        // What was not read was not looked through either.
        Node::Unknown(_) => secret.clone(),
        known => findings(known),
    };
    if rule.drop {
        remove(properties, &rule.at);
    } else if !secret.is_absent() {
        properties.insert_at(&rule.at, masked(&secret));
    }
    properties.insert_at(&rule.into, found);
}

/// `kind` for a text, `NAME: kind` for what stands under a name; each once, in order. Unknowns within stay:
/// of them nobody can say that they hold none.
fn findings(secret: &Node) -> Node {
    let mut found = BTreeSet::new();
    let mut unseen = Vec::new();
    look(secret, "", &mut found, &mut unseen);
    Node::List(found.into_iter().map(Node::from).chain(unseen).collect())
}

fn look(node: &Node, name: &str, found: &mut BTreeSet<String>, unseen: &mut Vec<Node>) {
    match node {
        Node::Text(text) if name.is_empty() => {
            found.extend(detector::in_text(text).into_iter().map(str::to_owned));
        }
        Node::Text(text) => {
            found.extend(detector::in_value(name, text).map(|kind| format!("{name}: {kind}")));
        }
        Node::List(items) => items.iter().for_each(|item| look(item, name, found, unseen)),
        Node::Map(map) => map.iter().for_each(|(key, value)| look(value, key, found, unseen)),
        Node::Unknown(_) => unseen.push(node.clone()),
        Node::Absent | Node::Bool(_) | Node::Int(_) | Node::Float(_) => {}
    }
}

/// The same tree with every value replaced; names and what was not read stay.
fn masked(node: &Node) -> Node {
    match node {
        Node::Absent | Node::Unknown(_) => node.clone(),
        Node::Bool(_) | Node::Int(_) | Node::Float(_) | Node::Text(_) => Node::text(REDACTED),
        Node::List(items) => Node::List(items.iter().map(masked).collect()),
        Node::Map(map) => Node::Map(map.iter().map(|(key, value)| (key, masked(value))).collect::<Map>()),
    }
}

fn remove(node: &mut Node, path: &str) {
    let Node::Map(map) = node else { return };
    match path.split_once('.') {
        None => {
            map.remove(path);
        }
        Some((key, rest)) => {
            if let Some(child) = map.get_mut(key) {
                remove(child, rest);
            }
        }
    }
}

fn sweep(node: &mut Node) {
    match node {
        Node::Text(text) => {
            if let Some(clean) = swept(text) {
                *node = Node::text(clean);
            }
        }
        Node::List(items) => items.iter_mut().for_each(sweep),
        Node::Map(map) => map.iter_mut().for_each(|(_, value)| sweep(value)),
        Node::Absent | Node::Unknown(_) | Node::Bool(_) | Node::Int(_) | Node::Float(_) => {}
    }
}

/// The text without what is a credential beyond doubt; none where there is nothing of the kind.
fn swept(text: &str) -> Option<String> {
    let ranges = detector::certain(text);
    if ranges.is_empty() {
        return None;
    }
    let mut clean = String::with_capacity(text.len());
    let mut from = 0;
    for range in ranges {
        clean.push_str(text.get(from..range.start).unwrap_or_default());
        clean.push_str(REDACTED);
        from = range.end;
    }
    clean.push_str(text.get(from..).unwrap_or_default());
    Some(clean)
}

#[cfg(test)]
mod tests {
    use super::super::convert::node;
    use super::*;
    use partywall_model::{Provider, Why};
    use serde_json::json;

    // Put together here so that no scanner takes this file for a leak.
    fn planted() -> Vec<String> {
        vec![
            ["wJalrXUtnFEMI", "K7MDENG", "bPxRfiCYEXAMPLEKEY"].join("/"),
            ["hunter2", "hunter2"].concat(),
            ["gh", "p_", "0123456789abcdefghijABCDEFGHIJ012345"].concat(),
            ["-----BEGIN RSA ", "PRIVATE KEY-----"].concat(),
            ["s3cr", "et-of-the-vault"].concat(),
        ]
    }

    #[test]
    fn no_planted_secret_is_left_in_the_asset() {
        let secrets = planted();
        let mut asset = Asset::new(Provider::Aws, "AWS::Lambda::Function", "arn:x");
        asset.properties = node(json!({
            "Environment": { "Variables": {
                "AWS_SECRET_ACCESS_KEY": secrets[0], "DB_PASSWORD": secrets[1], "GIT": secrets[2],
                "LOG_LEVEL": "debug", "DB_URL": format!("postgres://app:{}@db/x", secrets[4]),
            }},
            "UserData": format!("#!/bin/sh\nexport DB_PASSWORD={}\n{}\nabc\n-----END RSA PRIVATE KEY-----\n", secrets[1], secrets[3]),
            "Description": format!("deploys with {}", secrets[2]),
        }));
        asset.tags.insert("token".into(), secrets[2].as_str().into());
        let rules = [
            SecretsRule {
                at: "Environment.Variables".into(),
                into: "Observed.EnvironmentSecrets".into(),
                drop: false,
            },
            SecretsRule { at: "UserData".into(), into: "Observed.UserDataSecrets".into(), drop: true },
        ];
        redact(&mut asset, &rules);
        let kept = serde_json::to_string(&asset).unwrap();
        for secret in &secrets {
            assert!(!kept.contains(secret.as_str()), "{secret} is in {kept}");
        }
        assert_eq!(asset.properties.at("Environment.Variables.LOG_LEVEL").as_str(), Some(REDACTED));
        assert!(asset.properties.at("UserData").is_absent());
        let texts = |path: &str| -> Vec<String> {
            asset.properties.at(path).items().iter().filter_map(Node::as_str).map(str::to_owned).collect()
        };
        assert_eq!(
            texts("Observed.EnvironmentSecrets"),
            [
                "AWS_SECRET_ACCESS_KEY: aws-secret-access-key",
                "DB_PASSWORD: password",
                "DB_URL: connection-string",
                "GIT: token"
            ]
        );
        assert_eq!(texts("Observed.UserDataSecrets"), ["password", "private-key"]);
        assert_eq!(asset.properties.at("Description").as_str(), Some("deploys with (redacted)"));
    }

    #[test]
    fn what_was_not_read_is_not_said_to_hold_none() {
        let mut properties = Node::map();
        properties.insert_at(
            "Observed.UserData",
            Node::unknown(Why::parse_short("ec2:DescribeInstanceAttribute Denied")),
        );
        let rule = SecretsRule {
            at: "Observed.UserData".into(),
            into: "Observed.UserDataSecrets".into(),
            drop: true,
        };
        apply(&mut properties, &rule);
        assert!(properties.at("Observed.UserDataSecrets").is_unknown());
        let mut none = Node::map();
        apply(&mut none, &rule);
        assert_eq!(none.at("Observed.UserDataSecrets"), &Node::List(vec![]));
    }
}
