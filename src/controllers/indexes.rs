//! Which objects in the stores belong together: answers that would else be walks over whole stores, in every
//! pass over one of hundreds of objects.

use super::index::Index;
use super::stores::Stores;
use crate::api;
use crate::model::{label, name};
use crate::resolve::reference::definition_of;
use crate::resolve::{revision, service};
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{Pod, Service as CoreService};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::{Resource, ResourceExt};
use std::sync::Arc;

/// The indexes over the stores.
pub struct Indexes {
    /// Tasks by the UID of their service.
    pub(super) tasks: Index<Pod>,
    /// Revisions and counters by the hash of their family.
    pub(super) revisions: Index<ControllerRevision>,
    /// Task definitions by their family.
    pub(super) definitions: Index<api::TaskDefinition>,
    /// Services by their name in ECS's form.
    pub(super) names: Index<api::Service>,
    /// Services by the family that they run.
    pub(super) users: Index<api::Service>,
    /// Core Services by the UID of their controller.
    pub(super) core_services: Index<CoreService>,
    /// EndpointSlices of ours by the UID of their service.
    pub(super) slices: Index<EndpointSlice>,
    /// Tasks by their node.
    pub(super) placed: Index<Pod>,
    /// Tasks that we show as endpoints, by their node.
    pub(super) listed: Index<Pod>,
}

impl Default for Indexes {
    fn default() -> Self {
        Self {
            tasks: Index::new(controller),
            revisions: Index::new(|revision| {
                let hash = revision.labels().get(label::FAMILY_HASH)?;
                Some(within(revision, hash))
            }),
            definitions: Index::new(|definition| Some(within(definition, &revision::family(definition)))),
            names: Index::new(|object| Some(within(object, &service::service_name(object)))),
            users: Index::new(|object| Some(within(object, &definition_of(object)?.family))),
            slices: Index::new(|slice| slice.labels().get(label::SERVICE_UID).cloned()),
            placed: Index::new(|pod: &Pod| pod.spec.as_ref()?.node_name.clone()),
            listed: Index::new(|pod: &Pod| {
                let is_listed = pod.labels().values().any(|value| value == label::LISTED);
                pod.spec.as_ref()?.node_name.clone().filter(|_| is_listed)
            }),
            core_services: Index::new(|core| {
                let owners = core.metadata.owner_references.iter().flatten();
                owners.into_iter().find(|owner| owner.controller == Some(true)).map(|owner| owner.uid.clone())
            }),
        }
    }
}

/// A name as it is told apart in all namespaces.
fn within<K: Resource>(object: &K, name: &str) -> String {
    place(object.meta().namespace.as_deref().unwrap_or_default(), name)
}

fn place(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

impl Stores {
    /// The pods that say that they are tasks of the service with `uid`.
    pub(super) fn tasks_of(&self, uid: &str) -> Vec<Arc<Pod>> {
        self.indexes.tasks.get(uid, &self.pods)
    }

    /// The tasks on `node`.
    pub(super) fn tasks_on(&self, node: &str) -> Vec<Arc<Pod>> {
        self.indexes.placed.get(node, &self.pods)
    }

    /// The revisions of `family` in `namespace`, and its counter.
    pub(super) fn revisions_of(&self, namespace: &str, family: &str) -> Vec<Arc<ControllerRevision>> {
        self.indexes.revisions.get(&place(namespace, &name::hash(&[family], 16)), &self.revisions)
    }

    /// The task definitions that claim `family` in `namespace`.
    pub(super) fn definitions_of(&self, namespace: &str, family: &str) -> Vec<Arc<api::TaskDefinition>> {
        self.indexes.definitions.get(&place(namespace, family), &self.task_definitions)
    }

    /// The services in `namespace` that are called `name`.
    pub(super) fn services_named(&self, namespace: &str, name: &str) -> Vec<Arc<api::Service>> {
        self.indexes.names.get(&place(namespace, name), &self.services)
    }

    /// The services in `namespace` that run `family`.
    pub(super) fn users(&self, namespace: &str, family: &str) -> Vec<Arc<api::Service>> {
        self.indexes.users.get(&place(namespace, family), &self.services)
    }

    /// The EndpointSlices of ours for the service with `uid`.
    pub(super) fn slices_of(&self, uid: &str) -> Vec<Arc<EndpointSlice>> {
        self.indexes.slices.get(uid, &self.slices)
    }

    /// The core Services that the object with `uid` controls.
    pub(super) fn core_services_of(&self, uid: &str) -> Vec<Arc<CoreService>> {
        self.indexes.core_services.get(uid, &self.core_services)
    }
}

/// By ownership, not by label: a label can be lost, and with it the sight of a task that runs on.
fn controller(pod: &Pod) -> Option<String> {
    let owners = pod.metadata.owner_references.iter().flatten();
    owners.filter(|owner| owner.controller == Some(true)).map(|owner| owner.uid.clone()).next()
}
