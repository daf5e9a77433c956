//! All that a task asks of its place in; all that its pod carries for it out.

use super::attribute;
use super::node::NodeView;
use super::node_affinity::{self, Required};
use super::strategy::{self, Exactness};
use super::unsupported::Unsupported;
use crate::model::expression::{Expression, Subject, Test};
use crate::model::placement::{Constraint, Placement};
use k8s_openapi::api::core::v1 as corev1;
use std::collections::BTreeMap;

/// What a task asks of its place.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    /// Constraints, strategies and the cluster's nodes.
    pub placement: &'a Placement,
    /// The task's group, in ECS's form.
    pub group: &'a str,
    /// `kubernetes.io/arch`, where the document says one.
    pub architecture: Option<&'a str>,
    /// `kubernetes.io/os`, where the document says one.
    pub operating_system: Option<&'a str>,
}

/// What a pod carries for its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Labels that a node must have.
    pub node_selector: BTreeMap<String, String>,
    /// Required and preferred affinity.
    pub affinity: Option<corev1::Affinity>,
    /// Required and preferred spread.
    pub spread: Vec<corev1::TopologySpreadConstraint>,
    /// `schedulerName`; none: the cluster's default scheduler.
    pub scheduler: Option<String>,
    /// How near the strategies come to ECS.
    pub exactness: Exactness,
}

impl Rules {
    /// Rules that no node meets: for a task that must not run where its constraints are not understood.
    pub fn nowhere() -> Self {
        let affinity = corev1::Affinity {
            node_affinity: Some(required_nodes(vec![node_affinity::nowhere()])),
            ..Default::default()
        };
        Self {
            node_selector: BTreeMap::new(),
            affinity: Some(affinity),
            spread: Vec::new(),
            scheduler: None,
            exactness: Exactness::Exact,
        }
    }
}

/// Whether a query has a form on Kubernetes, whatever nodes there are.
pub fn check(expression: &Expression) -> Result<(), Unsupported> {
    Required::of([expression], &[]).map(|_| ())
}

/// The rules for a task, with queries that only known values answer answered from `nodes`.
pub fn rules(demand: &Demand<'_>, nodes: &[NodeView]) -> Result<Rules, Unsupported> {
    let platform = platform(demand);
    let queries = demand.placement.constraints.iter().filter_map(|constraint| match constraint {
        Constraint::MemberOf(expression) => Some(expression),
        Constraint::DistinctInstance => None,
    });
    let required = Required::of(platform.iter().chain(queries), nodes)?;
    let preferences = strategy::preferences(demand.placement, demand.group);
    Ok(Rules {
        node_selector: demand.placement.cluster_nodes.iter().cloned().collect(),
        affinity: affinity(required, preferences.together, preferences.apart),
        spread: preferences.spread,
        scheduler: preferences.scheduler,
        exactness: preferences.exactness,
    })
}

/// A query for the processor and the operating system that the document says.
fn platform(demand: &Demand<'_>) -> Vec<Expression> {
    let said = [
        (attribute::ARCHITECTURE, demand.architecture),
        (attribute::OPERATING_SYSTEM, demand.operating_system),
    ];
    let query = |(name, value): (&str, Option<&str>)| {
        Some(Expression::Test(Subject::Attribute(name.to_owned()), Test::Equals(value?.to_owned())))
    };
    said.into_iter().filter_map(query).collect()
}

fn required_nodes(terms: Vec<corev1::NodeSelectorTerm>) -> corev1::NodeAffinity {
    corev1::NodeAffinity {
        required_during_scheduling_ignored_during_execution: Some(corev1::NodeSelector {
            node_selector_terms: terms,
        }),
        ..Default::default()
    }
}

fn affinity(
    required: Required,
    near: Vec<corev1::WeightedPodAffinityTerm>,
    apart: Vec<corev1::WeightedPodAffinityTerm>,
) -> Option<corev1::Affinity> {
    let terms = |groups: &[String]| {
        let terms: Vec<_> = groups.iter().map(|group| strategy::same_instance(group)).collect();
        (!terms.is_empty()).then_some(terms)
    };
    let pod_affinity = corev1::PodAffinity {
        preferred_during_scheduling_ignored_during_execution: (!near.is_empty()).then_some(near),
        required_during_scheduling_ignored_during_execution: terms(&required.together),
    };
    let anti_affinity = corev1::PodAntiAffinity {
        preferred_during_scheduling_ignored_during_execution: (!apart.is_empty()).then_some(apart),
        required_during_scheduling_ignored_during_execution: terms(&required.apart),
    };
    let affinity = corev1::Affinity {
        node_affinity: (!required.nodes.is_empty()).then(|| required_nodes(required.nodes)),
        pod_affinity: (pod_affinity != Default::default()).then_some(pod_affinity),
        pod_anti_affinity: (anti_affinity != Default::default()).then_some(anti_affinity),
    };
    (affinity != Default::default()).then_some(affinity)
}

#[cfg(test)]
mod tests;
