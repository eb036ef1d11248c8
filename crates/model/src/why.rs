//! Why something is not known.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The reason that a value was not seen; it is carried to the last screen unchanged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Why {
    /// What kind of obstacle it was.
    pub kind: WhyKind,
    /// What was tried: the provider's operation (`s3:GetBucketPolicy`), or the construct in code (`var.acl`).
    pub operation: Box<str>,
    /// The provider's error code (`AccessDenied`); empty where there is none.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub code: Box<str>,
    /// What a person can do about it or what came back, in a few words; never holds a secret.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub message: Box<str>,
}

/// What stood between us and the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyKind {
    /// The provider denied the read.
    Refused,
    /// The provider kept throttling it until we gave up.
    Throttled,
    /// The service or region does not offer it, or it is not switched on.
    Unsupported,
    /// The read failed: connection, server error, malformed answer.
    Failed,
    /// Nobody tried: the kind or property is not collected, or the run was cut short.
    NotRead,
    /// It was read, but its form is not understood.
    Malformed,
    /// Code that cannot be decided before it is deployed.
    Undecided,
}

impl Why {
    /// The code of what the user left out knowingly: a region that was not named.
    pub const LEFT_OUT: &'static str = "LeftOut";

    /// A reason without code or message.
    pub fn new(kind: WhyKind, operation: impl Into<Box<str>>) -> Self {
        Self { kind, operation: operation.into(), code: "".into(), message: "".into() }
    }

    /// The same with the provider's error code.
    pub fn with_code(mut self, code: impl Into<Box<str>>) -> Self {
        self.code = code.into();
        self
    }

    /// The same with a message for a person.
    pub fn with_message(mut self, message: impl Into<Box<str>>) -> Self {
        self.message = message.into();
        self
    }

    /// Reads the short form that examples use: `s3:GetBucketPolicy AccessDenied`, `ec2:DescribeVpcs`.
    pub fn parse_short(text: &str) -> Self {
        let (operation, code) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let kind = if code.is_empty() { WhyKind::NotRead } else { WhyKind::Refused };
        Self::new(kind, operation).with_code(code)
    }
}

impl WhyKind {
    /// The word that people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::Unsupported => "unsupported",
            Self::Failed => "failed",
            Self::NotRead => "not read",
            Self::Malformed => "malformed",
            Self::Undecided => "undecided",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.operation, self.kind.word())?;
        if !self.code.is_empty() {
            write!(f, " ({})", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}
