//! Acceptances beside the code: every format that has comments, and the settings for the one that has none.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::Partywall;

/// Format, file, check, and code in which `@` stands for the comment's place on the line before what fails.
const FORMATS: [(&str, &str, &str, &str); 7] = [
    ("Terraform", "main.tf", "kms-key-rotation-off", "@resource \"aws_kms_key\" \"k\" {\n}\n"),
    (
        "CloudFormation",
        "stack.yaml",
        "kms-key-rotation-off",
        "Resources:\n  @Key:\n    Type: AWS::KMS::Key\n    Properties: {}\n",
    ),
    (
        "Kubernetes",
        "pod.yaml",
        "kubernetes-container-privileged",
        "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n    - name: web\n      image: nginx\n      @securityContext: { privileged: true }\n",
    ),
    (
        "Compose",
        "compose.yaml",
        "compose-service-privileged",
        "services:\n  web:\n    image: nginx\n    @privileged: true\n",
    ),
    ("Dockerfile", "Dockerfile", "dockerfile-exposes-ssh", "FROM debian:12\n@EXPOSE 22\nUSER 10001\n"),
    (
        "workflow",
        ".github/workflows/ci.yml",
        "github-workflow-writes-everything",
        "on: push\npermissions: {}\njobs:\n  build:\n    runs-on: ubuntu-latest\n    @permissions: write-all\n    steps:\n      - run: make\n",
    ),
    (
        "action",
        "action.yml",
        "github-script-injection",
        "name: greet\nruns:\n  using: composite\n  steps:\n    @- shell: bash\n      run: echo \"${{ github.event.pull_request.title }}\"\n",
    ),
];

fn judged(folder: &TempDir, check: &str) -> Value {
    let path = folder.path().to_str().unwrap();
    let config = folder.path().join("partywall.yaml");
    let mut arguments = vec!["gate", path, "--now", "2026-11-24", "--format", "json", "--check", check];
    if config.exists() {
        arguments.extend(["--config", config.to_str().unwrap()]);
    }
    let ran = Partywall::new(&arguments).run();
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr))
}

fn write(folder: &TempDir, name: &str, text: &str) {
    let file = folder.path().join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn counts(said: &Value) -> (u64, u64) {
    (said["counts"]["fail"].as_u64().unwrap(), said["counts"]["waived"].as_u64().unwrap())
}

#[test]
fn a_comment_accepts_a_failure_in_every_format_until_its_last_day() {
    for (format, name, check, code) in FORMATS {
        let gap: String = code.split('@').next().unwrap().chars().rev().take_while(|c| *c == ' ').collect();
        let with = |comment: &str| {
            let folder = TempDir::new().unwrap();
            write(&folder, name, &code.replace('@', &format!("{comment}\n{gap}")));
            judged(&folder, check)
        };
        let (fail, waived) = counts(&with("# nothing"));
        assert_eq!((fail, waived), (1, 0), "{format}: the code fails");
        let allow =
            |until: &str| format!("# partywall:allow {check} reason=\"known\" owner=us until={until}");
        assert_eq!(counts(&with(&allow("2026-11-24"))), (0, 1), "{format}");
        let said = with(&allow("2026-11-23"));
        assert_eq!(counts(&said), (1, 0), "{format}");
        assert!(
            said["waivers"].to_string().contains("lapsed on 2026-11-23: it fails again"),
            "{format}: {said}"
        );
        let unused = allow("2027-01-31").replace(check, "s3-bucket-public");
        let said = with(&unused);
        assert!(
            said["waivers"].to_string().contains("take the acceptance out"),
            "{format}: {}",
            said["waivers"]
        );
    }
}

#[test]
fn other_comments_of_terraform_accept_as_well() {
    let words = "partywall:allow kms-key-rotation-off reason=\"known\" owner=us until=2027-01-31";
    for comment in [format!("// {words}"), format!("/* {words} */")] {
        let folder = TempDir::new().unwrap();
        write(&folder, "main.tf", &format!("{comment}\nresource \"aws_kms_key\" \"k\" {{\n}}\n"));
        assert_eq!(counts(&judged(&folder, "kms-key-rotation-off")), (0, 1), "{comment}");
    }
}

#[test]
fn json_is_accepted_in_the_settings_and_a_lapsed_waiver_says_so() {
    let folder = TempDir::new().unwrap();
    let code = "{\"Resources\": {\"Key\": {\"Type\": \"AWS::KMS::Key\", \"Properties\": {}}}}";
    write(&folder, "stack.json", code);
    let waiver = |until: &str| {
        format!(
            "waivers:\n  - {{ check: kms-key-rotation-off, asset: Key, reason: known, owner: us, until: {until} }}\n"
        )
    };
    write(&folder, "partywall.yaml", &waiver("2026-11-24"));
    assert_eq!(counts(&judged(&folder, "kms-key-rotation-off")), (0, 1));
    write(&folder, "partywall.yaml", &waiver("2026-11-23"));
    let said = judged(&folder, "kms-key-rotation-off");
    assert_eq!(counts(&said), (1, 0));
    assert!(
        said["waivers"].to_string().contains("in the settings lapsed on 2026-11-23"),
        "{}",
        said["waivers"]
    );
}

#[test]
fn the_acceptance_of_a_secret_is_no_unknown_check() {
    let folder = TempDir::new().unwrap();
    write(
        &folder,
        "main.tf",
        "# partywall:allow generic-secret reason=\"a canary\" owner=us until=2027-01-31\n",
    );
    assert_eq!(judged(&folder, "s3-*")["waivers"], Value::from(Vec::<Value>::new()));
}
