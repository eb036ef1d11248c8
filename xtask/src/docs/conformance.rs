//! How the gate compares with labelled code of others: the recorded figures, and where we see it otherwise.

use std::fmt::Write as _;

use super::markdown::{cell, code, codes, generated_from};
use crate::conformance::table::{FIGURES, Figures, TABLE, Table};
use crate::failure::Outcome;
use crate::repository::Repository;

const ABOUT: &str = "\
# The gate against labelled code of others

The queries of another scanner (KICS 2.1.2, Apache-2.0) come with samples of code in which each query must find something, on a line that is said, and
with samples in which it must not. `cargo xtask conformance gate` judges every sample with `partywall gate`, as a configuration of its own, and compares. A table says
which of our checks are about the same thing as a query; a query without such a check is not covered. A label is found where one of those checks fails within three
lines of it; a sample in which there is nothing to find alarms where one of them fails anywhere in it. Samples in Bicep are left out: the same samples stand
there as templates. So are samples that do nothing but call a module of a registry: what it declares is not in them (`gate` reads modules where `terraform init` has
put them). The samples are no part of the product, and no check is fitted to them.

";

pub(super) fn page(repository: &Repository) -> Outcome<String> {
    let (table, figures) = (Table::read(repository)?, Figures::read(repository)?);
    let mut page = generated_from(&format!("{TABLE} and {FIGURES}"));
    page.push_str(ABOUT);
    page.push_str(
        "## Figures\n\n| platform | queries covered | of severity high or critical | labels found | samples alarmed |\n|---|---|---|---|---|\n",
    );
    for (platform, figure) in figures.0.iter().chain([(&"all".to_owned(), &figures.all())]) {
        let _ = writeln!(page, "| {platform} | {} |", figure.shares().join(" | "));
    }
    let _ = writeln!(
        page,
        "\n{} labels and samples of covered queries are about modules that are not there, and are in none of these figures.",
        figures.all().elsewhere
    );
    page.push_str(
        "\n## Queries that no check of ours is about\n\n| platform | query | why |\n|---|---|---|\n",
    );
    for (platform, query, row) in table.rows() {
        if let Some(why) = &row.no_counterpart {
            let _ = writeln!(page, "| {platform} | {} | {} |", code(query), cell(why));
        }
    }
    page.push_str(
        "\n## Samples that we judge otherwise on purpose\n\n| platform | query | sample | our checks | why |\n|---|---|---|---|---|\n",
    );
    for (platform, query, row) in table.rows() {
        for (sample, why) in &row.argued {
            let checks = codes(row.checks.iter().map(String::as_str));
            let sample = if sample == "*" { "any".to_owned() } else { code(sample) };
            let _ = writeln!(page, "| {platform} | {} | {sample} | {checks} | {} |", code(query), cell(why));
        }
    }
    Ok(page)
}
