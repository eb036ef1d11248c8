//! `partywall`: which side of the shared security responsibility is yours, and how good it is.

use std::process::ExitCode;

use clap::Parser;
use partywall::args::Cli;

fn main() -> ExitCode {
    match partywall::run(&Cli::parse()) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("error: {failure}");
            partywall::Exit::Unusable.into()
        }
    }
}
