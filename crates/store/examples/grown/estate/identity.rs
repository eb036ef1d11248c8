//! The account itself, and who may do what in it.

use serde_json::{Value, json};

use super::{Grown, Share};
use crate::grower::{Grower, Place, Plant, Seedling, refused};

pub(crate) fn grow(grower: &mut Grower, place: &Place, share: Share) -> Grown {
    account(grower, place)?;
    let groups = share.of(10);
    for number in 0..groups {
        let name = format!("group-{number}");
        let policies = json!([{ "PolicyName": "read", "PolicyDocument": reader("shared-reports") }]);
        grower.add(place, Seedling {
            kind: "AWS::IAM::Group",
            id: place.arn("iam", format!("group/{name}")),
            properties: json!({ "Arn": place.arn("iam", format!("group/{name}")), "GroupName": name, "Path": "/", "ManagedPolicyArns": [], "Policies": policies }),
            identifier: name,
            relations: Vec::new(),
        })?;
    }
    for number in 0..share.of(50) {
        user(grower, place, number, number % groups)?;
    }
    for number in 0..share.of(40) {
        let name = format!("policy-{number}");
        let arn = place.arn("iam", format!("policy/{name}"));
        grower.add(place, Seedling {
            kind: "AWS::IAM::ManagedPolicy",
            id: arn.clone(),
            properties: json!({ "PolicyArn": arn, "ManagedPolicyName": name, "Path": "/", "PolicyDocument": reader(&format!("bucket-{number}")), "Observed": { "AttachmentCount": 1 } }),
            identifier: arn.clone(),
            relations: Vec::new(),
        })?;
    }
    for number in 0..share.of(200) {
        role(grower, place, number, share.of(40))?;
    }
    for number in 0..share.of(20) {
        let name = format!("profile-{number}");
        let role = format!("role-{number}");
        grower.add(place, Seedling {
            kind: "AWS::IAM::InstanceProfile",
            id: place.arn("iam", format!("instance-profile/{name}")),
            properties: json!({ "Arn": place.arn("iam", format!("instance-profile/{name}")), "InstanceProfileName": name, "Path": "/", "Roles": [role.clone()] }),
            identifier: name,
            relations: vec![("AWS::IAM::Role", role, "Roles")],
        })?;
    }
    Ok(())
}

fn account(grower: &mut Grower, place: &Place) -> Grown {
    let block = json!({ "BlockPublicAcls": false, "BlockPublicPolicy": false, "IgnorePublicAcls": false, "RestrictPublicBuckets": false });
    let mfa = i32::from(!grower.fault("account-root-without-mfa"));
    grower.add(place, Seedling {
        kind: "AWS::::Account",
        id: place.arn("iam", "root"),
        identifier: place.account.clone(),
        properties: json!({ "Observed": {
            "AccountAliases": [], "PublicAccessBlockConfiguration": block, "VirtualMFADevices": [],
            "AccountSummary": { "AccountMFAEnabled": mfa, "AccountAccessKeysPresent": 0, "Users": 50, "Roles": 200 },
            "PasswordPolicy": { "MinimumPasswordLength": 14, "RequireLowercaseCharacters": true, "RequireNumbers": true, "RequireSymbols": true, "RequireUppercaseCharacters": true, "PasswordReusePrevention": 24 },
        }}),
        relations: Vec::new(),
    })
}

fn user(grower: &mut Grower, place: &Place, number: usize, group: usize) -> Grown {
    let name = format!("user-{number}");
    let arn = place.arn("iam", format!("user/{name}"));
    let devices = match grower.plant("iam-user-password-without-mfa") {
        Plant::Good => {
            json!([{ "SerialNumber": place.arn("iam", format!("mfa/{name}")), "EnableDate": "2025-03-01T00:00:00Z" }])
        }
        Plant::Fault => json!([]),
        Plant::Unread => refused("iam:ListMFADevices"),
    };
    let made = match grower.plant("iam-user-access-key-old") {
        Plant::Good => {
            json!([{ "AccessKeyId": format!("AKIA{number:016}"), "Status": "Active", "CreateDate": "2026-10-01T00:00:00Z" }])
        }
        Plant::Fault => {
            json!([{ "AccessKeyId": format!("AKIA{number:016}"), "Status": "Active", "CreateDate": "2024-01-01T00:00:00Z" }])
        }
        Plant::Unread => refused("iam:ListAccessKeys"),
    };
    grower.add(place, Seedling {
        kind: "AWS::IAM::User",
        id: arn.clone(),
        identifier: name.clone(),
        properties: json!({
            "Arn": arn, "UserName": name, "Path": "/", "Groups": [format!("group-{group}")], "ManagedPolicyArns": [], "Policies": [],
            "LoginProfile": { "CreateDate": "2025-01-01T00:00:00Z", "PasswordResetRequired": false },
            "Observed": { "AccessKeys": made, "MFADevices": devices, "CreateDate": "2025-01-01T00:00:00Z" },
        }),
        relations: vec![("AWS::IAM::Group", format!("group-{group}"), "Groups")],
    })
}

fn role(grower: &mut Grower, place: &Place, number: usize, policies: usize) -> Grown {
    let name = format!("role-{number}");
    let arn = place.arn("iam", format!("role/{name}"));
    let trusted = if grower.fault("iam-role-assumable-by-anyone") {
        json!({ "AWS": "*" })
    } else {
        json!({ "Service": if number.is_multiple_of(2) { "ec2.amazonaws.com" } else { "lambda.amazonaws.com" } })
    };
    let attached = place.arn("iam", format!("policy/policy-{}", number % policies));
    grower.add(place, Seedling {
        kind: "AWS::IAM::Role",
        id: arn.clone(),
        identifier: name.clone(),
        properties: json!({
            "Arn": arn, "RoleName": name, "Path": "/", "MaxSessionDuration": 3600, "ManagedPolicyArns": [attached.clone()],
            "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole" }] },
            "Policies": [{ "PolicyName": "own", "PolicyDocument": reader(&format!("bucket-{number}")) }],
            "Observed": { "CreateDate": "2025-01-01T00:00:00Z", "RoleLastUsed": { "LastUsedDate": "2026-10-20T00:00:00Z" } },
        }),
        relations: vec![("AWS::IAM::ManagedPolicy", attached, "ManagedPolicyArns")],
    })
}

fn reader(bucket: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": format!("arn:aws:s3:::{bucket}/*") },
        { "Effect": "Allow", "Action": "s3:ListBucket", "Resource": format!("arn:aws:s3:::{bucket}") },
    ]})
}
