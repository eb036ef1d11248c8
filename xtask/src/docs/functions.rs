//! The reference page of functions, from the tables that the compiler itself checks calls against.

use std::fmt::Write as _;

use partywall_content::{COLLECTOR_FUNCTIONS, FUNCTIONS, LINE_FUNCTIONS};
use partywall_expr::{BuiltinForm, Signature, builtin_functions};

use super::markdown::{block, generated_from, prose};

pub(super) fn page() -> String {
    let mut page = generated_from("the function tables of crates/content and crates/expr");
    page.push_str(
        "# Functions\n\nEvery function that an expression may call. A parameter that ends in `?` can be left out. Where an \
         argument as a whole is unknown, so is the answer, for the same reason.\nThe operators, macros and the rules of \
         unknown and absent are in [expressions](expressions.md).\n",
    );
    let lines: Vec<String> = LINE_FUNCTIONS.iter().map(|signature| format!("`{}`", signature.name)).collect();
    let _ = write!(
        page,
        "\n## Functions of checks\n\nFor `applies_when` and `fails_when`. The conditions of responsibility lines may call {} only.\n",
        lines.join(" and ")
    );
    FUNCTIONS.iter().for_each(|signature| section(&mut page, signature, None));
    page.push_str("\n## Functions of collectors\n\nFor the expressions under `content/collect`.\n");
    COLLECTOR_FUNCTIONS.iter().for_each(|signature| section(&mut page, signature, None));
    page.push_str("\n## Built-in functions\n\nFor every expression.\n");
    builtin_functions().iter().for_each(|builtin| section(&mut page, &builtin.signature, Some(builtin.form)));
    page
}

fn section(page: &mut String, signature: &Signature, form: Option<BuiltinForm>) {
    let form = match form {
        Some(BuiltinForm::Method) => " Written after its first argument: `x.f(…)`.",
        Some(BuiltinForm::Both) => " Written either way: `f(x, …)` or `x.f(…)`.",
        Some(BuiltinForm::Function) | None => "",
    };
    let _ = write!(
        page,
        "\n### {}\n\n`{signature}`\n\n{}{form}\n\n{}",
        signature.name,
        prose(signature.doc),
        block("cel", signature.example)
    );
}
