"""The development account: careless, and closer to production than anybody thinks."""

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
from accounts import BANK, DEVELOPMENT, IRELAND, PRODUCTION, VIRGINIA, Emulator, Place
from network import ANYWHERE, open_port
from shared import CONFIG_BUCKET


def build(emulator: Emulator) -> None:
    ireland = Place(emulator, DEVELOPMENT, IRELAND)
    virginia = Place(emulator, DEVELOPMENT, VIRGINIA)
    emulator.days_ago(700)
    people(ireland)
    roles(ireland)
    emulator.days_ago(300)
    key = keys.key(ireland, "development", "platform", rotates=False)
    buckets(ireland, virginia)
    workbench(ireland, key)
    services(ireland, key)
    watching(ireland)
    emulator.days_ago(90)
    forgotten_trial(virginia)
    emulator.days_ago(0)


def people(place: Place) -> None:
    """No password policy, no contact: nobody was made responsible for the account."""
    place.client("iam").create_account_alias(AccountAlias=f"{BANK}-dev")
    iam.github_provider(place)
    iam.audit_role(place)
    everything = iam.managed_policy(place, "developer-everything", iam.ADMINISTRATOR)
    sandbox = iam.managed_policy(
        place, "developer-sandbox",
        {"Action": ["ec2:*", "s3:*", "lambda:*"], "Resource": "*",
         "Condition": {"StringEquals": {"aws:RequestedRegion": [IRELAND]}}},
        {"Effect": "Deny", "Action": ["ec2:CreateVpcPeeringConnection"], "Resource": "*"},
    )
    iam.group(place, "developers", attached=(everything,))
    iam.group(place, "testers", attached=(sandbox,))
    for number in range(11, 21):
        iam.person(place, f"dev-{number}", ("developers",), mfa=number in (11, 14, 17, 18))
    for number in range(1, 5):
        iam.person(place, f"test-{number:02}", ("testers",), boundary=sandbox)
    for name, made, used in (("dev-12", 640, 3), ("dev-15", 410, None), ("dev-17", 30, 1), ("dev-19", 200, 120)):
        iam.access_key(place, name, made, used, grown_from=700)
    iam.machine(place, "svc-build", "platform", ("developers",))
    iam.access_key(place, "svc-build", made=690, used=1, grown_from=700)


def roles(place: Place) -> None:
    iam.role(place, "build-runner", iam.trust_service("ec2"), "platform", attached=("PowerUserAccess",),
             inline=({"Action": "sts:AssumeRole", "Resource": PRODUCTION.role("release-from-development")},))
    iam.instance_profile(place, "build-runner")
    iam.role(place, "dev-functions", iam.trust_service("lambda"), "platform", attached=("AmazonS3FullAccess",))
    iam.role(place, "config-recorder", iam.trust_service("config"), "security", attached=("service-role/AWS_ConfigRole",))
    iam.role(place, "workflows-test", iam.trust_repositories(place, "repo:lanternbridge/*"), "platform",
             inline=({"Action": ["s3:PutObject"], "Resource": f"arn:aws:s3:::{BANK}-dev-builds/*"},))
    iam.role(place, "load-test-vendor", iam.trust_account("arn:aws:iam::666677778888:root"), "platform",
             attached=("AmazonEC2FullAccess",))
    iam.role(place, "trainee-sandbox", iam.trust_account(place.account.root), "platform", attached=("ReadOnlyAccess",))


def buckets(ireland: Place, virginia: Place) -> None:
    storage.block_account(ireland, storage.BLOCK_ALL | {"BlockPublicPolicy": False, "RestrictPublicBuckets": False})
    storage.build_bucket(ireland, storage.good(f"{BANK}-dev-builds", "platform", None))
    storage.build_bucket(ireland, storage.good(f"{BANK}-dev-test-reports", "platform", None, data="internal"))
    # A copy of real customers, for testing.
    customers = storage.bare(f"{BANK}-dev-customer-copy", "customers", "restricted")
    storage.build_bucket(ireland, storage.with_statements(customers, storage.anyone_reads(customers.name)))
    storage.build_bucket(ireland, storage.bare(f"{BANK}-dev-scratch", "platform"))
    storage.build_bucket(virginia, storage.bare(f"{BANK}-dev-trial", "platform"))


