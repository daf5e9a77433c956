//! What users wrote and what the cluster shows → the model, or all violations at once.
//!
//! Must not read anything itself: `kubernetes` reads, this judges.

pub mod arn;
pub mod canonical;
mod container;
mod instance;
mod judgement;
mod placement;
pub mod reference;
pub mod revision;
pub mod service;
mod sharing;
pub mod size;
pub mod task;
pub mod task_definition;

pub use instance::instance;
pub use judgement::{beside, violations, without_effect};
pub use reference::{Obstacle, References, Resolved, resolve};
pub use service::{ClusterNodes, service};
pub use task_definition::task_definition;
