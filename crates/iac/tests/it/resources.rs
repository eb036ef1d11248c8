//! Resources: instances, blocks, references, providers, policy documents.

use partywall_iac::terraform::Mode;

use crate::{addresses, message, read, resource, short, value_in};

#[test]
fn count_and_for_each_make_instances() {
    let read = read(&[(
        "main.tf",
        r#"
resource "t_x" "n" {
  count = 2
  name  = "n-${count.index}"
}
resource "t_x" "k" {
  for_each = { a = 1, b = 2 }
  name     = "${each.key}=${each.value}"
}
resource "t_x" "s" {
  for_each = toset(["x"])
  name     = each.value
}
resource "t_x" "none" {
  count = 0
}
"#,
    )]);
    assert_eq!(addresses(&read), ["t_x.n[0]", "t_x.n[1]", "t_x.k[\"a\"]", "t_x.k[\"b\"]", "t_x.s[\"x\"]"]);
    assert_eq!(short(resource(&read, "t_x.k[\"b\"]").arguments.key("name")), "\"b=2\"");
}

#[test]
fn an_undecided_count_leaves_one_instance_with_the_reason() {
    let read = read(&[(
        "main.tf",
        r#"
variable "n" {}
resource "t_x" "it" {
  count = var.n
  acl   = "public"
  name  = "x${count.index}"
}
resource "t_y" "it" {
  of    = t_x.it[0].acl
  ofall = t_x.it[*].acl
}
"#,
    )]);
    let found = resource(&read, "t_x.it[?]");
    assert_eq!(short(&found.arguments), "{acl:\"public\",name:?}");
    assert!(found.undecided.as_ref().unwrap().message.contains("`var.n` has no value"));
    assert_eq!(short(&resource(&read, "t_y.it").arguments), "{of:\"public\",ofall:?}");
}

#[test]
fn references_give_what_is_written_and_else_what_the_provider_fills_in() {
    let more = r#"
resource "aws_s3_bucket" "b" {
  bucket = "logs"
  versioning {
    enabled = true
  }
}
resource "aws_s3_bucket" "n" {
  count  = 2
  bucket = "n${count.index}"
}
resource "aws_s3_bucket" "k" {
  for_each = toset(["a"])
  bucket   = each.key
}
"#;
    for (expression, expected) in [
        ("aws_s3_bucket.b.bucket", "\"logs\""),
        ("aws_s3_bucket.b.id", "\"aws_s3_bucket.b\""),
        ("aws_s3_bucket.b.arn", "\"arn:unset:aws_s3_bucket:unset:unset:aws_s3_bucket.b\""),
        ("aws_s3_bucket.b.bucket_domain_name", "?"),
        ("aws_s3_bucket.b.versioning[0].enabled", "true"),
        ("aws_s3_bucket.n[1].bucket", "\"n1\""),
        ("aws_s3_bucket.n[*].bucket", "[\"n0\",\"n1\"]"),
        ("aws_s3_bucket.n.*.id", "[\"aws_s3_bucket.n[0]\",\"aws_s3_bucket.n[1]\"]"),
        ("aws_s3_bucket.k[\"a\"].id", "\"aws_s3_bucket.k[\\\"a\\\"]\""),
        ("[for b in aws_s3_bucket.k : b.bucket]", "[\"a\"]"),
        ("values(aws_s3_bucket.k)[*].bucket", "[\"a\"]"),
        ("data.aws_ami.x.id", "?"),
        ("aws_s3_bucket.missing.id", "?"),
    ] {
        assert_eq!(short(&value_in(expression, more)), expected, "{expression}");
    }
    let computed = value_in("aws_s3_bucket.b.bucket_domain_name", more);
    assert_eq!(message(&computed), "`aws_s3_bucket.b.bucket_domain_name` is known after apply (main.tf:5)");
}

