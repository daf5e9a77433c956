//! A query and a node in, whether the node matches out.
//!
//! A comparison with something that the node lacks is false, except `!exists`.

use super::node::{self, Held, NodeView, Version};
use super::pattern::Pattern;
use crate::model::expression::{Expression, Subject, Test};
use std::cmp::Ordering;

/// Whether `node` matches `expression`.
pub fn matches(expression: &Expression, node: &NodeView) -> bool {
    predicate(expression)(node)
}

/// `matches` for many nodes: patterns are compiled once.
pub fn predicate(expression: &Expression) -> Box<dyn Fn(&NodeView) -> bool + '_> {
    match expression {
        Expression::Or(parts) => {
            let parts = parts.iter().map(predicate).collect::<Vec<_>>();
            Box::new(move |node| parts.iter().any(|part| part(node)))
        }
        Expression::And(parts) => {
            let parts = parts.iter().map(predicate).collect::<Vec<_>>();
            Box::new(move |node| parts.iter().all(|part| part(node)))
        }
        Expression::Not(part) => {
            let part = predicate(part);
            Box::new(move |node| !part(node))
        }
        Expression::Test(subject, test) => {
            let passes = passes(test);
            Box::new(move |node| subject_matches(subject, test, &passes, node))
        }
    }
}

fn subject_matches(subject: &Subject, test: &Test, passes: &dyn Fn(&str) -> bool, node: &NodeView) -> bool {
    match subject {
        Subject::Attribute(name) => match node.attribute(name) {
            Some(held) => attribute_passes(test, passes, &held),
            None => *test == Test::NotExists,
        },
        Subject::AgentConnected => passes(if node.ready { "true" } else { "false" }),
        Subject::AgentVersion if matches!(test, Test::Matches(_) | Test::NotMatches(_)) => {
            node.version.as_deref().is_some_and(passes)
        }
        Subject::AgentVersion => compared(test, node.version.as_deref(), |version, bound| {
            Version::parse(version)?.partial_cmp(&Version::parse(bound)?)
        }),
        Subject::Ec2InstanceId => passes(node.instance_id()),
        Subject::RegisteredAt => {
            compared(test, node.registered_at, |time, bound| Some(time.cmp(&node::time(bound)?)))
        }
        Subject::RunningTasksCount => {
            compared(test, Some(node.running_tasks), |count, bound| Some(count.cmp(&bound.parse().ok()?)))
        }
        Subject::TaskGroup if *test == Test::NotExists => node.groups.is_empty(),
        Subject::TaskGroup => node.groups.iter().any(|group| passes(group)),
    }
}

/// Equality looks at labels, as node affinity does; all else at ECS's form of the value.
fn attribute_passes(test: &Test, passes: &dyn Fn(&str) -> bool, held: &Held<'_>) -> bool {
    match test {
        Test::Equals(value) => held.is(value),
        Test::NotEquals(value) => !held.is(value),
        Test::In(values) => values.iter().any(|value| held.is(value)),
        Test::NotIn(values) => !values.iter().any(|value| held.is(value)),
        _ => passes(held.text()),
    }
}

/// Whether an attribute that is there passes `test`.
pub fn predicate_of(test: &Test) -> impl Fn(&Held<'_>) -> bool + '_ {
    let passes = passes(test);
    move |held| attribute_passes(test, &passes, held)
}

/// Whether a value that is there passes `test` as text.
pub fn holds(test: &Test, value: &str) -> bool {
    passes(test)(value)
}

/// `holds` for many values: a pattern is compiled once. A pattern that is none passes nothing.
pub fn passes(test: &Test) -> impl Fn(&str) -> bool {
    let pattern = match test {
        Test::Matches(pattern) | Test::NotMatches(pattern) => Pattern::new(pattern).ok(),
        _ => None,
    };
    move |value| match test {
        Test::Matches(_) => pattern.as_ref().is_some_and(|pattern| pattern.matches(value)),
        Test::NotMatches(_) => pattern.as_ref().is_some_and(|pattern| !pattern.matches(value)),
        Test::Equals(other) => value == other,
        Test::NotEquals(other) => value != other,
        Test::In(others) => others.iter().any(|other| value == other),
        Test::NotIn(others) => !others.iter().any(|other| value == other),
        _ => compared(test, Some(value), |value, bound| Some(order(value, bound))),
    }
}

/// Numbers are ordered as numbers, everything else as text.
fn order(value: &str, bound: &str) -> Ordering {
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let by_number = number(value).zip(number(bound)).and_then(|(value, bound)| value.partial_cmp(&bound));
    by_number.unwrap_or_else(|| value.cmp(bound))
}

/// `test` by an order of its subject; what cannot be ordered passes nothing.
fn compared<T>(test: &Test, value: Option<T>, order: impl Fn(&T, &str) -> Option<Ordering>) -> bool {
    let Some(value) = value else {
        return *test == Test::NotExists;
    };
    let by = |bound: &String, fits: fn(Ordering) -> bool| order(&value, bound).is_some_and(fits);
    match test {
        Test::Equals(bound) => by(bound, Ordering::is_eq),
        Test::NotEquals(bound) => by(bound, Ordering::is_ne),
        Test::Greater(bound) => by(bound, Ordering::is_gt),
        Test::GreaterOrEqual(bound) => by(bound, Ordering::is_ge),
        Test::Less(bound) => by(bound, Ordering::is_lt),
        Test::LessOrEqual(bound) => by(bound, Ordering::is_le),
        Test::Exists => true,
        Test::NotExists => false,
        Test::In(bounds) => bounds.iter().any(|bound| by(bound, Ordering::is_eq)),
        Test::NotIn(bounds) => bounds.iter().all(|bound| by(bound, Ordering::is_ne)),
        Test::Matches(_) | Test::NotMatches(_) => false,
    }
}

#[cfg(test)]
mod tests;
