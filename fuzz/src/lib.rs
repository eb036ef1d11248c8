//! Fuzz targets: one function for each parser of foreign input.
//!
//! A target takes any bytes, gives them to the real parser and asserts what must hold whatever they are:
//! what was read survives being written and read again, two ways to read the same thing agree, nothing that
//! was not seen turns into a good answer, a message names a place that exists. It fails by panicking.
//!
//! The same functions run in two ways. `cargo test` runs them on the stable toolchain ([`mutate`] makes the
//! inputs; `tests/stable.rs` drives it): every seed under `corpus/<target>/`, then mutations of them and
//! random bytes, for `PARTYWALL_FUZZ_SECONDS` a target. `cargo +nightly fuzz run --features libfuzzer
//! <target>` runs them under libFuzzer, guided by coverage, on the same corpus.
//!
//! **Why no `bolero`.** On the stable toolchain it draws inputs at random: it neither mutates the corpus nor
//! knows the words of a format, so it seldom gets past the first brace of a manifest; and it would add some
//! twenty crates to the build. [`mutate`] is a few strokes over `fastrand`, which the AWS client uses
//! anyway, and knows both.
//!
//! To add a target: a function in the module of its domain, a row in [`each_target!`], seeds under `corpus/`,
//! its file under `fuzz_targets/` and its `[[bin]]`. A test holds these against each other.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a target fails by panicking: that is what a fuzzer listens for"
)]

mod aws;
mod base;
mod content;
mod effects;
mod evidence;
mod expression;
mod iac;
mod import;
mod judgement;
mod manifests;
pub mod mutate;
mod node;
mod packages;
mod report;
mod secrets;

pub use aws::{aws_pages, aws_redaction, aws_reply};
pub use content::{
    catalog_text, content_check, content_collector, content_framework, content_model, content_service,
    packed_blob, settings_text,
};
pub use effects::{cidr_text, policy_document, time_text, tls_name};
pub use evidence::{evidence_file, evidence_manifest, evidence_records, history_file};
pub use expression::{expression_document, expression_source};
pub use iac::{iac_arm, iac_cloudformation, iac_mend, iac_plan, iac_terraform};
pub use import::foreign_findings;
pub use judgement::check_judgement;
pub use manifests::{code_runtimes, iac_compose, iac_dockerfile, iac_kubernetes, iac_workflows};
pub use node::{fingerprint_text, node_json};
pub use packages::package_files;
pub use report::{report_page, shown_text};
pub use secrets::secret_scan;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which is also that of its corpus and of its program.
    pub name: &'static str,
    /// Runs it on an input; panics where something does not hold.
    pub run: fn(&[u8]),
    /// Words of the format, for the mutator.
    pub words: &'static [&'static str],
    /// Inputs of more bytes are not made.
    pub longest: usize,
}

/// Calls a macro with the rows of all targets: name, words, longest input in bytes.
#[macro_export]
macro_rules! each_target {
    ($with:ident) => {
        $with! {
            aws_pages, AWS, 2048;
            aws_redaction, SECRETS, 2048;
            aws_reply, AWS, 2048;
            catalog_text, CATALOG, 2048;
            check_judgement, POLICY, 2048;
            cidr_text, CIDR, 64;
            code_runtimes, RUNTIMES, 1024;
            content_check, CONTENT, 4096;
            content_collector, CONTENT, 4096;
            content_framework, CONTENT, 4096;
            content_model, CONTENT, 4096;
            content_service, CONTENT, 4096;
            evidence_file, EVIDENCE, 2048;
            evidence_manifest, EVIDENCE, 2048;
            evidence_records, EVIDENCE, 2048;
            expression_document, DOCUMENT, 1024;
            expression_source, EXPRESSION, 512;
            fingerprint_text, HEXADECIMAL, 64;
            foreign_findings, FINDINGS, 4096;
            history_file, NONE, 512;
            iac_arm, ARM, 2048;
            iac_cloudformation, TEMPLATE, 2048;
            iac_compose, COMPOSE, 2048;
            iac_dockerfile, IMAGE_FILE, 2048;
            iac_kubernetes, MANIFEST, 2048;
            iac_mend, TERRAFORM, 2048;
            iac_plan, PLAN, 4096;
            iac_terraform, TERRAFORM, 2048;
            iac_workflows, WORKFLOW, 2048;
            node_json, JSON, 2048;
            package_files, LOCKS, 2048;
            packed_blob, NONE, 2700;
            policy_document, POLICY, 2048;
            report_page, MARKUP, 512;
            secret_scan, TOKENS, 4096;
            settings_text, CONTENT, 2048;
            shown_text, MARKUP, 512;
            time_text, TIME, 64;
            tls_name, TLS, 64;
        }
    };
}

macro_rules! targets {
    ($($name:ident, $words:ident, $longest:literal;)*) => {
        /// All targets, by name.
        pub const TARGETS: &[Target] =
            &[$(Target { name: stringify!($name), run: $name, words: words::$words, longest: $longest }),*];
    };
}
each_target!(targets);

mod words;
