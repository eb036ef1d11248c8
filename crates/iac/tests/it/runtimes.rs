//! What names a version of a runtime, and what leaves it open.

use partywall_iac::{Tree, compose, dockerfile, runtimes, workflows};

/// `file:line product version` of each.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let tree = Tree::of(files.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())));
    let read = runtimes::declared(
        &tree,
        &[dockerfile::declared(&tree), compose::declared(&tree), workflows::declared(&tree)],
    );
    let told = |key: &str, asset: &partywall_iac::Declaration| {
        asset.asset.properties.key(key).as_str().unwrap_or_default().to_owned()
    };
    let found: Vec<String> = read
        .assets
        .iter()
        .map(|it| {
            format!("{}:{} {} {}", it.place.file, it.place.line, told("Product", it), told("Version", it))
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_word_that_is_no_version_names_none() {
    check(
        &[
            (".nvmrc", "lts/*\n"),
            (".python-version", "system\n# 2.7\n"),
            (".tool-versions", "nodejs lts\nrust 1.0\n"),
            ("runtime.txt", "3.8\n"),
            ("package.json", "{\"engines\": {\"node\": \">=8\"}}"),
            ("composer.json", "{\"require\": {\"php\": \">=5.3\"}}"),
            ("global.json", "{\"sdk\": {\"version\": \"3.1.100\", \"rollForward\": \"latestMajor\"}}"),
        ],
        &[],
    );
}

#[test]
fn the_toolchain_of_go_counts_where_it_is_named() {
    check(&[("go.mod", "module m\n\ngo 1.21\n\ntoolchain go1.24.3\n")], &["go.mod:5 go 1.24.3"]);
    check(&[("go.mod", "module m\n\ngo 1.16 // old\n")], &["go.mod:3 go 1.16"]);
}

#[test]
fn images_of_all_registries_that_carry_the_official_ones_are_known() {
    check(
        &[(
            "Dockerfile",
            "FROM library/node:14\nFROM public.ecr.aws/docker/library/ruby:2.5\nFROM mcr.microsoft.com/dotnet/aspnet:5.0\nFROM mcr.microsoft.com/other:1\nFROM python\nFROM team/python:2\n",
        )],
        &["Dockerfile:1 nodejs 14", "Dockerfile:2 ruby 2.5", "Dockerfile:3 dotnet 5.0"],
    );
}

#[test]
fn a_matrix_is_tested_and_not_run() {
    check(
        &[(
            ".github/workflows/a.yml",
            "on: push\njobs:\n  a:\n    strategy: {matrix: {v: [3.7]}}\n    runs-on: [self-hosted, ubuntu-20.04]\n    steps:\n      - uses: actions/setup-python@v5\n        with: {python-version: \"${{ matrix.v }}\"}\n      - uses: actions/setup-python@v5\n        with:\n          python-version: |\n            3.8\n            3.9\n",
        )],
        &[
            ".github/workflows/a.yml:11 python 3.8",
            ".github/workflows/a.yml:11 python 3.9",
            ".github/workflows/a.yml:5 github-runner ubuntu-20.04",
        ],
    );
}
