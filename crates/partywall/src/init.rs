//! `partywall init`: looks at a folder and writes settings to begin with.
//!
//! Only names and code are looked at; credentials are neither searched for nor read, and no cloud is asked. Settings that
//! are there already stay as they are.

mod template;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use partywall_iac::{Mapped, Tree, cloudformation, compose, dockerfile, kubernetes, terraform, workflows};
use partywall_report::shown::shown;

use crate::args::{Common, InitArgs};
use crate::exit::{Exit, Failure};
use crate::{knowledge, screen};

/// The name under which settings are found.
const FILE: &str = "partywall.yaml";
/// So many names are told of each kind.
const NAMED: usize = 4;
/// Files in which package managers write down what they chose.
const LOCK_FILES: [&str; 14] = [
    "Cargo.lock",
    "Gemfile.lock",
    "Pipfile.lock",
    "composer.lock",
    "go.sum",
    "gradle.lockfile",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "packages.lock.json",
    "pnpm-lock.yaml",
    "poetry.lock",
    "requirements.txt",
    "uv.lock",
    "yarn.lock",
];

/// Looks at the folder, writes the settings, and says what it found and what comes next.
pub(crate) fn init(args: &InitArgs, common: &Common) -> Result<Exit, Failure> {
    if !args.folder.is_dir() {
        return Err(Failure::Usage(format!("`{}` is no folder; name one", args.folder.display())));
    }
    let found = Found::in_folder(&args.folder, common)?;
    let settings = template::settings(&found);
    if args.dry_run {
        screen::write(None, |out| out.write_all(settings.as_bytes()))?;
        screen::remark(common, format_args!("{}", found.told()));
        return Ok(Exit::Fine);
    }
    let path = args.folder.join(FILE);
    let told = found.told();
    create(&path, &settings)?;
    screen::write(None, |out| {
        write!(
            out,
            "{told}\nWrote {}; everything in it can be changed or left out.\n\n{}",
            path.display(),
            found.next()
        )
    })?;
    Ok(Exit::Fine)
}

/// Writes a file that is not there yet.
fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.map_err(|cause| match cause.kind() {
        io::ErrorKind::AlreadyExists => Failure::Usage(format!(
            "`{}` is there already and stays as it is; `partywall init --dry-run` prints what would be written",
            path.display()
        )),
        _ => Failure::Write { path: path.to_owned(), cause },
    })?;
    file.write_all(text.as_bytes()).map_err(|cause| Failure::Write { path: path.to_owned(), cause })
}

/// What is in a folder. All names are as they were found, in their order.
#[derive(Debug, Default)]
struct Found {
    terraform: BTreeSet<String>,
    /// Files of values that Terraform does not take by itself.
    values: BTreeSet<String>,
    templates: BTreeSet<String>,
    manifests: BTreeSet<String>,
    image_files: BTreeSet<String>,
    compose: BTreeSet<String>,
    workflows: BTreeSet<String>,
    lock_files: BTreeSet<String>,
    /// The first words of resource types: `aws`, `azurerm`, `google`.
    providers: BTreeSet<String>,
    is_repository: bool,
    has_gitlab: bool,
    has_pre_commit: bool,
}

