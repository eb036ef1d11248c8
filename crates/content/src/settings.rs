//! `partywall.yaml`: what a user tells Partywall about their organisation. Everything can be left out.

use std::collections::BTreeMap;

use jiff::civil::Date;
use partywall_model::{
    AccountId, Asset, CheckId, ControlId, Environment, Fingerprint, Provider, Sensitivity, Severity,
};
use serde::Deserialize;

use crate::gate::GateSettings;
use crate::personal::PersonalData;
use crate::secret::SecretSettings;
use crate::yaml::{self, Located};

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The organisation's name, shown in reports.
    pub organisation: Option<String>,
    /// Accounts of the organisation's own, by id.
    pub accounts: BTreeMap<AccountId, AccountSettings>,
    /// Accounts of others that are trusted on purpose: id → who they are.
    pub trusted: BTreeMap<AccountId, String>,
    /// Who answers for a control: control id or layer → owner. The longest match counts.
    pub owners: BTreeMap<String, String>,
    /// How sensitive assets are; the first rule that matches counts.
    pub sensitivity: Vec<LabelRule>,
    /// How stores of personal data are told, and what has to be known of them.
    pub personal_data: PersonalData,
    /// How many days a failure may stay open.
    pub sla: SlaDays,
    /// Controls that somebody else looks after until a date.
    pub overlays: Vec<Located<Delegation>>,
    /// Failures that are accepted for a time.
    pub waivers: Vec<Located<Waiver>>,
    /// What a scan for secrets may find.
    pub secrets: SecretSettings,
    /// What stops a delivery.
    pub gate: GateSettings,
    /// Documents by which providers prove their side.
    pub assurances: Vec<Located<Assurance>>,
    /// How many days evidence stays fresh.
    pub valid_for: ValidFor,
    /// More content folders, read after the built-in content.
    pub content: Vec<String>,
    /// Where history is kept.
    pub store: Option<String>,
    /// Which runs stay in the history.
    pub retention: Retention,
    /// Whether assessments run by themselves (a gate or a schedule); level 3 asks for it.
    pub continuous: bool,
    /// The last day on which each control was exercised: a drill, a replay, a canary.
    pub exercises: BTreeMap<ControlId, Date>,
}

/// What is known of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSettings {
    /// The name that people use.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub environment: Environment,
    /// Who answers for it.
    #[serde(default)]
    pub owner: Option<String>,
    /// How sensitive its assets are, where no rule says more.
    #[serde(default)]
    pub sensitivity: Option<Sensitivity>,
}

/// A rule that labels assets. All conditions that are given must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelRule {
    /// The label.
    pub level: Sensitivity,
    /// A tag and the values that match; any value where the list is empty.
    #[serde(default)]
    pub tag: BTreeMap<String, Vec<String>>,
    /// A text that the name contains.
    #[serde(default)]
    pub name_contains: Option<String>,
    /// The kind.
    #[serde(default)]
    pub kind: Option<String>,
    /// The account.
    #[serde(default)]
    pub account: Option<AccountId>,
}

/// Days that a failure may stay open, by severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SlaDays {
    /// Critical failures.
    pub critical: u32,
    /// High failures.
    pub high: u32,
    /// Medium failures.
    pub medium: u32,
}

impl Default for SlaDays {
    fn default() -> Self {
        Self { critical: 7, high: 30, medium: 90 }
    }
}

impl SlaDays {
    /// Days for a severity; none where there is no limit.
    pub fn days(&self, severity: Severity) -> Option<u32> {
        match severity {
            Severity::Critical => Some(self.critical),
            Severity::High => Some(self.high),
            Severity::Medium => Some(self.medium),
            Severity::Low | Severity::Info => None,
        }
    }
}

/// Days for which evidence stays fresh, by where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValidFor {
    /// Cloud configuration.
    pub cloud: u32,
    /// Hosts.
    pub host: u32,
    /// A person's word.
    pub attested: u32,
}

impl Default for ValidFor {
    fn default() -> Self {
        Self { cloud: 7, host: 30, attested: 180 }
    }
}

/// A control that somebody else looks after.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// The control.
    pub control: ControlId,
    /// Who: a vendor or managed-service provider.
    pub to: String,
    /// The last day on which it holds.
    pub until: Date,
    /// Only in these accounts; all where empty.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
    /// Only for these kinds; all where empty.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// What they do.
    #[serde(default)]
    pub does: String,
}

/// A failure that is accepted for a time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The check.
    pub check: CheckId,
    /// One finding.
    #[serde(default, deserialize_with = "fingerprint")]
    pub fingerprint: Option<Fingerprint>,
    /// Or one asset by id or name.
    #[serde(default)]
    pub asset: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who accepts it.
    pub owner: String,
    /// The last day on which it holds.
    pub until: Date,
}

