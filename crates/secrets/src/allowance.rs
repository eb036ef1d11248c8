//! Secrets that are known and accepted for a time: by a comment beside them, or by the settings.

use jiff::civil::Date;
use partywall_content::Allow;

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
        match Allow::parse(&line) {
            Ok(Allow { what, reason, owner, until }) => {
                let says = Ok(Acceptance { by: AllowedBy::Comment, reason, owner, until });
                Some(Self { rule: what, says })
            }
            Err(mistake) => Some(Self { rule: mistake.what?, says: Err(mistake.message) }),
        }
    }
}

/// No more of a comment's line is decoded, in bytes.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_read_from_bytes_of_any_kind() {
        let text = b" github-token reason=\"a canary\" owner=red-team until=2027-01-31 -->\xff\xfe\nnext";
        let comment = Comment::parse(text).unwrap();
        assert_eq!(&*comment.rule, "github-token");
        assert_eq!(&*comment.says.unwrap().owner, "red-team");
        let half = Comment::parse(b" github-token owner=red-team").unwrap();
        assert!(half.says.unwrap_err().contains("`reason`"));
        assert_eq!(Comment::parse(b" <check> is how it is written"), None);
    }
}
