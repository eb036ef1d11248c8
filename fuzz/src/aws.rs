//! What comes back from AWS: replies, errors, pages, and the secrets in them.

use std::sync::OnceLock;

use partywall_aws::fuzzing::{self, Response, Spoken};
use partywall_aws::{Client, Operation, code};
use partywall_content::SecretsRule;
use partywall_model::{Asset, Node, Provider};
use serde_json::{Map, Value};

/// Operations of every protocol and form of answer, for inputs that name none.
const FORMS: [(&str, &str); 14] = [
    ("iam", "GetAccountAuthorizationDetails"),
    ("sns", "GetTopicAttributes"),
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeSecurityGroups"),
    ("s3", "GetBucketAcl"),
    ("s3", "GetBucketPolicy"),
    ("s3", "GetBucketLocation"),
    ("s3", "GetBucketLifecycleConfiguration"),
    ("wafv2", "GetWebACL"),
    ("kms", "ListKeys"),
    ("lambda", "GetFunctionConfiguration"),
    ("lambda", "ListFunctions"),
    ("apigateway", "GetStage"),
    ("route53", "ListResourceRecordSets"),
];

/// A reply. The input is written like one on the wire: a line `service Operation status`, headers, an empty
/// line, the body. What was decoded has only members that the model has; white space around a body changes
/// nothing; a status that is an error gives one with a code.
pub fn aws_reply(bytes: &[u8]) {
    let (head, body) = split_at(bytes, b"\n\n");
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let operation = operation(&first, bytes);
    let status = first.split(' ').nth(2).and_then(|word| word.parse().ok()).unwrap_or(200);
    let headers: Vec<(&[u8], &[u8])> = lines.map(|line| split_at(line, b": ")).collect();
    let response = Response { status, headers, body };

    let spoken = fuzzing::spoken(operation);
    match fuzzing::error(operation, &response) {
        Some((code, _, _)) => assert!(!code.is_empty(), "an error without a code"),
        None => assert!((200..300).contains(&status), "a status of {status} is no error"),
    }
    if (200..300).contains(&status) && spoken != Spoken::RestXml {
        assert!(fuzzing::error(operation, &response).is_none(), "a good answer is an error");
    }

    match fuzzing::decode(operation, &response) {
        Err(message) => assert!(!message.is_empty()),
        Ok(answer) => {
            let members = answer.as_object().expect("an answer is an object");
            for name in members.keys() {
                assert!(
                    operation.answers().any(|known| known == name),
                    "`{name}` is no member of {operation}"
                );
            }
            assert!(depth(&answer) <= 256, "nested without bound");
            if let Some(respaced) = respaced(spoken, body) {
                let again = fuzzing::decode(operation, &Response { body: &respaced, ..response.clone() });
                assert_eq!(again.as_ref(), Ok(&answer), "white space matters");
            }
            let mut unknowns = 0;
            fuzzing::node(answer).visit_unknowns(&mut |_, _| unknowns += 1);
            assert_eq!(unknowns, 0, "a provider can say `!unknown`");
        }
    }
}

/// Pages: a line with the operation, then the bodies, one a line, served again and again. The list ends
/// before a page comes back, and no question is asked twice.
pub fn aws_pages(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let operation = operation(lines.next().unwrap_or_default(), bytes);
    let bodies: Vec<Value> = lines.filter_map(|line| serde_json::from_str(line).ok()).take(32).collect();
    if bodies.is_empty() {
        return;
    }
    let mut pager = idle_client().pages(operation, "eu-west-1", Value::Null);
    let mut asked = vec![Value::Object(Map::new())];
    for (number, body) in bodies.iter().cycle().enumerate() {
        assert!(number <= bodies.len(), "a list that leads in a circle does not end");
        let params = asked.last().cloned().unwrap_or_default();
        match fuzzing::follow(&mut pager, body, params) {
            Ok(Some(params)) => {
                assert!(operation.is_paged());
                let (inputs, _) = operation.page_tokens();
                let given = params.as_object().expect("parameters are an object");
                assert!(given.keys().all(|name| inputs.contains(&name.as_str())), "{params}");
                asked.push(params);
            }
            Ok(None) => break,
            Err(error) => {
                assert!(
                    [code::MISSING_TOKEN, code::REPEATED_TOKEN].contains(&error.code.as_str()),
                    "{error}"
                );
                break;
            }
        }
    }
}

