//! What a command installs, and whether it says which version.

use crate::shell::{Command, base_name};

/// Packages that a command installs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Installs<'c> {
    /// The package manager, under one name for its kin.
    pub(super) manager: &'static str,
    /// The packages as they are written.
    pub(super) packages: Vec<&'c str>,
}

/// What a command installs; none where it installs nothing.
pub(super) fn installs(command: &Command) -> Option<Installs<'_>> {
    let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
    let (first, rest) = words.split_first()?;
    let program = base_name(first);
    let (manager, verbs, valued): (_, &[&str], &[&str]) = match program {
        "apt-get" | "apt" | "aptitude" => ("apt", &["install"], &["-t", "--target-release", "-o", "-c"]),
        "apk" => ("apk", &["add"], &["-t", "--virtual", "-X", "--repository", "-p", "--root"]),
        "yum" | "dnf" | "microdnf" | "tdnf" => (
            "rpm",
            &["install", "localinstall", "reinstall"],
            &["-c", "--installroot", "--enablerepo", "--disablerepo", "--setopt"],
        ),
        "zypper" => ("zypper", &["install", "in"], &["-r", "--repo", "-t", "--type", "--root"]),
        "pip" | "pip3" | "pip2" => ("pip", &["install"], PIP_VALUED),
        "python" | "python3" if rest.starts_with(&["-m", "pip"]) => ("pip", &["install"], PIP_VALUED),
        "npm" => ("npm", &["install", "i", "add"], &["--prefix", "--registry", "--loglevel"]),
        "yarn" | "pnpm" => ("npm", &["add"], &["--registry"]),
        "gem" => ("gem", &["install"], &["-i", "-n", "--install-dir", "--source", "-s"]),
        _ => return None,
    };
    let at = rest.iter().position(|word| verbs.contains(word))?;
    let mut packages = Vec::new();
    let mut has_version = false;
    let mut arguments = rest.get(at + 1..)?.iter();
    while let Some(word) = arguments.next() {
        if manager == "gem" && matches!(*word, "-v" | "--version") {
            has_version = true;
            arguments.next();
        } else if valued.contains(word) {
            arguments.next();
        } else if !word.starts_with('-') && *word != "." && !is_path(word) {
            packages.push(*word);
        }
    }
    if has_version {
        packages.clear();
    }
    Some(Installs { manager, packages })
}

const PIP_VALUED: &[&str] = &[
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-t",
    "--target",
    "--prefix",
    "--root",
    "--trusted-host",
    "-f",
    "--find-links",
    "--platform",
    "--python-version",
    "--cache-dir",
    "--timeout",
];

/// The package manager whose list of packages a command fetches anew.
pub(super) fn updates(command: &Command) -> Option<&'static str> {
    let manager = match command.program() {
        "apt-get" | "apt" | "aptitude" => "apt",
        "apk" => "apk",
        "yum" | "dnf" | "microdnf" | "tdnf" => "rpm",
        "zypper" => "zypper",
        _ => return None,
    };
    let verb = command.words.iter().skip(1).find(|word| !word.starts_with('-'))?;
    matches!(verb.as_str(), "update" | "refresh" | "ref" | "makecache").then_some(manager)
}

/// A file that was fetched before is what it is.
fn is_path(word: &str) -> bool {
    word.starts_with(['/', '.', '~'])
        || word.contains("://")
        || word.ends_with(".rpm")
        || word.ends_with(".deb")
        || word.ends_with(".whl")
}

/// Whether a package says its version in its manager's way.
pub(super) fn is_pinned(manager: &str, package: &str) -> bool {
    match manager {
        "apt" | "apk" => package.contains(['=', '~', '<', '>']) || package.starts_with('.'),
        "zypper" => package.contains(['=', '<', '>']),
        // `name-1.2` and `name-1.2-3.el9`: a hyphen before a digit. `@group` is a set.
        "rpm" => {
            package.starts_with('@')
                || package
                    .split('-')
                    .skip(1)
                    .any(|part| part.starts_with(|letter: char| letter.is_ascii_digit()))
        }
        "pip" => package.contains("==") || package.contains("~=") || package.contains('@'),
        "npm" => package.get(1..).is_some_and(|rest| rest.contains('@') && !rest.ends_with("@latest")),
        "gem" => package.contains(':'),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::commands;

    #[track_caller]
    fn check(script: &str, wanted: Option<(&'static str, &[&str])>) {
        let commands = commands(script);
        let found = commands.first().and_then(installs);
        let found = found.map(|installs| {
            let unpinned: Vec<&str> =
                installs.packages.iter().copied().filter(|it| !is_pinned(installs.manager, it)).collect();
            (installs.manager, unpinned)
        });
        assert_eq!(found, wanted.map(|(manager, packages)| (manager, packages.to_vec())), "{script}");
    }

    #[test]
    fn packages_without_a_version_are_found() {
        check("apt-get install -y --no-install-recommends curl git=1:2.1", Some(("apt", &["curl"])));
        check("apk --no-cache add -t build gcc musl~=1.2", Some(("apk", &["gcc"])));
        check("yum -y install httpd-2.4.6 php", Some(("rpm", &["php"])));
        check("pip install -r requirements.txt flask requests==2.0", Some(("pip", &["flask"])));
        check("python3 -m pip install .", Some(("pip", &[])));
        check("npm install -g typescript @scope/a@1.0", Some(("npm", &["typescript"])));
        check("gem install bundler -v 2.0", Some(("gem", &[])));
        check("apt-get update", None);
        assert_eq!(commands("apt-get -q update").first().and_then(updates), Some("apt"));
        assert_eq!(commands("git update").first().and_then(updates), None);
    }
}
