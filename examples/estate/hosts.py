"""Hosts: instances, their interfaces, addresses, volumes, snapshots and images."""

from accounts import Place
from network import Vpc, tagged

# The start-up script of the public web application firewall host. The password is made up; it is
# here because start-up scripts of real hosts carry such things.
FIREWALL_START = """#!/bin/sh
# reverse proxy with ModSecurity in front of the card application site
export CARDS_DB_PASSWORD='Kestrel-Quay-58-made-up'
apt-get install -y apache2 libapache2-mod-security2
a2enmod proxy proxy_http security2
"""
# Stands for an image of the provider; the emulator does not ask whether it exists.
BASE_IMAGE = "ami-0b1a2c3d4e5f60718"
PLAIN_START = "#!/bin/sh\nsystemctl enable --now amazon-ssm-agent\n"


def instance(
    place: Place,
    vpc: Vpc,
    name: str,
    subnet: str,
    groups: list[str],
    owner: str,
    profile: str | None = None,
    metadata: str = "required",
    key: str | None = None,
    data: str | None = None,
    start: str = PLAIN_START,
    size: str = "t3.medium",
) -> str:
    """`metadata` is `required` (version 2 only) or `optional` (version 1 still answers).

    The root volume is encrypted with `key`, or not at all. Whether the host gets a public address is
    the subnet's choice.
    """
    root = {"VolumeSize": 20, "VolumeType": "gp3", "DeleteOnTermination": True, "Encrypted": key is not None}
    asked = {
        "ImageId": BASE_IMAGE,
        "InstanceType": size,
        "MinCount": 1,
        "MaxCount": 1,
        "UserData": start,
        "SubnetId": subnet,
        "SecurityGroupIds": [vpc.groups[group] for group in groups],
        "MetadataOptions": {
            "HttpTokens": metadata,
            "HttpPutResponseHopLimit": 1 if metadata == "required" else 2,
            "HttpEndpoint": "enabled",
        },
        "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": root | ({"KmsKeyId": key} if key else {})}],
        "TagSpecifications": tagged("instance", place, name, owner, data),
    }
    if profile:
        asked["IamInstanceProfile"] = {"Name": profile}
    return place.client("ec2").run_instances(**asked)["Instances"][0]["InstanceId"]


def elastic_address(
    place: Place, name: str, ip: str, instance_id: str | None = None, owner: str = "network"
) -> str:
    """`ip` is of a block for documentation; of itself the emulator would choose a loopback address."""
    ec2 = place.client("ec2")
    address = ec2.allocate_address(
        Domain="vpc", Address=ip, TagSpecifications=tagged("elastic-ip", place, name, owner)
    )
    if instance_id:
        ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=instance_id)
    return address["AllocationId"]


def interface(place: Place, vpc: Vpc, name: str, subnet: str, group: str) -> str:
    return place.client("ec2").create_network_interface(
        SubnetId=subnet,
        Groups=[vpc.groups[group]],
        Description=name,
        TagSpecifications=tagged("network-interface", place, name),
    )["NetworkInterface"]["NetworkInterfaceId"]


def volume(
    place: Place, name: str, owner: str, key: str | None = None, data: str | None = None, size: int = 100
) -> str:
    return place.client("ec2").create_volume(
        AvailabilityZone=f"{place.region}a",
        Size=size,
        VolumeType="gp3",
        Encrypted=key is not None,
        TagSpecifications=tagged("volume", place, name, owner, data),
        **({"KmsKeyId": key} if key else {}),
    )["VolumeId"]


def snapshot(place: Place, volume_id: str, name: str, owner: str, shared_with: str | None = None) -> str:
    """`shared_with` is `all` for everybody, or the number of one account."""
    ec2 = place.client("ec2")
    made = ec2.create_snapshot(
        VolumeId=volume_id, Description=name, TagSpecifications=tagged("snapshot", place, name, owner)
    )["SnapshotId"]
    if shared_with:
        whom = {"GroupNames": ["all"]} if shared_with == "all" else {"UserIds": [shared_with]}
        ec2.modify_snapshot_attribute(
            SnapshotId=made, Attribute="createVolumePermission", OperationType="add", **whom
        )
    return made


def image(place: Place, instance_id: str, name: str, public: bool = False) -> str:
    ec2 = place.client("ec2")
    made = ec2.create_image(
        InstanceId=instance_id, Name=name, Description=name, TagSpecifications=tagged("image", place, name, "hosts")
    )["ImageId"]
    if public:
        ec2.modify_image_attribute(ImageId=made, LaunchPermission={"Add": [{"Group": "all"}]})
    return made


def launch_template(place: Place, vpc: Vpc, name: str, group: str, metadata: str) -> str:
    return place.client("ec2").create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData={
            "ImageId": BASE_IMAGE,
            "InstanceType": "t3.medium",
            "SecurityGroupIds": [vpc.groups[group]],
            "MetadataOptions": {"HttpTokens": metadata, "HttpEndpoint": "enabled"},
        },
        TagSpecifications=tagged("launch-template", place, name, "hosts"),
    )["LaunchTemplate"]["LaunchTemplateId"]


def key_pair(place: Place, name: str) -> None:
    place.client("ec2").create_key_pair(KeyName=name, TagSpecifications=tagged("key-pair", place, name, "hosts"))
