//! Frameworks: which there are, which of them a run is asked about, and the user's own catalogue.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use partywall_content::{CATALOG_LIMIT, Catalog, Content};
use partywall_report::frameworks::{FrameworkEntry, write_list_json, write_list_text};
use partywall_ssrm::frameworks::{FrameworkStatus, Frameworks};

use crate::args::{AssessArgs, Common, Format, FrameworksArgs, TextOrJson};
use crate::assess::content_for;
use crate::exit::{Exit, Failure};
use crate::screen;

/// The word that asks for a list instead of a framework.
pub(crate) const LIST: &str = "list";

/// The frameworks that a run is asked about.
#[derive(Debug)]
pub struct AskedFrameworks {
    ids: Vec<String>,
    catalog: Option<Catalog>,
}

impl AskedFrameworks {
    /// What the arguments ask for; what is not there is refused before an account is asked.
    pub(crate) fn resolve(args: &AssessArgs, content: &Content) -> Result<Option<Self>, Failure> {
        if args.framework.is_empty() {
            return Ok(None);
        }
        if let Some(unknown) = args.framework.iter().find(|id| content.framework(id).is_none()) {
            let known: Vec<&str> = content.frameworks.iter().map(|framework| &*framework.id).collect();
            let message = format!("there is no framework `{unknown}`; there are {}", known.join(", "));
            return Err(Failure::Usage(message));
        }
        if matches!(args.format, Format::Csv | Format::Sarif | Format::Ocsf | Format::Asff) {
            let message = "--framework needs the form text, json, markdown or html; in the others each verdict \
                           carries the ids of its requirements";
            return Err(Failure::Usage(message.to_owned()));
        }
        let mut ids: Vec<String> = Vec::new();
        for id in &args.framework {
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        let catalog = args.catalog.as_deref().map(|path| read_catalog(path, &ids, content)).transpose()?;
        Ok(Some(Self { ids, catalog }))
    }

    /// What is said of each.
    pub(crate) fn statuses<'a>(
        &self,
        frameworks: &Frameworks<'a>,
        content: &'a Content,
    ) -> Vec<FrameworkStatus<'a>> {
        self.ids.iter().filter_map(|id| content.framework(id)).map(|found| frameworks.of(found)).collect()
    }

    /// The same as it is reported.
    pub(crate) fn entries<'a>(&'a self, statuses: &'a [FrameworkStatus<'a>]) -> Vec<FrameworkEntry<'a>> {
        statuses.iter().map(|status| FrameworkEntry::of(status, self.catalog.as_ref())).collect()
    }
}

/// The user's catalogue; one that knows none of the frameworks that are asked about is refused.
fn read_catalog(path: &Path, ids: &[String], content: &Content) -> Result<Catalog, Failure> {
    let refuse = |why: String| {
        Failure::Usage(format!(
            "cannot read the catalogue `{}`: {why}; --catalog takes an OSCAL catalogue in JSON",
            path.display()
        ))
    };
    let file = File::open(path).map_err(|error| refuse(error.to_string()))?;
    let mut bytes = Vec::new();
    // One byte more than may be, so that what is too large is seen to be.
    file.take(CATALOG_LIMIT + 1).read_to_end(&mut bytes).map_err(|error| refuse(error.to_string()))?;
    let catalog = Catalog::read(&bytes).map_err(|error| refuse(error.to_string()))?;
    let frameworks = || ids.iter().filter_map(|id| content.framework(id));
    let mut requirements = frameworks().flat_map(|framework| &framework.requirements);
    if requirements.any(|requirement| catalog.control(&requirement.id).is_some()) {
        return Ok(catalog);
    }
    let expected: Vec<String> = frameworks()
        .filter_map(|framework| Some(format!("`{}` of {}", framework.requirements.first()?.id, framework.id)))
        .collect();
    let held: Vec<String> = catalog.controls().take(1).map(|(id, _)| format!("`{id}`")).collect();
    let message = format!("it has ids like {}, and none like {}", held.concat(), expected.join(", "));
    Err(refuse(message))
}

/// `partywall frameworks`.
pub(crate) fn frameworks(args: &FrameworksArgs, common: &Common) -> Result<Exit, Failure> {
    let (content, _) = content_for(common, &[])?;
    list(&content, args.format, common)
}

/// Lists the frameworks.
pub(crate) fn list(content: &Content, format: TextOrJson, common: &Common) -> Result<Exit, Failure> {
    screen::write(None, |out| match format {
        TextOrJson::Json => write_list_json(content, out),
        TextOrJson::Text => write_list_text(content, screen::style(common.color), out),
    })?;
    Ok(Exit::Fine)
}
