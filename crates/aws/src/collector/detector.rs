//! Finds secrets in the texts that hold them most often: scripts, and variables of an environment.
//!
//! Small on purpose. It runs in memory on what is about to be dropped or replaced anyway, to say what kind of
//! thing was there; it never gives a text back.

use std::collections::BTreeSet;
use std::ops::Range;

const PRIVATE_KEY: &str = "private-key";
const TOKEN: &str = "token";
const CONNECTION: &str = "connection-string";
const ACCESS_KEY_ID: &str = "aws-access-key-id";
const SECRET_ACCESS_KEY: &str = "aws-secret-access-key";
const PASSWORD: &str = "password";
const SECRET: &str = "secret";

/// Beginnings that a service gives to its tokens, and how many characters follow at least.
const TOKENS: [(&str, usize); 22] = [
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("xoxa-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("xoxr-", 20),
    ("xoxs-", 20),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("SG.", 60),
    ("AIza", 35),
    ("npm_", 36),
    ("pypi-", 60),
    ("dop_v1_", 60),
    ("hvs.", 24),
    ("shpat_", 32),
    ("eyJ", 60),
];

/// Words in a name that speak of a secret.
const NAMES: [&str; 13] = [
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "access_key",
    "private_key",
    "credential",
    "encryption_key",
];

/// Ends of a name that make it a reference to a secret, or a property of one.
const REFERENCES: [&str; 18] = [
    "_arn",
    "_id",
    "_name",
    "_path",
    "_file",
    "_ttl",
    "_length",
    "_expiry",
    "_expires",
    "_version",
    "_enabled",
    "_header",
    "_type",
    "_policy",
    "_region",
    "_url",
    "_uri",
    "_endpoint",
];

/// The kinds of what a whole text holds: a script, a file, a configuration.
pub(super) fn in_text(text: &str) -> BTreeSet<&'static str> {
    let mut kinds: BTreeSet<&'static str> = matches(text).into_iter().map(|found| found.kind).collect();
    for line in text.lines() {
        kinds.extend(assignments(line).filter_map(|(name, value)| in_value(name, value)));
    }
    kinds
}

/// The kind of a value that stands under a name.
pub(super) fn in_value(name: &str, value: &str) -> Option<&'static str> {
    let value = value.trim().trim_matches(['"', '\'']);
    if let Some(found) = matches(value).into_iter().next() {
        return Some(found.kind);
    }
    let name = spelt(name);
    if !NAMES.iter().any(|word| name.contains(word))
        || REFERENCES.iter().any(|end| name.ends_with(end))
        || is_placeholder(value)
    {
        return None;
    }
    Some(if name.contains("secret") && is_aws_secret(value) {
        SECRET_ACCESS_KEY
    } else if ["passw", "passphrase", "pwd"].iter().any(|word| name.contains(word)) {
        PASSWORD
    } else {
        SECRET
    })
}

/// Where credentials stand that are such beyond doubt, in order and apart. The id of an access key is none:
/// it names a key without opening anything.
pub(super) fn certain(text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for found in matches(text).into_iter().filter(|found| found.kind != ACCESS_KEY_ID) {
        match ranges.last_mut() {
            Some(last) if found.range.start < last.end => last.end = last.end.max(found.range.end),
            _ => ranges.push(found.range),
        }
    }
    ranges
}

struct Match {
    kind: &'static str,
    range: Range<usize>,
}

/// What can be told by its form alone, in the order of the text.
fn matches(text: &str) -> Vec<Match> {
    let mut found = Vec::new();
    private_keys(text, &mut found);
    for (prefix, length) in TOKENS {
        prefixed(
            text,
            prefix,
            |rest| (token_length(rest) >= length).then(|| token_length(rest)),
            TOKEN,
            &mut found,
        );
    }
    for prefix in ["AKIA", "ASIA"] {
        let sixteen = |rest: &str| {
            let run = rest.bytes().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count();
            (run == 16).then_some(16)
        };
        prefixed(text, prefix, sixteen, ACCESS_KEY_ID, &mut found);
    }
    connections(text, &mut found);
    found.sort_by_key(|found| (found.range.start, found.range.end));
    found
}

fn private_keys(text: &str, found: &mut Vec<Match>) {
    for (at, _) in text.match_indices("-----BEGIN ") {
        let rest = text.get(at..).unwrap_or_default();
        let Some(line) = rest.lines().next().filter(|line| line.contains("PRIVATE KEY")) else { continue };
        let end = rest.find("-----END").map_or(rest.len(), |end| {
            end + rest.get(end..).and_then(|tail| tail.find('\n')).unwrap_or(rest.len() - end)
        });
        found.push(Match { kind: PRIVATE_KEY, range: at..at + end.max(line.len()) });
    }
}

fn prefixed(
    text: &str,
    prefix: &str,
    length: impl Fn(&str) -> Option<usize>,
    kind: &'static str,
    found: &mut Vec<Match>,
) {
    for (at, _) in text.match_indices(prefix) {
        let before = text.get(..at).and_then(|before| before.bytes().next_back());
        if before.is_some_and(|b| b.is_ascii_alphanumeric()) {
            continue;
        }
        let start = at + prefix.len();
        if let Some(length) = text.get(start..).and_then(&length) {
            found.push(Match { kind, range: at..start + length });
        }
    }
}

