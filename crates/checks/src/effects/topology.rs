//! The network around assets, indexed once per assessment.
//!
//! What the internet can do to an interface hangs on four things together: a rule of one of its security
//! groups, its subnet's network ACL, a route of its subnet to an internet gateway, and a public address
//! (Amazon VPC User Guide, "Enable internet access for a VPC using an internet gateway").

use std::collections::HashMap;
use std::sync::Arc;

use partywall_model::{Asset, Estate, Node, Scope, Why, WhyKind};

use super::cidr::Cidr;
use super::document::texts;
use super::{Answer, any, seen};

/// An index of interfaces, groups, subnets, routes and ACLs.
#[derive(Debug)]
pub struct Topology<'a> {
    estate: &'a Estate,
    groups: HashMap<&'a str, &'a Asset>,
    subnets: HashMap<&'a str, &'a Asset>,
    route_by_subnet: HashMap<&'a str, &'a Asset>,
    main_route_by_vpc: HashMap<&'a str, &'a Asset>,
    acl_by_subnet: HashMap<&'a str, &'a Asset>,
    interfaces_by_group: HashMap<&'a str, Vec<&'a Asset>>,
    interfaces_by_instance: HashMap<&'a str, Vec<&'a Asset>>,
    listeners_by_balancer: HashMap<&'a str, Vec<&'a Asset>>,
    instances_by_cluster: HashMap<&'a str, Vec<&'a Asset>>,
    /// Assets of a kind whose place was not seen: any of them could be the one that is looked for.
    unplaced: HashMap<&'a str, Vec<(&'a Asset, Arc<Why>)>>,
}

/// What was found, and whether that is all.
pub(super) type Members<'a> = (Vec<&'a Asset>, Answer<()>);

/// An inclusive range of ports of one protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ports {
    pub(super) protocol: Protocol,
    pub(super) from: u16,
    pub(super) to: u16,
}

/// What a rule lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Protocol {
    Tcp,
    Udp,
}

impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let protocol = match self.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        };
        match self.from == self.to {
            true => write!(f, "{protocol}/{}", self.from),
            false => write!(f, "{protocol}/{}-{}", self.from, self.to),
        }
    }
}

impl Ports {
    pub(super) fn overlap(self, other: Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (self.protocol == other.protocol && from <= to).then_some(Self { from, to, ..self })
    }
}

/// Ports that answers leave from (RFC 6335, dynamic ports, widened to what systems use).
const ANSWERING: Ports = Ports { protocol: Protocol::Tcp, from: 1024, to: u16::MAX };

impl<'a> Topology<'a> {
    /// Indexes an estate.
    pub fn new(estate: &'a Estate) -> Self {
        let mut topology = Self {
            estate,
            groups: HashMap::new(),
            subnets: HashMap::new(),
            route_by_subnet: HashMap::new(),
            main_route_by_vpc: HashMap::new(),
            acl_by_subnet: HashMap::new(),
            interfaces_by_group: HashMap::new(),
            interfaces_by_instance: HashMap::new(),
            listeners_by_balancer: HashMap::new(),
            instances_by_cluster: HashMap::new(),
            unplaced: HashMap::new(),
        };
        for asset in estate.assets().iter().filter(|asset| asset.population.is_seen()) {
            topology.index(asset);
        }
        topology
    }

    fn index(&mut self, asset: &'a Asset) {
        let text = |path: &str| asset.properties.at(path).as_str();
        let placed_by: &[&str] = match asset.kind.as_str() {
            "AWS::EC2::SecurityGroup" => {
                put(&mut self.groups, text("GroupId"), asset);
                &["GroupId"]
            }
            "AWS::EC2::Subnet" => {
                put(&mut self.subnets, text("SubnetId"), asset);
                &["SubnetId"]
            }
            "AWS::EC2::RouteTable" => {
                for association in asset.properties.at("Observed.Associations").items() {
                    put(&mut self.route_by_subnet, association.key("SubnetId").as_str(), asset);
                    if association.key("Main") == &Node::Bool(true) {
                        put(&mut self.main_route_by_vpc, text("VpcId"), asset);
                    }
                }
                &["VpcId", "Observed.Associations"]
            }
            "AWS::EC2::NetworkAcl" => {
                for association in asset.properties.at("Observed.Associations").items() {
                    put(&mut self.acl_by_subnet, association.key("SubnetId").as_str(), asset);
                }
                &["Observed.Associations"]
            }
            "AWS::EC2::NetworkInterface" => {
                for group in texts(asset.properties.key("GroupSet")) {
                    self.interfaces_by_group.entry(group).or_default().push(asset);
                }
                push(&mut self.interfaces_by_instance, text("Observed.Attachment.InstanceId"), asset);
                &["GroupSet", "Observed.Attachment.InstanceId"]
            }
            "AWS::ElasticLoadBalancingV2::Listener" => {
                push(&mut self.listeners_by_balancer, text("LoadBalancerArn"), asset);
                &["LoadBalancerArn"]
            }
            "AWS::RDS::DBInstance" => {
                push(&mut self.instances_by_cluster, text("DBClusterIdentifier"), asset);
                &["DBClusterIdentifier"]
            }
            _ => &[],
        };
        if let Err(why) = placed_by.iter().try_for_each(|path| seen(asset.properties.at(path))) {
            self.unplaced.entry(asset.kind.as_str()).or_default().push((asset, why));
        }
    }

