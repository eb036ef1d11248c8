//! Code that somebody is about to deploy.

use partywall_iac::Tree;
use partywall_iac::terraform::plan::plans;
use partywall_iac::terraform::{Read, StandardTypes};
use partywall_iac::{cloudformation, terraform};

/// A template of CloudFormation, read as YAML and as what a `.json` file holds. Every place is in the file, on the
/// line that it names; a trouble says what to do; reading twice gives the same.
pub fn iac_cloudformation(bytes: &[u8]) {
    for name in ["stack.yaml", "stack.json"] {
        holds(bytes, || cloudformation::configurations(&Tree::of([(name, bytes)]), &[], &StandardTypes));
    }
}

/// A file of Terraform, in its own language and as JSON: the same holds.
pub fn iac_terraform(bytes: &[u8]) {
    for name in ["main.tf", "main.tf.json"] {
        holds(bytes, || terraform::configurations(&Tree::of([(name, bytes)]), &[], &StandardTypes));
    }
}

/// A plan, with and without the code that it could be of: a trouble names a line of the file and says what to do, nothing
/// that stays is lost, and reading twice gives the same.
pub fn iac_plan(bytes: &[u8]) {
    const CODE: &[u8] = b"variable \"n\" {}\nlocals { b = aws_s3_bucket.a.id }\nresource \"aws_s3_bucket\" \"a\" { bucket = var.n }\nresource \"aws_s3_bucket_policy\" \"a\" {\n  bucket = local.b\n  policy = jsonencode({ Resource = aws_s3_bucket.a.arn })\n}\n";
    for files in [vec![("p.json", bytes)], vec![("p.json", bytes), ("main.tf", CODE)]] {
        let read = || plans(&mut Tree::of(files.iter().copied()), None, &StandardTypes);
        let found = read();
        let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
        for trouble in &found.troubles {
            assert!(trouble.line as usize <= lines, "{trouble}: no such line");
            assert!(!trouble.what.is_empty() && !trouble.next.is_empty(), "{trouble:?} does not help");
        }
        for plan in &found.plans {
            let before = plan.before();
            for resource in plan.configuration.resources.iter().chain(&before.resources) {
                let is_of_plan = *resource.place.file == *"p.json";
                assert!(!is_of_plan || resource.place.line as usize <= lines, "{:?}", resource.place);
                assert!(resource.place.line > 0, "{:?}", resource.place);
            }
        }
        assert_eq!(format!("{found:?}"), format!("{:?}", read()), "two readings differ");
    }
}

fn holds(bytes: &[u8], read_again: impl Fn() -> Read) {
    let read = read_again();
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    for trouble in &read.troubles {
        assert!(trouble.line as usize <= lines, "{trouble}: no such line");
        assert!(!trouble.what.is_empty() && !trouble.next.is_empty(), "{trouble:?} does not help");
    }
    for resource in read.configurations.iter().flat_map(|configuration| &configuration.resources) {
        for place in resource.places.iter().chain([&resource.place]) {
            let (start, end) = (place.span.start as usize, place.span.end as usize);
            let before = bytes.get(..start).expect("a place begins in the file");
            assert!(bytes.get(start..end).is_some(), "{place:?} ends in the file");
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(place.line as usize, line, "{place:?}");
        }
    }
    assert_eq!(format!("{read:?}"), format!("{:?}", read_again()), "two readings differ");
}
