//! Nodes and pods in; the nodes with what is left on them out.

use super::amounts::{Amounts, charged};
use super::need::{HostPort, host_ports};
use crate::model::label;
use crate::placement::NodeView;
use k8s_openapi::api::core::v1::{Node, Pod, Taint};
use kube::ResourceExt;
use std::collections::{BTreeMap, HashMap};

/// The taints by which Kubernetes says what stands in a node's status and spec as well.
const NOT_READY: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
const CORDONED: &str = "node.kubernetes.io/unschedulable";

/// A pod on a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resident {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Whether it is about to go.
    pub leaving: bool,
    /// The group that it counts for, where it is a task.
    pub group: Option<String>,
    /// What it is charged for.
    amounts: Amounts,
    /// The ports that it takes.
    ports: Vec<HostPort>,
}

impl Resident {
    /// What `pod` is to its node.
    pub fn of(pod: &Pod) -> Self {
        let spec = pod.spec.as_ref();
        let counts = |group: &&String| pod.labels().contains_key(&label::group(group));
        Self {
            namespace: pod.namespace().unwrap_or_default(),
            name: pod.name_any(),
            labels: pod.labels().clone(),
            leaving: pod.metadata.deletion_timestamp.is_some(),
            group: pod.annotations().get(label::GROUP).filter(counts).cloned(),
            amounts: spec.map(charged).unwrap_or_default(),
            ports: spec.map(host_ports).into_iter().flatten().collect(),
        }
    }
}

/// A node with what is left on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Room {
    /// The node as queries see it, but for its groups.
    pub view: NodeView,
    /// Whether it takes no new pods: it is cordoned, as one that drains has to be.
    pub cordoned: bool,
    /// Its taints, without those that say that it is not ready or cordoned.
    pub taints: Vec<Taint>,
    /// All that pods can have of it.
    pub whole: Amounts,
    /// What they have.
    pub used: Amounts,
    /// Its pods.
    pub residents: Vec<Resident>,
}

impl Room {
    /// An empty node.
    pub fn of(node: &Node) -> Self {
        let (spec, status) = (node.spec.clone().unwrap_or_default(), node.status.clone().unwrap_or_default());
        let ready = status.conditions.iter().flatten().find(|condition| condition.type_ == "Ready");
        let view = NodeView {
            provider_id: spec.provider_id,
            // A file that was written by hand need not say so.
            ready: ready.is_none_or(|ready| ready.status == "True"),
            version: status.node_info.map(|info| info.kubelet_version),
            registered_at: node.creation_timestamp().map(|time| time.0),
            ..NodeView::of(node)
        };
        let own = |taint: &Taint| taint.key != CORDONED && !NOT_READY.contains(&taint.key.as_str());
        Self {
            view,
            cordoned: spec.unschedulable == Some(true),
            taints: spec.taints.into_iter().flatten().filter(own).collect(),
            whole: Amounts::of(status.allocatable.or(status.capacity).as_ref()),
            used: Amounts::default(),
            residents: Vec::new(),
        }
    }

    /// Lets `resident` in.
    pub fn admit(&mut self, resident: Resident) {
        self.used.add(&resident.amounts);
        self.residents.push(resident);
    }

    /// Lets the pod `name` go.
    pub fn dismiss(&mut self, namespace: &str, name: &str) {
        let is = |resident: &Resident| resident.namespace == namespace && resident.name == name;
        if let Some(place) = self.residents.iter().position(is) {
            let gone = self.residents.swap_remove(place);
            self.used.remove(&gone.amounts);
        }
    }

    /// What is left of a resource.
    pub fn left(&self, name: &str) -> u64 {
        self.whole.get(name).saturating_sub(self.used.get(name))
    }

    /// Who has `port`.
    pub fn holder(&self, port: &HostPort) -> Option<&Resident> {
        self.residents.iter().find(|resident| resident.ports.contains(port))
    }

    /// The node as queries of `namespace` see it.
    pub fn seen_from(&self, namespace: &str) -> NodeView {
        let tasks = || self.residents.iter().filter(|one| one.group.is_some() && !one.leaving);
        let near = tasks().filter(|resident| resident.namespace == namespace);
        NodeView {
            groups: near.filter_map(|resident| resident.group.clone()).collect(),
            running_tasks: u32::try_from(tasks().count()).unwrap_or(u32::MAX),
            ..self.view.clone()
        }
    }

    /// The zone that it is in.
    pub fn zone(&self) -> Option<&str> {
        self.view.labels.get("topology.kubernetes.io/zone").map(String::as_str)
    }

    /// Its kind.
    pub fn instance_type(&self) -> Option<&str> {
        self.view.labels.get("node.kubernetes.io/instance-type").map(String::as_str)
    }
}

/// `nodes` with the `pods` on them; what has ended takes nothing.
pub fn rooms<'a>(
    nodes: impl IntoIterator<Item = &'a Node>,
    pods: impl IntoIterator<Item = &'a Pod>,
) -> Vec<Room> {
    let mut rooms: Vec<Room> = nodes.into_iter().map(Room::of).collect();
    let places: HashMap<String, usize> =
        rooms.iter().enumerate().map(|(place, room)| (room.view.name.clone(), place)).collect();
    for pod in pods {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_ref());
        if matches!(phase, Some("Succeeded" | "Failed")) {
            continue;
        }
        let place = node.and_then(|node| places.get(node));
        if let Some(room) = place.and_then(|place| rooms.get_mut(*place)) {
            room.admit(Resident::of(pod));
        }
    }
    rooms
}
