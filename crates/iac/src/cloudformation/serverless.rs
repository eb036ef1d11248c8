//! The Serverless Application Model: its types become those that the transform makes of them, as far as
//! properties map one to one. What the transform makes of its own templates is left unknown.
//!
//! Done on values before evaluation, so that places stay those of the written template.

use std::sync::Arc;

use crate::document::{Entry, Form, Span, Value};

/// `(property of the serverless type, property of the type that it becomes)`.
type Table = &'static [(&'static str, &'static str)];

const FUNCTION: Table = &[
    ("Architectures", "Architectures"),
    ("CodeSigningConfigArn", "CodeSigningConfigArn"),
    ("DeadLetterQueue", "DeadLetterConfig"),
    ("Description", "Description"),
    ("Environment", "Environment"),
    ("EphemeralStorage", "EphemeralStorage"),
    ("FileSystemConfigs", "FileSystemConfigs"),
    ("FunctionName", "FunctionName"),
    ("Handler", "Handler"),
    ("ImageConfig", "ImageConfig"),
    ("KmsKeyArn", "KmsKeyArn"),
    ("Layers", "Layers"),
    ("LoggingConfig", "LoggingConfig"),
    ("MemorySize", "MemorySize"),
    ("PackageType", "PackageType"),
    ("ReservedConcurrentExecutions", "ReservedConcurrentExecutions"),
    ("Role", "Role"),
    ("Runtime", "Runtime"),
    ("SnapStart", "SnapStart"),
    ("Timeout", "Timeout"),
    ("VpcConfig", "VpcConfig"),
];
const REST_API: Table = &[
    ("ApiKeySourceType", "ApiKeySourceType"),
    ("BinaryMediaTypes", "BinaryMediaTypes"),
    ("DefinitionBody", "Body"),
    ("Description", "Description"),
    ("DisableExecuteApiEndpoint", "DisableExecuteApiEndpoint"),
    ("MinimumCompressionSize", "MinimumCompressionSize"),
    ("Mode", "Mode"),
    ("Name", "Name"),
];
const REST_STAGE: Table = &[
    ("AccessLogSetting", "AccessLogSetting"),
    ("CacheClusterEnabled", "CacheClusterEnabled"),
    ("CacheClusterSize", "CacheClusterSize"),
    ("CanarySetting", "CanarySetting"),
    ("MethodSettings", "MethodSettings"),
    ("StageName", "StageName"),
    ("TracingEnabled", "TracingEnabled"),
    ("Variables", "Variables"),
];
const HTTP_API: Table = &[
    ("CorsConfiguration", "CorsConfiguration"),
    ("DefinitionBody", "Body"),
    ("Description", "Description"),
    ("DisableExecuteApiEndpoint", "DisableExecuteApiEndpoint"),
    ("Name", "Name"),
];
const HTTP_STAGE: Table = &[
    ("AccessLogSettings", "AccessLogSettings"),
    ("DefaultRouteSettings", "DefaultRouteSettings"),
    ("RouteSettings", "RouteSettings"),
    ("StageName", "StageName"),
    ("StageVariables", "StageVariables"),
];
const TABLE: Table = &[
    ("PointInTimeRecoverySpecification", "PointInTimeRecoverySpecification"),
    ("ProvisionedThroughput", "ProvisionedThroughput"),
    ("SSESpecification", "SSESpecification"),
    ("TableName", "TableName"),
];
const STATE_MACHINE: Table = &[
    ("Definition", "Definition"),
    ("DefinitionSubstitutions", "DefinitionSubstitutions"),
    ("Logging", "LoggingConfiguration"),
    ("Name", "StateMachineName"),
    ("Role", "RoleArn"),
    ("Tracing", "TracingConfiguration"),
    ("Type", "StateMachineType"),
];
const LAYER: Table = &[
    ("CompatibleArchitectures", "CompatibleArchitectures"),
    ("CompatibleRuntimes", "CompatibleRuntimes"),
    ("ContentUri", "Content"),
    ("Description", "Description"),
    ("LayerName", "LayerName"),
    ("LicenseInfo", "LicenseInfo"),
];

