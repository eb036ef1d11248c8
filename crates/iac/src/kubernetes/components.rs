//! The parts of the control plane and of a node, as their command lines start them.
//!
//! A container that runs one of them gets `Component`: its `Program` and its `Flags` (`--anonymous-auth` as
//! `AnonymousAuth`), the documented defaults of those that are not written included. A kubelet's configuration file says the same in other words; its fields
//! stand here under the names of the flags, with the defaults of the file.

use std::collections::BTreeMap;

use partywall_model::{Map, Node, Why, WhyKind};

use super::containers::first_span;
use crate::declared::{Draft, Words, names_a_secret, node};
use crate::document::{Entry, Form, Span, Value};
use crate::image::image;
use crate::shell;

/// Programs, with the name under which `hyperkube` has them.
const PROGRAMS: [(&str, &str); 8] = [
    ("kube-apiserver", "apiserver"),
    ("kube-controller-manager", "controller-manager"),
    ("kube-scheduler", "scheduler"),
    ("kube-proxy", "proxy"),
    ("kubelet", "kubelet"),
    ("cloud-controller-manager", "cloud-controller-manager"),
    ("etcd", "etcd"),
    ("tiller", "tiller"),
];

/// Flags that mean something when nobody writes them (Kubernetes reference, "Component tools"; etcd, "Configuration
/// options").
const DEFAULTS: [(&str, &str, &str); 22] = [
    ("kube-apiserver", "anonymous-auth", "true"),
    ("kube-apiserver", "authorization-mode", "AlwaysAllow"),
    ("kube-apiserver", "profiling", "true"),
    ("kube-apiserver", "request-timeout", "1m0s"),
    ("kube-apiserver", "service-account-lookup", "true"),
    ("kube-controller-manager", "bind-address", "0.0.0.0"),
    ("kube-controller-manager", "profiling", "true"),
    ("kube-controller-manager", "terminated-pod-gc-threshold", "12500"),
    ("kube-controller-manager", "use-service-account-credentials", "false"),
    ("kube-scheduler", "bind-address", "0.0.0.0"),
    ("kube-scheduler", "profiling", "true"),
    ("kubelet", "anonymous-auth", "true"),
    ("kubelet", "authorization-mode", "AlwaysAllow"),
    ("kubelet", "make-iptables-util-chains", "true"),
    ("kubelet", "protect-kernel-defaults", "false"),
    ("kubelet", "read-only-port", "10255"),
    ("kubelet", "rotate-certificates", "false"),
    ("kubelet", "streaming-connection-idle-timeout", "4h0m0s"),
    ("etcd", "auto-tls", "false"),
    ("etcd", "client-cert-auth", "false"),
    ("etcd", "peer-auto-tls", "false"),
    ("etcd", "peer-client-cert-auth", "false"),
];

/// Fields of a kubelet's configuration file, the flags that say the same, and the file's own defaults.
const KUBELET_FIELDS: [(&str, &str, &str); 13] = [
    ("authentication.anonymous.enabled", "anonymous-auth", "false"),
    ("authorization.mode", "authorization-mode", "Webhook"),
    ("authentication.x509.clientCAFile", "client-ca-file", ""),
    ("readOnlyPort", "read-only-port", "0"),
    ("streamingConnectionIdleTimeout", "streaming-connection-idle-timeout", "4h0m0s"),
    ("protectKernelDefaults", "protect-kernel-defaults", "false"),
    ("makeIPTablesUtilChains", "make-iptables-util-chains", "true"),
    ("eventRecordQPS", "event-qps", "50"),
    ("tlsCertFile", "tls-cert-file", ""),
    ("tlsPrivateKeyFile", "tls-private-key-file", ""),
    ("tlsMinVersion", "tls-min-version", ""),
    ("rotateCertificates", "rotate-certificates", "false"),
    ("serverTLSBootstrap", "rotate-server-certificates", "false"),
];

/// A program and how it is started.
#[derive(Debug)]
pub(super) struct Component {
    program: &'static str,
    flags: BTreeMap<String, (Node, Option<Span>)>,
    /// Why there may be flags that nobody sees.
    open: Option<Why>,
    span: Span,
}

impl Component {
    pub(super) fn write(self, draft: &mut Draft) {
        draft.place("Component", self.span);
        let mut flags = Map::default();
        for (name, (value, span)) in self.flags {
            let name = title(&name);
            if let Some(span) = span {
                draft.place(format!("Component.Flags.{name}"), span);
            }
            flags.insert(name, value);
        }
        let flags = match self.open {
            Some(why) => Node::unknown(why),
            None => flags.into(),
        };
        let entries: [(&str, Node); 2] = [("Program", Node::text(self.program)), ("Flags", flags)];
        draft.set("Component", entries.into_iter().collect::<Map>().into());
    }

