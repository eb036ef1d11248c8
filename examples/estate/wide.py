"""Builds an estate for measuring speed: one account, one region, more than 150 resources.

    python wide.py --endpoint http://127.0.0.1:5055             builds (what was there before is gone)
    python wide.py --endpoint http://127.0.0.1:5055 --summary   prints what the list APIs return

Every service that the bank uses is here, with more of each kind and no story. Good and bad take
turns, so that neither the passing nor the failing path of a check is the only one measured.
"""

import argparse
import json

import databases
import edge
import functions
import hosts
import identity as iam
import keys
import messaging
import network
import storage
import watch
import wide_compute
import wide_data
import wide_edge
from accounts import BANK, IRELAND, Account, Emulator, Place
from network import ANYWHERE, open_port
from summary import summary

WIDE = Account("wide", "777788889999")
# How many of each kind; the estate grows in step with it.
BREADTH = 12


def build(place: Place) -> None:
    iam.audit_role(place)
    identities(place)
    key = keys.key(place, "wide", "platform")
    buckets(place, key)
    vpc = network.build_vpc(place, "wide", 40)
    network.data_tier_acl(place, vpc)
    network.flow_log(place, vpc, f"{BANK}-wide-00")
    network.s3_endpoint(place, vpc)
    machines(place, vpc, key)
    front(place, vpc)
    services(place, key)
    watching(place)
    wide_compute.build(place)
    wide_edge.build(place)
    wide_data.build(place)


def identities(place: Place) -> None:
    iam.password_policy(place, 14, strong=True)
    iam.group(place, "readers", attached=("ReadOnlyAccess",))
    for number in range(BREADTH):
        iam.person(place, f"wide-{number:02}", ("readers",), mfa=good(number))
        iam.managed_policy(
            place, f"wide-{number:02}", iam.bucket_reader(f"{BANK}-wide-{number:02}") if good(number) else iam.ADMINISTRATOR
        )
        iam.role(place, f"wide-{number:02}", iam.trust_service("lambda") if good(number) else iam.trust_anyone())
    iam.role(place, "config-recorder", iam.trust_service("config"), attached=("service-role/AWS_ConfigRole",))
    iam.role(place, "wide-host", iam.trust_service("ec2"), attached=("AmazonSSMManagedInstanceCore",))
    iam.instance_profile(place, "wide-host")
    iam.server_certificate(place, "wide")


def buckets(place: Place, key: str) -> None:
    for number in range(BREADTH):
        name = f"{BANK}-wide-{number:02}"
        bucket = storage.good(name, "platform", None, key) if good(number) else storage.bare(name, "platform")
        if number % 4 == 1:
            bucket = storage.with_statements(bucket, storage.anyone_reads(name))
        storage.build_bucket(place, bucket)


def machines(place: Place, vpc: network.Vpc, key: str) -> None:
    for number in range(BREADTH):
        source = vpc.cidr if good(number) else ANYWHERE
        ports = [open_port(22, source), open_port(443, source)]
        network.security_group(place, vpc, f"wide-{number:02}", "One of many", ports)
        hosts.instance(
            place, vpc, f"wide-{number:02}", (vpc.private if good(number) else vpc.public)[0], [f"wide-{number:02}"],
            "platform", profile="wide-host", metadata="required" if good(number) else "optional",
            key=key if good(number) else None,
        )
    subnets = databases.subnet_group(place, vpc, vpc.data)
    for number in range(BREADTH // 2):
        kind = databases.good_instance if good(number) else databases.careless_instance
        extra = {"key": key} if good(number) else {}
        kind(place, f"wide-{number:02}", vpc, subnets, group=f"wide-{number:02}", owner="platform", **extra)
    volume = hosts.volume(place, "wide", "platform")
    hosts.snapshot(place, volume, "wide-own", "platform")
    hosts.snapshot(place, volume, "wide-open", "platform", shared_with="all")


def front(place: Place, vpc: network.Vpc) -> None:
    certificate = f"arn:aws:iam::{place.account.id}:server-certificate/wide"
    protected = []
    for number in range(4):
        balancer = edge.balancer(place, vpc, f"wide-{number:02}", f"wide-{number:02}", "platform")
        edge.http_listener(place, balancer, redirects=good(number))
        edge.https_listener(place, balancer, certificate, edge.NEW_TLS if good(number) else edge.OLD_TLS)
        if good(number):
            protected.append(balancer.arn)
    logs = watch.log_group(place, "aws-waf-logs-wide", "platform", 90)
    edge.web_acl(place, "wide", "platform", [edge.managed_rules("AWSManagedRulesCommonRuleSet", 0)], protected, logs)


def services(place: Place, key: str) -> None:
    for number in range(BREADTH):
        name = f"wide-{number:02}"
        functions.function(
            place, name, "platform", name, "python3.13" if good(number) else "python3.8",
            variables={"STAGE": "wide"}, key=key if good(number) else None,
        )
        messaging.topic(place, name, "platform", "alias/wide" if good(number) else None)
        messaging.queue(place, name, "platform", managed=good(number))
        keys.secret(place, name, "platform", key if good(number) else None)
        keys.key(place, f"wide-{number:02}", "platform", rotates=good(number))


def watching(place: Place) -> None:
    watch.trail(place, "wide", f"{BANK}-wide-00", everywhere=True, validated=True)
    watch.guard_duty(place)
    watch.config_recorder(place, "config-recorder", f"{BANK}-wide-00")
    alerts = messaging.topic(place, "wide-alerts", "platform", "alias/wide")
    for number in range(BREADTH):
        watch.log_group(place, f"/wide/{number:02}", "platform", 90 if good(number) else None)
    for name in watch.WATCHED:
        watch.alarm_on(place, "/wide/00", name, alerts)


def good(number: int) -> bool:
    return number % 2 == 0


def main() -> None:
    parser = argparse.ArgumentParser(description="builds one wide account on a running emulator")
    parser.add_argument("--endpoint", required=True, help="the emulator, such as http://127.0.0.1:5055")
    parser.add_argument("--summary", action="store_true", help="only print kind → count, as JSON")
    asked = parser.parse_args()
    emulator = Emulator(asked.endpoint.rstrip("/"))
    if asked.summary:
        print(json.dumps(summary(emulator, (WIDE,), (IRELAND,)), indent=2))
        return
    emulator.start_afresh()
    build(Place(emulator, WIDE, IRELAND))


if __name__ == "__main__":
    main()
