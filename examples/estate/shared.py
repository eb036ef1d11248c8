"""The security and log account: the careful one. Its own mistakes are few and small."""

from dataclasses import replace

import databases
import functions
import hosts
import identity as iam
import keys
import messaging
import network
import storage
import watch
from accounts import ACCOUNTS, BANK, IRELAND, ORGANISATION, PRODUCTION, VIRGINIA, Emulator, Place, SHARED

TRAIL_BUCKET = f"{BANK}-org-trail"
CONFIG_BUCKET = f"{BANK}-config-history"
FLOW_BUCKET = f"{BANK}-flow-records"
EDGE_LOG_BUCKET = f"{BANK}-edge-logs"
ACCESS_LOG_BUCKET = f"{BANK}-access-logs"


def build(emulator: Emulator) -> None:
    ireland = Place(emulator, SHARED, IRELAND)
    virginia = Place(emulator, SHARED, VIRGINIA)
    emulator.days_ago(900)
    people_and_roles(ireland)
    emulator.days_ago(500)
    network.delete_default_vpc(ireland)
    network.delete_default_vpc(virginia)
    log_key = keys.key(
        ireland, "log-archive", "security", keys.service_uses("cloudtrail"), keys.account_uses(PRODUCTION.root)
    )
    buckets(ireland, virginia, log_key)
    watching(ireland, virginia, log_key)
    emulator.days_ago(200)
    services_network(ireland)
    emulator.days_ago(0)


