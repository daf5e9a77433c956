//! Alternatives of requirements: the form that node affinity has.

use super::Term;
use crate::model::label;
use crate::placement::unsupported::Unsupported;
use k8s_openapi::api::core::v1::NodeSelectorRequirement;

/// Most alternatives of one query; beyond that every scheduling attempt would be slow.
const MAX_TERMS: usize = 256;
/// Most requirements of one alternative.
const MAX_REQUIREMENTS: usize = 256;

/// Requirements that must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
struct All {
    labels: Vec<NodeSelectorRequirement>,
    fields: Vec<NodeSelectorRequirement>,
}

/// Any of some alternatives must hold: none is never, an empty one is always.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula(Vec<All>);

impl Formula {
    /// Every node.
    pub fn always() -> Self {
        Self(vec![All::default()])
    }

    /// No node.
    pub fn never() -> Self {
        Self(Vec::new())
    }

    /// Every node or none.
    pub fn constant(holds: bool) -> Self {
        if holds { Self::always() } else { Self::never() }
    }

    /// Nodes whose label `key` meets `operator`.
    pub fn label(key: &str, operator: &str, values: Vec<String>) -> Self {
        Self(vec![All { labels: vec![requirement(key, operator, values)], fields: Vec::new() }])
    }

    /// The node called `name` (`In`) or every other (`NotIn`).
    pub fn node(operator: &str, name: &str) -> Self {
        let field = requirement("metadata.name", operator, vec![name.to_owned()]);
        Self(vec![All { labels: Vec::new(), fields: vec![field] }])
    }

    /// Nodes that both match.
    pub fn and(self, other: Self) -> Result<Self, Unsupported> {
        let mut product = Self::never();
        for left in &self.0 {
            for right in &other.0 {
                let both = left.clone().and(right)?;
                product = product.or(Self(vec![both]))?;
            }
        }
        Ok(product)
    }

    /// Nodes that either matches.
    pub fn or(mut self, other: Self) -> Result<Self, Unsupported> {
        for one in other.0 {
            if !self.0.contains(&one) {
                self.0.push(one);
            }
        }
        if self.0.contains(&All::default()) {
            return Ok(Self::always());
        }
        if self.0.len() > MAX_TERMS { Err(too_complex()) } else { Ok(self) }
    }

    /// The term that matches no node.
    pub fn nowhere() -> Term {
        let both =
            ["Exists", "DoesNotExist"].map(|operator| requirement(label::NO_NODE, operator, Vec::new()));
        Term { match_expressions: Some(both.into()), match_fields: None }
    }

    /// The terms of a node affinity; none for every node.
    pub fn into_terms(self) -> Vec<Term> {
        if self == Self::always() {
            return Vec::new();
        }
        if self.0.is_empty() {
            return vec![Self::nowhere()];
        }
        let some = |list: Vec<_>| (!list.is_empty()).then_some(list);
        let term = |all: All| Term { match_expressions: some(all.labels), match_fields: some(all.fields) };
        self.0.into_iter().map(term).collect()
    }
}

impl All {
    fn and(mut self, other: &Self) -> Result<Self, Unsupported> {
        for (mine, others) in [(&mut self.labels, &other.labels), (&mut self.fields, &other.fields)] {
            for requirement in others {
                if !mine.contains(requirement) {
                    mine.push(requirement.clone());
                }
            }
            if mine.len() > MAX_REQUIREMENTS {
                return Err(too_complex());
            }
        }
        Ok(self)
    }
}

fn requirement(key: &str, operator: &str, values: Vec<String>) -> NodeSelectorRequirement {
    NodeSelectorRequirement {
        key: key.to_owned(),
        operator: operator.to_owned(),
        values: (!values.is_empty()).then_some(values),
    }
}

fn too_complex() -> Unsupported {
    Unsupported(format!("the query has more than {MAX_TERMS} alternatives once `and` is brought inside `or`"))
}
