//! What a file's name says of what is in it: nothing is read for it.

/// Words of folders and files that hold samples.
const SAMPLE_PLACES: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "spec",
    "specs",
    "fixture",
    "fixtures",
    "mock",
    "mocks",
    "example",
    "examples",
    "sample",
    "samples",
    "doc",
    "docs",
    "demo",
    "__tests__",
    "e2e",
    "cassettes",
    "snapshots",
];
/// Files whose values without quotation marks are values.
const BARE: &[&str] = &[
    "env",
    "properties",
    "ini",
    "cfg",
    "conf",
    "config",
    "cnf",
    "yaml",
    "yml",
    "sh",
    "bash",
    "zsh",
    "envrc",
    "npmrc",
    "pypirc",
    "netrc",
    "dockerfile",
    "tfvars",
    "service",
    "credentials",
    "txt",
    "desktop",
    "pgpass",
];
/// Files that are settings.
const SETTINGS: &[&str] = &[
    "env",
    "properties",
    "ini",
    "cfg",
    "conf",
    "config",
    "cnf",
    "yaml",
    "yml",
    "json",
    "toml",
    "xml",
    "tfvars",
    "envrc",
    "npmrc",
    "pypirc",
    "netrc",
    "credentials",
    "tfstate",
];
/// Files that machines write, full of hashes.
const MADE: &[&str] = &["lock", "sum", "map", "svg", "snap", "lockb", "pb", "cast", "ipynb"];

/// What a file's name says of what is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileNature {
    pub(crate) takes_bare_values: bool,
    pub(crate) is_settings: bool,
    pub(crate) is_sample: bool,
    pub(crate) is_made: bool,
}

impl FileNature {
    pub(crate) fn of(path: &str) -> Self {
        let path = path.to_ascii_lowercase();
        let name = path.rsplit(['/', '\\']).next().unwrap_or(&path);
        let extension = name.rsplit('.').next().unwrap_or(name);
        let is =
            |list: &[&str]| list.contains(&extension) || name.starts_with(".env") && list.contains(&"env");
        let is_sample_name = ["test_", "mock_"].iter().any(|start| name.starts_with(start))
            || [
                "_test.",
                ".test.",
                ".spec.",
                "_spec.",
                ".example",
                ".sample",
                ".template",
                ".dist",
                "example.",
                "sample.",
            ]
            .iter()
            .any(|part| name.contains(part));
        Self {
            takes_bare_values: is(BARE) || name.starts_with("dockerfile"),
            is_settings: is(SETTINGS),
            is_sample: is_sample_name || path.split(['/', '\\']).any(|part| SAMPLE_PLACES.contains(&part)),
            is_made: is(MADE)
                || name.contains(".min.")
                || name.ends_with("-lock.json")
                || name.ends_with("-lock.yaml"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_settings_samples_and_what_machines_write() {
        let of = FileNature::of;
        assert!(of("deploy/.env.production").is_settings && of(".env").takes_bare_values);
        assert!(of("Dockerfile").takes_bare_values && !of("src/main.rs").takes_bare_values);
        assert!(of("tests/a.py").is_sample && of("a_test.go").is_sample && of(".env.example").is_sample);
        assert!(!of("src/latest.py").is_sample && !of("contest/a.py").is_sample);
        assert!(of("Cargo.lock").is_made && of("package-lock.json").is_made && of("a.min.js").is_made);
    }
}
