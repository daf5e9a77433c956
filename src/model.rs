//! What users wrote, resolved and validated: plain values that cannot hold an illegal state.
//!
//! Nothing here knows Kubernetes' types, a client or a clock. `resolve` is the only maker of these
//! values, `rollout`, `placement` and `translate` their readers.

pub mod access;
pub mod confinement;
pub mod deployment;
pub mod expression;
pub mod image;
pub mod instance;
pub mod label;
pub mod lack;
pub mod log;
pub mod name;
pub mod placement;
pub mod service;
pub mod start;
pub mod task;
pub mod task_definition;
pub mod violation;
pub mod volume;

pub use access::Access;
pub use confinement::{Confinement, NodeNamespaces, Profile, SeLinux};
pub use deployment::{Deployment, DeploymentId, RolloutState};
pub use image::ContainerImage;
pub use instance::{Instance, Room, Zone};
pub use lack::Lack;
pub use log::{Include, Log, LogRouter, Output, RouterKind};
pub use placement::{Constraint, Placement, Resource, Strategy};
pub use service::{Identity, Registration, Service, TagSource, Tagging, TargetGroup};
pub use start::{After, Condition, Dependency, Restart, StartOrder, Turn};
pub use task::{Health, LastStatus, Listing, PROVEN_AFTER, Release, StopCode, Task};
pub use task_definition::{Container, HealthCheck, NetworkMode, Port, Protocol, TaskDefinition};
pub use violation::Violation;
pub use volume::{Mount, TaskVolume, Volume, VolumeSource};
