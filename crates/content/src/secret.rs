//! What a secret looks like: rules that find keys, tokens and passwords in text.
//!
//! One file for each provider under `secrets/`. A rule names the words by which a scanner finds where to look
//! (`keywords`), the pattern that decides, and the tests of structure that a match must pass (`validators`). Examples
//! are lists of parts that are joined, so that the files hold no whole token and no other scanner cries over them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use partywall_model::{ControlId, Fingerprint, KillChainStage, Severity};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};
use serde::{Deserialize, Serialize};

use crate::load::FileReader;
use crate::yaml::Located;

/// A match may be this many bytes away from its keyword.
const REACH_LIMIT: u32 = 32 << 10;
/// How far a match reaches from its keyword where the rule says nothing, in bytes.
const REACH: u32 = 384;

/// All rules about secrets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SecretRules {
    /// The rules, by id.
    pub rules: Vec<SecretRule>,
    /// What a secret never is, whatever the rule: patterns over the secret alone.
    pub placeholders: Vec<Box<str>>,
}

impl SecretRules {
    /// The rule with this id.
    pub fn rule(&self, id: &str) -> Option<&SecretRule> {
        self.rules.iter().find(|rule| *rule.id == *id)
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretRule {
    /// Its id; it shares the name space of checks.
    pub id: Box<str>,
    /// What is found.
    pub title: Box<str>,
    /// Who gave the secret out: the file's name.
    pub provider: Box<str>,
    /// The words near which a match stands, found whatever their case.
    pub keywords: Vec<Box<str>>,
    /// How it is recognised.
    pub matcher: SecretMatcher,
    /// How bad it is in the wrong hands.
    pub severity: Severity,
    /// Tests that the secret must pass.
    pub validators: Vec<SecretValidator>,
    /// The least bits of entropy for each character of the secret.
    pub entropy: Option<f32>,
    /// Patterns over the secret that are none.
    pub ignore: Vec<Box<str>>,
    /// The documented beginning; of it the first characters are shown. Without one nothing is.
    pub prefix: Option<Box<str>>,
    /// The control that a find falls under.
    pub control: ControlId,
    /// The stage of the kill chain that it serves.
    pub stage: KillChainStage,
    /// What one can do with it.
    pub why: Box<str>,
    /// What to do: revoke first.
    pub fix: Box<str>,
    /// The file of the rule.
    pub file: Box<str>,
}

/// How a secret is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretMatcher {
    /// By a pattern over bytes, whose group `secret` is the secret.
    Pattern {
        /// The pattern.
        pattern: Box<str>,
        /// A match begins at most so many bytes before a keyword; at the keyword where it is 0.
        before: u32,
        /// A match ends at most so many bytes after the keyword's beginning.
        reach: u32,
    },
    /// As the value that is given to a name like `password`, scored by its surroundings.
    Assignment,
}

/// A test of a secret's structure. What each asks is written where it is done, in the scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretValidator {
    /// The last six characters are the CRC-32 of those between the prefix and them, in base 62.
    Crc32Base62,
    /// The last eight are the CRC-32 of what stands before the last `_`, as little-endian hexadecimal.
    Crc32Hex,
    /// An AWS access key id whose base-32 part tells an account number.
    AwsKeyId,
    /// Three parts of base64url, the first two JSON objects, the first with `alg`.
    Jwt,
    /// A base64 body between PEM lines, of a plausible size.
    Pem,
    /// A PEM body that is encrypted under a passphrase.
    PemEncrypted,
    /// A PEM body that is not encrypted.
    PemPlain,
    /// Base64 with right padding.
    Base64,
    /// Base64 of 32 bytes.
    Base64Of32,
    /// Base64 of 64 bytes.
    Base64Of64,
    /// Base64 of `name:password`.
    Base64NamePassword,
    /// Base64 of text with an opening brace of JSON after the prefix.
    Base64Json,
    /// A macaroon of PyPI.
    PypiMacaroon,
    /// The Bech32 checksum.
    Bech32,
    /// The Base58Check checksum.
    Base58Check,
    /// A UUID with a version digit from 1 to 8.
    Uuid,
    /// At least one digit and one letter.
    LettersAndDigits,
    /// Lower-case and upper-case letters and digits.
    MixedCase,
    /// Begins with the number of a user, in base64.
    Base64Number,
}