/// A document by which a provider proves its side: a report of an auditor, for a period.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assurance {
    /// Whose side.
    pub provider: Provider,
    /// What it is called: `SOC 2 Type II`.
    pub report: String,
    /// The days that the auditor looked at.
    pub period: Period,
    /// The last day on which it may be relied on.
    pub expires: Date,
    /// Where you keep it: a path, an address or a reference. It is shown and never opened.
    #[serde(default)]
    pub document: Option<String>,
    /// Only for these controls or layers; for all that the provider holds where empty.
    #[serde(default)]
    pub controls: Vec<String>,
}

impl Assurance {
    /// Whether the document speaks of a control.
    pub fn is_about(&self, control: &ControlId) -> bool {
        self.controls.is_empty()
            || self.controls.iter().any(|word| word == control.as_str() || word == control.layer_word())
    }
}

/// A span of days, both ends in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// Which runs stay in the history: a run stays if one of the rules keeps it. Without a rule all stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Those of so many days.
    pub days: Option<u32>,
    /// The newest so many over each set of accounts.
    pub runs: Option<u32>,
}

fn fingerprint<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Fingerprint>, D::Error> {
    Option::<Fingerprint>::deserialize(deserializer)
}

/// Why `partywall.yaml` is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct SettingsError {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Settings {
    /// Reads the file's text. `controls` are the known control ids; a delegation or owner that names
    /// another is refused.
    pub fn parse(file: &str, text: &str, controls: &[ControlId]) -> Result<Self, SettingsError> {
        let refuse = |line: u32, message: String| SettingsError { file: file.to_owned(), line, message };
        let settings: Self = if text.trim().is_empty() {
            Self::default()
        } else {
            yaml::from_str(text).map_err(|error| refuse(error.line, error.message))?
        };
        for overlay in &settings.overlays {
            if !controls.contains(&overlay.value.control) {
                let message = format!("there is no control `{}`", overlay.value.control);
                return Err(refuse(overlay.line, message));
            }
        }
        for waiver in &settings.waivers {
            let message = match &waiver.value {
                Waiver { fingerprint: None, asset: None, .. } => "name a `fingerprint` or an `asset`",
                Waiver { reason, .. } if reason.trim().is_empty() => "a waiver needs a reason",
                Waiver { owner, .. } if owner.trim().is_empty() => "a waiver needs an owner",
                _ => continue,
            };
            return Err(refuse(waiver.line, message.to_owned()));
        }
        if let Some((line, message)) = settings.secrets.mistake() {
            return Err(refuse(line, message));
        }
        let is_layer = |word: &str| controls.iter().any(|control| control.layer_word() == word);
        let is_control = |word: &str| controls.iter().any(|control| control.as_str() == word);
        if let Some((line, message)) = settings.gate.mistake(|word| is_layer(word) || is_control(word)) {
            return Err(refuse(line, message));
        }
        for assurance in &settings.assurances {
            let Assurance { report, period, expires, controls, .. } = &assurance.value;
            let unknown = controls.iter().find(|word| !is_layer(word) && !is_control(word));
            let message = if let Some(unknown) = unknown {
                format!("`controls` names `{unknown}`, which is neither a control nor a layer")
            } else if report.trim().is_empty() {
                "say what the report is called".to_owned()
            } else if period.from > period.to {
                format!("the period ends on {}, before it begins on {}", period.to, period.from)
            } else if *expires < period.to {
                format!("the report expires on {expires}, before its period ends on {}", period.to)
            } else {
                continue;
            };
            return Err(refuse(assurance.line, message));
        }
        if let Some(unknown) = settings
            .owners
            .keys()
            .find(|key| !is_layer(key) && !controls.iter().any(|c| c.as_str() == key.as_str()))
        {
            return Err(refuse(
                1,
                format!("`owners` names `{unknown}`, which is neither a control nor a layer"),
            ));
        }
        Ok(settings)
    }

    /// What an account is for.
    pub fn environment(&self, account: Option<&AccountId>) -> Environment {
        account
            .and_then(|id| self.accounts.get(id))
            .map(|account| account.environment.clone())
            .unwrap_or_default()
    }

    /// Who answers for a control: its own owner, else its layer's.
    pub fn owner(&self, control: &ControlId) -> Option<&str> {
        self.owners
            .get(control.as_str())
            .or_else(|| self.owners.get(control.layer_word()))
            .map(String::as_str)
    }

    /// How sensitive an asset is, and whether that was said (true) or assumed (false). The root of an
    /// account is always high.
    pub fn sensitivity(&self, asset: &Asset) -> (Sensitivity, bool) {
        if asset.kind == *"AWS::::Account" {
            return (Sensitivity::High, true);
        }
        if let Some(rule) = self.sensitivity.iter().find(|rule| rule.matches(asset)) {
            return (rule.level, true);
        }
        let account = asset.account.as_ref().and_then(|id| self.accounts.get(id));
        match account.and_then(|account| account.sensitivity) {
            Some(level) => (level, true),
            None => (Sensitivity::default(), false),
        }
    }
}

