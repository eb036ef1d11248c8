"""Public load balancers of the production account and what stands in front of them."""

import edge
import watch
from accounts import BANK, Place
from network import Vpc


def build(place: Place, web: Vpc, log_bucket: str) -> None:
    hosts = hosts_named(place, "site-01", "site-02")
    old = hosts_named(place, "old-site-01")
    firewall = hosts_named(place, "card-waf-01")

    site = edge.balancer(place, web, "site", "site-front", "web", hosts=hosts, logs_to=log_bucket)
    edge.http_listener(place, site, redirects=True)
    listener = edge.https_listener(place, site, certificate(place, "www"))
    edge.path_rule(place, listener, site, "/accounts/*", 10)
    edge.path_rule(place, listener, site, "/help/*", 20)

    cards = edge.balancer(place, web, "cards", "site-front", "cards", hosts=firewall, port=443)
    edge.http_listener(place, cards, redirects=False)
    edge.https_listener(place, cards, certificate(place, "cards"), edge.OLD_TLS)

    branches = edge.balancer(
        place, web, "branches", "site-front", "branches", hosts=old, port=8080, drops_bad_headers=False
    )
    edge.http_listener(place, branches, redirects=False)

    inside = edge.balancer(place, web, "site-api", "site-hosts", "web", public=False, hosts=hosts)
    edge.https_listener(place, inside, certificate(place, "api"))

    office = edge.ip_set(place, "head-office", ["198.51.100.0/24"])
    allowed = {
        "Name": "head-office-not-limited",
        "Priority": 0,
        "Statement": {"IPSetReferenceStatement": {"ARN": office}},
        "Action": {"Count": {}},
        "VisibilityConfig": edge.visible("head-office"),
    }
    logs = watch.log_group(place, "aws-waf-logs-site", "web", 400)
    edge.web_acl(
        place, "site", "web",
        [
            allowed,
            edge.managed_rules("AWSManagedRulesCommonRuleSet", 1),
            edge.managed_rules("AWSManagedRulesKnownBadInputsRuleSet", 2),
            edge.managed_rules("AWSManagedRulesSQLiRuleSet", 3),
            edge.rate_limit(4, 2000),
        ],
        [site.arn], logs,
    )
    # Put in place for a trial, never switched from counting to blocking, and nobody reads what it saw.
    edge.web_acl(
        place, "cards-trial", "cards",
        [
            edge.managed_rules("AWSManagedRulesCommonRuleSet", 1, counted_rules=edge.METADATA_RULES),
            edge.managed_rules("AWSManagedRulesKnownBadInputsRuleSet", 2, only_counts=True),
        ],
        [cards.arn],
    )
    edge.web_acl(place, "unused-2024", "web", [edge.rate_limit(0, 10000)], [])


def certificate(place: Place, site: str) -> str:
    return f"arn:aws:iam::{place.account.id}:server-certificate/{site}-{BANK}-example"


def hosts_named(place: Place, *names: str) -> list[str]:
    wanted = [{"Name": "tag:Name", "Values": list(names)}]
    found = place.client("ec2").describe_instances(Filters=wanted)["Reservations"]
    return [instance["InstanceId"] for reservation in found for instance in reservation["Instances"]]
