//! Berth gives any Kubernetes cluster the semantics of Amazon ECS.

pub mod api;
pub mod cli;
pub mod conclude;
pub mod controllers;
pub mod kubernetes;
pub mod model;
pub mod observe;
pub mod placement;
pub mod rbac;
pub mod resolve;
pub mod rollout;
pub mod serve;
pub mod translate;
