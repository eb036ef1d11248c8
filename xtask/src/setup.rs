//! What the tests need beside Rust: a Python environment with the AWS emulator, and a browser once a test
//! asks for one.
//!
//! The environment is made once in the user's cache folder and used again as long as
//! `xtask/requirements.txt` stays the same. Where something is missing and this is root on Debian or Ubuntu,
//! it is installed; elsewhere the task says what to run.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Failure, Outcome};
use crate::repository::Repository;

/// Names the emulator's program for the tests.
pub(crate) const MOTO: &str = "PARTYWALL_MOTO";
/// Names the Python of the same environment.
pub(crate) const PYTHON: &str = "PARTYWALL_PYTHON";
/// Names a Chromium.
pub(crate) const CHROMIUM: &str = "PARTYWALL_CHROMIUM";

const REQUIREMENTS: &str = "xtask/requirements.txt";

/// What the tests find in their environment.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    pub(crate) moto: PathBuf,
    pub(crate) python: PathBuf,
    /// None where no test asks for a browser and none is installed.
    pub(crate) chromium: Option<PathBuf>,
}

impl Tools {
    /// Finds or installs everything.
    pub(crate) fn ready(repository: &Repository) -> Outcome<Self> {
        let (moto, python) = python_tools(repository)?;
        Ok(Self { moto, python, chromium: chromium(repository)? })
    }

    /// The variables under which the tests find them.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &OsStr)> {
        let fixed = [(MOTO, self.moto.as_os_str()), (PYTHON, self.python.as_os_str())];
        fixed.into_iter().chain(self.chromium.iter().map(|path| (CHROMIUM, path.as_os_str())))
    }
}

/// The emulator's program and its Python: those that the environment names, else those of the folder of
/// our own.
fn python_tools(repository: &Repository) -> Outcome<(PathBuf, PathBuf)> {
    let named = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(moto) = named(MOTO) {
        let beside = moto.with_file_name("python");
        return Ok((moto, named(PYTHON).unwrap_or(beside)));
    }
    let wanted = repository.read(REQUIREMENTS)?;
    let folder = environment_folder(repository);
    let (moto, python) = (folder.join("bin/moto_server"), folder.join("bin/python"));
    let stamp = folder.join("installed-requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) && moto.is_file() {
        return Ok((moto, python));
    }
    println!("setting up {} in {}", REQUIREMENTS, folder.display());
    ensure_venv_module()?;
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| Failure::file("empty", &folder, &error))?;
    }
    must(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let requirements = repository.path(REQUIREMENTS);
    must(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&requirements))?;
    // Written last: an installation that was cut short is begun anew.
    fs::write(&stamp, wanted).map_err(|error| Failure::file("write", &stamp, &error))?;
    Ok((moto, python))
}

/// `$XDG_CACHE_HOME/partywall/python`, `~/.cache/partywall/python`, or under `target/` where there is no home.
fn environment_folder(repository: &Repository) -> PathBuf {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map_or_else(|| repository.path("target/python"), |cache| cache.join("partywall/python"))
}

/// Debian and Ubuntu keep `venv` out of the plain `python3`.
fn ensure_venv_module() -> Outcome {
    let works = || succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"]));
    if works() {
        return Ok(());
    }
    install("python3-venv", "Python 3 with venv")?;
    if works() { Ok(()) } else { Err(Failure::new("`python3 -m venv` still does not work")) }
}

/// A Chromium, installed only where a test asks for it.
fn chromium(repository: &Repository) -> Outcome<Option<PathBuf>> {
    if let Some(named) = env::var_os(CHROMIUM) {
        return Ok(Some(named.into()));
    }
    let found = || ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| on_path(name));
    if let Some(path) = found() {
        return Ok(Some(path));
    }
    if !repository.tests_mention(CHROMIUM)? {
        return Ok(None);
    }
    install("chromium", "Chromium")?;
    found().map(Some).ok_or_else(|| Failure::new("chromium was installed, but is not on the PATH"))
}

/// Installs a Debian package as root, or says what to run.
fn install(package: &str, what: &str) -> Outcome {
    let is_root =
        Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !is_root || on_path("apt-get").is_none() {
        return Err(Failure::new(format!(
            "the tests need {what}: run `sudo apt-get install -y {package}` (or your system's counterpart) and try again"
        )));
    }
    println!("installing {package}");
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        command
    };
    // The lists of a fresh container are empty; of another machine they may do.
    if succeeds(&mut apt(&["install", "-y", "--no-install-recommends", package])) {
        return Ok(());
    }
    must(&mut apt(&["update"]))?;
    must(&mut apt(&["install", "-y", "--no-install-recommends", package]))
}

/// Where a program is on the `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path: OsString = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|entry| entry.is_file() && entry.permissions().mode() & 0o111 != 0)
}

/// Runs a command and asks only whether it went well.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Runs a command that must go well; its output is the user's.
pub(crate) fn must(command: &mut Command) -> Outcome {
    let shown = shown(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::new(format!("`{shown}` failed: {status}"))),
        Err(error) => Err(Failure::new(format!("`{shown}` cannot be started: {error}"))),
    }
}

/// Runs a command to success, and gives what it printed.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let shown = shown(command);
    let ended = command.stderr(Stdio::inherit()).output();
    let ended = ended.map_err(|error| Failure::new(format!("`{shown}` cannot be started: {error}")))?;
    match ended.status.success() {
        true => Ok(String::from_utf8_lossy(&ended.stdout).into_owned()),
        false => Err(Failure::new(format!("`{shown}` failed: {}", ended.status))),
    }
}

/// A command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
