"""What the emulator lists: CloudFormation kind → count, for each account and region.

Counts what the list operations return, owned by the account, whoever made it: the default network
that an account is born with is part of the estate. Account-wide kinds stand under `global`.
"""

from collections.abc import Callable

from accounts import ACCOUNTS, IRELAND, REGIONS, Account, Emulator, Place

Lister = Callable[[Place], int]


def summary(emulator: Emulator, accounts: tuple[Account, ...] = ACCOUNTS, regions: tuple[str, ...] = REGIONS) -> dict:
    listed: dict[str, dict[str, dict[str, int]]] = {}
    for account in accounts:
        scopes = {"global": _counts(Place(emulator, account, IRELAND), ACCOUNT_WIDE)}
        for region in regions:
            scopes[region] = _counts(Place(emulator, account, region), REGIONAL)
        listed[account.name] = scopes
    each = [counts for scopes in listed.values() for counts in scopes.values()]
    totals = {
        "resources": sum(sum(counts.values()) for counts in each),
        "kinds": len({kind for counts in each for kind in counts}),
    }
    return {"total": totals, "accounts": listed}


def _counts(place: Place, listers: dict[str, Lister]) -> dict[str, int]:
    counted = {kind: count(place) for kind, count in sorted(listers.items())}
    return {kind: count for kind, count in counted.items() if count}


def _everything(place: Place, service: str, operation: str, result: str, **asked) -> list:
    client = place.client(service)
    if client.can_paginate(operation):
        pages = client.get_paginator(operation).paginate(**asked)
        return [item for page in pages for item in page.get(result, [])]
    return getattr(client, operation)(**asked).get(result, [])


def _listed(service: str, operation: str, result: str, **asked) -> Lister:
    return lambda place: len(_everything(place, service, operation, result, **asked))


def _of_each(
    parents: tuple[str, str, str], service: str, operation: str, result: str, argument: str, key: str | None
) -> Lister:
    """Counts the children of each parent; `key` None says that the parents are plain names."""

    def count(place: Place) -> int:
        found = _everything(place, *parents)
        names = [parent[key] if key else parent for parent in found]
        return sum(len(_everything(place, service, operation, result, **{argument: name})) for name in names)

    return count


def _instances(place: Place) -> int:
    return sum(len(one["Instances"]) for one in _everything(place, "ec2", "describe_instances", "Reservations"))


def _customer_keys(place: Place) -> int:
    kms = place.client("kms")
    listed = _everything(place, "kms", "list_keys", "Keys")
    managers = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyManager"] for key in listed]
    return managers.count("CUSTOMER")


def _customer_aliases(place: Place) -> int:
    aliases = _everything(place, "kms", "list_aliases", "Aliases")
    return sum(not alias["AliasName"].startswith("alias/aws/") for alias in aliases)


def _own_trails(place: Place) -> int:
    trails = place.client("cloudtrail").describe_trails(includeShadowTrails=False)["trailList"]
    return sum(trail["HomeRegion"] == place.region for trail in trails)


def _own_snapshots(place: Place) -> int:
    return len(_everything(place, "ec2", "describe_snapshots", "Snapshots", OwnerIds=[place.account.id]))


def _buckets(place: Place) -> int:
    return len(place.client("s3").list_buckets()["Buckets"])


def _access_points(place: Place) -> int:
    return len(place.client("s3control").list_access_points(AccountId=place.account.id)["AccessPointList"])


def _function_urls(place: Place) -> int:
    client = place.client("lambda")
    found = 0
    for function in _everything(place, "lambda", "list_functions", "Functions"):
        try:
            client.get_function_url_config(FunctionName=function["FunctionName"])
            found += 1
        except client.exceptions.ResourceNotFoundException:
            pass
    return found


_BALANCERS = ("elbv2", "describe_load_balancers", "LoadBalancers")
_USERS = ("iam", "list_users", "Users")

ACCOUNT_WIDE: dict[str, Lister] = {
    "AWS::IAM::AccessKey": _of_each(_USERS, "iam", "list_access_keys", "AccessKeyMetadata", "UserName", "UserName"),
    "AWS::IAM::Group": _listed("iam", "list_groups", "Groups"),
    "AWS::IAM::InstanceProfile": _listed("iam", "list_instance_profiles", "InstanceProfiles"),
    "AWS::IAM::ManagedPolicy": _listed("iam", "list_policies", "Policies", Scope="Local"),
    "AWS::IAM::OIDCProvider": _listed("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList"),
    "AWS::IAM::Role": _listed("iam", "list_roles", "Roles"),
    "AWS::IAM::SAMLProvider": _listed("iam", "list_saml_providers", "SAMLProviderList"),
    "AWS::IAM::ServerCertificate": _listed("iam", "list_server_certificates", "ServerCertificateMetadataList"),
    "AWS::IAM::User": _listed(*_USERS),
    "AWS::IAM::VirtualMFADevice": _listed("iam", "list_virtual_mfa_devices", "VirtualMFADevices"),
    "AWS::S3::AccessPoint": _access_points,
    "AWS::S3::Bucket": _buckets,
}

