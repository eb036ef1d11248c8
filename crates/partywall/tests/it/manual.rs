//! Completions and manual pages.

use std::collections::BTreeSet;
use std::process::Command;

use crate::program::Partywall;

fn written(arguments: &[&str]) -> String {
    let ran = Partywall::new(arguments).run();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
    ran.stdout
}

/// The verbs, by the program's own help.
fn verbs() -> BTreeSet<String> {
    let help = written(&["--help"]);
    let list = help.split_once("Commands:\n").unwrap().1.split("\n\n").next().unwrap();
    let words = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    words.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn every_shell_knows_every_verb_and_option() {
    let verbs = verbs();
    assert!(verbs.contains("assess") && verbs.contains("completions"), "{verbs:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = written(&["completions", shell]);
        for word in verbs.iter().map(String::as_str).chain(["fail-on", "exclude"]) {
            assert!(script.contains(word), "{shell} does not know `{word}`");
        }
        // Not every shell is told the values of an option.
        assert!(script.contains("sarif") || ["elvish", "powershell"].contains(&shell), "{shell}");
    }
}

#[test]
fn bash_takes_the_completions_and_offers_the_verbs() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("partywall.bash");
    std::fs::write(&file, written(&["completions", "bash"])).unwrap();
    let ask = "source \"$1\"; COMP_WORDS=(partywall asse); COMP_CWORD=1; \
               _partywall partywall asse partywall; echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", ask, "bash"]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "assess");
}

#[test]
fn there_is_a_page_for_the_program_and_for_every_verb() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("man1");
    assert_eq!(written(&["man", folder.to_str().unwrap()]), "");
    let page =
        |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_else(|_| panic!("no {name}"));
    for verb in verbs().iter().filter(|verb| *verb != "help") {
        let page = page(&format!("partywall-{verb}.1"));
        assert!(page.contains(".SH SYNOPSIS") && page.contains(".SH OPTIONS"), "{verb}: {page}");
    }
    assert!(page("partywall-assess.1").contains("fail\\-on"));
    assert!(page("partywall-checks-explain.1").contains(".TH"));
    let whole = page("partywall.1");
    assert!(whole.contains("Exit codes"), "{whole}");
    assert!(written(&["man"]).contains(".TH partywall 1"));
}
