"""Virtual networks: VPCs with their subnets, routes, gateways, ACLs, endpoints and flow logs."""

from dataclasses import dataclass, field

from accounts import Place, tags

ANYWHERE = "0.0.0.0/0"
ANYWHERE_V6 = "::/0"


@dataclass
class Vpc:
    id: str
    name: str
    cidr: str
    public: list[str] = field(default_factory=list)
    private: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    public_routes: str = ""
    private_routes: str = ""
    groups: dict[str, str] = field(default_factory=dict)


def tagged(kind: str, place: Place, name: str, owner: str = "network", data: str | None = None) -> list[dict]:
    """A `TagSpecifications` value of EC2."""
    return [{"ResourceType": kind, "Tags": tags(place, name, owner, data)}]


def build_vpc(place: Place, name: str, number: int, zones: str = "ab", nat: bool = True) -> Vpc:
    """A VPC 10.`number`.0.0/16 with public, private and data subnets in each zone."""
    ec2 = place.client("ec2")
    cidr = f"10.{number}.0.0/16"
    made = ec2.create_vpc(CidrBlock=cidr, TagSpecifications=tagged("vpc", place, name))
    vpc = Vpc(made["Vpc"]["VpcId"], name, cidr)
    ec2.modify_vpc_attribute(VpcId=vpc.id, EnableDnsHostnames={"Value": True})
    for tier, (base, subnets) in {"public": (0, vpc.public), "private": (16, vpc.private), "data": (32, vpc.data)}.items():
        for offset, zone in enumerate(zones):
            subnet = ec2.create_subnet(
                VpcId=vpc.id,
                CidrBlock=f"10.{number}.{base + offset}.0/24",
                AvailabilityZone=f"{place.region}{zone}",
                TagSpecifications=tagged("subnet", place, f"{name}-{tier}-{zone}"),
            )["Subnet"]["SubnetId"]
            subnets.append(subnet)
            if tier == "public":
                ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    connect_to_internet(place, vpc, f"203.0.113.{number}" if nat else None)
    return vpc


def connect_to_internet(place: Place, vpc: Vpc, nat_address: str | None) -> None:
    ec2 = place.client("ec2")
    gateway = ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway", place, f"{vpc.name}-igw"))
    gateway_id = gateway["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc.id)
    vpc.public_routes = route_table(place, vpc, "public", vpc.public)
    vpc.private_routes = route_table(place, vpc, "private", vpc.private + vpc.data)
    ec2.create_route(RouteTableId=vpc.public_routes, DestinationCidrBlock=ANYWHERE, GatewayId=gateway_id)
    if nat_address:
        address = ec2.allocate_address(
            Domain="vpc", Address=nat_address, TagSpecifications=tagged("elastic-ip", place, f"{vpc.name}-nat")
        )["AllocationId"]
        gateway = ec2.create_nat_gateway(
            SubnetId=vpc.public[0],
            AllocationId=address,
            TagSpecifications=tagged("natgateway", place, f"{vpc.name}-nat"),
        )["NatGateway"]["NatGatewayId"]
        ec2.create_route(RouteTableId=vpc.private_routes, DestinationCidrBlock=ANYWHERE, NatGatewayId=gateway)


def route_table(place: Place, vpc: Vpc, tier: str, subnets: list[str]) -> str:
    ec2 = place.client("ec2")
    table = ec2.create_route_table(
        VpcId=vpc.id, TagSpecifications=tagged("route-table", place, f"{vpc.name}-{tier}")
    )["RouteTable"]["RouteTableId"]
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    return table


def open_port(port: int | tuple[int, int], source: str, why: str = "", protocol: str = "tcp") -> dict:
    """One ingress or egress permission: `source` is a CIDR, or the id of a security group."""
    low, high = port if isinstance(port, tuple) else (port, port)
    one = {"IpProtocol": protocol, "FromPort": low, "ToPort": high}
    described = {"Description": why} if why else {}
    if source.startswith("sg-"):
        return one | {"UserIdGroupPairs": [{"GroupId": source, **described}]}
    if ":" in source:
        return one | {"Ipv6Ranges": [{"CidrIpv6": source, **described}]}
    return one | {"IpRanges": [{"CidrIp": source, **described}]}


def all_traffic(source: str) -> dict:
    return {"IpProtocol": "-1", "IpRanges": [{"CidrIp": source}]}


def security_group(
    place: Place, vpc: Vpc, name: str, purpose: str, ingress: list[dict], egress: list[dict] | None = None
) -> str:
    """With `egress` the default permission to reach everything is taken away first."""
    ec2 = place.client("ec2")
    group = ec2.create_security_group(
        GroupName=name,
        Description=purpose,
        VpcId=vpc.id,
        TagSpecifications=tagged("security-group", place, name),
    )["GroupId"]
    if ingress:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=ingress)
    if egress is not None:
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[all_traffic(ANYWHERE)])
        if egress:
            ec2.authorize_security_group_egress(GroupId=group, IpPermissions=egress)
    vpc.groups[name] = group
    return group