REGIONAL: dict[str, Lister] = {
    "AWS::CloudTrail::Trail": _own_trails,
    "AWS::CloudWatch::Alarm": _listed("cloudwatch", "describe_alarms", "MetricAlarms"),
    "AWS::Config::ConfigRule": _listed("config", "describe_config_rules", "ConfigRules"),
    "AWS::Config::ConfigurationRecorder": _listed("config", "describe_configuration_recorders", "ConfigurationRecorders"),
    "AWS::Config::DeliveryChannel": _listed("config", "describe_delivery_channels", "DeliveryChannels"),
    "AWS::EC2::EIP": _listed("ec2", "describe_addresses", "Addresses"),
    "AWS::EC2::FlowLog": _listed("ec2", "describe_flow_logs", "FlowLogs"),
    "AWS::EC2::Image": _listed("ec2", "describe_images", "Images", Owners=["self"]),
    "AWS::EC2::Instance": _instances,
    "AWS::EC2::InternetGateway": _listed("ec2", "describe_internet_gateways", "InternetGateways"),
    "AWS::EC2::KeyPair": _listed("ec2", "describe_key_pairs", "KeyPairs"),
    "AWS::EC2::LaunchTemplate": _listed("ec2", "describe_launch_templates", "LaunchTemplates"),
    "AWS::EC2::NatGateway": _listed("ec2", "describe_nat_gateways", "NatGateways"),
    "AWS::EC2::NetworkAcl": _listed("ec2", "describe_network_acls", "NetworkAcls"),
    "AWS::EC2::NetworkInterface": _listed("ec2", "describe_network_interfaces", "NetworkInterfaces"),
    "AWS::EC2::RouteTable": _listed("ec2", "describe_route_tables", "RouteTables"),
    "AWS::EC2::SecurityGroup": _listed("ec2", "describe_security_groups", "SecurityGroups"),
    "AWS::EC2::Snapshot": _own_snapshots,
    "AWS::EC2::Subnet": _listed("ec2", "describe_subnets", "Subnets"),
    "AWS::EC2::VPC": _listed("ec2", "describe_vpcs", "Vpcs"),
    "AWS::EC2::VPCEndpoint": _listed("ec2", "describe_vpc_endpoints", "VpcEndpoints"),
    "AWS::EC2::VPCPeeringConnection": _listed("ec2", "describe_vpc_peering_connections", "VpcPeeringConnections"),
    "AWS::EC2::Volume": _listed("ec2", "describe_volumes", "Volumes"),
    "AWS::ElasticLoadBalancingV2::Listener": _of_each(
        _BALANCERS, "elbv2", "describe_listeners", "Listeners", "LoadBalancerArn", "LoadBalancerArn"
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _listed(*_BALANCERS),
    "AWS::ElasticLoadBalancingV2::TargetGroup": _listed("elbv2", "describe_target_groups", "TargetGroups"),
    "AWS::GuardDuty::Detector": _listed("guardduty", "list_detectors", "DetectorIds"),
    "AWS::KMS::Alias": _customer_aliases,
    "AWS::KMS::Key": _customer_keys,
    "AWS::Lambda::EventSourceMapping": _listed("lambda", "list_event_source_mappings", "EventSourceMappings"),
    "AWS::Lambda::Function": _listed("lambda", "list_functions", "Functions"),
    "AWS::Lambda::LayerVersion": _of_each(
        ("lambda", "list_layers", "Layers"), "lambda", "list_layer_versions", "LayerVersions", "LayerName", "LayerName"
    ),
    "AWS::Lambda::Url": _function_urls,
    "AWS::Logs::LogGroup": _listed("logs", "describe_log_groups", "logGroups"),
    "AWS::Logs::MetricFilter": _listed("logs", "describe_metric_filters", "metricFilters"),
    "AWS::RDS::DBCluster": _listed("rds", "describe_db_clusters", "DBClusters"),
    "AWS::RDS::DBInstance": _listed("rds", "describe_db_instances", "DBInstances"),
    "AWS::RDS::DBParameterGroup": _listed("rds", "describe_db_parameter_groups", "DBParameterGroups"),
    "AWS::RDS::DBSnapshot": _listed("rds", "describe_db_snapshots", "DBSnapshots", SnapshotType="manual"),
    "AWS::RDS::DBSubnetGroup": _listed("rds", "describe_db_subnet_groups", "DBSubnetGroups"),
    "AWS::SNS::Subscription": _listed("sns", "list_subscriptions", "Subscriptions"),
    "AWS::SNS::Topic": _listed("sns", "list_topics", "Topics"),
    "AWS::SQS::Queue": _listed("sqs", "list_queues", "QueueUrls"),
    "AWS::SecretsManager::Secret": _listed("secretsmanager", "list_secrets", "SecretList"),
    "AWS::WAFv2::IPSet": _listed("wafv2", "list_ip_sets", "IPSets", Scope="REGIONAL"),
    "AWS::WAFv2::LoggingConfiguration": _listed(
        "wafv2", "list_logging_configurations", "LoggingConfigurations", Scope="REGIONAL"
    ),
    "AWS::WAFv2::WebACL": _listed("wafv2", "list_web_acls", "WebACLs", Scope="REGIONAL"),
}
