//! Services of Compose become assets.

use partywall_iac::{Tree, compose};
use partywall_model::Node;

#[track_caller]
fn service(text: &str) -> Node {
    let text = format!("services:\n  web:\n    {text}\n");
    let made = compose::declared(&Tree::of([("docker-compose.prod.yml", text.into_bytes())]));
    assert!(made.troubles.is_empty(), "{:?}", made.troubles);
    made.assets.into_iter().next().unwrap().asset.properties
}

#[test]
fn mounts_ports_and_variables_come_in_one_form() {
    let short = service(
        "{ volumes: ['/etc:/x:ro', 'data:/y'], ports: ['127.0.0.1:8080:80', 90], environment: ['A=1', B] }",
    );
    let mounts = short.key("Mounts").items();
    assert_eq!(
        (mounts[0].key("Source").as_str(), mounts[0].key("ReadOnly")),
        (Some("/etc"), &Node::Bool(true))
    );
    assert_eq!(mounts[1].key("Type").as_str(), Some("volume"));
    let ports = short.key("Published").items();
    assert_eq!(ports[0].key("HostAddress").as_str(), Some("127.0.0.1"));
    assert_eq!((ports[0].key("Port"), ports[0].key("Target")), (&Node::Int(8080), &Node::Int(80)));
    assert_eq!((ports[1].key("Port"), ports[1].key("Target")), (&Node::Absent, &Node::Int(90)));
    let from: Vec<Option<&str>> =
        short.key("Environment").items().iter().map(|it| it.key("From").as_str()).collect();
    assert_eq!(from, [Some("literal"), Some("other")]);
    let long = service(
        "{ volumes: [{ type: bind, source: /etc, target: /x, read_only: true }], ports: [{ target: 80, published: 8080 }] }",
    );
    assert_eq!(long.key("Mounts").items()[0].key("Source").as_str(), Some("/etc"));
    assert_eq!(long.key("Published").items()[0].key("Port"), &Node::Int(8080));
}

#[test]
fn a_variable_is_its_default_or_unknown() {
    let service = service("{ image: 'shop/app:${TAG:-1.4}', user: '${WHO}', privileged: true }");
    assert_eq!(service.at("Image.Tag").as_str(), Some("1.4"));
    assert!(service.key("user").is_unknown());
    assert_eq!(service.key("privileged"), &Node::Bool(true));
}

#[test]
fn no_secret_is_kept() {
    for written in ["{ environment: { DB_PASSWORD: hunter22 } }", "{ environment: ['DB_PASSWORD=hunter22'] }"]
    {
        let service = service(written);
        assert!(!format!("{service:?}").contains("hunter22"));
        assert_eq!(service.key("Environment").items()[0].key("NamesSecret"), &Node::Bool(true));
    }
}
