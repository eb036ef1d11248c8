//! The gate over code, by the program itself.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Partywall, Ran};

/// A bucket that anyone may read, by name, and one whose policy nobody can decide.
const BUCKETS: &str = r#"variable "policy" {}

resource "aws_s3_bucket" "site" {
  bucket = "harbour-site"
}

resource "aws_s3_bucket_policy" "site" {
  bucket = aws_s3_bucket.site.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::harbour-site/*" }]
  })
}

resource "aws_s3_bucket" "drafts" {
  bucket = "harbour-drafts"
}

resource "aws_s3_bucket_policy" "drafts" {
  bucket = aws_s3_bucket.drafts.id
  policy = var.policy
}
"#;

/// A folder of code.
fn code(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn gate(folder: &TempDir, more: &[&str]) -> Ran {
    let path = folder.path().to_str().unwrap();
    Partywall::new(&[&["gate", path, "--now", "2026-11-24"], more].concat()).run()
}

fn gate_json(folder: &TempDir, more: &[&str]) -> (Ran, Value) {
    let ran = gate(folder, &[&["--format", "json"], more].concat());
    let said = serde_json::from_str(&ran.stdout).unwrap_or_default();
    (ran, said)
}

/// The states of a check, by address.
fn states(said: &Value, check: &str) -> Vec<(String, String)> {
    let findings = said["findings"].as_array().unwrap();
    let of_check = findings.iter().filter(|finding| finding["check"] == check);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    of_check.map(|finding| (text(&finding["asset"]["address"]), text(&finding["state"]))).collect()
}

#[test]
fn the_effect_is_judged_and_what_cannot_be_decided_says_why() {
    let (ran, said) = gate_json(&code(&[("main.tf", BUCKETS)]), &[]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let public = states(&said, "s3-bucket-public");
    assert_eq!(
        public,
        [
            ("aws_s3_bucket.site".to_owned(), "fail".to_owned()),
            ("aws_s3_bucket.drafts".to_owned(), "unknown".to_owned())
        ]
    );
    let findings = said["findings"].as_array().unwrap();
    let open =
        findings.iter().find(|one| one["check"] == "s3-bucket-public" && one["state"] == "unknown").unwrap();
    let because = open["because"].to_string();
    assert!(because.contains("`var.policy` has no value; pass -var-file or -var"), "{because}");
    let failing =
        findings.iter().find(|one| one["check"] == "s3-bucket-public" && one["state"] == "fail").unwrap();
    assert_eq!(failing["asset"]["id"], "arn:aws:s3:::harbour-site");
    // The policy opens it, so that is where it is told.
    assert_eq!(failing["place"]["line"].as_u64().unwrap(), 9, "{}", failing["place"]);
}

#[test]
fn of_the_account_what_the_code_sets_is_judged_and_nothing_else() {
    let off = "resource \"aws_ebs_encryption_by_default\" \"it\" {\n  enabled = false\n}\n";
    let (_, said) = gate_json(&code(&[("main.tf", off)]), &[]);
    let findings = said["findings"].as_array().unwrap();
    let told: Vec<(&str, u64)> = findings
        .iter()
        .map(|finding| (finding["check"].as_str().unwrap(), finding["place"]["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("ec2-region-disk-encryption-off", 2)]);
}

#[test]
fn each_bad_element_of_a_list_is_told_with_its_line() {
    let image = "FROM debian:12.5-slim\nUSER 1000\nRUN apt-get update && apt-get install -y curl\nRUN apt-get update && apt-get install -y git\n";
    let folder = code(&[("Dockerfile", image)]);
    let (_, said) = gate_json(&folder, &[]);
    let findings = said["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["check"] == "dockerfile-apt-lists-kept").unwrap();
    assert_eq!(found["place"]["line"], 3);
    assert_eq!(found["also"][0]["line"], 4);
    let text = gate(&folder, &[]).stdout;
    assert!(text.contains("also on line 4"), "{text}");
}

#[test]
fn a_part_of_something_declared_elsewhere_is_judged_for_what_it_says() {
    let policy = |name: &str, queue: &str| {
        format!(
            "resource \"aws_sqs_queue_policy\" \"{name}\" {{\n  queue_url = {queue}\n  policy = jsonencode({{ \
             Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Principal = \"*\", Action = \
             \"sqs:SendMessage\", Resource = \"*\" }}] }})\n}}\n"
        )
    };
    let text = [
        "variable \"queue\" {}\n".to_owned(),
        policy("named", "\"https://sqs.eu-west-1.amazonaws.com/111122223333/orders\""),
        policy("unnamed", "var.queue"),
    ];
    let (ran, said) = gate_json(&code(&[("main.tf", &text.concat())]), &[]);
    let fails = |address: &str| (address.to_owned(), "fail".to_owned());
    let both = [fails("aws_sqs_queue_policy.named"), fails("aws_sqs_queue_policy.unnamed")];
    assert_eq!(states(&said, "messages-open-to-anyone"), both, "{}", ran.stdout);
    // Whether the queue is encrypted is decided where it is declared.
    assert_eq!(states(&said, "sqs-queue-unencrypted"), [], "{}", said["findings"]);
    assert!(said["counts"]["beyond"].as_u64().unwrap() > 0, "{}", said["counts"]);
}

#[test]
fn a_template_of_azure_is_judged_with_its_children_wherever_they_stand() {
    let template = |resources: &str| {
        format!(
            "{{ // rules\n\"$schema\": \"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#\",\n\"resources\": [{resources}]}}"
        )
    };
    let rule = "{\"type\": \"Microsoft.Network/networkSecurityGroups/securityRules\", \"apiVersion\": \"2023-04-01\", \"name\": \"edge/ssh\", \
        \"properties\": {\"access\": \"Allow\", \"direction\": \"Inbound\", \"protocol\": \"Tcp\", \"sourceAddressPrefix\": \"*\", \
        \"destinationPortRange\": \"22\", \"priority\": 100}}";
    let group = "{\"type\": \"Microsoft.Network/networkSecurityGroups\", \"apiVersion\": \"2023-04-01\", \"name\": \"edge\"}";
    let check = "azure-nsg-admin-port-open-to-internet";
    let fails = |address: &str| vec![(address.to_owned(), "fail".to_owned())];

    let (ran, said) = gate_json(&code(&[("main.json", &template(&format!("{group}, {rule}")))]), &[]);
    assert_eq!(states(&said, check), fails("Microsoft.Network/networkSecurityGroups/edge"), "{}", ran.stdout);
    // A rule is judged for what it lets in, also where its group stands elsewhere.
    let (ran, said) = gate_json(&code(&[("main.json", &template(rule))]), &[]);
    assert_eq!(
        states(&said, check),
        fails("Microsoft.Network/networkSecurityGroups/edge/securityRules/ssh"),
        "{}",
        ran.stdout
    );
    assert!(said["counts"]["beyond"].as_u64().unwrap() > 0, "{}", said["counts"]);
}

#[test]
fn a_value_from_the_command_line_decides() {
    let folder = code(&[("main.tf", BUCKETS)]);
    let closed = r#"policy={"Version":"2012-10-17","Statement":[]}"#;
    let (_, said) = gate_json(&folder, &["--var", closed]);
    let public = states(&said, "s3-bucket-public");
    assert_eq!(public, [("aws_s3_bucket.site".to_owned(), "fail".to_owned())]);
}

#[test]
fn an_acceptance_beside_the_code_holds_until_its_last_day() {
    let accepted = |until: &str| {
        let line = format!(
            "# partywall:allow s3-bucket-public reason=\"a public site\" owner=web until={until}\nresource \"aws_s3_bucket\" \"site\""
        );
        let text = BUCKETS.replace("resource \"aws_s3_bucket\" \"site\"", &line);
        let (_, said) = gate_json(&code(&[("main.tf", &text)]), &["--check", "s3-bucket-public"]);
        said
    };
    let said = accepted("2026-11-24");
    assert_eq!(said["counts"]["waived"], 1, "{}", said["counts"]);
    assert_eq!(said["waivers"].as_array().unwrap().len(), 0, "{}", said["waivers"]);
    let said = accepted("2026-11-23");
    assert_eq!((&said["counts"]["waived"], &said["counts"]["fail"]), (&Value::from(0), &Value::from(1)));
    assert!(said["waivers"].to_string().contains("lapsed on 2026-11-23"), "{}", said["waivers"]);
}

#[test]
fn an_acceptance_that_covers_nothing_or_is_not_whole_is_told() {
    let text = "# partywall:allow s3-bucket-public reason=\"r\" owner=o until=2027-01-01\n\
                # partywall:allow s3-bucket-public owner=o\n\
                # partywall:allow no-such-check reason=\"r\" owner=o until=2027-01-01\n";
    let (_, said) = gate_json(&code(&[("main.tf", text)]), &[]);
    let told = said["waivers"].to_string();
    for part in
        ["fails `s3-bucket-public` any more", "`reason` is missing", "there is no check `no-such-check`"]
    {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn only_what_the_baseline_does_not_know_counts() {
    let folder = code(&[("main.tf", BUCKETS)]);
    let baseline = folder.path().join("baseline.json");
    let (ran, _) = gate_json(&folder, &["-o", baseline.to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    let known = ["--baseline", baseline.to_str().unwrap(), "--new-only"];
    let (ran, said) = gate_json(&folder, &known);
    assert_eq!(ran.code, 3, "the undecided policy stays: {}", ran.stderr);
    assert_eq!(said["counts"]["fail"], 0);
    assert!(said["counts"]["known"].as_u64().unwrap() > 0);
    let more = BUCKETS
        .replace("harbour-drafts", "harbour-pages")
        .replace("var.policy", "aws_s3_bucket_policy.site.policy");
    fs::write(folder.path().join("main.tf"), more).unwrap();
    let (ran, said) = gate_json(&folder, &known);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(states(&said, "s3-bucket-public"), [("aws_s3_bucket.drafts".to_owned(), "fail".to_owned())]);
}

#[test]
fn every_form_tells_the_failure_with_its_place() {
    let folder = code(&[("main.tf", BUCKETS)]);
    let cases = [
        ("text", "main.tf:9:3"),
        ("sarif", "\"startLine\":9"),
        ("junit", "<failure type=\"critical\""),
        ("github", ",line=9,col=3,"),
        ("gitlab", "\"begin\":9"),
        ("markdown", "main.tf:9:3"),
    ];
    for (form, part) in cases {
        let ran = gate(&folder, &["--format", form, "--check", "s3-bucket-public"]);
        assert_eq!(ran.code, 1, "{form}: {}", ran.stderr);
        let said = if form == "text" { ran.stdout.clone() } else { ran.stdout.replace("\": ", "\":") };
        assert!(said.contains(part), "{form}: {said}");
    }
}

#[test]
fn a_template_is_judged_by_the_same_check() {
    let template = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Site:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: harbour-site\n      PublicAccessBlockConfiguration:\n        BlockPublicAcls: false\n        BlockPublicPolicy: false\n        IgnorePublicAcls: false\n        RestrictPublicBuckets: false\n  Policy:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref Site\n      PolicyDocument:\n        Statement:\n          - { Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: !Sub '${Site.Arn}/*' }\n";
    let (ran, said) = gate_json(&code(&[("site.yaml", template)]), &[]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(states(&said, "s3-bucket-public"), [("Site".to_owned(), "fail".to_owned())]);
    let (_, in_terraform) = gate_json(&code(&[("main.tf", BUCKETS)]), &[]);
    let id = |said: &Value| {
        let findings = said["findings"].as_array().unwrap();
        findings.iter().find(|one| one["check"] == "s3-bucket-public").unwrap()["asset"]["id"].clone()
    };
    assert_eq!(id(&said), id(&in_terraform), "one resource, whichever language declares it");
}

#[test]
fn a_secret_on_a_line_that_is_meant_is_never_shown() {
    let token = ["ghp", "_0123456789abcdefghijABCDEFGHIJ012345"].concat();
    let text = format!(
        "resource \"aws_s3_bucket\" \"site\" {{ bucket = \"harbour-site\" /* password = \"hV8#kq2LmZp93xTe\" {token} */ }}\n"
    );
    for form in ["text", "json", "sarif", "markdown"] {
        let ran = gate(&code(&[("main.tf", &text)]), &["--format", form]);
        assert!(!ran.stdout.contains("hV8#kq2LmZp93xTe"), "{form}: {}", ran.stdout);
    }
}

