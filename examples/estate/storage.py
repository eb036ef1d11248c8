"""S3 buckets, good and bad, and the account-level block on public access.

A good bucket is the rule here and each exception is a named argument, so that a reader of the
building scripts sees at once what is wrong with a bucket.
"""

from dataclasses import dataclass, replace

from accounts import Place, policy, tags

BLOCK_ALL = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
BLOCK_ACLS_ONLY = BLOCK_ALL | {"BlockPublicPolicy": False, "RestrictPublicBuckets": False}


@dataclass(frozen=True)
class Bucket:
    """What is asked for; `encryption` is `AES256`, which every bucket has of itself, or a key ARN."""

    name: str
    owner: str
    data: str | None = None
    block: dict | None = None
    encryption: str = "AES256"
    versioning: bool = True
    tls_only: bool = True
    logs_to: str | None = None
    expires_after: int | None = None
    acl: str | None = None
    statements: tuple[dict, ...] = ()


def good(name: str, owner: str, logs_to: str | None, key: str | None = None, data: str | None = None) -> Bucket:
    return Bucket(name, owner, data, block=BLOCK_ALL, encryption=key or "AES256", logs_to=logs_to)


def bare(name: str, owner: str, data: str | None = None) -> Bucket:
    """A bucket on which somebody switched nothing on."""
    return Bucket(name, owner, data, versioning=False, tls_only=False)


def with_statements(bucket: Bucket, *statements: dict) -> Bucket:
    return replace(bucket, statements=bucket.statements + statements)


def build_bucket(place: Place, bucket: Bucket) -> None:
    s3 = place.client("s3")
    s3.create_bucket(
        Bucket=bucket.name,
        # An ACL has an effect only where the bucket's owner still honours ACLs.
        ObjectOwnership="ObjectWriter" if bucket.acl else "BucketOwnerEnforced",
        **({} if place.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": place.region}}),
    )
    s3.put_bucket_tagging(
        Bucket=bucket.name, Tagging={"TagSet": tags(place, bucket.name, bucket.owner, bucket.data)}
    )
    if bucket.block:
        s3.put_public_access_block(Bucket=bucket.name, PublicAccessBlockConfiguration=bucket.block)
    if bucket.versioning:
        s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(
        Bucket=bucket.name, ServerSideEncryptionConfiguration={"Rules": [encryption_rule(bucket.encryption)]}
    )
    if bucket.acl:
        s3.put_bucket_acl(Bucket=bucket.name, ACL=bucket.acl)
    if bucket.logs_to:
        s3.put_bucket_logging(
            Bucket=bucket.name,
            BucketLoggingStatus={
                "LoggingEnabled": {"TargetBucket": bucket.logs_to, "TargetPrefix": f"{bucket.name}/"}
            },
        )
    if bucket.expires_after:
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket.name,
            LifecycleConfiguration={
                "Rules": [
                    {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""},
                     "Expiration": {"Days": bucket.expires_after}}
                ]
            },
        )
    statements = bucket.statements + ((tls_only(bucket.name),) if bucket.tls_only else ())
    if statements:
        s3.put_bucket_policy(Bucket=bucket.name, Policy=policy(*statements))


def encryption_rule(choice: str) -> dict:
    if choice == "AES256":
        return {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    return {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": choice},
        "BucketKeyEnabled": True,
    }


def tls_only(name: str) -> dict:
    return {
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": both(name),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def both(name: str) -> list[str]:
    """The bucket and everything in it."""
    return [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]


def anyone_reads(name: str, sid: str = "EverybodyReads", condition: dict | None = None) -> dict:
    """Public, unless a condition narrows who may ask."""
    statement = {"Sid": sid, "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": both(name)}
    return statement | ({"Condition": condition} if condition else {})


def log_delivery(name: str, service: str, accounts: list[str]) -> list[dict]:
    """Lets a log-writing service deliver for the named accounts only."""
    from_ours = {"StringEquals": {"aws:SourceAccount": accounts}}
    principal = {"Service": f"{service}.amazonaws.com"}
    return [
        {"Sid": "ReadAcl", "Principal": principal, "Action": "s3:GetBucketAcl",
         "Resource": f"arn:aws:s3:::{name}", "Condition": from_ours},
        {"Sid": "Deliver", "Principal": principal, "Action": "s3:PutObject",
         "Resource": f"arn:aws:s3:::{name}/*", "Condition": from_ours},
    ]


def access_log_bucket(place: Place, name: str, owner: str) -> Bucket:
    """Where the access logs of the account's other buckets go."""
    kept = replace(good(name, owner, None, data="internal"), expires_after=400)
    return with_statements(kept, *log_delivery(name, "logging.s3", [place.account.id]))


def block_account(place: Place, block: dict) -> None:
    place.client("s3control").put_public_access_block(
        AccountId=place.account.id, PublicAccessBlockConfiguration=block
    )


def access_point(place: Place, name: str, bucket: str, vpc: str | None = None) -> None:
    place.client("s3control").create_access_point(
        AccountId=place.account.id,
        Name=name,
        Bucket=bucket,
        PublicAccessBlockConfiguration=BLOCK_ALL,
        **({"VpcConfiguration": {"VpcId": vpc}} if vpc else {}),
    )
