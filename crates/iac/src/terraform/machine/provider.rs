//! Which provider configuration a resource is under.

use std::rc::Rc;
use std::sync::Arc;

use partywall_model::Node;

use super::super::ProviderUse;
use super::super::config::{Declared, plain_text};
use super::super::syntax::{Block, Expr, ExprKind, Step};
use super::super::value::reason;
use super::{Each, Machine, NODE_LIMIT, Origin, Scope};

impl Machine<'_> {
    /// The provider of a resource block.
    pub(super) fn provider_of(&self, kind: &str, block: &Block, scope: &Scope<'_>) -> Rc<ProviderUse> {
        let written = block.body.attribute("provider").and_then(|attribute| reference(&attribute.value));
        let (name, alias) = written.unwrap_or_else(|| {
            let name = kind.split('_').next().unwrap_or(kind);
            (name.into(), None)
        });
        let key = (scope.frame, name.clone(), alias.clone());
        if let Some(known) = self.providers.borrow().get(&key) {
            return known.clone();
        }
        let found = Rc::new(self.configuration(scope.frame, name, alias));
        self.providers.borrow_mut().insert(key, found.clone());
        found
    }

    fn configuration(&self, frame: usize, name: Arc<str>, alias: Option<Arc<str>>) -> ProviderUse {
        let construct = match &alias {
            Some(alias) => format!("provider.{name}.{alias}"),
            None => format!("provider.{name}"),
        };
        let mut found = ProviderUse { name: name.clone(), alias: alias.clone(), ..ProviderUse::default() };
        let unset = |what: String| Node::Unknown(reason(&construct, what));
        let nowhere = || format!("`{construct}` names no region; it comes from where Terraform runs");
        found.region = self
            .locate(frame, &name, alias.as_deref(), &mut |at_frame, declared| {
                let Ok(holder) = self.frame(at_frame) else { return unset(nowhere()) };
                let none = Each::default();
                let Some(scope) = Scope::of(at_frame, holder.module, declared.file, &none) else {
                    return unset(nowhere());
                };
                let body = &declared.block.body;
                found.default_tags = match body.blocks("default_tags").next() {
                    Some(tags) => tags.body.attribute("tags").map_or(Node::Absent, |tags| {
                        self.value_of(&tags.value, &scope).to_node(&mut NODE_LIMIT.clone())
                    }),
                    None => Node::Absent,
                };
                match body.attribute("region") {
                    Some(region) => self.value_of(&region.value, &scope).to_node(&mut NODE_LIMIT.clone()),
                    None => unset(format!("{} ({})", nowhere(), scope.place(declared.block.span))),
                }
            })
            .unwrap_or_else(|| unset(nowhere()));
        found
    }

    /// Finds a provider block in the module, or in the modules that call it, and gives it to `read`.
    fn locate(
        &self,
        at_frame: usize,
        name: &str,
        alias: Option<&str>,
        read: &mut dyn FnMut(usize, &Declared) -> Node,
    ) -> Option<Node> {
        let frame = self.frame(at_frame).ok()?;
        let own = frame.module.providers.iter().find(|declared| {
            declared.block.labels.first().is_some_and(|label| &**label == name)
                && plain_text(&declared.block.body, "alias").map(|alias| &**alias) == alias
        });
        if let Some(declared) = own {
            return Some(read(at_frame, declared));
        }
        let Origin::Call { caller, call, .. } = &frame.origin else { return None };
        let caller_frame = self.frame(*caller).ok()?;
        let declared = caller_frame.module.calls.get(*call)?;
        let passed = declared.block.body.attribute("providers").and_then(|attribute| {
            let ExprKind::Object(entries) = &attribute.value.kind else { return None };
            let meant = |key: &Expr| {
                reference(key).is_some_and(|(key, key_alias)| &*key == name && key_alias.as_deref() == alias)
            };
            entries.iter().find(|(key, _)| meant(key)).and_then(|(_, value)| reference(value))
        });
        match passed {
            Some((name, alias)) => self.locate(*caller, &name, alias.as_deref(), read),
            None if alias.is_none() => self.locate(*caller, name, None, read),
            None => None,
        }
    }
}

/// `aws`, `aws.west`, and the old `"aws.west"`.
fn reference(expr: &Expr) -> Option<(Arc<str>, Option<Arc<str>>)> {
    match &expr.kind {
        ExprKind::Name(name) => Some((name.clone(), None)),
        ExprKind::Text(text) => match text.split_once('.') {
            Some((name, alias)) => Some((name.into(), Some(alias.into()))),
            None => Some((text.clone(), None)),
        },
        ExprKind::Path(path) => match (&path.0.kind, path.1.as_slice()) {
            (ExprKind::Name(name), [Step::Attribute(alias)]) => Some((name.clone(), Some(alias.clone()))),
            _ => None,
        },
        _ => None,
    }
}
