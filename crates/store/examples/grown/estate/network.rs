//! Networks and machines. Of the machines four in ten share a security group with others, the rest have one
//! of their own; half stand in a subnet that the internet reaches.

use serde_json::{Value, json};

use super::{Grown, Share};
use crate::grower::{Grower, Place, Seedling};

const NETWORKS: usize = 2;

pub(crate) fn grow(grower: &mut Grower, place: &Place, share: Share) -> Grown {
    for number in 0..NETWORKS {
        network(grower, place, number, share)?;
    }
    Ok(())
}

/// Names of one network's parts.
struct Network {
    id: String,
    number: usize,
    place: usize,
}

impl Network {
    fn part(&self, prefix: &str, number: usize) -> String {
        format!("{prefix}-{:03x}{}{number:05x}", self.place, self.number)
    }

    fn relation(&self) -> Vec<(&'static str, String, &'static str)> {
        vec![("AWS::EC2::VPC", self.id.clone(), "VpcId")]
    }
}

fn network(grower: &mut Grower, place: &Place, number: usize, share: Share) -> Grown {
    let net = Network { id: format!("vpc-{:03x}{number:06x}", place.number), number, place: place.number };
    let put = |grower: &mut Grower, kind: &str, word: &str, id: String, properties: Value| {
        grower.add(
            place,
            Seedling {
                kind,
                id: place.arn("ec2", format!("{word}/{id}")),
                identifier: id,
                properties,
                relations: net.relation(),
            },
        )
    };
    let cidr = format!("10.{number}.0.0/16");
    put(
        grower,
        "AWS::EC2::VPC",
        "vpc",
        net.id.clone(),
        json!({ "VpcId": net.id, "CidrBlock": cidr, "InstanceTenancy": "default", "Observed": { "CidrBlocks": [cidr], "Ipv6CidrBlocks": [], "IsDefault": false } }),
    )?;
    let gateway = net.part("igw", 0);
    put(
        grower,
        "AWS::EC2::InternetGateway",
        "internet-gateway",
        gateway.clone(),
        json!({ "InternetGatewayId": gateway, "Observed": { "Attachments": [{ "State": "available", "VpcId": net.id }] } }),
    )?;
    let nat = net.part("nat", 0);
    put(
        grower,
        "AWS::EC2::NatGateway",
        "natgateway",
        nat.clone(),
        json!({ "NatGatewayId": nat, "VpcId": net.id, "SubnetId": net.part("subnet", 0), "Observed": { "State": "available", "Addresses": [{ "PublicIp": "203.0.113.9", "PrivateIp": "10.0.0.9" }] } }),
    )?;
    if !grower.fault("ec2-vpc-without-flow-log") {
        let id = net.part("fl", 0);
        put(
            grower,
            "AWS::EC2::FlowLog",
            "vpc-flow-log",
            id.clone(),
            json!({ "Id": id, "ResourceId": net.id, "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::flow-records", "Observed": { "DeliverLogsStatus": "SUCCESS", "FlowLogStatus": "ACTIVE" } }),
        )?;
    }
    grower.list(place, "AWS::EC2::FlowLog");
    let subnets = share.of(8).max(2);
    let names: Vec<String> = (0..subnets).map(|number| net.part("subnet", number)).collect();
    for (index, name) in names.iter().enumerate() {
        put(
            grower,
            "AWS::EC2::Subnet",
            "subnet",
            name.clone(),
            json!({ "SubnetId": name, "VpcId": net.id, "CidrBlock": format!("10.{number}.{index}.0/24"), "MapPublicIpOnLaunch": false, "AssignIpv6AddressOnCreation": false, "AvailabilityZone": format!("{}a", place.region), "Observed": { "Ipv6CidrBlocks": [] } }),
        )?;
    }
    for (index, target) in
        [json!({ "GatewayId": gateway }), json!({ "NatGatewayId": nat })].into_iter().enumerate()
    {
        let id = net.part("rtb", index);
        let associated: Vec<Value> = names
            .iter()
            .skip(index)
            .step_by(2)
            .map(|subnet| json!({ "Main": false, "State": "associated", "SubnetId": subnet }))
            .collect();
        let mut out =
            json!({ "DestinationCidrBlock": "0.0.0.0/0", "Origin": "CreateRoute", "State": "active" });
        merge(&mut out, target);
        let routes = json!([{ "DestinationCidrBlock": cidr, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active" }, out]);
        put(
            grower,
            "AWS::EC2::RouteTable",
            "route-table",
            id.clone(),
            json!({ "RouteTableId": id, "VpcId": net.id, "Observed": { "Associations": associated, "Routes": routes } }),
        )?;
    }
    let acl = net.part("acl", 0);
    let associations: Vec<Value> = names.iter().map(|subnet| json!({ "SubnetId": subnet })).collect();
    let entry = |egress: bool| json!({ "CidrBlock": "0.0.0.0/0", "Egress": egress, "Protocol": "-1", "RuleAction": "allow", "RuleNumber": 100 });
    put(
        grower,
        "AWS::EC2::NetworkAcl",
        "network-acl",
        acl.clone(),
        json!({ "Id": acl, "VpcId": net.id, "Observed": { "IsDefault": true, "Associations": associations, "Entries": [entry(false), entry(true)] } }),
    )?;
    machines(grower, place, &net, &names, share)
}

fn machines(grower: &mut Grower, place: &Place, net: &Network, subnets: &[String], share: Share) -> Grown {
    let count = share.of(55);
    let shared = (count / 10).max(1);
    for number in 0..shared + count {
        let id = net.part("sg", number);
        // A machine of its own group stands where the internet reaches it if its number is even, and
        // machines of both sorts stand behind a shared group.
        let behind = number.checked_sub(shared);
        let reached = behind.is_none_or(|machine| sharer(machine).is_none() && in_public(machine));
        let faulty = reached
            && behind.is_none_or(|machine| machine < count)
            && grower.fault("ec2-admin-port-open-to-internet");
        let port = if faulty { 22 } else { 443 };
        grower.add(place, Seedling {
            kind: "AWS::EC2::SecurityGroup",
            id: place.arn("ec2", format!("security-group/{id}")),
            properties: json!({ "GroupId": id, "GroupName": id, "GroupDescription": "grown", "VpcId": net.id,
                "SecurityGroupIngress": [{ "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0" }, { "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "SourceSecurityGroupId": id }],
                "SecurityGroupEgress": [{ "IpProtocol": "-1", "CidrIp": "0.0.0.0/0" }] }),
            identifier: id,
            relations: net.relation(),
        })?;
    }
    for machine in 0..count {
        let (group, public) = match sharer(machine) {
            // The first behind each shared group stands where the internet reaches it.
            Some(turn) => (net.part("sg", turn % shared), turn < shared || in_public(machine)),
            None => (net.part("sg", shared + machine), in_public(machine)),
        };
        one_machine(grower, place, net, machine, &group, subnets, public)?;
    }
    Ok(())
}

/// Of each five machines two share a group: which of all sharers a machine is.
fn sharer(machine: usize) -> Option<usize> {
    (machine % 5 < 2).then_some(machine / 5 * 2 + machine % 5)
}

fn in_public(machine: usize) -> bool {
    machine.is_multiple_of(2)
}

fn one_machine(
    grower: &mut Grower,
    place: &Place,
    net: &Network,
    machine: usize,
    group: &str,
    subnets: &[String],
    public: bool,
) -> Grown {
    let id = net.part("i", machine);
    let interface = net.part("eni", machine);
    let slot = (machine % (subnets.len() / 2).max(1)) * 2 + usize::from(!public);
    let subnet = subnets.get(slot).or(subnets.last()).cloned().unwrap_or_default();
    let address = format!("10.{}.{}.{}", net.number, slot, machine % 200 + 10);
    let association =
        if public { json!({ "PublicIp": format!("203.0.113.{}", machine % 250) }) } else { Value::Null };
    grower.add(place, Seedling {
        kind: "AWS::EC2::NetworkInterface",
        id: place.arn("ec2", format!("network-interface/{interface}")),
        identifier: interface.clone(),
        properties: json!({ "Id": interface, "SubnetId": subnet, "VpcId": net.id, "GroupSet": [group], "PrivateIpAddress": address, "SourceDestCheck": true, "Ipv6Addresses": [],
            "Observed": { "Status": "in-use", "InterfaceType": "interface", "Association": association, "Attachment": { "InstanceId": id }, "PrivateIpAddresses": [{ "Primary": true, "PrivateIpAddress": address }] } }),
        relations: vec![("AWS::EC2::Subnet", subnet.clone(), "SubnetId"), ("AWS::EC2::SecurityGroup", group.to_owned(), "GroupSet"), ("AWS::EC2::Instance", id.clone(), "Observed.Attachment.InstanceId")],
    })?;
    let tokens = if grower.fault("ec2-instance-metadata-v1") { "optional" } else { "required" };
    let profile = format!("profile-{}", machine % 20);
    grower.add(place, Seedling {
        kind: "AWS::EC2::Instance",
        id: place.arn("ec2", format!("instance/{id}")),
        identifier: id.clone(),
        properties: json!({
            "InstanceId": id, "ImageId": "ami-00000000", "InstanceType": "m6i.large", "SubnetId": subnet, "VpcId": net.id, "SecurityGroupIds": [group], "IamInstanceProfile": profile,
            "MetadataOptions": { "HttpEndpoint": "enabled", "HttpTokens": tokens, "HttpPutResponseHopLimit": 1 }, "Monitoring": true, "EbsOptimized": true, "SourceDestCheck": true, "BlockDeviceMappings": [],
            "Observed": { "State": { "Name": "running" }, "LaunchTime": "2026-09-01T00:00:00Z", "NetworkInterfaceIds": [interface], "PrivateIpAddress": address, "UserDataSecrets": [] },
        }),
        relations: vec![("AWS::EC2::Subnet", subnet, "SubnetId"), ("AWS::EC2::SecurityGroup", group.to_owned(), "SecurityGroupIds"), ("AWS::IAM::InstanceProfile", profile, "IamInstanceProfile"), ("AWS::EC2::NetworkInterface", interface, "Observed.NetworkInterfaceIds")],
    })
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
