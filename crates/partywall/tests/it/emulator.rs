//! The emulator of AWS with the small estate of these tests in it.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What the script plants where secrets are found in practice.
pub(crate) const SECRET: &str = "Amsel-Brunnen-31";

/// Runs a program until its own input ends, which it does with the process of the tests.
const KEEPER: &str = "import subprocess, sys; p = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL); sys.stdin.read(); p.kill()";

/// The emulator that all tests share: it takes seconds to start, and they only read.
pub(crate) static EMULATOR: LazyLock<Emulator> = LazyLock::new(Emulator::start);

/// A running emulator.
pub(crate) struct Emulator {
    pub(crate) address: SocketAddr,
    /// Of the account that holds the estate.
    pub(crate) credentials: Credentials,
    /// Its input stays open as long as this process lives.
    _keeper: Child,
}

/// Keys that act in an account of the emulator.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
}

impl Emulator {
    /// Starts one and builds the estate in it.
    fn start() -> Self {
        let python = python();
        let estates = repository().join("examples/estate");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let keeper = Command::new(&python)
            .args(["-c", KEEPER])
            .args([python.as_os_str(), estates.join("emulator.py").as_os_str()])
            .args(["--port", &port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("`{}` cannot be started: {error}", python.display()));
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let patience = Instant::now() + Duration::from_secs(90);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < patience, "the emulator did not open its port");
            std::thread::sleep(Duration::from_millis(100));
        }
        let built = Command::new(&python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/estate.py"))
            .args([estates.as_os_str(), format!("http://{address}").as_ref(), SECRET.as_ref()])
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let printed: Value = serde_json::from_slice(&built.stdout).unwrap();
        let text = |name: &str| printed[name].as_str().unwrap().to_owned();
        let credentials = Credentials {
            id: text("AccessKeyId"),
            secret: text("SecretAccessKey"),
            token: text("SessionToken"),
        };
        Self { address, credentials, _keeper: keeper }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// The Python beside the emulator's program.
pub(crate) fn python() -> PathBuf {
    let named = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let moto = named("PARTYWALL_MOTO").unwrap_or_else(|| {
        panic!(
            "PARTYWALL_MOTO must name the program `moto_server`: `cargo xtask test` sets it, or by hand: \
             python3 -m venv v && v/bin/pip install 'moto[server]' boto3 && export PARTYWALL_MOTO=$PWD/v/bin/moto_server"
        )
    });
    named("PARTYWALL_PYTHON").unwrap_or_else(|| moto.with_file_name("python"))
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
