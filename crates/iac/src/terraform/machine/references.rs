//! References: `var.x`, `local.x`, `module.x.y`, `data.t.n.a`, `t.n.a`, `each`, `count`, `path`, `terraform`.

use std::sync::Arc;

use super::super::config::{Table, is_true, resource_key};
use super::super::syntax::{Expr, ExprKind, Span, Step};
use super::super::typing::Type;
use super::super::value::{Entries, Object, Outcome, Reason, Rest, Value, reason};
use super::{Each, Machine, Origin, Scope, Slot};

impl Machine<'_> {
    /// A name that stands alone.
    pub(super) fn name(&self, name: &Arc<str>, span: Span, scope: &Scope<'_>) -> Outcome {
        if let Some(value) = scope.name(name) {
            return Ok(value.clone());
        }
        if &**name == "self" {
            return Ok(Value::Unknown(reason("self", "`self` is known after apply")));
        }
        let what = match &**name {
            "var" | "local" | "module" | "data" | "each" | "count" | "path" | "terraform" => {
                format!("`{name}` needs a name after it")
            }
            _ => format!("`{name}` is declared nowhere"),
        };
        Err(self.error(&what, span, scope))
    }

    /// `root.step[step]…`
    pub(super) fn path(&self, root: &Expr, steps: &[Step], scope: &Scope<'_>) -> Outcome {
        let ExprKind::Name(name) = &root.kind else {
            let value = self.eval(root, scope)?;
            return self.walk(value, steps, root.span, scope);
        };
        if let Some(value) = scope.name(name) {
            return self.walk(value.clone(), steps, root.span, scope);
        }
        if scope.only.is_some() {
            return Err(self.error(
                &format!("`{name}` is not among the template's variables"),
                root.span,
                scope,
            ));
        }
        let (value, used) = self.resolve(name, steps, root.span, scope)?;
        self.walk(value, steps.get(used..).unwrap_or_default(), root.span, scope)
    }

    /// The thing that the first steps refer to, and how many steps that took.
    fn resolve(
        &self,
        root: &str,
        steps: &[Step],
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<(Value, usize), Reason> {
        let Some(first) = steps.first().and_then(step_name) else {
            return Err(self.error(&format!("`{root}` needs a name after it"), span, scope));
        };
        match root {
            "var" => Ok((self.variable(&first, span, scope)?, 1)),
            "local" => Ok((self.local(&first, span, scope)?, 1)),
            "each" => Ok((self.each(&first, span, scope)?, 1)),
            "count" => match &scope.each.index {
                Some(index) if &*first == "index" => Ok((index.clone(), 1)),
                _ => Err(self.error("`count.index` has no meaning where there is no `count`", span, scope)),
            },
            "path" => Ok((self.known_path(&first, span, scope)?, 1)),
            "terraform" => match &*first {
                "workspace" => Ok((Value::text("default"), 1)),
                _ => {
                    Ok((Value::Unknown(reason("terraform", "it is known only to the program that runs")), 1))
                }
            },
            "self" => Ok((Value::Unknown(reason("self", "`self` is known after apply")), steps.len())),
            "module" => {
                let (value, used) =
                    self.module_reference(&first, steps.get(1..).unwrap_or_default(), span, scope)?;
                Ok((value, used + 1))
            }
            "resource" => self.resource_reference("resource", steps, span, scope),
            "data" | "ephemeral" => self.resource_reference(root, steps, span, scope),
            _ => {
                let found = self.managed(root, &first, steps.get(1..).unwrap_or_default(), span, scope)?;
                Ok((found.0, found.1 + 1))
            }
        }
    }

    fn resource_reference(
        &self,
        mode: &str,
        steps: &[Step],
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<(Value, usize), Reason> {
        let mut names = steps.iter().map(step_name);
        let (Some(Some(kind)), Some(Some(name))) = (names.next(), names.next()) else {
            return Err(self.error(&format!("`{mode}` needs a type and a name after it"), span, scope));
        };
        let key = resource_key(mode, &kind, &name);
        let (value, used) = self.find_resource(&key, steps.get(2..).unwrap_or_default(), span, scope)?;
        Ok((value, used + 2))
    }

    fn managed(
        &self,
        kind: &str,
        name: &str,
        steps: &[Step],
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<(Value, usize), Reason> {
        self.find_resource(&resource_key("resource", kind, name), steps, span, scope)
    }

    fn find_resource(
        &self,
        key: &str,
        steps: &[Step],
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<(Value, usize), Reason> {
        let frame = self.frame(scope.frame)?;
        let Some(at) = frame.module.resources.find(key, scope.file_at) else {
            let root = key.split('.').next().unwrap_or(key);
            let what = if root.contains('_') || root == "data" || root == "ephemeral" {
                format!("`{key}` is declared nowhere in the folder")
            } else {
                format!("`{root}` is declared nowhere")
            };
            return Ok((Value::Unknown(reason(key, format!("{what} ({})", scope.place(span)))), steps.len()));
        };
        let expansion = self.expand(scope.frame, at)?;
        let next = match steps.first() {
            Some(Step::Index(index)) if expansion.is_undecided() => Some(self.eval(index, scope)?),
            _ => None,
        };
        Ok((expansion.as_value(next.is_some()), usize::from(next.is_some())))
    }

    fn each(&self, name: &str, span: Span, scope: &Scope<'_>) -> Outcome {
        let found = match name {
            "key" => &scope.each.key,
            "value" => &scope.each.value,
            _ => &None,
        };
        found.clone().ok_or_else(|| {
            self.error(&format!("`each.{name}` has no meaning where there is no `for_each`"), span, scope)
        })
    }

    fn known_path(&self, name: &str, span: Span, scope: &Scope<'_>) -> Outcome {
        let shown = |folder: &str| Value::text(if folder.is_empty() { "." } else { folder });
        match name {
            "module" => Ok(shown(&self.frame(scope.frame)?.module.folder)),
            "root" | "cwd" => Ok(shown(self.root)),
            _ => Err(self.error(&format!("there is no `path.{name}`"), span, scope)),
        }
    }

    fn local(&self, name: &str, span: Span, scope: &Scope<'_>) -> Outcome {
        let frame = self.frame(scope.frame)?;
        let Some(at) = frame.module.local(name, scope.file_at) else {
            let construct = format!("local.{name}");
            let message = format!("`{construct}` is declared nowhere in the folder ({})", scope.place(span));
            return Err(reason(&construct, message));
        };
        let Some((local, file)) =
            frame.module.locals.get(at).and_then(|local| Some((local, frame.module.file(local.file)?)))
        else {
            return Err(self.error("the local value is not at hand", span, scope));
        };
        let title = || qualified(&frame.address, &format!("local.{name}"));
        let place = (file, local.attribute.span);
        self.once(&frame.values, Slot::Local(at), &title, place, || {
            let each = Each::default();
            let Some(inner) = Scope::of(scope.frame, frame.module, local.file, &each) else {
                return Err(reason(name, "the file is not at hand"));
            };
            let outcome = self.eval(&local.attribute.value, &inner);
            self.through(outcome, &format!("local.{name}"), file, local.attribute.span)
        })
    }

    fn variable(&self, name: &str, span: Span, scope: &Scope<'_>) -> Outcome {
        let frame = self.frame(scope.frame)?;
        let construct = format!("var.{name}");
        let Some(at) = frame.module.variables.find(name, scope.file_at) else {
            // Values may be given to variables that somebody forgot to declare.
            let message = format!("`{construct}` is declared nowhere in the folder ({})", scope.place(span));
            return Ok(Value::Unknown(reason(&construct, message)));
        };
        let Some((declared, file)) = declaration(&frame.module.variables, at, frame.module) else {
            return Err(self.error("the variable is not at hand", span, scope));
        };
        let body = &declared.block.body;
        let title = || qualified(&frame.address, &construct);
        self.once(&frame.values, Slot::Variable(at), &title, (file, declared.block.span), || {
            let line = file.line(declared.block.span.start);
            let here = format!("({}:{line})", file.path);
            if is_true(body, "sensitive") {
                let message = format!("`{construct}` is sensitive and is kept out {here}");
                return Ok(Value::Unknown(reason(&construct, message)));
            }
            let default = || match body.attribute("default") {
                Some(default) => {
                    let each = Each::default();
                    let inner = Scope::of(scope.frame, frame.module, declared.file, &each);
                    inner.map_or(Value::Null, |inner| self.value_of(&default.value, &inner))
                }
                None => Value::Unknown(reason(
                    &construct,
                    match frame.origin {
                        Origin::Root(_) => {
                            format!("`{construct}` has no value; pass -var-file or -var {here}")
                        }
                        Origin::Call { .. } => format!(
                            "`{construct}` has no value: the call of `{}` does not set it {here}",
                            frame.address
                        ),
                    },
                )),
            };
            let given = self.given_value(&frame.origin, name, file, declared.block.span)?;
            let not_null = body.attribute("nullable").is_some_and(|_| !is_true(body, "nullable"));
            let value = match given {
                None => default(),
                Some(Value::Null) if not_null => default(),
                Some(value) => value,
            };
            Ok(match body.attribute("type") {
                Some(kind) => Type::of(&kind.value).convert(&self.settled(value)),
                None => value,
            })
        })
    }

    /// What the root's user or the calling module sets a variable to.
    fn given_value(
        &self,
        origin: &Origin,
        name: &str,
        file: &super::SourceFile,
        span: Span,
    ) -> Result<Option<Value>, Reason> {
        match origin {
            Origin::Root(given) => Ok(given.get(name).cloned()),
            Origin::Call { caller, call, each } => {
                let caller_frame = self.frame(*caller)?;
                let Some(declared) = caller_frame.module.calls.get(*call) else { return Ok(None) };
                let Some(argument) = declared.block.body.attribute(name) else { return Ok(None) };
                let Some(scope) = Scope::of(*caller, caller_frame.module, declared.file, each) else {
                    return Ok(None);
                };
                let outcome = self.eval(&argument.value, &scope);
                let value = self.through(outcome, &format!("var.{name}"), file, span);
                Ok(Some(value.unwrap_or_else(Value::Unknown)))
            }
        }
    }

    /// An output of a frame.
    pub(super) fn output(&self, at_frame: usize, name: &str) -> Outcome {
        let frame = self.frame(at_frame)?;
        let construct = qualified(&frame.address, &format!("output.{name}"));
        let Some(at) = frame.module.outputs.find(name, None) else {
            return Err(reason(&construct, format!("`{}` has no output `{name}`", frame.address)));
        };
        let Some((declared, file)) = declaration(&frame.module.outputs, at, frame.module) else {
            return Err(reason(&construct, "the output is not at hand"));
        };
        let span = declared.block.span;
        self.once(&frame.values, Slot::Output(at), &|| construct.clone(), (file, span), || {
            let body = &declared.block.body;
            if is_true(body, "sensitive") {
                let line = file.line(span.start);
                let message = format!("`{construct}` is sensitive and is kept out ({}:{line})", file.path);
                return Ok(Value::Unknown(reason(&construct, message)));
            }
            let each = Each::default();
            match (body.attribute("value"), Scope::of(at_frame, frame.module, declared.file, &each)) {
                (Some(value), Some(inner)) => {
                    let outcome = self.eval(&value.value, &inner);
                    self.through(outcome, &construct, file, span)
                }
                _ => Err(reason(&construct, format!("`{construct}` has no value"))),
            }
        })
    }

    /// A value whose entries can be listed: the outputs of a module are evaluated.
    pub(super) fn settled(&self, value: Value) -> Value {
        let Value::Object(object) = &value else { return value };
        match object.rest {
            Rest::Module(frame) => Value::object(self.outputs(frame)),
            _ => value,
        }
    }

    fn outputs(&self, at: usize) -> Entries {
        let Ok(frame) = self.frame(at) else { return Entries::new() };
        let names = frame.module.outputs.all.iter().filter_map(|declared| declared.block.labels.first());
        names.map(|name| (name.clone(), self.output(at, name).unwrap_or_else(Value::Unknown))).collect()
    }

    /// An attribute of a resource that is not written.
    pub(super) fn computed(&self, object: &Object, name: &str) -> Option<Value> {
        let Rest::Instance(instance) = &object.rest else { return None };
        if !instance.is_data {
            let arguments = instance.arguments.get_or_init(|| {
                let plain = Value::object(object.entries.clone());
                plain.to_node(&mut super::NODE_LIMIT.clone())
            });
            if let Some(node) = self.types.computed(&instance.kind, name, arguments, &instance.address) {
                return Some(Value::from_node(&node));
            }
        }
        let mut why = (*instance.reason).clone();
        why.operation = format!("{}.{name}", instance.address).into();
        why.message = format!("`{}.{name}` {}", instance.address, instance.reason.message).into();
        Some(Value::Unknown(Arc::new(why)))
    }
}

fn declaration<'m>(
    table: &'m Table,
    at: usize,
    module: &'m super::Module,
) -> Option<(&'m super::super::config::Declared, &'m super::SourceFile)> {
    let declared = table.get(at)?;
    Some((declared, module.file(declared.file)?))
}

fn step_name(step: &Step) -> Option<Arc<str>> {
    match step {
        Step::Attribute(name) => Some(name.clone()),
        Step::Index(Expr { kind: ExprKind::Text(name), .. }) => Some(name.clone()),
        _ => None,
    }
}

/// A name with the module that it is in.
pub(super) fn qualified(address: &str, name: &str) -> String {
    if address.is_empty() { name.to_owned() } else { format!("{address}.{name}") }
}
