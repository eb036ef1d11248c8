"""RDS: instances, clusters, their subnet and parameter groups, and snapshots."""

from accounts import Place, tags
from network import Vpc


def subnet_group(place: Place, vpc: Vpc, subnets: list[str], suffix: str = "data") -> str:
    name = f"{vpc.name}-{suffix}"
    place.client("rds").create_db_subnet_group(
        DBSubnetGroupName=name,
        DBSubnetGroupDescription=f"{suffix} subnets of {vpc.name}",
        SubnetIds=subnets,
        Tags=tags(place, name, "databases"),
    )
    return name


def parameter_group(place: Place, name: str, family: str, forces_tls: bool) -> str:
    rds = place.client("rds")
    rds.create_db_parameter_group(
        DBParameterGroupName=name, DBParameterGroupFamily=family, Description=name, Tags=tags(place, name, "databases")
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName=name,
        Parameters=[
            {"ParameterName": "rds.force_ssl", "ParameterValue": "1" if forces_tls else "0", "ApplyMethod": "immediate"}
        ],
    )
    return name


def good_instance(place: Place, name: str, vpc: Vpc, subnets: str, group: str, key: str | None, owner: str, **other) -> str:
    """Private, encrypted, backed up, patched by itself; each exception is an argument of the API."""
    asked = {
        "DBInstanceIdentifier": name,
        "DBInstanceClass": "db.m6g.large",
        "Engine": "postgres",
        "EngineVersion": "16.3",
        "AllocatedStorage": 100,
        "MasterUsername": "keeper",
        "MasterUserPassword": "made-up-for-the-example",
        "DBSubnetGroupName": subnets,
        "VpcSecurityGroupIds": [vpc.groups[group]],
        "PubliclyAccessible": False,
        "StorageEncrypted": True,
        "MultiAZ": True,
        "BackupRetentionPeriod": 35,
        "AutoMinorVersionUpgrade": True,
        "DeletionProtection": True,
        "CopyTagsToSnapshot": True,
        "EnableIAMDatabaseAuthentication": True,
        "Tags": tags(place, name, owner, "confidential"),
    }
    if key:
        asked["KmsKeyId"] = key
    asked.update(other)
    place.client("rds").create_db_instance(**asked)
    return name


def careless_instance(place: Place, name: str, vpc: Vpc, subnets: str, group: str, owner: str, **other) -> str:
    return good_instance(
        place, name, vpc, subnets, group, None, owner,
        **{
            "StorageEncrypted": False,
            "MultiAZ": False,
            "BackupRetentionPeriod": 0,
            "DeletionProtection": False,
            "EnableIAMDatabaseAuthentication": False,
            "DBInstanceClass": "db.t3.medium",
        } | other,
    )


def cluster(place: Place, name: str, vpc: Vpc, subnets: str, group: str, owner: str, members: int, **other) -> str:
    rds = place.client("rds")
    rds.create_db_cluster(
        **{
            "DBClusterIdentifier": name,
            "Engine": "aurora-postgresql",
            "EngineVersion": "15.4",
            "MasterUsername": "keeper",
            "MasterUserPassword": "made-up-for-the-example",
            "DBSubnetGroupName": subnets,
            "VpcSecurityGroupIds": [vpc.groups[group]],
            "StorageEncrypted": True,
            "BackupRetentionPeriod": 14,
            "DeletionProtection": True,
            "CopyTagsToSnapshot": True,
            "Tags": tags(place, name, owner, "confidential"),
        } | other
    )
    for number in range(1, members + 1):
        rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-{number}",
            DBClusterIdentifier=name,
            DBInstanceClass="db.r6g.large",
            Engine="aurora-postgresql",
            PubliclyAccessible=False,
            AutoMinorVersionUpgrade=True,
            Tags=tags(place, f"{name}-{number}", owner, "confidential"),
        )
    return name


def snapshot(place: Place, database: str, name: str, shared_with: str | None = None) -> None:
    """`shared_with` is `all` for everybody, or the number of one account."""
    rds = place.client("rds")
    rds.create_db_snapshot(
        DBInstanceIdentifier=database, DBSnapshotIdentifier=name, Tags=tags(place, name, "databases", "confidential")
    )
    if shared_with:
        rds.modify_db_snapshot_attribute(
            DBSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=[shared_with]
        )
