//! Dockerfiles become assets.

use partywall_iac::{Manifests, Tree, dockerfile};
use partywall_model::{Node, Source};

fn read(name: &str, text: &str) -> Manifests {
    dockerfile::declared(&Tree::of([(name, text.as_bytes().to_vec())]))
}

#[track_caller]
fn image(text: &str) -> Node {
    let made = read("Dockerfile", text);
    assert!(made.troubles.is_empty(), "{:?}", made.troubles);
    made.assets.into_iter().next().unwrap().asset.properties
}

#[test]
fn stages_know_their_base_and_the_last_one_what_is_in_the_image() {
    let image = image(
        "ARG TAG=1.2\nFROM shop/base:${TAG} AS build\nUSER root\nEXPOSE 22 80/tcp\nFROM scratch\nFROM build\nUSER app\n",
    );
    let stages = image.key("Stages").items();
    assert_eq!(stages[0].at("Image.Tag").as_str(), Some("1.2"));
    assert_eq!(stages[1].key("Scratch"), &Node::Bool(true));
    assert_eq!(stages[2].key("BaseStage"), &Node::Int(0));
    let in_image: Vec<&Node> = stages.iter().map(|stage| stage.key("InImage")).collect();
    assert_eq!(in_image, [&Node::Bool(true), &Node::Bool(false), &Node::Bool(true)]);
    assert_eq!(image.at("Final.User").as_str(), Some("app"));
    assert_eq!(image.at("Final.ExposedPorts").items(), [Node::Int(22), Node::Int(80)]);
}

#[test]
fn what_only_the_build_knows_is_unknown() {
    let image =
        image("ARG BASE\nFROM $BASE\nARG VERSION=2\nRUN apt-get install a=$VERSION b=$OTHER c\nUSER $WHO\n");
    let stage = &image.key("Stages").items()[0];
    assert!(stage.key("Image").is_unknown());
    assert!(image.at("Final.User").is_unknown());
    let unpinned =
        stage.key("Instructions").items()[1].key("Commands").items()[0].key("Unpinned").items().to_vec();
    assert!(unpinned[0].is_unknown());
    assert_eq!(unpinned[1].as_str(), Some("c"));
    assert_eq!(unpinned.len(), 2);
}

#[test]
fn a_command_has_its_bytes_in_the_file() {
    let text = "FROM a\nRUN x && \\\n    # no\n    curl -k y | sh\n";
    let made = read("web.Dockerfile", text);
    let provenance = &made.assets[0].asset.provenance;
    let Some(Source::Code { span, .. }) = provenance.of("Stages.0.Instructions.0.Commands.1.Options") else {
        panic!("no place")
    };
    assert_eq!(&text[span.start as usize..span.end as usize], "curl -k y");
}

#[test]
fn no_value_of_a_variable_is_kept() {
    let made = read("Dockerfile", "FROM a\nENV API_TOKEN=hunter22\nARG KEY=hunter22\nLABEL x=hunter22\n");
    assert!(!format!("{made:?}").contains("hunter22"));
}

#[test]
fn a_file_without_a_base_and_a_word_that_is_none_are_told() {
    assert_eq!(read("Dockerfile", "RUN x\n").troubles.len(), 1);
    let made = read("Containerfile", "FROM a\nRUNN x\nUSER 1\n");
    assert_eq!(made.troubles[0].line, 2);
    assert_eq!(made.assets[0].asset.properties.at("Final.User").as_str(), Some("1"));
    assert!(read("Dockerfile.md", "FROM a\n").assets.is_empty());
}
