//! One comparison of an attribute as a formula over the labels that can hold it.

use super::normal_form::Formula;
use crate::model::expression::Test;
use crate::placement::attribute::{self, Carrier};
use crate::placement::evaluate::{passes, predicate_of};
use crate::placement::node::{Held, NodeView};
use crate::placement::unsupported::Unsupported;
use std::collections::BTreeMap;

/// A comparison of an attribute.
#[derive(Clone, Copy)]
pub struct Comparison<'a> {
    /// The attribute.
    pub name: &'a str,
    /// With what it is compared.
    pub test: &'a Test,
    /// Whether the comparison is not to hold.
    pub negated: bool,
    /// The nodes whose values are known.
    pub nodes: &'a [NodeView],
}

impl Comparison<'_> {
    /// The nodes for which it holds.
    pub fn formula(self) -> Result<Formula, Unsupported> {
        let labels = self.by_labels()?;
        self.by_name(labels)
    }

    /// Nodes whose annotation has a value for which they bear no label are named: their labels say something else.
    fn by_name(self, labels: Formula) -> Result<Formula, Unsupported> {
        let passes = predicate_of(self.test);
        let unlabelled = self.nodes.iter().filter_map(|node| {
            let text = node.annotated.get(self.name)?;
            let label = label_of(self.name, node);
            let is_held =
                label.is_some_and(|(carrier, label)| carrier.to_label(text).as_deref() == Some(label));
            (!is_held).then(|| (&node.name, passes(&Held::Annotation(text)) != self.negated))
        });
        let (taken, left): (Vec<_>, Vec<_>) = unlabelled.partition(|(_, holds)| *holds);
        let others = left.iter().try_fold(labels, |all, (name, _)| all.and(Formula::node("NotIn", name)))?;
        taken.iter().try_fold(others, |any, (name, _)| any.or(Formula::node("In", name)))
    }

    /// What labels say: the first of those that can hold the attribute does.
    fn by_labels(self) -> Result<Formula, Unsupported> {
        let carriers = attribute::carriers(self.name);
        match (self.test, self.negated) {
            (Test::Exists, false) | (Test::NotExists, true) => {
                carriers.iter().try_fold(Formula::never(), |any, carrier| any.or(presence(carrier, true)))
            }
            (Test::Exists, true) | (Test::NotExists, false) => {
                carriers.iter().try_fold(Formula::always(), |all, carrier| all.and(presence(carrier, false)))
            }
            _ => self.by_first(&carriers),
        }
    }

    fn by_first(self, carriers: &[Carrier<'_>]) -> Result<Formula, Unsupported> {
        let (mut found, mut before) = (Formula::never(), Formula::always());
        for (at, carrier) in carriers.iter().enumerate() {
            let label = Label { name: self.name, carrier, nodes: self.nodes };
            let mut holds = label.holds(self.test, self.negated)?;
            // Where it is absent, the next one is asked; `not` of a comparison holds where all are.
            if self.negated && at + 1 < carriers.len() {
                holds = holds.and(presence(carrier, true))?;
            }
            found = found.or(before.clone().and(holds)?)?;
            before = before.and(presence(carrier, false))?;
        }
        Ok(found)
    }
}

/// Nodes on which the label holds the attribute, or does not.
fn presence(carrier: &Carrier<'_>, present: bool) -> Formula {
    let known = || carrier.forms.iter().map(|(_, label)| (*label).to_owned()).collect();
    match (carrier.closed, present) {
        (false, true) => Formula::label(&carrier.key, "Exists", Vec::new()),
        (false, false) => Formula::label(&carrier.key, "DoesNotExist", Vec::new()),
        (true, true) => Formula::label(&carrier.key, "In", known()),
        (true, false) => Formula::label(&carrier.key, "NotIn", known()),
    }
}

/// The label of a node that holds the attribute.
fn label_of<'a>(name: &'a str, node: &'a NodeView) -> Option<(Carrier<'a>, &'a str)> {
    attribute::carriers(name).into_iter().find_map(|carrier| {
        let label = node.labels.get(&*carrier.key)?;
        carrier.from_label(label)?;
        Some((carrier, label.as_str()))
    })
}

/// One label that can hold an attribute, and the values that nodes have.
struct Label<'a> {
    name: &'a str,
    carrier: &'a Carrier<'a>,
    nodes: &'a [NodeView],
}

impl Label<'_> {
    fn is(&self, operator: &str, values: Vec<String>) -> Formula {
        Formula::label(&self.carrier.key, operator, values)
    }

    /// Negated, it also holds for nodes that lack the label.
    fn holds(&self, test: &Test, negated: bool) -> Result<Formula, Unsupported> {
        match test {
            Test::Equals(value) => self.one_of(std::slice::from_ref(value), true, negated),
            Test::NotEquals(value) => self.one_of(std::slice::from_ref(value), false, negated),
            Test::In(values) => self.one_of(values, true, negated),
            Test::NotIn(values) => self.one_of(values, false, negated),
            _ => self.other(test, negated),
        }
    }

    fn one_of(&self, values: &[String], is_in: bool, negated: bool) -> Result<Formula, Unsupported> {
        let labels: Vec<String> = values.iter().filter_map(|value| self.carrier.to_label(value)).collect();
        let among = || if labels.is_empty() { Formula::never() } else { self.is("In", labels.clone()) };
        let others = || if labels.is_empty() { Formula::always() } else { self.is("NotIn", labels.clone()) };
        match (is_in, negated) {
            (true, false) => Ok(among()),
            (true, true) => Ok(others()),
            (false, false) => others().and(presence(self.carrier, true)),
            (false, true) => among().or(presence(self.carrier, false)),
        }
    }

    /// Patterns and order: the values among those known that pass.
    fn other(&self, test: &Test, negated: bool) -> Result<Formula, Unsupported> {
        let known = self.known();
        let allowed = match by_number(test, negated, &known).filter(|_| !self.carrier.closed) {
            Some((operator, bound)) => self.is(operator, vec![bound.to_string()]),
            None => {
                let passes = passes(test);
                let fits = |(_, text): &(&&str, &&str)| passes(text) != negated;
                let values: Vec<_> =
                    known.iter().filter(fits).map(|(label, _)| (*label).to_owned()).collect();
                if values.is_empty() { Formula::never() } else { self.is("In", values) }
            }
        };
        if negated { allowed.or(presence(self.carrier, false)) } else { Ok(allowed) }
    }

    /// Label values of the nodes, each with ECS's form of it.
    fn known(&self) -> BTreeMap<&str, &str> {
        let forms =
            self.carrier.forms.iter().filter(|_| self.carrier.closed).map(|(ecs, label)| (*label, *ecs));
        let seen = self.nodes.iter().filter_map(|node| {
            let label = node.labels.get(&*self.carrier.key)?;
            let annotated = node.annotated.get(self.name);
            let whole = annotated.filter(|text| self.carrier.to_label(text).as_ref() == Some(label));
            Some((label.as_str(), whole.map_or(self.carrier.from_label(label)?, String::as_str)))
        });
        forms.chain(seen).collect()
    }
}

/// An order natively, where the bound and all known values are whole numbers: it then also holds for
/// values that nobody has seen yet.
fn by_number(test: &Test, negated: bool, known: &BTreeMap<&str, &str>) -> Option<(&'static str, i64)> {
    let number = |text: &str| text.parse::<i64>().ok();
    if known.keys().any(|value| number(value).is_none()) {
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
