"""The accounts of the bank, and clients that act in them.

moto keeps accounts apart by the credentials of the caller: keys that were handed out for a role of
an account act in that account. A `Place` is one account in one region.
"""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

BANK = "lanternbridge"
ORGANISATION = "o-lntrnbrdg1"
IRELAND = "eu-west-1"
VIRGINIA = "us-east-1"
REGIONS = (IRELAND, VIRGINIA)
SEED = 42
# The role that an auditor assumes; identity.py creates it in each account.
AUDIT_ROLE = "OrganisationAudit"


@dataclass(frozen=True)
class Account:
    name: str
    id: str

    @property
    def root(self) -> str:
        return f"arn:aws:iam::{self.id}:root"

    def role(self, name: str) -> str:
        return f"arn:aws:iam::{self.id}:role/{name}"


SHARED = Account("shared", "111122223333")
PRODUCTION = Account("production", "222233334444")
DEVELOPMENT = Account("development", "333344445555")
ACCOUNTS = (SHARED, PRODUCTION, DEVELOPMENT)


@dataclass
class Emulator:
    """A running moto server. Refuses anything that is not on the loopback interface."""

    endpoint: str
    clock_works: bool = False
    _keys: dict[str, dict] = field(default_factory=dict)
    _clients: dict[tuple[str, str, str], object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if urlsplit(self.endpoint).hostname not in ("127.0.0.1", "localhost", "::1"):
            raise SystemExit(f"`{self.endpoint}` is not on this machine: the estate is built on an emulator only")
        self.clock_works = self._has_clock()

    def start_afresh(self) -> None:
        """Empties the emulator and makes its identifiers the same in every run."""
        self._post("/moto-api/reset")
        self._post(f"/moto-api/seed?a={SEED}")
        # Setting up a rotation calls its function, for which moto would look for Docker.
        self._post("/moto-api/config", {"lambda": {"use_docker": False}})
        self._keys.clear()
        self._clients.clear()
        self.days_ago(0)
        self._require_settings()

    def days_ago(self, days: float) -> None:
        """What is created from here on is `days` old (where the server has a clock)."""
        if self.clock_works:
            self._post(f"/estate-clock?days_ago={days}")

    def client(self, account: Account, service: str, region: str):
        wanted = (account.id, service, region)
        if wanted not in self._clients:
            self._clients[wanted] = self.client_with(self._keys_of(account), service, region)
        return self._clients[wanted]

    def client_with(self, keys: dict, service: str, region: str):
        client = boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        )
        if service == "s3control":
            client.meta.events.register("before-sign.s3-control", self._to_endpoint)
        return client

    def _keys_of(self, account: Account) -> dict:
        if account.id not in self._keys:
            anyone = {"AccessKeyId": "emulator", "SecretAccessKey": "emulator"}
            sts = self.client_with(anyone, "sts", IRELAND)
            role = account.role(AUDIT_ROLE)
            self._keys[account.id] = sts.assume_role(RoleArn=role, RoleSessionName="estate")["Credentials"]
        return self._keys[account.id]

    def _has_clock(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/estate-clock") as answer:
                return b"estate-clock" in answer.read() and answer.headers.get_content_type() == "application/json"
        except urllib.error.HTTPError:
            return False
        except urllib.error.URLError as problem:
            raise SystemExit(f"nothing answers on `{self.endpoint}` ({problem.reason}): start the emulator first")

    def _to_endpoint(self, request, **_) -> None:
        """S3 control puts the account before the host's name, which loopback cannot resolve."""
        request.url = self.endpoint + request.url.split(urlsplit(self.endpoint).netloc, 1)[1]

    def _require_settings(self) -> None:
        """The server must know the provider's policies, and must not put snapshots of its own into accounts."""
        policies = self.client(SHARED, "iam", IRELAND).list_policies(Scope="AWS", MaxItems=1)["Policies"]
        snapshots = self.client(SHARED, "ec2", IRELAND).describe_snapshots(OwnerIds=["self"])["Snapshots"]
        if snapshots or not policies:
            raise SystemExit(
                "the server lacks two settings: start `emulator.py`, or `moto_server` with "
                "MOTO_IAM_LOAD_MANAGED_POLICIES=true and MOTO_EC2_LOAD_DEFAULT_AMIS=false in its environment"
            )

    def _post(self, path: str, body: dict | None = None) -> None:
        data = json.dumps(body).encode() if body else b""
        with urllib.request.urlopen(urllib.request.Request(self.endpoint + path, data, method="POST")):
            pass


@dataclass(frozen=True)
class Place:
    """One account in one region."""

    emulator: Emulator
    account: Account
    region: str

    def client(self, service: str):
        return self.emulator.client(self.account, service, self.region)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account.id}:{resource}"

    @property
    def environment(self) -> str:
        return self.account.name


def tags(place: Place, name: str, owner: str, data: str | None = None) -> list[dict[str, str]]:
    """The bank's four tags; `data` is the classification, left out where nobody classified it."""
    pairs = {"Name": name, "owner": owner, "environment": place.environment}
    if data:
        pairs["data-classification"] = data
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def tag_map(place: Place, name: str, owner: str, data: str | None = None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags(place, name, owner, data)}


def policy(*statements: dict) -> str:
    """A policy document; each statement gets `Effect: Allow` unless it says otherwise."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})