impl LabelRule {
    fn matches(&self, asset: &Asset) -> bool {
        let tag_matches = |(name, values): (&String, &Vec<String>)| {
            asset.tags.iter().any(|(key, value)| {
                key.eq_ignore_ascii_case(name)
                    && (values.is_empty() || values.iter().any(|wanted| value.eq_ignore_ascii_case(wanted)))
            })
        };
        self.tag.iter().all(tag_matches)
            && self.name_contains.as_ref().is_none_or(|part| asset.label().contains(part.as_str()))
            && self.kind.as_ref().is_none_or(|kind| asset.kind == *kind.as_str())
            && self.account.as_ref().is_none_or(|account| asset.account.as_ref() == Some(account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTROLS: [&str; 2] = ["hosts.patch-management", "org.awareness-training"];

    fn parse(text: &str) -> Result<Settings, SettingsError> {
        Settings::parse("partywall.yaml", text, &CONTROLS.map(ControlId::from))
    }

    #[test]
    fn an_empty_file_is_fine() {
        assert_eq!(parse("").unwrap().sla, SlaDays { critical: 7, high: 30, medium: 90 });
    }

    #[test]
    fn unknown_keys_controls_and_half_waivers_are_refused_with_their_line() {
        for (text, line, words) in [
            ("colour: red\n", 1, "unknown field `colour`"),
            ("overlays:\n  - control: hosts.nothing\n    to: x\n    until: 2027-01-01\n", 2, "no control"),
            ("waivers:\n  - { check: a, reason: r, owner: o, until: 2027-01-01 }\n", 2, "`asset`"),
            ("owners: { nobody: x }\n", 1, "neither a control nor a layer"),
            ("sla:\n  critical: soon\n", 2, "expected u32"),
            ("gate:\n  rules:\n    - { fail_on: low }\n", 3, "`controls` or the `stages`"),
            (
                "gate:\n  rules:\n    - { controls: [hosts.nothing], fail_on: low }\n",
                3,
                "neither a control nor a layer",
            ),
            ("gate: { fail_at: low }\n", 1, "unknown field `fail_at`"),
            ("gate: { fail_on: bad }\n", 1, "`never`"),
            (
                "assurances:\n  - { provider: aws, report: r, period: { from: 2026-01-01, to: 2025-01-01 }, expires: 2027-01-01 }\n",
                2,
                "before it begins",
            ),
            (
                "assurances:\n  - { provider: aws, report: r, period: { from: 2025-01-01, to: 2026-01-01 }, expires: 2025-06-01 }\n",
                2,
                "before its period ends",
            ),
            (
                "assurances:\n  - { provider: aws, report: r, period: { from: 2025-01-01, to: 2026-01-01 }, expires: 2027-01-01, controls: [hosts.nothing] }\n",
                2,
                "neither a control nor a layer",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.message.contains(words), "{text}: {error}");
            assert_eq!(error.line, line, "{text}: {error}");
        }
    }

    #[test]
    fn the_first_matching_rule_says_how_sensitive_an_asset_is() {
        let settings = parse(
            "sensitivity:\n  - { level: high, tag: { data-classification: [card] } }\n  - { level: low, kind: AWS::S3::Bucket }\n",
        )
        .unwrap();
        let mut bucket = Asset::new(partywall_model::Provider::Aws, "AWS::S3::Bucket", "arn:aws:s3:::x");
        assert_eq!(settings.sensitivity(&bucket), (Sensitivity::Low, true));
        bucket.tags.insert("Data-Classification".into(), "Card".into());
        assert_eq!(settings.sensitivity(&bucket), (Sensitivity::High, true));
        let root = Asset::new(partywall_model::Provider::Aws, "AWS::::Account", "x");
        assert_eq!(settings.sensitivity(&root), (Sensitivity::High, true));
    }

    #[test]
    fn a_layer_owner_answers_for_its_controls() {
        let settings = parse("owners: { hosts: team-a }\n").unwrap();
        assert_eq!(settings.owner(&"hosts.patch-management".into()), Some("team-a"));
        assert_eq!(settings.owner(&"org.awareness-training".into()), None);
    }
}
