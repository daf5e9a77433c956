//! What users write and what they see: the custom resources of group `ecs.berth.dev`.
//!
//! Every `spec` is a document of Amazon ECS (or Cloud Map): the same member names, the same nesting, the same
//! JSON types, every member optional. A type here reads such a document and writes it back without losing
//! anything: what it has no field for is kept in `unknown`. Nothing here knows what a document *means*;
//! [`fate`] only says of each member whether Berth maps it, accepts it without effect or refuses it.
//!
//! This module must not import any other module of the crate.

pub mod admission;
pub mod cluster;
pub mod common;
pub mod condition;
pub mod definitions;
pub mod fate;
pub mod rule;
pub mod schema;
pub mod service;
pub mod service_discovery;
pub mod task_definition;

pub use cluster::{Cluster, ClusterSpec, ClusterStatus};
pub use condition::{ConditionType, Reason};
pub use service::{Service, ServiceSpec, ServiceStatus};
pub use service_discovery::{ServiceDiscovery, ServiceDiscoverySpec, ServiceDiscoveryStatus};
pub use task_definition::{TaskDefinition, TaskDefinitionSpec, TaskDefinitionStatus};

/// The API group of every kind here.
pub const GROUP: &str = "ecs.berth.dev";

/// The version of every kind here.
pub const VERSION: &str = "v1alpha1";
