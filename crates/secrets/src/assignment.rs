//! A value that is given to a name like `password`: no provider's form tells that it is a secret, so its surroundings
//! are weighed.
//!
//! Points are for what the name says, for disorder in the value, for the kinds of letters in it, for its length and for
//! the kind of file; they are taken away for words, for tests and examples, and for names that only speak *about* a
//! secret (`password_length`, `token_url`). What reaches `LIKELY` is of severity medium, what reaches `POSSIBLE` low.

use std::ops::Range;

use partywall_model::{Confidence, Severity};
use regex::bytes::Regex;

use crate::nature::FileNature;
use crate::rule::compiled;
use crate::validate::entropy;

/// Points from which a value is taken for a secret.
const LIKELY: i32 = 68;
/// Points from which it may be one.
const POSSIBLE: i32 = 50;
/// A name has at most so many bytes on either side of the keyword.
const NAME: usize = 48;
/// From the end of a name to the end of its value are at most so many bytes.
const VALUE: usize = 400;
/// So many bytes of the line before a name are looked at for words that speak of samples.
const BEFORE: usize = 80;

/// What stands between a name and its value, and the value.
const FOLLOWS: &str = concat!(
    r#"\A(?:["'`\])]{0,2}[ \t]{0,24}"#,
    r#"(?::[ \t]{0,4}(?:&?(?:'static )?str|[Ss]tring|text|const char ?\*)\??[ \t]{0,4}=|:=|=>|->|=|:|(?P<comma>,))[ \t]{0,24}"#,
    r#"(?:[rbfu@]?"(?P<double>[^"\r\n]{1,300})"|[rbfu]?'(?P<single>[^'\r\n]{1,300})'|`(?P<tick>[^`\r\n]{1,300})`"#,
    r#"|(?P<bare>[^\s"'`,;#(){}\[\]<>=&*!|$%@][^\s"'`,;(){}\[\]<>]{3,299}))"#,
    r#"|>(?P<element>[^<>\s]{4,300})</|"[ \t]+value="(?P<attribute>[^"\r\n]{4,300})")"#,
);
const GROUPS: [&str; 6] = ["double", "single", "tick", "bare", "element", "attribute"];

/// Names whose last word is one of these speak about a secret and hold none.
const ABOUT: &[&str] = &[
    "id",
    "ids",
    "name",
    "names",
    "file",
    "files",
    "path",
    "paths",
    "dir",
    "url",
    "uri",
    "urls",
    "length",
    "len",
    "size",
    "hash",
    "hashed",
    "digest",
    "checksum",
    "policy",
    "field",
    "fields",
    "label",
    "type",
    "types",
    "count",
    "expiry",
    "expires",
    "expiration",
    "ttl",
    "timeout",
    "arn",
    "ref",
    "refs",
    "reference",
    "placeholder",
    "error",
    "errors",
    "regex",
    "regexp",
    "pattern",
    "prefix",
    "suffix",
    "header",
    "headers",
    "param",
    "parameter",
    "params",
    "endpoint",
    "provider",
    "version",
    "algorithm",
    "alg",
    "env",
    "var",
    "variable",
    "location",
    "selector",
    "hint",
    "message",
    "msg",
    "description",
    "title",
    "usage",
    "limit",
    "budget",
    "index",
    "kind",
    "class",
    "color",
    "status",
    "state",
    "source",
    "store",
    "manager",
    "bucket",
    "mode",
    "enabled",
    "disabled",
    "required",
    "rotation",
    "schema",
    "format",
    "column",
    "scope",
    "scopes",
    "audience",
    "issuer",
    "list",
    "tokens",
    "tokenizer",
    "tokenize",
    "at",
    "date",
    "age",
    "text",
    "button",
    "input",
    "form",
    "page",
    "link",
    "help",
    "rule",
    "rules",
    "check",
    "test",
    "key_id",
    "prompt",
    "stream",
    "span",
    "tree",
    "method",
    "handler",
    "service",
    "namespace",
    "mount",
    "volume",
    "template",
    "token_type",
];
/// Names with one of these words hold nothing secret.
const OPEN: &[&str] = &[
    "public",
    "publishable",
    "pub",
    "max",
    "min",
    "num",
    "csrf",
    "sort",
    "cache",
    "primary",
    "foreign",
    "partition",
    "next",
    "page",
    "etag",
];
/// Words that speak of samples.
const SAMPLES: &[&str] = &[
    "example",
    "sample",
    "dummy",
    "fake",
    "mock",
    "placeholder",
    "changeme",
    "fixture",
    "lorem",
    "insert",
    "replace",
    "your",
];
/// Finds assignments.
#[derive(Debug)]
pub(crate) struct Assignments {
    follows: Regex,
}