/// A file under `secrets/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretFile {
    provider: Located<Box<str>>,
    #[serde(default = "usual_control")]
    control: Located<ControlId>,
    #[serde(default = "usual_stage")]
    stage: KillChainStage,
    #[serde(default)]
    why: Option<Box<str>>,
    #[serde(default)]
    fix: Option<Box<str>>,
    rules: Vec<Located<RuleFile>>,
}

/// `secrets/placeholders.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceholderFile {
    placeholders: Vec<Located<Box<str>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    id: Box<str>,
    title: Box<str>,
    severity: Severity,
    #[serde(default)]
    control: Option<ControlId>,
    keywords: Vec<Box<str>>,
    #[serde(default)]
    pattern: Option<Located<Box<str>>>,
    #[serde(default)]
    before: u32,
    #[serde(default = "usual_reach")]
    reach: u32,
    #[serde(default)]
    validators: Vec<SecretValidator>,
    #[serde(default)]
    entropy: Option<f32>,
    #[serde(default)]
    ignore: Vec<Located<Box<str>>>,
    #[serde(default)]
    prefix: Option<Box<str>>,
    #[serde(default)]
    why: Option<Box<str>>,
    #[serde(default)]
    fix: Option<Box<str>>,
    examples: Vec<Located<SecretExample>>,
}

/// A text that a rule finds something in, or does not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretExample {
    /// Whether the rule finds a secret.
    pub verdict: SecretVerdict,
    /// The file that the text stands in; `file.txt` where nothing is said.
    #[serde(default)]
    pub path: Option<Box<str>>,
    /// The parts of the text, which are joined.
    pub text: Vec<Box<str>>,
}

/// Whether a rule finds a secret in an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretVerdict {
    /// One secret.
    Match,
    /// None.
    NoMatch,
}

/// `secrets` of `partywall.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecretSettings {
    /// Secrets that are known and accepted for a time.
    pub allow: Vec<Located<AllowedSecret>>,
}

/// A secret that is known and accepted for a time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedSecret {
    /// Which one: what the scanner prints beside a find.
    pub fingerprint: Fingerprint,
    /// Why it may stay.
    pub reason: String,
    /// Who says so.
    pub owner: String,
    /// The last day on which it holds.
    pub until: Date,
}

impl SecretSettings {
    /// The first entry without a reason or an owner, or that names a secret a second time: its line, and what is wrong.
    pub(crate) fn mistake(&self) -> Option<(u32, String)> {
        let mut seen = BTreeMap::new();
        self.allow.iter().find_map(|Located { line, value }| {
            if value.reason.trim().is_empty() {
                return Some((*line, "an allowed secret needs a reason".to_owned()));
            }
            if value.owner.trim().is_empty() {
                return Some((*line, "an allowed secret needs an owner".to_owned()));
            }
            let earlier = seen.insert(value.fingerprint, *line)?;
            Some((*line, format!("this secret is allowed in line {earlier} already")))
        })
    }
}

fn usual_control() -> Located<ControlId> {
    Located { line: 1, value: ControlId::from("apps.coding-best-practices") }
}

fn usual_stage() -> KillChainStage {
    KillChainStage::InitialAttack
}

fn usual_reach() -> u32 {
    REACH
}

/// Reads a pattern the way the scanner does: over bytes, where classes are those of ASCII. It is not compiled: some
/// hundred patterns would make every start of a build seconds slower.
fn parse(pattern: &str) -> Result<Hir, String> {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).nest_limit(50).build();
    parser.parse(pattern).map_err(|error| error.to_string().replace('\n', " "))
}

