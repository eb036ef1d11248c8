"""Containers, scaling, builds, notebooks, fleet management and the organisation of the wide estate.

Good and bad take turns, as in `wide.py`. What the emulator does not know is left out: webhooks and
source credentials of build projects, managed instances and the compliance of their patches, and the
setting for the public sharing of documents.
"""

import base64
import json

import identity
from accounts import Account, Place, policy, tag_map, tags
from network import ANYWHERE, Vpc, build_vpc, security_group, tagged

OWNER = "platform"
OTHER_ACCOUNT = "999988887777"
# Made up; it is here because such things stand in real definitions.
MADE_UP_SECRET = "Kestrel-Quay-58-made-up"
EACH = 4
# The roles that are made, and who may assume them.
SERVICES = {"tasks": "ecs-tasks", "clusters": "eks", "nodes": "ec2", "builds": "codebuild", "notebooks": "sagemaker"}


def build(place: Place) -> None:
    vpc = build_vpc(place, "compute", 60)
    security_group(place, vpc, "compute", "Of containers and groups", [])
    for role, service in SERVICES.items():
        identity.role(place, f"compute-{role}", identity.trust_service(service))
    identity.role(place, "compute-any", identity.trust_service("ecs-tasks"), attached=("AdministratorAccess",))
    containers(place, vpc)
    kubernetes(place, vpc)
    registries(place)
    templates(place, vpc)
    groups(place, vpc)
    transit(place, vpc)
    builds(place)
    notebooks(place, vpc)
    fleet(place)
    scanners(place)
    organisation(place)


def containers(place: Place, vpc: Vpc) -> None:
    ecs = place.client("ecs")
    for number in range(EACH):
        name, fine = f"compute-{number}", good(number)
        ecs.create_cluster(
            clusterName=name,
            settings=[{"name": "containerInsights", "value": "enabled" if fine else "disabled"}],
            configuration={"executeCommandConfiguration": {"logging": "DEFAULT" if fine else "NONE"}},
            tags=lower(place, name),
        )
        ecs.register_task_definition(
            family=name,
            requiresCompatibilities=["FARGATE" if fine else "EC2"],
            networkMode="awsvpc" if fine else "host",
            cpu="256",
            memory="512",
            taskRoleArn=place.account.role("compute-tasks" if fine else "compute-any"),
            executionRoleArn=place.account.role("compute-tasks"),
            containerDefinitions=[container(fine)],
            volumes=[
                {
                    "name": "shared",
                    "efsVolumeConfiguration": {
                        "fileSystemId": "fs-0123456789abcdef0",
                        "transitEncryption": "ENABLED" if fine else "DISABLED",
                        "authorizationConfig": {"iam": "ENABLED" if fine else "DISABLED"},
                    },
                }
            ]
            + ([] if fine else [{"name": "socket", "host": {"sourcePath": "/var/run/docker.sock"}}]),
            tags=lower(place, name),
            **({} if fine else {"pidMode": "host"}),
        )
        ecs.create_service(
            cluster=name,
            serviceName=name,
            taskDefinition=name,
            desiredCount=1,
            launchType="FARGATE" if fine else "EC2",
            enableExecuteCommand=True,
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": vpc.private if fine else vpc.public,
                    "securityGroups": [vpc.groups["compute"]],
                    "assignPublicIp": "DISABLED" if fine else "ENABLED",
                }
            },
            tags=lower(place, name),
            **({"platformVersion": "LATEST"} if fine else {}),
        )


