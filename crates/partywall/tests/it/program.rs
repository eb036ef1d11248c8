//! The program, run as a person runs it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::emulator::Credentials;

/// A run that is being put together. It knows nothing of the machine's own configuration.
pub(crate) struct Partywall {
    command: Command,
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Partywall {
    pub(crate) fn new<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_partywall"));
        command.args(arguments).stdin(Stdio::null()).env_clear();
        // Nowhere to find a profile, and no metadata service to ask for one.
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_CONFIG_FILE", "/nonexistent/config");
        command.env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials");
        Self { command }
    }

    /// Against a server in place of AWS.
    pub(crate) fn against(self, url: &str, credentials: &Credentials, region: &str) -> Self {
        let Credentials { id, secret, token } = credentials;
        self.env("AWS_ENDPOINT_URL", url)
            .env("AWS_ACCESS_KEY_ID", id)
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .env("AWS_SESSION_TOKEN", token)
            .env("AWS_REGION", region)
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn run(mut self) -> Ran {
        Self::ended(self.command.output().unwrap())
    }

    /// Starts it, and presses Ctrl-C when `ready` returns.
    pub(crate) fn interrupted(mut self, ready: impl FnOnce()) -> Ran {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.command.spawn().unwrap();
        ready();
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        Self::ended(child.wait_with_output().unwrap())
    }

    fn ended(output: Output) -> Ran {
        let stderr = String::from_utf8(output.stderr).unwrap();
        let code = output.status.code().unwrap_or_else(|| panic!("ended by a signal: {stderr}"));
        assert!(!stderr.contains("panicked at"), "{stderr}");
        Ran { code, stdout: String::from_utf8(output.stdout).unwrap(), stderr }
    }
}