#[test]
fn nested_blocks_are_lists_and_have_places() {
    let text = r#"
resource "aws_security_group" "it" {
  name = "sg"
  ingress {
    from_port = 22
  }
  ingress {
    cidr_blocks = ["0.0.0.0/0"]
  }
  lifecycle {
    prevent_destroy = true
  }
  depends_on = [aws_vpc.x]
}
"#;
    let read = read(&[("main.tf", text)]);
    let found = resource(&read, "aws_security_group.it");
    assert_eq!(
        short(&found.arguments),
        r#"{ingress:[{from_port:22},{cidr_blocks:["0.0.0.0/0"]}],name:"sg"}"#
    );
    let place = found.places.iter().find(|place| &*place.path == "ingress.1.cidr_blocks").unwrap();
    assert_eq!(place.line, 8);
    let span = usize::try_from(place.span.start).unwrap()..usize::try_from(place.span.end).unwrap();
    assert_eq!(text[span].trim(), r#"cidr_blocks = ["0.0.0.0/0"]"#);
    assert_eq!((found.place.line, found.mode), (2, Mode::Managed));
}

#[test]
fn dynamic_blocks_are_written_out() {
    let read = read(&[(
        "main.tf",
        r#"
variable "more" {}
resource "t_x" "it" {
  rule {
    n = 0
  }
  dynamic "rule" {
    for_each = [{ n = 1, subs = ["a", "b"] }, { n = 2, subs = [] }]
    iterator = each_rule
    content {
      n   = each_rule.value.n
      key = each_rule.key
      dynamic "sub" {
        for_each = toset(each_rule.value.subs)
        content {
          name = "${sub.value}-${each_rule.value.n}"
        }
      }
    }
  }
  dynamic "other" {
    for_each = var.more
    content {
      n = other.value
    }
  }
}
"#,
    )]);
    let found = resource(&read, "t_x.it");
    assert_eq!(
        short(&found.arguments),
        r#"{other:?,rule:[{n:0},{key:0,n:1,sub:[{name:"a-1"},{name:"b-1"}]},{key:1,n:2,sub:[]}]}"#
    );
    assert!(found.places.iter().any(|place| &*place.path == "rule.1.sub.1.name"));
}

#[test]
fn a_written_block_stays_known_beside_an_undecided_dynamic_one() {
    let text = "variable \"v\" {}\nresource \"t_x\" \"it\" {\n  rule {\n    n = 0\n  }\n  dynamic \"rule\" {\n    for_each = var.v\n    content {}\n  }\n}\n";
    let read = read(&[("main.tf", text)]);
    assert_eq!(short(&resource(&read, "t_x.it").arguments), "{rule:[{n:0},?]}");
}

#[test]
fn providers_give_region_and_default_tags() {
    let read = read(&[(
        "main.tf",
        r#"
provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = { owner = "us", stage = "dev" }
  }
}
provider "aws" {
  alias = "other"
}
resource "aws_sqs_queue" "a" {
  tags = { stage = "prod" }
}
resource "aws_sqs_queue" "b" {
  provider = aws.other
}
data "aws_region" "here" {}
resource "aws_sqs_queue" "c" {
  name = data.aws_region.here.name
}
"#,
    )]);
    let a = resource(&read, "aws_sqs_queue.a");
    assert_eq!(short(&a.provider.region), "\"eu-west-1\"");
    assert_eq!(short(a.arguments.key("tags_all")), r#"{owner:"us",stage:"prod"}"#);
    let b = resource(&read, "aws_sqs_queue.b");
    assert_eq!(b.provider.alias.as_deref(), Some("other"));
    assert!(message(&b.provider.region).contains("names no region"));
    assert_eq!(short(resource(&read, "aws_sqs_queue.c").arguments.key("name")), "\"eu-west-1\"");
    assert_eq!(resource(&read, "data.aws_region.here").mode, Mode::Data);
}

#[test]
fn a_policy_document_is_made_here() {
    let more = r#"
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["*"]
  }
}
data "aws_caller_identity" "me" {}
data "aws_iam_policy_document" "it" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]
  statement {
    effect  = "Deny"
    actions = ["s3:*", "sqs:*"]
    not_resources = ["arn:aws:s3:::a"]
    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.me.arn, "*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = ["o-1"]
    }
  }
}
"#;
    let expected = concat!(
        r#"{Statement:[{Action:"s3:GetObject",Effect:"Allow",Resource:"*",Sid:"Read"},"#,
        r#"{Action:["s3:*","sqs:*"],Condition:{StringEquals:{aws:PrincipalOrgID:"o-1"}},Effect:"Deny","#,
        r#"NotResource:"arn:aws:s3:::a",Principal:{AWS:[?,"*"]}}],Version:"2012-10-17"}"#
    );
    assert_eq!(short(&value_in("data.aws_iam_policy_document.it.json", more)), expected);
    let text = value_in("data.aws_iam_policy_document.base.json", more);
    assert_eq!(
        text.as_str(),
        Some(
            r#"{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Resource":"*","Sid":"Read"}],"Version":"2012-10-17"}"#
        )
    );
}

#[test]
fn json_syntax_reads_like_hcl() {
    let json = r#"{
  "//": "made by a program",
  "variable": { "n": { "default": "x", "type": "string" } },
  "locals": { "l": "${var.n}-y" },
  "resource": {
    "t_x": {
      "it": [{ "count": 2, "name": "${local.l}-${count.index}", "tags": { "a": "b" }, "rule": [{ "n": 1 }] }]
    }
  }
}"#;
    let read = read(&[("main.tf.json", json)]);
    let found = resource(&read, "t_x.it[1]");
    assert_eq!(short(&found.arguments), r#"{name:"x-y-1",rule:[{n:1}],tags:{a:"b"}}"#);
    let place = found.places.iter().find(|place| &*place.path == "name").unwrap();
    assert_eq!(place.line, 7);
}

#[test]
fn the_types_know_what_a_provider_fills_in() {
    struct Known;
    impl partywall_iac::terraform::Types for Known {
        fn computed(
            &self,
            kind: &str,
            attribute: &str,
            arguments: &partywall_model::Node,
            address: &str,
        ) -> Option<partywall_model::Node> {
            assert_eq!((kind, address), ("aws_s3_bucket", "aws_s3_bucket.b"));
            let name = arguments.key("bucket").as_str()?;
            (attribute == "arn").then(|| format!("arn:aws:s3:::{name}").into())
        }
    }
    let text = "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"logs\"\n}\nresource \"t_x\" \"it\" {\n  a = \"${aws_s3_bucket.b.arn}/*\"\n  b = aws_s3_bucket.b.id\n}\n";
    let tree = partywall_iac::Tree::of([("main.tf", text)]);
    let read = partywall_iac::terraform::configurations(&tree, &[], &Known);
    assert_eq!(short(&resource(&read, "t_x.it").arguments), "{a:\"arn:aws:s3:::logs/*\",b:?}");
}
