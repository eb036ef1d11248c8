use std::path::Path;

use partywall_checks::examples;
use partywall_content::load::{Content, Files, Loaded, load};
use partywall_model::{Node, Verdict};

fn loaded() -> Loaded {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    load(&Files::read(&folder).unwrap(), Content::default())
}

#[test]
fn the_built_in_content_has_no_problem() {
    let loaded = loaded();
    let problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_example_comes_out_as_its_file_says() {
    let loaded = loaded();
    let mut wrong = Vec::new();
    for (id, file) in &loaded.examples {
        let check = loaded.content.check(id.as_str()).unwrap();
        for example in file {
            match examples::run(check, &example.value, &loaded.content.lifecycle) {
                Ok(verdict) if examples::agrees(&verdict, example.value.verdict) => {}
                other => wrong.push(format!("{}:{}: {other:?}", check.file, example.line)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn hiding_any_part_of_an_example_never_flips_its_verdict() {
    let loaded = loaded();
    let mut flipped = Vec::new();
    let mut tried = 0;
    for (id, file) in &loaded.examples {
        let check = loaded.content.check(id.as_str()).unwrap();
        for example in file {
            let run = |example: &partywall_content::Example| {
                examples::run(check, example, &loaded.content.lifecycle)
            };
            let Ok(before) = run(&example.value) else { continue };
            for hidden in examples::hidden(&example.value) {
                tried += 1;
                let verdict = run(&hidden);
                match verdict {
                    Ok(Verdict::Unknown(_)) => {}
                    Ok(after) if after == before && !matches!(before, Verdict::Unknown(_)) => {}
                    other => {
                        let asset = serde_json::to_string(&hidden.asset).unwrap();
                        let with: Vec<&Node> = hidden.with.iter().map(|other| &other.properties).collect();
                        let with = serde_json::to_string(&with).unwrap();
                        flipped.push(format!(
                            "{}:{}: {before:?} → {other:?} with {asset} and {with}",
                            check.file, example.line
                        ));
                    }
                }
            }
        }
    }
    assert!(flipped.is_empty(), "{} of {tried}:\n{}", flipped.len(), flipped.join("\n"));
    assert!(tried > 0);
}
