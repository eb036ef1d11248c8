//! Files that mean no good.

use crate::files::{read, read_bytes, troubles};

const NAMES: [&str; 18] = [
    "Cargo.lock",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "requirements.txt",
    "poetry.lock",
    "pdm.lock",
    "uv.lock",
    "pylock.toml",
    "Pipfile.lock",
    "go.mod",
    "pom.xml",
    "gradle.lockfile",
    "Gemfile.lock",
    "composer.lock",
    "packages.lock.json",
    "npm-shrinkwrap.json",
    "gems.locked",
];

/// Every file is there, and every trouble is in it and says something.
#[track_caller]
fn survives(bytes: &[u8]) {
    let found = read_bytes(NAMES.map(|name| (name, bytes.to_vec())));
    assert_eq!(found.files.len(), NAMES.len());
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    for trouble in &found.troubles {
        assert!(trouble.line as usize <= lines && !trouble.what.is_empty(), "{trouble:?}");
    }
    for package in found.packages() {
        assert!(package.line >= 1 && package.line as usize <= lines, "{package:?}");
        assert!(package.purl().starts_with("pkg:"));
    }
}

#[test]
fn what_is_no_lock_file_loses_nothing_and_comes_to_an_end() {
    for bytes in [
        &b""[..],
        b"\0\0\0",
        b"\xff\xfe\xff",
        b"\xef\xbb\xbf",
        b"{\"packages\": {\"node_modules/a\": 1}, \"dependencies\": [1]}",
        b"[[package]]\nname = 1\n[[package]]\n",
        b"<project><dependencies><dependency><version>",
        b"GEM\n    (\n    )x (\n",
        b"require (\nrequire\n)\n)\n=>\n",
        b"a==\n==1\n[x]\n@\n-r\n-e\n;\n\\\n",
        b"\"@\":\n  version\n\"a@\":\n",
    ] {
        survives(bytes);
    }
    for (open, close) in
        [("[", "]"), ("{\"a\":", "}"), ("<a>", "</a>"), ("- ", ""), ("a = [", "]"), ("-r x\n", "")]
    {
        survives(open.repeat(20_000).as_bytes());
        survives(format!("{}{}", open.repeat(3_000), close.repeat(3_000)).as_bytes());
    }
}

#[test]
fn version_1_packages_within_packages_are_bounded() {
    let text = format!(
        "{{\"lockfileVersion\":1,\"dependencies\":{}",
        "{\"a\":{\"version\":\"1\",\"dependencies\":".repeat(5_000)
    );
    let found = read(&[("package-lock.json", &text)]);
    assert_eq!(found.packages().count(), 1);
    assert!(troubles(&found)[0].contains("nested deeper"), "{:?}", troubles(&found));
}

#[test]
fn bytes_that_are_no_utf8_are_told_and_the_rest_is_kept() {
    let found = read_bytes([("requirements.txt", b"a==1\nb\xff==2\nc==3\n".to_vec())]);
    let names: Vec<&str> = found.packages().map(|it| &*it.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert!(troubles(&found)[0].starts_with("requirements.txt:2 this is no UTF-8"), "{:?}", troubles(&found));
}

#[test]
fn an_address_never_keeps_its_password() {
    let text = "a @ https://me:hunter2@files.example/a.whl\n-r https://me:hunter2@files.example/r.txt\n";
    let found = read(&[("requirements.txt", text)]);
    assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
}
