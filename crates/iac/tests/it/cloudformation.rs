//! CloudFormation templates, read as a user would write them.

#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use partywall_iac::Tree;
use partywall_iac::cloudformation::configurations;
use partywall_iac::terraform::{Input, Read, Resource, StandardTypes, Types};
use partywall_model::{Node, WhyKind};

fn read(files: &[(&str, &str)]) -> Read {
    configurations(&Tree::of(files.iter().copied()), &[], &StandardTypes)
}

fn read_one(text: &str) -> Read {
    read(&[("stack.yaml", text)])
}

fn resource<'r>(read: &'r Read, id: &str) -> &'r Resource {
    let mut all = read.configurations.iter().flat_map(|configuration| &configuration.resources);
    all.find(|resource| &*resource.address == id)
        .unwrap_or_else(|| panic!("no `{id}` in {:?}", read.troubles))
}

/// One property of the resource `R` in a template whose `R` has it.
fn property(sections: &str, value: &str) -> Node {
    let text =
        format!("{sections}\nResources:\n  R:\n    Type: AWS::X::Y\n    Properties:\n      P: {value}\n");
    resource(&read_one(&text), "R").arguments.key("P").clone()
}

fn text(node: &Node) -> &str {
    node.as_str().unwrap_or_else(|| panic!("no text: {node:?}"))
}

fn why(node: &Node) -> &str {
    let why = node.why().unwrap_or_else(|| panic!("not unknown: {node:?}"));
    assert_eq!(why.kind, WhyKind::Undecided);
    &why.message
}

#[test]
fn short_tags_long_forms_and_json_come_to_the_same() {
    let yaml = "Resources:\n  Vault:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: !Join ['-', [a, !Ref 'AWS::Partition']]\n";
    let long = "Resources:\n  Vault:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName:\n        Fn::Join: ['-', [a, {Ref: 'AWS::Partition'}]]\n";
    let json = r#"{"Resources": {"Vault": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Join": ["-", ["a", {"Ref": "AWS::Partition"}]]}}}}}"#;
    for (name, template) in [("a.yaml", yaml), ("b.yml", long), ("c.json", json), ("d.template", json)] {
        let read = read(&[(name, template)]);
        assert_eq!(read.troubles, []);
        assert_eq!(text(resource(&read, "Vault").arguments.key("BucketName")), "a-aws", "{name}");
    }
}

#[test]
fn every_argument_has_its_bytes() {
    let template = "# Größe\r\nResources:\r\n  Vault:\r\n    Type: AWS::S3::Bucket\r\n    Properties:\r\n      BucketName: kept\r\n      Tags:\r\n        - { Key: a, Value: b }\r\n";
    let read = read(&[("stack.yaml", &format!("\u{feff}{template}"))]);
    let vault = resource(&read, "Vault");
    let written = |path: &str| {
        let place = vault.places.iter().find(|place| &*place.path == path).unwrap();
        (&template[place.span.start as usize - 3..place.span.end as usize - 3], place.line)
    };
    assert_eq!(written("BucketName"), ("BucketName: kept", 6));
    assert_eq!(written("Tags.0.Value"), ("Value: b", 8));
    assert_eq!(vault.place.line, 3);
    assert!(template[vault.place.span.start as usize - 3..].starts_with("Vault:"));
}

#[test]
fn bytes_in_json_are_those_of_the_file() {
    let template = "{\"Resources\": {\"Vault\": {\"Type\": \"AWS::S3::Bucket\",\n\t\"Properties\": {\"BucketName\": \"\\u00e4\\/\\ud83d\\ude00\"}}}}";
    let read = read(&[("stack.json", template)]);
    let vault = resource(&read, "Vault");
    assert_eq!(text(vault.arguments.key("BucketName")), "ä/😀");
    let place = &vault.places[0];
    assert_eq!(
        &template[place.span.start as usize..place.span.end as usize],
        "\"BucketName\": \"\\u00e4\\/\\ud83d\\ude00\""
    );
    assert_eq!(place.line, 2);
}

