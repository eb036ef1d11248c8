"""The production account: well run for the most part, with the holes of the 2019 bank breach.

The story is in `breach`: a reverse proxy that was meant to be the web application firewall can be
talked into asking the instance metadata service, its role lists and reads every bucket, and one of
them holds card applications. The rest of the account is what such a hole hides in.
"""

import databases
import hosts
import keys
import network
import production_edge
import production_identity
import production_services
import production_storage
import watch
from accounts import BANK, IRELAND, PRODUCTION, VIRGINIA, Emulator, Place, policy
from network import ANYWHERE, ANYWHERE_V6, Vpc, open_port
from shared import CONFIG_BUCKET, EDGE_LOG_BUCKET, FLOW_BUCKET, TRAIL_BUCKET


def build(emulator: Emulator) -> None:
    ireland = Place(emulator, PRODUCTION, IRELAND)
    virginia = Place(emulator, PRODUCTION, VIRGINIA)
    emulator.days_ago(1100)
    production_identity.build(ireland)
    emulator.days_ago(600)
    customer_key = keys.key(ireland, "customer-data", "platform", keys.service_uses("logs"))
    payments_key = keys.key(ireland, "payments-data", "payments")
    other_keys(ireland)
    web = network.build_vpc(ireland, "web", 20)
    payments = network.build_vpc(ireland, "payments", 21)
    endpoint = networks(ireland, web, payments)
    production_storage.build(ireland, virginia, customer_key, endpoint)
    breach(ireland, web)
    fleets(ireland, web, payments, customer_key)
    production_edge.build(ireland, web, EDGE_LOG_BUCKET)
    data_stores(ireland, web, payments, payments_key)
    production_services.build(ireland, payments, customer_key)
    watching(ireland, virginia, customer_key)
    emulator.days_ago(150)
    standby_region(virginia)
    emulator.days_ago(0)


def breach(place: Place, web: Vpc) -> None:
    """The path of 2019, step by step: public host, metadata version 1, over-broad role, card data."""
    network.security_group(
        place, web, "card-firewall", "Public reverse proxy in front of the card application site",
        [
            open_port(80, ANYWHERE, "web"),
            open_port(443, ANYWHERE, "web"),
            open_port(22, ANYWHERE, "temporary, for the supplier"),
        ],
    )
    host = hosts.instance(
        place, web, "card-waf-01", web.public[0], ["card-firewall"], "cards",
        profile=f"{BANK}-WAF-Role", metadata="optional", data="internal",
        start=hosts.FIREWALL_START,
    )
    hosts.elastic_address(place, "card-waf-01", "203.0.113.120", host, "cards")


def other_keys(place: Place) -> None:
    keys.key(place, "partner-exchange", "partners", keys.anyone_uses(), rotates=False)
    keys.key(place, "statements", "statements", rotates=False)
    keys.key(place, "transfer-signing", "payments", usage="SIGN_VERIFY")
    keys.retire_key(place, keys.key(place, "old-branch-data", "branches", rotates=False))


def networks(place: Place, web: Vpc, payments: Vpc) -> str:
    """Returns the S3 endpoint of the payments network."""
    for vpc in (web, payments):
        network.data_tier_acl(place, vpc)
    network.no_ssh_acl(place, payments)
    network.flow_log(place, payments, FLOW_BUCKET)
    network.peer(place, web, payments)
    network.s3_endpoint(place, web)
    front = network.security_group(
        place, web, "site-front", "Public load balancers",
        [open_port(443, ANYWHERE, "web"), open_port(80, ANYWHERE, "sent on to HTTPS"), open_port(443, ANYWHERE_V6)],
    )
    hosts_group = network.security_group(
        place, web, "site-hosts", "Hosts behind the public load balancers",
        [open_port(8443, front, "from the load balancers"), open_port(8080, front, "old site")],
    )
    network.security_group(
        place, web, "branch-admin", "Remote login of the branch support desk",
        [open_port(3389, ANYWHERE, "support from anywhere"), open_port(22, "198.51.100.0/24", "head office")],
    )
    api = network.security_group(
        place, payments, "payments-api", "Payment service", [open_port(8443, web.cidr, "from the web network")]
    )
    network.security_group(
        place, payments, "payments-db", "Payment databases", [open_port(5432, api, "from the payment service")], []
    )
    endpoints = network.security_group(
        place, payments, "payments-endpoints", "Interface endpoints", [open_port(443, payments.cidr)], []
    )
    network.security_group(
        place, web, "reporting-db", "Reporting database for the bureau",
        [open_port(5432, ANYWHERE, "bureau has changing addresses"), open_port(5432, hosts_group)],
    )
    # Nothing wears this one any more.
    network.security_group(
        place, payments, "migration-2023", "Data move of 2023", [open_port((0, 65535), ANYWHERE, "until the move is done")]
    )
    for service in ("secretsmanager", "kms", "logs"):
        network.interface_endpoint(place, payments, service, endpoints)
    return network.s3_endpoint(
        place, payments,
        policy({"Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{BANK}-*"}),
    )


