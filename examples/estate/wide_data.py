"""The wide estate's data services: tables, file systems, caches, warehouses, search, streams, queries, jobs, backups.

    python wide_data.py --endpoint http://127.0.0.1:5055        builds this part alone (what was there before is gone)

Good and bad take turns. The emulator does not know serverless caches, groups of cache users, the members of
replication groups, limits of tables on demand, changes of Redshift's parameters, shared Redshift snapshots, waiting
updates of search domains, DocumentDB among the databases, and the policies and contents of backup vaults: none of
those is here, and what is read of them is unknown.
"""

import argparse

import databases
import identity as iam
import keys
import network
from accounts import IRELAND, Account, Emulator, Place, policy, tag_map, tags

DATA = Account("data", "888899990000")
STRANGER = "arn:aws:iam::999988887777:root"
EACH = 4


def build(place: Place) -> None:
    key = keys.key(place, "data", "platform")
    vpc = network.build_vpc(place, "data", 41)
    group = network.security_group(place, vpc, "data-stores", "what the data services let in", [])
    tables(place, key)
    file_systems(place, vpc, group)
    caches(place, vpc, group, key)
    warehouses(place, vpc, group, key)
    search(place, vpc, group, key)
    streams(place, key)
    queries(place, key)
    jobs(place, key)
    backups(place, key)
    databases_besides(place, vpc, group)


def good(number: int) -> bool:
    return number % 2 == 0


def tables(place: Place, key: str) -> None:
    dynamodb = place.client("dynamodb")
    for number in range(EACH):
        name = f"data-table-{number:02}"
        encrypted = {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}}
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            DeletionProtectionEnabled=good(number),
            Tags=tags(place, name, "ledger", "confidential"),
            **(encrypted if good(number) else {}),
        )
        if good(number):
            dynamodb.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )
        reader = place.account.root if good(number) else STRANGER
        statement = {
            "Principal": {"AWS": reader},
            "Action": "dynamodb:GetItem",
            "Resource": place.arn("dynamodb", f"table/{name}"),
        }
        dynamodb.put_resource_policy(ResourceArn=place.arn("dynamodb", f"table/{name}"), Policy=policy(statement))


