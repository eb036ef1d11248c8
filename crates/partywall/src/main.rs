//! `partywall`: which side of the shared security responsibility is yours, and how good it is.

use std::process::ExitCode;

use clap::Parser;
use partywall::args::Cli;
use partywall_report::shown::shown_lines;

fn main() -> ExitCode {
    match partywall::run(&Cli::parse()) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            // Its words may quote evidence, and so names that strangers chose.
            eprintln!("error: {}", shown_lines(&failure.to_string()));
            partywall::Exit::Unusable.into()
        }
    }
}
