//! References that lead nowhere are refused with the file that holds them.

use std::path::Path;

use partywall_content::load::{Content, Files, load};

/// The problems of the repository's content after one text in one file was replaced.
fn problems(file: &str, old: &str, new: &str) -> Vec<String> {
    let mut files = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content")).unwrap();
    let text = files.0.get_mut(file).unwrap();
    assert!(text.contains(old), "`{old}` does not stand in {file}");
    *text = text.replacen(old, new, 1);
    let problems = load(&files, Content::default()).problems;
    problems.iter().map(|problem| format!("{}: {}", problem.subject, problem.message)).collect()
}

const TOPICS: &str = "collect/aws/sns.yaml";
const RELATION: &str = "{ kind: \"AWS::KMS::Key\", by: KmsMasterKeyId }";

#[test]
fn a_relation_to_a_kind_that_nobody_knows_is_refused() {
    let found = problems(TOPICS, RELATION, "{ kind: \"AWS::KMS::Quay\", by: KmsMasterKeyId }");
    let expected = "collect/aws/sns.yaml: `AWS::SNS::Topic`: no service file and no collector knows the kind \
                    `AWS::KMS::Quay` of a relation";
    assert_eq!(found, [expected]);
}

#[test]
fn a_relation_by_a_property_that_nothing_fills_is_refused() {
    let found = problems(TOPICS, RELATION, "{ kind: \"AWS::KMS::Key\", by: KmsKey }");
    let expected =
        "collect/aws/sns.yaml: `AWS::SNS::Topic`: nothing fills `KmsKey`, by which a relation refers";
    assert_eq!(found, [expected]);
}

#[test]
fn a_check_of_a_control_that_the_provider_holds_is_refused() {
    let file = "checks/aws/s3/s3-bucket-public.yaml";
    let found = problems(file, "platform.configuration-scanning", "network.perimeter-security");
    let [problem] = found.as_slice() else { panic!("{found:?}") };
    assert!(problem.contains("is the provider's side, which is never scored"), "{problem}");
}