def file_systems(place: Place, vpc: network.Vpc, group: str) -> None:
    efs = place.client("efs")
    for number in range(EACH):
        name = f"data-files-{number:02}"
        made = efs.create_file_system(
            CreationToken=name, Encrypted=good(number), Backup=good(number), Tags=tags(place, name, "platform")
        )["FileSystemId"]
        if good(number):
            mount = {
                "Principal": {"AWS": place.account.root},
                "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
            }
            plain = {
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
            efs.put_file_system_policy(FileSystemId=made, Policy=policy(mount, plain))
        efs.create_mount_target(FileSystemId=made, SubnetId=vpc.data[0], SecurityGroups=[group])
        confined = {"PosixUser": {"Uid": 1000, "Gid": 1000}, "RootDirectory": {"Path": f"/{name}"}}
        efs.create_access_point(
            FileSystemId=made, ClientToken=name, Tags=tags(place, name, "platform"), **(confined if good(number) else {})
        )


def caches(place: Place, vpc: network.Vpc, group: str, key: str) -> None:
    elasticache = place.client("elasticache")
    elasticache.create_cache_subnet_group(
        CacheSubnetGroupName="data-caches", CacheSubnetGroupDescription="data subnets", SubnetIds=vpc.data
    )
    for number in range(EACH):
        name = f"data-cache-{number:02}"
        protected = {
            "AtRestEncryptionEnabled": True,
            "TransitEncryptionEnabled": True,
            "TransitEncryptionMode": "required" if number == 0 else "preferred",
            "AuthToken": "made-up-for-the-example",
            "KmsKeyId": key,
            "MultiAZEnabled": True,
            "AutomaticFailoverEnabled": True,
            "SnapshotRetentionLimit": 7,
        }
        elasticache.create_replication_group(
            ReplicationGroupId=name,
            ReplicationGroupDescription=name,
            Engine="redis",
            EngineVersion="7.1" if good(number) else "5.0.6",
            CacheNodeType="cache.m6g.large",
            NumCacheClusters=2,
            CacheSubnetGroupName="data-caches",
            SecurityGroupIds=[group],
            AutoMinorVersionUpgrade=good(number),
            Tags=tags(place, name, "ledger"),
            **(protected if good(number) else {}),
        )
    for number in range(2):
        name = f"data-memory-{number:02}"
        elasticache.create_cache_cluster(
            CacheClusterId=name,
            Engine="memcached",
            EngineVersion="1.6.22",
            CacheNodeType="cache.m6g.large",
            NumCacheNodes=1,
            CacheSubnetGroupName="data-caches",
            SecurityGroupIds=[group],
            AutoMinorVersionUpgrade=good(number),
            TransitEncryptionEnabled=good(number),
            Tags=tags(place, name, "ledger"),
        )
        elasticache.create_cache_cluster(
            CacheClusterId=f"data-single-{number:02}",
            Engine="redis",
            EngineVersion="6.2" if good(number) else "5.0.6",
            CacheNodeType="cache.m6g.large",
            NumCacheNodes=1,
            CacheSubnetGroupName="data-caches",
            SecurityGroupIds=[group],
            Tags=tags(place, name, "ledger"),
        )
        user = {"Passwords": ["made-up-for-the-example"]} if good(number) else {"NoPasswordRequired": True}
        elasticache.create_user(
            UserId=f"data-user-{number:02}",
            UserName=f"data-user-{number:02}",
            Engine="redis",
            AccessString="on ~* +@read",
            **user,
        )


def warehouses(place: Place, vpc: network.Vpc, group: str, key: str) -> None:
    redshift = place.client("redshift")
    redshift.create_cluster_subnet_group(
        ClusterSubnetGroupName="data-warehouses", Description="data subnets", SubnetIds=vpc.data
    )
    for number in range(EACH):
        name = f"data-warehouse-{number:02}"
        redshift.create_cluster_parameter_group(
            ParameterGroupName=name, ParameterGroupFamily="redshift-1.0", Description=name, Tags=tags(place, name, "data")
        )
        protected = {"KmsKeyId": key, "AutomatedSnapshotRetentionPeriod": 14}
        redshift.create_cluster(
            ClusterIdentifier=name,
            NodeType="ra3.xlplus",
            ClusterType="multi-node",
            NumberOfNodes=2,
            DBName="ledger",
            MasterUsername="keeper" if good(number) else "awsuser",
            MasterUserPassword="made-Up-for-the-example-1",
            ClusterSubnetGroupName="data-warehouses",
            ClusterParameterGroupName=name,
            VpcSecurityGroupIds=[group],
            PubliclyAccessible=not good(number),
            Encrypted=good(number),
            EnhancedVpcRouting=good(number),
            AllowVersionUpgrade=good(number),
            Tags=tags(place, name, "data", "confidential"),
            **(protected if good(number) else {}),
        )
    audit = "data-warehouse-audit"
    s3 = place.client("s3")
    s3.create_bucket(Bucket=audit, CreateBucketConfiguration={"LocationConstraint": place.region})
    redshift.enable_logging(ClusterIdentifier="data-warehouse-00", BucketName=audit)
    for name in ("data-warehouse-00", "data-warehouse-01"):
        redshift.create_cluster_snapshot(SnapshotIdentifier=f"{name}-before", ClusterIdentifier=name)


def search(place: Place, vpc: network.Vpc, group: str, key: str) -> None:
    opensearch = place.client("opensearch")
    for number in range(EACH):
        name = f"data-search-{number:02}"
        protected = {
            "VPCOptions": {"SubnetIds": vpc.data[:1], "SecurityGroupIds": [group]},
            "EncryptionAtRestOptions": {"Enabled": True, "KmsKeyId": key},
            "NodeToNodeEncryptionOptions": {"Enabled": True},
            "DomainEndpointOptions": {"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"},
            "AdvancedSecurityOptions": {"Enabled": True, "InternalUserDatabaseEnabled": False},
            "LogPublishingOptions": {
                "AUDIT_LOGS": {
                    "CloudWatchLogsLogGroupArn": place.arn("logs", f"log-group:/search/{name}"),
                    "Enabled": True,
                }
            },
        }
        careless = {
            "DomainEndpointOptions": {"EnforceHTTPS": False, "TLSSecurityPolicy": "Policy-Min-TLS-1-0-2019-07"},
            "EncryptionAtRestOptions": {"Enabled": False},
            "NodeToNodeEncryptionOptions": {"Enabled": False},
            "AdvancedSecurityOptions": {"Enabled": False},
        }
        who = place.account.root if good(number) else "*" if number == 1 else STRANGER
        opensearch.create_domain(
            DomainName=name,
            EngineVersion="OpenSearch_2.19" if good(number) else "OpenSearch_1.2",
            ClusterConfig={"InstanceType": "m6g.large.search", "InstanceCount": 2},
            AccessPolicies=policy(
                {"Principal": {"AWS": who}, "Action": "es:*", "Resource": place.arn("es", f"domain/{name}/*")}
            ),
            TagList=tags(place, name, "data"),
            **(protected if good(number) else careless),
        )


def streams(place: Place, key: str) -> None:
    kinesis = place.client("kinesis")
    for number in range(EACH):
        name = f"data-stream-{number:02}"
        kinesis.create_stream(StreamName=name, ShardCount=1, Tags=tag_map(place, name, "payments"))
        arn = place.arn("kinesis", f"stream/{name}")
        if good(number):
            kinesis.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId=key)
        else:
            who = {"AWS": STRANGER} if number == 1 else "*"
            kinesis.put_resource_policy(
                ResourceARN=arn, Policy=policy({"Principal": who, "Action": "kinesis:GetRecords", "Resource": arn})
            )


