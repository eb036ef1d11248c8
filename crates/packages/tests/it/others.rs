//! Lock files of Cargo, Go, Maven, Gradle, Bundler, Composer and NuGet.

use partywall_packages::Origin;

use crate::files::{check, needs, read, told, troubles};

#[test]
fn cargo_leaves_the_code_itself_out() {
    let text = r#"version = 4

[[package]]
name = "shop"
version = "0.1.0"
dependencies = ["serde", "rand 0.8.5"]

[[package]]
name = "rand"
version = "0.7.3"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "00ff"

[[package]]
name = "rand"
version = "0.8.5"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "serde"
version = "1.0.200+x"
source = "git+https://host.example/serde?rev=1#0c0ffee"
"#;
    let found = check(&[("Cargo.lock", text)], &["rand 0.7.3 :9", "rand 0.8.5 :15", "serde 1.0.200+x :20"]);
    assert_eq!(needs(&found), ["rand Transitive Unsaid", "rand Direct Unsaid", "serde Direct Unsaid"]);
    let origins: Vec<_> = found.packages().filter_map(|it| it.origin.clone()).collect();
    assert_eq!(origins[0], Origin::Registry("https://github.com/rust-lang/crates.io-index".into()));
    assert_eq!(origins[2], Origin::Repository("git+https://host.example/serde?rev=1#0c0ffee".into()));
}

#[test]
fn go_replaces_and_excludes() {
    let text = "module host.example/shop\n\ngo 1.22\n\ntoolchain go1.22.3\n\nrequire host.example/one v1.0.0 // why\n\nrequire (\n\thost.example/two/v2 v2.1.0 // indirect\n\thost.example/gone v0.1.0\n\thost.example/here v0.0.0\n\thost.example/fork v1.0.0\n)\n\nexclude host.example/gone v0.1.0\n\nreplace (\n\thost.example/here => ../here\n\thost.example/fork v1.0.0 => host.example/ours v1.0.1\n)\n";
    let sum = "host.example/one v1.0.0 h1:AA=\nhost.example/one v1.0.0/go.mod h1:BB=\n";
    let found = check(
        &[("go.mod", text), ("go.sum", sum)],
        &[
            "host.example/one v1.0.0 :7",
            "host.example/two/v2 v2.1.0 :10",
            "host.example/gone ? `v0.1.0` is excluded: the next higher one is taken :11",
            "host.example/ours v1.0.1 :13",
            "stdlib 1.22.3 :5",
        ],
    );
    let first = found.packages().next().unwrap();
    assert_eq!(first.integrity, ["h1:AA=".into()]);
    assert_eq!(needs(&found)[1], "host.example/two/v2 Transitive Unsaid");
    check(
        &[("go.mod", "module m\ngo 1.21\n")],
        &["stdlib ? `go 1.21` is the least that will do, not what builds :2"],
    );
}

#[test]
fn maven_takes_versions_from_properties_management_and_parents() {
    let parent = "<project><groupId>org.example</groupId><artifactId>parent</artifactId><version>3</version>\n<properties><deep>${deeper}</deep><deeper>9.9</deeper></properties>\n<dependencyManagement><dependencies>\n<dependency><groupId>org.example</groupId><artifactId>managed</artifactId><version>${deep}</version><scope>test</scope></dependency>\n</dependencies></dependencyManagement></project>";
    let child = "<?xml version=\"1.0\"?>\n<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n<parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>3</version></parent>\n<artifactId>shop</artifactId>\n<properties>\n  <core.version>1.2.3</core.version>\n</properties>\n<dependencies>\n<dependency>\n  <groupId>org.example</groupId><artifactId>core</artifactId><version>${core.version}</version>\n</dependency>\n<dependency><groupId>org.example</groupId><artifactId>managed</artifactId></dependency>\n<dependency><groupId>org.example</groupId><artifactId>open</artifactId></dependency>\n<dependency><groupId>org.example</groupId><artifactId>range</artifactId><version>[1,2)</version></dependency>\n<dependency><groupId>${project.groupId}</groupId><artifactId>hole</artifactId><version>${nowhere}</version></dependency>\n<dependency><groupId>${project.groupId}</groupId><artifactId>sibling</artifactId><version>${project.version}</version></dependency>\n</dependencies>\n</project>";
    let found = check(
        &[("pom.xml", parent), ("shop/pom.xml", child)],
        &[
            "org.example:core 1.2.3 :9",
            "org.example:managed 9.9 :12",
            "org.example:open ? neither the dependency nor `dependencyManagement` says it :13",
            "org.example:range ? `[1,2)` allows more than one :14",
            "org.example:hole ? `${nowhere}` has no value here :15",
        ],
    );
    assert_eq!(needs(&found)[1], "org.example:managed Direct Development");
}

