//! The command line, as a person types it.

mod gate;
mod init;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
pub use gate::{GateArgs, GateFormat};
pub use init::InitArgs;
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
    /// No progress and no remarks on standard error, only errors
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
        partywall assess evidence/ --format json | jq .scores\n  \
        partywall assess evidence/ --service s3,iam     judge by the checks of two services alone\n  \
        partywall assess evidence/ --format sarif -o partywall.sarif\n  \
        partywall assess evidence/ --framework nist-800-53r5 --framework cis-aws-7.0")]
    Assess(Box<AssessArgs>),
    /// Show what has changed between two runs: failures, responsibility, figures, assets
    #[command(
        after_help = "A RUN is `last`, `last~2`, a date, the beginning of a run's id (`partywall history` lists them),\n\
        or an evidence folder, which is judged now by today's checks and settings.\n\n\
        Examples:\n  \
        partywall diff                                  the last run against the one before it\n  \
        partywall diff 2026-10-01                       the last run against the state of that day\n  \
        partywall diff monday/ today/                   two evidence folders, without a history\n\n\
        Exit codes: 0 nothing got worse; 1 new or reopened failures at or above --fail-on, or controls that\n\
        have come into your hands; 2 wrong usage; 3 nothing got worse, as far as it could be compared."
    )]
    Diff(DiffArgs),
    /// List the recorded runs, or take old ones out
    #[command(after_help = "Examples:\n  \
        partywall history\n  \
        partywall history prune --keep-days 180 --keep-runs 30")]
    History(HistoryArgs),
    /// Show who holds each of the 45 controls for a kind of resource, or for one asset
    #[command(after_help = "Examples:\n  \
        partywall who AWS::Lambda::Function\n  \
        partywall who arn:aws:s3:::card-applications --in examples/bank\n  \
        partywall who AWS::RDS::DBInstance --format json")]
    Who(WhoArgs),
    /// Judge code before it is deployed: Terraform, CloudFormation, ARM, Kubernetes, Dockerfiles, workflows
    #[command(after_help = "Examples:\n  \
        partywall gate                                  this folder, with what it calls\n  \
        partywall gate infra/ --var-file prod.tfvars    with the values of production\n  \
        partywall gate --format sarif -o gate.sarif     for a code-scanning view\n  \
        partywall gate --format json -o baseline.json   what is there today …\n  \
        partywall gate --baseline baseline.json         … and only what is new counts\n  \
        partywall gate --changed-since origin/main      only what a branch touches or brings about\n  \
        partywall gate --fix --dry-run                  what could be mended safely, as a patch\n  \
        partywall gate infra/ --cloud evidence/         against what runs: who has fixed what, and what reverts it\n\n\
        A failure is accepted by a comment on its line or the one before it:\n  \
        # partywall:allow <check> reason=\"…\" owner=… until=YYYY-MM-DD\n\n\
        Exit codes: 0 nothing at --fail-on, and all could be decided; 1 open failures at or above --fail-on;\n\
        2 wrong usage or unreadable input; 3 nothing at --fail-on, but not everything could be read or decided.")]
    Gate(Box<GateArgs>),
    /// List and explain the checks
    #[command(after_help = "Examples:\n  \
        partywall checks list --severity high\n  \
        partywall checks explain s3-bucket-public")]
    Checks(ChecksArgs),
    /// List the frameworks that `assess --framework` knows
    #[command(after_help = "Examples:\n  \
        partywall frameworks\n  \
        partywall assess examples/bank --framework cis-aws-7.0\n  \
        partywall assess examples/bank --framework nist-800-53r5 --catalog moderate.json")]
    Frameworks(FrameworksArgs),
    /// What Partywall needs of an AWS account
    #[command(after_help = "Example:\n  partywall aws policy > partywall-read-only.json")]
    Aws(AwsArgs),
    /// Find keys, tokens and passwords in files, in git's history or in what is staged; they are never shown
    #[command(after_help = "Examples:\n  \
        partywall secrets                               this folder, without what .gitignore names\n  \
        partywall secrets --staged                      what the next commit would hold (a pre-commit hook)\n  \
        partywall secrets --changed-since origin/main   what a branch brings in, committed or not\n  \
        partywall secrets --history                     every commit of every branch and tag\n  \
        partywall secrets --history=main..HEAD --format sarif -o secrets.sarif\n  \
        partywall secrets src/ --severity high --format json | jq .secrets\n\n\
        A secret that may stay is allowed for a time by a comment in its line or the one before,\n  \
        partywall:allow <rule> reason=\"…\" owner=… until=2027-01-31\n\
        or by its fingerprint under `secrets: allow:` in partywall.yaml.\n\n\
        Exit codes: 0 none; 1 secrets at or above --fail-on that are not allowed; 2 wrong usage or unreadable\n\
        input; 3 none, but not everything could be searched (--strict puts 3 before 1).")]
    Secrets(SecretsArgs),
    /// Look at a folder, write settings to begin with, and say which commands come next
    #[command(after_help = "Examples:\n  \
        partywall init                                  looks here, and writes partywall.yaml if there is none\n  \
        partywall init infra/ --dry-run                 shows what would be written")]
    Init(InitArgs),
    /// Print the completions of a shell
    #[command(after_help = "Examples:\n  \
        partywall completions bash > ~/.local/share/bash-completion/completions/partywall\n  \
        partywall completions zsh > \"${fpath[1]}/_partywall\"\n  \
        partywall completions fish > ~/.config/fish/completions/partywall.fish")]
    Completions(CompletionsArgs),
    /// Print the manual page, or write the pages of all verbs into a folder
    #[command(after_help = "Examples:\n  \
        partywall man | man -l -\n  \
        partywall man ~/.local/share/man/man1")]
    Man(ManArgs),
}

