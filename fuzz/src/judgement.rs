//! The checks of the repository over assets from strangers.

use std::path::Path;
use std::sync::OnceLock;

use jiff::Timestamp;
use partywall_checks::{Context, judge_asset};
use partywall_content::load::{Files, load};
use partywall_content::{Check, Content, Settings};
use partywall_model::{
    Asset, Estate, EstateBuilder, EvidenceRecord, Listing, ListingOutcome, Node, Provider, Verdict, Why,
    WhyKind,
};

/// The account and region of everything here.
const PLACE: (&str, &str) = ("111122223333", "eu-west-1");

/// An asset: a line with its kind, then its properties as JSON. Every check of the kind is run over it. With
/// one part hidden, or all of it, a verdict stays or becomes unknown; it never turns into another.
pub fn check_judgement(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some((kind, properties)) = text.split_once('\n') else { return };
    let Ok(properties) = serde_json::from_str::<Node>(properties) else { return };
    let checks: Vec<&Check> =
        content().checks.iter().filter(|check| check.kinds.iter().any(|of| *of == kind)).collect();
    if checks.is_empty() {
        return;
    }
    let choice =
        bytes.iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let unseen = Node::unknown(Why::new(WhyKind::Refused, "a:B").with_code("AccessDenied"));
    let mut one_hidden = properties.clone();
    hide(&mut one_hidden, choice % count(&properties), &unseen);

    let whole = judged(kind, properties, &checks);
    for hidden in [judged(kind, one_hidden, &checks), judged(kind, unseen, &checks)] {
        for ((check, seen), hidden) in checks.iter().zip(&whole).zip(hidden) {
            // A type that does not fit is the content's problem, counted as unknown by the engine.
            let (Some(seen), Some(hidden)) = (seen, hidden) else { continue };
            let stays = *seen.word() == *hidden.word() || matches!(hidden, Verdict::Unknown(_));
            assert!(
                stays || matches!(seen, Verdict::Unknown(_)),
                "{}: {} became {}",
                check.id,
                seen.word(),
                hidden.word()
            );
        }
    }
}

/// The verdict of each check; none where the check does not fit the values.
fn judged(kind: &str, properties: Node, checks: &[&Check]) -> Vec<Option<Verdict>> {
    let estate = estate(kind, properties);
    let settings = Settings::default();
    let context = Context::new(&estate, &settings, &content().lifecycle, now());
    let asset = estate.asset("fuzz:subject").expect("it was put there");
    let verdict = |check: &&Check| match judge_asset(&context, asset, check) {
        Ok(finding) => {
            let is_reasoned = !matches!(&finding.verdict, Verdict::Unknown(reasons) if reasons.is_empty());
            assert!(is_reasoned, "{}: unknown without a reason", check.id);
            Some(finding.verdict)
        }
        Err(problem) => {
            assert!(!problem.message.is_empty());
            None
        }
    };
    checks.iter().map(verdict).collect()
}

/// The asset alone in an account that was listed to its end.
fn estate(kind: &str, properties: Node) -> Estate {
    let mut subject = Asset::new(Provider::Aws, kind, "fuzz:subject");
    subject.account = Some(PLACE.0.into());
    subject.region = Some(PLACE.1.into());
    subject.properties = properties;
    let mut builder = EstateBuilder::default();
    builder.add(EvidenceRecord::Asset(Box::new(subject)));
    builder.add(EvidenceRecord::Listing(Listing {
        provider: Provider::Aws,
        account: PLACE.0.into(),
        region: PLACE.1.into(),
        kind: kind.into(),
        operation: "example:List".into(),
        at: Timestamp::UNIX_EPOCH,
        seen: 1,
        outcome: ListingOutcome::Complete,
    }));
    builder.finish(|_| None)
}

/// How many parts there are that [`hide`] can choose from.
fn count(node: &Node) -> usize {
    let inside: usize = match node {
        Node::List(items) => items.iter().map(count).sum(),
        Node::Map(map) => map.iter().map(|(_, value)| count(value)).sum(),
        _ => 0,
    };
    1 + inside
}

/// Replaces the part with that number; gives how many are still to be passed, none when it was found.
fn hide(node: &mut Node, number: usize, unseen: &Node) -> Option<usize> {
    let Some(number) = number.checked_sub(1) else {
        *node = unseen.clone();
        return None;
    };
    match node {
        Node::List(items) => items.iter_mut().try_fold(number, |number, item| hide(item, number, unseen)),
        Node::Map(map) => map.iter_mut().try_fold(number, |number, (_, value)| hide(value, number, unseen)),
        _ => Some(number),
    }
}

/// The content of the repository.
fn content() -> &'static Content {
    static CONTENT: OnceLock<Content> = OnceLock::new();
    CONTENT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../content");
        let files = Files::read(&folder).expect("the content of the repository can be read");
        load(&files, Content::default()).content
    })
}

fn now() -> Timestamp {
    Timestamp::from_second(1_793_491_200).expect("it is a time")
}
