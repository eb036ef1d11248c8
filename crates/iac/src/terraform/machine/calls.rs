//! Module calls: which folder is meant, and one frame for each instance.

use std::rc::Rc;
use std::sync::Arc;

use super::super::config::is_local_source;
use super::super::config::{Declared, Module, plain_text};
use super::super::syntax::{Span, Step};
use super::super::value::{Entries, Reason, Rest, Value, reason};
use super::blocks::{Shape, key_doubt, suffix};
use super::references::qualified;
use super::{Each, Machine, Origin, Scope};
use crate::places;

/// Modules within modules.
const NESTING_LIMIT: usize = 32;

/// The instances of a module call.
pub(crate) struct Calls {
    shape: Shape,
    /// The key and the frame of each.
    items: Vec<(Value, usize)>,
}

impl Calls {
    /// The frames of the instances.
    pub(super) fn frames(&self) -> impl Iterator<Item = usize> {
        self.items.iter().map(|(_, frame)| *frame)
    }

    fn as_value(&self, indexed: bool) -> Value {
        let outputs = |frame: usize| Value::object_with(Entries::new(), Rest::Module(frame));
        match &self.shape {
            Shape::Undecided(why) if !indexed => Value::Unknown(why.clone()),
            Shape::Single | Shape::Undecided(_) => {
                self.items.first().map_or(Value::Null, |(_, frame)| outputs(*frame))
            }
            Shape::Counted => Value::list(self.items.iter().map(|(_, frame)| outputs(*frame)).collect()),
            Shape::Keyed => {
                let mut entries = Entries::new();
                let mut rest = Rest::Closed;
                for (key, frame) in &self.items {
                    match key {
                        Value::Text(key) => {
                            entries.insert(key.clone(), outputs(*frame));
                        }
                        other => rest = key_doubt(other).map_or(rest, Rest::Open),
                    }
                }
                Value::object_with(entries, rest)
            }
        }
    }
}

impl<'a> Machine<'a> {
    /// What `module.name` means, and how many of the steps after the name that took.
    pub(super) fn module_reference(
        &self,
        name: &str,
        steps: &[Step],
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<(Value, usize), Reason> {
        let frame = self.frame(scope.frame)?;
        let Some(at) = frame.module.calls.find(name, scope.file_at) else {
            return Err(self.error(&format!("`module.{name}` is called nowhere in the folder"), span, scope));
        };
        let calls = match self.call_instances(scope.frame, at) {
            Ok(calls) => calls,
            Err(why) => return Ok((Value::Unknown(why), steps.len())),
        };
        let next = match (steps.first(), &calls.shape) {
            (Some(Step::Index(index)), Shape::Undecided(_)) => Some(self.eval(index, scope)?),
            _ => None,
        };
        Ok((calls.as_value(next.is_some()), usize::from(next.is_some())))
    }

    /// The frames of a module call; the reason where the module is not here.
    pub(super) fn call_instances(&self, at_frame: usize, at: usize) -> Result<Rc<Calls>, Reason> {
        let frame = self.frame(at_frame)?;
        let missing = || reason("a module", "the module call is not at hand");
        let declared = frame.module.calls.get(at).ok_or_else(missing)?;
        let file = frame.module.file(declared.file).ok_or_else(missing)?;
        let name = declared.block.labels.first().ok_or_else(missing)?;
        let address = qualified(&frame.address, &format!("module.{name}"));
        self.once(&frame.calls, at, &|| address.clone(), (file, declared.block.span), || {
            let none = Each::default();
            let scope = Scope::of(at_frame, frame.module, declared.file, &none).ok_or_else(missing)?;
            let call_path = if frame.call_path.is_empty() {
                name.to_string()
            } else {
                format!("{}.{name}", frame.call_path)
            };
            let module = self.find_module(declared, name, &call_path, &scope)?;
            self.check_nesting(at_frame, module, &address, declared.block.span, &scope)?;
            let instances = self.instances(&declared.block, &format!("module.{name}"), &scope);
            let mut items = Vec::with_capacity(instances.items.len());
            for (key, each) in instances.items {
                if self.count_instance(file, declared.block.span).is_none() {
                    break;
                }
                let address: Arc<str> = format!("{address}{}", suffix(&key)).into();
                let origin = Origin::Call { caller: at_frame, call: at, each };
                items.push((key, self.add_frame(module, address, call_path.clone(), origin)));
            }
            Ok(Rc::new(Calls { shape: instances.shape, items }))
        })
    }

    fn find_module(
        &self,
        declared: &Declared,
        name: &str,
        call_path: &str,
        scope: &Scope<'_>,
    ) -> Result<&'a Module, Reason> {
        let span = declared.block.span;
        let construct = format!("module.{name}");
        let refused = |what: String, next: &str| {
            self.trouble(scope.file, span, what.clone(), next);
            Err(reason(&construct, format!("{what}; {next} ({})", scope.place(span))))
        };
        let Some(source) = plain_text(&declared.block.body, "source") else {
            let what = format!("the source of module `{name}` is no plain text");
            return refused(what, "write the source as a text");
        };
        let here = &self.frame(scope.frame)?.module.folder;
        if !is_local_source(source) {
            let vendored = self.vendored.and_then(|vendored| vendored.get(call_path));
            let found = vendored.and_then(|folder| self.program.modules.get(folder.as_str()));
            return found.ok_or(()).or_else(|()| {
                refused(format!("module `{name}` (source `{source}`) is not here"), "run `terraform init`")
            });
        }
        let folder = places::join(here, source);
        match self.program.modules.get(folder.as_str()) {
            Some(module) => Ok(module),
            None if !self.tree.covers(&folder) => refused(
                format!("module `{name}` (source `{source}`) lies outside what was named"),
                "name the folder that holds it as well",
            ),
            None => refused(
                format!("module `{name}` (source `{source}`) has no Terraform files"),
                "check the path",
            ),
        }
    }

    /// A module that is called within itself would never end.
    fn check_nesting(
        &self,
        from: usize,
        module: &Module,
        address: &str,
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<(), Reason> {
        let mut at = from;
        let mut folders: Vec<Arc<str>> = vec![module.folder.clone()];
        loop {
            let frame = self.frame(at)?;
            folders.push(frame.module.folder.clone());
            let circle = frame.module.folder == module.folder;
            if circle || folders.len() > NESTING_LIMIT {
                let chain: Vec<&str> = folders.iter().rev().map(|folder| &**folder).collect();
                let what = if circle {
                    format!("the module calls itself: `{}`", chain.join("` → `"))
                } else {
                    format!("modules are nested deeper than {NESTING_LIMIT}")
                };
                self.trouble(scope.file, span, what.clone(), "break the circle");
                return Err(reason(address, what));
            }
            match &frame.origin {
                Origin::Call { caller, .. } => at = *caller,
                Origin::Root(_) => return Ok(()),
            }
        }
    }
}
