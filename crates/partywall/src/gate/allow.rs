//! Waivers beside the code: `# partywall:allow <check> reason="…" owner=… until=YYYY-MM-DD`.
//!
//! The words stand in a comment of whatever language, on the line that is meant or on the one before it; before a block
//! they cover the whole block. All three of reason, owner and last day are needed: an acceptance that nobody owns or
//! that never ends is none.

use jiff::civil::Date;

/// What begins one.
const WORD: &str = "partywall:allow";

/// One acceptance in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allow {
    /// The line on which it stands, from 1.
    pub(super) line: usize,
    /// The check.
    pub(super) check: Box<str>,
    /// Why.
    pub(super) reason: Box<str>,
    /// Who accepts it.
    pub(super) owner: Box<str>,
    /// The last day on which it holds.
    pub(super) until: Date,
}

impl Allow {
    /// In one line.
    pub(super) fn told(&self) -> String {
        format!("{} (until {}, {})", self.reason, self.until, self.owner)
    }
}

/// Everything of a text that is one or was meant to be.
pub(super) fn all(text: &str) -> Vec<Result<Allow, (usize, String)>> {
    // Most files have none: the lines are walked only where the word stands at all.
    if !text.contains(WORD) {
        return Vec::new();
    }
    let lines = text.lines().enumerate();
    let found = lines.filter_map(|(at, line)| line.split_once(WORD).map(|(_, rest)| (at + 1, rest)));
    found.map(|(line, rest)| parsed(line, rest).map_err(|message| (line, message))).collect()
}

fn parsed(line: usize, rest: &str) -> Result<Allow, String> {
    let form = "write `partywall:allow <check> reason=\"…\" owner=… until=YYYY-MM-DD`";
    let mut rest = rest.trim_start();
    let check = word(&mut rest);
    if check.is_empty() || check.contains('=') {
        return Err(format!("the check is missing; {form}"));
    }
    let (mut reason, mut owner, mut until) = (None, None, None);
    while let Some((name, value)) = pair(&mut rest) {
        match name {
            "reason" => reason = Some(value),
            "owner" => owner = Some(value),
            "until" => {
                let day = value.parse::<Date>();
                until = Some(day.map_err(|_| format!("`{value}` is no date; write until=YYYY-MM-DD"))?);
            }
            other => return Err(format!("`{other}` is not known; {form}")),
        }
    }
    let needed = |value: Option<&str>, name: &str| {
        value
            .filter(|text| !text.trim().is_empty())
            .map(Box::from)
            .ok_or_else(|| format!("`{name}` is missing; {form}"))
    };
    Ok(Allow {
        line,
        check: check.into(),
        reason: needed(reason, "reason")?,
        owner: needed(owner, "owner")?,
        until: until.ok_or_else(|| format!("`until` is missing; {form}"))?,
    })
}

fn word<'t>(rest: &mut &'t str) -> &'t str {
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    *rest = after.trim_start();
    word
}

/// `name=value` or `name="value with spaces"`; what closes the comment ends the list.
fn pair<'t>(rest: &mut &'t str) -> Option<(&'t str, &'t str)> {
    let (name, after) = rest.split_once('=')?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return None;
    }
    match after.strip_prefix('"') {
        Some(quoted) => {
            let (value, after) = quoted.split_once('"')?;
            *rest = after.trim_start();
            Some((name, value))
        }
        None => {
            *rest = after;
            Some((name, word(rest)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_are_read_in_any_comment() {
        for comment in [
            "# partywall:allow s3-bucket-public reason=\"a public site\" owner=web until=2027-01-31",
            "bucket = \"a\" // partywall:allow s3-bucket-public until=2027-01-31 owner=web reason=\"a public site\"",
            "<!-- partywall:allow s3-bucket-public owner=\"web\" reason=\"a public site\" until=2027-01-31 -->",
        ] {
            let found = all(comment);
            let allow = found.first().unwrap().as_ref().unwrap();
            assert_eq!(
                (&*allow.check, &*allow.reason, &*allow.owner),
                ("s3-bucket-public", "a public site", "web")
            );
            assert_eq!(allow.until.to_string(), "2027-01-31");
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        for (text, part) in [
            ("# partywall:allow", "the check is missing"),
            ("# partywall:allow x owner=a until=2027-01-31", "`reason`"),
            ("# partywall:allow x reason=\"\" owner=a until=2027-01-31", "`reason`"),
            ("# partywall:allow x reason=\"r\" until=2027-01-31", "`owner`"),
            ("# partywall:allow x reason=\"r\" owner=a", "`until`"),
            ("# partywall:allow x reason=\"r\" owner=a until=soon", "`soon` is no date"),
            ("# partywall:allow x reasons=\"r\"", "`reasons`"),
        ] {
            let (line, message) = all(text).remove(0).unwrap_err();
            assert_eq!(line, 1);
            assert!(message.contains(part), "{message}");
        }
    }
}
