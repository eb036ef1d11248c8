//! Finds secrets in bytes.

use std::fmt;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use partywall_content::{ALLOW_MARK, SecretMatcher, SecretRule, SecretRules};
use partywall_model::{Confidence, Fingerprint, Severity};
use regex::bytes::{Regex, RegexSet, RegexSetBuilder};

use crate::allowance::Comment;
use crate::assignment::Assignments;
use crate::fault::ScannerError;
use crate::leak::fingerprint;
use crate::nature::FileNature;
use crate::rule::Rule;
use crate::validate::{entropy, passes, told};

/// Of a text, patterns look at no more than so many bytes for each of its own …
const EFFORT_PER_BYTE: usize = 64;
/// … and these besides. Keywords that stand close together make it more than once through the text.
const EFFORT: usize = 16 << 20;
/// More secrets than these are not noted of one text.
const MOST: usize = 10_000;

/// All rules, ready to be used on any number of texts, by any number of threads.
#[derive(Debug)]
pub struct Scanner {
    rules: Vec<Rule>,
    words: AhoCorasick,
    /// Which rules each keyword belongs to; the mark of comments belongs to none.
    owners: Vec<Vec<usize>>,
    placeholders: RegexSet,
    assignments: Assignments,
    watch: Option<Watch>,
}

/// Who is told of each text that was read.
struct Watch(Box<dyn Fn() + Send + Sync>);

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

/// What was found in a text.
#[derive(Debug, Default)]
pub struct Scan {
    /// Secrets, in their order.
    pub found: Vec<Found>,
    /// Why the text was not looked at to its end.
    pub gave_up: Option<Box<str>>,
    /// Comments that accept something, with their offsets.
    pub(crate) comments: Vec<(usize, Comment)>,
}

/// A secret in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The rule, by its place in [`Scanner::rule`].
    pub rule: usize,
    /// Bytes of the text.
    pub span: Range<usize>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One-way identity.
    pub fingerprint: Fingerprint,
    /// At most four characters of a documented prefix.
    pub preview: Box<str>,
    /// What may be told beside it.
    pub note: Option<Box<str>>,
}

impl Scanner {
    /// Makes a scanner of rules.
    ///
    /// # Errors
    /// Rules that did not come through [`partywall_content::load`].
    pub fn new(rules: &SecretRules) -> Result<Self, ScannerError> {
        let mut words: Vec<String> = vec![ALLOW_MARK.to_owned()];
        let mut owners: Vec<Vec<usize>> = vec![Vec::new()];
        for (index, rule) in rules.rules.iter().enumerate() {
            for keyword in &rule.keywords {
                let keyword = keyword.to_ascii_lowercase();
                let at = words.iter().position(|word| *word == keyword).unwrap_or_else(|| {
                    words.push(keyword);
                    owners.push(Vec::new());
                    words.len() - 1
                });
                if let Some(owners) = owners.get_mut(at)
                    && !owners.contains(&index)
                {
                    owners.push(index);
                }
            }
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&words)?;
        let patterns = rules.placeholders.iter().map(|pattern| &**pattern);
        Ok(Self {
            rules: rules.rules.iter().cloned().map(Rule::new).collect(),
            words: automaton,
            owners,
            placeholders: RegexSetBuilder::new(patterns).unicode(false).build()?,
            assignments: Assignments::new()?,
            watch: None,
        })
    }

    /// The same, and somebody is told of each text that a search has read: for progress.
    #[must_use]
    pub fn watched(self, watch: impl Fn() + Send + Sync + 'static) -> Self {
        Self { watch: Some(Watch(Box::new(watch))), ..self }
    }

    pub(crate) fn has_read_a_text(&self) {
        if let Some(Watch(watch)) = &self.watch {
            watch();
        }
    }

    /// The rule that found something.
    pub fn rule(&self, index: usize) -> Option<&SecretRule> {
        self.rules.get(index).map(|rule| &rule.content)
    }

