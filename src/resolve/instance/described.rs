//! A node and the pods on it → the container instance as DescribeContainerInstances tells it.

use crate::model::label;
use crate::placement::{Capacity, NodeView};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::ResourceExt;
use std::collections::BTreeMap;

/// A container instance in full.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerInstance {
    /// What queries see of it.
    pub view: NodeView,
    /// Whether its tasks are to run elsewhere: ECS's status DRAINING, else ACTIVE.
    pub draining: bool,
    /// Whether it takes no new tasks (`kubectl cordon`).
    pub cordoned: bool,
    /// Tasks on it that have not reached RUNNING.
    pub pending_tasks: u32,
    /// What it offers.
    pub registered: Capacity,
    /// What pods, tasks and others, leave of that.
    pub remaining: Capacity,
    /// What they take, ports included.
    pub taken: Capacity,
    /// Version of the container runtime, as in `containerd://2.1.4`.
    pub runtime: Option<String>,
}

/// The container instances that `nodes` with these `pods` are, by name.
pub fn container_instances(nodes: &[Node], pods: &[Pod]) -> Vec<ContainerInstance> {
    let mut on: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
    for pod in pods {
        if let Some(node) = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()) {
            on.entry(node).or_default().push(pod);
        }
    }
    let views = NodeView::all(nodes, pods);
    let pods_on = |name: &str| on.get(name).map(Vec::as_slice).unwrap_or_default();
    let mut all: Vec<ContainerInstance> =
        nodes.iter().zip(views).map(|(node, view)| described(node, pods_on(&view.name), view)).collect();
    all.sort_by(|one, other| one.view.name.cmp(&other.view.name));
    all
}

fn described(node: &Node, pods: &[&Pod], view: NodeView) -> ContainerInstance {
    let taken = pods.iter().fold(Capacity::default(), |sum, pod| sum.and(&Capacity::taken(pod)));
    let registered = Capacity::of(node);
    let info = node.status.as_ref().and_then(|status| status.node_info.as_ref());
    ContainerInstance {
        view,
        draining: super::is_drained(node),
        cordoned: node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true)),
        pending_tasks: u32::try_from(pods.iter().filter(|pod| is_pending(pod)).count()).unwrap_or(u32::MAX),
        remaining: registered.without(&taken),
        registered,
        taken,
        runtime: info
            .map(|info| info.container_runtime_version.clone())
            .filter(|version| !version.is_empty()),
    }
}

/// Whether the pod is a task that was placed and does not run yet.
fn is_pending(pod: &Pod) -> bool {
    let is_ours = pod.labels().get(label::MANAGED_BY).is_some_and(|by| by == label::BERTH);
    let stops = pod.labels().contains_key(label::STOP_CODE) || pod.metadata.deletion_timestamp.is_some();
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    is_ours
        && !stops
        && pod.annotations().contains_key(label::GROUP)
        && matches!(phase, None | Some("Pending"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_pods_leave_of_a_node_is_told_in_the_units_of_ecs() {
        let node: Node = serde_json::from_value(json!({
            "metadata": {"name": "one"}, "spec": {"unschedulable": true},
            "status": {"allocatable": {"cpu": "3920m", "memory": "15Gi", "nvidia.com/gpu": "2"}},
        }))
        .unwrap();
        let pod = |name: &str, labels: serde_json::Value| -> Pod {
            serde_json::from_value(json!({
                "metadata": {"name": name, "labels": labels, "annotations": {"ecs.berth.dev/group": "service:web"}},
                "spec": {"nodeName": "one", "containers": [{"name": "a", "resources":
                    {"requests": {"cpu": "500m", "memory": "1Gi", "nvidia.com/gpu": "1"}}}]},
            }))
            .unwrap()
        };
        let pods = [pod("ours", json!({"app.kubernetes.io/managed-by": "berth"})), pod("other", json!({}))];
        let [one] = &container_instances(&[node], &pods)[..] else { panic!() };
        assert_eq!((one.registered.cpu_units(), one.remaining.cpu_units()), (4014, 2990));
        assert_eq!((one.remaining.mebibytes(), one.remaining.gpus), (13 * 1024, 0));
        assert_eq!((one.view.running_tasks, one.pending_tasks), (1, 1));
        assert!(one.cordoned && !one.draining);
    }
}
