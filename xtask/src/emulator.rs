//! The AWS emulator of `examples/estate`, started on a free loopback port and stopped with its own process.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};
use crate::repository::Repository;
use crate::setup::{self, Tools};

/// How long the emulator may take to open its port.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running emulator; it is stopped when this value goes.
#[derive(Debug)]
pub(crate) struct Emulator {
    process: Child,
    port: u16,
    python: std::path::PathBuf,
}

impl Emulator {
    /// Starts the emulator. What it prints goes to `log`.
    pub(crate) fn start(repository: &Repository, tools: &Tools, log: &Path) -> Outcome<Self> {
        let output = File::create(log).map_err(|error| Failure::file("write", log, &error))?;
        let errors = output.try_clone().map_err(|error| Failure::file("write", log, &error))?;
        let port = free_port()?;
        let process = Command::new(&tools.python)
            .arg("emulator.py")
            .args(["--port", &port.to_string()])
            .current_dir(repository.path("examples/estate"))
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|error| {
                Failure::new(format!("`{}` cannot be started: {error}", tools.python.display()))
            })?;
        let mut emulator = Self { process, port, python: tools.python.clone() };
        emulator.wait_for_port(log)?;
        Ok(emulator)
    }

    /// Its address.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Runs a script of `examples/estate` that builds an estate in it.
    pub(crate) fn build(&self, repository: &Repository, script: &str) -> Outcome {
        self.build_with(repository, script, &[])
    }

    /// The same, with options of the script's own.
    pub(crate) fn build_with(&self, repository: &Repository, script: &str, options: &[&str]) -> Outcome {
        let mut command = Command::new(&self.python);
        command.arg(script).args(["--endpoint", &self.endpoint()]).args(options);
        setup::must(command.current_dir(repository.path("examples/estate")).stdout(Stdio::null()))
    }

    fn wait_for_port(&mut self, log: &Path) -> Outcome {
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = log.display();
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(Failure::new(format!("the emulator ended with {status}; see {log}")));
            }
            if Instant::now() > until {
                return Err(Failure::new(format!(
                    "the emulator did not open its port in a minute; see {log}"
                )));
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _killed = self.process.kill();
        let _status = self.process.wait();
    }
}

/// A port that nobody listens on now.
fn free_port() -> Outcome<u16> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Failure::new(format!("no loopback port is free: {error}")))
}
