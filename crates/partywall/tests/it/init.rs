//! `partywall init`: what it finds, what it writes, and what it leaves as it is.

use std::fs;

use tempfile::TempDir;

use crate::program::Partywall;

fn write(folder: &TempDir, name: &str, text: &str) {
    let file = folder.path().join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn code() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in [
        ("infra/main.tf", "module \"keys\" {\n  source = \"./keys\"\n}\n"),
        ("infra/keys/main.tf", "resource \"aws_kms_key\" \"k\" {\n}\n"),
        ("infra/prod.tfvars", ""),
        ("infra/terraform.tfvars", ""),
        ("stack.yaml", "Resources:\n  Key:\n    Type: AWS::KMS::Key\n"),
        (
            "web.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: a, image: b }] }\n",
        ),
        ("Dockerfile", "FROM debian:12\n"),
        ("compose.yaml", "services:\n  web: { image: nginx }\n"),
        (
            ".github/workflows/ci.yml",
            "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{ run: make }]\n",
        ),
        ("Cargo.lock", ""),
        (".gitlab-ci.yml", ""),
    ] {
        write(&folder, name, text);
    }
    fs::create_dir(folder.path().join(".git")).unwrap();
    folder
}

#[test]
fn settings_are_written_once_and_hold_with_every_verb_that_reads_them() {
    let folder = code();
    let ran = Partywall::new(&["init"]).within(folder.path()).run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for part in [
        "1 Terraform configurations: infra\n",
        "1 files of values for them: infra/prod.tfvars",
        "1 CloudFormation templates: stack.yaml",
        "1 Kubernetes manifests: web.yaml",
        "1 image files: Dockerfile",
        "1 Compose files: compose.yaml",
        "1 workflows of GitHub Actions: .github/workflows/ci.yml",
        "1 lock files: Cargo.lock",
        "partywall gate --var-file infra/prod.tfvars ",
        "partywall secrets --history",
        "partywall assess aws",
        "an action for GitHub",
        "a template for GitLab",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let file = folder.path().join("partywall.yaml");
    let written = fs::read_to_string(&file).unwrap();
    let gate = Partywall::new(&["gate", "--severity", "critical"]).within(folder.path()).run();
    assert!([0, 1, 3].contains(&gate.code), "{}", gate.stderr);
    fs::write(&file, "organisation: ours\n").unwrap();
    let again = Partywall::new(&["init"]).within(folder.path()).run();
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("is there already and stays as it is"), "{}", again.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), "organisation: ours\n");
    let dry = Partywall::new(&["init", "--dry-run"]).within(folder.path()).run();
    assert_eq!((dry.code, dry.stdout), (0, written));
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_the_settings_is_not_written_through() {
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::symlink("elsewhere.yaml", folder.path().join("partywall.yaml")).unwrap();
    let ran = Partywall::new(&["init", folder.path().to_str().unwrap()]).run();
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(!folder.path().join("elsewhere.yaml").exists());
}

#[test]
fn an_empty_folder_is_told_and_no_folder_refused() {
    let folder = TempDir::new().unwrap();
    let ran = Partywall::new(&["init", folder.path().to_str().unwrap()]).run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("No code that is known here") && ran.stdout.contains("partywall assess aws"));
    let ran = Partywall::new(&["init", "no/such/folder"]).run();
    assert_eq!(ran.code, 2);
}