def queries(place: Place, key: str) -> None:
    athena = place.client("athena")
    for number in range(EACH):
        name = f"data-queries-{number:02}"
        results = {"OutputLocation": "s3://data-query-results/"}
        if good(number):
            results["EncryptionConfiguration"] = {"EncryptionOption": "SSE_KMS", "KmsKey": key}
        settings = {
            "ResultConfiguration": results,
            "EnforceWorkGroupConfiguration": good(number),
            "PublishCloudWatchMetricsEnabled": good(number),
        }
        if good(number):
            settings["BytesScannedCutoffPerQuery"] = 10 * 1024**3
        athena.create_work_group(Name=name, Configuration=settings, Tags=tags(place, name, "data"))


def jobs(place: Place, key: str) -> None:
    glue = place.client("glue")
    iam.role(place, "data-jobs", iam.trust_service("glue"))
    for number in range(2):
        sealed = {"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": key}
        glue.create_security_configuration(
            Name=f"data-sealed-{number:02}",
            EncryptionConfiguration={
                "S3Encryption": [sealed],
                "CloudWatchEncryption": {"CloudWatchEncryptionMode": "SSE-KMS", "KmsKeyArn": key}
                if good(number)
                else {"CloudWatchEncryptionMode": "DISABLED"},
                "JobBookmarksEncryption": {"JobBookmarksEncryptionMode": "CSE-KMS", "KmsKeyArn": key},
            },
        )
    for number in range(EACH):
        name = f"data-job-{number:02}"
        arguments = {"--TempDir": "s3://data-job-temporary/"}
        if not good(number):
            # Made up, and of the form that passwords have.
            arguments["--db_password"] = "kX7" + "qT2zV9" + "mB4w"
        glue.create_job(
            Name=name,
            Role=place.account.role("data-jobs"),
            Command={"Name": "glueetl", "ScriptLocation": f"s3://data-job-scripts/{name}.py"},
            DefaultArguments=arguments,
            GlueVersion="5.0" if good(number) else "1.0",
            Tags=tag_map(place, name, "data"),
            **({"SecurityConfiguration": "data-sealed-00"} if good(number) else {}),
        )
    glue.put_data_catalog_encryption_settings(
        DataCatalogEncryptionSettings={
            "EncryptionAtRest": {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": key},
            "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": False},
        }
    )
    glue.put_resource_policy(
        PolicyInJson=policy(
            {"Principal": {"AWS": STRANGER}, "Action": "glue:GetTables", "Resource": place.arn("glue", "*")}
        )
    )


