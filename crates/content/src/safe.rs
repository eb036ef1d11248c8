//! Repairs that a program may make: one value in the code of one resource.
//!
//! A repair is safe where nothing that runs stops or is replaced by it, nobody loses a way in, and nothing is deleted.

use serde::{Deserialize, Deserializer, Serialize};

/// A value to set in code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafeFix {
    /// The type of the resource as its language calls it: `aws_kms_key`, `AWS::KMS::Key`; the asset's kind for manifests.
    #[serde(rename = "in")]
    pub of: Box<str>,
    /// The argument or property, with dots between the names of blocks.
    pub set: Box<str>,
    /// The value.
    pub to: SafeValue,
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum SafeValue {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(Box<str>),
}

impl SafeValue {
    /// As HCL, JSON and YAML all write it.
    pub fn written(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Text(value) => format!("\"{value}\""),
        }
    }
}

impl SafeFix {
    /// What is wrong with it; nothing where it can be applied.
    pub(crate) fn mistake(&self) -> Option<String> {
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if !self.set.split('.').all(is_name) {
            return Some(format!("`{}` is no path: write names with dots between them", self.set));
        }
        match &self.to {
            SafeValue::Text(text)
                if text.contains(['"', '\\', '$', '%']) || text.contains(char::is_control) =>
            {
                Some("a safe value is plain: no quotation marks, no templates".to_owned())
            }
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for SafeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Ok(match Written::deserialize(deserializer)? {
                Written::Bool(value) => Self::Bool(value),
                Written::Int(value) => Self::Int(value),
                Written::Text(value) => Self::Text(value),
            })
        } else {
            Ok(match Packed::deserialize(deserializer)? {
                Packed::Bool(value) => Self::Bool(value),
                Packed::Int(value) => Self::Int(value),
                Packed::Text(value) => Self::Text(value),
            })
        }
    }
}

/// In YAML: the value itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Bool(bool),
    Int(i64),
    Text(Box<str>),
}

/// In the packed content: with its form before it.
#[derive(Deserialize)]
enum Packed {
    Bool(bool),
    Int(i64),
    Text(Box<str>),
}
