//! A task's pod in, what it needs of a node out.

use super::amounts::{Amounts, charged};
use crate::model::Constraint;
use crate::model::expression::Expression;
use k8s_openapi::api::core::v1::{Affinity, Pod, PodSpec, Toleration, TopologySpreadConstraint};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A port of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// 1 to 65535.
    pub number: i32,
}

impl fmt::Display for HostPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.protocol.to_lowercase())
    }
}

/// A query that a task's node has to match, and how its user wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The user's words.
    pub words: String,
    /// What they mean.
    pub query: Expression,
}

/// What a task needs of its node.
#[derive(Clone, Debug, Default)]
pub struct Need {
    /// Its namespace: groups are looked for there.
    pub namespace: String,
    /// The labels of its pod.
    pub labels: BTreeMap<String, String>,
    /// What it is charged for.
    pub amounts: Amounts,
    /// Ports of the node that it listens on.
    pub ports: BTreeSet<HostPort>,
    /// Labels of the nodes of its cluster.
    pub node_selector: BTreeMap<String, String>,
    /// Labels that its node must have, tasks that must and must not be there.
    pub affinity: Affinity,
    /// Taints that it bears.
    pub tolerations: Vec<Toleration>,
    /// Spread that is required.
    pub spread: Vec<TopologySpreadConstraint>,
    /// Its `memberOf` constraints.
    pub asked: Vec<Asked>,
}

impl Need {
    /// What `pod` needs, and what its user asked for when it was made.
    pub fn of(pod: &Pod, asked: Vec<Asked>) -> Self {
        let spec = pod.spec.clone().unwrap_or_default();
        let required = |spread: &TopologySpreadConstraint| spread.when_unsatisfiable == "DoNotSchedule";
        Self {
            namespace: pod.metadata.namespace.clone().unwrap_or_default(),
            labels: pod.metadata.labels.clone().unwrap_or_default(),
            amounts: charged(&spec),
            ports: host_ports(&spec),
            node_selector: spec.node_selector.unwrap_or_default(),
            affinity: spec.affinity.unwrap_or_default(),
            tolerations: spec.tolerations.unwrap_or_default(),
            spread: spec.topology_spread_constraints.into_iter().flatten().filter(required).collect(),
            asked,
        }
    }
}

/// The queries among `constraints`, in our form of writing.
pub fn queries(constraints: &[Constraint]) -> Vec<Asked> {
    let query = |constraint: &Constraint| match constraint {
        Constraint::MemberOf(query) => Some(Asked { words: query.to_string(), query: query.clone() }),
        Constraint::DistinctInstance => None,
    };
    constraints.iter().filter_map(query).collect()
}

/// The ports of a node that a pod takes. On the node's own network, every port that it names is one.
pub fn host_ports(spec: &PodSpec) -> BTreeSet<HostPort> {
    let on_node = spec.host_network == Some(true);
    let sidecars = spec.init_containers.iter().flatten();
    let sidecars = sidecars.filter(|container| container.restart_policy.as_deref() == Some("Always"));
    let ports = spec.containers.iter().chain(sidecars).flat_map(|container| container.ports.iter().flatten());
    ports
        .filter_map(|port| {
            let own = port.host_port.filter(|number| *number > 0);
            let number = own.or(on_node.then_some(port.container_port))?;
            Some(HostPort { protocol: port.protocol.clone().unwrap_or_else(|| "TCP".to_owned()), number })
        })
        .collect()
}
