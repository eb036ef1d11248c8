//! Secrets that are known and accepted for a time: by a comment beside them, or by the settings.

use jiff::civil::Date;

/// The words that a comment begins with.
pub(crate) const MARK: &str = "partywall:allow";

/// A secret is known and accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Who says so where.
    pub by: AllowedBy,
    /// Why.
    pub reason: Box<str>,
    /// Who answers for it.
    pub owner: Box<str>,
    /// The last day on which it holds.
    pub until: Date,
}

/// Where an acceptance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedBy {
    /// In a comment beside the secret.
    Comment,
    /// In `partywall.yaml`.
    Settings,
}

impl Acceptance {
    /// Whether it still holds on a day.
    pub fn holds(&self, today: Date) -> bool {
        today <= self.until
    }
}

/// A comment that accepts what a rule finds in its line or the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) rule: Box<str>,
    /// What it says, or what is wrong with it.
    pub(crate) says: Result<Acceptance, String>,
}

impl Comment {
    /// Reads what follows the mark. None where no rule is named: then it is prose.
    pub(crate) fn parse(after: &[u8]) -> Option<Self> {
        let line = after.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
        let line = String::from_utf8_lossy(line.get(..line.len().min(LONGEST)).unwrap_or_default());
        let (rule, rest) = word(line.trim_start());
        let is_id = |word: &str| {
            word.contains('-') && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        is_id(rule).then(|| Self { rule: rule.into(), says: acceptance(rest) })
    }
}

/// No more of a comment's line is read, in bytes.
const LONGEST: usize = 1024;

fn acceptance(mut rest: &str) -> Result<Acceptance, String> {
    let (mut reason, mut owner, mut until) = (None, None, None);
    loop {
        rest = rest.trim_start();
        let Some((key, after)) = rest.split_once('=') else { break };
        let (value, after) = value(after)?;
        match key {
            "reason" => reason = Some(value),
            "owner" => owner = Some(value),
            "until" => until = Some(value),
            _ => break,
        }
        rest = after;
    }
    let filled = |value: Option<&str>, key: &str| match value {
        Some(value) if !value.trim().is_empty() => Ok(Box::from(value)),
        _ => Err(format!("it has no `{key}=`")),
    };
    let (reason, owner): (Box<str>, Box<str>) = (filled(reason, "reason")?, filled(owner, "owner")?);
    let until: Box<str> = filled(until, "until")?;
    let until = until.parse().map_err(|_| "`until=` is no date like 2027-01-31".to_owned())?;
    Ok(Acceptance { by: AllowedBy::Comment, reason, owner, until })
}

fn value(text: &str) -> Result<(&str, &str), String> {
    match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or_else(|| "a quotation mark is not closed".to_owned()),
        None => Ok(word(text)),
    }
}

fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_comment_says_why_who_and_until_when() {
        let text = br#" github-token reason="a canary, it is meant to be found" owner=red-team until=2027-01-31 -->"#;
        let comment = Comment::parse(text).unwrap();
        assert_eq!(&*comment.rule, "github-token");
        let says = comment.says.unwrap();
        assert_eq!((&*says.reason, &*says.owner), ("a canary, it is meant to be found", "red-team"));
        assert!(says.holds("2027-01-31".parse().unwrap()) && !says.holds("2027-02-01".parse().unwrap()));
    }

    #[test]
    fn half_a_comment_says_what_is_missing() {
        for (text, words) in [
            ("a-key", "`reason=`"),
            ("a-key reason=x until=2027-01-01", "`owner=`"),
            ("a-key reason=x owner=y", "`until=`"),
            ("a-key reason=x owner=y until=soon", "no date"),
            ("a-key reason=\"x owner=y", "not closed"),
            ("a-key reason=\" \" owner=y until=2027-01-01", "`reason=`"),
        ] {
            let says = Comment::parse(text.as_bytes()).unwrap().says;
            assert!(says.as_ref().unwrap_err().contains(words), "{text}: {says:?}");
        }
        assert_eq!(Comment::parse(b" <check> is how it is written"), None);
    }
}
