//! Templates inside templates: `Microsoft.Resources/deployments`.
//!
//! With inner scope the template has parameters and variables of its own; with outer scope, which is the standard, its
//! expressions are those of the template around it. A linked template is taken from the tree where its path leads to
//! a file of it.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use partywall_model::{Map, Node};

use super::evaluate::{Asked, Evaluator, Outcome};
use super::frame::{Frame, Outer, Scope, under};
use crate::assets::UNSET;
use crate::document::Value;
use crate::json::{self, Dialect};
use crate::places;
use crate::source::Source;
use crate::undecided::reason;

/// Templates within templates; the service allows 5 of them, 20 levels are more than any compiler makes.
const DEPTH_LIMIT: usize = 20;

/// What a deployment deploys.
pub(crate) enum Deployed {
    /// A template of its own.
    Template(Rc<Frame>),
    /// A template whose expressions are those around it.
    Outer(Value),
    /// Nothing that is here; why.
    Elsewhere(String),
}

impl Evaluator<'_> {
    /// What stands for the rounds that we are in.
    pub(crate) fn asked(&self, value: &Value) -> Asked {
        let rounds: Vec<String> =
            self.loops.iter().map(|(_, at)| at.as_ref().map_or("?".to_owned(), i64::to_string)).collect();
        (self.frame.number, value.span.start, rounds.join(",").into())
    }

    /// The template of a deployment.
    pub(crate) fn deployed(&mut self, body: &Value) -> Deployed {
        let Some(properties) = under(body, "properties") else {
            return Deployed::Elsewhere("the deployment has no properties".to_owned());
        };
        let scope = under(properties, "expressionEvaluationOptions")
            .and_then(|options| under(options, "scope"))
            .and_then(Value::as_str)
            .is_some_and(|scope| scope.eq_ignore_ascii_case("inner"));
        if let Some(template) = under(properties, "template")
            && !scope
        {
            return Deployed::Outer(template.clone());
        }
        let asked = self.asked(body);
        match self.inner.get(&asked) {
            Some(Some(frame)) => return Deployed::Template(frame.clone()),
            Some(None) => return Deployed::Elsewhere("the deployment depends on itself".to_owned()),
            None => {}
        }
        self.inner.insert(asked.clone(), None);
        let found = match (under(properties, "template"), under(properties, "templateLink")) {
            (Some(template), _) => Ok((self.frame.source.clone(), template.clone())),
            (None, Some(link)) => self.linked(link),
            (None, None) => Err("the deployment has no template".to_owned()),
        };
        let deployed = found.and_then(|(source, root)| self.inner_frame(body, properties, source, root));
        match deployed {
            Ok(frame) => {
                self.inner.insert(asked, Some(frame.clone()));
                Deployed::Template(frame)
            }
            Err(why) => Deployed::Elsewhere(why),
        }
    }

    fn inner_frame(
        &mut self,
        body: &Value,
        properties: &Value,
        source: Rc<Source>,
        root: Value,
    ) -> Result<Rc<Frame>, String> {
        let mut depth = 1;
        let mut around = self.frame.clone();
        while let Some(outer) = &around.outer {
            let next = outer.frame.clone();
            around = next;
            depth += 1;
        }
        if depth > DEPTH_LIMIT {
            return Err(format!("templates are nested deeper than {DEPTH_LIMIT}"));
        }
        let passed = under(properties, "parameters").map(Value::entries).unwrap_or_default();
        let passed: HashMap<String, Value> =
            passed.iter().map(|entry| (entry.key.to_ascii_lowercase(), entry.value.clone())).collect();
        let scope = self.scope_of(body, &root);
        let outer = Outer { frame: self.frame.clone(), loops: self.loops.clone(), passed };
        Ok(Rc::new(Frame::new(self.inner.len(), source, root, scope, Some(outer))))
    }

    /// Where a deployment deploys to.
    fn scope_of(&mut self, body: &Value, template: &Value) -> Scope {
        if let Some(group) = under(body, "resourceGroup") {
            return Scope::Group(self.planned_value(group).into());
        }
        match (Scope::of(template), &self.frame.scope) {
            (Scope::Group(_), Scope::Group(name)) if under(body, "subscriptionId").is_none() => {
                Scope::Group(name.clone())
            }
            (scope, _) => scope,
        }
    }

    /// The template that a link leads to, as far as it leads to a file of the tree.
    fn linked(&mut self, link: &Value) -> Result<(Rc<Source>, Value), String> {
        let (written, is_relative) =
            match (under(link, "relativePath"), under(link, "uri"), under(link, "id")) {
                (Some(path), _, _) => (path, true),
                (None, Some(uri), _) => (uri, false),
                (None, None, Some(_)) => return Err("the template is a template spec".to_owned()),
                (None, None, None) => return Err("the link leads nowhere".to_owned()),
            };
        let target = self.planned_value(written);
        let told = || format!("the template `{target}` is not among the files that were named");
        let is_elsewhere = !is_relative && target.contains("://");
        let folder = places::folder(&self.frame.source.path).to_owned();
        let candidates = path_in(&target);
        let path =
            candidates.filter(|_| !is_elsewhere).map(|path| places::join(&folder, path)).ok_or_else(told)?;
        if !self.tree.contains(&path) {
            return Err(told());
        }
        let text = self.tree.text(&path).map_err(|trouble| trouble.to_string())?;
        let path: Arc<str> = path.into();
        let source = Source::of(&path, &text);
        let read = json::read(&text.text, text.offset, Dialect::Commented);
        self.troubles.extend(read.faults.into_iter().map(|fault| source.faulty(fault)));
        let root = read.roots.into_iter().next().ok_or_else(told)?;
        self.linked.push(path);
        Ok((Rc::new(source), root))
    }

    /// What `reference` gives of a deployment: the outputs of its template.
    pub(crate) fn outputs(&mut self, body: &Value) -> Outcome {
        let (frame, loops) = match self.deployed(body) {
            Deployed::Template(frame) => (frame, Vec::new()),
            Deployed::Outer(_) => {
                return Err(reason("reference", "what a nested template gives is known after deployment"));
            }
            Deployed::Elsewhere(why) => return Err(reason("reference", why)),
        };
        let names: Vec<Arc<str>> = under(&frame.root, "outputs")
            .map(Value::entries)
            .unwrap_or_default()
            .iter()
            .map(|entry| entry.key.clone())
            .collect();
        let outputs = self.within(frame, loops, |inner| {
            let mut outputs = Map::default();
            for name in names {
                let value = inner.output(&name).unwrap_or_else(Node::Unknown);
                outputs.insert(name, Node::Map([("value", value)].into_iter().collect()));
            }
            outputs
        });
        Ok(Node::Map([("outputs", Node::Map(outputs))].into_iter().collect()))
    }

    /// What people call a deployment.
    pub(crate) fn deployment_name(&mut self, body: &Value) -> String {
        let name = under(body, "name").map(|name| self.planned_value(name));
        name.unwrap_or_else(|| "deployment".to_owned())
    }
}

impl Scope {
    /// What the schema of a template says of where it is deployed to.
    pub(crate) fn of(template: &Value) -> Self {
        let schema = under(template, "$schema").and_then(Value::as_str).map(|text| text.to_ascii_lowercase());
        let schema = schema.unwrap_or_default();
        match schema.rsplit('/').next().unwrap_or_default() {
            name if name.starts_with("subscription") => Self::Subscription,
            name if name.starts_with("managementgroup") => Self::ManagementGroup,
            name if name.starts_with("tenant") => Self::Tenant,
            _ => Self::Group(UNSET.into()),
        }
    }
}

/// The path in a link of which the place before it and the token behind it are not decided:
/// `{parameters('base')}/nested/network.json{parameters('token')}`.
fn path_in(target: &str) -> Option<&str> {
    let end = target.to_ascii_lowercase().find(".json").map(|at| at + ".json".len())?;
    let path = target.get(..end)?;
    let path = path.rsplit('}').next()?.trim_start_matches('/');
    (!path.is_empty() && !path.contains('{')).then_some(path)
}
