"""Builds an organisation for measuring what reading many accounts costs.

    python organisation.py --endpoint http://127.0.0.1:5055 --accounts 20

The organisation's own account is that of the emulator's plain keys; `--accounts` counts it. All accounts hold
the same: some resources of many kinds in two regions. One account more is suspended, as happens in practice.
Each of them has the role `PartywallAudit`. What was in the emulator before is gone. The accounts are printed.
"""

import argparse
import io
import json
import zipfile
from dataclasses import dataclass

from accounts import REGIONS, Account, Emulator, policy

PLAIN_KEYS = {"AccessKeyId": "emulator", "SecretAccessKey": "emulator"}
AUDITOR = "PartywallAudit"
# How many of each kind a region of an account holds.
BREADTH = 3


@dataclass(frozen=True)
class Place:
    emulator: Emulator
    # None for the organisation's own account.
    account: Account | None
    region: str

    def client(self, service: str):
        if self.account is None:
            return self.emulator.client_with(PLAIN_KEYS, service, self.region)
        return self.emulator.client(self.account, service, self.region)


def build_account(emulator: Emulator, account: Account | None, number: int) -> None:
    home = Place(emulator, account, REGIONS[0])
    iam = home.client("iam")
    trust = policy({"Principal": {"AWS": "*" if number % 2 else "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName=AUDITOR, AssumeRolePolicyDocument=trust)
    for one in range(BREADTH):
        iam.create_user(UserName=f"person-{one}")
        iam.create_access_key(UserName=f"person-{one}")
    runner = iam.create_role(
        RoleName="runner",
        AssumeRolePolicyDocument=policy({"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}),
    )["Role"]["Arn"]
    for region in REGIONS:
        build_region(Place(emulator, account, region), number, runner)


def build_region(place: Place, number: int, runner: str) -> None:
    buckets(place, number)
    network(place)
    for one in range(BREADTH):
        place.client("sqs").create_queue(QueueName=f"jobs-{one}")
        place.client("sns").create_topic(Name=f"alerts-{one}")
        place.client("logs").create_log_group(logGroupName=f"/app/{one}")
        place.client("kms").create_key(Description=f"key {one}")
        place.client("secretsmanager").create_secret(Name=f"secret-{one}", SecretString="never-to-be-seen")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as code:
        code.writestr("main.py", "def handler(event, context): pass")
    place.client("lambda").create_function(
        FunctionName="pay", Runtime="python3.12", Role=runner, Handler="main.handler", Code={"ZipFile": packed.getvalue()}
    )


def buckets(place: Place, number: int) -> None:
    s3 = place.client("s3")
    where = {} if place.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": place.region}}
    for one in range(BREADTH):
        s3.create_bucket(Bucket=f"account-{number}-{place.region}-{one}", **where)


def network(place: Place) -> None:
    ec2 = place.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    for one in range(BREADTH):
        group = ec2.create_security_group(GroupName=f"group-{one}", Description="One of a few", VpcId=vpc)["GroupId"]
        source = "0.0.0.0/0" if one == 0 else "10.0.0.0/8"
        ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": source}]}],
        )
        ec2.run_instances(
            ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="t3.micro", SubnetId=subnet, SecurityGroupIds=[group]
        )
        ec2.create_volume(AvailabilityZone=f"{place.region}a", Size=8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--accounts", type=int, default=20)
    arguments = parser.parse_args()
    emulator = Emulator(arguments.endpoint)
    emulator.start_afresh()
    organisation = emulator.client_with(PLAIN_KEYS, "organizations", "us-east-1")
    organisation.create_organization(FeatureSet="ALL")
    accounts = [None]
    for number in range(1, arguments.accounts):
        made = organisation.create_account(AccountName=f"team-{number:02}", Email=f"team-{number:02}@example.com")
        accounts.append(Account(f"team-{number:02}", made["CreateAccountStatus"]["AccountId"]))
    closed = organisation.create_account(AccountName="closed", Email="closed@example.com")
    organisation.close_account(AccountId=closed["CreateAccountStatus"]["AccountId"])
    for number, account in enumerate(accounts):
        build_account(emulator, account, number)
    listed = organisation.list_accounts()["Accounts"]
    print(json.dumps({account["Id"]: account["Status"] for account in listed}, indent=1))


if __name__ == "__main__":
    main()