/// What a serverless resource becomes: logical id, type, properties.
type Parts = Vec<(Arc<str>, &'static str, Value)>;

/// Whether a type is replaced by others.
pub(crate) fn is_expanded(kind: &str) -> bool {
    let Some(name) = kind.strip_prefix("AWS::Serverless::") else { return false };
    ["Function", "Api", "HttpApi", "SimpleTable", "StateMachine", "LayerVersion"].contains(&name)
}

/// The resources that a serverless one becomes; none for other types.
pub(crate) fn expanded(
    id: &Arc<str>,
    kind: &str,
    properties: Option<&Value>,
    globals: Option<&Value>,
) -> Parts {
    let Some(name) = kind.strip_prefix("AWS::Serverless::").filter(|_| is_expanded(kind)) else {
        return Vec::new();
    };
    let nothing = Value::map(Span::default(), Vec::new());
    let own = properties.unwrap_or(&nothing);
    let written = match globals.and_then(|globals| globals.get(name)) {
        Some(globals) => merged(globals, own),
        None => own.clone(),
    };
    let maker = Maker { id, written: &written, span: own.span };
    match name {
        "Function" => maker.function(),
        "Api" => maker.rest_api(),
        "HttpApi" => maker.http_api(),
        "SimpleTable" => maker.table(),
        "StateMachine" => {
            vec![(id.clone(), "AWS::StepFunctions::StateMachine", maker.take(STATE_MACHINE, Vec::new()))]
        }
        _ => vec![(id.clone(), "AWS::Lambda::LayerVersion", maker.take(LAYER, Vec::new()))],
    }
}

struct Maker<'v> {
    id: &'v Arc<str>,
    written: &'v Value,
    span: Span,
}

