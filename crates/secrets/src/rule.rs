//! A rule as the scanner uses it: its patterns are compiled when the first of its keywords is met.

use std::sync::OnceLock;

use partywall_content::{SecretMatcher, SecretRule};
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// A compiled pattern may take so many bytes.
const PATTERN_LIMIT: usize = 2 << 20;
/// So many characters of a documented prefix are shown.
const SHOWN: usize = 4;

/// A rule, and what was compiled of it.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) content: SecretRule,
    pattern: OnceLock<Result<Regex, String>>,
    ignore: OnceLock<Result<RegexSet, String>>,
}

impl Rule {
    pub(crate) fn new(content: SecretRule) -> Self {
        Self { content, pattern: OnceLock::new(), ignore: OnceLock::new() }
    }

    /// The pattern. Where matches begin at the keyword it is bound to the beginning of what it is given, so that a
    /// miss is known after a few bytes.
    pub(crate) fn pattern(&self) -> Result<&Regex, String> {
        let compile = || match &self.content.matcher {
            SecretMatcher::Pattern { pattern, before: 0, .. } => {
                compiled(&format!(r"\A(?:{pattern})")).map_err(|error| error.to_string())
            }
            SecretMatcher::Pattern { pattern, .. } => compiled(pattern).map_err(|error| error.to_string()),
            SecretMatcher::Assignment => Err("it has no pattern".to_owned()),
        };
        self.pattern.get_or_init(compile).as_ref().map_err(Clone::clone)
    }

    /// Whether the rule itself says that this is no secret.
    pub(crate) fn ignores(&self, secret: &[u8]) -> Result<bool, String> {
        if self.content.ignore.is_empty() {
            return Ok(false);
        }
        let compile = || {
            let patterns = self.content.ignore.iter().map(|pattern| &**pattern);
            RegexSetBuilder::new(patterns).unicode(false).build().map_err(|error| error.to_string())
        };
        let set = self.ignore.get_or_init(compile).as_ref().map_err(Clone::clone)?;
        Ok(set.is_match(secret))
    }

    /// What of a secret may be shown: at most the first four characters of the documented prefix.
    pub(crate) fn preview(&self, length: usize) -> Box<str> {
        match &self.content.prefix {
            Some(prefix) => {
                let shown: String = prefix.chars().take(SHOWN).collect();
                format!("{shown}… ({length} characters)").into()
            }
            None => "(not shown)".into(),
        }
    }
}

/// Compiles a pattern over bytes, where classes are those of ASCII.
pub(crate) fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).size_limit(PATTERN_LIMIT).build()
}