    /// The interfaces that carry a group, and whether that is all of them.
    pub(super) fn interfaces_of_group(&self, group: &Asset) -> Members<'a> {
        self.members(&self.interfaces_by_group, "AWS::EC2::NetworkInterface", group, "GroupId")
    }

    /// The interfaces of an instance, and whether that is all of them.
    pub(super) fn interfaces_of_instance(&self, instance: &Asset) -> Members<'a> {
        self.members(&self.interfaces_by_instance, "AWS::EC2::NetworkInterface", instance, "InstanceId")
    }

    /// The listeners of a load balancer, and whether that is all of them.
    pub(super) fn listeners(&self, balancer: &Asset) -> Members<'a> {
        let kind = "AWS::ElasticLoadBalancingV2::Listener";
        self.members(&self.listeners_by_balancer, kind, balancer, "LoadBalancerArn")
    }

    /// The instances of a database cluster, and whether that is all of them.
    pub(super) fn cluster_members(&self, cluster: &Asset) -> Members<'a> {
        self.members(&self.instances_by_cluster, "AWS::RDS::DBInstance", cluster, "DBClusterIdentifier")
    }

    fn members(
        &self,
        index: &HashMap<&'a str, Vec<&'a Asset>>,
        kind: &str,
        of: &Asset,
        key: &str,
    ) -> Members<'a> {
        let id = match of.properties.key(key) {
            Node::Unknown(why) => return (Vec::new(), Err(Arc::clone(why))),
            id => id.as_str().unwrap_or_default(),
        };
        (index.get(id).cloned().unwrap_or_default(), self.complete(kind, of))
    }

    fn complete(&self, kind: &str, near: &Asset) -> Answer<()> {
        let scope = match (&near.account, &near.region) {
            (Some(account), Some(region)) => Scope::Region(account, region),
            _ => Scope::Everywhere,
        };
        self.estate.completeness(kind, scope)?;
        let unplaced = self.unplaced.get(kind).into_iter().flatten();
        unplaced
            .filter(|(asset, _)| scope.holds(asset))
            .map(|(_, why)| Err(Arc::clone(why)))
            .next()
            .unwrap_or(Ok(()))
    }

    /// Something that is referred to by id: it, or why it is not in view.
    fn referred<'b>(
        &self,
        found: Option<&&'b Asset>,
        kind: &str,
        id: &str,
        near: &Asset,
    ) -> Answer<&'b Asset> {
        match found {
            Some(asset) => Ok(asset),
            None => Err(self.complete(kind, near).err().unwrap_or_else(|| {
                let message = "it is referred to and not among what was listed";
                Arc::new(Why::new(WhyKind::NotRead, format!("{kind} `{id}`")).with_message(message))
            })),
        }
    }

    /// A security group by id.
    pub(super) fn group(&self, id: &str, near: &Asset) -> Answer<&'a Asset> {
        self.referred(self.groups.get(id), "AWS::EC2::SecurityGroup", id, near)
    }

    /// Whether a subnet's route table leads to an internet gateway.
    pub(super) fn routes_to_internet(&self, subnet: &str, near: &Asset) -> Answer<bool> {
        let explicit = self.route_by_subnet.get(subnet);
        let table = match explicit {
            Some(table) => *table,
            None => {
                // Only where all tables are in view is "no explicit association" known.
                self.complete("AWS::EC2::RouteTable", near)?;
                let asset = self.referred(self.subnets.get(subnet), "AWS::EC2::Subnet", subnet, near)?;
                let vpc = match asset.properties.key("VpcId") {
                    Node::Unknown(why) => return Err(Arc::clone(why)),
                    vpc => vpc.as_str().unwrap_or_default(),
                };
                self.referred(self.main_route_by_vpc.get(vpc), "AWS::EC2::RouteTable", vpc, near)?
            }
        };
        let routes = table.properties.at("Observed.Routes");
        any(std::iter::once(seen(routes).map(|()| false)).chain(routes.items().iter().map(|route| {
            seen(route)?;
            let text = |key: &str| route.key(key).as_str().unwrap_or_default();
            let to_gateway = text("GatewayId").starts_with("igw-") && text("State") != "blackhole";
            let default = ["DestinationCidrBlock", "DestinationIpv6CidrBlock"]
                .iter()
                .any(|key| Cidr::parse(text(key)).is_some_and(|range| range.is_everywhere()));
            Ok(to_gateway && default)
        })))
    }

    /// Whether a subnet's network ACL lets the internet in on some of the ports, and the answer out.
    pub(super) fn acl_passes(&self, subnet: &str, ports: Ports, near: &Asset) -> Answer<bool> {
        let acl = self.referred(self.acl_by_subnet.get(subnet), "AWS::EC2::NetworkAcl", subnet, near)?;
        let entries = acl.properties.at("Observed.Entries");
        seen(entries)?;
        let answering = Ports { protocol: ports.protocol, ..ANSWERING };
        Ok(passes(entries.items(), false, ports) && passes(entries.items(), true, answering))
    }
}