def backups(place: Place, key: str) -> None:
    backup = place.client("backup")
    for number in range(EACH):
        name = f"data-vault-{number:02}"
        backup.create_backup_vault(
            BackupVaultName=name, EncryptionKeyArn=key, BackupVaultTags=tag_map(place, name, "platform")
        )
        if good(number):
            backup.put_backup_vault_lock_configuration(BackupVaultName=name, MinRetentionDays=7, MaxRetentionDays=365)
        rule = {
            "RuleName": "nightly",
            "TargetBackupVaultName": name,
            "ScheduleExpression": "cron(0 3 * * ? *)",
            "Lifecycle": {"DeleteAfterDays": 35 if good(number) else 1},
        }
        if good(number):
            far = f"arn:aws:backup:eu-central-1:{place.account.id}:backup-vault:far"
            rule["CopyActions"] = [{"DestinationBackupVaultArn": far}]
        backup.create_backup_plan(
            BackupPlan={"BackupPlanName": f"data-plan-{number:02}", "Rules": [rule]},
            BackupPlanTags=tag_map(place, name, "platform"),
        )


def databases_besides(place: Place, vpc: network.Vpc, group: str) -> None:
    """What stands around databases: proxies, subscriptions to their events, parameters of clusters, old engines."""
    rds = place.client("rds")
    iam.role(place, "data-proxy", iam.trust_service("rds"))
    topic = place.client("sns").create_topic(Name="data-database-events")["TopicArn"]
    rds.create_event_subscription(
        SubscriptionName="data-events",
        SnsTopicArn=topic,
        SourceType="db-instance",
        SourceIds=["data-ledger-00"],
        EventCategories=["failure"],
        Enabled=True,
    )
    subnets = databases.subnet_group(place, vpc, vpc.data)
    for number in range(2):
        name = f"data-ledger-{number:02}"
        databases.good_instance(place, name, vpc, subnets, "data-stores", None, "ledger")
    rds.create_db_cluster(
        DBClusterIdentifier="data-graph",
        Engine="neptune",
        MasterUsername="keeper",
        MasterUserPassword="made-up-for-the-example",
        StorageEncrypted=True,
        DeletionProtection=True,
        Tags=tags(place, "data-graph", "ledger"),
    )
    for number in range(2):
        name = f"data-cluster-{number:02}"
        rds.create_db_proxy(
            DBProxyName=f"data-proxy-{number:02}",
            EngineFamily="POSTGRESQL",
            Auth=[{"AuthScheme": "SECRETS", "SecretArn": place.arn("secretsmanager", "secret:data"), "IAMAuth": "REQUIRED"}],
            RoleArn=place.account.role("data-proxy"),
            VpcSubnetIds=vpc.data,
            VpcSecurityGroupIds=[group],
            RequireTLS=good(number),
        )
        rds.create_db_cluster_parameter_group(
            DBClusterParameterGroupName=name, DBParameterGroupFamily="aurora-postgresql15", Description=name
        )
        rds.modify_db_cluster_parameter_group(
            DBClusterParameterGroupName=name,
            Parameters=[
                {"ParameterName": "rds.force_ssl", "ParameterValue": "1" if good(number) else "0", "ApplyMethod": "immediate"}
            ],
        )
        rds.create_db_cluster(
            DBClusterIdentifier=name,
            Engine="aurora-postgresql",
            EngineVersion="16.4" if good(number) else "12.9",
            MasterUsername="keeper",
            MasterUserPassword="made-up-for-the-example",
            DBClusterParameterGroupName=name,
            StorageEncrypted=good(number),
            DeletionProtection=good(number),
            Tags=tags(place, name, "ledger"),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="builds the data services of the wide estate on a running emulator")
    parser.add_argument("--endpoint", required=True, help="the emulator, such as http://127.0.0.1:5055")
    asked = parser.parse_args()
    emulator = Emulator(asked.endpoint.rstrip("/"))
    emulator.start_afresh()
    place = Place(emulator, DATA, IRELAND)
    iam.audit_role(place)
    build(place)


if __name__ == "__main__":
    main()