    pub(crate) fn knows(&self, id: &str) -> bool {
        self.rules.iter().any(|rule| *rule.content.id == *id)
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Looks for secrets in a text. `path` says what kind of file it is; nothing is read from it.
    pub fn scan(&self, path: &str, text: &[u8]) -> Scan {
        let mut pass = Pass {
            scanner: self,
            text,
            nature: FileNature::of(path),
            effort: EFFORT + text.len().saturating_mul(EFFORT_PER_BYTE),
            covered: vec![0; self.rules.len()],
            scan: Scan::default(),
        };
        pass.run();
        let mut scan = pass.scan;
        scan.found = self.without_overlaps(scan.found);
        scan
    }

    /// Of finds that overlap one stays: the one that says more of what it is.
    fn without_overlaps(&self, mut found: Vec<Found>) -> Vec<Found> {
        found.sort_by_key(|found| (found.span.start, std::cmp::Reverse(found.span.end), found.rule));
        let mut kept: Vec<Found> = Vec::with_capacity(found.len());
        for next in found {
            match kept.last_mut() {
                Some(last) if next.span.start < last.span.end => {
                    if self.rank(&next) > self.rank(last) {
                        *last = next;
                    }
                }
                _ => kept.push(next),
            }
        }
        kept
    }

    fn rank(&self, found: &Found) -> (bool, Confidence, bool, usize, usize) {
        let Some(rule) = self.rule(found.rule) else { return (false, Confidence::Low, false, 0, 0) };
        let is_specific = rule.matcher != SecretMatcher::Assignment;
        let prefix = rule.prefix.as_ref().map_or(0, |prefix| prefix.len());
        (is_specific, found.confidence, prefix > 0, prefix, found.span.len())
    }

    fn is_placeholder(&self, secret: &[u8]) -> bool {
        self.placeholders.is_match(secret)
    }
}

/// One pass through one text.
struct Pass<'a> {
    scanner: &'a Scanner,
    text: &'a [u8],
    nature: FileNature,
    effort: usize,
    /// Up to where each rule has looked already.
    covered: Vec<usize>,
    scan: Scan,
}