#[test]
fn what_only_a_remote_parent_knows_is_undecided_with_the_reason() {
    let text = "<project><parent><groupId>org.example</groupId><artifactId>starter</artifactId><version>3.2.0</version><relativePath/></parent>\n<artifactId>a</artifactId><dependencies>\n<dependency><groupId>g</groupId><artifactId>a</artifactId></dependency>\n<dependency><groupId>g</groupId><artifactId>b</artifactId><version>${b.version}</version></dependency></dependencies></project>";
    check(
        &[("pom.xml", text)],
        &[
            "g:a ? only the parent `org.example:starter:3.2.0` knows it, which is not among the files :3",
            "g:b ? `${b.version}` has no value here; the parent `org.example:starter:3.2.0` is not among the files :4",
        ],
    );
}

#[test]
fn properties_and_parents_that_go_round_come_to_an_end() {
    let text = "<project><parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version><relativePath>pom.xml</relativePath></parent><groupId>g</groupId><artifactId>a</artifactId><properties><x>${y}${y}</x><y>${x}${x}</y></properties><dependencies><dependency><groupId>g</groupId><artifactId>b</artifactId><version>${x}</version></dependency></dependencies></project>";
    let found = read(&[("pom.xml", text)]);
    let only = found.packages().map(told).collect::<Vec<_>>();
    assert!(only[0].starts_with("g:b ? "), "{only:?}");
}

#[test]
fn gradle_says_for_which_configurations() {
    let text = "# This is a Gradle generated file\ng:a:1.0=compileClasspath,runtimeClasspath\ng:b:2.0=testRuntimeClasspath\nempty=annotationProcessor\nbroken\n";
    let found = read(&[("gradle.lockfile", text)]);
    assert_eq!(needs(&found), ["g:a Unsaid Runs", "g:b Unsaid Development"]);
    assert_eq!(troubles(&found), ["gradle.lockfile:5 `broken` is no `group:artifact:version`"]);
}

#[test]
fn bundler_leaves_platforms_and_paths_out() {
    let text = "GIT\n  remote: https://host.example/tool.git\n  revision: 0c0ffee\n  specs:\n    tool (1.0)\n\nPATH\n  remote: .\n  specs:\n    shop (0.1.0)\n\nGEM\n  remote: https://rubygems.org/\n  specs:\n    nokogiri (1.16.0-x86_64-linux)\n      racc (~> 1.4)\n    racc (1.7.3)\n    beta (2.0.0.pre-1)\n\nDEPENDENCIES\n  nokogiri (~> 1.16)\n  tool!\n\nCHECKSUMS\n  racc (1.7.3) sha256=00ff\n";
    let found = check(
        &[("Gemfile.lock", text)],
        &["tool 1.0 :5", "nokogiri 1.16.0 :15", "racc 1.7.3 :17", "beta 2.0.0.pre-1 :18"],
    );
    assert_eq!(
        needs(&found)[..3],
        ["tool Direct Unsaid", "nokogiri Direct Unsaid", "racc Transitive Unsaid"]
    );
    assert_eq!(found.packages().nth(2).unwrap().integrity, ["sha256-00ff".into()]);
}

#[test]
fn composer_and_nuget_say_what_is_for_development_and_who_asks() {
    let composer = r#"{
  "packages": [
    { "name": "acme/lib", "version": "v1.2.3", "dist": {"type": "zip", "shasum": ""} },
    { "name": "acme/edge", "version": "dev-main", "source": {"type": "git", "url": "https://host.example/e.git", "reference": "0c0ffee"} }
  ],
  "packages-dev": [{ "name": "acme/test", "version": "2.0" }]
}"#;
    let found = check(
        &[("composer.lock", composer)],
        &["acme/lib v1.2.3 :3", "acme/edge ? `dev-main` is a branch, at 0c0ffee :4", "acme/test 2.0 :6"],
    );
    assert_eq!(needs(&found)[2], "acme/test Unsaid Development");
    let nuget = r#"{
  "version": 1,
  "dependencies": {
    "net8.0": {
      "Acme.Core": { "type": "Direct", "requested": "[1.0, )", "resolved": "1.0.0", "contentHash": "AA==" },
      "Acme.Deep": { "type": "Transitive", "resolved": "2.0.0" },
      "shop": { "type": "Project" }
    },
    "net9.0": { "Acme.Core": { "type": "Direct", "resolved": "1.0.0" } }
  }
}"#;
    let found = check(&[("packages.lock.json", nuget)], &["Acme.Core 1.0.0 :5", "Acme.Deep 2.0.0 :6"]);
    assert_eq!(needs(&found), ["Acme.Core Direct Unsaid", "Acme.Deep Transitive Unsaid"]);
}

#[test]
fn lock_files_that_nothing_reads_are_named() {
    let found = read(&[("web/bun.lock", "{}"), ("package.json", "{}")]);
    assert_eq!(found.unread, ["web/bun.lock".into()]);
    assert_eq!(found.files.len(), 0);
}