/// Text with secrets in it: nothing of it but what was there before and the mark comes out, what was
/// redacted has nothing left to redact, and what content declares as secret is gone altogether.
pub fn aws_redaction(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let rule = SecretsRule { at: "Script".into(), into: "Found".into(), drop: false };
    let variables = SecretsRule { at: "Variables".into(), into: "FoundThere".into(), drop: true };
    let rules = [rule, variables];
    let mut asset = Asset::new(Provider::Aws, "AWS::EC2::Instance", "i-1");
    asset.name = Some(text.clone().into());
    asset.tags.insert("note".into(), text.clone().into());
    let (name, value) = text.split_once('=').unwrap_or(("", &text));
    asset.properties.insert_at("Script", Node::text(&*text));
    asset.properties.insert_at("Note", Node::text(&*text));
    asset.properties.insert_at("Variables", Node::Map([(name, Node::text(value))].into_iter().collect()));

    fuzzing::redact(&mut asset, &rules);
    assert_eq!(asset.properties.key("Script").as_str(), Some("(redacted)"));
    assert!(asset.properties.key("Variables").is_absent());
    assert!(matches!(asset.properties.key("Found"), Node::List(_)));
    let note = asset.properties.key("Note").as_str().expect("a text stays a text");
    assert_eq!(asset.name.as_deref(), Some(note), "a name is swept like a property");
    assert_eq!(asset.tags.get("note").map(|tag| &**tag), Some(note), "and a tag");
    let mut rest = &*text;
    for kept in note.split("(redacted)") {
        let at = rest.find(kept);
        assert!(at.is_some(), "`{kept}` was not there before");
        rest = rest.get(at.unwrap_or_default() + kept.len()..).unwrap_or_default();
    }
    let once = asset.properties.key("Note").clone();
    fuzzing::redact(&mut asset, &rules);
    assert_eq!(*asset.properties.key("Note"), once, "something was left to redact");
}

/// The operation that a line names, else one of the forms.
fn operation(line: &str, bytes: &[u8]) -> Operation {
    let mut words = line.split(' ');
    let named = words.next().zip(words.next()).and_then(|(service, name)| Operation::find(service, name));
    let any = || {
        let sum =
            bytes.iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
        FORMS.get(sum % FORMS.len()).and_then(|(service, name)| Operation::find(service, name))
    };
    named.or_else(any).expect("the forms are in the table")
}

fn idle_client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| fuzzing::idle_client().expect("no network is needed for it"))
}

/// The same body with other white space, where the protocol gives it no meaning.
fn respaced(spoken: Spoken, body: &[u8]) -> Option<Vec<u8>> {
    match spoken {
        Spoken::Query => Some([body, b"\n  "].concat()),
        Spoken::Json => {
            let plain: Value = serde_json::from_slice(body).ok()?;
            serde_json::to_vec_pretty(&plain).ok()
        }
        Spoken::RestJson | Spoken::RestXml => None,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// What stands before and after the first separator; all of it before, if there is none.
fn split_at<'b>(bytes: &'b [u8], separator: &[u8]) -> (&'b [u8], &'b [u8]) {
    let at = bytes.windows(separator.len()).position(|window| window == separator);
    match at.and_then(|at| bytes.split_at_checked(at)) {
        Some((before, after)) => (before, after.get(separator.len()..).unwrap_or_default()),
        None => (bytes, &[]),
    }
}