impl Maker<'_> {
    /// The properties of a table, and others beside them.
    fn take(&self, table: Table, beside: Vec<Entry>) -> Value {
        if self.written.single().is_some_and(|entry| entry.key.starts_with("Fn::")) {
            return self.opaque();
        }
        let renamed = |entry: &Entry| {
            let (_, to) = table.iter().find(|(from, _)| *from == &*entry.key)?;
            Some(Entry { key: (*to).into(), ..entry.clone() })
        };
        let mut entries: Vec<Entry> = self.written.entries().iter().filter_map(renamed).collect();
        entries.extend(beside);
        if let Some(tags) = self.entry("Tags") {
            entries.push(Entry { value: listed(&tags.value), ..tags.clone() });
        }
        Value::map(self.span, entries)
    }

    fn function(&self) -> Parts {
        let role_id: Arc<str> = format!("{}Role", self.id).into();
        let mut beside = Vec::new();
        if let Some(tracing) = self.entry("Tracing") {
            let mode = self.map(vec![Entry { key: "Mode".into(), ..tracing.clone() }]);
            beside.push(self.made("TracingConfig", mode));
        }
        if let Some(code) = self.entry("InlineCode") {
            let code = self.map(vec![Entry { key: "ZipFile".into(), ..code.clone() }]);
            beside.push(self.made("Code", code));
        }
        let has_role = self.entry("Role").is_some();
        if !has_role {
            let parts = vec![self.text(&role_id), self.text("Arn")];
            beside
                .push(self.made("Role", Value::call(self.span, "Fn::GetAtt", Value::list(self.span, parts))));
        }
        let mut parts = vec![(self.id.clone(), "AWS::Lambda::Function", self.take(FUNCTION, beside))];
        if !has_role {
            parts.push((role_id, "AWS::IAM::Role", self.role()));
        }
        if let Some(url) = self.entry("FunctionUrlConfig") {
            let arn = vec![self.text(self.id), self.text("Arn")];
            let target = Value::call(self.span, "Fn::GetAtt", Value::list(self.span, arn));
            let mut entries = url.value.entries().to_vec();
            entries.push(self.made("TargetFunctionArn", target));
            parts.push((format!("{}Url", self.id).into(), "AWS::Lambda::Url", self.map(entries)));
            if url.value.get("AuthType").and_then(Value::as_str).is_some_and(|kind| &**kind == "NONE") {
                let id = format!("{}UrlPublicPermissions", self.id);
                let entries = vec![
                    self.made("Action", self.text("lambda:InvokeFunctionUrl")),
                    self.made("FunctionName", Value::call(self.span, "Ref", self.text(self.id))),
                    self.made("FunctionUrlAuthType", self.text("NONE")),
                    self.made("Principal", self.text("*")),
                ];
                parts.push((id.into(), "AWS::Lambda::Permission", self.map(entries)));
            }
        }
        parts
    }

    /// The role that a function gets where it names none.
    fn role(&self) -> Value {
        let policy = |name: &str| self.text(&format!("arn:aws:iam::aws:policy/{name}"));
        let mut managed = vec![policy("service-role/AWSLambdaBasicExecutionRole")];
        if self.entry("VpcConfig").is_some() {
            managed.push(policy("service-role/AWSLambdaVPCAccessExecutionRole"));
        }
        if self.entry("Tracing").is_some() {
            managed.push(policy("AWSXRayDaemonWriteAccess"));
        }
        let mut inline = Vec::new();
        let written = self.entry("Policies").map(|entry| &entry.value);
        let listed = written
            .map(|value| if value.items().is_empty() { std::slice::from_ref(value) } else { value.items() });
        for (at, policy) in listed.unwrap_or_default().iter().enumerate() {
            match &policy.form {
                Form::Text(name) if name.starts_with("arn:") => managed.push(policy.clone()),
                Form::Text(name) => {
                    managed.push(Value::text(policy.span, format!("arn:aws:iam::aws:policy/{name}")))
                }
                Form::Map(_) if policy.get("Statement").is_some() => {
                    let name = self.made("PolicyName", self.text(&format!("{}RolePolicy{at}", self.id)));
                    let document =
                        Entry { value: policy.clone(), ..self.made("PolicyDocument", policy.clone()) };
                    inline.push(Value::map(policy.span, vec![name, document]));
                }
                Form::Map(_) if policy.single().is_some_and(|entry| is_function(&entry.key)) => {
                    managed.push(policy.clone())
                }
                // One of the transform's own policy templates.
                Form::Map(_) => inline.push(self.opaque()),
                Form::Null | Form::Bool(_) | Form::Int(_) | Form::Float(_) | Form::List(_) => {}
            }
        }
        let statement = vec![
            self.made("Effect", self.text("Allow")),
            self.made("Principal", self.map(vec![self.made("Service", self.text("lambda.amazonaws.com"))])),
            self.made("Action", self.text("sts:AssumeRole")),
        ];
        let trust = vec![
            self.made("Version", self.text("2012-10-17")),
            self.made("Statement", Value::list(self.span, vec![self.map(statement)])),
        ];
        let mut entries = vec![
            self.made("AssumeRolePolicyDocument", self.map(trust)),
            self.made("ManagedPolicyArns", Value::list(self.span, managed)),
        ];
        if !inline.is_empty() {
            entries.push(self.made("Policies", Value::list(self.span, inline)));
        }
        entries.extend(self.entry("PermissionsBoundary").cloned());
        self.map(entries)
    }

    fn rest_api(&self) -> Parts {
        let mut beside = Vec::new();
        if let Some(entry) = self.entry("EndpointConfiguration") {
            let kind = entry.value.get("Type").unwrap_or(&entry.value);
            let mut entries = vec![self.made("Types", Value::list(kind.span, vec![kind.clone()]))];
            let ids = entry.value.entries().iter().find(|entry| &*entry.key == "VPCEndpointIds");
            entries.extend(ids.map(|entry| Entry { key: "VpcEndpointIds".into(), ..entry.clone() }));
            beside.push(Entry { value: self.map(entries), ..entry.clone() });
        }
        if self.written.get("Auth").is_some_and(|auth| auth.get("ResourcePolicy").is_some()) {
            beside.push(self.made("Policy", self.opaque()));
        }
        let stage = self.written.get("StageName").and_then(Value::as_str).map_or("", |name| &**name);
        let reference = self.made("RestApiId", Value::call(self.span, "Ref", self.text(self.id)));
        vec![
            (self.id.clone(), "AWS::ApiGateway::RestApi", self.take(REST_API, beside)),
            (
                format!("{}{stage}Stage", self.id).into(),
                "AWS::ApiGateway::Stage",
                self.take(REST_STAGE, vec![reference]),
            ),
        ]
    }

    fn http_api(&self) -> Parts {
        let protocol = self.made("ProtocolType", self.text("HTTP"));
        let mut stage = vec![
            self.made("ApiId", Value::call(self.span, "Ref", self.text(self.id))),
            self.made("AutoDeploy", Value { span: self.span, form: Form::Bool(true) }),
        ];
        let name = self.written.get("StageName").and_then(Value::as_str);
        if name.is_none() {
            stage.push(self.made("StageName", self.text("$default")));
        }
        let stage_id = match name {
            Some(name) => format!("{}{name}Stage", self.id),
            None => format!("{}ApiGatewayDefaultStage", self.id),
        };
        vec![
            (self.id.clone(), "AWS::ApiGatewayV2::Api", self.take(HTTP_API, vec![protocol])),
            (stage_id.into(), "AWS::ApiGatewayV2::Stage", self.take(HTTP_STAGE, stage)),
        ]
    }

    fn table(&self) -> Parts {
        let key = self.written.get("PrimaryKey");
        let name = key.and_then(|key| key.get("Name")).cloned().unwrap_or_else(|| self.text("id"));
        let kind = vec![self.made("AttributeName", name), self.made("KeyType", self.text("HASH"))];
        let mut beside = vec![self.made("KeySchema", Value::list(self.span, vec![self.map(kind)]))];
        if self.entry("ProvisionedThroughput").is_none() {
            beside.push(self.made("BillingMode", self.text("PAY_PER_REQUEST")));
        }
        vec![(self.id.clone(), "AWS::DynamoDB::Table", self.take(TABLE, beside))]
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.written.entries().iter().rev().find(|entry| &*entry.key == name)
    }

    fn made(&self, key: &str, value: Value) -> Entry {
        Entry { key: key.into(), key_span: value.span, value }
    }

    fn map(&self, entries: Vec<Entry>) -> Value {
        Value::map(self.span, entries)
    }

    fn text(&self, text: &str) -> Value {
        Value::text(self.span, text)
    }

    /// A value that only the transform knows.
    fn opaque(&self) -> Value {
        Value::call(self.span, "Fn::Transform", self.map(Vec::new()))
    }
}

