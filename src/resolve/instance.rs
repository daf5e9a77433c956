//! A node → the container instance that it is, as far as its tasks are concerned.

mod described;

use crate::model::Instance;
use k8s_openapi::api::core::v1::Node;
use kube::ResourceExt;

pub use described::{ContainerInstance, container_instances};

/// The label by which an administrator drains an instance, and its value. The instance must be cordoned too:
/// otherwise what replaces its tasks could come back to it, for ever.
const STATE: (&str, &str) = ("ecs.berth.dev/state", "DRAINING");

/// Taints by which autoscalers say that a node will go.
const GOING: [&str; 3] =
    ["ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted", "node.cloudprovider.kubernetes.io/shutdown"];

/// What is known of `node`. That it takes no new tasks (`kubectl cordon`) drains nothing.
pub fn instance(node: &Node) -> Instance {
    let taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    let going = taints.into_iter().any(|taint| GOING.contains(&taint.key.as_str()));
    let cordoned = node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true));
    let asked = cordoned && node.labels().get(STATE.0).is_some_and(|state| state == STATE.1);
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let lost =
        conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "Unknown");
    let zone = node.labels().get("topology.kubernetes.io/zone").cloned();
    Instance { zone, draining: going || asked, lost }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_label_or_an_autoscalers_taint_drains_an_instance_and_a_cordon_does_not() {
        let read = |metadata, spec| {
            instance(&serde_json::from_value(json!({"metadata": metadata, "spec": spec})).unwrap())
        };
        let zone = json!({"labels": {"topology.kubernetes.io/zone": "a"}});
        assert_eq!(
            read(zone, json!({"unschedulable": true})),
            Instance { zone: Some("a".into()), draining: false, lost: false }
        );
        let labelled = json!({"labels": {"ecs.berth.dev/state": "DRAINING"}});
        assert!(read(labelled.clone(), json!({"unschedulable": true})).draining);
        assert!(!read(labelled, json!({})).draining);
        let taint = json!({"taints": [{"key": "karpenter.sh/disrupted", "effect": "NoSchedule"}]});
        assert!(read(json!({}), taint).draining);
    }
}