/// A value and what speaks for its being a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assigned {
    pub(crate) value: Range<usize>,
    points: i32,
}

impl Assigned {
    /// How bad and how sure; none where it is not taken for a secret.
    pub(crate) fn verdict(&self) -> Option<(Severity, Confidence)> {
        match self.points {
            LIKELY.. => Some((Severity::Medium, Confidence::Medium)),
            POSSIBLE.. => Some((Severity::Low, Confidence::Low)),
            _ => None,
        }
    }
}

impl Assignments {
    pub(crate) fn new() -> Result<Self, regex::Error> {
        Ok(Self { follows: compiled(FOLLOWS)? })
    }

    /// The value that is given to the name around a keyword.
    pub(crate) fn at(&self, text: &[u8], word: Range<usize>, nature: &FileNature) -> Option<Assigned> {
        if nature.is_made {
            return None;
        }
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let before = text.get(word.start.saturating_sub(NAME)..word.start)?;
        let start = word.start - before.iter().rev().take_while(|byte| is_name(byte)).count();
        let after = text.get(word.end..word.end.saturating_add(NAME).min(text.len()))?;
        let end = word.end + after.iter().take_while(|byte| is_name(byte)).count();
        let name = std::str::from_utf8(text.get(start..end)?).ok()?;
        let name_points = name_points(name)?;
        let window = text.get(end..end.saturating_add(VALUE).min(text.len()))?;
        let captures = self.follows.captures(window)?;
        let (group, value) =
            GROUPS.iter().find_map(|group| captures.name(group).map(|found| (*group, found.range())))?;
        // After a comma only a quoted pair is an assignment: `define("DB_PASSWORD", "…")`.
        let is_list = captures.name("comma").is_some()
            && (group == "bare" || !window.starts_with(b"\"") && !window.starts_with(b"'"));
        if is_list || (group == "bare" && !nature.takes_bare_values) {
            return None;
        }
        let written = std::str::from_utf8(window.get(value.clone())?).ok()?;
        let value_points = value_points(written, name, group)?;
        let line = text.get(start.saturating_sub(BEFORE)..start)?;
        let line = line.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let mut points = name_points + value_points;
        if mentions_samples(line) || mentions_samples(written.as_bytes()) {
            points -= 25;
        }
        if nature.is_sample {
            points -= 22;
        }
        if nature.is_settings {
            points += 8;
        }
        Some(Assigned { value: end + value.start..end + value.end, points })
    }
}

/// Points for a name; none where it cannot hold a secret.
fn name_points(name: &str) -> Option<i32> {
    let words = words(name);
    let last = words.last()?;
    if ABOUT.contains(&last.as_str()) || words.iter().any(|word| OPEN.contains(&word.as_str())) {
        return None;
    }
    let joined = words.concat();
    let strong = [
        "password",
        "passwd",
        "passphrase",
        "secretkey",
        "clientsecret",
        "apikey",
        "apisecret",
        "appsecret",
        "privatekey",
        "accesskey",
        "authtoken",
        "accesstoken",
        "refreshtoken",
        "bearertoken",
        "encryptionkey",
        "signingkey",
        "masterkey",
        "secretaccesskey",
        "authkey",
        "apitoken",
        "webhooksecret",
    ];
    Some(if strong.iter().any(|word| joined.contains(word)) { 32 } else { 22 })
}