fn is_function(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}

/// Tags that are written as a map, as the list that other types take.
fn listed(tags: &Value) -> Value {
    if !matches!(tags.form, Form::Map(_)) || tags.single().is_some_and(|entry| is_function(&entry.key)) {
        return tags.clone();
    }
    let item = |entry: &Entry| {
        let key = Value::text(entry.key_span, entry.key.clone());
        let entries = vec![
            Entry { key: "Key".into(), key_span: entry.key_span, value: key },
            Entry { key: "Value".into(), key_span: entry.value.span, value: entry.value.clone() },
        ];
        Value::map(entry.span(), entries)
    };
    Value::list(tags.span, tags.entries().iter().map(item).collect())
}

/// What `Globals` say with what the resource says over it: maps are merged, lists joined ("Globals section
/// of the AWS SAM template", AWS SAM Developer Guide).
fn merged(globals: &Value, own: &Value) -> Value {
    let is_call = |value: &Value| value.single().is_some_and(|entry| is_function(&entry.key));
    match (&globals.form, &own.form) {
        (Form::Map(first), Form::Map(second)) if !is_call(globals) && !is_call(own) => {
            let mut entries: Vec<Entry> =
                first.iter().filter(|entry| own.get(&entry.key).is_none()).cloned().collect();
            entries.extend(second.iter().map(|entry| match globals.get(&entry.key) {
                Some(global) => Entry { value: merged(global, &entry.value), ..entry.clone() },
                None => entry.clone(),
            }));
            Value::map(own.span, entries)
        }
        (Form::List(first), Form::List(second)) => {
            Value::list(own.span, first.iter().chain(second.iter()).cloned().collect())
        }
        _ => own.clone(),
    }
}
