//! Plans: joins by reference, what nobody wrote, and what the source says.

use partywall_iac::Tree;
use partywall_iac::terraform::plan::{Plan, plans};
use partywall_iac::terraform::{Resource, StandardTypes};
use partywall_model::Node;

/// A plan of changes and of the code behind it.
fn plan(changes: &[&str], configuration: &str) -> String {
    format!(
        r#"{{"format_version":"1.2","resource_changes":[{}],"configuration":{configuration}}}"#,
        changes.join(",")
    )
}

/// A resource that is made; `rest` holds `after` and `after_unknown`.
fn made(address: &str, rest: &str) -> String {
    let block = address.rsplit("module.").next().unwrap();
    let block = block
        .split_once("].")
        .map_or(block, |(before, after)| if before.contains('"') { after } else { block });
    let mut names: Vec<&str> = block.split('[').next().unwrap().rsplit('.').take(2).collect();
    names.reverse();
    let mode = if address.contains("data.") { "data" } else { "managed" };
    let actions = if mode == "data" { "read" } else { "create" };
    format!(
        r#"{{"address":{},"mode":"{mode}","type":"{}","name":"{}","change":{{"actions":["{actions}"],"before":null,{rest}}}}}"#,
        quoted(address),
        names[0],
        names[1],
    )
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

fn block(key: &str, expressions: &str) -> String {
    let (mode, key) = key.strip_prefix("data.").map_or(("managed", key), |key| ("data", key));
    let (kind, name) = key.split_once('.').unwrap();
    format!(
        r#"{{"mode":"{mode}","type":"{kind}","name":"{name}","provider_config_key":"aws","expressions":{expressions}}}"#
    )
}

fn root(blocks: &[String]) -> String {
    format!(r#"{{"root_module":{{"resources":[{}]}}}}"#, blocks.join(","))
}

fn read(text: &str) -> Plan {
    let mut found = plans(&mut Tree::of([("p.json", text)]), None, &StandardTypes);
    assert!(found.troubles.is_empty(), "{:?}", found.troubles);
    found.plans.pop().unwrap()
}

fn resource<'p>(plan: &'p Plan, address: &str) -> &'p Resource {
    plan.configuration.resources.iter().find(|resource| &*resource.address == address).unwrap()
}

fn argument<'p>(plan: &'p Plan, address: &str, path: &str) -> &'p Node {
    resource(plan, address).arguments.at(path)
}

fn why(node: &Node) -> &str {
    &node.why().unwrap_or_else(|| panic!("{node:?} is known")).message
}

