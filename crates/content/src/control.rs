//! The controls of the responsibility model and the rules that say who holds them.

use std::collections::BTreeMap;

use partywall_expr::Program;
use partywall_model::{ControlId, Effect, Holder, KillChainStage, Kind, Layer, Node};
use serde::{Deserialize, Serialize};

use crate::source::SourceRef;
use crate::yaml::Located;

/// One of the 45 controls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// `<layer>.<words of its label>`.
    pub id: ControlId,
    /// Its layer.
    pub layer: Layer,
    /// The band of the model's diagram that it stands in.
    pub held_by_default: ControlBand,
    /// Its label.
    pub title: Box<str>,
    /// What it is, in one sentence.
    pub meaning: Box<str>,
    /// Whether the layer is not credible without it.
    pub essential: bool,
    /// Its weight within the layer.
    pub weight: u8,
    /// The kinds of assets that it is measured on.
    pub measured_on: Vec<Kind>,
    /// What can show it.
    pub sensors: Vec<Sensor>,
    /// Where in an attack it works, and how.
    pub killchain: Vec<KillChainCell>,
    /// Framework → requirement ids, derived from the framework files.
    #[serde(default)]
    pub related: BTreeMap<Box<str>, Vec<Box<str>>>,
}

/// The bands of the model's diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlBand {
    /// Held by the customer unless a line says otherwise.
    Customer,
    /// Held by the provider.
    Provider,
    /// People and process of the customer's organisation.
    Organisation,
}

/// What can show the state of a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensor {
    /// Checks over cloud configuration.
    Posture,
    /// Who can do what.
    Access,
    /// What can reach what.
    Reach,
    /// Attack paths.
    Paths,
    /// Host inventory and hardening.
    Hosts,
    /// Vulnerabilities and patches.
    Vulns,
    /// TLS, SSH and HTTP probes.
    Probe,
    /// Log analysis.
    Detect,
    /// Infrastructure as code.
    Iac,
    /// Secret scanning.
    Secrets,
    /// Training, reports, incidents.
    People,
    /// A person's signed word.
    Manual,
}

impl Sensor {
    /// The sensor's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Posture => "posture",
            Self::Access => "access",
            Self::Reach => "reach",
            Self::Paths => "paths",
            Self::Hosts => "hosts",
            Self::Vulns => "vulns",
            Self::Probe => "probe",
            Self::Detect => "detect",
            Self::Iac => "iac",
            Self::Secrets => "secrets",
            Self::People => "people",
            Self::Manual => "manual",
        }
    }
}

/// A cell of the defence matrix: a stage and what the control does there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KillChainCell {
    /// The stage.
    pub stage: KillChainStage,
    /// The effect.
    pub effect: Effect,
}

/// The kill chain as it is shown: five stages, and Lockheed's seven as a second view.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KillChain {
    /// The five stages.
    pub stages: Vec<StageMeaning>,
    /// What each effect means.
    pub effects: Vec<EffectMeaning>,
    /// Lockheed's stages.
    pub lockheed: Vec<LockheedStage>,
}

/// A stage in our own words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageMeaning {
    /// The stage.
    pub id: KillChainStage,
    /// Its title.
    pub title: Box<str>,
    /// What happens there.
    pub meaning: Box<str>,
    /// The stages of Lockheed's that it covers.
    pub lockheed: Vec<Box<str>>,
}

/// An effect in our own words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectMeaning {
    /// The effect.
    pub id: Effect,
    /// What it means.
    pub meaning: Box<str>,
}

/// One of Lockheed's seven stages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockheedStage {
    /// Its id.
    pub id: Box<str>,
    /// Its title.
    pub title: Box<str>,
}

/// Answers for a class of service, where no line of a service file answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Archetype {
    /// Its id.
    pub id: Box<str>,
    /// What class of service it is.
    pub meaning: Box<str>,
    /// Its lines; first match wins, and every control is answered.
    pub lines: Vec<LineRule>,
}

