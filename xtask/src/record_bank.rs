//! `cargo xtask record-bank`: records the bank of `examples/estate` by Partywall's own collector.
//!
//! The emulator is started, the bank is built in it, and each account is assessed through the role that an
//! auditor would assume. Each recording becomes a folder of `examples/bank`, which `partywall assess` reads as one
//! estate. They take the place of the older ones once all accounts are recorded; what people wrote there
//! (the bank's settings) stays.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::bench::{self, Profile};
use crate::emulator::Emulator;
use crate::failure::{Failure, Outcome};
use crate::measure;
use crate::repository::Repository;
use crate::setup::Tools;

/// The bank's accounts, as `examples/estate/accounts.py` names and numbers them.
const ACCOUNTS: [(&str, &str); 3] =
    [("shared", "111122223333"), ("production", "222233334444"), ("development", "333344445555")];
/// The role of each account that an auditor assumes.
const ROLE: &str = "OrganisationAudit";
const REGIONS: &str = "eu-west-1,us-east-1";
/// Where the recording belongs.
pub(crate) const BANK: &str = "examples/bank";

/// Records into a folder, named from the root of the repository.
pub(crate) fn run(repository: &Repository, bank: &str) -> Outcome {
    let program = bench::program(repository, Profile::Debug)?;
    let scratch = repository.path("target/record-bank");
    remove(&scratch)?;
    fs::create_dir_all(&scratch).map_err(|error| Failure::file("make", &scratch, &error))?;
    let tools = Tools::ready(repository)?;
    let emulator = Emulator::start(repository, &tools, &scratch.join("emulator.log"))?;
    emulator.build(repository, "bank.py")?;
    for (name, account) in ACCOUNTS {
        let role = format!("arn:aws:iam::{account}:role/{ROLE}");
        let mut command = Command::new(&program);
        command.args(["assess", "aws", "--regions", REGIONS, "--role-arn", &role]);
        command.arg("--save").arg(scratch.join(name));
        command.args(["--no-store", "--quiet", "--format", "json", "--output"]);
        command.arg(scratch.join("report.json")).stdin(Stdio::null());
        bench::finished(measure::run(bench::credentials(&mut command, &emulator))?)?;
        println!("recorded account {account}");
    }
    drop(emulator);
    for (name, _) in ACCOUNTS {
        let (from, to) = (scratch.join(name), repository.path(bank).join(name));
        remove(&to)?;
        fs::create_dir_all(repository.path(bank)).map_err(|error| Failure::file("make", &to, &error))?;
        fs::rename(&from, &to).map_err(|error| Failure::file("move", &from, &error))?;
        println!("wrote {bank}/{name}");
    }
    Ok(())
}

/// Removes a folder, if it is there.
fn remove(folder: &Path) -> Outcome {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).map_err(|error| Failure::file("remove", folder, &error))
}
