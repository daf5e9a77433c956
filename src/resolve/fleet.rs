//! All nodes → the zones in which a service's tasks may run, and which of them have room for one more.

use super::{instance, room};
use crate::model::{Constraint, Room, Service, Zone, label};
use crate::placement::{NodeView, attribute, matches};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::ResourceExt;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The zones with an instance that a task of `service` of that `size` could be started on if it were empty, by name.
/// `tasks_of` lists the tasks on a node. What no task of Berth's has taken counts as free; the scheduler knows better.
pub fn zones(
    service: &Service,
    size: Room,
    nodes: &[Arc<Node>],
    tasks_of: &dyn Fn(&str) -> Vec<Arc<Pod>>,
) -> Vec<Zone> {
    let mut zones: BTreeMap<&str, bool> = BTreeMap::new();
    let zone_label = attribute::key(attribute::ZONE);
    for node in nodes {
        let Some(zone) = node.labels().get(&*zone_label) else { continue };
        let known = zones.get(zone.as_str()).copied();
        if known == Some(true) || !takes_tasks(node) || !is_eligible(service, node) {
            continue;
        }
        zones.insert(zone, has_room(service, size, node, &tasks_of(&node.name_any())));
    }
    zones.into_iter().map(|(name, has_room)| Zone { name: name.to_owned(), has_room }).collect()
}

/// Whether new tasks can come to `node` at all.
pub fn takes_tasks(node: &Node) -> bool {
    let spec = node.spec.as_ref();
    let mut taints = spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    let closed = taints.any(|taint| taint.effect != "PreferNoSchedule");
    let cordoned = spec.is_some_and(|spec| spec.unschedulable == Some(true));
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let ready =
        conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True");
    ready && !closed && !cordoned && !instance::is_drained(node)
}

/// Whether the service's cluster, platform and constraints admit `node`.
fn is_eligible(service: &Service, node: &Node) -> bool {
    let labels = node.labels();
    let placement = &service.placement;
    let definition = &service.task_definition;
    let is_as_said = |name: &str, said: &Option<String>| {
        said.as_ref()
            .is_none_or(|value| labels.get(&*attribute::key(name)) == Some(&attribute::to_label(name, value)))
    };
    placement.cluster_nodes.iter().all(|(key, value)| labels.get(key) == Some(value))
        && is_as_said(attribute::ARCHITECTURE, &definition.architecture)
        && is_as_said(attribute::OPERATING_SYSTEM, &definition.operating_system)
        && placement.constraints.iter().all(|constraint| match constraint {
            Constraint::DistinctInstance => true,
            Constraint::MemberOf(expression) => matches(expression, &NodeView::of(node)),
        })
}

fn has_room(service: &Service, size: Room, node: &Node, tasks: &[Arc<Pod>]) -> bool {
    let group = label::group(&service.group());
    let is_member = |pod: &Arc<Pod>| pod.labels().contains_key(&group) && !room::has_ended(pod);
    let distinct = service.placement.constraints.contains(&Constraint::DistinctInstance);
    !(distinct && tasks.iter().any(is_member)) && room::left(node, tasks).holds(size)
}