impl Found {
    fn in_folder(folder: &Path, common: &Common) -> Result<Self, Failure> {
        let content = knowledge::content(&common.content)?;
        let tree = Tree::new(&[folder]);
        let mapped = Mapped::new(&content);
        let mut found = Self { is_repository: is_in_repository(folder), ..Self::default() };
        for configuration in terraform::configurations(&tree, &[], &mapped).configurations {
            found.terraform.insert(or_here(&configuration.folder));
            let kinds = configuration.resources.iter().filter_map(|resource| resource.kind.split('_').next());
            found.providers.extend(kinds.map(str::to_owned));
        }
        for configuration in cloudformation::configurations(&tree, &[], &mapped).configurations {
            found.templates.insert(configuration.folder.to_string());
            found.providers.insert("aws".to_owned());
        }
        let files = |read: partywall_iac::Manifests| -> BTreeSet<String> {
            read.assets.iter().map(|declared| declared.place.file.to_string()).collect()
        };
        found.manifests = files(kubernetes::declared(&tree));
        found.image_files = files(dockerfile::declared(&tree));
        found.compose = files(compose::declared(&tree));
        found.workflows = files(workflows::declared(&tree));
        for path in tree.files() {
            let name = path.rsplit('/').next().unwrap_or(path);
            let is_automatic = name == "terraform.tfvars" || name.ends_with(".auto.tfvars");
            if name.ends_with(".tfvars") && !is_automatic {
                found.values.insert(path.to_string());
            }
            if LOCK_FILES.contains(&name) {
                found.lock_files.insert(path.to_string());
            }
        }
        found.has_gitlab = folder.join(".gitlab-ci.yml").is_file();
        found.has_pre_commit = folder.join(".pre-commit-config.yaml").is_file();
        Ok(found)
    }

    fn has_code(&self) -> bool {
        let all = [
            &self.terraform,
            &self.templates,
            &self.manifests,
            &self.image_files,
            &self.compose,
            &self.workflows,
        ];
        all.iter().any(|names| !names.is_empty())
    }

    /// What was found, a line for each kind.
    fn told(&self) -> String {
        let mut text = String::new();
        for (what, names) in [
            ("Terraform configurations", &self.terraform),
            ("files of values for them", &self.values),
            ("CloudFormation templates", &self.templates),
            ("Kubernetes manifests", &self.manifests),
            ("image files", &self.image_files),
            ("Compose files", &self.compose),
            ("workflows of GitHub Actions", &self.workflows),
            ("lock files", &self.lock_files),
        ] {
            if !names.is_empty() {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{} {what}: {}", names.len(), some(names));
            }
        }
        if text.is_empty() { "No code that is known here was found.\n".to_owned() } else { text }
    }

    /// The commands that come next.
    fn next(&self) -> String {
        let values =
            self.values.first().map(|file| format!(" --var-file {}", shown(file))).unwrap_or_default();
        let gate = format!("partywall gate{values}");
        let baseline = format!("{gate} --format json -o baseline.json");
        let mut steps: Vec<(&str, &str)> = Vec::new();
        if self.has_code() {
            steps.push((&gate, "judges the code here"));
            steps.push((&baseline, "notes what is open today; --baseline then counts only what is new"));
        }
        steps.push(("partywall secrets", "finds keys and passwords in the files"));
        if self.is_repository {
            steps.push(("partywall secrets --history", "and in all commits"));
        }
        if self.providers.contains("aws") || !self.has_code() {
            steps.push(("partywall assess aws", "looks at what runs, with your credentials, and only reads"));
        }
        let width = steps.iter().map(|(command, _)| command.chars().count()).max().unwrap_or(0);
        let mut text = "Next:\n".to_owned();
        for (command, why) in steps {
            let _ = writeln!(text, "  {command:width$}  {why}");
        }
        for (is_there, what) in [
            (self.has_pre_commit, "hooks for pre-commit"),
            (!self.workflows.is_empty(), "an action for GitHub"),
            (self.has_gitlab, "a template for GitLab"),
        ] {
            if is_there {
                let _ = writeln!(text, "  There is {what}: docs/guide/delivery.md");
            }
        }
        text
    }
}

/// Some of the names, and how many more there are.
fn some(names: &BTreeSet<String>) -> String {
    let first: Vec<String> = names.iter().take(NAMED).map(|name| shown(name).to_string()).collect();
    match names.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn or_here(folder: &str) -> String {
    if folder.is_empty() { ".".to_owned() } else { folder.to_owned() }
}

/// Whether a folder is in a working tree of git.
fn is_in_repository(folder: &Path) -> bool {
    folder.canonicalize().is_ok_and(|real| real.ancestors().any(|above| above.join(".git").exists()))
}
