//! The arguments of `partywall init`.

use std::path::PathBuf;

use clap::Args;

/// `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder to look at, where the settings are written
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
    /// Prints the settings on standard output, and writes no file
    #[arg(long)]
    pub dry_run: bool,
}
