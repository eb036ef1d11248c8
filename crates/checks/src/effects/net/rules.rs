//! What security groups let in.

use std::sync::Arc;

use partywall_model::{Asset, Node, Why, WhyKind};

use super::super::acl::{Family, Opening, Ports, Protocol};
use super::super::cidr::Cidr;
use super::super::document::texts;
use super::super::{Answer, all, seen};
use crate::context::Context;

/// The openings of one group or of several together, and the first thing that was not seen of them.
#[derive(Default)]
pub(super) struct Rules {
    pub(super) open: Vec<Opening>,
    pub(super) unseen: Option<Arc<Why>>,
}

impl Rules {
    /// Openings that are known from elsewhere.
    pub(super) fn of(open: Vec<Opening>) -> Self {
        Self { open, unseen: None }
    }

    /// Whether it is known that they let nobody in.
    pub(super) fn let_nobody_in(&self) -> bool {
        self.open.is_empty() && self.unseen.is_none()
    }

    fn add(&mut self, opening: Opening) {
        if !self.open.contains(&opening) {
            self.open.push(opening);
        }
    }

    fn note(&mut self, why: Arc<Why>) {
        self.unseen.get_or_insert(why);
    }
}

/// The openings of an asset's groups; on the wanted ports, or on any where none is named.
pub(super) fn of_groups(context: &Context<'_>, asset: &Asset, groups: &Node, wanted: &[u16]) -> Rules {
    let mut rules = Rules::default();
    if let Err(why) = seen(groups) {
        rules.note(why);
    }
    for id in texts(groups) {
        match context.topology.group(id, asset) {
            Ok(group) => add_group(&mut rules, group, wanted),
            Err(why) => rules.note(why),
        }
    }
    rules
}

/// The openings of one group.
pub(super) fn of_group_itself(group: &Asset, wanted: &[u16]) -> Rules {
    let mut rules = Rules::default();
    add_group(&mut rules, group, wanted);
    rules
}

fn add_group(rules: &mut Rules, group: &Asset, wanted: &[u16]) {
    let ingress = group.properties.key("SecurityGroupIngress");
    if let Node::Unknown(why) = ingress {
        rules.note(Arc::clone(why));
    }
    for rule in ingress.items() {
        add_rule(rules, rule, wanted);
    }
}

fn add_rule(rules: &mut Rules, rule: &Node, wanted: &[u16]) {
    let covered: Vec<Ports> = covered(rule).into_iter().flat_map(|ports| narrowed(ports, wanted)).collect();
    if covered.is_empty() {
        return;
    }
    let ports_seen = ["IpProtocol", "FromPort", "ToPort"].iter().try_for_each(|key| seen(rule.key(key)));
    for (family, key) in [(Family::V4, "CidrIp"), (Family::V6, "CidrIpv6")] {
        let open = is_everywhere(rule.key(key));
        match all([open, ports_seen.clone().map(|()| true)]) {
            Ok(true) => covered.iter().for_each(|ports| rules.add(Opening { ports: *ports, family })),
            Ok(false) => {}
            Err(why) => rules.note(why),
        }
    }
    if let Err(why) = may_be_listed(rule.key("SourcePrefixListId")) {
        rules.note(why);
    }
}

/// Of a rule's ports the wanted ones, each by itself; all where none is named.
fn narrowed(ports: Ports, wanted: &[u16]) -> Vec<Ports> {
    match wanted {
        [] => vec![ports],
        wanted => wanted.iter().filter_map(|port| ports.overlap(Ports::one(ports.protocol, *port))).collect(),
    }
}

fn is_everywhere(range: &Node) -> Answer<bool> {
    match range {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Text(text) => Cidr::parse(text)
            .map(|range| range.is_everywhere())
            .ok_or_else(|| Arc::new(Why::new(WhyKind::Malformed, format!("range `{text}`")))),
        _ => Ok(false),
    }
}

fn may_be_listed(list: &Node) -> Answer<()> {
    match list {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Text(list) => {
            let message =
                "prefix lists are not read yet, so nobody knows whether this one is the whole internet";
            Err(Arc::new(Why::new(WhyKind::NotRead, format!("prefix list `{list}`")).with_message(message)))
        }
        _ => Ok(()),
    }
}

/// The ports of a group's rule; ICMP and other protocols have none.
fn covered(rule: &Node) -> Vec<Ports> {
    let port = |key: &str, otherwise| {
        rule.key(key).as_int().and_then(|port| u16::try_from(port).ok()).unwrap_or(otherwise)
    };
    let protocols: &[Protocol] = match &*rule.key("IpProtocol").as_str().unwrap_or("-1").to_ascii_lowercase()
    {
        "-1" | "all" => {
            return [Protocol::Tcp, Protocol::Udp].map(Ports::all).into();
        }
        "tcp" | "6" => &[Protocol::Tcp],
        "udp" | "17" => &[Protocol::Udp],
        _ => &[],
    };
    protocols
        .iter()
        .map(|protocol| Ports {
            protocol: *protocol,
            from: port("FromPort", 0),
            to: port("ToPort", u16::MAX),
        })
        .collect()
}
