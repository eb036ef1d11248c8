//! The values that a root's variables are given, in Terraform's order of precedence.
//!
//! "Input Variables", *Variable Definition Precedence*: `terraform.tfvars`, `terraform.tfvars.json`,
//! `*.auto.tfvars` and `*.auto.tfvars.json` in the order of their names, then `-var` and `-var-file` in the
//! order given; the later counts. The environment is not asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Module;
use crate::places;
use crate::terraform::Input;
use crate::terraform::syntax::{self, ExprKind};
use crate::terraform::typing;
use crate::terraform::value::{Value, reason};
use crate::tree::Tree;
use crate::trouble::Trouble;

/// The values given to the variables of a root.
pub(crate) type Given = BTreeMap<Arc<str>, Value>;

/// Collects the values for a root folder.
pub(crate) fn given(tree: &Tree, module: &Module, inputs: &[Input], troubles: &mut Vec<Trouble>) -> Given {
    let mut given = Given::new();
    let mut automatic: Vec<&Arc<str>> = tree
        .files()
        .filter(|path| places::folder(path) == &*module.folder && is_automatic(places::name(path)))
        .collect();
    automatic.sort_by_key(|path| rank(places::name(path)));
    for path in automatic {
        read_file(tree, path, &mut given, troubles);
    }
    for input in inputs {
        match input {
            Input::File(path) => {
                let path: Arc<str> = places::normal(path).into();
                read_file(tree, &path, &mut given, troubles);
            }
            Input::Variable { name, value } => {
                given.insert(name.as_str().into(), written(module, name, value));
            }
            Input::Known { name, value } => {
                given.insert(name.as_str().into(), Value::from_node(value));
            }
        }
    }
    given
}

fn is_automatic(name: &str) -> bool {
    matches!(name, "terraform.tfvars" | "terraform.tfvars.json")
        || name.ends_with(".auto.tfvars")
        || name.ends_with(".auto.tfvars.json")
}

fn rank(name: &str) -> (u8, &str) {
    match name {
        "terraform.tfvars" => (0, name),
        "terraform.tfvars.json" => (1, name),
        _ => (2, name),
    }
}

fn read_file(tree: &Tree, path: &Arc<str>, given: &mut Given, troubles: &mut Vec<Trouble>) {
    let text = match tree.text(path) {
        Ok(text) => text,
        Err(trouble) => return troubles.push(trouble),
    };
    let (file, mut found) = syntax::parse(path, &text);
    troubles.append(&mut found);
    for attribute in &file.body.attributes {
        let value = typing::constant(&attribute.value).unwrap_or_else(Value::Unknown);
        given.insert(attribute.name.clone(), value);
    }
    for block in &file.body.blocks {
        let what = format!("`{}` is a block, and a file of values has none", block.kind);
        troubles.push(Trouble::new(path.clone(), file.line(block.span.start), what, "write `name = value`"));
    }
}

/// A value from the command line: an expression where the variable's type is a collection, else plain text.
fn written(module: &Module, name: &str, value: &str) -> Value {
    let declared = module.variables.find(name, None).and_then(|at| module.variables.get(at));
    let kind = declared.and_then(|declared| declared.block.body.attribute("type"));
    let plain = match kind.map(|attribute| &attribute.value.kind) {
        None => true,
        Some(ExprKind::Name(name)) => matches!(&**name, "string" | "number" | "bool"),
        Some(_) => false,
    };
    if plain {
        return Value::text(value);
    }
    match syntax::parse_expr(value) {
        Ok(expr) => typing::constant(&expr).unwrap_or_else(Value::Unknown),
        Err(error) => {
            let construct = format!("var.{name}");
            let message = format!("`-var {name}=…` is no valid expression: {error}");
            Value::Unknown(reason(&construct, message))
        }
    }
}