impl Pass<'_> {
    fn run(&mut self) {
        let scanner = self.scanner;
        for hit in scanner.words.find_overlapping_iter(self.text) {
            if hit.pattern().as_usize() == 0 {
                let after = self.text.get(hit.end()..).unwrap_or_default();
                self.scan.comments.extend(Comment::parse(after).map(|comment| (hit.start(), comment)));
                continue;
            }
            for index in scanner.owners.get(hit.pattern().as_usize()).into_iter().flatten() {
                let Some(rule) = scanner.rules.get(*index) else { continue };
                match &rule.content.matcher {
                    SecretMatcher::Assignment => self.assignment(*index, rule, hit.start()..hit.end()),
                    SecretMatcher::Pattern { pattern, before, reach } => {
                        let bounded = pattern.starts_with(r"\b");
                        let window = Window { at: hit.start(), before: *before, reach: *reach, bounded };
                        self.pattern(*index, rule, window);
                    }
                }
                if self.scan.gave_up.is_some() {
                    return;
                }
            }
        }
    }

    fn pattern(&mut self, index: usize, rule: &Rule, window: Window) {
        if window.before == 0 && window.bounded && !self.begins_a_word(window.at) {
            return;
        }
        let pattern = match rule.pattern() {
            Ok(pattern) => pattern,
            Err(error) => {
                self.scan.gave_up = Some(format!("the pattern of `{}`: {error}", rule.content.id).into());
                return;
            }
        };
        let covered = self.covered.get(index).copied().unwrap_or(0);
        let start = window.at.saturating_sub(window.before as usize).max(covered);
        let mut end = window.at.saturating_add(window.reach as usize).min(self.text.len());
        if window.before == 0 && window.at < covered {
            return;
        }
        let mut found = self.captured(pattern, &window, start, end);
        if found.as_ref().is_some_and(|(whole, _)| whole.end == end) && end < self.text.len() {
            // The window cut it off: once more with twice the room, then it is too long to be one.
            end = end.saturating_add(window.reach as usize).min(self.text.len());
            found = self
                .captured(pattern, &window, start, end)
                .filter(|(whole, _)| whole.end < end || end == self.text.len());
        }
        let Some((whole, secret)) = found else { return };
        if let Some(covered) = self.covered.get_mut(index) {
            *covered = whole.end.min(secret.end);
        }
        self.judge(index, rule, secret);
    }

    /// The places of a match and of its secret.
    fn captured(
        &mut self,
        pattern: &Regex,
        window: &Window,
        start: usize,
        end: usize,
    ) -> Option<(Range<usize>, Range<usize>)> {
        match self.effort.checked_sub(end.saturating_sub(start)) {
            Some(left) => self.effort = left,
            None => {
                let message = "its keywords stand too close together; patterns were tried on part of it";
                self.scan.gave_up = Some(message.into());
                return None;
            }
        }
        let (text, from, base) = match window.before {
            0 => (self.text.get(start..end)?, 0, start),
            _ => (self.text.get(..end)?, start, 0),
        };
        // Most windows hold nothing, which is known sooner than where the groups are.
        let captures = pattern.captures_at(text, from)?;
        let (whole, secret) = (captures.get(0)?.range(), captures.name("secret")?.range());
        Some((whole.start + base..whole.end + base, secret.start + base..secret.end + base))
    }

    /// A word may also begin after an escape (`\n`, `%3D`).
    fn begins_a_word(&self, at: usize) -> bool {
        let back = |count: usize| at.checked_sub(count).and_then(|at| self.text.get(at)).copied();
        match back(1) {
            Some(last) if last.is_ascii_alphanumeric() || last == b'_' => {
                (matches!(last, b'n' | b'r' | b't') && back(2) == Some(b'\\'))
                    || (last.is_ascii_hexdigit()
                        && back(2).is_some_and(|byte| byte.is_ascii_hexdigit())
                        && back(3) == Some(b'%'))
            }
            _ => true,
        }
    }

    fn judge(&mut self, index: usize, rule: &Rule, span: Range<usize>) {
        let Some(secret) = self.text.get(span.clone()) else { return };
        let content = &rule.content;
        if content.entropy.is_some_and(|least| entropy(secret) < least) || self.scanner.is_placeholder(secret)
        {
            return;
        }
        match rule.ignores(secret) {
            Ok(false) => {}
            Ok(true) => return,
            Err(error) => {
                self.scan.gave_up = Some(format!("`ignore` of `{}`: {error}", content.id).into());
                return;
            }
        }
        let words = match std::str::from_utf8(secret) {
            Ok(words) => words,
            Err(_) if content.validators.is_empty() => "",
            Err(_) => return,
        };
        let prefix = content.prefix.as_deref().unwrap_or_default();
        if !content.validators.iter().all(|validator| passes(*validator, words, prefix)) {
            return;
        }
        let confidence = match content.validators.is_empty() && content.prefix.is_none() {
            true => Confidence::Medium,
            false => Confidence::High,
        };
        let note = told(&content.validators, words);
        self.note(Found {
            rule: index,
            severity: content.severity,
            confidence,
            fingerprint: fingerprint(content, secret),
            preview: rule.preview(secret.len()),
            note,
            span,
        });
    }

    fn assignment(&mut self, index: usize, rule: &Rule, word: Range<usize>) {
        let covered = self.covered.get(index).copied().unwrap_or(0);
        if word.start < covered {
            return;
        }
        let Some(assigned) = self.scanner.assignments.at(self.text, word, &self.nature) else { return };
        if let Some(covered) = self.covered.get_mut(index) {
            *covered = assigned.value.end;
        }
        let Some((severity, confidence)) = assigned.verdict() else { return };
        let Some(secret) = self.text.get(assigned.value.clone()) else { return };
        if self.scanner.is_placeholder(secret) || rule.ignores(secret).unwrap_or(false) {
            return;
        }
        self.note(Found {
            rule: index,
            severity: severity.min(rule.content.severity),
            confidence,
            fingerprint: fingerprint(&rule.content, secret),
            preview: rule.preview(secret.len()),
            note: None,
            span: assigned.value,
        });
    }

    fn note(&mut self, found: Found) {
        if self.scan.found.len() >= MOST {
            self.scan.gave_up =
                Some(format!("more than {MOST} secrets stand in it; the others are not noted").into());
            return;
        }
        self.scan.found.push(found);
    }
}

/// Where a pattern is tried.
struct Window {
    at: usize,
    before: u32,
    reach: u32,
    bounded: bool,
}
