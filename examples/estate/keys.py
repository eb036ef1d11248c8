"""KMS keys and Secrets Manager secrets."""

import json

from accounts import Place, policy, tags


def own_account_only(place: Place, *more: dict) -> str:
    """The usual key policy: IAM of the key's own account decides, and what is given besides."""
    return policy(
        {"Sid": "OwnAccount", "Principal": {"AWS": place.account.root}, "Action": "kms:*", "Resource": "*"}, *more
    )


def anyone_uses() -> dict:
    return {
        "Sid": "PartnersDecrypt",
        "Principal": {"AWS": "*"},
        "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
    }


def service_uses(service: str) -> dict:
    return {
        "Sid": "ServiceUse",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
    }


def account_uses(account_root: str) -> dict:
    return {
        "Sid": "OtherAccountOfTheBank",
        "Principal": {"AWS": account_root},
        "Action": ["kms:Decrypt", "kms:DescribeKey"],
        "Resource": "*",
    }


def key(place: Place, alias: str, owner: str, *grants: dict, rotates: bool = True, usage: str = "ENCRYPT_DECRYPT") -> str:
    """Returns the ARN. Keys that sign have no rotation to switch on."""
    kms = place.client("kms")
    signing = usage == "SIGN_VERIFY"
    made = kms.create_key(
        Description=f"{alias} of {owner}",
        KeyUsage=usage,
        KeySpec="ECC_NIST_P256" if signing else "SYMMETRIC_DEFAULT",
        Policy=own_account_only(place, *grants),
        Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags(place, alias, owner)],
    )["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=made["KeyId"])
    if rotates and not signing:
        kms.enable_key_rotation(KeyId=made["KeyId"])
    return made["Arn"]


def retire_key(place: Place, arn: str) -> None:
    place.client("kms").schedule_key_deletion(KeyId=arn.rsplit("/", 1)[1], PendingWindowInDays=30)


def secret(
    place: Place,
    name: str,
    owner: str,
    kms_key: str | None = None,
    rotated_by: str | None = None,
    statements: tuple[dict, ...] = (),
) -> str:
    """A secret with a made-up value; `rotated_by` is the ARN of the function that rotates it."""
    manager = place.client("secretsmanager")
    arn = manager.create_secret(
        Name=name,
        Description=f"held by {owner}",
        SecretString=json.dumps({"username": name.split("/")[-1], "password": "made-up-for-the-example"}),
        Tags=tags(place, name, owner, "restricted"),
        **({"KmsKeyId": kms_key} if kms_key else {}),
    )["ARN"]
    if rotated_by:
        manager.rotate_secret(
            SecretId=arn,
            RotationLambdaARN=rotated_by,
            RotationRules={"AutomaticallyAfterDays": 30},
            RotateImmediately=False,
        )
    if statements:
        manager.put_resource_policy(SecretId=arn, ResourcePolicy=policy(*statements))
    return arn
