//! A query in, required node affinity out: the terms that match exactly the nodes that the query does.
//!
//! A comparison with an attribute that a node lacks is false, so `!=` asks for the attribute too, while
//! `not(… == …)` does not. What labels cannot say natively (patterns, order of texts) is answered from
//! the values that the given nodes have, always as a list of values that are allowed: a value that
//! nobody knew is never let in by mistake.

mod attribute;
mod normal_form;
mod test;

use super::node::NodeView;
use super::unsupported::Unsupported;
use crate::model::expression::{Expression, Subject, Test};
use attribute::Comparison;
use k8s_openapi::api::core::v1 as corev1;
use normal_form::Formula;

/// One alternative of a required node affinity.
pub type Term = corev1::NodeSelectorTerm;

/// All that queries require.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Required {
    /// Any of these must match the node; none means that every node will do.
    pub nodes: Vec<Term>,
    /// Groups of which a task must be on the node.
    pub together: Vec<String>,
    /// Groups of which no task may be on the node.
    pub apart: Vec<String>,
}

/// The alternatives of a query over nodes alone; none means that every node matches.
pub fn node_affinity(expression: &Expression, nodes: &[NodeView]) -> Result<Vec<Term>, Unsupported> {
    Ok(formula(expression, false, nodes)?.into_terms())
}

/// The term that matches no node, whatever labels it has.
///
/// It contradicts itself instead of being empty, so that autoscalers too see that no new node helps.
pub fn nowhere() -> Term {
    Formula::nowhere()
}

impl Required {
    /// What all `expressions` together require.
    pub fn of<'a>(
        expressions: impl IntoIterator<Item = &'a Expression>,
        nodes: &[NodeView],
    ) -> Result<Self, Unsupported> {
        let mut required = Self::default();
        let mut all = Formula::always();
        for expression in expressions {
            let mut parts = Vec::new();
            conjunction(expression, false, &mut parts);
            for (part, negated) in parts {
                match part {
                    Expression::Test(Subject::TaskGroup, test) => required.group(test, negated)?,
                    part => all = all.and(formula(part, negated, nodes)?)?,
                }
            }
        }
        required.nodes = all.into_terms();
        Ok(required)
    }

    fn group(&mut self, test: &Test, negated: bool) -> Result<(), Unsupported> {
        match (test, negated) {
            (Test::Equals(group), false) => add(&mut self.together, group),
            (Test::Equals(group), true) => add(&mut self.apart, group),
            (Test::In(groups), true) => groups.iter().for_each(|group| add(&mut self.apart, group)),
            (Test::In(groups), false) if groups.len() == 1 => {
                groups.iter().for_each(|group| add(&mut self.together, group));
            }
            (Test::NotEquals(group), false) => {
                let message = format!(
                    "`task:group != {group}`: an instance has many groups, so this is not the opposite of `==`; \
                     write `not(task:group == {group})`"
                );
                return Err(Unsupported(message));
            }
            _ => return Err(only_alone()),
        }
        Ok(())
    }
}

fn add(groups: &mut Vec<String>, group: &str) {
    if !groups.iter().any(|known| known == group) {
        groups.push(group.to_owned());
    }
}

fn only_alone() -> Unsupported {
    Unsupported(
        "`task:group` can be required as `task:group == GROUP` or `not(task:group == GROUP)`, alone or joined \
         to the rest of the query by `and`"
            .to_owned(),
    )
}

/// The parts that must all hold, each with whether it is negated.
fn conjunction<'a>(expression: &'a Expression, negated: bool, parts: &mut Vec<(&'a Expression, bool)>) {
    match (expression, negated) {
        (Expression::And(inner), false) | (Expression::Or(inner), true) => {
            inner.iter().for_each(|part| conjunction(part, negated, parts));
        }
        (Expression::Not(inner), _) => conjunction(inner, !negated, parts),
        _ => parts.push((expression, negated)),
    }
}

fn formula(expression: &Expression, negated: bool, nodes: &[NodeView]) -> Result<Formula, Unsupported> {
    match (expression, negated) {
        (Expression::Not(part), _) => formula(part, !negated, nodes),
        (Expression::And(parts), false) | (Expression::Or(parts), true) => {
            parts.iter().try_fold(Formula::always(), |all, part| all.and(formula(part, negated, nodes)?))
        }
        (Expression::Or(parts), false) | (Expression::And(parts), true) => {
            parts.iter().try_fold(Formula::never(), |any, part| any.or(formula(part, negated, nodes)?))
        }
        (Expression::Test(subject, test), _) => match subject {
            Subject::Attribute(name) => Comparison { name, test, negated, nodes }.formula(),
            Subject::AgentConnected => Ok(test::agent_connected(test, negated)),
            Subject::Ec2InstanceId => test::instance(test, negated, nodes),
            Subject::TaskGroup => Err(only_alone()),
            Subject::AgentVersion | Subject::RegisteredAt | Subject::RunningTasksCount => {
                Err(Unsupported(format!("tasks cannot be placed by `{subject}` yet")))
            }
        },
    }
}

#[cfg(test)]
mod tests;