def fleets(place: Place, web: Vpc, payments: Vpc, key: str) -> None:
    for number in (1, 2):
        hosts.instance(
            place, web, f"site-{number:02}", web.private[number - 1], ["site-hosts"], "web", profile="site-host",
            key=key, data="internal",
        )
        hosts.instance(
            place, payments, f"payments-api-{number:02}", payments.private[number - 1], ["payments-api"], "payments",
            profile="payments-host", key=key, data="restricted", size="m6i.large",
        )
    hosts.instance(place, payments, "ledger-batch-01", payments.private[0], ["payments-api"], "ledger",
                   profile="ledger-batch", metadata="optional", key=key, data="restricted")
    hosts.instance(place, web, "old-site-01", web.private[0], ["site-hosts"], "web", metadata="optional")
    support = hosts.instance(place, web, "branch-support-01", web.public[1], ["branch-admin"], "branches",
                             metadata="optional")
    hosts.elastic_address(place, "spare-address", "203.0.113.121")
    hosts.interface(place, web, "spare interface of the old site", web.private[1], "site-hosts")
    ledger = hosts.volume(place, "ledger-archive", "ledger", key, "restricted", 500)
    cards = hosts.volume(place, "card-export", "cards", data="restricted")
    hosts.volume(place, "site-scratch", "web")
    hosts.snapshot(place, ledger, "ledger-archive-monthly", "ledger")
    hosts.snapshot(place, cards, "card-export-for-bureau", "cards", shared_with="all")
    hosts.snapshot(place, cards, "card-export-for-vendor", "cards", shared_with="999988887777")
    hosts.image(place, support, "branch-desktop-2024", public=True)
    hosts.image(place, support, "branch-desktop-2025")
    hosts.launch_template(place, web, "site-hosts", "site-hosts", "required")
    hosts.launch_template(place, web, "branch-support", "branch-admin", "optional")
    hosts.key_pair(place, "branch-support")
    # Switched on after the careless volumes above were made; it changes nothing for them.
    place.client("ec2").enable_ebs_encryption_by_default()


def data_stores(place: Place, web: Vpc, payments: Vpc, key: str) -> None:
    inside = databases.subnet_group(place, payments, payments.data)
    outside = databases.subnet_group(place, web, web.public, "public")
    web_data = databases.subnet_group(place, web, web.data)
    strict = databases.parameter_group(place, "postgres16-tls", "postgres16", forces_tls=True)
    lax = databases.parameter_group(place, "postgres16-plain", "postgres16", forces_tls=False)
    databases.good_instance(
        place, "payments-orders", payments, inside, "payments-db", key, "payments", DBParameterGroupName=strict
    )
    databases.good_instance(
        place, "ledger", payments, inside, "payments-db", key, "ledger", AutoMinorVersionUpgrade=False,
        DBParameterGroupName=strict,
    )
    databases.careless_instance(
        place, "bureau-reporting", web, outside, "reporting-db", "reporting", PubliclyAccessible=True,
        DBParameterGroupName=lax,
    )
    databases.careless_instance(place, "branch-rota", web, web_data, "site-hosts", "branches", BackupRetentionPeriod=1)
    databases.cluster(place, "customers", payments, inside, "payments-db", "customers", 2, KmsKeyId=key)
    databases.cluster(
        place, "loyalty", web, web_data, "site-hosts", "loyalty", 1,
        StorageEncrypted=False, DeletionProtection=False, BackupRetentionPeriod=1,
    )
    databases.snapshot(place, "ledger", "ledger-before-upgrade")
    databases.snapshot(place, "bureau-reporting", "bureau-handover", shared_with="all")


def watching(ireland: Place, virginia: Place, key: str) -> None:
    """Watched in Ireland; nobody looks at Virginia. The trail sees one region and proves nothing."""
    watch.trail(ireland, "production", TRAIL_BUCKET, everywhere=False, validated=False)
    watch.data_events(ireland, "production", [f"{BANK}-payment-files"])
    watch.guard_duty(ireland)
    watch.config_recorder(ireland, "config-recorder", CONFIG_BUCKET)
    watch.config_recorder(virginia, "config-recorder", CONFIG_BUCKET, running=False)
    for name, keep, of in (
        ("/payments/api", 400, key), ("/payments/audit", 3653, key), ("/site/access", 90, None),
        ("/cards/firewall", None, None), ("/branches/support", None, None), ("/ledger/batch", 400, key),
    ):
        watch.log_group(ireland, name, name.split("/")[1], keep, of)
    alerts = ireland.arn("sns", "operations-alerts")
    watch.alarm(ireland, "payments-refused", "Bank/Payments", "Refused", 50, [alerts])
    watch.alarm(ireland, "site-errors", "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", 100, [alerts])
    # Somebody was tired of this one and took its action away.
    watch.alarm(ireland, "firewall-blocked-requests", "AWS/WAFV2", "BlockedRequests", 1000, [])


def standby_region(place: Place) -> None:
    vpc = network.build_vpc(place, "standby", 30)
    network.data_tier_acl(place, vpc)
    network.flow_log(place, vpc, FLOW_BUCKET, "REJECT")
    network.s3_endpoint(place, vpc)
    key = keys.key(place, "standby-data", "payments")
    network.security_group(place, vpc, "standby-api", "Payment service, standby", [open_port(8443, vpc.cidr)])
    network.security_group(place, vpc, "standby-db", "Databases, standby", [open_port(5432, vpc.groups["standby-api"])], [])
    hosts.instance(place, vpc, "standby-api-01", vpc.private[0], ["standby-api"], "payments",
                   profile="payments-host", key=key)
    databases.good_instance(
        place, "payments-standby", vpc, databases.subnet_group(place, vpc, vpc.data), "standby-db", key, "payments"
    )
    keys.secret(place, "standby/payments-db", "payments", key)
    hosts.volume(place, "standby-queue", "payments", key)
    watch.log_group(place, "/payments/standby", "payments")
