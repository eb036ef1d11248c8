"""The public edge: load balancers, their listeners, and web ACLs in front of them."""

from dataclasses import dataclass

from accounts import Place, tags
from network import Vpc

OLD_TLS = "ELBSecurityPolicy-2016-08"
NEW_TLS = "ELBSecurityPolicy-TLS13-1-2-2021-06"
# The rules of the common group that stop a request from reaching the instance metadata service.
METADATA_RULES = (
    "EC2MetaDataSSRF_BODY",
    "EC2MetaDataSSRF_COOKIE",
    "EC2MetaDataSSRF_URIPATH",
    "EC2MetaDataSSRF_QUERYARGUMENTS",
)


@dataclass(frozen=True)
class Balancer:
    arn: str
    targets: str


def balancer(
    place: Place,
    vpc: Vpc,
    name: str,
    group: str,
    owner: str,
    public: bool = True,
    hosts: list[str] | None = None,
    port: int = 8443,
    logs_to: str | None = None,
    drops_bad_headers: bool = True,
) -> Balancer:
    elb = place.client("elbv2")
    arn = elb.create_load_balancer(
        Name=name,
        Subnets=vpc.public if public else vpc.private,
        SecurityGroups=[vpc.groups[group]],
        Scheme="internet-facing" if public else "internal",
        Type="application",
        Tags=tags(place, name, owner),
    )["LoadBalancers"][0]["LoadBalancerArn"]
    attributes = {
        "routing.http.drop_invalid_header_fields.enabled": "true" if drops_bad_headers else "false",
        "deletion_protection.enabled": "true" if logs_to else "false",
        "access_logs.s3.enabled": "true" if logs_to else "false",
    }
    if logs_to:
        attributes |= {"access_logs.s3.bucket": logs_to, "access_logs.s3.prefix": name}
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": value} for key, value in attributes.items()]
    )
    targets = elb.create_target_group(
        Name=f"{name}-hosts",
        Protocol="HTTPS" if port in (443, 8443) else "HTTP",
        Port=port,
        VpcId=vpc.id,
        TargetType="instance",
        HealthCheckPath="/alive",
        Tags=tags(place, f"{name}-hosts", owner),
    )["TargetGroups"][0]["TargetGroupArn"]
    if hosts:
        elb.register_targets(TargetGroupArn=targets, Targets=[{"Id": host} for host in hosts])
    return Balancer(arn, targets)


def http_listener(place: Place, to: Balancer, redirects: bool) -> None:
    """Plain HTTP: either sent on to HTTPS, or served as it is."""
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    forward = {"Type": "forward", "TargetGroupArn": to.targets}
    place.client("elbv2").create_listener(
        LoadBalancerArn=to.arn, Protocol="HTTP", Port=80, DefaultActions=[redirect if redirects else forward]
    )


def https_listener(place: Place, to: Balancer, certificate: str, tls: str = NEW_TLS) -> str:
    return place.client("elbv2").create_listener(
        LoadBalancerArn=to.arn,
        Protocol="HTTPS",
        Port=443,
        SslPolicy=tls,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": to.targets}],
    )["Listeners"][0]["ListenerArn"]


def path_rule(place: Place, listener: str, to: Balancer, path: str, priority: int) -> None:
    place.client("elbv2").create_rule(
        ListenerArn=listener,
        Priority=priority,
        Conditions=[{"Field": "path-pattern", "Values": [path]}],
        Actions=[{"Type": "forward", "TargetGroupArn": to.targets}],
    )


def visible(name: str) -> dict:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}


def managed_rules(group: str, priority: int, only_counts: bool = False, counted_rules: tuple[str, ...] = ()) -> dict:
    """A rule group of the provider: blocking, only counting as a whole, or counting for some rules."""
    statement = {"VendorName": "AWS", "Name": group}
    if counted_rules:
        statement["RuleActionOverrides"] = [{"Name": rule, "ActionToUse": {"Count": {}}} for rule in counted_rules]
    return {
        "Name": group,
        "Priority": priority,
        "Statement": {"ManagedRuleGroupStatement": statement},
        "OverrideAction": {"Count": {}} if only_counts else {"None": {}},
        "VisibilityConfig": visible(group),
    }


def rate_limit(priority: int, per_five_minutes: int) -> dict:
    return {
        "Name": "rate-limit",
        "Priority": priority,
        "Statement": {"RateBasedStatement": {"Limit": per_five_minutes, "AggregateKeyType": "IP"}},
        "Action": {"Block": {}},
        "VisibilityConfig": visible("rate-limit"),
    }


def web_acl(place: Place, name: str, owner: str, rules: list[dict], protects: list[str], logs_to: str | None = None) -> str:
    """`logs_to` is a log group ARN; the service wants a name that starts with `aws-waf-logs-`."""
    waf = place.client("wafv2")
    arn = waf.create_web_acl(
        Name=name,
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        Rules=rules,
        VisibilityConfig=visible(name),
        Tags=tags(place, name, owner),
    )["Summary"]["ARN"]
    for resource in protects:
        waf.associate_web_acl(WebACLArn=arn, ResourceArn=resource)
    if logs_to:
        waf.put_logging_configuration(
            LoggingConfiguration={"ResourceArn": arn, "LogDestinationConfigs": [logs_to]}
        )
    return arn


def ip_set(place: Place, name: str, addresses: list[str]) -> str:
    return place.client("wafv2").create_ip_set(
        Name=name, Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=addresses, Tags=tags(place, name, "edge")
    )["Summary"]["ARN"]
