//! `partywall secrets`: keys, tokens and passwords in files, in git's history and in what is staged.

mod changed;
mod json;
mod sarif;
mod text;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use partywall_content::{Content, SecretRule};
use partywall_model::Severity;
use partywall_secrets::{
    IgnoreFiles, Leak, Outcome, Revisions, Scanner, search_folders, search_history, search_staged,
};

use crate::args::{Common, SecretsArgs, SecretsFormat};
use crate::assess::content_for;
use crate::exit::{Exit, Failure, Precedence};
use crate::progress::ProgressLine;
use crate::screen;

/// `partywall secrets`.
pub(crate) fn secrets(args: &SecretsArgs, common: &Common) -> Result<Exit, Failure> {
    let here = [PathBuf::from(".")];
    let paths: &[PathBuf] = if args.paths.is_empty() { &here } else { &args.paths };
    let folders: Vec<PathBuf> = paths.iter().filter(|path| path.is_dir()).cloned().collect();
    let (content, settings) = content_for(common, &folders)?;
    let today = Offset::UTC.to_datetime(Timestamp::now()).date();
    let progress = ProgressLine::counting("searching", "texts", common.quiet);
    let scanner = Scanner::new(&content.secrets).map_err(usage)?.watched(progress.counter());
    let source = Source::of(args);
    let outcome = match &source {
        Source::Files(ignore) => search_folders(&scanner, paths, *ignore, &settings.secrets, today),
        Source::History(revisions) => {
            search_history(&scanner, one(paths, "--history")?, revisions, &settings.secrets, today)
        }
        Source::Staged => search_staged(&scanner, one(paths, "--staged")?, &settings.secrets, today),
        Source::Changed(revision) => {
            changed::search(&scanner, one(paths, "--changed-since")?, revision, &settings.secrets, today)
        }
    }
    .map_err(usage)?;
    drop(progress);
    let answer = Answer {
        outcome: &outcome,
        content: &content,
        source: &source,
        paths,
        today,
        least: args.severity.map_or(Severity::Info, Severity::from),
    };
    match args.format {
        SecretsFormat::Text => {
            screen::write(args.output.as_deref(), |out| {
                text::write(&answer, screen::style(common.color), out)
            })?;
        }
        SecretsFormat::Json => screen::write(args.output.as_deref(), |out| json::write(&answer, out))?,
        SecretsFormat::Sarif => screen::write(args.output.as_deref(), |out| sarif::write(&answer, out))?,
    }
    let threshold = Severity::from(args.fail_on);
    let has_findings = outcome.leaks.iter().any(|leak| leak.severity >= threshold && leak.is_open(today));
    let precedence = if args.strict { Precedence::Incompleteness } else { Precedence::Findings };
    Ok(Exit::of(has_findings, !outcome.problems.is_empty(), precedence))
}

/// What is searched.
enum Source {
    Files(IgnoreFiles),
    History(Revisions),
    Staged,
    /// Lines that were changed since a revision.
    Changed(String),
}

impl Source {
    fn of(args: &SecretsArgs) -> Self {
        if let Some(revision) = &args.changed_since {
            return Self::Changed(revision.clone());
        }
        match &args.history {
            Some(range) if range.is_empty() => Self::History(Revisions::All),
            Some(range) => Self::History(Revisions::Range(range.clone())),
            None if args.staged => Self::Staged,
            None if args.no_ignore => Self::Files(IgnoreFiles::NotRespected),
            None => Self::Files(IgnoreFiles::Respected),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Files(_) => "files",
            Self::History(_) => "history",
            Self::Staged => "staged",
            Self::Changed(_) => "changed",
        }
    }
}

/// What is told, in each of the forms.
struct Answer<'a> {
    outcome: &'a Outcome,
    content: &'a Content,
    source: &'a Source,
    paths: &'a [PathBuf],
    today: Date,
    /// Of leaks that are less severe only the number is told.
    least: Severity,
}

impl<'a> Answer<'a> {
    /// The leaks that are listed, worst first.
    fn listed(&self) -> impl Iterator<Item = &'a Leak> {
        let least = self.least;
        self.outcome.leaks.iter().filter(move |leak| leak.severity >= least)
    }

    fn rule(&self, leak: &Leak) -> Option<&'a SecretRule> {
        self.content.secrets.rule(&leak.rule)
    }

    fn open(&self, severity: Severity) -> usize {
        let is_open = |leak: &&Leak| leak.severity == severity && leak.is_open(self.today);
        self.outcome.leaks.iter().filter(is_open).count()
    }

    fn accepted(&self) -> usize {
        self.outcome.leaks.iter().filter(|leak| !leak.is_open(self.today)).count()
    }
}

fn usage(error: impl std::fmt::Display) -> Failure {
    Failure::Usage(error.to_string())
}

fn one<'p>(paths: &'p [PathBuf], option: &str) -> Result<&'p Path, Failure> {
    match paths {
        [path] => Ok(path),
        _ => Err(Failure::Usage(format!("{option} reads one repository: name one folder"))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use partywall_content::load::{Files, Loaded, load};
    use partywall_content::{SecretSettings, SecretVerdict};
    use partywall_report::text::TextStyle;
    use tempfile::tempdir;

    use super::*;

    fn content() -> Loaded {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
        load(&Files::read(&folder).unwrap(), Content::default())
    }

    fn written(form: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        form(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_form_shows_a_secret_of_any_rule_and_each_tells_all_of_them() {
        let loaded = content();
        let scanner = Scanner::new(&loaded.content.secrets).unwrap();
        let folder = tempdir().unwrap();
        let mut secrets = Vec::new();
        for (at, (_, examples)) in loaded.secret_examples.iter().enumerate() {
            for example in examples.iter().filter(|example| example.value.verdict == SecretVerdict::Match) {
                let text = example.value.text.concat();
                let name = example.value.path.as_deref().unwrap_or("file.txt");
                for found in scanner.scan(name, text.as_bytes()).found {
                    secrets.push(text[found.span].to_owned());
                }
                let file = folder.path().join(at.to_string()).join(name);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, text).unwrap();
            }
        }
        let paths = [folder.path().to_owned()];
        let today = "2026-11-24".parse().unwrap();
        let settings = SecretSettings::default();
        let outcome = search_folders(&scanner, &paths, IgnoreFiles::NotRespected, &settings, today).unwrap();
        let source = Source::Files(IgnoreFiles::NotRespected);
        let least = Severity::Info;
        let answer = Answer {
            outcome: &outcome,
            content: &loaded.content,
            source: &source,
            paths: &paths,
            today,
            least,
        };
        let forms = [
            written(|out| text::write(&answer, TextStyle::default(), out)),
            written(|out| json::write(&answer, out)),
            written(|out| sarif::write(&answer, out)),
        ];
        assert!(secrets.len() >= loaded.content.secrets.rules.len());
        for form in &forms {
            for rule in &loaded.content.secrets.rules {
                assert!(form.contains(&*rule.id), "{} is not told", rule.id);
            }
            for secret in &secrets {
                // Its later half: the beginning may be the four letters that are shown.
                let half = secret.get(secret.len() / 2..).unwrap_or(secret);
                assert!(!form.contains(half), "a secret is shown: {half}");
            }
        }
    }

    #[test]
    fn a_path_in_sarif_is_a_reference_and_json_steers_no_terminal() {
        let value = serde_json::json!({ "path": "a\u{202e}b" });
        let text = written(|out| json::write_safely(&value, out));
        assert!(text.contains("\\u202e") && !text.contains('\u{202e}'), "{text}");
    }
}