fn has_group(hir: &Hir, name: &str) -> bool {
    match hir.kind() {
        HirKind::Capture(group) => group.name.as_deref() == Some(name) || has_group(&group.sub, name),
        HirKind::Repetition(repeated) => has_group(&repeated.sub, name),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().any(|part| has_group(part, name))
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

/// A rule with the examples that stand in its file.
pub(crate) type RuleWithExamples = (SecretRule, Vec<Located<SecretExample>>);

/// The rules of a file.
pub(crate) fn rules(
    reader: &mut FileReader<'_>,
    file: SecretFile,
    controls: &[ControlId],
) -> Vec<RuleWithExamples> {
    let provider = file.provider.value;
    if reader.path != format!("secrets/{provider}.yaml") {
        let message = format!("the file of provider `{provider}` must be `secrets/{provider}.yaml`");
        reader.problem(file.provider.line, message);
    }
    if !controls.contains(&file.control.value) {
        reader.problem(file.control.line, format!("there is no control `{}`", file.control.value));
    }
    let mut rules: Vec<RuleWithExamples> = Vec::new();
    for Located { line, value: written } in file.rules {
        if rules.iter().any(|(rule, _)| rule.id == written.id) {
            reader.problem(line, format!("there is a rule `{}` in this file already", written.id));
        }
        check(reader, line, &written, controls);
        let why = written.why.or_else(|| file.why.clone());
        let fix = written.fix.or_else(|| file.fix.clone());
        if why.is_none() || fix.is_none() {
            reader.problem(line, "a rule needs `why` and `fix`, of its own or of its file");
        }
        let matcher = match written.pattern {
            Some(pattern) => SecretMatcher::Pattern {
                pattern: pattern.value,
                before: written.before,
                reach: written.reach,
            },
            None => SecretMatcher::Assignment,
        };
        let rule = SecretRule {
            id: written.id,
            title: written.title,
            provider: provider.clone(),
            keywords: written.keywords,
            matcher,
            severity: written.severity,
            validators: written.validators,
            entropy: written.entropy,
            ignore: written.ignore.into_iter().map(|pattern| pattern.value).collect(),
            prefix: written.prefix,
            control: written.control.unwrap_or_else(|| file.control.value.clone()),
            stage: file.stage,
            why: why.unwrap_or_default(),
            fix: fix.unwrap_or_default(),
            file: reader.path.into(),
        };
        rules.push((rule, written.examples));
    }
    rules
}

/// The placeholders of a file, without those that are no patterns.
pub(crate) fn placeholders(reader: &mut FileReader<'_>, file: PlaceholderFile) -> Vec<Box<str>> {
    let mut kept = Vec::with_capacity(file.placeholders.len());
    for Located { line, value } in file.placeholders {
        match parse(&value) {
            Ok(_) => kept.push(value),
            Err(error) => reader.problem(line, told(&value, &error)),
        }
    }
    kept
}

fn check(reader: &mut FileReader<'_>, line: u32, rule: &RuleFile, controls: &[ControlId]) {
    let is_id = |id: &str| id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if rule.id.is_empty() || !is_id(&rule.id) {
        reader.problem(line, format!("`{}` is no id: lower-case letters, digits and `-`", rule.id));
    }
    if rule.keywords.is_empty() {
        reader.problem(line, "a rule needs a keyword: without one every byte would be tried");
    }
    for keyword in rule.keywords.iter().filter(|keyword| keyword.len() < 3 || !keyword.is_ascii()) {
        reader.problem(line, format!("the keyword `{keyword}` must be three or more letters of ASCII"));
    }
    if let Some(unknown) = rule.control.as_ref().filter(|control| !controls.contains(control)) {
        reader.problem(line, format!("there is no control `{unknown}`"));
    }
    if rule.reach < 16 || rule.reach > REACH_LIMIT || rule.before > REACH_LIMIT {
        reader
            .problem(line, format!("`reach` is from 16 to {REACH_LIMIT} bytes, `before` no more than that"));
    }
    if let Some(pattern) = &rule.pattern {
        match parse(&pattern.value) {
            Err(error) => reader.problem(pattern.line, told(&pattern.value, &error)),
            Ok(hir) if hir.properties().minimum_len() == Some(0) => {
                reader.problem(pattern.line, "the pattern matches nothing at all");
            }
            Ok(hir) if !has_group(&hir, "secret") => {
                reader.problem(pattern.line, "the pattern has no group `(?P<secret>…)`");
            }
            Ok(_) => {}
        }
    }
    for pattern in &rule.ignore {
        if let Err(error) = parse(&pattern.value) {
            reader.problem(pattern.line, told(&pattern.value, &error));
        }
    }
    for (verdict, word) in [(SecretVerdict::Match, "match"), (SecretVerdict::NoMatch, "no-match")] {
        if !rule.examples.iter().any(|example| example.value.verdict == verdict) {
            reader.problem(line, format!("there is no example whose verdict is `{word}`"));
        }
    }
}

fn told(pattern: &str, error: &str) -> String {
    format!("`{pattern}` is no pattern: {error}")
}

#[cfg(test)]
mod tests {
    use crate::Content;
    use crate::load::{Files, load};

    fn problems(rule: &str) -> Vec<String> {
        let text = format!(
            "provider: a\nwhy: w\nfix: f\nrules:\n  - {{ id: a-key, title: t, severity: high, {rule} }}\n"
        );
        let mut files = Files::default();
        files.0.insert("secrets/a.yaml".into(), text);
        let loaded = load(&files, Content::default());
        let told = loaded.problems.iter().map(ToString::to_string);
        told.filter(|problem| !problem.contains("no control `apps")).collect()
    }

    const EXAMPLES: &str = "examples: [{ verdict: match, text: [k] }, { verdict: no-match, text: [n] }]";

    #[test]
    fn a_whole_rule_is_accepted() {
        let rule = format!(r"keywords: [key_], pattern: '\b(?P<secret>key_[a-z]+)', {EXAMPLES}");
        assert_eq!(problems(&rule), Vec::<String>::new());
    }

    #[test]
    fn the_settings_allow_a_secret_with_reason_owner_and_day_alone() {
        let of = |entry: &str| {
            let text = format!("secrets:\n  allow:\n    - {{ {entry} }}\n");
            crate::Settings::parse("partywall.yaml", &text, &[]).map(|settings| settings.secrets.allow.len())
        };
        let print = "fingerprint: 0123456789abcdef0123456789abcdef";
        assert_eq!(of(&format!("{print}, reason: r, owner: o, until: 2027-01-01")), Ok(1));
        for (entry, words) in [
            (format!("{print}, reason: ' ', owner: o, until: 2027-01-01"), "needs a reason"),
            (format!("{print}, reason: r, owner: '', until: 2027-01-01"), "needs an owner"),
            (format!("{print}, reason: r, owner: o"), "until"),
            (format!("{print}, reason: r, owner: o, until: 2027-01-01, rule: x"), "unknown field `rule`"),
            ("fingerprint: 0123, reason: r, owner: o, until: 2027-01-01".to_owned(), "no fingerprint"),
        ] {
            let error = of(&entry).unwrap_err();
            assert!(error.message.contains(words) && error.line == 3, "{entry}: {error}");
        }
    }

    #[test]
    fn half_rules_are_refused_with_their_line() {
        let examples = EXAMPLES;
        for (rule, words) in [
            (format!("keywords: [], pattern: '(?P<secret>k)', {examples}"), "needs a keyword"),
            (format!("keywords: [k], pattern: '(?P<secret>k)', {examples}"), "three or more"),
            (format!("keywords: [key], pattern: '(?P<secret>k', {examples}"), "is no pattern"),
            (format!("keywords: [key], pattern: 'key', {examples}"), "no group"),
            (format!("keywords: [key], pattern: '(?P<secret>k?)', {examples}"), "nothing at all"),
            (format!("keywords: [key], reach: 70000, pattern: '(?P<secret>k)', {examples}"), "`reach`"),
            (
                format!("keywords: [key], control: a.b, pattern: '(?P<secret>k)', {examples}"),
                "no control `a.b`",
            ),
            (format!("keywords: [key], validators: [luck], pattern: '(?P<secret>k)', {examples}"), "luck"),
            ("keywords: [key], pattern: '(?P<secret>k)', examples: []".to_owned(), "verdict is `match`"),
        ] {
            let told = problems(&rule);
            assert!(told.iter().any(|problem| problem.contains(words)), "{rule}: {told:?}");
        }
    }
}
