//! Changes of nodes → whether they concern tasks that cannot see them.

use crate::kubernetes::Change;
use crate::resolve;
use k8s_openapi::api::core::v1::Node;
use kube::ResourceExt;
use std::collections::{HashMap, HashSet};

/// The nodes as far as their changes concern services that have nothing there, or everything.
#[derive(Default)]
pub(super) struct Fleet {
    drained: HashSet<String>,
    /// The zone of each node that takes tasks.
    open: HashMap<String, String>,
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct NodeNews {
    /// Whether the node's tasks are to leave it now, or no longer.
    pub drained: bool,
    /// Whether it is the first of its zone to take tasks.
    pub opened: bool,
}

impl Fleet {
    /// Takes note of `node`.
    pub fn note(&mut self, node: &Node, change: Change) -> NodeNews {
        let (name, exists) = (node.name_any(), change == Change::Applied);
        let drained = match exists && resolve::is_drained(node) {
            true => self.drained.insert(name.clone()),
            false => self.drained.remove(&name),
        };
        let zone = node.labels().get("topology.kubernetes.io/zone").cloned();
        let opened = match zone.filter(|_| exists && resolve::takes_tasks(node)) {
            Some(zone) => {
                let is_first = !self.open.values().any(|open| *open == zone);
                self.open.insert(name, zone);
                is_first
            }
            None => {
                self.open.remove(&name);
                false
            }
        };
        NodeNews { drained, opened }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_node_is_news_when_it_is_drained_and_when_it_opens_its_zone() {
        let node = |name: &str, status: &str, cordoned: bool, labels: serde_json::Value| -> Node {
            let mut labels = labels;
            labels["topology.kubernetes.io/zone"] = json!("a");
            serde_json::from_value(json!({
                "metadata": {"name": name, "labels": labels}, "spec": {"unschedulable": cordoned},
                "status": {"conditions": [{"type": "Ready", "status": status}]},
            }))
            .unwrap()
        };
        let mut fleet = Fleet::default();
        let mut news = |node: &Node| {
            let news = fleet.note(node, Change::Applied);
            (news.drained, news.opened)
        };
        assert_eq!(news(&node("n", "True", false, json!({}))), (false, true));
        assert_eq!(news(&node("n", "True", false, json!({}))), (false, false), "a heartbeat");
        assert_eq!(news(&node("m", "True", false, json!({}))), (false, false), "the zone was open");
        let draining = json!({"ecs.berth.dev/state": "DRAINING"});
        assert_eq!(news(&node("n", "True", true, draining.clone())), (true, false));
        assert_eq!(news(&node("n", "True", true, draining)), (false, false));
        assert_eq!(news(&node("m", "Unknown", false, json!({}))), (false, false));
        assert_eq!(news(&node("n", "True", false, json!({}))), (true, true));
        assert_eq!(fleet.note(&node("n", "True", false, json!({})), Change::Deleted), NodeNews::default());
        assert!(fleet.open.is_empty());
    }
}