def workbench(place: Place, key: str) -> None:
    vpc = network.build_vpc(place, "workbench", 60, zones="ab", nat=False)
    network.security_group(place, vpc, "open-all", "Until somebody has time", [network.all_traffic(ANYWHERE)])
    network.security_group(
        place, vpc, "dev-remote", "Remote work",
        [open_port(22, ANYWHERE), open_port((3000, 9000), ANYWHERE), open_port(6379, ANYWHERE, "cache")],
    )
    network.security_group(place, vpc, "dev-inside", "Between development hosts", [open_port((1, 65535), vpc.cidr)])
    runner = hosts.instance(place, vpc, "build-runner-01", vpc.public[0], ["dev-remote"], "platform",
                            profile="build-runner", metadata="optional")
    hosts.elastic_address(place, "build-runner-01", "203.0.113.160", runner, "platform")
    hosts.instance(place, vpc, "dev-17-box", vpc.public[1], ["open-all", "dev-inside"], "dev-17",
                   metadata="optional")
    hosts.instance(place, vpc, "test-site-01", vpc.private[0], ["dev-inside"], "web", key=key)
    copied = hosts.volume(place, "customer-copy", "customers", data="restricted")
    hosts.volume(place, "build-cache", "platform", key)
    hosts.snapshot(place, copied, "customer-copy-weekly", "customers")
    hosts.image(place, runner, "build-runner-2025")
    hosts.key_pair(place, "dev-everyone")
    site = edge.balancer(place, vpc, "test-site", "dev-remote", "web", port=8080)
    edge.http_listener(place, site, redirects=False)
    outside = databases.subnet_group(place, vpc, vpc.public, "public")
    databases.careless_instance(place, "dev-customers", vpc, outside, "open-all", "customers",
                                PubliclyAccessible=True, AutoMinorVersionUpgrade=False)
    inside = databases.subnet_group(place, vpc, vpc.data)
    databases.good_instance(place, "test-ledger", vpc, inside, "dev-inside", key, "ledger", MultiAZ=False)


def services(place: Place, key: str) -> None:
    functions.function(place, "nightly-tests", "platform", "dev-functions")
    functions.function(place, "mail-catcher", "platform", "dev-functions", "python3.7",
                       variables={"SMTP_PASSWORD": "Heron-Sluice-77-made-up"})
    functions.url(place, "mail-catcher", "NONE")
    functions.allow(place, "mail-catcher", "url", "*", "InvokeFunctionUrl")
    messaging.topic(place, "build-results", "platform")
    messaging.queue(place, "test-jobs", "platform", managed=False)
    messaging.queue(place, "test-results", "platform", "alias/development")
    keys.secret(place, "dev/customers-db", "customers")
    keys.secret(place, "dev/test-ledger-db", "ledger", key)


def watching(place: Place) -> None:
    """A trail that somebody stopped, GuardDuty suspended, a recorder that sees hosts only."""
    bucket = f"{BANK}-dev-trail"
    storage.build_bucket(place, storage.with_statements(
        storage.bare(bucket, "platform"), *storage.log_delivery(bucket, "cloudtrail", [place.account.id])
    ))
    watch.trail(place, "development", bucket, everywhere=True, validated=True, running=False)
    watch.guard_duty(place, enabled=False)
    watch.config_recorder(place, "config-recorder", CONFIG_BUCKET, everything=False)
    watch.log_group(place, "/dev/build", "platform", 14)
    watch.log_group(place, "/aws/lambda/mail-catcher", "platform")
    watch.alarm(place, "bill-too-high", "AWS/Billing", "EstimatedCharges", 2000, [place.arn("sns", "build-results")])


def forgotten_trial(place: Place) -> None:
    """One host in the default network of the other region, and what it needed."""
    vpc = network.default_vpc(place)
    network.security_group(place, vpc, "trial", "Search engine trial", [open_port(22, ANYWHERE), open_port(9200, ANYWHERE)])
    hosts.instance(place, vpc, "search-trial", vpc.public[0], ["trial"], "dev-13", metadata="optional")
    hosts.volume(place, "search-trial-data", "dev-13")
    watch.log_group(place, "/trial/search", "dev-13")
