//! The settings to begin with. What is an example stands behind `#` without a blank, so that one letter switches it on.

use super::Found;

/// The text of `partywall.yaml`.
pub(super) fn settings(found: &Found) -> String {
    let mut parts = vec![HEAD, GATE, WAIVERS, SECRETS];
    if found.providers.contains("aws") || !found.has_code() {
        parts.push(CLOUD);
    }
    parts.join("\n")
}

const HEAD: &str = "\
# Settings of Partywall. Everything can be left out; an unknown key is refused.
# Each key is explained in docs/guide/settings.md.

# The name that reports show.
#organisation: Example Ltd
";

const GATE: &str = "\
# What stops a delivery: open failures of this severity and worse.
gate:
  fail_on: high
  # More undecided decisions stop it too.
  #max_unknown: 20
  # Other severities for some controls, layers or stages; the first rule that is about a failure counts.
  #rules:
  #  - { controls: [platform.data-encryption], fail_on: medium }
  #  - { stages: [reconnaissance], fail_on: never }
";

const WAIVERS: &str = "\
# Failures that are accepted for a time, in code and in what runs; beside the code, a comment does the same:
# partywall:allow <check> reason=\"…\" owner=… until=YYYY-MM-DD
#waivers:
#  - check: s3-bucket-public
#    asset: a-public-site
#    reason: it is the public site
#    owner: web-team
#    until: 2030-01-31
";

const SECRETS: &str = "\
# Secrets that may stay for a time, by the fingerprint that `partywall secrets` prints.
#secrets:
#  allow:
#    - fingerprint: 3f0c9a17d2b84e6590ab12cd34ef5678
#      reason: the key of a demo that was closed
#      owner: platform-team
#      until: 2030-01-31
";

const CLOUD: &str = "\
# Accounts of your own, and who answers for what.
#accounts:
#  \"111122223333\": { name: production, environment: production, owner: platform-team }
#owners:
#  network: network-team

# How sensitive assets are; the first rule that matches counts.
#sensitivity:
#  - { level: high, tag: { data-classification: [card, personal] } }
";

#[cfg(test)]
mod tests {
    use partywall_content::Settings;

    use super::*;

    #[test]
    fn what_is_written_and_what_may_be_switched_on_are_both_settings() {
        let content = crate::built_in().unwrap();
        let controls = content.control_ids();
        let everything = Found::default();
        let text = settings(&everything);
        let written = Settings::parse("partywall.yaml", &text, &controls).unwrap();
        assert!(written.gate.fail_on.is_some() && written.waivers.is_empty());
        let on: String = text
            .lines()
            .map(|line| {
                let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
                // One blank behind it, and it is prose.
                let example =
                    rest.strip_prefix('#').filter(|it| it.starts_with("  ") || !it.starts_with(' '));
                let rest = example.unwrap_or(rest);
                format!("{indent}{rest}\n")
            })
            .collect();
        let all =
            Settings::parse("partywall.yaml", &on, &controls).unwrap_or_else(|error| panic!("{error}\n{on}"));
        assert_eq!((all.waivers.len(), all.secrets.allow.len(), all.gate.rules.len()), (1, 1, 2));
        assert_eq!((all.accounts.len(), all.sensitivity.len()), (1, 1));
    }
}
