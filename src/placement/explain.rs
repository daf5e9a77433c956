//! "Why was this task not placed?": what a task needs and nodes with what is left on them in; for each node what it
//! lacks out, the nearest first.
//!
//! It judges as the scheduler does and names things as ECS does. What it is not shown (pods that nobody gave, volumes
//! that are bound to a zone) it cannot know.

mod amounts;
mod help;
mod lack;
mod need;
mod room;
mod selector;
mod words;

use super::attribute;
use super::evaluate::matches;
use crate::model::label;
use k8s_openapi::api::core::v1::NodeSelectorRequirement;
use selector::Surroundings;

pub use amounts::{Amounts, CPU, MEMORY, PODS, charged, units};
pub use help::help;
pub use lack::{Lack, called, left, shown};
pub use need::{Asked, HostPort, Need, host_ports, queries};
pub use room::{Resident, Room, rooms};
pub use words::{NO_INSTANCES, closest, in_short, sentence};

/// A node, and what keeps the task off it.
#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    /// The node.
    pub room: &'a Room,
    /// What it lacks; nothing where the task fits.
    pub lacks: Vec<Lack>,
}

/// Judges every node of the task's cluster: those that would take the task first, then those with the fewest and smallest lacks.
pub fn explain<'a>(need: &Need, rooms: &'a [Room]) -> Vec<Verdict<'a>> {
    let around = Surroundings::of(need, rooms);
    let verdict = |room| Verdict { room, lacks: lacks(need, room, &around) };
    let mut verdicts: Vec<Verdict<'a>> =
        rooms.iter().filter(|room| is_of_cluster(need, room)).map(verdict).collect();
    verdicts.sort_by_cached_key(|verdict| {
        let weight: u64 = verdict.lacks.iter().map(Lack::weight).sum();
        (verdict.lacks.len(), weight, verdict.room.view.name.clone())
    });
    verdicts
}

/// Whether a node has the labels that make it a container instance of the task's cluster.
fn is_of_cluster(need: &Need, room: &Room) -> bool {
    need.node_selector.iter().all(|(key, value)| room.view.labels.get(key) == Some(value))
}

/// What a node lacks for the task.
fn lacks(need: &Need, room: &Room, around: &Surroundings<'_>) -> Vec<Lack> {
    let mut lacks = Vec::new();
    lacks.extend((!room.view.ready).then_some(Lack::Agent));
    lacks.extend(room.cordoned.then_some(Lack::Draining));
    lacks.extend(resources(need, room));
    lacks.extend(need.ports.iter().filter_map(|port| {
        let holder = room.holder(port)?;
        let holder = format!("{}/{}", holder.namespace, holder.name);
        Some(Lack::Port { port: port.clone(), holder })
    }));
    lacks.extend(attributes(need, room, around));
    lacks.extend(spreads(need, room, around));
    let taints = room.taints.iter().filter(|taint| !selector::bears(&need.tolerations, taint));
    lacks.extend(taints.map(|taint| {
        let value = taint.value.as_deref().filter(|value| !value.is_empty());
        let value = value.map(|value| format!("={value}")).unwrap_or_default();
        Lack::Taint(format!("{}{value}:{}", taint.key, taint.effect))
    }));
    lacks
}

/// CPU and memory first, as ECS does.
fn resources(need: &Need, room: &Room) -> Vec<Lack> {
    let short = need.amounts.iter().filter(|(name, amount)| room.left(name) < *amount);
    short.map(|(name, needs)| Lack::Resource { name: name.to_owned(), needs, has: room.left(name) }).collect()
}

/// The pod decides: only what it requires keeps the task off. The user's words say it, where they can.
fn attributes(need: &Need, room: &Room, around: &Surroundings<'_>) -> Vec<Lack> {
    let mut unmet = requirements(need, room);
    let lonely = around.lonely(room);
    unmet.extend(lonely.map(|key| format!("a task of the group that it needs on the same {key}")));
    let crowded = around.crowded(room);
    unmet.extend(crowded.map(|key| format!("no task of the group that it avoids on the same {key}")));
    if unmet.is_empty() {
        return Vec::new();
    }
    let view = room.seen_from(&need.namespace);
    let failed = need.asked.iter().filter(|asked| !matches(&asked.query, &view));
    let failed: Vec<Lack> = failed.map(|asked| Lack::MemberOf(asked.words.clone())).collect();
    if failed.is_empty() {
        return unmet.into_iter().map(Lack::Attribute).collect();
    }
    // What the definition says of its processor is no constraint, and stands in no query.
    let platform = [attribute::ARCHITECTURE, attribute::OPERATING_SYSTEM];
    let told = |name: &str| need.asked.iter().any(|asked| asked.words.contains(name));
    unmet.retain(|words| platform.iter().any(|name| words.contains(name) && !told(name)));
    failed.into_iter().chain(unmet.into_iter().map(Lack::Attribute)).collect()
}

/// The requirements on labels that the node does not meet, in ECS's words where it has them.
fn requirements(need: &Need, room: &Room) -> Vec<String> {
    let affinity = need.affinity.node_affinity.as_ref();
    let required = affinity.and_then(|it| it.required_during_scheduling_ignored_during_execution.as_ref());
    let terms = required.map(|required| required.node_selector_terms.as_slice()).unwrap_or_default();
    selector::unmet(terms, room).into_iter().map(said).collect()
}

fn said(requirement: &NodeSelectorRequirement) -> String {
    if requirement.key == label::NO_NODE {
        return "that no node had when the task was started".to_owned();
    }
    let values = requirement.values.as_deref().unwrap_or_default();
    let carried = attribute::BUILT_IN.into_iter().flat_map(|name| {
        attribute::carriers(name).into_iter().filter(|carrier| !carrier.closed).map(move |one| (name, one))
    });
    let known = carried.into_iter().find(|(_, carrier)| carrier.key == requirement.key);
    let own = requirement.key.strip_prefix(attribute::PREFIX);
    let Some(name) = known.as_ref().map(|(name, _)| *name).or(own) else {
        return format!("{} {} [{}]", requirement.key, requirement.operator, values.join(", "));
    };
    let from_label = |value| known.as_ref().and_then(|(_, carrier)| carrier.from_label(value));
    let values: Vec<&str> = values.iter().map(|value| from_label(value).unwrap_or(value)).collect();
    match (requirement.operator.as_str(), values.as_slice()) {
        ("In", [value]) => format!("attribute:{name} == {value}"),
        ("In", values) => format!("attribute:{name} in [{}]", values.join(", ")),
        ("NotIn", values) => format!("attribute:{name} !in [{}]", values.join(", ")),
        ("Gt", [value, ..]) => format!("attribute:{name} > {value}"),
        ("Lt", [value, ..]) => format!("attribute:{name} < {value}"),
        ("DoesNotExist", _) => format!("attribute:{name} !exists"),
        _ => format!("attribute:{name} exists"),
    }
}

fn spreads(need: &Need, room: &Room, around: &Surroundings<'_>) -> Vec<Lack> {
    let is_own = |resident: &&Resident| {
        let group = resident.group.as_ref().filter(|_| resident.namespace == need.namespace);
        group.is_some_and(|group| need.labels.contains_key(&label::group(group)))
    };
    let lack = |key: &str| match room.residents.iter().find(is_own) {
        Some(task) if key == attribute::HOSTNAME => Lack::DistinctInstance(task.name.clone()),
        _ => Lack::Spread(key.to_owned()),
    };
    around.uneven(room).map(lack).collect()
}

#[cfg(test)]
mod tests;
