//! Modules: local, fetched, repeated, missing, in circles.

use crate::{addresses, message, read, resource, short};

const BUCKET: &str = r#"
variable "name" {}
variable "suffix" {
  default = "x"
}
resource "aws_s3_bucket" "it" {
  bucket = "${var.name}-${var.suffix}"
}
output "id" {
  value = aws_s3_bucket.it.bucket
}
output "secret" {
  value     = "s"
  sensitive = true
}
"#;

#[test]
fn modules_are_evaluated_for_each_instance() {
    let read = read(&[
        (
            "app/main.tf",
            r#"
module "one" {
  source = "../modules/bucket"
  name   = "one"
}
module "many" {
  source   = "../modules/bucket"
  for_each = toset(["a", "b"])
  name     = each.key
  suffix   = module.one.id
}
resource "t_x" "it" {
  one    = module.one.id
  many   = { for k, m in module.many : k => m.id }
  all    = values(module.many)[*].id
  b      = module.many["b"].id
  secret = module.one.secret
  none   = module.one.nothing
}
"#,
        ),
        ("modules/bucket/main.tf", BUCKET),
    ]);
    assert!(read.troubles.is_empty(), "{:?}", read.troubles);
    assert_eq!(read.configurations.len(), 1, "a module that is called is no root");
    assert_eq!(
        addresses(&read),
        [
            "t_x.it",
            "module.one.aws_s3_bucket.it",
            "module.many[\"a\"].aws_s3_bucket.it",
            "module.many[\"b\"].aws_s3_bucket.it"
        ]
    );
    assert_eq!(
        short(&resource(&read, "t_x.it").arguments),
        r#"{all:["a-one-x","b-one-x"],b:"b-one-x",many:{a:"a-one-x",b:"b-one-x"},none:?,one:"one-x",secret:?}"#
    );
}

#[test]
fn a_module_that_is_not_here_leaves_its_outputs_unknown() {
    let read = read(&[(
        "main.tf",
        "module \"vpc\" {\n  source = \"terraform-aws-modules/vpc/aws\"\n}\nresource \"t_x\" \"it\" {\n  id = module.vpc.vpc_id\n}\n",
    )]);
    let id = resource(&read, "t_x.it").arguments.key("id").clone();
    assert_eq!(
        message(&id),
        "module `vpc` (source `terraform-aws-modules/vpc/aws`) is not here; run `terraform init` (main.tf:1)"
    );
    assert_eq!(read.troubles.len(), 1);
    assert_eq!(read.troubles[0].line, 1);
}

#[test]
fn a_fetched_module_is_read_from_where_init_put_it() {
    let manifest = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"b","Source":"registry.terraform.io/x/b/aws","Version":"1.0.0","Dir":".terraform/modules/b"}]}"#;
    let read = read(&[
        ("main.tf", "module \"b\" {\n  source = \"x/b/aws\"\n  name = \"n\"\n}\n"),
        (".terraform/modules/modules.json", manifest),
        (".terraform/modules/b/main.tf", BUCKET),
        (".terraform/modules/b/examples/a/main.tf", "resource \"t_x\" \"no\" {}\n"),
    ]);
    assert!(read.troubles.is_empty(), "{:?}", read.troubles);
    assert_eq!(addresses(&read), ["module.b.aws_s3_bucket.it"]);
}

#[test]
fn a_source_outside_of_the_tree_is_refused() {
    let read = read(&[("main.tf", "module \"x\" {\n  source = \"../../elsewhere\"\n}\n")]);
    assert_eq!(read.troubles.len(), 1);
    assert!(read.troubles[0].what.contains("lies outside what was named"));
}

#[test]
fn modules_in_a_circle_are_reported_and_the_rest_is_kept() {
    let read = read(&[
        ("a/main.tf", "module \"b\" {\n  source = \"../b\"\n}\nresource \"t_x\" \"a\" {}\n"),
        ("b/main.tf", "module \"a\" {\n  source = \"../a\"\n}\nresource \"t_x\" \"b\" {}\n"),
    ]);
    assert_eq!(addresses(&read), ["t_x.a", "module.b.t_x.b"]);
    assert_eq!(read.troubles.len(), 1);
    assert!(read.troubles[0].what.contains("calls itself: `a` → `b` → `a`"), "{:?}", read.troubles);
}

#[test]
fn providers_are_handed_to_modules() {
    let read = read(&[
        (
            "main.tf",
            r#"
provider "aws" {
  region = "eu-west-1"
}
provider "aws" {
  alias  = "us"
  region = "us-east-1"
}
module "plain" {
  source = "./m"
}
module "passed" {
  source    = "./m"
  providers = { aws = aws.us }
}
"#,
        ),
        ("m/main.tf", "resource \"aws_sqs_queue\" \"q\" {}\n"),
    ]);
    assert_eq!(short(&resource(&read, "module.plain.aws_sqs_queue.q").provider.region), "\"eu-west-1\"");
    assert_eq!(short(&resource(&read, "module.passed.aws_sqs_queue.q").provider.region), "\"us-east-1\"");
}

#[test]
fn a_variable_that_a_call_does_not_set_says_so() {
    let read = read(&[
        ("main.tf", "module \"m\" {\n  source = \"./m\"\n}\n"),
        ("m/main.tf", "variable \"v\" {}\nresource \"t_x\" \"it\" {\n  v = var.v\n}\n"),
    ]);
    let found = resource(&read, "module.m.t_x.it").arguments.key("v").clone();
    assert_eq!(message(&found), "`var.v` has no value: the call of `module.m` does not set it (m/main.tf:1)");
}
