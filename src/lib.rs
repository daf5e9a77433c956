//! Berth gives any Kubernetes cluster the semantics of Amazon ECS.

pub mod api;
pub mod model;
pub mod rbac;
pub mod rollout;
