//! Model and placement in, Kubernetes objects out: one function per kind, named after what it returns.
//!
//! Nothing here reads a clock, an environment or a cluster, and nothing sets owner references: the edge
//! that writes an object knows its owner.

mod confinement;
mod container;
mod disruption_budget;
mod endpoints;
mod external_secret;
mod log_router;
mod meta;
mod names;
mod network;
mod order;
mod resources;
mod restart;
mod revision;
mod service;
mod service_account;
mod tags;
mod task;
mod volume;

pub use disruption_budget::disruption_budget;
pub use endpoints::{Endpoint, endpoint_slices};
pub use external_secret::{ExternalSecret, ExternalSecretSpec, external_secret};
pub use revision::{
    controller_revision, given_to, managed_selector, revision_counter, revision_selector, task_selector,
};
pub use service::{
    discovery_name, discovery_port, discovery_service, target_group_service, target_group_services,
};
pub use service_account::{outdated, service_account, service_account_name};
pub use task::{Launch, task, task_name};

use crate::model::TaskDefinition;

/// What the cluster can do that not every supported Kubernetes can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// `spec.resources` of a pod (beta and on since 1.34).
    pub pod_level_resources: bool,
    /// `restartPolicy` and `restartPolicyRules` of a container (KEP-5307: beta and on since 1.35).
    pub container_restart_rules: bool,
}

/// What `definition` asks for that a cluster with these `capabilities` does not have, in a sentence.
pub fn unsupported(definition: &TaskDefinition, capabilities: Capabilities) -> Option<String> {
    let restarted = definition.containers.iter().find(|container| container.restart.is_some())?;
    (!capabilities.container_restart_rules).then(|| {
        format!(
            "restartPolicy of container '{}' in {}: this cluster cannot restart one container of a task; \
             Kubernetes does from 1.35 on",
            restarted.name,
            definition.reference()
        )
    })
}

#[cfg(test)]
mod golden;
