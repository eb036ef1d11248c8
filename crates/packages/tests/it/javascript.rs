//! Lock files of npm, Yarn and pnpm.

use partywall_packages::Origin;

use crate::files::{check, needs, read, told, troubles};

#[test]
fn npm_3_names_packages_by_their_folders() {
    let text = r#"{
  "name": "shop", "lockfileVersion": 3,
  "packages": {
    "": { "name": "shop", "dependencies": { "a": "^1.0.0", "other": "npm:real@2" }, "devDependencies": { "@s/b": "*" } },
    "node_modules/a": { "version": "1.0.0", "resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz", "integrity": "sha512-AA==" },
    "node_modules/a/node_modules/c": { "version": "3.0.0" },
    "node_modules/@s/b": { "version": "2.1.0-rc.1+x", "dev": true },
    "node_modules/other": { "name": "real", "version": "2.0.0" },
    "node_modules/c": { "version": "3.0.0", "optional": true },
    "node_modules/member": { "resolved": "packages/member", "link": true },
    "packages/member": { "version": "0.1.0", "dependencies": { "d": "4" } },
    "packages/member/node_modules/d": { "version": "4.0.0" },
    "node_modules/g": { "version": "git+ssh://git@host.example/g.git#0c0ffee" }
  }
}"#;
    let found = check(
        &[("package-lock.json", text)],
        &[
            "a 1.0.0 :5",
            "c 3.0.0 :6",
            "@s/b 2.1.0-rc.1+x :7",
            "real 2.0.0 :8",
            "d 4.0.0 :12",
            "g ? it is whatever `git+ssh://git@host.example/g.git#0c0ffee` holds :13",
        ],
    );
    assert_eq!(
        needs(&found),
        [
            "a Direct Runs",
            "c Transitive Runs",
            "@s/b Direct Development",
            "real Direct Runs",
            "d Direct Runs",
            "g Transitive Runs"
        ]
    );
    let first = found.packages().next().unwrap();
    assert_eq!(first.origin, Some(Origin::Registry("https://registry.npmjs.org".into())));
    assert_eq!(first.integrity, ["sha512-AA==".into()]);
}

#[test]
fn npm_1_names_packages_within_packages() {
    let text = r#"{
  "lockfileVersion": 1,
  "dependencies": {
    "a": {
      "version": "1.0.0",
      "dependencies": {
        "b": { "version": "2.0.0", "dev": true }
      }
    },
    "here": { "version": "file:../here" }
  }
}"#;
    let found = check(&[("npm-shrinkwrap.json", text)], &["a 1.0.0 :4", "b 2.0.0 :7"]);
    assert_eq!(needs(&found), ["a Unsaid Runs", "b Transitive Development"]);
}

#[test]
fn yarn_1_is_read_in_its_own_notation() {
    let text = r#"# yarn lockfile v1


"@s/a@^1.0.0", "@s/a@^1.1.0":
  version "1.2.0"
  resolved "https://registry.yarnpkg.com/@s/a/-/a-1.2.0.tgz#00ff"
  integrity sha512-AA==
  dependencies:
    b "^2.0.0"

b@^2.0.0:
  version "2.0.1"
  resolved "https://registry.yarnpkg.com/b/-/b-2.0.1.tgz#00ff"

"alias@npm:real@^3":
  version "3.0.0"
  resolved "https://registry.yarnpkg.com/real/-/real-3.0.0.tgz#00ff"
"#;
    let found = check(&[("yarn.lock", text)], &["@s/a 1.2.0 :4", "b 2.0.1 :11", "real 3.0.0 :15"]);
    let first = found.packages().next().unwrap();
    assert_eq!(first.origin, Some(Origin::Registry("https://registry.yarnpkg.com".into())));
}