/// Who holds what for the kinds of one service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServiceLines {
    /// `<cloud>/<service>`.
    pub id: Box<str>,
    /// Kind → archetype.
    pub kinds: BTreeMap<Kind, Box<str>>,
    /// Lines that answer before the archetype; first match wins.
    pub lines: Vec<LineRule>,
}

/// A rule that says who holds controls, possibly under a condition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LineRule {
    /// Where it stands: `aws/lambda.yaml:12`.
    pub rule: Box<str>,
    /// The controls that it answers.
    pub controls: Vec<ControlId>,
    /// The kinds that it is about; empty: all of its file.
    pub kinds: Vec<Kind>,
    /// It answers only where this holds.
    pub when: Option<Program>,
    /// Who holds the controls.
    pub holder: Holder,
    /// The provider's part.
    pub provider_does: Box<str>,
    /// The customer's part.
    pub customer_does: Box<str>,
    /// What the customer must switch on.
    pub switch: Option<Switch>,
    /// Where it is said.
    pub source: SourceRef,
}

/// What the customer must switch on for a dependent line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Switch {
    /// Property path; empty where the switch is no property of the kind.
    pub property: Box<str>,
    /// Values that mean *on*, as JSON.
    #[serde(with = "json_nodes")]
    pub values: Vec<Node>,
    /// An expression that says whether it is on, where a comparison is not enough.
    pub on_when: Option<Program>,
    /// What to do, where it is no property of the kind.
    pub note: Box<str>,
}

/// Nodes as JSON text, because packed content has no self-describing values.
mod json_nodes {
    use partywall_model::Node;
    use serde::{Deserialize, Deserializer, Serializer, de, ser};

    pub(super) fn serialize<S: Serializer>(nodes: &[Node], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&serde_json::to_string(nodes).map_err(ser::Error::custom)?)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Node>, D::Error> {
        serde_json::from_str(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ControlsFile {
    pub(crate) controls: Vec<Located<Control>>,
}

/// Sources by name, so that one page is named once.
pub(crate) type Sources = BTreeMap<String, PageFile>;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageFile {
    pub(crate) url: Box<str>,
    pub(crate) as_of: Box<str>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArchetypesFile {
    #[serde(default)]
    pub(crate) sources: Sources,
    pub(crate) archetypes: Vec<ArchetypeFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArchetypeFile {
    pub(crate) id: Located<Box<str>>,
    pub(crate) meaning: Box<str>,
    pub(crate) lines: Vec<Located<LineFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceFile {
    pub(crate) service: Box<str>,
    #[serde(default)]
    pub(crate) sources: Sources,
    pub(crate) kinds: Vec<Located<Kind>>,
    #[serde(default)]
    pub(crate) archetype: Option<Located<Box<str>>>,
    #[serde(default)]
    pub(crate) archetypes: BTreeMap<Kind, Located<Box<str>>>,
    #[serde(default)]
    pub(crate) lines: Vec<Located<LineFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineFile {
    #[serde(default)]
    pub(crate) control: Option<Located<Box<str>>>,
    #[serde(default)]
    pub(crate) controls: Vec<Located<Box<str>>>,
    #[serde(default)]
    pub(crate) kinds: Vec<Located<Kind>>,
    #[serde(default)]
    pub(crate) when: Option<Located<String>>,
    pub(crate) holder: Holder,
    #[serde(default)]
    pub(crate) provider_does: Box<str>,
    #[serde(default)]
    pub(crate) customer_does: Box<str>,
    #[serde(default)]
    pub(crate) switch: Option<Located<SwitchFile>>,
    #[serde(default)]
    pub(crate) source: Option<Located<SourceFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchFile {
    #[serde(default)]
    pub(crate) property: Box<str>,
    #[serde(default)]
    pub(crate) value: Option<Node>,
    #[serde(default)]
    pub(crate) values: Vec<Node>,
    #[serde(default)]
    pub(crate) on_when: Option<Located<String>>,
    #[serde(default)]
    pub(crate) note: Box<str>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum SourceFile {
    Name(Box<str>),
    Page(PageFile),
}
