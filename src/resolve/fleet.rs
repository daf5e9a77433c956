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
        let said = said.as_ref();
        said.is_none_or(|value| {
            attribute::carriers(name)
                .iter()
                .any(|carrier| labels.get(&*carrier.key) == carrier.to_label(value).as_ref())
        })
    };
    placement.cluster_nodes.iter().all(|(key, value)| labels.get(key) == Some(value))
        && is_as_said(attribute::ARCHITECTURE, &definition.architecture)
        && is_as_said(attribute::OPERATING_SYSTEM, &definition.operating_system)
        && placement.constraints.iter().all(|constraint| match constraint {
            Constraint::DistinctInstance => true,
            Constraint::MemberOf(expression) => matches(expression, &view(node)),
        })
}

/// A node that is ready, as queries see it.
fn view(node: &Node) -> NodeView {
    let provider_id = node.spec.as_ref().and_then(|spec| spec.provider_id.clone());
    NodeView { ready: true, provider_id, ..NodeView::of(node) }
}

fn has_room(service: &Service, size: Room, node: &Node, tasks: &[Arc<Pod>]) -> bool {
    let group = label::group(&service.group());
    let is_member = |pod: &Arc<Pod>| pod.labels().contains_key(&group) && !room::has_ended(pod);
    let distinct = service.placement.constraints.contains(&Constraint::DistinctInstance);
    !(distinct && tasks.iter().any(is_member)) && room::left(node, tasks).holds(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Placement;
    use crate::placement::expression::parse;
    use serde_json::{Value, json};

    const SIZE: Room = Room { cpu: 500, memory: 1 << 20 };

    fn node(name: &str, zone: &str, more: Value) -> Arc<Node> {
        let labels = json!({"topology.kubernetes.io/zone": zone, "kubernetes.io/arch": "amd64", "team": "a"});
        let mut node = json!({
            "metadata": {"name": name, "labels": labels}, "spec": {},
            "status": {
                "conditions": [{"type": "Ready", "status": "True"}],
                "allocatable": {"cpu": "1", "memory": "1Gi"},
            },
        });
        for (path, value) in more.as_object().unwrap() {
            *node.pointer_mut(path).unwrap() = value.clone();
        }
        Arc::new(serde_json::from_value(node).unwrap())
    }

    fn web(constraints: Vec<Constraint>) -> Service {
        let placement = Placement { constraints, ..Placement::default() };
        Service { name: "web".into(), placement, ..Service::default() }
    }

    fn found(service: &Service, nodes: &[Arc<Node>], pods: &[Arc<Pod>]) -> Vec<(String, bool)> {
        let zones = zones(service, SIZE, nodes, &|name| {
            let is_there = |pod: &&Arc<Pod>| pod.spec.as_ref().unwrap().node_name.as_deref() == Some(name);
            pods.iter().filter(is_there).cloned().collect()
        });
        zones.into_iter().map(|zone| (zone.name, zone.has_room)).collect()
    }

    fn pod(node: &str, cpu: &str, phase: &str) -> Arc<Pod> {
        let resources = json!({"requests": {"cpu": cpu}});
        let labels = json!({(label::group("service:web")): ""});
        Arc::new(
            serde_json::from_value(json!({
                "metadata": {"labels": labels},
                "spec": {"nodeName": node, "containers": [{"name": "a", "resources": resources}]},
                "status": {"phase": phase},
            }))
            .unwrap(),
        )
    }

    #[test]
    fn a_zone_counts_if_one_of_its_nodes_takes_tasks() {
        let taint = |effect| json!({"/spec": {"taints": [{"key": "k", "effect": effect}]}});
        let nodes = [
            node("a", "a", json!({})),
            node("b", "b", json!({"/spec": {"unschedulable": true}})),
            node("c", "c", taint("NoSchedule")),
            node("d", "d", json!({"/status/conditions/0/status": "Unknown"})),
            node("e", "e", taint("PreferNoSchedule")),
        ];
        let zones = found(&web(vec![]), &nodes, &[]);
        assert_eq!(zones, [("a".to_owned(), true), ("e".to_owned(), true)]);
    }

    #[test]
    fn a_zone_counts_only_where_cluster_platform_and_constraints_admit_it() {
        let nodes = [node("a", "a", json!({})), node("b", "b", json!({"/metadata/labels/team": "b"}))];
        let mut service = web(vec![Constraint::MemberOf(parse("ec2InstanceId == b").unwrap())]);
        assert_eq!(found(&service, &nodes, &[]), [("b".to_owned(), true)]);
        service = web(vec![]);
        service.placement.cluster_nodes = vec![("team".into(), "a".into())];
        assert_eq!(found(&service, &nodes, &[]), [("a".to_owned(), true)]);
        service.task_definition.architecture = Some("arm64".into());
        assert_eq!(found(&service, &nodes, &[]), []);
    }

    #[test]
    fn a_zone_has_room_where_a_task_more_fits() {
        let nodes = [node("a1", "a", json!({})), node("a2", "a", json!({}))];
        let full = [pod("a1", "600m", "Running"), pod("a2", "600m", "Running")];
        assert_eq!(found(&web(vec![]), &nodes, &full), [("a".to_owned(), false)]);
        let freed = [pod("a1", "600m", "Running"), pod("a2", "600m", "Failed")];
        assert_eq!(found(&web(vec![]), &nodes, &freed), [("a".to_owned(), true)]);
        let one_each = [pod("a1", "1m", "Running"), pod("a2", "1m", "Running")];
        let distinct = web(vec![Constraint::DistinctInstance]);
        assert_eq!(found(&distinct, &nodes, &one_each), [("a".to_owned(), false)]);
        assert_eq!(found(&distinct, &nodes, &one_each[..1]), [("a".to_owned(), true)]);
    }
}
