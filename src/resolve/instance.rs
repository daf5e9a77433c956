//! A node → the container instance that it is, as far as its tasks are concerned.

mod described;

use super::room;
use crate::model::{Instance, Placement, Strategy};
use crate::placement::attribute;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::ResourceExt;
use std::sync::Arc;

pub use described::{ContainerInstance, container_instances};

/// The label by which an administrator drains an instance, and its value. The instance must be cordoned too:
/// otherwise what replaces its tasks could come back to it, for ever.
const STATE: (&str, &str) = ("ecs.berth.dev/state", "DRAINING");

/// Taints by which autoscalers say that a node will go.
const GOING: [&str; 3] =
    ["ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted", "node.cloudprovider.kubernetes.io/shutdown"];

/// What a service's strategies ask about instances, beyond what matters to every service.
#[derive(Clone, Debug, Default)]
pub struct Interest {
    /// Attributes, the zone apart.
    attributes: Vec<String>,
    /// Whether it matters what tasks leave of an instance.
    left: bool,
}

impl Interest {
    /// What the strategies of `placement` ask.
    pub fn by(placement: &Placement) -> Self {
        let mut asked = Self::default();
        for strategy in &placement.strategies {
            match strategy {
                Strategy::SpreadAttribute(name) if name != attribute::ZONE => {
                    asked.attributes.push(name.clone());
                }
                Strategy::Binpack(_) => asked.left = true,
                _ => {}
            }
        }
        asked
    }
}

/// What is known of `node`, whose tasks `tasks_of` lists by its name. That it takes no new tasks (`kubectl cordon`)
/// drains nothing.
pub fn instance(node: &Node, asked: &Interest, tasks_of: &dyn Fn(&str) -> Vec<Arc<Pod>>) -> Instance {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let lost =
        conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "Unknown");
    let value = |name: &String| Some((name.clone(), node.labels().get(&*attribute::key(name)).cloned()?));
    Instance {
        zone: node.labels().get(&*attribute::key(attribute::ZONE)).cloned(),
        draining: is_drained(node),
        lost,
        attributes: asked.attributes.iter().filter_map(value).collect(),
        left: asked.left.then(|| room::left(node, &tasks_of(&node.name_any()))),
    }
}

/// Whether the tasks of `node` are to run elsewhere.
pub fn is_drained(node: &Node) -> bool {
    let taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    let going = taints.into_iter().any(|taint| GOING.contains(&taint.key.as_str()));
    let cordoned = node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true));
    let asked = cordoned && node.labels().get(STATE.0).is_some_and(|state| state == STATE.1);
    going || asked
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_label_or_an_autoscalers_taint_drains_an_instance_and_a_cordon_does_not() {
        let read = |metadata, spec| {
            let node = serde_json::from_value(json!({"metadata": metadata, "spec": spec})).unwrap();
            instance(&node, &Interest::default(), &|_| Vec::new())
        };
        let zone = json!({"labels": {"topology.kubernetes.io/zone": "a"}});
        assert_eq!(
            read(zone, json!({"unschedulable": true})),
            Instance { zone: Some("a".into()), ..Instance::default() }
        );
        let labelled = json!({"labels": {"ecs.berth.dev/state": "DRAINING"}});
        assert!(read(labelled.clone(), json!({"unschedulable": true})).draining);
        assert!(!read(labelled, json!({})).draining);
        let taint = json!({"taints": [{"key": "karpenter.sh/disrupted", "effect": "NoSchedule"}]});
        assert!(read(json!({}), taint).draining);
    }

    #[test]
    fn what_strategies_ask_for_is_read_and_nothing_else() {
        let node: Node = serde_json::from_value(json!({
            "metadata": {"name": "n", "labels": {
                "topology.kubernetes.io/zone": "a", "attribute.ecs.berth.dev/rack": "7",
                "attribute.ecs.berth.dev/other": "x",
            }},
            "status": {"allocatable": {"cpu": "2", "memory": "1Gi"}},
        }))
        .unwrap();
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {}, "spec": {"containers": [
                {"name": "a", "resources": {"requests": {"cpu": "500m", "memory": "256Mi"}}},
            ]},
        }))
        .unwrap();
        let rack = Strategy::SpreadAttribute("rack".into());
        let zone = Strategy::SpreadAttribute("ecs.availability-zone".into());
        let read = |strategies: &[Strategy]| {
            let placement = Placement { strategies: strategies.to_vec(), ..Placement::default() };
            instance(&node, &Interest::by(&placement), &|_| vec![Arc::new(pod.clone())])
        };
        let plain = read(std::slice::from_ref(&zone));
        assert_eq!((plain.attributes.len(), plain.left), (0, None));
        let asked = read(&[zone, rack, Strategy::Binpack(crate::model::Resource::Cpu)]);
        assert_eq!(asked.attributes["rack"], "7");
        assert_eq!(asked.attributes.len(), 1);
        assert_eq!(asked.left, Some(crate::model::Room { cpu: 1500, memory: 768 << 20 }));
    }
}
