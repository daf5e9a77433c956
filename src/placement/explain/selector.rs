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

/// The pods in the node's part of the cluster, by the values of the label `key`.
fn neighbours<'a>(key: &'a str, room: &'a Room, rooms: &'a [Room]) -> impl Iterator<Item = &'a Resident> {
    let value = room.view.labels.get(key);
    let near = rooms.iter().filter(move |other| value.is_some() && other.view.labels.get(key) == value);
    near.flat_map(|room| &room.residents)
}

/// Whether a pod that `term` means is near the node; the first of a group that is drawn to itself is at home anywhere.
pub(super) fn is_near(term: &PodAffinityTerm, need: &Need, room: &Room, rooms: &[Room]) -> bool {
    if neighbours(&term.topology_key, room, rooms).any(|resident| meant(term, need, resident)) {
        return true;
    }
    let own = selects(term.label_selector.as_ref(), &need.labels);
    own && !rooms.iter().flat_map(|room| &room.residents).any(|resident| meant(term, need, resident))
}

/// Whether no pod that `term` means is near the node.
pub(super) fn is_apart(term: &PodAffinityTerm, need: &Need, room: &Room, rooms: &[Room]) -> bool {
    !neighbours(&term.topology_key, room, rooms).any(|resident| meant(term, need, resident))
}

/// Whether one more task on the node keeps to `spread`. Every node counts, as in what Berth writes.
pub(super) fn is_even(spread: &TopologySpreadConstraint, need: &Need, room: &Room, rooms: &[Room]) -> bool {
    let Some(value) = room.view.labels.get(&spread.topology_key) else { return false };
    let mut domains: BTreeMap<&String, i32> = BTreeMap::new();
    for other in rooms {
        let Some(domain) = other.view.labels.get(&spread.topology_key) else { continue };
        let counted = |one: &&Resident| {
            one.namespace == need.namespace
                && !one.leaving
                && selects(spread.label_selector.as_ref(), &one.labels)
        };
        let count = i32::try_from(other.residents.iter().filter(counted).count()).unwrap_or(i32::MAX);
        *domains.entry(domain).or_insert(0) += count;
    }
    let few = spread.min_domains.is_some_and(|least| i32::try_from(domains.len()).unwrap_or(0) < least);
    let fewest = if few { 0 } else { domains.values().copied().min().unwrap_or(0) };
    let own = i32::from(selects(spread.label_selector.as_ref(), &need.labels));
    domains.get(value).copied().unwrap_or(0) + own - fewest <= spread.max_skew
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
