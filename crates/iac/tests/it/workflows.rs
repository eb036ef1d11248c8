//! Workflows become assets.

use partywall_iac::{Declaration, Tree, workflows};
use partywall_model::{Node, Source};

const FLOW: &str = "\
name: build
on: [push, pull_request_target]
permissions: write-all
env: { TITLE: '${{ github.event.issue.title }}' }
jobs:
  test:
    runs-on: [self-hosted, linux]
    permissions: { contents: read }
    steps:
      - uses: actions/checkout@v4
        with: { ref: '${{ github.event.pull_request.head.sha }}' }
      - uses: vendor/deploy@0123456789abcdef0123456789abcdef01234567
      - run: |
          echo one
          echo \"${{ env.TITLE }}\" ${{ github.sha }}
  call:
    uses: vendor/flows/.github/workflows/a.yml@main
    secrets: inherit
";

fn read() -> Vec<Declaration> {
    let made = workflows::declared(&Tree::of([(".github/workflows/build.yml", FLOW.as_bytes().to_vec())]));
    assert!(made.troubles.is_empty(), "{:?}", made.troubles);
    made.assets
}

#[test]
fn a_job_knows_who_starts_it_and_with_which_rights() {
    let assets = read();
    let addresses: Vec<&str> = assets.iter().map(|declared| &*declared.address).collect();
    assert_eq!(addresses, ["build.yml", "build.yml/test", "build.yml/call"]);
    let (flow, test, call) =
        (&assets[0].asset.properties, &assets[1].asset.properties, &assets[2].asset.properties);
    assert_eq!(flow.at("Permissions.All").as_str(), Some("write-all"));
    assert_eq!(flow.key("JobsWithoutPermissions").items(), [Node::from("call")]);
    assert_eq!(test.at("Permissions.Scopes.contents").as_str(), Some("read"));
    assert_eq!(call.at("Permissions.All").as_str(), Some("write-all"));
    assert_eq!((test.key("SelfHosted"), test.key("Strangers")), (&Node::Bool(true), &Node::Bool(true)));
    assert_eq!(call.key("InheritsSecrets"), &Node::Bool(true));
    assert_eq!(call.at("Uses.Pinned"), &Node::Bool(false));
}

#[test]
fn steps_know_what_they_use_and_what_strangers_fill_in() {
    let assets = read();
    let steps = assets[1].asset.properties.key("Steps").items();
    assert_eq!(steps[0].key("ChecksOut").as_str(), Some("head"));
    assert_eq!(
        (steps[0].at("Uses.Pinned"), steps[1].at("Uses.Pinned")),
        (&Node::Bool(false), &Node::Bool(true))
    );
    assert_eq!(steps[2].key("Injections").items(), [Node::from("${{ env.TITLE }}")]);
    let Some(Source::Code { span, .. }) = assets[1].asset.provenance.of("Steps.2.Injections.0") else {
        panic!("no place")
    };
    assert_eq!(&FLOW[span.start as usize..span.end as usize], "${{ env.TITLE }}");
}

#[test]
fn a_composite_action_is_read_and_another_is_not() {
    let composite = "runs: { using: composite, steps: [{ run: 'echo ${{ inputs.a }}', shell: bash }] }\n";
    let tree = Tree::of([
        ("deploy/action.yml", composite.as_bytes().to_vec()),
        ("other/action.yml", b"runs: { using: node20 }\n".to_vec()),
    ]);
    let made = workflows::declared(&tree);
    assert_eq!(made.assets.len(), 1);
    assert_eq!(made.assets[0].asset.properties.key("Steps").items()[0].key("Inputs").items().len(), 1);
}
