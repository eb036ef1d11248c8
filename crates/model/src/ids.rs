//! Identifiers as types, so that an account cannot be passed where a region is meant.
//!
//! All are cheap to clone (shared text) and order by their text.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::asset::Provider;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text of the identifier.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }
    };
}

text_id! {
    /// The provider's own identifier of an asset: ARN, ARM id, Cloud Asset full name, `host:…`, URL.
    AssetId
}
text_id! {
    /// An account, subscription or project, by the provider's id.
    AccountId
}
text_id! {
    /// A region by the provider's name (`eu-west-1`); global services use the provider's `global`.
    Region
}
text_id! {
    /// The provider's published type: CloudFormation type, ARM type, Cloud Asset type.
    Kind
}
text_id! {
    /// A check, by its file's id (`s3-bucket-public`).
    CheckId
}
text_id! {
    /// A control, qualified by its layer (`hosts.patch-management`).
    ControlId
}
text_id! {
    /// A read operation as the provider's permissions spell it (`s3:GetBucketPolicy`).
    OperationName
}

impl Kind {
    /// The service part of a type: `S3` of `AWS::S3::Bucket`, `Account` of `AWS::::Account`, else what stands
    /// before the first slash.
    pub fn service(&self) -> &str {
        let mut parts = self.as_str().split("::");
        match (parts.next(), parts.next(), parts.next()) {
            (Some(_), Some(""), Some(kind)) => kind,
            (Some(_), Some(service), Some(_)) => service,
            _ => self.as_str().split('/').next().unwrap_or_else(|| self.as_str()),
        }
    }

    /// Whose type it is, by how its provider writes types: CloudFormation's, ARM's or Cloud Asset's; all else is the
    /// customer's own.
    pub fn provider(&self) -> Provider {
        let text = self.as_str();
        if text.starts_with("AWS::") {
            Provider::Aws
        } else if text.starts_with("Microsoft.") {
            Provider::Azure
        } else if text.contains(".googleapis.com/") {
            Provider::Gcp
        } else {
            Provider::Own
        }
    }
}

impl ControlId {
    /// The layer's word before the first dot, empty if there is none.
    pub fn layer_word(&self) -> &str {
        self.as_str().split_once('.').map_or("", |(layer, _)| layer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provider_of_a_kind_is_told_by_its_form() {
        assert_eq!(Kind::from("AWS::S3::Bucket").provider(), Provider::Aws);
        assert_eq!(Kind::from("Microsoft.Storage/storageAccounts").provider(), Provider::Azure);
        assert_eq!(Kind::from("storage.googleapis.com/Bucket").provider(), Provider::Gcp);
        assert_eq!(Kind::from("Kubernetes::core::Pod").provider(), Provider::Own);
    }

    #[test]
    fn service_of_a_kind_is_its_middle_part() {
        assert_eq!(Kind::from("AWS::S3::Bucket").service(), "S3");
        assert_eq!(Kind::from("AWS::::Account").service(), "Account");
        assert_eq!(Kind::from("Microsoft.Compute/virtualMachines").service(), "Microsoft.Compute");
        assert_eq!(Kind::from("Org").service(), "Org");
    }
}
