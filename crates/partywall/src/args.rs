//! The command line, as a person types it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use partywall_model::Severity;

/// Which side of the shared security responsibility is yours, how good it is, and what nobody has looked at.
#[derive(Debug, Parser)]
#[command(name = "partywall", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 fine; 1 findings at or above --fail-on; 2 wrong usage or unreadable input;\n\
    3 nothing at the threshold, but the analysis is incomplete (--strict puts 3 before 1)."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
    /// Options of every verb.
    #[command(flatten)]
    pub common: Common,
}

/// Options of every verb.
#[derive(Debug, Args)]
pub struct Common {
    /// Settings of your organisation [default: partywall.yaml in this folder, else in the evidence folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Reads a content folder on top of the built-in content (may be repeated)
    #[arg(long, global = true, value_name = "DIR")]
    pub content: Vec<PathBuf>,
    /// Colours: auto follows the terminal and NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
    /// No progress on standard error
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Assess a live account or recorded evidence by the shared responsibility model
    #[command(after_help = "Examples:\n  \
        partywall assess examples/bank                  assess recorded evidence: no account, no network\n  \
        partywall assess aws --profile audit            assess a live account in its enabled regions\n  \
        partywall assess aws --save evidence/           the same, and keep the evidence\n  \
        partywall assess evidence/ --now today          judge old evidence by today's date\n  \
        partywall assess evidence/ --format json | jq .scores")]
    Assess(Box<AssessArgs>),
    /// Show who holds each of the 45 controls for a kind of resource, or for one asset
    #[command(after_help = "Examples:\n  \
        partywall who AWS::Lambda::Function\n  \
        partywall who arn:aws:s3:::card-applications --in examples/bank\n  \
        partywall who AWS::RDS::DBInstance --format json")]
    Who(WhoArgs),
    /// List and explain the checks
    #[command(after_help = "Examples:\n  \
        partywall checks list --severity high\n  \
        partywall checks explain s3-bucket-public")]
    Checks(ChecksArgs),
    /// What Partywall needs of an AWS account
    #[command(after_help = "Example:\n  partywall aws policy > partywall-read-only.json")]
    Aws(AwsArgs),
}

/// `assess`.
#[derive(Debug, Args)]
pub struct AssessArgs {
    /// `aws`, or folders of recorded evidence
    #[arg(required = true, value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsSource,
    /// Keeps the evidence in a new folder
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
    /// Judges at this time instead of the time of collection: `today`, a date or an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Form of the report
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: Format,
    /// Writes the report to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Where the HTML report goes beside a text report
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    pub html: PathBuf,
    /// Writes no HTML report beside a text report
    #[arg(long)]
    pub no_html: bool,
    /// The lowest severity of an open failure that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    pub fail_on: FailOn,
    /// An incomplete analysis (exit code 3) outranks findings (1)
    #[arg(long)]
    pub strict: bool,
    /// Where history is kept [default: partywall/history.db in your data folder]
    #[arg(long, value_name = "FILE", conflicts_with = "no_store")]
    pub store: Option<PathBuf>,
    /// Keeps no history and uses none
    #[arg(long)]
    pub no_store: bool,
}

/// How to reach AWS.
#[derive(Debug, Args)]
#[command(next_help_heading = "AWS")]
pub struct AwsSource {
    /// Profile of the shared AWS configuration
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Regions to read, by comma [default: all enabled regions]
    #[arg(long, value_name = "REGIONS", value_delimiter = ',')]
    pub regions: Vec<String>,
    /// Role to assume before reading
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// External id for that role
    #[arg(long, value_name = "ID", requires = "role_arn")]
    pub external_id: Option<String>,
}

/// `who`.
#[derive(Debug, Args)]
pub struct WhoArgs {
    /// A kind (`AWS::Lambda::Function`), or the id or name of an asset of an estate
    #[arg(value_name = "KIND|ASSET")]
    pub subject: String,
    /// The evidence folder that holds the asset
    #[arg(long = "in", value_name = "DIR")]
    pub estate: Vec<PathBuf>,
    /// Form of the answer
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: TextOrJson,
}

/// `checks`.
#[derive(Debug, Args)]
pub struct ChecksArgs {
    /// What to do with checks.
    #[command(subcommand)]
    pub verb: ChecksVerb,
}

/// What to do with checks.
#[derive(Debug, Subcommand)]
pub enum ChecksVerb {
    /// List all checks
    List {
        /// Only of this severity or worse
        #[arg(long, value_name = "SEVERITY")]
        severity: Option<FailOn>,
        /// Only of this control, or of a layer
        #[arg(long, value_name = "CONTROL")]
        control: Option<String>,
        /// Form of the list
        #[arg(long, value_name = "FORM", default_value = "text")]
        format: TextOrJson,
    },
    /// Explain one check: what it looks at, why, and how to mend it
    Explain {
        /// The check's id
        id: String,
        /// Form of the answer
        #[arg(long, value_name = "FORM", default_value = "text")]
        format: TextOrJson,
    },
}

/// `aws`.
#[derive(Debug, Args)]
pub struct AwsArgs {
    /// What is asked.
    #[command(subcommand)]
    pub verb: AwsVerb,
}

/// What Partywall needs of AWS.
#[derive(Debug, Subcommand)]
pub enum AwsVerb {
    /// Print the exact read-only IAM policy that the collectors need
    Policy,
}

/// Forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal
    Text,
    /// One JSON document
    Json,
    /// One HTML file
    Html,
}

/// Forms of a short answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextOrJson {
    /// For a terminal
    Text,
    /// One JSON document
    Json,
}

/// Severities on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Critical alone
    Critical,
    /// High and worse
    High,
    /// Medium and worse
    Medium,
    /// Low and worse
    Low,
    /// Anything
    Info,
}

impl From<FailOn> for Severity {
    fn from(word: FailOn) -> Self {
        match word {
            FailOn::Critical => Self::Critical,
            FailOn::High => Self::High,
            FailOn::Medium => Self::Medium,
            FailOn::Low => Self::Low,
            FailOn::Info => Self::Info,
        }
    }
}
