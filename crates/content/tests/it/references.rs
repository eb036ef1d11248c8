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

#[test]
fn an_error_that_stands_for_nothing_has_a_code_and_words_where_it_names_any() {
    let hub = "collect/aws/securityhub.yaml";
    let of_not_subscribed = "{ code: InvalidAccessException, message: not subscribed }";
    let unnamed = "`absent_on` names an error without a code, or with an empty `message`";
    let twice = "`absent_on` names `ResourceNotFoundException` twice";
    for (written, expected) in [
        ("\"\"", unnamed),
        ("{ code: InvalidAccessException, message: \" \" }", unnamed),
        ("ResourceNotFoundException", twice),
        ("{ code: InvalidAccessException, massage: not subscribed }", "did not match any variant"),
    ] {
        let found = problems(hub, of_not_subscribed, written);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{written}: {found:?}");
    }
}

#[test]
fn an_import_names_only_kinds_that_are_known() {
    let found = problems("imports/prowler.yaml", "kind: \"AWS::S3::Bucket\"", "kind: \"AWS::S3::Bukket\"");
    assert_eq!(found, ["imports/prowler.yaml: no service file and no collector knows `AWS::S3::Bukket`"]);
}

#[test]
fn a_foreign_check_that_is_the_same_as_ours_needs_no_service() {
    let files = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content")).unwrap();
    let content = load(&files, Content::default()).content;
    let mut map = content.imports.first().unwrap().clone();
    map.same.insert("teapot_open".into(), "s3-bucket-public".into());
    let ours = content.check("s3-bucket-public").unwrap();
    assert_eq!(map.control(&content, "teapot_open"), Some(&ours.control));
    assert_eq!(map.control(&content, "teapot_encrypted"), None);
}
