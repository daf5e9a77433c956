//! Berth gives any Kubernetes cluster the semantics of Amazon ECS.
//!
//! Users write ECS's own documents into custom resources; Berth keeps them true with pods that it creates
//! itself. What is written ([`api`]) is made true ([`resolve`] → [`model`]), one step of change is planned
//! ([`rollout`]), turned into Kubernetes objects ([`translate`], with [`placement`]), written by one edge
//! ([`kubernetes`]), and what came back is judged ([`conclude`]) into status, events and the next visit.
//! [`controllers`] are short plots that call these steps in order.
//!
//! # What is not there
//!
//! - No clock, client, randomness or `async` in `api`, `model`, `resolve`, `placement`, `rollout`,
//!   `translate`, `conclude`, `render` and `convert`: the same input gives the same output, on a laptop as in the cluster.
//! - No write into a user's `spec`, and none to an object that somebody else controls.
//! - No ReplicaSet, DaemonSet or Job between a service and its tasks: none of them stops, replaces or spaces
//!   out tasks as ECS does.
//! - No read of a Secret, no webhook server, no finalizer on a Service.
//! - No write and no event at rest.
//!
//! A test (`tests/layers.rs`) holds who may import whom.

pub mod api;
pub mod cli;
pub mod conclude;
pub mod controllers;
pub mod convert;
pub mod kubernetes;
pub mod model;
pub mod observe;
pub mod placement;
pub mod rbac;
pub mod render;
pub mod resolve;
pub mod rollout;
pub mod serve;
pub mod translate;