def container(fine: bool) -> dict:
    shared = {"name": "app", "image": "app:1", "memory": 256, "essential": True}
    if not fine:
        return shared | {
            "image": "app:latest",
            "privileged": True,
            "linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}},
            "environment": [{"name": "DB_PASSWORD", "value": MADE_UP_SECRET}],
        }
    return shared | {
        "user": "1000",
        "readonlyRootFilesystem": True,
        "environment": [{"name": "STAGE", "value": "wide"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/wide/00"}},
    }


def kubernetes(place: Place, vpc: Vpc) -> None:
    eks = place.client("eks")
    for number in range(2):
        name, fine = f"compute-{number}", good(number)
        own_key = {"resources": ["secrets"], "provider": {"keyArn": place.arn("kms", "key/compute")}}
        eks.create_cluster(
            name=name,
            version="1.35" if fine else "1.29",
            roleArn=place.account.role("compute-clusters"),
            resourcesVpcConfig={
                "subnetIds": vpc.private,
                "endpointPublicAccess": not fine,
                "endpointPrivateAccess": True,
                "publicAccessCidrs": [] if fine else [ANYWHERE],
            },
            logging={"clusterLogging": [{"types": ["api", "audit", "authenticator"], "enabled": fine}]},
            encryptionConfig=[own_key] if fine else [],
            tags=tag_map(place, name, OWNER),
        )
        eks.create_nodegroup(
            clusterName=name,
            nodegroupName="workers",
            subnets=vpc.private,
            nodeRole=place.account.role("compute-nodes"),
            amiType="AL2023_x86_64_STANDARD" if fine else "AL2_x86_64",
            version="1.35" if fine else "1.29",
            tags=tag_map(place, "workers", OWNER),
            # Without groups of its own the key lets everyone try.
            remoteAccess={"ec2SshKey": "compute"} | ({"sourceSecurityGroups": [vpc.groups["compute"]]} if fine else {}),
        )
        eks.create_fargate_profile(
            fargateProfileName="batch",
            clusterName=name,
            podExecutionRoleArn=place.account.role("compute-tasks"),
            subnets=vpc.private,
            selectors=[{"namespace": "batch"}],
            tags=tag_map(place, "batch", OWNER),
        )


def registries(place: Place) -> None:
    ecr = place.client("ecr")
    for number in range(EACH):
        name, fine = f"compute-{number}", good(number)
        ecr.create_repository(
            repositoryName=name,
            imageTagMutability="IMMUTABLE" if fine else "MUTABLE",
            imageScanningConfiguration={"scanOnPush": fine},
            tags=tags(place, name, OWNER),
        )
        if fine:
            untagged = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 10}
            rule = {"rulePriority": 1, "selection": untagged, "action": {"type": "expire"}}
            ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rules": [rule]}))
            continue
        reader = "*" if number == 1 else {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}
        pull = {"Principal": reader, "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}
        ecr.set_repository_policy(repositoryName=name, policyText=policy(pull))
    scanned = [{"filter": f"compute-{number}", "filterType": "WILDCARD"} for number in range(EACH) if good(number)]
    ecr.put_registry_scanning_configuration(
        scanType="BASIC", rules=[{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": scanned}]
    )


def templates(place: Place, vpc: Vpc) -> None:
    ec2 = place.client("ec2")
    for number in range(EACH):
        name, fine = f"compute-{number}", good(number)
        ec2.create_launch_template(
            LaunchTemplateName=name,
            LaunchTemplateData={
                "ImageId": "ami-0b1a2c3d4e5f60718",
                "InstanceType": "t3.medium",
                "MetadataOptions": {"HttpTokens": "required" if fine else "optional", "HttpEndpoint": "enabled"},
                "NetworkInterfaces": [
                    {"DeviceIndex": 0, "AssociatePublicIpAddress": not fine, "Groups": [vpc.groups["compute"]]}
                ],
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "Encrypted": fine}}],
                "UserData": encoded(start_script(fine)),
            },
            TagSpecifications=tagged("launch-template", place, name, OWNER),
        )


def groups(place: Place, vpc: Vpc) -> None:
    scaling = place.client("autoscaling")
    made = place.client("elbv2").create_target_group(
        Name="compute", Protocol="HTTPS", Port=443, VpcId=vpc.id, TargetType="instance"
    )
    targets = made["TargetGroups"][0]["TargetGroupArn"]
    for number in range(EACH):
        name, fine = f"compute-{number}", good(number)
        scaling.create_launch_configuration(
            LaunchConfigurationName=name,
            ImageId="ami-0b1a2c3d4e5f60718",
            InstanceType="t3.medium",
            SecurityGroups=[vpc.groups["compute"]],
            AssociatePublicIpAddress=not fine,
            UserData=start_script(fine),
            **({"MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"}} if fine else {}),
        )
        chosen = {"LaunchConfigurationName": name}
        if fine:
            chosen = {"LaunchTemplate": {"LaunchTemplateName": name, "Version": "$Default"}, "MaxInstanceLifetime": 2592000}
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=name,
            MinSize=0,
            MaxSize=2,
            DesiredCapacity=1,
            VPCZoneIdentifier=",".join(vpc.private if fine else vpc.private[:1]),
            HealthCheckType="ELB" if fine else "EC2",
            TargetGroupARNs=[targets],
            Tags=[one | {"PropagateAtLaunch": True} for one in tags(place, name, OWNER)],
            **chosen,
        )
        if not fine:
            scaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=["ReplaceUnhealthy"])


def transit(place: Place, vpc: Vpc) -> None:
    ec2 = place.client("ec2")
    ec2.create_vpc_peering_connection(
        VpcId=vpc.id, PeerVpcId=build_vpc(place, "compute-peer", 61, nat=False).id,
        TagSpecifications=tagged("vpc-peering-connection", place, "compute"),
    )
    partner = Place(place.emulator, Account("partner", OTHER_ACCOUNT), place.region)
    ec2.create_vpc_peering_connection(
        VpcId=vpc.id, PeerVpcId=build_vpc(partner, "partner", 62, nat=False).id, PeerOwnerId=OTHER_ACCOUNT,
    )
    for number in range(2):
        name, fine = f"compute-{number}", good(number)
        ec2.create_transit_gateway(
            Description=name,
            Options={
                "AutoAcceptSharedAttachments": "disable" if fine else "enable",
                "DefaultRouteTableAssociation": "disable" if fine else "enable",
                "DefaultRouteTablePropagation": "disable" if fine else "enable",
            },
            TagSpecifications=tagged("transit-gateway", place, name),
        )
        ec2.create_managed_prefix_list(
            PrefixListName=name,
            AddressFamily="IPv4",
            MaxEntries=5,
            Entries=[{"Cidr": "198.51.100.0/24" if fine else ANYWHERE, "Description": name}],
            TagSpecifications=tagged("prefix-list", place, name),
        )


