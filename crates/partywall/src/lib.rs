//! The binary's inside: arguments, wiring, exit codes. It is a library so that its tests can call it.
//!
//! The way of an assessment: [`gather`] turns sources into evidence folders (a live account into a temporary
//! one, so that live and recorded evidence go the very same way), [`assess`] judges what is in them, and the
//! report crate writes it down. Nothing else happens here; no rule of the field is in this crate.

pub mod args;
mod assess;
mod diff;
mod estimate;
mod exit;
mod filter;
mod frameworks;
mod gate;
mod gather;
mod history;
pub mod import;
mod init;
mod knowledge;
mod live;
mod manual;
mod moment;
mod progress;
mod questions;
mod resume;
mod runs;
mod screen;
mod secrets;

use args::{AwsVerb, Cli, Verb};
pub use assess::{Basis, Judged, assess_evidence};
pub use exit::{Exit, Failure, Precedence};
pub use filter::Filter;
pub use frameworks::AskedFrameworks;
pub use gather::Gathered;
pub use knowledge::{KnowledgeError, built_in};
pub use live::collect_evidence;

/// Does what the command line says.
///
/// # Errors
/// Whatever keeps it from an answer: wrong usage, unreadable input.
pub fn run(cli: &Cli) -> Result<Exit, Failure> {
    match &cli.verb {
        Verb::Assess(args) => assess::assess(args, &cli.common),
        Verb::Diff(args) => diff::diff(args, &cli.common),
        Verb::History(args) => runs::history(args, &cli.common),
        Verb::Gate(args) => gate::gate(args, &cli.common),
        Verb::Who(args) => questions::who(args, &cli.common),
        Verb::Checks(args) => questions::checks(args, &cli.common),
        Verb::Frameworks(args) => frameworks::frameworks(args, &cli.common),
        Verb::Aws(args) => match &args.verb {
            AwsVerb::Policy(args) => questions::aws_policy(args, &cli.common),
        },
        Verb::Secrets(args) => secrets::secrets(args, &cli.common),
        Verb::Init(args) => init::init(args, &cli.common),
        Verb::Completions(args) => manual::completions(args),
        Verb::Man(args) => manual::man(args),
    }
}
