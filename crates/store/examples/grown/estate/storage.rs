//! Buckets, disks, copies of disks, images and keys.

use serde_json::{Value, json};

use super::{Grown, Share};
use crate::grower::{Grower, Place, Plant, Seedling, refused};

pub(crate) fn grow(grower: &mut Grower, place: &Place, share: Share) -> Grown {
    for number in 0..share.of(110) {
        bucket(grower, place, number)?;
    }
    for number in 0..share.of(160) {
        let id = format!("vol-{number:08x}");
        let encrypted = !grower.fault("ec2-volume-unencrypted");
        grower.add(place, Seedling {
            kind: "AWS::EC2::Volume",
            id: place.arn("ec2", format!("volume/{id}")),
            properties: json!({ "VolumeId": id, "Encrypted": encrypted, "Size": 100, "VolumeType": "gp3", "AvailabilityZone": format!("{}a", place.region), "Observed": { "State": "in-use", "Attachments": [] } }),
            identifier: id,
            relations: Vec::new(),
        })?;
    }
    for number in 0..share.of(110) {
        let id = format!("snap-{number:08x}");
        let permissions = match grower.plant("ec2-snapshot-public") {
            Plant::Good => json!([]),
            Plant::Fault => json!([{ "Group": "all" }]),
            Plant::Unread => refused("ec2:DescribeSnapshotAttribute"),
        };
        grower.add(place, Seedling {
            kind: "AWS::EC2::Snapshot",
            id: format!("arn:aws:ec2:{}::snapshot/{}-{id}", place.region, place.account),
            properties: json!({ "SnapshotId": id, "Encrypted": true, "VolumeId": format!("vol-{number:08x}"), "Description": "nightly", "Observed": { "State": "completed", "StartTime": "2026-10-30T00:00:00Z", "CreateVolumePermissions": permissions } }),
            identifier: id,
            relations: vec![("AWS::EC2::Volume", format!("vol-{number:08x}"), "VolumeId")],
        })?;
    }
    for number in 0..share.of(8) {
        let id = format!("ami-{number:08x}");
        grower.add(place, Seedling {
            kind: "AWS::EC2::Image",
            id: format!("arn:aws:ec2:{}::image/{}-{id}", place.region, place.account),
            properties: json!({ "ImageId": id, "Name": format!("base-{number}"), "Observed": { "Public": false, "State": "available", "CreationDate": "2026-09-01T00:00:00.000Z", "LaunchPermissions": [], "BlockDeviceMappings": [] } }),
            identifier: id,
            relations: Vec::new(),
        })?;
    }
    for number in 0..share.of(20) {
        key(grower, place, number)?;
    }
    Ok(())
}

fn bucket(grower: &mut Grower, place: &Place, number: usize) -> Grown {
    let name = format!("data-{}-{}-{number}", place.account, place.region);
    let arn = format!("arn:aws:s3:::{name}");
    let (open, policy) = match grower.plant("s3-bucket-public") {
        Plant::Good => (
            false,
            json!({ "Version": "2012-10-17", "Statement": [statement(&arn, &json!({ "AWS": place.arn("iam", "root").replace(&place.region, "") }))] }),
        ),
        Plant::Fault => {
            (true, json!({ "Version": "2012-10-17", "Statement": [statement(&arn, &json!("*"))] }))
        }
        Plant::Unread => (true, refused("s3:GetBucketPolicy")),
    };
    let block = json!({ "BlockPublicAcls": true, "BlockPublicPolicy": !open, "IgnorePublicAcls": true, "RestrictPublicBuckets": !open });
    let versioning = if grower.fault("s3-bucket-versioning-off") { "Suspended" } else { "Enabled" };
    grower.add(place, Seedling {
        kind: "AWS::S3::Bucket",
        id: arn.clone(),
        identifier: name.clone(),
        properties: json!({
            "Arn": arn, "BucketName": name, "PublicAccessBlockConfiguration": block,
            "BucketEncryption": { "ServerSideEncryptionConfiguration": [{ "BucketKeyEnabled": true, "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } }] },
            "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
            "VersioningConfiguration": { "Status": versioning },
            "Observed": { "Policy": policy, "Acl": { "Owner": { "ID": "0f1e" }, "Grants": [{ "Grantee": { "Type": "CanonicalUser", "ID": "0f1e" }, "Permission": "FULL_CONTROL" }] }, "CreationDate": "2025-01-01T00:00:00Z" },
        }),
        relations: Vec::new(),
    })
}

fn statement(arn: &str, principal: &Value) -> Value {
    json!({ "Sid": "Read", "Effect": "Allow", "Principal": principal, "Action": ["s3:GetObject"], "Resource": format!("{arn}/*") })
}

fn key(grower: &mut Grower, place: &Place, number: usize) -> Grown {
    let id = format!("{number:08x}-0000-4000-8000-000000000000");
    let arn = place.arn("kms", format!("key/{id}"));
    let rotated = match grower.plant("kms-key-rotation-off") {
        Plant::Good => json!(true),
        Plant::Fault => json!(false),
        Plant::Unread => refused("kms:GetKeyRotationStatus"),
    };
    grower.add(place, Seedling {
        kind: "AWS::KMS::Key",
        id: arn.clone(),
        identifier: id.clone(),
        properties: json!({
            "Arn": arn, "KeyId": id, "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "MultiRegion": false, "Enabled": true, "EnableKeyRotation": rotated,
            "KeyPolicy": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{}:root", place.account) }, "Action": "kms:*", "Resource": "*" }] },
            "Observed": { "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Origin": "AWS_KMS", "CreationDate": "2025-01-01T00:00:00Z" },
        }),
        relations: Vec::new(),
    })
}
