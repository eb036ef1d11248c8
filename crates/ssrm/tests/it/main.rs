//! Integration tests of the responsibility crate.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::path::Path;
use std::sync::OnceLock;

use partywall_content::{Content, Files, Settings, load};

mod bank;
mod estates;
mod fixes;
mod frameworks;
mod lines;
mod properties;
mod status;

/// The repository's own controls, archetypes and service files, with a few checks of the tests' own.
fn content() -> &'static Content {
    static CONTENT: OnceLock<Content> = OnceLock::new();
    CONTENT.get_or_init(|| {
        let mut files = Files::read(&folder("../../content")).expect("the content folder");
        files.0.retain(|path, _| path.starts_with("ssrm/"));
        let checks = Files::read(&folder("tests/it/checks")).expect("the tests' checks");
        files.0.extend(checks.0.into_iter().map(|(path, text)| (format!("checks/aws/test/{path}"), text)));
        let loaded = load::load(&files, Content::default());
        assert_eq!(loaded.problems, []);
        loaded.content
    })
}

fn folder(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Settings as a user writes them.
fn settings(text: &str) -> Settings {
    Settings::parse("partywall.yaml", text, &content().control_ids()).expect("settings")
}
