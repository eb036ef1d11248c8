"""Builds the estate of these tests on a running emulator: something of every kind, good and bad, little of each.

    python estate.py FOLDER ENDPOINT SECRET

FOLDER holds the scripts of the example estates, which know how to build one kind of thing. SECRET is planted
where secrets are found in practice: in user data, in the variables of a function, in a database's password.
Prints the credentials of the account as JSON.
"""

import json
import sys

folder, endpoint, secret = sys.argv[1:]
sys.path.insert(0, folder)

import databases  # noqa: E402
import edge  # noqa: E402
import functions  # noqa: E402
import hosts  # noqa: E402
import identity as iam  # noqa: E402
import keys  # noqa: E402
import messaging  # noqa: E402
import network  # noqa: E402
import storage  # noqa: E402
import watch  # noqa: E402
import wide  # noqa: E402
from accounts import BANK, IRELAND, VIRGINIA, Account, Emulator, Place  # noqa: E402

ACCOUNT = Account("small", "111122223333")
VENDOR = "arn:aws:iam::444455556666:root"


def build(here: Place, there: Place) -> None:
    wide.BREADTH = 2
    wide.front = front
    wide.build(here)
    outsiders(here)
    people(here)
    data(here)
    machine(here)
    code(here)
    # The other region has little in it, and nobody looks after that.
    hosts.volume(there, "forgotten", "platform")
    keys.key(there, "forgotten", "platform", rotates=False)
    network.delete_default_vpc(there)


def front(place: Place, vpc: network.Vpc) -> None:
    """As the wide estate has it, with half as many balancers."""
    certificate = f"arn:aws:iam::{place.account.id}:server-certificate/wide"
    for number, tls in enumerate((edge.NEW_TLS, edge.OLD_TLS)):
        balancer = edge.balancer(place, vpc, f"wide-{number:02}", f"wide-{number:02}", "platform")
        edge.http_listener(place, balancer, redirects=number == 0)
        edge.https_listener(place, balancer, certificate, tls)
        if number == 0:
            logs = watch.log_group(place, "aws-waf-logs-wide", "platform", 90)
            rules = [edge.managed_rules("AWSManagedRulesCommonRuleSet", 0)]
            edge.web_acl(place, "wide", "platform", rules, [balancer.arn], logs)


def outsiders(place: Place) -> None:
    iam.github_provider(place)
    iam.saml_provider(place, "staff")
    iam.role(place, "deploy", iam.trust_repositories(place, "repo:*"), "platform", inline=(iam.ADMINISTRATOR,))
    iam.role(place, "vendor", iam.trust_account(VENDOR), "platform", inline=({"Action": ["ec2:Describe*"], "Resource": "*"},))
    iam.role(place, "vendor-careful", iam.trust_account(VENDOR, external_id="x-7f3c91"), "platform")


def people(place: Place) -> None:
    place.client("iam").create_account_alias(AccountAlias="small-estate")
    iam.contact(place, "SECURITY", "Whoever is on duty")
    iam.group(place, "nobody")
    iam.machine(place, "program", "platform", inline=({"Action": "s3:*", "Resource": "*"},))
    iam.access_key(place, "program", made=400, used=2)
    iam.access_key(place, "wide-01", made=20, used=None)


def data(place: Place) -> None:
    storage.block_account(place, storage.BLOCK_ACLS_ONLY)
    storage.access_point(place, "wide-point", f"{BANK}-wide-00")
    databases.snapshot(place, "wide-00", "wide-kept")
    databases.snapshot(place, "wide-00", "wide-given-away", shared_with="all")


def machine(place: Place) -> None:
    ec2 = place.client("ec2")
    found = ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]
    hosts.image(place, found, "wide-image", public=True)
    hosts.elastic_address(place, "wide-address", "198.51.100.7", found)
    ec2.run_instances(
        ImageId=hosts.BASE_IMAGE, MinCount=1, MaxCount=1, InstanceType="t3.micro",
        UserData=f"#!/bin/sh\nexport DB_PASSWORD={secret}\n",
    )


def code(place: Place) -> None:
    functions.function(
        place, "with-secret", "platform", "wide-00", "python3.12", variables={"DB_PASSWORD": secret, "MODE": "plain"}
    )
    functions.url(place, "with-secret", "NONE")
    functions.allow(place, "with-secret", "everybody", "*")
    topic = messaging.topic(place, "told", "platform", statements=(messaging.anyone("sns:Publish"),))
    messaging.subscribe(place, topic, "email", "ops@example.com")
    place.client("secretsmanager").create_secret(Name="database", SecretString=secret)


emulator = Emulator(endpoint)
emulator.start_afresh()
build(Place(emulator, ACCOUNT, IRELAND), Place(emulator, ACCOUNT, VIRGINIA))
anyone = emulator.client_with({"AccessKeyId": "emulator", "SecretAccessKey": "emulator"}, "sts", IRELAND)
print(json.dumps(anyone.assume_role(RoleArn=ACCOUNT.role("OrganisationAudit"), RoleSessionName="tests")["Credentials"], default=str))