fn token_length(rest: &str) -> usize {
    rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).count()
}

/// `scheme://user:password@host`, of which the password is what must not be seen.
fn connections(text: &str, found: &mut Vec<Match>) {
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        let rest = text.get(start..).unwrap_or_default();
        let authority =
            rest.split(|c: char| c.is_whitespace() || "/\"'<>`,;".contains(c)).next().unwrap_or_default();
        let Some((userinfo, _)) = authority.rsplit_once('@') else { continue };
        let Some((user, password)) = userinfo.split_once(':') else { continue };
        if !is_placeholder(password) {
            let from = start + user.len() + 1;
            found.push(Match { kind: CONNECTION, range: from..from + password.len() });
        }
    }
}

/// `NAME=value`, `name: value`, `--name value` in one line.
fn assignments(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let written = line.match_indices(['=', ':']).filter_map(move |(at, _)| {
        let name = line.get(..at)?.trim_end().trim_end_matches(['"', '\'']);
        let name = name.rsplit(|c: char| !(c.is_alphanumeric() || "_-.".contains(c))).next()?;
        let value = line.get(at + 1..)?.trim_start();
        Some((name, first_value(value)))
    });
    let words = || line.split_whitespace();
    let options =
        words().zip(words().skip(1)).filter_map(|(name, value)| Some((name.strip_prefix("--")?, value)));
    written.chain(options).filter(|(name, _)| !name.is_empty())
}

/// A quoted value to its closing quote, any other to the next blank.
fn first_value(text: &str) -> &str {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            text.get(1..).and_then(|rest| rest.split(quote).next()).unwrap_or_default()
        }
        _ => text.split(|c: char| c.is_whitespace() || c == ';').next().unwrap_or_default(),
    }
}

/// `dbPassword`, `DB-PASSWORD` and `db.password` as `db_password`.
fn spelt(name: &str) -> String {
    let mut spelt = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            spelt.push('_');
        }
        spelt.extend(if letter.is_alphanumeric() { letter } else { '_' }.to_lowercase());
        before = letter;
    }
    spelt
}

/// What stands where a secret will be put, or leads to one.
fn is_placeholder(value: &str) -> bool {
    const WORDS: [&str; 8] = ["true", "false", "null", "none", "nil", "undefined", "(redacted)", "redacted"];
    value.len() < 4
        || WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
        || ["$", "{{", "<", "%", "arn:", "ssm:", "/", "http://", "https://", "file:"]
            .iter()
            .any(|p| value.starts_with(p))
        || value.chars().all(|c| matches!(c, '*' | 'x' | 'X' | '.' | '-' | '_'))
}

/// Forty characters of base64 with small and capital letters and digits.
fn is_aws_secret(value: &str) -> bool {
    let any = |test: fn(&u8) -> bool| value.bytes().any(|b| test(&b));
    value.len() == 40
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+' | b'='))
        && any(u8::is_ascii_lowercase)
        && any(u8::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credible_names_with_values_are_secrets_and_references_are_not() {
        for (name, value, kind) in [
            ("DB_PASSWORD", "Sommer2024!", Some(PASSWORD)),
            ("dbPassword", "Sommer2024!", Some(PASSWORD)),
            ("API_KEY", "0123456789abcdef", Some(SECRET)),
            ("SESSION_TOKEN", "abcdefgh", Some(SECRET)),
            ("DB_PASSWORD", "${DB_PASSWORD}", None),
            ("DB_PASSWORD", "{{resolve:secretsmanager:x}}", None),
            ("DB_PASSWORD_PARAMETER_NAME", "/prod/db", None),
            ("SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:1:secret:x", None),
            ("TOKEN_TTL", "3600", None),
            ("LOG_LEVEL", "debug", None),
            ("PASSWORD", "", None),
        ] {
            assert_eq!(in_value(name, value), kind, "{name}={value}");
        }
    }

    #[test]
    fn scripts_are_read_line_by_line() {
        let script = "#!/bin/bash\nset -e\nexport DB_PASSWORD='a b c d'\nmysql --password geheim123 -h db\ncurl https://u:pass1234@host/x\n";
        assert_eq!(in_text(script), BTreeSet::from([CONNECTION, PASSWORD]));
        assert_eq!(in_text("yum install -y httpd\nPORT=8080\n"), BTreeSet::new());
        assert_eq!(in_text("{\"apiKey\": \"0123456789abcdef\"}"), BTreeSet::from([SECRET]));
    }

    #[test]
    fn only_the_credential_itself_is_named_as_certain() {
        let text = "see postgres://app:geheim@db/x now";
        let ranges = certain(text);
        assert_eq!(ranges.iter().filter_map(|range| text.get(range.clone())).collect::<Vec<_>>(), ["geheim"]);
        assert!(certain("AKIAIOSFODNN7EXAMPLE").is_empty());
        assert!(certain("arn:aws:iam::111122223333:role/x https://docs.example/a@b:c").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "(\\PC|-----BEGIN |PRIVATE KEY|://|:|@|=|\n|AKIA|ghp_){0,60}") {
            let _kinds = in_text(&text);
            for range in certain(&text) {
                proptest::prop_assert!(text.get(range).is_some());
            }
        }
    }
}
