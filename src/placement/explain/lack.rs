//! One thing that keeps a task off a node.

use super::amounts::{CPU, MEMORY, PODS, units};
use super::need::HostPort;
use std::fmt;

/// Something that a node lacks for a task.
#[derive(Clone, Debug, PartialEq)]
pub enum Lack {
    /// Less of a resource is left than the task needs, both in the resource's own measure (see `Amounts`).
    Resource {
        /// Kubernetes' name of it.
        name: String,
        /// What the task is charged for.
        needs: u64,
        /// What is left.
        has: u64,
    },
    /// A port of the node that somebody has already.
    Port {
        /// The port.
        port: HostPort,
        /// Who has it, as `namespace/name`.
        holder: String,
    },
    /// A `memberOf` constraint that the node does not match, in the user's words.
    MemberOf(String),
    /// Something else that the task's pod requires of labels or of neighbours.
    Attribute(String),
    /// A task of the group is there already; its name.
    DistinctInstance(String),
    /// One more task there would be out of balance over the values of a label.
    Spread(String),
    /// A taint that the task does not bear, as kubectl writes it.
    Taint(String),
    /// It takes no new tasks: it is cordoned.
    Draining,
    /// Its kubelet is not heard of, or says that it is not ready.
    Agent,
}

impl Lack {
    /// ECS's reason, as in the `failures` of RunTask; where ECS has none, a word of the same kind.
    pub fn reason(&self) -> String {
        match self {
            Self::Resource { name, .. } => format!("RESOURCE:{}", called(name)),
            Self::Port { port, .. } if port.protocol == "UDP" => "RESOURCE:PORTS_UDP".to_owned(),
            Self::Port { .. } => "RESOURCE:PORTS".to_owned(),
            Self::MemberOf(_) => "MemberOf placement constraint unsatisfied.".to_owned(),
            Self::DistinctInstance(_) => "DistinctInstance placement constraint unsatisfied.".to_owned(),
            Self::Attribute(_) => "ATTRIBUTE".to_owned(),
            Self::Spread(_) => "SPREAD".to_owned(),
            Self::Taint(_) => "TAINT".to_owned(),
            Self::Draining => "DRAINING".to_owned(),
            Self::Agent => "AGENT".to_owned(),
        }
    }

    /// How much is in the way, for an order: a share of 1000 for what could be freed, then what somebody has to change.
    pub(super) fn weight(&self) -> u64 {
        match self {
            Self::Resource { needs, has, .. } => {
                let short = u128::from(needs.saturating_sub(*has));
                let share = (short * 1000).checked_div(u128::from(*needs)).unwrap_or(0);
                u64::try_from(share).unwrap_or(1000)
            }
            Self::Port { .. } | Self::DistinctInstance(_) | Self::Spread(_) => 1000,
            Self::MemberOf(_) | Self::Attribute(_) | Self::Taint(_) => 2000,
            Self::Draining => 3000,
            Self::Agent => 4000,
        }
    }

    /// What the scheduler says of a node with this lack.
    pub(super) fn sign(&self) -> String {
        match self {
            Self::Resource { name, .. } if name == PODS => "Too many pods".to_owned(),
            Self::Resource { name, .. } => format!("Insufficient {name}"),
            Self::Port { .. } => "free ports".to_owned(),
            Self::MemberOf(_) | Self::Attribute(_) => "affinity".to_owned(),
            Self::DistinctInstance(_) | Self::Spread(_) => "topology spread".to_owned(),
            // A node that is not ready is kept from tasks by a taint.
            Self::Taint(_) | Self::Agent => "untolerated taint".to_owned(),
            Self::Draining => "unschedulable".to_owned(),
        }
    }
}

impl fmt::Display for Lack {
    /// ECS's reason, then the particulars.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.reason().trim_end_matches('.'))?;
        match self {
            Self::Resource { name, needs, has } => {
                write!(formatter, " needs {}, has {}", shown(name, *needs), left(name, *has))
            }
            Self::Port { port, holder } => write!(formatter, " {port} is taken by {holder}"),
            Self::MemberOf(words) => write!(formatter, ": {words}"),
            Self::DistinctInstance(task) => write!(formatter, ": {task} is there"),
            Self::Attribute(words) | Self::Taint(words) => write!(formatter, " {words}"),
            Self::Spread(key) => write!(formatter, " over {key}"),
            Self::Draining => formatter.write_str(" takes no new tasks (cordoned)"),
            Self::Agent => formatter.write_str(" is not connected (node not Ready)"),
        }
    }
}

/// A resource as ECS calls it; what it does not know in capitals.
pub fn called(name: &str) -> String {
    match name {
        CPU => "CPU".to_owned(),
        MEMORY => "MEMORY".to_owned(),
        // An instance that has no interface left takes no task more, as a node that has no place for a pod.
        PODS => "ENI".to_owned(),
        _ if name.ends_with("/gpu") => "GPU".to_owned(),
        _ => name.to_uppercase(),
    }
}

/// An amount that is needed: CPU in units, memory in MiB.
pub fn shown(name: &str, amount: u64) -> String {
    match name {
        CPU => units(amount).to_string(),
        MEMORY => format!("{} MiB", amount.div_ceil(1 << 20)),
        PODS => "a place for a pod".to_owned(),
        _ => amount.to_string(),
    }
}

/// An amount that is left, rounded down.
pub fn left(name: &str, amount: u64) -> String {
    match name {
        MEMORY => format!("{} MiB", amount >> 20),
        PODS => "none".to_owned(),
        _ => shown(name, amount),
    }
}
