//! Expressions, and the documents that they read.

use std::sync::OnceLock;

use partywall_content::{FUNCTIONS, collector_language};
use partywall_expr::{EvalError, Host, HostValue, Language, NoHost, Outcome, Program, Scope, Trace};
use partywall_model::{Node, Why, WhyKind};

/// A source text: an error points into the text; a program survives being stored, stays within its budget,
/// and gives nothing definite for an unseen asset that the seen one contradicts.
pub fn expression_source(bytes: &[u8]) {
    let source = String::from_utf8_lossy(bytes);
    let program = match Program::compile(&source, &Language::new(["asset"], FUNCTIONS)) {
        Ok(program) => program,
        Err(error) => {
            assert!(source.get(error.span.clone()).is_some(), "{error} at {:?} of {source:?}", error.span);
            assert!(!error.message.is_empty());
            return;
        }
    };
    assert_eq!(program.source(), source);
    let stored = postcard::to_stdvec(&program).expect("a program can be stored");
    let stored: Program = postcard::from_bytes(&stored).expect("a stored program can be read");
    let (seen, unseen) = assets();
    let value = |program: &Program, asset: &Node| {
        program
            .evaluate(&Scope::new().with("asset", asset), &Echo)
            .map_err(|error| check_place(error, &source))
    };
    let outcome = value(&program, seen);
    assert_eq!(format!("{outcome:?}"), format!("{:?}", value(&stored, seen)), "stored and not");
    let (Ok(outcome), Ok(blind)) = (outcome, value(&program, unseen)) else { return };
    if let Some(definite) = definite(&blind) {
        assert_eq!(self::definite(&outcome), Some(definite), "what nobody saw was decided otherwise");
    }
}

/// A document inside of a property. It is the input's fault if it cannot be read, never the author's; the
/// reason does not quote it; and JSON means what it means to the collector.
pub fn expression_document(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let item = Node::text(&*text);
    for program in documents() {
        let evaluated = program
            .evaluate(&Scope::new().with("item", &item), &partywall_aws::fuzzing::collector_functions());
        let outcome = match evaluated {
            Ok(outcome) => outcome,
            Err(error) => panic!("`{}` blames the author: {error}", program.source()),
        };
        if let Node::Unknown(why) = &outcome.value {
            assert_eq!(why.kind, WhyKind::Malformed);
            let told = why.to_string();
            assert!(
                text.trim().len() < 16 || !told.contains(text.trim()),
                "the reason quotes the document: {told}"
            );
        }
        if program.source() == "json(item)" {
            let plain = serde_json::from_str(&text).ok().map(partywall_aws::fuzzing::node);
            match plain {
                Some(plain) => assert_eq!(outcome.value, plain),
                None => assert!(outcome.value.is_unknown(), "{:?} of no JSON", outcome.value),
            }
        }
        if program.source() == "base64(item)"
            && let Some(decoded) = outcome.value.as_str()
        {
            // The lenient decoder may ignore trailing bits, never invent bytes.
            assert!(decoded.len() <= text.len(), "longer than what it was decoded from");
        }
        let mut unknowns = 0;
        outcome.value.visit_unknowns(&mut |_, _| unknowns += 1);
        assert!(unknowns == 0 || outcome.value.is_unknown(), "a document says `!unknown`");
    }
}

fn documents() -> &'static [Program] {
    const SOURCES: [&str; 7] = [
        "json(item)",
        "url_json(item)",
        "csv(item)",
        "base64(item)",
        "json(base64(item))",
        "typed(index_by(csv(item), \"user\"))",
        "index_by(csv(base64(item)), \"user\")",
    ];
    static PROGRAMS: OnceLock<Vec<Program>> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let compile = |source| Program::compile(source, &collector_language()).expect("it is right");
        SOURCES.into_iter().map(compile).collect()
    })
}

/// An asset with a value of every type, and one that nobody saw.
fn assets() -> &'static (Node, Node) {
    static ASSETS: OnceLock<(Node, Node)> = OnceLock::new();
    ASSETS.get_or_init(|| {
        let text = r#"{ "A": true, "B": "text", "C": [1, 2, 3], "D": { "E": 5, "F": null }, "G": 1.5, "H": "{\"a\": [1]}",
            "L": [{ "K": "x", "V": "1" }, { "K": "y" }], "T": "2026-01-01T00:00:00Z" }"#;
        let seen = serde_json::from_str(text).expect("it is right");
        (seen, Node::unknown(Why::new(WhyKind::Refused, "a:B")))
    })
}

fn definite(outcome: &Outcome) -> Option<&Node> {
    let mut unknowns = 0;
    outcome.value.visit_unknowns(&mut |_, _| unknowns += 1);
    (unknowns == 0).then_some(&outcome.value)
}

fn check_place(error: EvalError, source: &str) -> EvalError {
    if let Some(place) = &error.place {
        assert_eq!(source.get(place.span.clone()), Some(&*place.expression), "{error}");
    }
    error
}

/// Answers every function by its first argument, so that what comes in comes out.
struct Echo;

impl Host for Echo {
    fn call<'h>(
        &'h self,
        name: &str,
        arguments: &[&Node],
        trace: &mut Trace,
    ) -> Result<HostValue<'h>, EvalError> {
        match arguments.first() {
            Some(first) => Ok((*first).clone().into()),
            None => NoHost.call(name, arguments, trace),
        }
    }
}
