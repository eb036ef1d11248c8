//! The words of the responsibility model: layers, holders, kill-chain stages.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The four layers of the responsibility model, and the organisation beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// Applications that the customer builds and runs.
    Apps,
    /// Machines and their operating systems.
    Hosts,
    /// Traffic and its boundaries.
    Network,
    /// Compute, storage, database and network services of the cloud.
    Platform,
    /// People and process.
    Org,
}

impl Layer {
    /// All layers in the order in which they are shown: where the customer carries most comes first.
    pub const ALL: [Self; 5] = [Self::Apps, Self::Hosts, Self::Network, Self::Platform, Self::Org];

    /// The layer's word, as in control ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Apps => "apps",
            Self::Hosts => "hosts",
            Self::Network => "network",
            Self::Platform => "platform",
            Self::Org => "org",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Who holds a control for one asset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// The cloud provider alone.
    Provider,
    /// The customer alone.
    Customer,
    /// Both, each with a part of their own.
    SharedIndependent,
    /// The provider offers it; the customer must switch it on or choose the mode.
    SharedDependent,
    /// Somebody the customer has delegated it to.
    ThirdParty(Box<str>),
    /// The control has no meaning for the asset.
    NotApplicable,
    /// Not decided; never taken for the provider.
    Unknown,
}

impl Holder {
    /// Whether the customer's side is measured on this line: customer, shared or unknown.
    pub fn is_in_scope(&self) -> bool {
        matches!(self, Self::Customer | Self::SharedIndependent | Self::SharedDependent | Self::Unknown)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider => f.write_str("provider"),
            Self::Customer => f.write_str("customer"),
            Self::SharedIndependent => f.write_str("shared (independent)"),
            Self::SharedDependent => f.write_str("shared (dependent)"),
            Self::ThirdParty(name) => write!(f, "third party ({name})"),
            Self::NotApplicable => f.write_str("not applicable"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// The five stages of the cyber kill chain in which gaps are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KillChainStage {
    /// Looking from outside.
    Reconnaissance,
    /// Getting in.
    InitialAttack,
    /// Staying in and steering.
    CommandAndControl,
    /// Looking and moving around inside.
    DiscoverAndSpread,
    /// Taking or destroying what it was about.
    ExtractAndExfiltrate,
}

impl KillChainStage {
    /// All stages, earliest first.
    pub const ALL: [Self; 5] = [
        Self::Reconnaissance,
        Self::InitialAttack,
        Self::CommandAndControl,
        Self::DiscoverAndSpread,
        Self::ExtractAndExfiltrate,
    ];

    /// The stage's id.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reconnaissance => "reconnaissance",
            Self::InitialAttack => "initial-attack",
            Self::CommandAndControl => "command-and-control",
            Self::DiscoverAndSpread => "discover-and-spread",
            Self::ExtractAndExfiltrate => "extract-and-exfiltrate",
        }
    }
}

impl fmt::Display for KillChainStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a control does to an attacker at a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Sees it.
    Detect,
    /// Prevents it.
    Deny,
    /// Limits how far it goes.
    Contain,
    /// Misleads.
    Deceive,
    /// Restores what was lost.
    Recover,
}

/// How much work a repair is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effort {
    /// Half a day.
    XS,
    /// A day.
    S,
    /// Three days.
    M,
    /// Eight days.
    L,
}

impl Effort {
    /// Working days.
    pub fn days(self) -> f64 {
        match self {
            Self::XS => 0.5,
            Self::S => 1.0,
            Self::M => 3.0,
            Self::L => 8.0,
        }
    }
}