def builds(place: Place) -> None:
    client = place.client("codebuild")
    for number in range(EACH):
        name, fine = f"compute-{number}", good(number)
        client.create_project(
            name=name,
            source={"type": "S3", "location": "lanternbridge-wide-00/source.zip"},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "privilegedMode": not fine,
                "environmentVariables": [
                    {"name": "STAGE", "value": "wide", "type": "PLAINTEXT"}
                    if fine
                    else {"name": "REGISTRY_PASSWORD", "value": MADE_UP_SECRET, "type": "PLAINTEXT"}
                ],
            },
            serviceRole=place.account.role("compute-builds" if fine else "compute-any"),
            logsConfig={"cloudWatchLogs": {"status": "ENABLED" if fine else "DISABLED"}, "s3Logs": {"status": "DISABLED"}},
            tags=lower(place, name),
        )


def notebooks(place: Place, vpc: Vpc) -> None:
    sagemaker = place.client("sagemaker")
    role = place.account.role("compute-notebooks")
    for number in range(EACH):
        name, fine = f"compute-{number}", good(number)
        sagemaker.create_notebook_instance(
            NotebookInstanceName=name,
            InstanceType="ml.t3.medium",
            RoleArn=role if fine else place.account.role("compute-any"),
            SubnetId=vpc.private[0],
            SecurityGroupIds=[vpc.groups["compute"]],
            DirectInternetAccess="Disabled" if fine else "Enabled",
            RootAccess="Disabled" if fine else "Enabled",
            Tags=tags(place, name, OWNER),
            **({"KmsKeyId": place.arn("kms", "key/compute")} if fine else {}),
        )
        sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=role,
            PrimaryContainer={"Image": "app:1", "Environment": {"STAGE": "wide"} if fine else {"API_TOKEN": MADE_UP_SECRET}},
            Tags=tags(place, name, OWNER),
            **({"VpcConfig": {"SecurityGroupIds": [vpc.groups["compute"]], "Subnets": vpc.private}} if fine else {}),
        )
        variant = {"VariantName": "main", "ModelName": name, "InstanceType": "ml.t2.medium", "InitialInstanceCount": 1}
        variant["EnableSSMAccess"] = not fine
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    for number in range(2):
        sagemaker.create_domain(
            DomainName=f"compute-{number}",
            AuthMode="IAM",
            DefaultUserSettings={"ExecutionRole": role},
            SubnetIds=vpc.private,
            VpcId=vpc.id,
            AppNetworkAccessType="VpcOnly" if good(number) else "PublicInternetOnly",
        )


def fleet(place: Place) -> None:
    ssm = place.client("ssm")
    for number in range(EACH):
        name, fine = f"compute-{number}", good(number)
        step = {"action": "aws:runShellScript", "name": "run", "inputs": {"runCommand": ["true"]}}
        ssm.create_document(
            Name=name,
            Content=json.dumps({"schemaVersion": "2.2", "description": name, "mainSteps": [step]}),
            DocumentType="Command",
            DocumentFormat="JSON",
            Tags=tags(place, name, OWNER),
        )
        if not fine:
            readers = ["all"] if number == 1 else [OTHER_ACCOUNT]
            ssm.modify_document_permission(Name=name, PermissionType="Share", AccountIdsToAdd=readers)
        kind = "SecureString" if fine else "String"
        ssm.put_parameter(Name=f"/compute/{number}/password", Value=MADE_UP_SECRET, Type=kind)


def scanners(place: Place) -> None:
    place.client("inspector2").enable(accountIds=[place.account.id], resourceTypes=["EC2", "LAMBDA"])


def organisation(place: Place) -> None:
    organizations = place.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.create_organizational_unit(ParentId=root, Name="workloads")
    organizations.create_account(Email="wide@lanternbridge.example", AccountName="wide-member")
    deny = {"Effect": "Deny", "Action": ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], "Resource": "*"}
    made = organizations.create_policy(
        Name="keep-trails", Description="Keeps trails on", Type="SERVICE_CONTROL_POLICY", Content=policy(deny)
    )
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=root)


def lower(place: Place, name: str) -> list[dict[str, str]]:
    """Tags as the container and build services spell them."""
    return [{"key": key, "value": value} for key, value in tag_map(place, name, OWNER).items()]


def start_script(fine: bool) -> str:
    return "#!/bin/sh\ntrue\n" if fine else f"#!/bin/sh\nexport DB_PASSWORD='{MADE_UP_SECRET}'\n"


def encoded(text: str) -> str:
    """As the API takes it in a template; for instances boto3 does it itself."""
    return base64.b64encode(text.encode()).decode()


def good(number: int) -> bool:
    return number % 2 == 0
