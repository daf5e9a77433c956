//! What users wrote and what the cluster shows → the model, or all violations at once.
//!
//! Must not read anything itself: `kubernetes` reads, this judges.

mod access;
pub mod arn;
pub mod canonical;
mod capability;
mod confinement;
mod container;
mod device;
mod fleet;
pub mod grants;
pub mod image;
mod instance;
mod judgement;
mod mount;
mod network;
mod order;
mod placement;
mod platform;
mod port;
mod rebalancing;
pub mod reference;
pub mod remedy;
pub mod revision;
mod room;
pub mod service;
mod sharing;
pub mod size;
mod sysctl;
pub mod task;
pub mod task_definition;
mod volume;

/// Tags as keys and values; one without a key is none.
fn tags(tags: &[crate::api::common::Tag]) -> Vec<(String, String)> {
    let pairs = tags.iter().filter_map(|tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default())));
    pairs.filter(|(key, _)| !key.is_empty()).collect()
}

pub use fleet::{takes_tasks, zones};
pub use grants::{Grants, Permission};
pub use instance::{ContainerInstance, Interest, container_instances, instance, is_drained};
pub use judgement::{beside, violations, without_effect};
pub use reference::{Obstacle, References, Resolved, resolve};
pub use remedy::remedy;
pub use room::requests;
pub use service::{ClusterNodes, service};
pub use task_definition::task_definition;