/// `assess`.
#[derive(Debug, Args)]
pub struct AssessArgs {
    /// `aws`, or folders of recorded evidence
    #[arg(required_unless_present = "import", value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Takes in findings that Prowler wrote (`*.ocsf.json` or `*.csv`), alone or beside a source
    #[arg(long, value_name = "FILE")]
    pub import: Vec<PathBuf>,
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
    /// Also writes a folder of pages, with one for every asset
    #[arg(long, value_name = "DIR")]
    pub html_dir: Option<PathBuf>,
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
    /// Says of each requirement of a framework how far it is met; `list` shows the ids (may be repeated)
    #[arg(long, value_name = "ID")]
    pub framework: Vec<String>,
    /// An OSCAL catalogue in JSON: its titles and texts stand beside the ids of --framework
    #[arg(long, value_name = "FILE", requires = "framework")]
    pub catalog: Option<PathBuf>,
    /// Which checks run, and which findings are listed.
    #[command(flatten)]
    pub filters: Filters,
    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsSource,
}

/// Which checks run, and which findings are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Filters")]
pub struct Filters {
    /// Only these checks, by id, with `*` for any letters (by comma)
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub check: Vec<String>,
    /// Only checks of these services: `s3`, `iam` (by comma)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub service: Vec<String>,
    /// Only checks of these controls or layers: `platform`, `network.network-protection` (by comma)
    #[arg(long, value_name = "CONTROL", value_delimiter = ',')]
    pub control: Vec<String>,
    /// None of these checks, by id, with `*` for any letters (by comma)
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Lists this severity and worse; all are judged and count in the figures
    #[arg(long, value_name = "SEVERITY")]
    pub severity: Option<FailOn>,
}

/// The role that is assumed in the accounts of an organisation. The role that AWS makes in new accounts may do
/// everything; this one has to be made, and may read.
pub const AUDIT_ROLE: &str = "PartywallAudit";

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
    /// Role to assume before reading; several (named one by one) are read as so many accounts
    #[arg(long, value_name = "ARN")]
    pub role_arn: Vec<String>,
    /// External id for the roles that are assumed
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Reads all active accounts of the organisation, each in the role of --role-name
    #[arg(long)]
    pub organization: bool,
    /// The role in the accounts of the organisation
    #[arg(long, value_name = "NAME", default_value = AUDIT_ROLE)]
    pub role_name: String,
    /// Says how many calls it would take, and asks for nothing else
    #[arg(long)]
    pub estimate: bool,
    /// Goes on with a run that was interrupted and kept by --save
    #[arg(long, value_name = "DIR")]
    pub resume: Option<PathBuf>,
    /// An AWS Config aggregator whose counts make the estimate better
    #[arg(long, value_name = "NAME")]
    pub config_aggregator: Option<String>,
}

