//! One comparison of a query that is not about an attribute, as a formula.

use super::normal_form::Formula;
use crate::model::expression::Test;
use crate::placement::evaluate::{holds, passes};
use crate::placement::node::NodeView;
use crate::placement::unsupported::Unsupported;
use std::collections::BTreeSet;

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