/// Walks an ACL's rules in order. A denial for a part of the internet stops nobody else, so only denials for
/// all of it close ports.
fn passes(entries: &[Node], egress: bool, ports: Ports) -> bool {
    let mut rules: Vec<&Node> =
        entries.iter().filter(|entry| entry.key("Egress") == &Node::Bool(egress)).collect();
    rules.sort_by_key(|rule| rule.key("RuleNumber").as_int().unwrap_or(i64::MAX));
    let mut open = vec![ports];
    for rule in rules {
        let range =
            ["CidrBlock", "Ipv6CidrBlock"].iter().find_map(|key| Cidr::parse(rule.key(key).as_str()?));
        let Some((range, covered)) = range.zip(rule_ports(rule, ports.protocol)) else { continue };
        let allows = rule.key("RuleAction").as_str() == Some("allow");
        if allows && range.is_everywhere() && open.iter().any(|part| part.overlap(covered).is_some()) {
            return true;
        }
        if !allows && range.is_all() && !range.is_v6() {
            open = open.into_iter().flat_map(|part| without(part, covered)).collect();
        }
    }
    false
}

/// The ports of an ACL rule (`-1` is every protocol; numbers are IANA's: 6 is TCP, 17 is UDP).
fn rule_ports(rule: &Node, protocol: Protocol) -> Option<Ports> {
    let wanted = match protocol {
        Protocol::Tcp => ["6", "tcp"],
        Protocol::Udp => ["17", "udp"],
    };
    match rule.key("Protocol").as_str() {
        Some("-1") => Some(Ports { protocol, from: 0, to: u16::MAX }),
        Some(name) if wanted.contains(&name) => {
            let port = |key: &str, otherwise| {
                rule.key("PortRange")
                    .key(key)
                    .as_int()
                    .and_then(|port| u16::try_from(port).ok())
                    .unwrap_or(otherwise)
            };
            Some(Ports { protocol, from: port("From", 0), to: port("To", u16::MAX) })
        }
        _ => None,
    }
}

fn without(part: Ports, taken: Ports) -> Vec<Ports> {
    let Some(taken) = part.overlap(taken) else { return vec![part] };
    let below = taken.from.checked_sub(1).filter(|to| *to >= part.from).map(|to| Ports { to, ..part });
    let above = taken.to.checked_add(1).filter(|from| *from <= part.to).map(|from| Ports { from, ..part });
    below.into_iter().chain(above).collect()
}

fn put<'a>(index: &mut HashMap<&'a str, &'a Asset>, key: Option<&'a str>, asset: &'a Asset) {
    if let Some(key) = key {
        index.insert(key, asset);
    }
}

fn push<'a>(index: &mut HashMap<&'a str, Vec<&'a Asset>>, key: Option<&'a str>, asset: &'a Asset) {
    if let Some(key) = key {
        index.entry(key).or_default().push(asset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: i64, action: &str, cidr: &str, from: i64, to: i64, egress: bool) -> Node {
        serde_json::from_value(serde_json::json!({
            "RuleNumber": number, "Protocol": "6", "RuleAction": action, "Egress": egress,
            "CidrBlock": cidr, "PortRange": { "From": from, "To": to }
        }))
        .unwrap()
    }

    fn tcp(from: u16, to: u16) -> Ports {
        Ports { protocol: Protocol::Tcp, from, to }
    }

    #[test]
    fn acl_rules_count_in_the_order_of_their_numbers() {
        let rules = [
            entry(200, "allow", "0.0.0.0/0", 0, 65535, false),
            entry(100, "deny", "0.0.0.0/0", 22, 22, false),
            entry(50, "deny", "203.0.113.0/24", 443, 443, false),
        ];
        assert!(!passes(&rules, false, tcp(22, 22)));
        assert!(passes(&rules, false, tcp(22, 23)));
        assert!(passes(&rules, false, tcp(443, 443)));
        assert!(!passes(&rules, true, tcp(1024, 65535)));
    }

    #[test]
    fn ports_minus_ports() {
        assert_eq!(without(tcp(0, 100), tcp(10, 20)), [tcp(0, 9), tcp(21, 100)]);
        assert_eq!(without(tcp(10, 20), tcp(0, 65535)), []);
        assert_eq!(without(tcp(10, 20), tcp(30, 40)), [tcp(10, 20)]);
    }
}