/// The words of a name: `dbPassword`, `DB_PASSWORD` and `db-password` have the same two.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars() {
        let begins = !letter.is_ascii_alphanumeric() || (letter.is_ascii_uppercase() && was_small);
        if begins {
            words.push(String::new());
        }
        if letter.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(letter.to_ascii_lowercase());
        }
        was_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Points for a value; none where it is no secret whatever it is given to.
fn value_points(value: &str, name: &str, group: &str) -> Option<i32> {
    let bytes = value.as_bytes();
    if bytes.len() < 6 || bytes.len() > 200 || value.contains(' ') || !bytes.iter().all(u8::is_ascii_graphic)
    {
        return None;
    }
    let alike = |text: &str| words(text).concat();
    let (value_word, name_word) = (alike(value), alike(name));
    if value_word.is_empty()
        || value_word == name_word
        || name_word.ends_with(&value_word)
        || value_word.ends_with(&name_word)
    {
        return None;
    }
    let count = |is: fn(&u8) -> bool| bytes.iter().filter(|byte| is(byte)).count();
    let digits = count(u8::is_ascii_digit);
    let small = count(u8::is_ascii_lowercase);
    let capitals = count(u8::is_ascii_uppercase);
    let signs = bytes.len() - digits - small - capitals;
    if small + capitals == 0 && (signs > 0 || digits < 12) {
        return None;
    }
    let is_time = value
        .get(..10)
        .is_some_and(|day| day.bytes().filter(u8::is_ascii_digit).count() == 8 && day.contains('-'));
    if is_time || reads_as_code(value, group) {
        return None;
    }
    let disorder = match entropy(bytes) {
        entropy if entropy >= 4.2 => 28,
        entropy if entropy >= 3.6 => 22,
        entropy if entropy >= 3.1 => 12,
        entropy if entropy >= 2.5 => 4,
        _ => -12,
    };
    let kinds = [digits, small, capitals, signs].iter().filter(|count| **count > 0).count();
    let letters = match (kinds, digits) {
        (_, 0) if signs > 0 && kinds == 4 => 10,
        (_, 0) => -25,
        (4, _) => 20,
        (3, _) => 16,
        (2, _) => 8,
        _ => -10,
    };
    let length = match bytes.len() {
        0..=9 => 0,
        10..=15 => 5,
        16..=23 => 10,
        24..=90 => 16,
        _ => 6,
    };
    // Words with a number behind them: `postgres-15`, `token_v2`.
    let wordy =
        digits <= 3 && capitals <= 3 && small + signs + digits == bytes.len() && signs > 0 && bytes.len() > 9;
    let parts = value.split(['-', '_', '.', '/']).filter(|part| part.len() > 1).count();
    let words = match (wordy, parts) {
        (true, 3..) if capitals == 0 => 35,
        (true, _) => 20,
        (false, _) => 0,
    };
    Some(disorder + letters + length - words)
}

/// Names of code, paths, addresses and templates.
fn reads_as_code(value: &str, group: &str) -> bool {
    let parts: Vec<&str> = value.split(['.', ':', '/']).collect();
    let is_word = |part: &str| {
        !part.is_empty()
            && part.bytes().filter(u8::is_ascii_digit).count() <= 1
            && !part.contains(['+', '=', '!', '$'])
    };
    let is_path = parts.len() > 1 && parts.iter().all(|part| is_word(part) && part.len() < 24);
    let is_call = value.contains("(") || (value.contains("->") && group == "bare");
    let is_address = value.contains("://") || value.starts_with(['/', '.', '~', '#', '\\']);
    let is_template =
        ["{{", "${", "$(", "<%", "%(", "#{", "{0}", "%s"].iter().any(|mark| value.contains(mark));
    is_path || is_call || is_address || is_template
}