#[test]
fn a_name_joins_and_a_text_that_may_only_hold_a_reference_does_not() {
    let said = read(&plan(
        &[
            &made("aws_vpc.a", r#""after":{},"after_unknown":{"id":true,"arn":true}"#),
            &made("aws_subnet.a[0]", r#""after":{},"after_unknown":{"id":true,"vpc_id":true}"#),
            &made("aws_subnet.a[1]", r#""after":{},"after_unknown":{"id":true,"vpc_id":true}"#),
            &made(
                "aws_thing.a",
                r#""after":{"known":"x"},"after_unknown":{"id":true,"subnet_ids":true,"note":true,"policy":true,"role_arn":true,"vpc_ids":[true],"made_up":true}"#,
            ),
        ],
        &root(&[
            block("aws_vpc.a", "{}"),
            block("aws_subnet.a", r#"{"vpc_id":{"references":["aws_vpc.a.id","aws_vpc.a"]}}"#),
            block(
                "aws_thing.a",
                r#"{"subnet_ids":{"references":["aws_subnet.a"]},"note":{"references":["aws_vpc.a.id","aws_vpc.a"]},
                    "policy":{"references":["aws_vpc.a.arn","aws_vpc.a"]},"role_arn":{"references":["aws_vpc.a.arn","aws_vpc.a","aws_subnet.a[0].id","aws_subnet.a[0]","aws_subnet.a"]},
                    "vpc_ids":{"references":["aws_vpc.a.id","aws_vpc.a"]}}"#,
            ),
        ]),
    ));
    assert_eq!(argument(&said, "aws_subnet.a[1]", "vpc_id").as_str(), Some("aws_vpc.a"));
    let subnets: Vec<&str> =
        argument(&said, "aws_thing.a", "subnet_ids").items().iter().filter_map(Node::as_str).collect();
    assert_eq!(subnets, ["aws_subnet.a[0]", "aws_subnet.a[1]"]);
    assert_eq!(argument(&said, "aws_thing.a", "vpc_ids").items()[0].as_str(), Some("aws_vpc.a"));
    assert_eq!(why(argument(&said, "aws_thing.a", "note")), "`aws_thing.a.note` is known after apply");
    assert_eq!(why(argument(&said, "aws_thing.a", "policy")), "`aws_thing.a.policy` is known after apply");
    assert!(argument(&said, "aws_thing.a", "role_arn").is_unknown(), "two references make no name");
    assert!(argument(&said, "aws_thing.a", "made_up").is_absent(), "nobody wrote it");
    assert!(argument(&said, "aws_thing.a", "id").is_absent());
}

#[test]
fn references_lead_through_keys_modules_and_outputs() {
    let configuration = format!(
        r#"{{"root_module":{{"resources":[{},{{"mode":"managed","type":"aws_part","name":"b","expressions":{{"bucket":{{"references":["each.value.id","each.value"]}}}},"for_each_expression":{{"references":["aws_s3_bucket.a"]}}}},{}],
        "module_calls":{{"m":{{"expressions":{{"bucket":{{"references":["aws_s3_bucket.a[\"x\"].id","aws_s3_bucket.a[\"x\"]","aws_s3_bucket.a"]}}}},
          "module":{{"resources":[{},{}],"outputs":{{"log":{{"expression":{{"references":["aws_s3_bucket.log.id","aws_s3_bucket.log"]}}}}}}}}}}}}}}}}"#,
        block("aws_s3_bucket.a", "{}"),
        block("aws_part.c", r#"{"bucket":{"references":["module.m.log","module.m"]}}"#),
        block("aws_part.d", r#"{"bucket":{"references":["var.bucket"]}}"#),
        block("aws_s3_bucket.log", "{}"),
    );
    let id = r#""after":{},"after_unknown":{"id":true}"#;
    let part = r#""after":{},"after_unknown":{"id":true,"bucket":true}"#;
    let said = read(&plan(
        &[
            &made("aws_s3_bucket.a[\"x\"]", id),
            &made("aws_s3_bucket.a[\"y\"]", id),
            &made("aws_part.b[\"y\"]", part),
            &made("aws_part.c", part),
            &made("module.m.aws_part.d", part),
            &made("module.m.aws_s3_bucket.log", id),
        ],
        &configuration,
    ));
    for (address, bucket) in [
        ("aws_part.b[\"y\"]", "aws_s3_bucket.a[\"y\"]"),
        ("aws_part.c", "module.m.aws_s3_bucket.log"),
        ("module.m.aws_part.d", "aws_s3_bucket.a[\"x\"]"),
    ] {
        assert_eq!(argument(&said, address, "bucket").as_str(), Some(bucket), "{address}");
    }
}

#[test]
fn references_in_a_circle_end() {
    let call = |name: &str| {
        format!(
            r#""{name}":{{"expressions":{{"v":{{"references":["module.a.o","module.a.p","module.b.o","module.b.p"]}}}},
            "module":{{"outputs":{{"o":{{"expression":{{"references":["var.v"]}}}},"p":{{"expression":{{"references":["var.v"]}}}}}}}}}}"#
        )
    };
    let configuration = format!(
        r#"{{"root_module":{{"resources":[{}],"module_calls":{{{},{}}}}}}}"#,
        block("aws_part.a", r#"{"bucket":{"references":["module.a.o","module.b.p"]}}"#),
        call("a"),
        call("b"),
    );
    let said =
        read(&plan(&[&made("aws_part.a", r#""after":{},"after_unknown":{"bucket":true}"#)], &configuration));
    assert!(argument(&said, "aws_part.a", "bucket").is_unknown());
}

#[test]
fn a_policy_document_that_is_read_on_apply_is_made_here() {
    let said = read(&plan(
        &[
            &made(
                "data.aws_iam_policy_document.d",
                r#""after":{"statement":[{"effect":"Allow","actions":["s3:GetObject"],"principals":[{"type":"*","identifiers":["*"]}]}]},"after_unknown":{"id":true,"json":true,"statement":[{"resources":[true]}]}"#,
            ),
            &made("aws_s3_bucket_policy.a", r#""after":{"bucket":"b"},"after_unknown":{"policy":true}"#),
        ],
        &root(&[
            block(
                "data.aws_iam_policy_document.d",
                r#"{"statement":[{"actions":{"constant_value":["s3:GetObject"]},"resources":{"references":["aws_s3_bucket.a.arn","aws_s3_bucket.a"]}}]}"#,
            ),
            block(
                "aws_s3_bucket_policy.a",
                r#"{"policy":{"references":["data.aws_iam_policy_document.d.json","data.aws_iam_policy_document.d"]}}"#,
            ),
        ]),
    ));
    let statement = &argument(&said, "aws_s3_bucket_policy.a", "policy.Statement").items()[0];
    assert_eq!(statement.key("Principal").as_str(), Some("*"), "{statement:?}");
    assert!(format!("{:?}", statement.key("Resource")).contains("is known after apply"), "{statement:?}");
}

#[test]
fn regions_come_from_constants_and_variables_and_from_the_resource() {
    let configuration = r#"{"provider_config":{"aws":{"name":"aws","expressions":{"region":{"references":["var.region"]}}},
        "aws.west":{"name":"aws","alias":"west","expressions":{"region":{"constant_value":"us-west-2"}}},
        "m:aws":{"name":"aws","module_address":"module.m","expressions":{"region":{"references":["var.r"]}}},
        "aws.none":{"name":"aws","alias":"none"}},
      "root_module":{"variables":{"region":{"default":"eu-north-1"}},
        "resources":[{"type":"aws_a","name":"a","provider_config_key":"aws"},{"type":"aws_a","name":"b","provider_config_key":"aws.west"},{"type":"aws_a","name":"c","provider_config_key":"aws.none"}],
        "module_calls":{"m":{"expressions":{"r":{"references":["var.region"]}},"module":{"resources":[{"type":"aws_a","name":"d","provider_config_key":"m:aws"}]}}}}}"#;
    let made = |address: &str| made(address, r#""after":{}"#);
    let given = plan(
        &[&made("aws_a.a"), &made("aws_a.b"), &made("aws_a.c"), &made("module.m.aws_a.d")],
        configuration,
    );
    let region = |said: &Plan, address: &str| resource(said, address).provider.region.clone();
    let said = read(&given);
    assert_eq!(region(&said, "aws_a.a").as_str(), Some("eu-north-1"));
    assert_eq!(region(&said, "aws_a.b").as_str(), Some("us-west-2"));
    assert_eq!(resource(&said, "aws_a.b").provider.alias.as_deref(), Some("west"));
    assert!(why(&region(&said, "aws_a.c")).contains("`provider.aws.none` names no region"));
    assert_eq!(region(&said, "module.m.aws_a.d").as_str(), Some("eu-north-1"));
    let given = given.replacen(
        "\"resource_changes\"",
        "\"variables\":{\"region\":{\"value\":\"eu-west-3\"}},\"resource_changes\"",
        1,
    );
    assert_eq!(region(&read(&given), "module.m.aws_a.d").as_str(), Some("eu-west-3"));
}

#[test]
fn the_source_fills_only_its_own_instance_and_only_where_the_elements_agree() {
    let code = r#"
resource "aws_group" "g" {
  for_each = { a = 1, b = 2 }
  name     = "g-${each.key}"
}
resource "aws_thing" "t" {
  note = "of ${aws_group.g["a"].id}"
  rule {
    port  = 22
    group = "of ${aws_group.g["a"].id}"
  }
  rule {
    port  = 80
    group = "of ${aws_group.g["b"].id}"
  }
}
"#;
    let given = |ports: (u32, u32)| {
        plan(
            &[
                &made("aws_group.g[\"a\"]", r#""after":{"name":"g-a"},"after_unknown":{"id":true}"#),
                &made("aws_group.g[\"b\"]", r#""after":{"name":"g-b","id":"sg-b"},"after_unknown":{}"#),
                &made(
                    "aws_thing.t",
                    &format!(
                        r#""after":{{"rule":[{{"port":{}}},{{"port":{}}}]}},"after_unknown":{{"note":true,"rule":[{{"group":true}},{{"group":true}}]}}"#,
                        ports.0, ports.1
                    ),
                ),
            ],
            &root(&[
                block("aws_group.g", r#"{"name":{"references":["each.key"]}}"#),
                block(
                    "aws_thing.t",
                    r#"{"note":{"references":["aws_group.g"]},"rule":[{"port":{},"group":{"references":["aws_group.g"]}},{"port":{},"group":{"references":["aws_group.g"]}}]}"#,
                ),
            ]),
        )
    };
    let with_code = |text: &str| {
        let mut found = plans(&mut Tree::of([("p.json", text), ("main.tf", code)]), None, &StandardTypes);
        assert!(found.troubles.is_empty(), "{:?}", found.troubles);
        found.plans.pop().unwrap()
    };
    let said = with_code(&given((22, 80)));
    assert_eq!(said.covers.as_deref(), Some(""));
    assert_eq!(argument(&said, "aws_thing.t", "note").as_str(), Some("of aws_group.g[\"a\"]"));
    let rules = argument(&said, "aws_thing.t", "rule").items();
    assert_eq!(rules[0].key("group").as_str(), Some("of aws_group.g[\"a\"]"));
    // In another order the elements are not those of the code.
    let said = with_code(&given((80, 22)));
    let rules = argument(&said, "aws_thing.t", "rule").items();
    assert!(rules[0].key("group").is_unknown() && rules[1].key("group").is_unknown(), "{rules:?}");
    assert_eq!(resource(&said, "aws_group.g[\"b\"]").place.line, 2);
    assert_eq!(&*resource(&said, "aws_thing.t").place.file, "main.tf");
}

#[test]
fn planned_values_alone_are_judged_and_a_wide_plan_is_told() {
    let text = r#"{"format_version":"0.1","planned_values":{"root_module":{"resources":[{"address":"aws_a.a","mode":"managed","type":"aws_a","name":"a","values":{"x":1}}],
        "child_modules":[{"address":"module.m","resources":[{"address":"module.m.aws_a.b","type":"aws_a","name":"b","values":{"y":"s"},"sensitive_values":{"y":true}}]}]}}}"#;
    let said = read(text);
    assert_eq!(argument(&said, "aws_a.a", "x").as_int(), Some(1));
    assert!(why(argument(&said, "module.m.aws_a.b", "y")).contains("sensitive"));
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.bytes().flat_map(|byte| [byte, 0])).collect();
    let found = plans(&mut Tree::of([("p.json", wide)]), None, &StandardTypes);
    assert!(found.plans.is_empty() && found.troubles[0].what.contains("UTF-16"), "{:?}", found.troubles);
}

#[test]
fn of_several_folders_that_fit_none_is_taken_for_the_code() {
    let code = "resource \"aws_a\" \"a\" {}\n";
    let text = plan(&[&made("aws_a.a", r#""after":{"x":1}"#)], &root(&[block("aws_a.a", "{}")]));
    let files = [("dev/main.tf", code), ("prod/main.tf", code), ("out/p.json", text.as_str())];
    let found = plans(&mut Tree::of(files), None, &StandardTypes);
    assert!(
        found.troubles[0].what.contains("fits the Terraform in `dev` and in `prod`"),
        "{:?}",
        found.troubles
    );
    assert_eq!(found.plans[0].covers, None);
    let files = [("dev/main.tf", code), ("prod/main.tf", code), ("prod/out/p.json", text.as_str())];
    let found = plans(&mut Tree::of(files), None, &StandardTypes);
    assert_eq!(found.plans[0].covers.as_deref(), Some("prod"));
}
