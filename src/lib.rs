//! Berth gives any Kubernetes cluster the semantics of Amazon ECS.

pub mod api;
pub mod conclude;
pub mod model;
pub mod placement;
pub mod rbac;
pub mod resolve;
pub mod rollout;
pub mod translate;
