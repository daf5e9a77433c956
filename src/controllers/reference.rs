//! What a Service refers to, read from memory.

use super::context::Context;
use crate::api;
use crate::model::name;
use crate::resolve::References;
use crate::resolve::reference::definition_of;
use crate::resolve::revision;
use k8s_openapi::api::apps::v1::ControllerRevision;
use kube::ResourceExt;
use std::sync::Arc;

/// Whether the tasks of `service` run a revision of `family`.
pub(super) fn is_of_family(service: &api::Service, family: &str) -> bool {
    definition_of(service).is_some_and(|reference| reference.family == family)
}

/// The revisions of `family` in `namespace`.
pub(super) fn revisions(context: &Context, namespace: &str, family: &str) -> Vec<Arc<ControllerRevision>> {
    let hash = name::hash(&[family], 16);
    let mut all = context.stores.families.get(&hash, &context.stores.revisions);
    all.retain(|revision| revision.namespace().as_deref() == Some(namespace));
    all
}

/// All that `service` may refer to.
pub(super) fn references(context: &Context, service: &api::Service) -> References {
    let namespace = service.namespace().unwrap_or_default();
    let registered =
        definition_of(service).map(|reference| revisions(context, &namespace, &reference.family));
    let registered = registered.unwrap_or_default();
    let stores = &context.stores;
    References {
        services: here(stores.services.state(), &namespace),
        definitions: here(stores.task_definitions.state(), &namespace),
        revisions: registered.iter().filter_map(|object| revision::read(object)).collect(),
        discoveries: here(stores.discoveries.state(), &namespace),
        clusters: stores.clusters.state(),
    }
}

fn here<K: ResourceExt>(mut all: Vec<Arc<K>>, namespace: &str) -> Vec<Arc<K>> {
    all.retain(|object| object.namespace().as_deref() == Some(namespace));
    all
}
