"""The buckets of the production account."""

from dataclasses import replace

import storage
from accounts import BANK, SHARED, Place
from storage import anyone_reads, bare, good, with_statements

LOGS = f"{BANK}-production-access-logs"


def build(ireland: Place, virginia: Place, key: str, endpoint: str) -> None:
    storage.build_bucket(ireland, storage.access_log_bucket(ireland, LOGS, "platform"))
    for bucket in (*careful(key), *careless(), *open_to_all(), *looks_open(endpoint)):
        storage.build_bucket(ireland, bucket)
    for bucket in (
        good(f"{BANK}-standby-files", "payments", None, data="restricted"),
        bare(f"{BANK}-old-us-marketing", "marketing"),
    ):
        storage.build_bucket(virginia, bucket)
    storage.access_point(ireland, "ledger-readers", f"{BANK}-ledger-archive")


def careful(key: str) -> list[storage.Bucket]:
    wanted = [
        good(f"{BANK}-{name}", owner, LOGS, key, data)
        for name, owner, data in (
            ("payment-files", "payments", "restricted"),
            ("ledger-archive", "ledger", "restricted"),
            ("statements", "statements", "confidential"),
            ("customer-documents", "customers", "restricted"),
            ("database-exports", "databases", "restricted"),
        )
    ]
    wanted += [good(f"{BANK}-{name}", owner, LOGS, data="internal") for name, owner in (
        ("release-packages", "platform"), ("host-images", "hosts"), ("branch-rota", "branches"),
    )]
    return wanted


def careless() -> list[storage.Bucket]:
    """Not public, but not looked after; the first is the one that the breach is about."""
    return [
        # No key of the bank's own, no access log, no block on public access.
        bare(f"{BANK}-card-applications", "cards", "restricted"),
        bare(f"{BANK}-loyalty-extracts", "loyalty", "confidential"),
        bare(f"{BANK}-fraud-models", "fraud"),
        replace(bare(f"{BANK}-call-recordings", "branches", "confidential"), expires_after=90),
        replace(good(f"{BANK}-tax-forms", "statements", None, data="restricted"), tls_only=False, versioning=False),
        replace(good(f"{BANK}-mail-templates", "marketing", LOGS), block=storage.BLOCK_ACLS_ONLY),
    ]


def open_to_all() -> list[storage.Bucket]:
    """Readable or writable by anyone, each by another way."""
    exchange = bare(f"{BANK}-partner-exchange", "partners", "confidential")
    assets = replace(good(f"{BANK}-site-assets", "web", LOGS, data="public"), block=storage.BLOCK_ACLS_ONLY)
    drop = bare(f"{BANK}-branch-uploads", "branches")
    anyone_writes = {
        "Sid": "Uploads", "Principal": {"AWS": "*"}, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{drop.name}/*",
    }
    any_account = {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}
    return [
        with_statements(exchange, anyone_reads(exchange.name)),
        # Public on purpose: pictures and style sheets of the web site.
        with_statements(assets, anyone_reads(assets.name, "SiteAssets")),
        with_statements(drop, anyone_writes),
        replace(bare(f"{BANK}-press-kit", "marketing", "public"), acl="public-read"),
        replace(bare(f"{BANK}-atm-images", "branches"), acl="authenticated-read"),
        with_statements(
            bare(f"{BANK}-price-feed", "treasury", "internal"),
            anyone_reads(f"{BANK}-price-feed", "AnyRoleOfAnyAccount", any_account),
        ),
    ]


def looks_open(endpoint: str) -> list[storage.Bucket]:
    """`Principal: *` with a condition that keeps strangers out: not public."""
    office = {"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "203.0.113.16/28"]}}
    network = {"StringEquals": {"aws:SourceVpce": endpoint}}
    audit = {
        "Sid": "SecurityAccountReads", "Principal": {"AWS": SHARED.root}, "Action": ["s3:GetObject"],
        "Resource": f"arn:aws:s3:::{BANK}-audit-extracts/*",
    }
    wanted = {
        "office-forms": anyone_reads(f"{BANK}-office-forms", "HeadOffice", office),
        "settlement-inbox": anyone_reads(f"{BANK}-settlement-inbox", "PaymentsNetwork", network),
        "audit-extracts": audit,
    }
    # A condition that looks like a limit and is none: every address is in it.
    nobody_left_out = {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}
    everywhere = anyone_reads(f"{BANK}-atm-firmware", "Anywhere", nobody_left_out)
    return [
        with_statements(replace(good(f"{BANK}-{name}", "platform", LOGS), block=None), statement)
        for name, statement in wanted.items()
    ] + [with_statements(bare(f"{BANK}-atm-firmware", "branches"), everywhere)]
