//! The IAM action that allows an operation. Mostly the service's prefix and the operation's own name; the exceptions
//! are those of the Service Authorization Reference.

use crate::table::Operation;

impl Operation {
    /// The action to grant so that this operation is answered, `s3:ListAllMyBuckets`.
    pub fn action(&self) -> String {
        action_of(self.service(), self.name())
    }
}

/// The action to grant for an operation named as in the table.
pub fn action_of(service: &str, operation: &str) -> String {
    if let Some((_, _, action)) = EXCEPTIONS.iter().find(|(s, o, _)| *s == service && *o == operation) {
        return (*action).to_owned();
    }
    let prefix = match service {
        // The control planes of both generations are authorised by the verb of HTTP.
        "apigateway" | "apigatewayv2" => return "apigateway:GET".to_owned(),
        // Of this service's operations on buckets, those on a bucket of an Outpost are another service's actions.
        "s3control" if operation.starts_with("GetBucket") || operation == "ListRegionalBuckets" => {
            "s3-outposts"
        }
        "s3control" => "s3",
        "accessanalyzer" => "access-analyzer",
        "efs" => "elasticfilesystem",
        "elb" | "elbv2" => "elasticloadbalancing",
        "opensearch" => "es",
        "sesv2" => "ses",
        other => other,
    };
    format!("{prefix}:{operation}")
}

const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("lambda", "GetLayerVersionByArn", "lambda:GetLayerVersion"),
    ("s3", "GetBucketAccelerateConfiguration", "s3:GetAccelerateConfiguration"),
    ("s3", "GetBucketAnalyticsConfiguration", "s3:GetAnalyticsConfiguration"),
    ("s3", "GetBucketCors", "s3:GetBucketCORS"),
    ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ("s3", "GetBucketIntelligentTieringConfiguration", "s3:GetIntelligentTieringConfiguration"),
    ("s3", "GetBucketInventoryConfiguration", "s3:GetInventoryConfiguration"),
    ("s3", "GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
    ("s3", "GetBucketMetadataConfiguration", "s3:GetBucketMetadataTableConfiguration"),
    ("s3", "GetBucketMetricsConfiguration", "s3:GetMetricsConfiguration"),
    ("s3", "GetBucketNotificationConfiguration", "s3:GetBucketNotification"),
    ("s3", "GetBucketReplication", "s3:GetReplicationConfiguration"),
    ("s3", "GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"),
    ("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3", "HeadBucket", "s3:ListBucket"),
    ("s3", "ListBucketAnalyticsConfigurations", "s3:GetAnalyticsConfiguration"),
    ("s3", "ListBucketIntelligentTieringConfigurations", "s3:GetIntelligentTieringConfiguration"),
    ("s3", "ListBucketInventoryConfigurations", "s3:GetInventoryConfiguration"),
    ("s3", "ListBucketMetricsConfigurations", "s3:GetMetricsConfiguration"),
    ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
    ("s3", "ListMultipartUploads", "s3:ListBucketMultipartUploads"),
    ("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_actions_are_named_like_their_operation() {
        for (service, operation, action) in [
            ("iam", "GetCredentialReport", "iam:GetCredentialReport"),
            ("ec2", "DescribeInstances", "ec2:DescribeInstances"),
            ("elbv2", "DescribeListeners", "elasticloadbalancing:DescribeListeners"),
            ("cloudwatch", "DescribeAlarms", "cloudwatch:DescribeAlarms"),
            ("s3", "GetBucketPolicyStatus", "s3:GetBucketPolicyStatus"),
            ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
            ("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
            ("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
            ("s3control", "ListAccessPoints", "s3:ListAccessPoints"),
            ("apigatewayv2", "GetApis", "apigateway:GET"),
            ("opensearch", "DescribeDomains", "es:DescribeDomains"),
        ] {
            assert_eq!(action_of(service, operation), action);
            let found = Operation::find(service, operation).expect("the operation is in the table");
            assert_eq!(found.action(), action);
        }
    }

    #[test]
    fn every_exception_is_an_operation_of_the_table() {
        for (service, operation, _) in EXCEPTIONS {
            assert!(Operation::find(service, operation).is_some(), "{service}:{operation}");
        }
    }
}