fn mentions_samples(text: &[u8]) -> bool {
    let text = text.to_ascii_lowercase();
    SAMPLES.iter().any(|word| text.windows(word.len()).any(|part| part == word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(path: &str, text: &str) -> Option<Severity> {
        let at = text.to_ascii_lowercase();
        let keyword = ["password", "secret", "token", "api_key", "apikey", "pwd"];
        let word =
            keyword.iter().find_map(|word| at.find(word).map(|start| start..start + word.len())).unwrap();
        let assignments = Assignments::new().unwrap();
        assignments.at(text.as_bytes(), word, &FileNature::of(path))?.verdict().map(|(severity, _)| severity)
    }

    #[test]
    fn disorder_given_to_a_telling_name_is_found_in_every_language() {
        for (path, text) in [
            ("a.py", r#"db_password = "kV9#qLw2ZtRx81mB""#),
            ("a.py", r#"password: str = 'kV9qLw2ZtRx81mBd'"#),
            ("a.json", r#""apiKey": "d41f8cd98f0ab204e980f998ecf8427e""#),
            ("a.yaml", "  password: kV9qLw2ZtRx81mBd"),
            (".env", "API_TOKEN=kV9qLw2ZtRx81mBdYq"),
            ("a.tf", r#"  master_password = "kV9qLw2ZtRx81mBd""#),
            ("a.xml", "<dbPassword>kV9qLw2ZtRx81mBd</dbPassword>"),
            ("a.config", r#"<add key="DbPassword" value="kV9qLw2ZtRx81mBd" />"#),
            ("a.rb", r#":password => "kV9qLw2ZtRx81mBd""#),
            ("a.php", r#"define('DB_PASSWORD', 'kV9qLw2ZtRx81mBd');"#),
            ("a.go", r#"password := "kV9qLw2ZtRx81mBd""#),
        ] {
            assert_eq!(verdict(path, text), Some(Severity::Medium), "{path}: {text}");
        }
    }

    #[test]
    fn what_only_speaks_about_a_secret_is_none() {
        for (path, text) in [
            ("a.py", r#"password_length = "kV9qLw2ZtRx81mBd""#),
            ("a.py", r#"password = get_password()"#),
            ("a.yaml", "password: ${DB_PASSWORD}"),
            ("a.yaml", "secretName: kV9qLw2ZtRx81mBd"),
            ("a.js", r#"const token = "access_token""#),
            ("a.js", "token = response.data.token"),
            ("a.py", r#"token_url = "https://id.internal/oauth2/kV9qLw2ZtRx81mBd""#),
            ("a.rs", "let password = kV9qLw2ZtRx81mBd;"),
            ("a.py", r#"password = "please enter your password""#),
            ("a.txt", "SignedHeaders=host;x-amz-security-token, Signature=kV9qLw2ZtRx81mBd"),
            ("a.rs", r#"expect_token("token", "2021-12-25T21:30:00Z")"#),
            ("Cargo.lock", r#"token = "kV9qLw2ZtRx81mBd""#),
            ("a.py", r#"pwd = "postgres-backup-volume""#),
            ("a.yaml", "find_secrets_launch: ec2-instance-user-data-v2"),
        ] {
            assert_eq!(verdict(path, text), None, "{path}: {text}");
        }
    }

    #[test]
    fn a_test_folder_lowers_what_is_found() {
        let text = r#"password = "kV9qLw2ZtRx81mBd""#;
        assert_eq!(verdict("src/a.py", text), Some(Severity::Medium));
        assert_eq!(verdict("tests/a.py", text), Some(Severity::Low));
        assert_eq!(verdict("tests/a.py", r#"password = "hunter22xy""#), None);
    }
}