#[test]
fn later_yarns_are_read_as_yaml() {
    let text = r#"__metadata:
  version: 8

"a@npm:^1.0.0, a@npm:^1.1.0":
  version: 1.10
  resolution: "a@npm:1.10"
  checksum: 10c0/00ff
  languageName: node

"g@https://host.example/g.git#commit=0c0ffee":
  version: 2.0.0
  resolution: "g@https://host.example/g.git#commit=0c0ffee"

"a@patch:a@npm%3A1.10#~/fix.patch":
  version: 1.10
  resolution: "a@patch:a@npm%3A1.10#~/fix.patch::version=1.10&hash=0"

"shop@workspace:.":
  version: 0.0.0-use.local
  resolution: "shop@workspace:."
"#;
    let found = check(&[("yarn.lock", text)], &["a 1.10 :4", "g 2.0.0 :10"]);
    let second = found.packages().nth(1).unwrap();
    assert_eq!(second.origin, Some(Origin::Repository("https://host.example/g.git#commit=0c0ffee".into())));
}

#[test]
fn each_form_of_pnpm_is_read() {
    let v5 = "lockfileVersion: 5.4\n\ndependencies:\n  a: 1.0.0_b@2.0.0\n\npackages:\n\n  /a/1.0.0_b@2.0.0:\n    resolution: {integrity: sha512-AA==}\n    dev: false\n\n  /@s/b/2.0.0:\n    resolution: {integrity: sha512-AA==}\n    dev: true\n";
    let found = check(&[("pnpm-lock.yaml", v5)], &["a 1.0.0 :8", "@s/b 2.0.0 :12"]);
    assert_eq!(needs(&found), ["a Direct Runs", "@s/b Transitive Development"]);

    let v6 = "lockfileVersion: '6.0'\n\ndevDependencies:\n  a:\n    specifier: ^1\n    version: 1.0.0(b@2.0.0)\n\npackages:\n\n  /a@1.0.0(b@2.0.0):\n    resolution: {integrity: sha512-AA==}\n    dev: true\n\n  /@s/b@2.0.0:\n    resolution: {integrity: sha512-AA==}\n    dev: true\n";
    let found = check(&[("pnpm-lock.yaml", v6)], &["a 1.0.0 :10", "@s/b 2.0.0 :14"]);
    assert_eq!(needs(&found), ["a Direct Development", "@s/b Transitive Development"]);

    let v9 = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        specifier: ^1\n        version: 1.0.0(@s/b@2.0.0)\n      here:\n        specifier: link:../here\n        version: link:../here\n\npackages:\n\n  a@1.0.0:\n    resolution: {integrity: sha512-AA==}\n\n  '@s/b@2.0.0':\n    resolution: {integrity: sha512-AA==}\n\n  g@https://host.example/tar/0c0ffee:\n    resolution: {tarball: https://host.example/tar/0c0ffee}\n    version: 3.0.0\n\nsnapshots:\n\n  a@1.0.0(@s/b@2.0.0):\n    dependencies:\n      '@s/b': 2.0.0\n";
    let found = check(&[("pnpm-lock.yaml", v9)], &["a 1.0.0 :16", "@s/b 2.0.0 :19", "g 3.0.0 :22"]);
    assert_eq!(needs(&found), ["a Direct Runs", "@s/b Transitive Unsaid", "g Transitive Unsaid"]);
}

#[test]
fn a_lock_file_that_is_cut_off_keeps_its_beginning() {
    let npm = "{\n\"lockfileVersion\": 3,\n\"packages\": {\n\"node_modules/a\": {\"version\": \"1.0.0\"},\n\"node_modules/b\": {";
    let pnpm = "lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {integrity: x}\n  b@1: [\n";
    let found = read(&[("package-lock.json", npm), ("pnpm-lock.yaml", pnpm)]);
    let names: Vec<String> = found.packages().map(told).collect();
    assert!(
        names.contains(&"a 1.0.0 :4".to_owned()) && names.contains(&"a 1.0.0 :3".to_owned()),
        "{names:?}"
    );
    let troubles = troubles(&found);
    assert_eq!(troubles.len(), 2, "{troubles:?}");
    assert!(troubles[0].starts_with("package-lock.json:5 this is no JSON"), "{troubles:?}");
}