def people_and_roles(place: Place) -> None:
    place.client("iam").create_account_alias(AccountAlias=f"{BANK}-security")
    iam.password_policy(place, 16, strong=True)
    iam.contact(place, "SECURITY", "Security desk")
    iam.contact(place, "OPERATIONS", "Operations desk")
    iam.saml_provider(place, "staff-login")
    iam.audit_role(place)
    boundary = iam.managed_policy(
        place, "staff-boundary",
        {"NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
        {"Action": ["iam:Get*", "iam:List*"], "Resource": "*"},
    )
    iam.managed_policy(place, "log-archive-read", iam.bucket_reader(TRAIL_BUCKET, FLOW_BUCKET, CONFIG_BUCKET))
    log_read = f"arn:aws:iam::{place.account.id}:policy/log-archive-read"
    iam.group(place, "security-analysts", attached=(log_read, "SecurityAudit"))
    iam.group(place, "operators", attached=("job-function/ViewOnlyAccess",))
    for number in range(1, 5):
        iam.person(place, f"sec-{number:02}", ("security-analysts",), boundary=boundary)
    for number in range(1, 4):
        iam.person(place, f"ops-{number:02}", ("operators",), boundary=boundary, mfa=number != 3)
    iam.machine(place, "svc-siem", "security", inline=(iam.bucket_reader(TRAIL_BUCKET, FLOW_BUCKET),))
    iam.access_key(place, "svc-siem", made=60, used=1, grown_from=900)
    # The way in when single sign-on is broken: sealed, never used.
    iam.person(place, "break-glass", (), boundary=None)
    place.client("iam").attach_user_policy(UserName="break-glass", PolicyArn=iam.AWS_POLICY + "AdministratorAccess")
    iam.role(place, "SecurityResponder", iam.trust_saml(place, "staff-login"), "security", attached=(log_read,), hours=4)
    iam.role(place, "LogArchiveReader", iam.trust_account(PRODUCTION.root), "security", attached=(log_read,))
    trail_group = place.arn("logs", "log-group:/trail/organisation:*")
    iam.role(place, "trail-to-logs", iam.trust_service("cloudtrail"), "security",
             inline=({"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": trail_group},))
    iam.role(place, "config-recorder", iam.trust_service("config"), "security", attached=("service-role/AWS_ConfigRole",))
    iam.role(place, "alert-router", iam.trust_service("lambda"), "security", boundary=boundary,
             inline=({"Action": ["sns:Publish"], "Resource": place.arn("sns", "security-alerts")},))
    iam.role(place, "inspection-host", iam.trust_service("ec2"), "security", attached=("AmazonSSMManagedInstanceCore",))
    iam.instance_profile(place, "inspection-host")


def buckets(ireland: Place, virginia: Place, log_key: str) -> None:
    everyone = [account.id for account in ACCOUNTS]
    storage.block_account(ireland, storage.BLOCK_ALL)
    storage.build_bucket(ireland, storage.access_log_bucket(ireland, ACCESS_LOG_BUCKET, "security"))
    for name, service in (
        (TRAIL_BUCKET, "cloudtrail"),
        (CONFIG_BUCKET, "config"),
        (FLOW_BUCKET, "delivery.logs"),
        (EDGE_LOG_BUCKET, "delivery.logs"),
    ):
        wanted = storage.good(name, "security", ACCESS_LOG_BUCKET, log_key, "internal")
        storage.build_bucket(ireland, storage.with_statements(wanted, *storage.log_delivery(name, service, everyone)))
    storage.build_bucket(ireland, storage.good(f"{BANK}-forensics", "security", ACCESS_LOG_BUCKET, log_key, "restricted"))
    # Somebody tried something in the other region and left it.
    scratch = replace(storage.bare(f"{BANK}-sec-scratch", "security"), block=storage.BLOCK_ALL)
    storage.build_bucket(virginia, scratch)


def watching(ireland: Place, virginia: Place, log_key: str) -> None:
    alerts = messaging.topic(
        ireland, "security-alerts", "security", "alias/log-archive",
        (messaging.own_organisation(ORGANISATION, "sns:Publish"),
         {"Sid": "Alarms", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": ["sns:Publish"]}),
    )
    messaging.subscribe(ireland, alerts, "email", "soc@lanternbridge.example")
    group = watch.log_group(ireland, "/trail/organisation", "security", 400, log_key)
    watch.trail(ireland, "organisation", TRAIL_BUCKET, True, True, key=log_key, log_group=group, role="trail-to-logs")
    for name in watch.WATCHED:
        watch.alarm_on(ireland, "/trail/organisation", name, alerts)
    for place in (ireland, virginia):
        watch.guard_duty(place)
        watch.config_recorder(place, "config-recorder", CONFIG_BUCKET)
    for name, identifier in (
        ("public-buckets", "S3_BUCKET_PUBLIC_READ_PROHIBITED"),
        ("encrypted-volumes", "ENCRYPTED_VOLUMES"),
        ("root-second-factor", "ROOT_ACCOUNT_MFA_ENABLED"),
    ):
        watch.config_rule(ireland, name, identifier)
    letters = messaging.queue(ireland, "alerts-undelivered", "security", "alias/log-archive")
    queue = messaging.queue(
        ireland, "alerts", "security", "alias/log-archive", statements=(messaging.own_topic(alerts),), dead_letters=letters
    )
    messaging.subscribe(ireland, alerts, "sqs", queue)
    functions.function(ireland, "alert-router", "security", "alert-router", key=log_key, variables={"TOPIC": alerts})
    functions.from_queue(ireland, "alert-router", queue)
    watch.log_group(ireland, "/aws/lambda/alert-router", "security", 90, log_key)


def services_network(place: Place) -> None:
    place.client("ec2").enable_ebs_encryption_by_default()
    vpc = network.build_vpc(place, "services", 10)
    network.data_tier_acl(place, vpc)
    network.flow_log(place, vpc, FLOW_BUCKET)
    network.s3_endpoint(place, vpc)
    inside = network.security_group(
        place, vpc, "inspection", "Inspection host: nothing from outside, HTTPS out",
        [], [network.open_port(443, network.ANYWHERE, "updates")],
    )
    endpoints = network.security_group(
        place, vpc, "endpoints", "Interface endpoints", [network.open_port(443, inside, "from the inspection host")], [],
    )
    for service in ("ssm", "ssmmessages"):
        network.interface_endpoint(place, vpc, service, endpoints)
    data_key = keys.key(place, "services-data", "security")
    host = hosts.instance(place, vpc, "inspection-01", vpc.private[0], ["inspection"], "security",
                          profile="inspection-host", key=data_key)
    hosts.image(place, host, "hardened-base-2026-03")
    network.security_group(
        place, vpc, "tickets-db", "Tickets database", [network.open_port(5432, inside, "from the inspection host")], []
    )
    databases.good_instance(
        place, "tickets", vpc, databases.subnet_group(place, vpc, vpc.data), "tickets-db", data_key, "security"
    )
    keys.secret(place, "services/tickets-db", "security", data_key, place.arn("lambda", "function:alert-router"))
    messaging.topic(place, "backups-done", "operations", "alias/services-data")


