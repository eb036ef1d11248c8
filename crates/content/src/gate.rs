//! `gate:` of `partywall.yaml`: from which severity on a failure in code stops a delivery.

use partywall_model::{ControlId, KillChainStage, Severity};
use serde::Deserialize;

use crate::yaml::Located;

/// What stops a delivery.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GateSettings {
    /// The lowest severity that stops it, where no rule says otherwise.
    pub fail_on: Option<FailFrom>,
    /// More undecided decisions stop it.
    pub max_unknown: Option<usize>,
    /// Other severities for some controls and stages; the first rule that is about a failure counts.
    pub rules: Vec<Located<GateRule>>,
}

/// Another severity for some failures. Where both lists are given, both must match.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateRule {
    /// Controls or layers.
    #[serde(default)]
    pub controls: Vec<String>,
    /// Stages of the kill chain.
    #[serde(default)]
    pub stages: Vec<KillChainStage>,
    /// The lowest severity that stops a delivery.
    pub fail_on: FailFrom,
}

/// The lowest severity that counts, or that none does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailFrom {
    /// Critical alone.
    Critical,
    /// High and worse.
    High,
    /// Medium and worse.
    Medium,
    /// Low and worse.
    Low,
    /// Anything.
    Info,
    /// Nothing.
    Never,
}

impl FailFrom {
    /// Whether a failure so bad counts.
    pub fn covers(self, severity: Severity) -> bool {
        let lowest = match self {
            Self::Critical => Severity::Critical,
            Self::High => Severity::High,
            Self::Medium => Severity::Medium,
            Self::Low => Severity::Low,
            Self::Info => Severity::Info,
            Self::Never => return false,
        };
        severity >= lowest
    }
}

impl GateSettings {
    /// From which severity on a failure of a control at a stage stops a delivery, if a rule is about it.
    pub fn rule(&self, control: &ControlId, stage: KillChainStage) -> Option<FailFrom> {
        let rules = self.rules.iter().map(|rule| &rule.value);
        rules.clone().find(|rule| rule.is_about(control, stage)).map(|rule| rule.fail_on)
    }

    /// The first rule that is about nothing, or names what is not there: its line, and what is wrong.
    pub(crate) fn mistake(&self, is_known: impl Fn(&str) -> bool) -> Option<(u32, String)> {
        self.rules.iter().find_map(|Located { line, value }| {
            if value.controls.is_empty() && value.stages.is_empty() {
                return Some((
                    *line,
                    "name the `controls` or the `stages` that the rule is about".to_owned(),
                ));
            }
            let unknown = value.controls.iter().find(|word| !is_known(word))?;
            Some((*line, format!("`controls` names `{unknown}`, which is neither a control nor a layer")))
        })
    }
}

impl GateRule {
    fn is_about(&self, control: &ControlId, stage: KillChainStage) -> bool {
        let is_named = |word: &String| word == control.as_str() || word == control.layer_word();
        (self.controls.is_empty() || self.controls.iter().any(is_named))
            && (self.stages.is_empty() || self.stages.contains(&stage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn the_first_rule_about_a_failure_counts() {
        let settings: GateSettings = yaml::from_str(
            "fail_on: critical\nmax_unknown: 3\nrules:\n\
             - { controls: [platform.data-encryption], stages: [initial-attack], fail_on: info }\n\
             - { controls: [platform], fail_on: low }\n\
             - { stages: [initial-attack], fail_on: never }\n",
        )
        .unwrap();
        assert_eq!((settings.fail_on, settings.max_unknown), (Some(FailFrom::Critical), Some(3)));
        for (control, stage, expected) in [
            ("platform.data-encryption", KillChainStage::InitialAttack, Some(FailFrom::Info)),
            ("platform.data-encryption", KillChainStage::ExtractAndExfiltrate, Some(FailFrom::Low)),
            ("network.traffic-encryption", KillChainStage::InitialAttack, Some(FailFrom::Never)),
            ("network.traffic-encryption", KillChainStage::Reconnaissance, None),
        ] {
            assert_eq!(settings.rule(&control.into(), stage), expected, "{control} {stage:?}");
        }
        assert!(FailFrom::Low.covers(Severity::Low) && !FailFrom::Low.covers(Severity::Info));
        assert!(!FailFrom::Never.covers(Severity::Critical));
    }
}