#[test]
fn nothing_to_read_is_told_in_figures_and_no_such_path_is_refused() {
    let (ran, said) = gate_json(&code(&[("README.md", "nothing")]), &[]);
    assert_eq!((ran.code, &said["read"]["files"]), (0, &Value::from(0)), "{}", ran.stderr);
    let ran = Partywall::new(&["gate", "no/such/folder"]).run();
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no/such/folder"), "{}", ran.stderr);
}

#[test]
fn a_secret_in_any_file_fails_once_and_is_accepted_like_everything_else() {
    let key = ["sk_live_", "9Qb3kVt7ZxRw2LmYc5NdHs8F"].concat();
    let text = format!("token: {key}\n");
    let folder = code(&[("a.yaml", &text), ("b.txt", &text)]);
    let (ran, said) = gate_json(&folder, &[]);
    assert!(!ran.stdout.contains(&key[4..]), "{}", ran.stdout);
    let findings = said["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{}", said["findings"]);
    assert_eq!((&findings[0]["state"], &findings[0]["place"]["line"]), (&"fail".into(), &1.into()));
    assert!(findings[0]["summary"].to_string().contains("1 more place"), "{}", findings[0]["summary"]);
    assert_eq!(said["read"]["searched"], 2);
    assert_eq!(ran.code, 1);
    let rule = findings[0]["check"].as_str().unwrap();
    let accepted =
        format!("token: {key} # partywall:allow {rule} reason=\"a test\" owner=web until=2026-12-01\n");
    let folder = code(&[("a.yaml", &accepted)]);
    let (ran, said) = gate_json(&folder, &[]);
    assert_eq!((ran.code, &said["counts"]["waived"]), (0, &1.into()), "{}", ran.stdout);
    assert_eq!(said["waivers"].as_array().unwrap().len(), 0, "{}", said["waivers"]);
    let (ran, said) = gate_json(&folder, &["--no-secrets"]);
    assert_eq!((ran.code, &said["read"]["searched"]), (0, &Value::Null));
}

#[test]
fn manifests_image_files_and_workflows_are_judged_too() {
    let folder = code(&[
        (
            "web.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n    - name: web\n      image: nginx\n      securityContext: { privileged: true }\n",
        ),
        ("Dockerfile", "FROM debian:12\nRUN curl -k https://example.com/a.sh | sh\n"),
    ]);
    let workflows = folder.path().join(".github/workflows");
    fs::create_dir_all(&workflows).unwrap();
    fs::write(
        workflows.join("ci.yml"),
        "on: [pull_request_target]\npermissions: write-all\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo \"${{ github.event.pull_request.title }}\"\n",
    )
    .unwrap();
    let (ran, said) = gate_json(&folder, &[]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(said["read"]["files"], 3, "{}", said["read"]);
    let files: std::collections::BTreeSet<&str> = said["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["state"] == "fail")
        .map(|finding| finding["place"]["file"].as_str().unwrap().rsplit('/').next().unwrap())
        .collect();
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["Dockerfile", "ci.yml", "web.yaml"]);
    assert_eq!(
        states(&said, "kubernetes-container-privileged"),
        [("Pod/web/web".to_owned(), "fail".to_owned())]
    );
}
