//! Terraform: what a tree of files says will be deployed.
//!
//! [`configurations`] reads every `.tf` and `.tf.json` file, finds the root folders (those that no other
//! folder calls), and evaluates each root: variables, locals, `count` and `for_each`, dynamic blocks, modules
//! and functions. Nothing is run and no provider is asked, so what only a deployment could tell is
//! [`Node::Unknown`] with the chain of reasons that leads to it.
//!
//! Evaluation is bounded in depth, steps, instances and sizes; where a bound is met, a [`Trouble`] says so.

mod config;
mod functions;
mod machine;
pub mod plan;
mod policy_document;
mod syntax;
mod typing;
mod value;

use std::ops::Range;
use std::sync::Arc;

use partywall_model::{Node, Why};

use crate::tree::Tree;
use crate::trouble::Trouble;
use config::Program;
use machine::Machine;

/// A stack that the deepest expression within the bounds fits on, also unoptimised.
const STACK_BYTES: usize = 192 << 20;

/// Values that a user passes beside the files, as `terraform plan` takes them; of two the later counts.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// `-var NAME=VALUE`.
    Variable {
        /// The variable.
        name: String,
        /// Its value, as written on the command line.
        value: String,
    },
    /// `-var-file FILE`, a path of the tree.
    File(String),
    /// A value that is known as it is.
    Known {
        /// The variable.
        name: String,
        /// Its value.
        value: Node,
    },
}

/// What a provider fills in when it makes a resource.
///
/// The standard answers are `id`, which is the address, and `arn`, which is marked as unset; mappings from
/// Terraform's types to the provider's know better.
pub trait Types: Sync {
    /// The value of an attribute that is not written, or none where only a deployment tells.
    fn computed(&self, kind: &str, attribute: &str, arguments: &Node, address: &str) -> Option<Node> {
        let _ = arguments;
        match attribute {
            "id" => Some(Node::text(address)),
            "arn" => Some(Node::text(format!("arn:unset:{kind}:unset:unset:{address}"))),
            _ => None,
        }
    }

    /// Whether an argument does nothing but name the resource that this one belongs to.
    fn refers(&self, kind: &str, argument: &str) -> bool {
        let _ = (kind, argument);
        false
    }
}

/// The standard answers of [`Types`].
#[derive(Clone, Copy, Debug, Default)]
pub struct StandardTypes;

impl Types for StandardTypes {}

/// What was read from a tree.
#[derive(Debug, Default)]
pub struct Read {
    /// One for each root folder, in the order of their paths.
    pub configurations: Vec<Configuration>,
    /// What could not be read or decided as it stands, in the order of files and lines.
    pub troubles: Vec<Trouble>,
    /// How many configuration files there were.
    pub files: usize,
}

/// Who takes configurations, each as soon as it is evaluated.
pub type Take<'t> = dyn FnMut(Configuration) + Send + 't;

/// What one root folder will deploy.
#[derive(Debug, Default)]
pub struct Configuration {
    /// The root folder; empty where the files stand at the top of the tree.
    pub folder: Arc<str>,
    /// Its resources: those of the folder in the order of files and lines, then those of its modules.
    pub resources: Vec<Resource>,
}

/// Whether a resource is made or only read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// `resource`.
    Managed,
    /// `data`, and `ephemeral`, which is read as well.
    Data,
}

/// One instance of a resource.
#[derive(Clone, Debug)]
pub struct Resource {
    /// As `terraform plan` prints it: `module.a["x"].aws_s3_bucket.b[0]`. An instance whose key cannot be
    /// decided ends in `[?]`.
    pub address: Arc<str>,
    /// `aws_s3_bucket`.
    pub kind: Arc<str>,
    /// The name in the code.
    pub name: Arc<str>,
    /// Made or read.
    pub mode: Mode,
    /// Who makes it.
    pub provider: ProviderUse,
    /// The arguments: attributes by name, nested blocks always as lists. A text that is JSON with unknown
    /// parts arrives as the tree itself. A block list that may be longer ends in an unknown element.
    /// `tags_all` is `tags` with the provider's `default_tags` (AWS).
    pub arguments: Node,
    /// Where the arguments are written: `acl`, `ingress.0.cidr_blocks`.
    pub places: Vec<Place>,
    /// The whole block.
    pub place: Place,
    /// Why it is not known how many of these there will be.
    pub undecided: Option<Arc<Why>>,
}

/// The provider configuration that a resource is under.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProviderUse {
    /// Its name in the module: `aws`.
    pub name: Arc<str>,
    /// Its alias: `west`.
    pub alias: Option<Arc<str>>,
    /// The region that it names.
    pub region: Node,
    /// The tags that it puts on everything; absent where there are none.
    pub default_tags: Node,
}

/// Where something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Dotted path in the arguments; empty for the resource itself.
    pub path: Box<str>,
    /// The file.
    pub file: Arc<str>,
    /// Its bytes in the file.
    pub span: Range<u32>,
    /// The line that it begins on, counted from one.
    pub line: u32,
}

/// Reads all roots of a tree.
pub fn configurations(tree: &Tree, inputs: &[Input], types: &dyn Types) -> Read {
    let mut configurations = Vec::new();
    let read = each(tree, &[], inputs, types, &mut |configuration| configurations.push(configuration));
    Read { configurations, ..read }
}

/// Reads the roots of a tree one after the other, so that no more than one has to be held; what comes back holds none.
/// Roots of which plans say more are left out.
pub fn each(
    tree: &Tree,
    covered: &[Arc<str>],
    inputs: &[Input],
    types: &dyn Types,
    take: &mut Take<'_>,
) -> Read {
    let work = || {
        let mut troubles = tree.troubles().to_vec();
        let program = Program::read(tree, &mut troubles);
        let mut read = Read { files: program.files, ..Read::default() };
        for root in program.roots.iter().filter(|root| !covered.contains(root)) {
            let mut machine = Machine::new(&program, tree, types, root);
            take(machine.run(inputs));
            troubles.extend(machine.into_troubles());
        }
        troubles.sort();
        troubles.dedup();
        read.troubles = troubles;
        read
    };
    on_deep_stack(work).unwrap_or_else(|what| Read {
        troubles: vec![Trouble::new("", 0, what, "report this with the files that cause it")],
        ..Read::default()
    })
}

/// Runs on a stack that is deep enough for the evaluator.
fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        match std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work) {
            Ok(thread) => {
                thread.join().map_err(|_| "reading Terraform ended in an internal error".to_owned())
            }
            Err(error) => Err(format!("no thread could be started to read Terraform: {error}")),
        }
    })
}
