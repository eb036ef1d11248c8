//! Puts an asset together from an item and its reads.

use std::collections::BTreeMap;

use partywall_model::{Asset, Node, Provider, Relation, Source, Why, WhyKind};

use super::convert::pruned;
use super::evaluate::Variables;
use super::plan::Member;
use super::read::Filled;
use super::redact;
use super::run::Run;
use super::walk::malformed;

impl Run<'_> {
    /// The asset, redacted. An error where the item has no id: then it cannot be told what was seen.
    pub(super) fn assemble(
        &self,
        member: &Member<'_>,
        variables: Variables<'_>,
        filled: &Filled,
        source: &Source,
    ) -> Result<Asset, Why> {
        let kind = member.kind;
        let place = self.place(&member.subject, &member.population.operation);
        let scope = Variables { read: Some(&filled.labelled), ..variables }.scope();
        let value = |expression: &_| place.value(expression, &scope);

        let Some(id) = text(&value(&kind.id)) else {
            self.problems.note(place.subject, "an item of the list has no id");
            return Err(malformed(member, "an item of the list has no id"));
        };
        let mut asset = Asset::new(Provider::Aws, kind.kind.clone(), &*id);
        asset.name = kind.name.as_ref().and_then(|name| text(&value(name)));
        asset.identifier = kind.identifier.as_ref().and_then(|identifier| text(&value(identifier)));
        asset.account = match kind.account.as_ref().map(value) {
            Some(Node::Absent) => None,
            Some(Node::Text(account)) => Some((&*account).into()),
            _ => Some(self.account.clone()),
        };
        asset.region = match kind.region.as_ref().map(value) {
            Some(Node::Text(region)) => Some((&*region).into()),
            // It lies in a region that nobody saw.
            Some(Node::Unknown(_)) => None,
            _ => Some(member.population.region.clone()),
        };

        asset.provenance.add("", source.clone());
        for ((path, expression), label) in kind.properties.iter().zip(&member.labels) {
            let value = pruned(value(expression));
            if !value.is_absent() {
                asset.properties.insert_at(path, value);
            }
            if let Some(source) = label.as_deref().and_then(|label| filled.label_source(label)) {
                asset.provenance.add(path.clone(), source.clone());
            }
        }
        for (path, value) in &filled.targets {
            if !value.is_absent() {
                asset.properties.insert_at(path, pruned(value.clone()));
            }
        }
        for (path, source) in &filled.sources {
            asset.provenance.add(path.clone(), source.clone());
        }
        if let Some(expression) = &kind.tags {
            match tags(&value(expression)) {
                Ok(tags) => asset.tags = tags,
                Err(Unread::Unknown(unknown)) => asset.properties.insert_at("Tags", unknown),
                Err(Unread::Malformed) => {
                    let why = Why::new(WhyKind::Malformed, place.operation.as_str());
                    asset
                        .properties
                        .insert_at("Tags", Node::unknown(why.with_message("the tags are no tags")));
                }
            }
        }
        for rule in &kind.relations {
            let referring = asset.properties.at(&rule.by);
            let to: Vec<&str> = match referring {
                Node::Text(one) => vec![one],
                many => many.items().iter().filter_map(Node::as_str).collect(),
            };
            let relation =
                |to: &str| Relation { kind: rule.kind.clone(), to: to.into(), by: rule.by.clone() };
            asset.relations.extend(to.into_iter().filter(|to| !to.is_empty()).map(relation));
        }
        redact::redact(&mut asset, &kind.secrets);
        Ok(asset)
    }
}

fn text(node: &Node) -> Option<Box<str>> {
    match node {
        Node::Text(text) if !text.is_empty() => Some((&**text).into()),
        Node::Int(number) => Some(number.to_string().into()),
        _ => None,
    }
}

enum Unread {
    Unknown(Node),
    Malformed,
}

/// Tags as services write them: a map, or pairs under one of three spellings.
fn tags(node: &Node) -> Result<BTreeMap<Box<str>, Box<str>>, Unread> {
    let pair = |key: &Node, value: &Node| {
        let (Some(key), Node::Text(_) | Node::Absent) = (key.as_str(), value) else {
            return Err(unread(value));
        };
        Ok((key.into(), value.as_str().unwrap_or_default().into()))
    };
    match node {
        Node::Absent => Ok(BTreeMap::new()),
        Node::Map(map) => map.iter().map(|(key, value)| pair(&Node::text(key), value)).collect(),
        Node::List(items) => items
            .iter()
            .map(|item| {
                let spelt = |names: [&str; 3]| {
                    names.into_iter().map(|name| item.key(name)).find(|value| !value.is_absent()).cloned()
                };
                let key = spelt(["Key", "TagKey", "key"]).unwrap_or_default();
                let value = spelt(["Value", "TagValue", "value"]).unwrap_or_default();
                if key.is_unknown() { Err(unread(&key)) } else { pair(&key, &value) }
            })
            .collect(),
        other => Err(unread(other)),
    }
}

fn unread(node: &Node) -> Unread {
    if node.is_unknown() { Unread::Unknown(node.clone()) } else { Unread::Malformed }
}

#[cfg(test)]
mod tests {
    use super::super::convert::node;
    use super::*;
    use serde_json::json;

    #[test]
    fn tags_are_read_in_every_spelling() {
        for spelling in [
            json!([{ "Key": "team", "Value": "x" }]),
            json!([{ "TagKey": "team", "TagValue": "x" }]),
            json!([{ "key": "team", "value": "x" }]),
            json!({ "team": "x" }),
        ] {
            let tags = tags(&node(spelling)).ok().unwrap();
            assert_eq!(tags.get("team").map(|value| &**value), Some("x"));
        }
        assert!(matches!(tags(&node(json!("team"))), Err(Unread::Malformed)));
    }

    #[test]
    fn tags_that_were_not_read_are_unknown_not_none() {
        let unknown = Node::unknown(Why::parse_short("s3:GetBucketTagging AccessDenied"));
        assert!(matches!(tags(&unknown), Err(Unread::Unknown(_))));
        assert!(matches!(tags(&Node::List(vec![unknown])), Err(Unread::Unknown(_))));
    }
}