#[test]
fn parameters_are_decided_by_input_default_or_the_only_value_allowed() {
    let parameters = "Parameters:\n  A: {Type: String, Default: x}\n  B: {Type: String, AllowedValues: [only]}\n  C: {Type: CommaDelimitedList, Default: 'a, b'}\n  D: {Type: String}\n  E: {Type: String, NoEcho: true, Default: hunter2}\n  F: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /ami}\n";
    assert_eq!(text(&property(parameters, "!Ref A")), "x");
    assert_eq!(text(&property(parameters, "!Ref B")), "only");
    assert_eq!(property(parameters, "!Ref C"), Node::List(vec![Node::from("a"), Node::from("b")]));
    assert_eq!(
        why(&property(parameters, "!Sub 'x-${D}'")),
        "parameter `D` has no value (stack.yaml:5); pass --var D=…"
    );
    let kept_out = property(parameters, "!Ref E");
    assert!(why(&kept_out).contains("kept out"));
    assert!(!format!("{kept_out:?}").contains("hunter2"));
    assert!(why(&property(parameters, "!Ref F")).contains("`/ami`"));

    let template = format!(
        "{parameters}\nResources:\n  R:\n    Type: AWS::X::Y\n    Properties:\n      P: !Sub '${{A}} ${{D}} ${{AWS::Region}}'\n"
    );
    let tree = Tree::of([
        ("stack.yaml", template.as_str()),
        ("values.json", r#"[{"ParameterKey": "D", "ParameterValue": "from file"}]"#),
    ]);
    let variable = |name: &str, value: &str| Input::Variable { name: name.into(), value: value.into() };
    let inputs =
        [variable("A", "given"), Input::File("values.json".into()), variable("AWS::Region", "eu-north-1")];
    let read = configurations(&tree, &inputs, &StandardTypes);
    assert_eq!(text(resource(&read, "R").arguments.key("P")), "given from file eu-north-1");
}

#[test]
fn functions_of_known_values_are_known() {
    let mappings = "Mappings:\n  M:\n    one: {a: 1, same: s}\n    two: {a: 2, same: s}\n";
    for (value, expected) in [
        ("!Select [1, !Split [',', 'a,b,c']]", "b"),
        ("!Base64 hello", "aGVsbG8="),
        ("!Select [2, !Cidr ['10.0.0.0/16', 3, 8]]", "10.0.2.0/24"),
        ("!FindInMap [M, !Ref 'AWS::Region', same]", "s"),
        ("!Sub ['${!Kept} ${Own}', {Own: mine}]", "${Kept} mine"),
        ("!Sub 'arn:${AWS::Partition}:s3:::x/*'", "arn:aws:s3:::x/*"),
        ("{'Fn::ToJsonString': {b: [1, 'q\"'], a: true}}", r#"{"a":true,"b":[1,"q\""]}"#),
    ] {
        assert_eq!(text(&property(mappings, value)), expected, "{value}");
    }
    assert_eq!(property(mappings, "!FindInMap [M, two, a]"), Node::Int(2));
    assert_eq!(property("", "{'Fn::Length': [a, b]}"), Node::Int(2));
    assert!(why(&property(mappings, "!FindInMap [M, !Ref 'AWS::Region', a]")).contains("AWS::Region=…"));
    assert!(why(&property("", "!ImportValue shared-vpc")).contains("another stack"));
    assert!(why(&property("", "'{{resolve:ssm:/x:1}}'")).contains("fetched"));
    assert!(why(&property("", "!Select [9, [a]]")).contains('9'));
}

const CONDITIONS: &str = "Parameters:\n  Env: {Type: String, AllowedValues: [dev, prod]}\n  Size: {Type: String, Default: big}\nConditions:\n  IsBig: !Equals [!Ref Size, big]\n  IsProd: !Equals [!Ref Env, prod]\n  IsTest: !Equals [!Ref Env, test]\n  Either: !Or [!Condition IsProd, !Condition IsBig]\n  Neither: !Not [!Condition Either]\n";

#[test]
fn conditions_are_true_false_or_not_decided() {
    assert_eq!(text(&property(CONDITIONS, "!If [IsBig, x, y]")), "x");
    assert_eq!(text(&property(CONDITIONS, "!If [IsTest, x, y]")), "y");
    assert_eq!(text(&property(CONDITIONS, "!If [Neither, x, y]")), "y");
    assert_eq!(text(&property(CONDITIONS, "!If [IsProd, same, same]")), "same");
    let message = "it is not decided: parameter `Env` has no value (stack.yaml:2); pass --var Env=…";
    assert_eq!(why(&property(CONDITIONS, "!If [IsProd, x, y]")), message);
    let either = property(CONDITIONS, "!If [IsProd, {a: 1, b: 2}, {a: 1, b: 3}]");
    assert_eq!(either.key("a"), &Node::Int(1));
    assert!(either.key("b").is_unknown());
}

#[test]
fn a_resource_stands_or_falls_with_its_condition() {
    let template = format!(
        "{CONDITIONS}\nResources:\n  Made:\n    Type: AWS::SNS::Topic\n    Condition: IsBig\n  Perhaps:\n    Type: AWS::SNS::Topic\n    Condition: IsProd\n  Never:\n    Type: AWS::SNS::Topic\n    Condition: IsTest\n  Asks:\n    Type: AWS::X::Y\n    Properties: {{P: !Ref Never}}\n"
    );
    let read = read_one(&template);
    let ids: Vec<&str> = read.configurations[0].resources.iter().map(|resource| &*resource.address).collect();
    assert_eq!(ids, ["Made", "Perhaps", "Asks"]);
    assert!(resource(&read, "Made").undecided.is_none());
    assert_eq!(&*resource(&read, "Perhaps").undecided.as_ref().unwrap().operation, "condition IsProd");
    assert!(why(resource(&read, "Asks").arguments.key("P")).contains("`IsTest` is false"));
}

#[test]
fn no_value_leaves_nothing_behind() {
    let value = "!If [IsBig, !Ref 'AWS::NoValue', x]";
    assert!(property(CONDITIONS, value).is_absent());
    assert_eq!(property(CONDITIONS, &format!("[a, {value}, b]")).items().len(), 2);
    let template = format!(
        "{CONDITIONS}\nResources:\n  R:\n    Type: AWS::X::Y\n    Properties:\n      P:\n        - {value}\n        - Q: z\n"
    );
    let read = read_one(&template);
    let place = resource(&read, "R").places.iter().find(|place| &*place.path == "P.0.Q").unwrap();
    assert_eq!(&template[place.span.start as usize..place.span.end as usize], "Q: z");
}

/// Buckets that `Ref` gives the name of.
struct Named;

impl Types for Named {
    fn computed(&self, kind: &str, attribute: &str, arguments: &Node, address: &str) -> Option<Node> {
        let name = arguments.key("BucketName").as_str().unwrap_or(address);
        match (kind, attribute) {
            ("AWS::S3::Bucket", "id") => Some(Node::text(name)),
            ("AWS::S3::Bucket", "arn") => Some(Node::text(format!("arn:aws:s3:::{name}"))),
            _ => None,
        }
    }
}

#[test]
fn what_refers_to_a_resource_gets_its_name_or_its_planned_identity() {
    let template = "Parameters:\n  Suffix: {Type: String}\nResources:\n  Policy:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref Named\n      All: !Sub '${Named.Arn}/*'\n      Other: !GetAtt [Unnamed, Arn]\n      Queue: !GetAtt Queue.Arn\n      Url: !Ref Queue\n      Name: !GetAtt Queue.QueueName\n  Named:\n    Type: AWS::S3::Bucket\n    Properties: {BucketName: ledger}\n  Unnamed:\n    Type: AWS::S3::Bucket\n    Properties: {BucketName: !Sub 'x-${Suffix}'}\n  Queue:\n    Type: AWS::SQS::Queue\n";
    let read = configurations(&Tree::of([("stack.yaml", template)]), &[], &Named);
    let policy = &resource(&read, "Policy").arguments;
    assert_eq!(text(policy.key("Bucket")), "ledger");
    assert_eq!(text(policy.key("All")), "arn:aws:s3:::ledger/*");
    assert_eq!(text(policy.key("Other")), "arn:aws:s3:::Unnamed");
    assert_eq!(text(policy.key("Queue")), "arn:unset:AWS::SQS::Queue:unset:unset:Queue");
    assert_eq!(text(policy.key("Url")), "Queue");
    assert_eq!(why(policy.key("Name")), "it is known after deployment");
}

#[test]
fn in_an_arn_account_and_region_are_planned_and_elsewhere_not_known() {
    assert_eq!(text(&property("", "!Sub 'arn:aws:iam::${AWS::AccountId}:root'")), "arn:aws:iam::unset:root");
    let joined = "!Join [':', [arn:aws:sqs, !Ref 'AWS::Region', !Ref 'AWS::AccountId', q]]";
    assert_eq!(text(&property("", joined)), "arn:aws:sqs:unset:unset:q");
    assert!(why(&property("", "!Sub 'logs-${AWS::AccountId}'")).contains("AWS::AccountId=…"));
}

#[test]
fn a_circle_is_told_and_everything_in_it_is_still_read() {
    let template = "Resources:\n  A:\n    Type: AWS::X::Y\n    Properties: {P: !Ref B, Q: 1}\n  B:\n    Type: AWS::X::Y\n    Properties: {P: !Ref A}\nConditions:\n  C: !Not [!Condition C]\n";
    let read = read_one(template);
    assert_eq!(read.troubles.len(), 1);
    assert!(read.troubles[0].what.contains("depends on itself"), "{}", read.troubles[0]);
    assert_eq!(text(resource(&read, "A").arguments.key("P")), "B");
    assert_eq!(text(resource(&read, "B").arguments.key("P")), "A");
    assert_eq!(
        why(&property("Conditions:\n  C: !Not [!Condition C]", "!If [C, 1, 2]"))
            .matches("depends on itself")
            .count(),
        1
    );
}

#[test]
fn scalars_take_the_type_of_their_property() {
    let template = "Parameters:\n  Port: {Type: Number, Default: '443'}\n  Lock: {Type: String, Default: 'true'}\nResources:\n  R:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      SecurityGroupIngress:\n        - {FromPort: '22', ToPort: !Ref Port, Description: 'true'}\n      Encrypted: !Ref Lock\n      EngineVersion: 5.10\n      OwnerId: 012345678901\n      Tags: [{Key: a, Value: true}]\n";
    let read = read_one(template);
    let arguments = &resource(&read, "R").arguments;
    let rule = &arguments.key("SecurityGroupIngress").items()[0];
    assert_eq!((rule.key("FromPort"), rule.key("ToPort")), (&Node::Int(22), &Node::Int(443)));
    assert_eq!(text(rule.key("Description")), "true");
    assert_eq!(arguments.key("Encrypted"), &Node::Bool(true));
    assert_eq!(text(arguments.key("EngineVersion")), "5.10");
    assert_eq!(text(arguments.key("OwnerId")), "012345678901");
    assert_eq!(text(arguments.key("Tags").items()[0].key("Value")), "true");
}

#[test]
fn a_managed_policy_says_beside_itself_who_it_is_attached_to() {
    let template = "Resources:\n  Reader:\n    Type: AWS::IAM::Role\n  Read:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      Roles: [!Ref Reader]\n";
    let read = read_one(template);
    let attachment = resource(&read, "Read/attachment");
    assert_eq!(&*attachment.kind, "AWS::IAM::ManagedPolicyAttachment");
    assert_eq!(text(&attachment.arguments.key("Roles").items()[0]), "Reader");
    assert_eq!(text(attachment.arguments.key("PolicyArn")), "Read");
}

#[test]
fn deletion_policies_stand_among_the_arguments() {
    let template = "Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Snapshot\n";
    let read = read_one(template);
    let arguments = &resource(&read, "T").arguments;
    assert_eq!(text(arguments.key("DeletionPolicy")), "Retain");
    assert_eq!(text(arguments.key("UpdateReplacePolicy")), "Snapshot");
}

#[test]
fn loops_make_resources_and_properties() {
    let template = "Transform: AWS::LanguageExtensions\nParameters:\n  Names: {Type: CommaDelimitedList, Default: 'One,Two'}\n  Open: {Type: CommaDelimitedList}\nResources:\n  'Fn::ForEach::Topics':\n    - Name\n    - !Ref Names\n    - 'Topic${Name}':\n        Type: AWS::SNS::Topic\n        Properties:\n          TopicName: !Sub 't-${Name}'\n          DisplayName: !Ref Name\n  'Fn::ForEach::Queues':\n    - Name\n    - !Ref Open\n    - 'Queue${Name}': {Type: AWS::SQS::Queue}\n  Asks:\n    Type: AWS::X::Y\n    Properties:\n      Last: !Ref TopicTwo\n      'Fn::ForEach::Keys': [K, [a, b], {'Key${K}': !Ref K}]\n";
    let read = read_one(template);
    assert_eq!(read.troubles, []);
    assert_eq!(text(resource(&read, "TopicOne").arguments.key("TopicName")), "t-One");
    assert_eq!(text(resource(&read, "TopicTwo").arguments.key("DisplayName")), "Two");
    let asks = &resource(&read, "Asks").arguments;
    assert_eq!((text(asks.key("Last")), text(asks.key("Keyb"))), ("TopicTwo", "b"));
    assert!(resource(&read, "Queue${Name}").undecided.is_some());
}

#[test]
fn serverless_types_become_what_they_deploy() {
    let template = "Transform: AWS::Serverless-2016-10-31\nGlobals:\n  Function:\n    Runtime: python3.12\n    Environment: {Variables: {A: '1'}}\nResources:\n  Greet:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: app.run\n      Tracing: Active\n      Tags: {team: red}\n      Environment: {Variables: {B: '2'}}\n      Policies:\n        - AmazonS3FullAccess\n        - Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]\n        - S3ReadPolicy: {BucketName: x}\n      FunctionUrlConfig: {AuthType: NONE}\n  Api:\n    Type: AWS::Serverless::Api\n    Properties: {StageName: live, TracingEnabled: true, EndpointConfiguration: {Type: REGIONAL}}\n  Store:\n    Type: AWS::Serverless::SimpleTable\n    Properties: {SSESpecification: {SSEEnabled: true}}\n";
    let read = read_one(template);
    assert_eq!(read.troubles, []);
    let function = resource(&read, "Greet");
    assert_eq!(&*function.kind, "AWS::Lambda::Function");
    assert_eq!(text(function.arguments.key("Runtime")), "python3.12");
    assert_eq!(text(function.arguments.at("TracingConfig.Mode")), "Active");
    assert_eq!(function.arguments.at("Environment.Variables").entries().count(), 2);
    assert_eq!(text(function.arguments.key("Tags").items()[0].key("Key")), "team");
    assert!(text(function.arguments.key("Role")).ends_with(":GreetRole"));
    let role = resource(&read, "GreetRole");
    assert_eq!(
        text(&role.arguments.key("ManagedPolicyArns").items()[2]),
        "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    );
    let policies = role.arguments.key("Policies").items();
    assert_eq!(text(policies[0].at("PolicyDocument.Statement").items()[0].key("Action")), "s3:*");
    assert!(policies[1].is_unknown());
    assert_eq!(text(resource(&read, "GreetUrlPublicPermissions").arguments.key("Principal")), "*");
    assert_eq!(text(resource(&read, "ApiliveStage").arguments.key("RestApiId")), "Api");
    assert_eq!(&*resource(&read, "Store").kind, "AWS::DynamoDB::Table");
}

#[test]
fn of_a_broken_file_what_stands_before_the_break_is_kept() {
    let yaml = "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  Good:\n    Type: AWS::SNS::Topic\n  Bad:\n    Type: AWS::SNS::Topic\n    Properties: {TopicName: 'open\n";
    let json = "{\"AWSTemplateFormatVersion\": \"2010-09-09\", \"Resources\": {\n\"Good\": {\"Type\": \"AWS::SNS::Topic\"},\n\"Bad\": {\"Type\": \"AWS::SNS::Topic\" \"Properties\"}}}";
    for (name, template, line) in [("a.yaml", yaml, 7), ("b.json", json, 3)] {
        let read = read(&[(name, template), ("other.yaml", "Resources:\n  Else: {Type: AWS::SNS::Topic}\n")]);
        assert_eq!(read.troubles.len(), 1, "{:?}", read.troubles);
        assert_eq!(read.troubles[0].line, line, "{}", read.troubles[0]);
        let all: Vec<&str> =
            read.configurations.iter().flat_map(|one| &one.resources).map(|one| &*one.address).collect();
        assert_eq!(all, ["Good", "Else"]);
    }
}

#[test]
fn a_bracket_as_far_left_as_its_key_is_taken() {
    let template = "Resources:\n  R:\n    Type: AWS::X::Y\n    Properties:\n      List: [\n        a, b\n      ]\n      Map: {\n        k: v\n      }\n      After: z\n";
    let read = read_one(template);
    assert_eq!(read.troubles, []);
    let place = resource(&read, "R").places.iter().find(|place| &*place.path == "After").unwrap();
    assert_eq!((place.line, &template[place.span.start as usize..place.span.end as usize]), (11, "After: z"));
}

#[test]
fn every_document_of_a_file_is_read_and_other_yaml_is_left_alone() {
    let two = "Resources:\n  A: {Type: AWS::SNS::Topic}\n---\nResources:\n  B: {Type: AWS::SNS::Topic}\n";
    let other = "kind: ConfigMap\ndata:\n  note: Resources of AWS::S3::Bucket\n";
    let read = read(&[("two.yaml", two), ("other.yaml", other), ("broken.yaml", "a: [Resources AWS::")]);
    assert_eq!((read.files, read.configurations.len()), (1, 1));
    assert_eq!(read.configurations[0].resources.len(), 2);
    assert_eq!(read.troubles, []);
}

#[test]
fn a_key_that_stands_twice_is_told_and_the_later_counts() {
    let read = read_one("Resources:\n  A:\n    Type: AWS::X::Y\n    Properties:\n      P: 1\n      P: 2\n");
    assert_eq!(resource(&read, "A").arguments.key("P"), &Node::Int(2));
    assert_eq!(read.troubles.iter().map(|trouble| trouble.line).collect::<Vec<_>>(), [6]);
}

#[test]
fn aliases_repeat_and_a_bomb_of_them_is_refused() {
    let template =
        "Shared: &tags [{Key: a, Value: b}]\nResources:\n  A: {Type: AWS::X::Y, Properties: {Tags: *tags}}\n";
    assert_eq!(resource(&read_one(template), "A").arguments.key("Tags").items().len(), 1);
    let mut bomb =
        String::from("AWSTemplateFormatVersion: 2010-09-09\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let before = format!("*a{}, ", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", before.repeat(10).trim_end_matches(", ")));
    }
    let read = read_one(&bomb);
    assert_eq!(read.troubles.len(), 1);
    assert!(read.troubles[0].what.contains("aliases"), "{}", read.troubles[0]);
}

#[test]
fn deep_nesting_long_chains_and_doubling_names_end() {
    for (name, open, close) in [("a.yaml", "[", "]"), ("b.json", "{\"a\":", "}")] {
        let body = format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
        let start = if name.ends_with("json") {
            "{\"AWSTemplateFormatVersion\": 1, \"R\": "
        } else {
            "AWSTemplateFormatVersion: 1\nR: "
        };
        let read = read(&[(name, &format!("{start}{body}"))]);
        assert!(
            read.troubles.iter().any(|trouble| trouble.what.contains("nested deeper")),
            "{:?}",
            read.troubles
        );
    }
    let mut chain = String::from("Resources:\n");
    let mut doubling =
        String::from("Resources:\n  B0: {Type: AWS::S3::Bucket, Properties: {BucketName: aa}}\n");
    let mut conditions = String::from("Conditions:\n  C0: !Equals [a, a]\n");
    for at in 1..3_000 {
        chain.push_str(&format!("  R{at}: {{Type: AWS::X::Y, Properties: {{P: !Ref R{}}}}}\n", at + 1));
    }
    for at in 1..80 {
        let before = at - 1;
        doubling.push_str(&format!("  B{at}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Sub '${{B{before}}}${{B{before}}}'}}}}\n"));
        conditions.push_str(&format!("  C{at}: !And [!Condition C{before}, !Condition C{before}]\n"));
    }
    assert_eq!(read_one(&chain).configurations[0].resources.len(), 2_999);
    let read = configurations(&Tree::of([("stack.yaml", doubling)]), &[], &Named);
    assert!(read.troubles[0].what.contains("more values or text"), "{:?}", read.troubles);
    assert_eq!(text(&property(&conditions, "!If [C79, x, y]")), "x");
}

#[test]
fn loops_in_loops_end() {
    let list = (0..1_000).map(|at| at.to_string()).collect::<Vec<_>>().join(", ");
    let mut body = "{'R${A}${B}${C}': {Type: AWS::X::Y}}".to_owned();
    for name in ["A", "B", "C", "D"] {
        body = format!("{{'Fn::ForEach::{name}': [{name}, [{list}], {body}]}}");
    }
    let read = read_one(&format!("AWSTemplateFormatVersion: 2010-09-09\nResources: {body}\n"));
    assert_eq!(read.configurations[0].resources.len(), 20_000);
    assert!(read.troubles[0].what.contains("only 20000 resources"));
}
