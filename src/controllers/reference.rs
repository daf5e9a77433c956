//! What a Service refers to, read from memory.

use super::context::Context;
use crate::api;
use crate::resolve::reference::definition_of;
use crate::resolve::{References, revision, service};
use kube::Resource;
use std::sync::Arc;

/// All that `object` may refer to.
pub(super) fn references(context: &Context, object: &api::Service) -> References {
    let stores = &context.stores;
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    let family = definition_of(object).map(|reference| reference.family);
    let registered = family.as_deref().map(|family| stores.revisions_of(namespace, family));
    let revisions = registered.iter().flatten().filter_map(|object| revision::read(object)).collect();
    let claims = family.as_deref().map(|family| stores.definitions_of(namespace, family));
    let definitions = claims.filter(|claims| !claims.is_empty());
    References {
        services: stores.services_named(namespace, &service::service_name(object)),
        // Where none is of the family, the others are named in the answer.
        definitions: definitions.unwrap_or_else(|| here(stores.task_definitions.state(), namespace)),
        revisions,
        discoveries: match object.spec.service_registries.as_ref().is_some_and(|list| !list.is_empty()) {
            true => here(stores.discoveries.state(), namespace),
            false => Vec::new(),
        },
        clusters: stores.clusters.state(),
        profiles: context.profiles,
    }
}

fn here<K: Resource>(mut all: Vec<Arc<K>>, namespace: &str) -> Vec<Arc<K>> {
    all.retain(|object| object.meta().namespace.as_deref() == Some(namespace));
    all
}
