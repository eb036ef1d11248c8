//! What things are called before they are there.
//!
//! The id of a resource begins with the subscription and the group that it is deployed to, which a template does not
//! know: [`UNSET`] stands for both, so that what refers to a resource and what it is can be joined. A name that is not
//! decided has a planned text in its place, the same wherever the same expression stands.

use std::sync::Arc;

use partywall_model::{Map, Node};
use sha2::{Digest as _, Sha256};

use super::evaluate::{Evaluator, Outcome};
use super::expression::{Call, Expression, Reading, reading};
use super::frame::{Given, Scope, under};
use super::functions::{self, shown};
use crate::assets::UNSET;
use crate::document::{Form, Value};
use crate::undecided::{Reason, reason, unknown};

/// A longer expression is told by its beginning and a digest.
const SHOWN_LENGTH: usize = 80;

/// A planned text is not made longer.
const NAME_LIMIT: usize = 4096;

/// The type of groups, whose ids have a form of their own.
const GROUP: &str = "Microsoft.Resources/resourceGroups";

impl Evaluator<'_> {
    /// The result of a function that tells where things are, or of one that puts such a place together.
    pub(crate) fn identity(&mut self, call: &Call, arguments: &[Node]) -> Option<Outcome> {
        Some(match &*call.name {
            "resourceid"
            | "subscriptionresourceid"
            | "tenantresourceid"
            | "managementgroupresourceid"
            | "extensionresourceid" => self.resource_id(call, arguments),
            "resourcegroup" => Ok(self.group()),
            "subscription" => Ok(self.subscription()),
            "tenant" => Ok(self.object(call, &["tenantId", "displayName", "countryCode"])),
            "managementgroup" => Ok(self.object(call, &["id", "name"])),
            "environment" => Ok(environment()),
            "concat" | "format" if arguments.iter().any(Node::is_unknown) => {
                let why = arguments.iter().find_map(Node::why)?.clone();
                let lists = arguments.iter().any(|node| matches!(node, Node::List(_)));
                let planned = if lists { String::new() } else { self.planned_call(call)? };
                if planned.starts_with("/subscriptions/") || planned.starts_with("/providers/") {
                    Ok(Node::text(planned))
                } else if lists {
                    return None;
                } else {
                    Err(why)
                }
            }
            _ => return None,
        })
    }

    /// The name of a type as everybody spells it.
    pub(crate) fn spelled(&mut self, kind: &str) -> Arc<str> {
        let types = self.types;
        let spelling = self.kinds.entry(kind.to_ascii_lowercase());
        spelling.or_insert_with(|| types.spelled(kind).unwrap_or_else(|| kind.into())).clone()
    }

    /// Where resources of the template stand.
    pub(crate) fn place_of_resources(&self) -> String {
        match &self.frame.scope {
            Scope::Group(name) => format!("/subscriptions/{UNSET}/resourceGroups/{name}"),
            Scope::Subscription => format!("/subscriptions/{UNSET}"),
            Scope::ManagementGroup | Scope::Tenant => String::new(),
        }
    }

    /// The id of a resource: `…/providers/Microsoft.Sql/servers/NAME/databases/NAME`.
    pub(crate) fn id_of(&mut self, place: &str, kind: &str, names: &[String]) -> String {
        let kind = self.spelled(kind);
        if &*kind == GROUP {
            let name = names.first().map_or(UNSET, |name| name);
            return format!("/subscriptions/{UNSET}/resourceGroups/{name}");
        }
        let (space, types) = kind.split_once('/').unwrap_or((&kind, ""));
        let mut id = format!("{place}/providers/{space}");
        for (at, word) in types.split('/').enumerate() {
            id.push('/');
            id.push_str(word);
            id.push('/');
            id.push_str(names.get(at).map_or(UNSET, |name| name));
        }
        id
    }

    fn resource_id(&mut self, call: &Call, arguments: &[Node]) -> Outcome {
        let malformed = || reason(&*call.written, "it needs a type and a name for each of its parts");
        let is_scope_given = &*call.name == "extensionresourceid";
        let from = usize::from(is_scope_given);
        let is_type =
            |node: &Node| node.as_str().is_some_and(|text| text.contains('/') && !text.starts_with('/'));
        let at = arguments
            .iter()
            .skip(from)
            .position(is_type)
            .map(|at| at + from)
            .ok_or_else(|| arguments.iter().find_map(Node::why).cloned().unwrap_or_else(malformed))?;
        let kind = arguments.get(at).and_then(Node::as_str).unwrap_or_default().trim_matches('/').to_owned();
        let mut text_at = |at: usize| match call.arguments.get(at) {
            Some(argument) => self.planned(argument),
            None => UNSET.to_owned(),
        };
        let before: Vec<String> = (0..at).map(&mut text_at).collect();
        let names: Vec<String> = (at + 1..call.arguments.len()).map(&mut text_at).collect();
        let names: Vec<String> = names.iter().flat_map(|name| name.split('/').map(str::to_owned)).collect();
        if names.len() != kind.matches('/').count() {
            return Err(malformed());
        }
        let place = match (&*call.name, before.as_slice()) {
            ("extensionresourceid", [scope, ..]) => scope.trim_end_matches('/').to_owned(),
            ("tenantresourceid", _) => String::new(),
            ("managementgroupresourceid", [group, ..]) => {
                format!("/providers/Microsoft.Management/managementGroups/{group}")
            }
            ("managementgroupresourceid", []) => {
                format!("/providers/Microsoft.Management/managementGroups/{UNSET}")
            }
            ("subscriptionresourceid", _) => format!("/subscriptions/{UNSET}"),
            (_, [.., group]) => format!("/subscriptions/{UNSET}/resourceGroups/{group}"),
            (_, []) => self.place_of_resources(),
        };
        Ok(Node::text(self.id_of(&place, &kind, &names)))
    }

    fn group(&self) -> Node {
        let name = match &self.frame.scope {
            Scope::Group(name) => name.clone(),
            _ => UNSET.into(),
        };
        let known = (&*name != UNSET).then(|| Node::Text(name.clone()));
        let entries = [
            ("id", Node::text(format!("/subscriptions/{UNSET}/resourceGroups/{name}"))),
            ("name", known.unwrap_or_else(|| self.chosen("resourceGroup", "name"))),
            ("location", self.chosen("resourceGroup", "location")),
        ];
        Node::Map(entries.into_iter().collect())
    }

    fn subscription(&self) -> Node {
        let entries = [
            ("id", Node::text(format!("/subscriptions/{UNSET}"))),
            ("subscriptionId", self.chosen("subscription", "subscriptionId")),
            ("tenantId", self.chosen("subscription", "tenantId")),
            ("displayName", self.chosen("subscription", "displayName")),
        ];
        Node::Map(entries.into_iter().collect())
    }

    fn object(&self, call: &Call, names: &[&'static str]) -> Node {
        let word = call.written.trim_end_matches("()");
        Node::Map(names.iter().map(|name| (*name, self.chosen(word, name))).collect())
    }

    /// What is chosen when the template is deployed.
    fn chosen(&self, object: &str, name: &str) -> Node {
        let key = format!("{object}().{name}");
        match self.given.get(&key.to_ascii_lowercase()) {
            Some(Given::Written(text)) => Node::text(text.as_str()),
            Some(Given::Value(node)) => node.clone(),
            None => {
                let message = format!("it is chosen when it is deployed; pass --var '{key}=…'");
                unknown(key, message)
            }
        }
    }

    /// A text for a value that may not be decided.
    pub(crate) fn planned_value(&mut self, value: &Value) -> String {
        match &value.form {
            Form::Text(text) => match reading(text) {
                Reading::Literal(literal) => literal.to_owned(),
                Reading::Expression(inner) => match self.expression_of(text, value.span) {
                    Ok(expression) => self.planned(&expression),
                    Err(_) => self.open(inner),
                },
            },
            _ => shown(&self.aside(value)).map_or_else(|_| self.open("name"), |text| text.to_string()),
        }
    }

    /// A text for an expression that may not be decided.
    pub(crate) fn planned(&mut self, expression: &Expression) -> String {
        let outcome = self.outcome(expression);
        if let Ok(text) = outcome.as_ref().map_err(Arc::clone).and_then(shown) {
            return text.to_string();
        }
        let planned = self.deeper(|evaluator| Ok(evaluator.planned_part(expression)));
        planned.ok().flatten().unwrap_or_else(|| match expression.root() {
            Some(call) => match outcome {
                Err(why) if is_place(&why) => UNSET.to_owned(),
                _ => self.open(&call.written),
            },
            None => self.open("…"),
        })
    }

    fn planned_part(&mut self, expression: &Expression) -> Option<String> {
        let Expression::Call(call) = expression else { return None };
        let name = call.arguments.first().and_then(|argument| argument.as_text()).cloned();
        match &*call.name {
            "variables" => {
                let name = name?;
                let frame = self.frame.clone();
                let value = frame.variable(&name).filter(|value| matches!(value.form, Form::Text(_)))?;
                self.planned_once(format!("planned variables {}", name.to_ascii_lowercase()), |evaluator| {
                    let loops = std::mem::take(&mut evaluator.loops);
                    let planned = evaluator.planned_value(value);
                    evaluator.loops = loops;
                    Some(planned)
                })
            }
            "parameters" if self.own.is_none() => {
                let name = name?;
                let key = format!("planned parameters {}", name.to_ascii_lowercase());
                self.planned_once(key, |evaluator| evaluator.planned_parameter(&name))
            }
            _ => self.planned_call(call),
        }
    }

    fn planned_once(
        &mut self,
        key: String,
        make: impl FnOnce(&mut Self) -> Option<String>,
    ) -> Option<String> {
        let planned = self.answered(key, |evaluator| Ok(make(evaluator).map_or(Node::Absent, Node::from)));
        planned.ok()?.as_str().map(str::to_owned)
    }

    fn planned_parameter(&mut self, name: &str) -> Option<String> {
        let frame = self.frame.clone();
        if frame.is_secure(name) {
            return Some(self.open(name));
        }
        let passed = frame.outer.as_ref().and_then(|outer| {
            let value = under(outer.passed.get(&name.to_ascii_lowercase())?, "value")?;
            Some((outer, value))
        });
        let planned = match passed {
            Some((outer, value)) if matches!(value.form, Form::Text(_)) => {
                Some(
                    self.within(outer.frame.clone(), outer.loops.clone(), |outer| outer.planned_value(value)),
                )
            }
            Some(_) => None,
            None => match under(frame.declared(name)?, "defaultValue") {
                Some(value) if matches!(value.form, Form::Text(_)) => Some(self.planned_value(value)),
                _ => Some(self.open(name)),
            },
        };
        planned.filter(|text| !text.is_empty())
    }

    /// What a call that puts texts together makes of planned ones.
    fn planned_call(&mut self, call: &Call) -> Option<String> {
        match &*call.name {
            "concat" => {
                let mut text = String::new();
                for argument in &call.arguments {
                    text.push_str(&self.planned(argument));
                    if text.len() > NAME_LIMIT {
                        return None;
                    }
                }
                Some(text)
            }
            "format" => {
                let (template, values) = call.arguments.split_first()?;
                let mut text = template.as_text()?.to_string();
                for (at, value) in values.iter().enumerate() {
                    let place = format!("{{{at}}}");
                    if text.contains(&place) {
                        let value = self.planned(value);
                        text = text.replace(&place, &value);
                    }
                    if text.len() > NAME_LIMIT {
                        return None;
                    }
                }
                Some(text)
            }
            "tolower" => self.planned(call.arguments.first()?).to_lowercase().into(),
            "toupper" => self.planned(call.arguments.first()?).to_uppercase().into(),
            _ => None,
        }
    }

    /// What stands for an expression that is not decided.
    fn open(&self, written: &str) -> String {
        let mut text: String = written.split_whitespace().collect::<Vec<_>>().join(" ").replace('/', "|");
        if text.len() > SHOWN_LENGTH {
            let digest = Sha256::digest(text.as_bytes());
            let digest: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
            text = text.chars().take(SHOWN_LENGTH / 2).chain("…".chars()).chain(digest.chars()).collect();
        }
        let rounds: String = match written.to_ascii_lowercase().contains("copyindex") {
            true => self
                .loops
                .iter()
                .map(|(_, at)| at.as_ref().map_or("#?".to_owned(), |at| format!("#{at}")))
                .collect(),
            false => String::new(),
        };
        format!("{{{text}{rounds}}}")
    }
}

