//! One page for each verb, from the help that the program itself prints.
//!
//! The program is asked rather than linked, so that this package stays quick to build and a page cannot
//! say anything else than `--help` does.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Pages;
use super::markdown::{block, generated_from};
use crate::failure::{Failure, Outcome};
use crate::metadata::Metadata;
use crate::repository::Repository;
use crate::setup;

const PROGRAM: &str = "partywall";
const FOLDER: &str = "docs/cli";

pub(super) fn pages(repository: &Repository, pages: &mut Pages) -> Outcome {
    if !repository.path("crates/partywall/src/main.rs").is_file() {
        println!("docs: no program yet, so no pages of its verbs");
        return Ok(());
    }
    let mut build = Command::new("cargo");
    setup::must(build.args(["build", "--quiet", "--package", PROGRAM]).current_dir(repository.root()))?;
    let program = Metadata::read(repository)?.target_directory.join("debug").join(PROGRAM);
    let whole = help(&program, &[])?;
    let verbs = verbs(&whole);
    let mut index = generated_from("the program's own help");
    index.push_str("# Command line\n\n");
    index.push_str(&block("text", &whole));
    index.push('\n');
    for (verb, about) in &verbs {
        index.push_str(&format!("- [`{PROGRAM} {verb}`]({verb}.md): {about}\n"));
        pages.insert(format!("{FOLDER}/{verb}.md"), page(repository, &program, verb)?);
    }
    pages.insert(format!("{FOLDER}/README.md"), index);
    Ok(())
}

/// The page of a verb, with the verbs under it.
fn page(repository: &Repository, program: &Path, verb: &str) -> Outcome<String> {
    let own = help(program, &[verb])?;
    let mut page = generated_from("the program's own help");
    page.push_str(&format!("# {PROGRAM} {verb}\n\n"));
    if repository.path(&format!("docs/guide/{verb}.md")).is_file() {
        page.push_str(&format!("How to use it: [guide](../guide/{verb}.md).\n\n"));
    }
    page.push_str(&block("text", &own));
    for (under, _) in verbs(&own) {
        page.push_str(&format!("\n## {PROGRAM} {verb} {under}\n\n"));
        page.push_str(&block("text", &help(program, &[verb, &under])?));
    }
    Ok(page)
}

/// What `--help` prints, at a width that does not hang on a terminal.
fn help(program: &Path, verbs: &[&str]) -> Outcome<String> {
    let output = Command::new(program)
        .args(verbs)
        .arg("--help")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .output()
        .map_err(|error| Failure::file("run", program, &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("`{PROGRAM} {} --help` failed: {said}", verbs.join(" "))));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"))
}

/// The verbs under `Commands:`, each with the line that describes it; `help` is no verb of ours.
fn verbs(help: &str) -> Vec<(String, String)> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // Deeper lines go on with a description.
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .filter(|(verb, _)| *verb != "help")
        .map(|(verb, about)| (verb.to_owned(), about.trim().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_read_from_the_help() {
        let text = "What it is\n\nUsage: partywall <COMMAND>\n\nCommands:\n  assess  Assess an estate\n          by the model\n  who     Show who\n  help    Print this\n\nOptions:\n  -q  Quiet\n";
        let expected = [("assess", "Assess an estate"), ("who", "Show who")];
        assert_eq!(verbs(text), expected.map(|(verb, about)| (verb.to_owned(), about.to_owned())));
        assert_eq!(verbs("Usage: partywall who\n"), []);
    }
}
