//! Selectors, affinity and spread as the scheduler reads them.

use super::need::Need;
use super::room::{Resident, Room};
use k8s_openapi::api::core::v1::{
    NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, Taint, Toleration, TopologySpreadConstraint,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use std::collections::BTreeMap;

type Labels = BTreeMap<String, String>;

/// The requirements of the alternative of `terms` that the node is nearest to, as far as it does not meet them;
/// none at all where it meets one alternative, or there are none.
pub(super) fn unmet<'a>(terms: &'a [NodeSelectorTerm], room: &Room) -> Vec<&'a NodeSelectorRequirement> {
    let left = |term: &'a NodeSelectorTerm| {
        let labels = term.match_expressions.iter().flatten();
        let fields = term.match_fields.iter().flatten();
        let labels = labels.filter(|one| !passes(one, room.view.labels.get(&one.key)));
        labels.chain(fields.filter(|one| !passes(one, Some(&room.view.name)))).collect::<Vec<_>>()
    };
    terms.iter().map(left).min_by_key(Vec::len).unwrap_or_default()
}

fn passes(requirement: &NodeSelectorRequirement, value: Option<&String>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let compared = |fits: fn(i64, i64) -> bool| {
        let bound = values.first().and_then(|bound| bound.parse().ok());
        value.and_then(|value| value.parse().ok()).zip(bound).is_some_and(|(value, bound)| fits(value, bound))
    };
    match requirement.operator.as_str() {
        "In" => value.is_some_and(|value| values.contains(value)),
        "NotIn" => value.is_none_or(|value| !values.contains(value)),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compared(|value, bound| value > bound),
        "Lt" => compared(|value, bound| value < bound),
        _ => false,
    }
}

fn selects(selector: Option<&LabelSelector>, labels: &Labels) -> bool {
    let Some(selector) = selector else { return false };
    let same = selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    same && selector.match_expressions.iter().flatten().all(|one| {
        let requirement = NodeSelectorRequirement {
            key: one.key.clone(),
            operator: one.operator.clone(),
            values: one.values.clone(),
        };
        passes(&requirement, labels.get(&one.key))
    })
}

fn meant(term: &PodAffinityTerm, need: &Need, resident: &Resident) -> bool {
    let named = term.namespaces.as_deref().unwrap_or_default();
    let here = if named.is_empty() {
        resident.namespace == need.namespace
    } else {
        named.contains(&resident.namespace)
    };
    here && selects(term.label_selector.as_ref(), &resident.labels)
}

/// What the nodes hold that a task's requirements look at, counted once for all nodes.
pub(super) struct Surroundings<'a> {
    near: Vec<Domains<'a>>,
    apart: Vec<Domains<'a>>,
    spread: Vec<(&'a TopologySpreadConstraint, Domains<'a>)>,
}

/// How many pods that are meant there are for each value of a label; every node counts, as in what Berth writes.
struct Domains<'a> {
    key: &'a str,
    pods: BTreeMap<&'a str, i32>,
    /// Whether the task itself is meant.
    own: bool,
}

impl<'a> Domains<'a> {
    fn count(key: &'a str, rooms: &'a [Room], own: bool, meant: impl Fn(&Resident) -> bool) -> Self {
        let mut pods = BTreeMap::new();
        for room in rooms {
            let Some(value) = room.view.labels.get(key) else { continue };
            let count = room.residents.iter().filter(|resident| meant(resident)).count();
            *pods.entry(value.as_str()).or_insert(0) += i32::try_from(count).unwrap_or(i32::MAX);
        }
        Self { key, pods, own }
    }

    fn of_term(term: &'a PodAffinityTerm, need: &Need, rooms: &'a [Room]) -> Self {
        let own = selects(term.label_selector.as_ref(), &need.labels);
        Self::count(&term.topology_key, rooms, own, |resident| meant(term, need, resident))
    }

    fn of_spread(spread: &'a TopologySpreadConstraint, need: &Need, rooms: &'a [Room]) -> Self {
        let selector = spread.label_selector.as_ref();
        Self::count(&spread.topology_key, rooms, selects(selector, &need.labels), |resident| {
            resident.namespace == need.namespace && !resident.leaving && selects(selector, &resident.labels)
        })
    }

    /// The pods that are meant in the node's part of the cluster; none where it is in no part.
    fn at(&self, room: &Room) -> Option<i32> {
        self.pods.get(room.view.labels.get(self.key)?.as_str()).copied()
    }
}

impl<'a> Surroundings<'a> {
    /// What `rooms` hold that `need` looks at.
    pub fn of(need: &'a Need, rooms: &'a [Room]) -> Self {
        let near = need.affinity.pod_affinity.as_ref();
        let near = near.and_then(|it| it.required_during_scheduling_ignored_during_execution.as_ref());
        let apart = need.affinity.pod_anti_affinity.as_ref();
        let apart = apart.and_then(|it| it.required_during_scheduling_ignored_during_execution.as_ref());
        let terms = |terms: Option<&'a Vec<PodAffinityTerm>>| {
            terms.into_iter().flatten().map(|term| Domains::of_term(term, need, rooms)).collect()
        };
        let spread = need.spread.iter().map(|spread| (spread, Domains::of_spread(spread, need, rooms)));
        Self { near: terms(near), apart: terms(apart), spread: spread.collect() }
    }

    /// The labels over whose values a pod that is needed is not near the node. The first of a group that is drawn to
    /// itself is at home anywhere.
    pub fn lonely(&self, room: &Room) -> impl Iterator<Item = &str> {
        let is_lonely = |domains: &&Domains<'_>| {
            let first = domains.own && domains.pods.values().all(|count| *count == 0);
            domains.at(room).unwrap_or(0) == 0 && !first
        };
        self.near.iter().filter(is_lonely).map(|domains| domains.key)
    }

    /// The labels over whose values a pod that is avoided is near the node.
    pub fn crowded(&self, room: &Room) -> impl Iterator<Item = &str> {
        let is_crowded = |domains: &&Domains<'_>| domains.at(room).unwrap_or(0) > 0;
        self.apart.iter().filter(is_crowded).map(|domains| domains.key)
    }

    /// The labels over whose values one more task on the node would be out of balance.
    pub fn uneven(&self, room: &Room) -> impl Iterator<Item = &str> {
        let is_uneven = |(spread, domains): &&(&TopologySpreadConstraint, Domains<'_>)| {
            let Some(here) = domains.at(room) else { return true };
            let known = i32::try_from(domains.pods.len()).unwrap_or(i32::MAX);
            let few = spread.min_domains.is_some_and(|least| known < least);
            let fewest = if few { 0 } else { domains.pods.values().copied().min().unwrap_or(0) };
            here + i32::from(domains.own) - fewest > spread.max_skew
        };
        self.spread.iter().filter(is_uneven).map(|(_, domains)| domains.key)
    }
}

/// Whether `tolerations` bear `taint`, which only a preference needs no bearing for.
pub(super) fn bears(tolerations: &[Toleration], taint: &Taint) -> bool {
    taint.effect == "PreferNoSchedule"
        || tolerations.iter().any(|toleration| {
            let effect = toleration.effect.as_deref().is_none_or(|it| it.is_empty() || it == taint.effect);
            let exists = toleration.operator.as_deref() == Some("Exists");
            let key = toleration.key.as_deref().unwrap_or_default();
            let keyed = key == taint.key || (key.is_empty() && exists);
            let value = toleration.value.as_deref().unwrap_or_default();
            effect && keyed && (exists || value == taint.value.as_deref().unwrap_or_default())
        })
}
