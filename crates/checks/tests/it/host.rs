use partywall_checks::Context;
use partywall_checks::effects::AssetHost;
use partywall_content::{FUNCTIONS, Lifecycle, Settings};
use partywall_expr::{Host, Trace, Type};
use partywall_model::{EstateBuilder, Node};

#[test]
fn every_function_of_the_table_is_implemented_and_keeps_its_type() {
    let estate = EstateBuilder::default().finish(|_| None);
    let lifecycle = Lifecycle::default();
    let settings = Settings::default();
    let context = Context::new(&estate, &settings, &lifecycle, jiff::Timestamp::UNIX_EPOCH);
    let asset = estate.asset("org:").unwrap();
    let host = AssetHost::new(&context, asset);
    for signature in FUNCTIONS {
        let arguments: Vec<Node> = signature
            .parameters
            .iter()
            .map(|parameter| match parameter.accepts {
                // One of the words that it knows; any other is a mistake of the check's author.
                Type::Text if signature.name == "privacy.said" => Node::from("owner"),
                Type::Text => Node::from("text"),
                Type::List => Node::List(Vec::new()),
                _ => Node::Absent,
            })
            .collect();
        let arguments: Vec<&Node> = arguments.iter().collect();
        let value = host.call(signature.name, &arguments, &mut Trace::default()).unwrap().into_node();
        let fits = match signature.returns {
            Type::Bool => matches!(value, Node::Bool(_)),
            Type::List => matches!(value, Node::List(_)),
            _ => true,
        };
        assert!(fits || matches!(value, Node::Unknown(_)), "{}: {value:?}", signature.name);
    }
}
