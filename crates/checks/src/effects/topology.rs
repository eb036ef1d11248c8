//! The network around assets, indexed once per assessment.
//!
//! What the internet can do to an interface hangs on four things together: a rule of one of its security
//! groups, its subnet's network ACL, a route of its subnet to an internet gateway, and a public address
//! (Amazon VPC User Guide, "Enable internet access for a VPC using an internet gateway").

use std::collections::HashMap;
use std::sync::Arc;

use partywall_model::{AccountId, Asset, Estate, Node, Region, Scope, Why, WhyKind};

use super::acl::{self, Family, Opening};
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
    default_acl_by_vpc: HashMap<&'a str, &'a Asset>,
    interfaces_by_group: HashMap<&'a str, Vec<&'a Asset>>,
    interfaces_by_instance: HashMap<&'a str, Vec<&'a Asset>>,
    listeners_by_balancer: HashMap<&'a str, Vec<&'a Asset>>,
    instances_by_cluster: HashMap<&'a str, Vec<&'a Asset>>,
    /// Why the place of some asset of a kind, account and region was not seen: it could be the one that is
    /// looked for.
    unplaced: HashMap<&'a str, HashMap<Place<'a>, Arc<Why>>>,
}

/// Where an asset stands.
type Place<'a> = (Option<&'a AccountId>, Option<&'a Region>);

/// What was found, and whether that is all.
pub(super) type Members<'a> = (Vec<&'a Asset>, Answer<()>);

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
            default_acl_by_vpc: HashMap::new(),
            interfaces_by_group: HashMap::new(),
            interfaces_by_instance: HashMap::new(),
            listeners_by_balancer: HashMap::new(),
            instances_by_cluster: HashMap::new(),
            unplaced: HashMap::new(),
        };
        for asset in estate.own_assets().filter(|asset| asset.population.is_seen()) {
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
                if asset.properties.at("Observed.IsDefault") == &Node::Bool(true) {
                    put(&mut self.default_acl_by_vpc, text("VpcId"), asset);
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
            let of_kind = self.unplaced.entry(asset.kind.as_str()).or_default();
            of_kind.entry((asset.account.as_ref(), asset.region.as_ref())).or_insert(why);
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
            Node::Text(id) => &**id,
            _ => {
                // Code that has not run yet does not know it.
                let message = "without it nobody knows what belongs to it";
                let why = Why::new(WhyKind::NotRead, format!("{} of {}", key, of.kind)).with_message(message);
                return (Vec::new(), Err(Arc::new(why)));
            }
        };
        (index.get(id).cloned().unwrap_or_default(), self.complete(kind, of))
    }

    fn complete(&self, kind: &str, near: &Asset) -> Answer<()> {
        let scope = match (&near.account, &near.region) {
            (Some(account), Some(region)) => Scope::Region(account, region),
            _ => Scope::Everywhere,
        };
        self.estate.completeness(kind, scope)?;
        let unplaced = self.unplaced.get(kind).and_then(|unplaced| match scope {
            Scope::Region(account, region) => unplaced.get(&(Some(account), Some(region))),
            Scope::Account(_) | Scope::Everywhere => unplaced.values().next(),
        });
        unplaced.map_or(Ok(()), |why| Err(Arc::clone(why)))
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

    /// Whether a subnet's route table leads to one of the internets, and lets it in.
    pub(super) fn routes_to_internet(&self, subnet: &str, family: Family, near: &Asset) -> Answer<bool> {
        let table = match self.route_by_subnet.get(subnet) {
            Some(table) => *table,
            None => self.of_network(&self.main_route_by_vpc, "AWS::EC2::RouteTable", subnet, near)?,
        };
        let routes = table.properties.at("Observed.Routes");
        let unseen = routes.why().map_or(Ok(false), |why| Err(Arc::clone(why)));
        any(std::iter::once(unseen).chain(routes.items().iter().map(|route| leads_out(route, family))))
    }

    /// What holds for the subnets of a network that nothing else is associated with: its main table, its default ACL.
    fn of_network(
        &self,
        by_vpc: &HashMap<&'a str, &'a Asset>,
        kind: &str,
        subnet: &str,
        near: &Asset,
    ) -> Answer<&'a Asset> {
        // Only where all of a kind are in view is "no explicit association" known.
        self.complete(kind, near)?;
        let asset = self.referred(self.subnets.get(subnet), "AWS::EC2::Subnet", subnet, near)?;
        let vpc = match asset.properties.key("VpcId") {
            Node::Unknown(why) => return Err(Arc::clone(why)),
            vpc => vpc.as_str().unwrap_or_default(),
        };
        self.referred(by_vpc.get(vpc), kind, vpc, near)
    }

    /// Whether a subnet's network ACL lets the internet in on some of the ports, and the answer out.
    pub(super) fn acl_passes(&self, subnet: &str, opening: Opening, near: &Asset) -> Answer<bool> {
        let acl = match self.acl_by_subnet.get(subnet) {
            Some(acl) => *acl,
            None => self.of_network(&self.default_acl_by_vpc, "AWS::EC2::NetworkAcl", subnet, near)?,
        };
        let entries = acl.properties.at("Observed.Entries");
        seen(entries)?;
        Ok(acl::passes(entries.items(), opening))
    }
}

/// Whether a route is a way from and to one of the internets. An egress-only gateway is none (it has a key of
/// its own), nor is a route whose gateway is gone.
fn leads_out(route: &Node, family: Family) -> Answer<bool> {
    let destination = match family {
        Family::V4 => route.key("DestinationCidrBlock"),
        Family::V6 => route.key("DestinationIpv6CidrBlock"),
    };
    let list = route.key("DestinationPrefixListId");
    [destination, list, route.key("GatewayId"), route.key("State")].into_iter().try_for_each(seen)?;
    let gateway = route.key("GatewayId").as_str().unwrap_or_default();
    if route.key("State").as_str() == Some("blackhole") {
        return Ok(false);
    }
    let is_default = destination.as_str().and_then(Cidr::parse).is_some_and(|range| range.is_everywhere());
    let undecided = |what: &str, message: &str| {
        Err(Arc::new(Why::new(WhyKind::Undecided, format!("route to {what}")).with_message(message)))
    };
    if is_default && gateway.starts_with("vpce-") {
        return undecided(gateway, "traffic passes an appliance, and nobody read what that lets through");
    }
    if gateway.starts_with("igw-")
        && let Some(list) = list.as_str()
    {
        return undecided(list, "prefix lists are not read yet, so this one may hold the whole internet");
    }
    Ok(is_default && gateway.starts_with("igw-"))
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
