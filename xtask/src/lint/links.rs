//! Links between pages lead somewhere.

use std::collections::HashSet;

use super::{TextFile, Violation};

pub(super) fn check(files: &[TextFile], exists: &dyn Fn(&str) -> bool) -> Vec<Violation> {
    let known: HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut violations = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut in_code = false;
        for (number, line) in file.lines() {
            in_code ^= line.trim_start().starts_with("```");
            if in_code {
                continue;
            }
            for target in links(line) {
                let path = resolve(folder, target.split('#').next().unwrap_or_default());
                if !known.contains(path.as_str()) && !exists(&path) {
                    let message = format!("the link `{target}` leads nowhere");
                    violations.push(Violation::new(format!("{}:{number}", file.path), message));
                }
            }
        }
    }
    violations
}

/// The targets of `[text](target)` that name a file of the repository.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|target| {
        !target.is_empty() && !target.starts_with('#') && !target.contains("://") && !target.contains(' ')
    })
}

/// A relative target, seen from the root.
fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." | "" => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_nowhere_is_found_with_its_line() {
        let page = |path: &str, text: &str| TextFile { path: path.into(), text: text.into() };
        let files = [
            page(
                "docs/a.md",
                "[b](guide/b.md#x) [c](../c.md)\n[web](https://example.org)\n[gone](gone.md)\n",
            ),
            page("docs/guide/b.md", "[self](#x)\n```\n[no](link.md)\n```\n[picture](../p.png)\n"),
            page("c.md", ""),
        ];
        let found = check(&files, &|path| path == "docs/p.png");
        let places: Vec<&str> = found.iter().map(|violation| violation.place.as_str()).collect();
        assert_eq!(places, ["docs/a.md:3"]);
    }
}