    fn with_defaults(mut self) -> Self {
        let elsewhere = match self.program {
            "kubelet" => self.flags.contains_key("config").then_some("--config"),
            "etcd" => self.flags.contains_key("config-file").then_some("--config-file"),
            _ => None,
        };
        for (program, name, value) in DEFAULTS {
            if program == self.program && !self.flags.contains_key(name) {
                let value = match elsewhere {
                    Some(flag) => Node::unknown(in_file(flag)),
                    None => Node::text(value),
                };
                self.flags.insert(name.to_owned(), (value, None));
            }
        }
        if let Some(flag) = elsewhere {
            for (_, name, _) in KUBELET_FIELDS.iter().filter(|_| self.program == "kubelet") {
                self.flags.entry((*name).to_owned()).or_insert_with(|| (Node::unknown(in_file(flag)), None));
            }
            if self.program == "etcd" {
                // etcd ignores its other flags then.
                self.open = Some(in_file(flag));
            }
        }
        self
    }
}

/// `anonymous-auth` as `AnonymousAuth`.
fn title(flag: &str) -> String {
    let mut name = String::with_capacity(flag.len());
    for word in flag.split(['-', '_']) {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

fn in_file(flag: &str) -> Why {
    Why::new(WhyKind::Undecided, flag).with_message("the file that it names decides, and was not read")
}

/// The component that a container runs.
pub(super) fn of_container(container: &Value, words: Words<'_>) -> Option<Component> {
    let commands = container.get("command").map(Value::items).unwrap_or_default();
    let arguments = container.get("args").map(Value::items).unwrap_or_default();
    let mut line: Vec<(String, Span)> = commands.iter().chain(arguments).filter_map(word).collect();
    let mut program = line.first().and_then(|(first, _)| program(first));
    if program.is_none() {
        if let Some((script, span)) = script(&line) {
            let found = shell::commands(&script).into_iter().find_map(|command| {
                let program = self::program(command.words.first()?)?;
                Some((program, command.words))
            });
            let (found, rest) = found?;
            program = Some(found);
            line = rest.into_iter().map(|word| (word, span)).collect();
        } else if line.first().is_some_and(|(first, _)| shell::base_name(first) == "hyperkube") {
            line.remove(0);
            let (second, _) = line.first()?;
            program = PROGRAMS
                .iter()
                .find(|(long, short)| second == short || second == long)
                .map(|(long, _)| *long);
        } else if commands.is_empty() {
            // The image starts what it is named for.
            let reference = container.get("image")?.as_str()?;
            let image = image(reference);
            let name = shell::base_name(image.key("Repository").as_str()?);
            let name =
                ["-amd64", "-arm64"].iter().fold(name, |name, end| name.strip_suffix(end).unwrap_or(name));
            program = self::program(name);
            line.insert(0, (name.to_owned(), container.span));
        }
    }
    let program = program?;
    let span = first_span(container.get("command").or_else(|| container.get("args")), container.span);
    let mut component = Component { program, flags: BTreeMap::new(), open: None, span };
    if program == "etcd" {
        flags_of_environment(&mut component, container, words);
    }
    flags_of_line(&mut component, line.get(1..).unwrap_or_default(), container);
    Some(component.with_defaults())
}

/// What a kubelet's configuration file says.
pub(super) fn of_configuration(kind: &str, object: &Value, words: Words<'_>) -> Option<Component> {
    match kind {
        "KubeletConfiguration" => {}
        "KubeSchedulerConfiguration" => return Some(of_scheduler(object, words)),
        _ => return None,
    }
    let mut component =
        Component { program: "kubelet", flags: BTreeMap::new(), open: None, span: object.span };
    for (path, flag, default) in KUBELET_FIELDS {
        let written = path.split('.').try_fold(object, |value, key| value.get(key));
        let value = match written.map(|value| node(value, words)) {
            Some(Node::Bool(value)) => Node::text(value.to_string()),
            Some(Node::Int(value)) => Node::text(value.to_string()),
            Some(Node::Absent) | None if default.is_empty() => continue,
            Some(Node::Absent) | None => Node::text(default),
            Some(value) => value,
        };
        component.flags.insert(flag.to_owned(), (value, written.map(|value| value.span)));
    }
    if let Some(suites) = object.get("tlsCipherSuites") {
        let names: Vec<&str> = suites.items().iter().filter_map(|it| it.as_str()).map(|it| &**it).collect();
        component.flags.insert("tls-cipher-suites".into(), (Node::text(names.join(",")), Some(suites.span)));
    }
    if let Some(gates) = object.get("featureGates") {
        let shown = |entry: &Entry| match node(&entry.value, words) {
            Node::Bool(value) => Some(format!("{}={value}", entry.key)),
            _ => None,
        };
        let gates_written: Vec<String> = gates.entries().iter().filter_map(shown).collect();
        component
            .flags
            .insert("feature-gates".into(), (Node::text(gates_written.join(",")), Some(gates.span)));
    }
    Some(component)
}

/// What a scheduler's configuration file says.
fn of_scheduler(object: &Value, words: Words<'_>) -> Component {
    let written = object.get("enableProfiling");
    let mut component =
        Component { program: "kube-scheduler", flags: BTreeMap::new(), open: None, span: object.span };
    let value = match written.map(|value| node(value, words)) {
        Some(Node::Bool(value)) => Node::text(value.to_string()),
        Some(Node::Absent) | None => Node::text("true"),
        Some(value) => value,
    };
    component.flags.insert("profiling".into(), (value, written.map(|value| value.span)));
    component
}

fn word(value: &Value) -> Option<(String, Span)> {
    let text = match &value.form {
        Form::Text(text) => text.to_string(),
        Form::Bool(value) => value.to_string(),
        Form::Int(value) => value.to_string(),
        Form::Float(value) => value.to_string(),
        _ => return None,
    };
    Some((text, value.span))
}

fn program(word: &str) -> Option<&'static str> {
    let name = shell::base_name(word);
    PROGRAMS.iter().find(|(program, _)| *program == name).map(|(program, _)| *program)
}

/// The script of `sh -c '…'`.
fn script(line: &[(String, Span)]) -> Option<(String, Span)> {
    let (first, _) = line.first()?;
    if !matches!(shell::base_name(first), "sh" | "bash" | "ash" | "dash") {
        return None;
    }
    let at = line
        .iter()
        .position(|(word, _)| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))?;
    line.get(at + 1).cloned()
}

