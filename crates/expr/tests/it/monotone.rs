//! The property that the whole product rests on: taking knowledge away never turns an answer around.

use partywall_model::{Map, Node};
use proptest::prelude::*;

use crate::generate::{Dialect, any_asset, condition};
use crate::support::{config, try_evaluate, unknown};

/// How many places of a tree can be made unknown.
fn places(node: &Node) -> usize {
    1 + match node {
        Node::List(items) => items.iter().map(places).sum::<usize>() + items.len() + 1,
        Node::Map(map) => map.iter().map(|(_, value)| places(value)).sum::<usize>() + 1,
        _ => 0,
    }
}

/// The tree with one place made unknown: a value, a run of a list's elements, or a key that may be there.
fn without(node: &Node, place: &mut usize, length: usize) -> Node {
    let here = |place: &mut usize| {
        let hit = *place == 0;
        *place = place.wrapping_sub(1);
        hit
    };
    if here(place) {
        return unknown();
    }
    match node {
        Node::List(items) => {
            let mut kept = Vec::new();
            let mut skip = 0;
            for item in items {
                if here(place) {
                    kept.push(unknown());
                    skip = length;
                }
                let item = without(item, place, length);
                if skip > 0 {
                    skip -= 1;
                } else {
                    kept.push(item);
                }
            }
            if here(place) {
                kept.push(unknown());
            }
            Node::List(kept)
        }
        Node::Map(map) => {
            let mut entries: Map =
                map.iter().map(|(key, value)| (key, without(value, place, length))).collect();
            if here(place) && map.get("a").is_none() {
                entries.insert("a", unknown());
            }
            Node::Map(entries)
        }
        plain => plain.clone(),
    }
}

/// Whether `after` says nothing else than `before`, at most less.
fn agrees(before: &Node, after: &Node) -> bool {
    after.is_unknown() || before == after
}

fn holds(expression: &str, asset: &Node, place: usize, length: usize) -> Result<(), TestCaseError> {
    let Ok(before) = try_evaluate(expression, asset) else { return Ok(()) };
    let mut at = place % places(asset);
    let blinded = without(asset, &mut at, length);
    // A loop over nothing may become one over an unknown element, and a mistake in its body comes to light.
    let Ok(after) = try_evaluate(expression, &blinded) else { return Ok(()) };
    prop_assert!(
        agrees(&before.value, &after.value),
        "`{expression}`: {:?} over {asset:?}, but {:?} over {blinded:?}",
        before.value,
        after.value
    );
    prop_assert_eq!(after.value.is_unknown(), !after.trace.reasons.is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(config(1200))]

    #[test]
    fn making_any_part_unknown_never_turns_an_answer_around(
        expression in condition(Dialect::Ours),
        asset in any_asset(),
        place in any::<usize>(),
        length in 0_usize..3,
    ) {
        holds(&expression, &asset, place, length)?;
    }
}

#[test]
fn the_generator_reaches_all_answers() {
    use partywall_expr::Truth;
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::HashMap::<_, usize>::new();
    for _ in 0..1500 {
        let expression = condition(Dialect::Ours).new_tree(&mut runner).unwrap().current();
        let asset = any_asset().new_tree(&mut runner).unwrap().current();
        let place = any::<usize>().new_tree(&mut runner).unwrap().current();
        let blinded = without(&asset, &mut (place % places(&asset)), 1);
        let answer = try_evaluate(&expression, &blinded).map(|outcome| outcome.truth().unwrap());
        *seen.entry(answer.ok()).or_default() += 1;
    }
    for answer in [Some(Truth::True), Some(Truth::False), Some(Truth::Unknown)] {
        assert!(seen.get(&answer).copied().unwrap_or(0) >= 150, "{answer:?} is rare: {seen:?}");
    }
}
