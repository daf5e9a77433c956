//! One comparison of a query as a formula.

use super::normal_form::Formula;
use crate::model::expression::Test;
use crate::placement::evaluate::{holds, passes};
use crate::placement::node::NodeView;
use crate::placement::{attribute as label, unsupported::Unsupported};
use std::collections::BTreeSet;

/// A comparison of the attribute `name`.
pub fn attribute(name: &str, test: &Test, negated: bool, nodes: &[NodeView]) -> Result<Formula, Unsupported> {
    let key = label::key(name);
    let is = |operator: &str, values: Vec<String>| Formula::label(&key, operator, values);
    let labels = |values: &[String]| values.iter().map(|value| label::to_label(name, value)).collect();
    let (present, absent) = (is("Exists", Vec::new()), is("DoesNotExist", Vec::new()));
    match test {
        Test::Exists => Ok(if negated { absent } else { present }),
        Test::NotExists => Ok(if negated { present } else { absent }),
        Test::Equals(value) => attribute(name, &Test::In(vec![value.clone()]), negated, nodes),
        Test::NotEquals(value) => attribute(name, &Test::NotIn(vec![value.clone()]), negated, nodes),
        Test::In(values) => Ok(is(if negated { "NotIn" } else { "In" }, labels(values))),
        Test::NotIn(values) if negated => is("In", labels(values)).or(absent),
        Test::NotIn(values) => is("NotIn", labels(values)).and(present),
        _ => {
            let known: BTreeSet<&String> = nodes.iter().filter_map(|node| node.labels.get(&*key)).collect();
            let allowed = match by_number(test, negated, &known) {
                Some((operator, bound)) => is(operator, vec![bound.to_string()]),
                None => {
                    let passes = passes(test);
                    let fits = |value: &&&String| passes(label::from_label(name, value)) != negated;
                    let values: Vec<_> = known.iter().filter(fits).map(|value| (*value).clone()).collect();
                    if values.is_empty() { Formula::never() } else { is("In", values) }
                }
            };
            if negated { allowed.or(absent) } else { Ok(allowed) }
        }
    }
}

/// An order natively, where the bound and all known values are whole numbers: it then also holds for
/// values that nobody has seen yet.
fn by_number(test: &Test, negated: bool, known: &BTreeSet<&String>) -> Option<(&'static str, i64)> {
    let number = |text: &str| text.parse::<i64>().ok();
    if known.iter().any(|value| number(value).is_none()) {
        return None;
    }
    // A label holds no negative number, and the API server takes none as a bound.
    let bound = match (test, negated) {
        (Test::Greater(bound), false) | (Test::LessOrEqual(bound), true) => Some(("Gt", number(bound)?)),
        (Test::Less(bound), false) | (Test::GreaterOrEqual(bound), true) => Some(("Lt", number(bound)?)),
        (Test::GreaterOrEqual(bound), false) | (Test::Less(bound), true) => {
            Some(("Gt", number(bound)?.checked_sub(1)?))
        }
        (Test::LessOrEqual(bound), false) | (Test::Greater(bound), true) => {
            Some(("Lt", number(bound)?.checked_add(1)?))
        }
        _ => None,
    };
    bound.filter(|(_, bound)| *bound >= 0)
}

/// The scheduler never uses a node that is not Ready: those it chooses from are all connected.
pub fn agent_connected(test: &Test, negated: bool) -> Formula {
    Formula::constant(holds(test, "true") != negated)
}

/// A comparison of the instance's id; node affinity knows the node's name alone.
pub fn instance(test: &Test, negated: bool, nodes: &[NodeView]) -> Result<Formula, Unsupported> {
    let (names, excluded) = match test {
        Test::Exists => return Ok(Formula::constant(!negated)),
        Test::NotExists => return Ok(Formula::constant(negated)),
        Test::Equals(id) => (names([id], nodes), negated),
        Test::NotEquals(id) => (names([id], nodes), !negated),
        Test::In(ids) => (names(ids, nodes), negated),
        Test::NotIn(ids) => (names(ids, nodes), !negated),
        _ => {
            let passes = passes(test);
            let fitting = nodes.iter().filter(|node| passes(node.instance_id()) != negated);
            (fitting.map(|node| node.name.clone()).collect(), false)
        }
    };
    // One name per requirement: the API server refuses several.
    if excluded {
        names.iter().try_fold(Formula::always(), |all, name| all.and(Formula::node("NotIn", name)))
    } else {
        names.iter().try_fold(Formula::never(), |any, name| any.or(Formula::node("In", name)))
    }
}

/// The nodes with these ids. An id that nobody has may be the name of a node that joins later.
fn names<'a>(ids: impl IntoIterator<Item = &'a String>, nodes: &[NodeView]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for id in ids {
        names.extend(nodes.iter().filter(|node| node.instance_id() == id).map(|node| node.name.clone()));
        if is_node_name(id) && !nodes.iter().any(|node| node.instance_id() == id || node.name == *id) {
            names.insert(id.clone());
        }
    }
    names
}

fn is_node_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let part = |part: &str| {
        !part.is_empty() && part.chars().all(allowed) && !part.starts_with('-') && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(part)
}
