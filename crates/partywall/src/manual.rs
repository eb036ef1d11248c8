//! Completions and manual pages, made from the very definitions that read the command line.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::exit::{Exit, Failure};
use crate::screen;

/// The program's name as it is typed.
const NAME: &str = "partywall";

/// `partywall completions`.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut script);
    screen::write(None, |out| out.write_all(&script))?;
    Ok(Exit::Fine)
}

/// `partywall man`.
pub(crate) fn man(args: &ManArgs) -> Result<Exit, Failure> {
    match &args.folder {
        None => screen::write(None, |out| Man::new(Cli::command()).render(out))?,
        Some(folder) => write_pages(folder)?,
    }
    Ok(Exit::Fine)
}

/// One page for the program and one for each verb: `partywall.1`, `partywall-assess.1`.
fn write_pages(folder: &Path) -> Result<(), Failure> {
    let refuse = |cause| Failure::Write { path: folder.to_owned(), cause };
    fs::create_dir_all(folder).map_err(refuse)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(refuse)
}
