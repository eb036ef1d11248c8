//! Acceptances beside what they accept: `partywall:allow <what> reason="…" owner=… until=YYYY-MM-DD`.
//!
//! The words stand in a comment of whatever language, on the line that is meant or on the one before it. Checks of code
//! and rules for secrets are accepted in the same form. All three of reason, owner and last day are needed: an
//! acceptance that nobody owns or that never ends is none.

use jiff::civil::Date;

/// What begins one.
pub const ALLOW_MARK: &str = "partywall:allow";

/// No more of a comment is read, in bytes.
const LONGEST: usize = 1024;

/// How one is written, for messages.
const FORM: &str = "write `partywall:allow <check> reason=\"…\" owner=… until=YYYY-MM-DD`";

/// What is accepted, why, by whom and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The check, or the rule for secrets.
    pub what: Box<str>,
    /// Why.
    pub reason: Box<str>,
    /// Who answers for it.
    pub owner: Box<str>,
    /// The last day on which it holds.
    pub until: Date,
}

/// Words that were meant to accept something, and do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowMistake {
    /// The check or the rule; none where no id stands, so that it may be prose about acceptances.
    pub what: Option<Box<str>>,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Allow {
    /// Reads what follows the mark, to the end of its line.
    ///
    /// # Errors
    /// What is missing or not understood.
    pub fn parse(after: &str) -> Result<Self, AllowMistake> {
        let line = after.lines().next().unwrap_or_default();
        let end = line.char_indices().map(|(at, letter)| at + letter.len_utf8());
        let end = end.take_while(|end| *end <= LONGEST).last().unwrap_or(0);
        let mut rest = line.get(..end).unwrap_or_default().trim_start();
        let what = word(&mut rest);
        if !is_id(what) {
            return Err(AllowMistake { what: None, message: format!("the check is missing; {FORM}") });
        }
        let wrong = |message: String| AllowMistake { what: Some(what.into()), message };
        let (mut reason, mut owner, mut until) = (None, None, None);
        while let Some((name, value)) = pair(&mut rest).map_err(wrong)? {
            match name {
                "reason" => reason = Some(value),
                "owner" => owner = Some(value),
                "until" => until = Some(value),
                other => return Err(wrong(format!("`{other}` is not known; {FORM}"))),
            }
        }
        let needed = |value: Option<&str>, name: &str| match value {
            Some(value) if !value.trim().is_empty() => Ok(Box::<str>::from(value)),
            _ => Err(wrong(format!("`{name}` is missing; {FORM}"))),
        };
        let (reason, owner) = (needed(reason, "reason")?, needed(owner, "owner")?);
        let until = needed(until, "until")?;
        let until =
            until.parse().map_err(|_| wrong(format!("`{until}` is no date; write until=YYYY-MM-DD")))?;
        Ok(Self { what: what.into(), reason, owner, until })
    }

    /// Whether it still holds on a day.
    pub fn holds(&self, today: Date) -> bool {
        today <= self.until
    }
}

/// Ids of checks and rules are words joined by hyphens.
fn is_id(word: &str) -> bool {
    word.contains('-') && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The next word, without what closes a comment.
fn word<'t>(rest: &mut &'t str) -> &'t str {
    let (word, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
    *rest = after.trim_start();
    ["*/", "-->"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word)
}

/// `name=value` or `name="value with spaces"`; anything else ends the list.
fn pair<'t>(rest: &mut &'t str) -> Result<Option<(&'t str, &'t str)>, String> {
    let Some((name, after)) = rest.split_once('=') else { return Ok(None) };
    if name.is_empty()
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    {
        return Ok(None);
    }
    match after.strip_prefix('"') {
        Some(quoted) => {
            let (value, after) =
                quoted.split_once('"').ok_or_else(|| "a quotation mark is not closed".to_owned())?;
            *rest = after.trim_start();
            Ok(Some((name, value)))
        }
        None => {
            *rest = after;
            Ok(Some((name, word(rest))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(comment: &str) -> Result<Allow, AllowMistake> {
        Allow::parse(comment.split_once(ALLOW_MARK).unwrap().1)
    }

    #[test]
    fn all_parts_are_read_in_any_comment_and_order() {
        for comment in [
            "# partywall:allow s3-bucket-public reason=\"a public site\" owner=web until=2027-01-31",
            "bucket = \"a\" // partywall:allow s3-bucket-public until=2027-01-31 owner=web reason=\"a public site\"",
            "/* partywall:allow s3-bucket-public reason=\"a public site\" owner=web until=2027-01-31 */",
            "/* partywall:allow s3-bucket-public reason=\"a public site\" owner=web until=2027-01-31*/ x = 1",
            "<!-- partywall:allow s3-bucket-public owner=\"web\" reason=\"a public site\" until=2027-01-31 -->",
            "<!-- partywall:allow s3-bucket-public owner=\"web\" reason=\"a public site\" until=2027-01-31-->\nnext",
        ] {
            let allow = parse(comment).unwrap();
            assert_eq!(
                (&*allow.what, &*allow.reason, &*allow.owner),
                ("s3-bucket-public", "a public site", "web")
            );
            assert!(
                allow.holds("2027-01-31".parse().unwrap()) && !allow.holds("2027-02-01".parse().unwrap())
            );
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        for (text, part) in [
            ("# partywall:allow a-b owner=a until=2027-01-31", "`reason`"),
            ("# partywall:allow a-b reason=\" \" owner=a until=2027-01-31", "`reason`"),
            ("# partywall:allow a-b reason=\"r\" until=2027-01-31", "`owner`"),
            ("# partywall:allow a-b reason=\"r\" owner=a", "`until`"),
            ("# partywall:allow a-b reason=\"r\" owner=a until=soon", "`soon` is no date"),
            ("# partywall:allow a-b reason=\"r owner=a until=soon", "not closed"),
            ("# partywall:allow a-b reasons=\"r\"", "`reasons`"),
        ] {
            let mistake = parse(text).unwrap_err();
            assert_eq!(mistake.what.as_deref(), Some("a-b"));
            assert!(mistake.message.contains(part), "{text}: {}", mistake.message);
        }
    }

    #[test]
    fn words_about_acceptances_name_nothing() {
        for text in ["# partywall:allow", "`partywall:allow <check> reason=…`", "# partywall:allow reason=a"]
        {
            assert_eq!(parse(text).unwrap_err().what, None, "{text}");
        }
    }

    #[test]
    fn a_comment_of_any_length_is_read_to_a_bound() {
        let long = format!("# partywall:allow a-b reason=\"{}ü\"", "ü".repeat(1 << 20));
        assert!(parse(&long).unwrap_err().message.contains("not closed"));
    }
}
