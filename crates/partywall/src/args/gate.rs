//! The arguments of `partywall gate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{FailOn, Filters};

/// `gate`.
#[derive(Debug, Args)]
pub struct GateArgs {
    /// Folders and files of code
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// A variable's value, as Terraform takes it; a parameter's of a template (may be repeated)
    #[arg(long, value_name = "NAME=VALUE")]
    pub var: Vec<String>,
    /// A file of values, as Terraform takes it (may be repeated)
    #[arg(long, value_name = "FILE")]
    pub var_file: Vec<PathBuf>,
    /// Does not look for secrets, as `--check`, `--control` and `--service` do not either
    #[arg(long)]
    pub no_secrets: bool,
    /// The folder of Terraform that a plan was made in; without it, it is looked for among the paths and beside the plan
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// Form of the answer
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: GateFormat,
    /// Writes the answer to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Writes the packages that lock files name, as CycloneDX 1.6 in JSON
    #[arg(long, value_name = "FILE")]
    pub packages: Option<PathBuf>,
    /// Failures that this earlier answer (`--format json`) holds are known and decide nothing
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Tells only what the baseline does not know
    #[arg(long, requires = "baseline")]
    pub new_only: bool,
    /// Compares with the cloud: folders of recorded evidence, as `assess --save` keeps them (may be repeated)
    #[arg(long, value_name = "DIR")]
    pub cloud: Vec<PathBuf>,
    /// Only what was changed since this revision decides, also what is not committed; the rest is counted
    #[arg(long, value_name = "REV")]
    pub changed_since: Option<String>,
    /// The lowest severity of an open failure that makes the exit code 1 [default: high, or `gate:` of the settings]
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<FailOn>,
    /// More undecided decisions make the exit code 1 [default: no limit, or `gate:` of the settings]
    #[arg(long, value_name = "N")]
    pub max_unknown: Option<usize>,
    /// Mends what checks call safe to mend, shows what it changes, and judges the result
    #[arg(long)]
    pub fix: bool,
    /// Shows what --fix would change, and changes nothing
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
    /// With a plan: more controls than this that move to you make the exit code 1
    #[arg(long, value_name = "N")]
    pub max_moved: Option<usize>,
    /// Decisions that could not be made (exit code 3) outrank failures (1)
    #[arg(long)]
    pub strict: bool,
    /// Judges at this time instead of now: a date or an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Which checks run, and which findings are listed.
    #[command(flatten)]
    pub filters: Filters,
}

/// Forms of a gate's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GateFormat {
    /// For a terminal, with the lines that are meant
    Text,
    /// One JSON document
    Json,
    /// For code-scanning views, SARIF 2.1.0
    Sarif,
    /// Test results, as pipelines show them
    Junit,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// A review comment
    Markdown,
}