fn flags_of_line(component: &mut Component, line: &[(String, Span)], container: &Value) {
    let mut rest = line.iter().peekable();
    while let Some((word, span)) = rest.next() {
        let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
            if word.starts_with('$') {
                let message = "it may hold further flags";
                component.open = Some(Why::new(WhyKind::Undecided, word.as_str()).with_message(message));
            }
            continue;
        };
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => {
                let next = rest.next_if(|(next, _)| !next.starts_with('-'));
                (flag, next.map_or_else(|| "true".to_owned(), |(next, _)| next.clone()))
            }
        };
        let value = match () {
            () if names_a_secret(name) && !matches!(value.as_str(), "true" | "false") => {
                Node::text("kept out")
            }
            () if value.contains("$(") || value.starts_with('$') => from_environment(&value, container),
            () => Node::text(value),
        };
        component.flags.insert(name.to_owned(), (value, Some(*span)));
    }
}

/// `$(NAME)` is the value of a variable of the container.
fn from_environment(value: &str, container: &Value) -> Node {
    let name = value.trim_start_matches('$').trim_matches(['(', ')', '{', '}']);
    let variables = container.get("env").map(Value::items).unwrap_or_default();
    let written =
        variables.iter().find(|it| it.get("name").and_then(Value::as_str).is_some_and(|it| **it == *name));
    match written.and_then(|it| it.get("value")).and_then(Value::as_str) {
        Some(text) => Node::Text(text.clone()),
        None => Node::unknown(
            Why::new(WhyKind::Undecided, value).with_message("the variable has its value only where it runs"),
        ),
    }
}

/// etcd takes each flag also from a variable: `ETCD_CLIENT_CERT_AUTH`.
fn flags_of_environment(component: &mut Component, container: &Value, words: Words<'_>) {
    for variable in container.get("env").map(Value::items).unwrap_or_default() {
        let name = variable.get("name").and_then(Value::as_str).and_then(|name| name.strip_prefix("ETCD_"));
        let (Some(name), Some(value)) = (name, variable.get("value")) else { continue };
        let value = match node(value, words) {
            Node::Bool(value) => Node::text(value.to_string()),
            Node::Int(value) => Node::text(value.to_string()),
            value => value,
        };
        let flag = name.to_ascii_lowercase().replace('_', "-");
        component.flags.insert(flag, (value, Some(variable.span)));
    }
}
