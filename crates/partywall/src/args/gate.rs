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
    /// Failures that this earlier answer (`--format json`) holds are known and decide nothing
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Tells only what the baseline does not know
    #[arg(long, requires = "baseline")]
    pub new_only: bool,
    /// The lowest severity of an open failure that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    pub fail_on: FailOn,
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