/// `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier run and the later one [default: the last two over the same accounts]
    #[arg(value_name = "RUN", num_args = 0..=2)]
    pub runs: Vec<String>,
    /// Form of the answer
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: DiffFormat,
    /// Writes the answer to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The lowest severity of a new failure that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    pub fail_on: FailOn,
    /// What could not be compared (exit code 3) outranks what got worse (1)
    #[arg(long)]
    pub strict: bool,
    /// Where history is kept [default: partywall/history.db in your data folder]
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
}

/// `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// What to do with it; lists the runs where nothing is said.
    #[command(subcommand)]
    pub verb: Option<HistoryVerb>,
    /// Form of the list
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: TextOrJson,
    /// Where history is kept [default: partywall/history.db in your data folder]
    #[arg(long, value_name = "FILE", global = true)]
    pub store: Option<PathBuf>,
}

/// What to do with a history.
#[derive(Debug, Subcommand)]
pub enum HistoryVerb {
    /// Take old runs out. A run stays if one of the rules keeps it; open failures keep their age
    Prune(PruneArgs),
}

/// Which runs stay.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct PruneArgs {
    /// Keeps the runs of so many days before the newest run
    #[arg(long, value_name = "N")]
    pub keep_days: Option<u32>,
    /// Keeps the newest so many runs over each set of accounts
    #[arg(long, value_name = "N")]
    pub keep_runs: Option<u32>,
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
        /// Form of the list
        #[arg(long, value_name = "FORM", default_value = "text")]
        format: TextOrJson,
        /// Which checks are listed.
        #[command(flatten)]
        filters: Filters,
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

/// `frameworks`.
#[derive(Debug, Args)]
pub struct FrameworksArgs {
    /// Form of the list
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: TextOrJson,
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
    Policy(PolicyArgs),
}

/// `secrets`.
#[derive(Debug, Args)]
pub struct SecretsArgs {
    /// Files and folders; one folder of a repository with --history and --staged [default: this folder]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Searches git's history in place of files: all of it, or a range of revisions
    #[arg(long, value_name = "REV..REV", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with = "staged")]
    pub history: Option<String>,
    /// Searches what is staged for the next commit
    #[arg(long)]
    pub staged: bool,
    /// Searches files that were changed since a revision, and tells what stands on changed lines
    #[arg(long, value_name = "REV", conflicts_with_all = ["history", "staged", "no_ignore"])]
    pub changed_since: Option<String>,
    /// Form of the answer
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: SecretsFormat,
    /// Writes the answer to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Also reads what .gitignore names
    #[arg(long, conflicts_with_all = ["history", "staged"])]
    pub no_ignore: bool,
    /// Lists this severity and worse; the others are counted
    #[arg(long, value_name = "SEVERITY")]
    pub severity: Option<FailOn>,
    /// The lowest severity of a secret that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "info")]
    pub fail_on: FailOn,
    /// An incomplete search (exit code 3) outranks secrets (1)
    #[arg(long)]
    pub strict: bool,
}

/// Forms of an answer about secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SecretsFormat {
    /// For a terminal
    Text,
    /// One JSON document
    Json,
    /// For code-scanning views, SARIF 2.1.0
    Sarif,
}

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder for the pages; it is made where it is not there
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// `aws policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// With what reading an organisation takes: to list its accounts and to enter them
    #[arg(long)]
    pub organization: bool,
    /// The role in the accounts of the organisation
    #[arg(long, value_name = "NAME", default_value = AUDIT_ROLE)]
    pub role_name: String,
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
    /// A summary for a ticket or a pull request
    Markdown,
    /// One row for each verdict, RFC 4180
    Csv,
    /// Failures and open questions for code-scanning views, SARIF 2.1.0
    Sarif,
    /// Compliance Findings for lakes and SIEMs, OCSF 1.5.0
    Ocsf,
    /// AWS Security Finding Format, for Security Hub
    Asff,
}

/// Forms of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For a terminal
    Text,
    /// One JSON document
    Json,
    /// For a ticket or a pull request
    Markdown,
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