/// Whether it is about where the template is deployed to.
fn is_place(why: &Reason) -> bool {
    ["subscription().subscriptionId", "resourceGroup().name"].contains(&&*why.operation)
}

/// The public cloud.
fn environment() -> Node {
    let map = |entries: &[(&'static str, &str)]| {
        Node::Map(entries.iter().map(|(key, value)| (*key, Node::from(*value))).collect::<Map>())
    };
    let mut environment = map(&[
        ("name", "AzureCloud"),
        ("gallery", "https://gallery.azure.com/"),
        ("graph", "https://graph.windows.net/"),
        ("portal", "https://portal.azure.com"),
        ("resourceManager", "https://management.azure.com/"),
    ]);
    let suffixes = map(&[
        ("acrLoginServer", ".azurecr.io"),
        ("keyvaultDns", ".vault.azure.net"),
        ("sqlServerHostname", ".database.windows.net"),
        ("storage", "core.windows.net"),
    ]);
    let authentication =
        map(&[("loginEndpoint", "https://login.microsoftonline.com/"), ("tenant", "common")]);
    environment.insert_at("suffixes", suffixes);
    environment.insert_at("authentication", authentication);
    environment
}

/// What follows the place that a resource is deployed to: what people call it.
pub(crate) fn tail_of_id(id: &str) -> &str {
    id.split_once("/providers/").map_or(id, |(_, tail)| tail)
}

/// Only the scalars of a name.
pub(crate) fn named(node: &Node) -> Result<Arc<str>, Reason> {
    match node {
        Node::Absent => Err(reason("name", "it has no name")),
        node => functions::shown(node),
    }
}