def data_tier_acl(place: Place, vpc: Vpc) -> None:
    """A network ACL that lets only the VPC itself reach the data subnets."""
    ec2 = place.client("ec2")
    acl = ec2.create_network_acl(
        VpcId=vpc.id, TagSpecifications=tagged("network-acl", place, f"{vpc.name}-data")
    )["NetworkAcl"]["NetworkAclId"]
    for egress in (False, True):
        ec2.create_network_acl_entry(
            NetworkAclId=acl, RuleNumber=100, Protocol="-1", RuleAction="allow", Egress=egress, CidrBlock=vpc.cidr
        )
    move_subnets(place, vpc.data, acl)


def no_ssh_acl(place: Place, vpc: Vpc) -> None:
    """A network ACL that refuses SSH and RDP from outside, whatever the security groups say."""
    ec2 = place.client("ec2")
    acl = ec2.create_network_acl(
        VpcId=vpc.id, TagSpecifications=tagged("network-acl", place, f"{vpc.name}-no-remote-login")
    )["NetworkAcl"]["NetworkAclId"]
    for number, port in ((10, 22), (20, 3389)):
        ec2.create_network_acl_entry(
            NetworkAclId=acl, RuleNumber=number, Protocol="6", RuleAction="deny", Egress=False,
            CidrBlock=ANYWHERE, PortRange={"From": port, "To": port},
        )
    for egress in (False, True):
        ec2.create_network_acl_entry(
            NetworkAclId=acl, RuleNumber=100, Protocol="-1", RuleAction="allow", Egress=egress, CidrBlock=ANYWHERE
        )
    move_subnets(place, vpc.public, acl)


def move_subnets(place: Place, subnets: list[str], acl: str) -> None:
    ec2 = place.client("ec2")
    wanted = [{"Name": "association.subnet-id", "Values": subnets}]
    for current in ec2.describe_network_acls(Filters=wanted)["NetworkAcls"]:
        for association in current["Associations"]:
            if association["SubnetId"] in subnets:
                ec2.replace_network_acl_association(
                    AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl
                )


def flow_log(place: Place, vpc: Vpc, bucket: str, traffic: str = "ALL") -> None:
    """Flow records of the whole VPC into a bucket of the log account."""
    place.client("ec2").create_flow_logs(
        ResourceIds=[vpc.id],
        ResourceType="VPC",
        TrafficType=traffic,
        LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::{bucket}",
        TagSpecifications=tagged("vpc-flow-log", place, f"{vpc.name}-flow"),
    )


def s3_endpoint(place: Place, vpc: Vpc, document: str | None = None) -> str:
    return place.client("ec2").create_vpc_endpoint(
        VpcId=vpc.id,
        ServiceName=f"com.amazonaws.{place.region}.s3",
        VpcEndpointType="Gateway",
        RouteTableIds=[vpc.private_routes],
        TagSpecifications=tagged("vpc-endpoint", place, f"{vpc.name}-s3"),
        **({"PolicyDocument": document} if document else {}),
    )["VpcEndpoint"]["VpcEndpointId"]


def interface_endpoint(place: Place, vpc: Vpc, service: str, group: str) -> str:
    return place.client("ec2").create_vpc_endpoint(
        VpcId=vpc.id,
        ServiceName=f"com.amazonaws.{place.region}.{service}",
        VpcEndpointType="Interface",
        SubnetIds=vpc.private,
        SecurityGroupIds=[group],
        PrivateDnsEnabled=True,
        TagSpecifications=tagged("vpc-endpoint", place, f"{vpc.name}-{service}"),
    )["VpcEndpoint"]["VpcEndpointId"]


def peer(place: Place, one: Vpc, other: Vpc) -> None:
    ec2 = place.client("ec2")
    peering = ec2.create_vpc_peering_connection(
        VpcId=one.id,
        PeerVpcId=other.id,
        TagSpecifications=tagged("vpc-peering-connection", place, f"{one.name}-{other.name}"),
    )["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    for here, there in ((one, other), (other, one)):
        ec2.create_route(
            RouteTableId=here.private_routes, DestinationCidrBlock=there.cidr, VpcPeeringConnectionId=peering
        )


def default_vpc(place: Place) -> Vpc:
    """The network that the account was born with, joined to the internet as the real ones are."""
    ec2 = place.client("ec2")
    found = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
    inside = [{"Name": "vpc-id", "Values": [found["VpcId"]]}]
    subnets = sorted(subnet["SubnetId"] for subnet in ec2.describe_subnets(Filters=inside)["Subnets"])
    routes = ec2.describe_route_tables(Filters=inside)["RouteTables"][0]["RouteTableId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=found["VpcId"])
    ec2.create_route(RouteTableId=routes, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)
    return Vpc(found["VpcId"], "default", found["CidrBlock"], public=subnets, public_routes=routes)


def delete_default_vpc(place: Place) -> None:
    """What a careful account does with the network that it was born with.

    The emulator leaves the default network ACL behind, and lets nobody delete it.
    """
    ec2 = place.client("ec2")
    for vpc in ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]:
        inside = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
        for subnet in ec2.describe_subnets(Filters=inside)["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        attached = [{"Name": "attachment.vpc-id", "Values": [vpc["VpcId"]]}]
        for gateway in ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]:
            ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc["VpcId"])
            ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
        ec2.delete_vpc(VpcId=vpc["VpcId"])
