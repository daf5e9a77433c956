//! A change of a watched object → the keys that it concerns.

use super::super::indexes::Indexes;
use super::super::run::Queues;
use super::Later;
use super::fleet::Fleet;
use crate::api;
use crate::kubernetes::{Change, Key};
use crate::model::{label, name};
use crate::resolve::reference::{definition_of, may_register};
use crate::resolve::revision::history;
use crate::resolve::service::service_name;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{Node, Pod, Service as CoreService, ServiceAccount};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::ResourceExt;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(super) fn on_service(
    queues: &Queues,
    later: &Later,
    indexes: &Arc<Indexes>,
) -> impl Fn(&api::Service, Change) + Send + Sync + 'static + use<> {
    let (queues, later, indexes) = (queues.clone(), Arc::clone(later), Arc::clone(indexes));
    move |service, change| {
        if change == Change::Deleted {
            let namespace = service.namespace().unwrap_or_default();
            // A younger one of the same name takes its place.
            for other in
                later.get().iter().flat_map(|it| it.services_named(&namespace, &service_name(service)))
            {
                queues.services.add(Key::of(&*other));
            }
            // It may have been the last to use a revision beyond the family's limit.
            if let Some(reference) = definition_of(service) {
                add_claimants(&queues, &later, &namespace, &reference.family);
            }
        }
        indexes.names.note(service);
        indexes.users.note(service);
        queues.services.add(Key::of(service));
    }
}

pub(super) fn on_task_definition(
    queues: &Queues,
    later: &Later,
    indexes: &Arc<Indexes>,
) -> impl Fn(&api::TaskDefinition, Change) + Send + Sync + 'static + use<> {
    let (queues, later, indexes) = (queues.clone(), Arc::clone(later), Arc::clone(indexes));
    let known = Mutex::<HashMap<Key, String>>::default();
    move |definition, change| {
        indexes.definitions.note(definition);
        let (key, family) = (Key::of(definition), crate::resolve::revision::family(definition));
        queues.task_definitions.add(key.clone());
        add_users(&queues, &later, &key.namespace, &family);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let left = match change {
            Change::Applied => known.insert(key.clone(), family.clone()).filter(|before| *before != family),
            Change::Deleted => {
                known.remove(&key);
                Some(family)
            }
        };
        // Another object that claims a family may have it now.
        if let Some(left) = left {
            add_claimants(&queues, &later, &key.namespace, &left);
        }
    }
}

pub(super) fn on_revision(
    queues: &Queues,
    later: &Later,
    indexes: &Arc<Indexes>,
) -> impl Fn(&ControllerRevision, Change) + Send + Sync + 'static + use<> {
    let (queues, later, indexes) = (queues.clone(), Arc::clone(later), Arc::clone(indexes));
    let known = Known::default();
    move |revision, change| {
        indexes.revisions.note(revision);
        for reference in revision.owner_references().iter().filter(|owner| owner.kind == "TaskDefinition") {
            queues.task_definitions.add(key(revision.namespace().unwrap_or_default(), &reference.name));
        }
        // Who holds it waits to see that.
        for reference in revision.owner_references().iter().filter(|owner| owner.kind == "Service") {
            queues.services.add(key(revision.namespace().unwrap_or_default(), &reference.name));
        }
        // Its TaskDefinition's status tells of a new one as well, but comes by another watch, perhaps sooner.
        // What is written to it later, such as who holds it, concerns no other service.
        let is_news = known.is_news(&revision.uid().unwrap_or_default(), change);
        if is_news && let Some(read) = crate::resolve::revision::read(revision) {
            let namespace = revision.namespace().unwrap_or_default();
            add_users(&queues, &later, &namespace, &read.family);
            if change == Change::Deleted {
                add_claimants(&queues, &later, &namespace, &read.family);
            }
        }
    }
}

/// The UIDs of objects that have been seen and not gone.
#[derive(Default)]
struct Known(Mutex<HashSet<String>>);

impl Known {
    /// Whether the object comes or goes: other changes are no news.
    fn is_news(&self, uid: &str, change: Change) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match change {
            Change::Applied => known.insert(uid.to_owned()),
            Change::Deleted => {
                known.remove(uid);
                true
            }
        }
    }
}

/// Adds every service of the namespace whose definition is of `family`.
fn add_users(queues: &Queues, later: &Later, namespace: &str, family: &str) {
    let Some(stores) = later.get() else { return };
    for service in stores.users(namespace, family) {
        queues.services.add(Key::of(&*service));
    }
}

/// Adds every definition of the namespace that claims `family`.
fn add_claimants(queues: &Queues, later: &Later, namespace: &str, family: &str) {
    let Some(stores) = later.get() else { return };
    for definition in stores.definitions_of(namespace, family) {
        queues.task_definitions.add(Key::of(&*definition));
    }
}

pub(super) fn on_discovery(
    queues: &Queues,
    later: &Later,
) -> impl Fn(&api::ServiceDiscovery, Change) + Send + Sync + 'static + use<> {
    let (queues, later) = (queues.clone(), Arc::clone(later));
    // Once an object has stood for an ARN, any registry may have meant it.
    let known = Mutex::<HashSet<Key>>::default();
    move |discovery, _| {
        queues.discoveries.add(Key::of(discovery));
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if discovery.annotations().contains_key(label::ARN) {
            known.insert(Key::of(discovery));
        }
        let any = known.contains(&Key::of(discovery));
        let Some(stores) = later.get() else { return };
        for service in stores.services.state() {
            if service.metadata.namespace == discovery.metadata.namespace
                && (any || may_register(&service, discovery))
            {
                queues.services.add(Key::of(&*service));
            }
        }
    }
}

pub(super) fn on_cluster(
    queues: &Queues,
    later: &Later,
) -> impl Fn(&api::Cluster, Change) + Send + Sync + 'static + use<> {
    let (queues, later) = (queues.clone(), Arc::clone(later));
    let known = Mutex::<HashMap<Key, Option<i64>>>::default();
    move |cluster, change| {
        queues.clusters.add(Key::of(cluster));
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match change {
            Change::Applied => known.insert(Key::of(cluster), cluster.metadata.generation),
            Change::Deleted => {
                known.remove(&Key::of(cluster));
                None
            }
        };
        // Its counts, which Berth writes itself, mean nothing to services.
        if before.is_some_and(|generation| generation == cluster.metadata.generation) {
            return;
        }
        let Some(stores) = later.get() else { return };
        for service in stores.services.state() {
            queues.services.add(Key::of(&*service));
        }
    }
}

pub(super) fn on_pod(
    queues: &Queues,
    later: &Later,
    indexes: &Arc<Indexes>,
) -> impl Fn(&Pod, Change) + Send + Sync + 'static + use<> {
    let (queues, later, indexes) = (queues.clone(), Arc::clone(later), Arc::clone(indexes));
    move |pod, change| {
        indexes.tasks.note(pod);
        indexes.listed.note(pod);
        indexes.placed.note(pod);
        add_controller(&queues, pod);
        // It may have been the last to use a revision beyond the family's limit.
        if change == Change::Deleted || !history::is_live(pod) {
            add_family(&queues, &later, pod);
        }
    }
}

/// Adds every definition of the family that a task is of.
fn add_family(queues: &Queues, later: &Later, pod: &Pod) {
    let Some(family) = pod.labels().get(label::FAMILY) else { return };
    let Some(stores) = later.get() else { return };
    for definition in stores.task_definitions.state() {
        if definition.metadata.namespace == pod.metadata.namespace
            && name::label_value(&crate::resolve::revision::family(&definition)) == *family
        {
            queues.task_definitions.add(Key::of(&*definition));
        }
    }
}

pub(super) fn on_core_service(
    queues: &Queues,
    indexes: &Arc<Indexes>,
) -> impl Fn(&CoreService, Change) + Send + Sync + 'static + use<> {
    let (queues, indexes) = (queues.clone(), Arc::clone(indexes));
    move |service, _| {
        indexes.core_services.note(service);
        add_controller(&queues, service);
        for owner in service.owner_references().iter().filter(|owner| owner.kind == "ServiceDiscovery") {
            queues.discoveries.add(key(service.namespace().unwrap_or_default(), &owner.name));
        }
    }
}

pub(super) fn on_service_account(
    queues: &Queues,
    later: &Later,
) -> impl Fn(&ServiceAccount, Change) + Send + Sync + 'static + use<> {
    let (queues, later) = (queues.clone(), Arc::clone(later));
    move |account, _| {
        let namespace = account.namespace().unwrap_or_default();
        for owner in account.owner_references().iter().filter(|owner| owner.kind == "Service") {
            queues.services.add(key(namespace.clone(), &owner.name));
        }
        // One that Berth did not make names nobody: whoever waits for it is in its namespace.
        let is_ours = account.labels().get(label::MANAGED_BY).is_some_and(|by| by == label::BERTH);
        let Some(stores) = later.get().filter(|_| !is_ours) else { return };
        for service in stores.services.state() {
            if service.metadata.namespace == account.metadata.namespace {
                queues.services.add(Key::of(&*service));
            }
        }
    }
}

pub(super) fn on_slice(
    queues: &Queues,
    later: &Later,
    indexes: &Arc<Indexes>,
) -> impl Fn(&EndpointSlice, Change) + Send + Sync + 'static + use<> {
    let (queues, later, indexes) = (queues.clone(), Arc::clone(later), Arc::clone(indexes));
    move |slice, _| {
        indexes.slices.note(slice);
        let Some(stores) = later.get() else { return };
        let namespace = slice.namespace().unwrap_or_default();
        for owner in slice.owner_references().iter().filter(|owner| owner.kind == "Pod") {
            if let Some(pod) = stores.pods.get(&namespace, &owner.name) {
                add_controller(&queues, &*pod);
            }
        }
    }
}

/// Kubernetes tells of a lost node by its pods, but not by those that were not ready before. Nobody tells the tasks of a
/// node that it is to be drained, nor services that a zone takes tasks again.
pub(super) fn on_node(
    queues: &Queues,
    later: &Later,
) -> impl Fn(&Node, Change) + Send + Sync + 'static + use<> {
    let (queues, later) = (queues.clone(), Arc::clone(later));
    let fleet = Mutex::<Fleet>::default();
    move |node, change| {
        let news = fleet.lock().unwrap_or_else(PoisonError::into_inner).note(node, change);
        let Some(stores) = later.get() else { return };
        let name = node.name_any();
        let concerned = match news.drained {
            true => stores.tasks_on(&name),
            false => stores.indexes.listed.get(&name, &stores.pods),
        };
        concerned.iter().for_each(|pod| add_controller(&queues, &**pod));
        if news.opened {
            for service in stores.services.state() {
                queues.services.add_after(Key::of(&*service), OPENED_FOR);
            }
        }
    }
}

/// How long a zone has to take tasks again before services look whether they want to go there.
const OPENED_FOR: Duration = Duration::from_secs(2);

pub(super) fn on_child<K: ResourceExt>(
    queues: &Queues,
) -> impl Fn(&K, Change) + Send + Sync + 'static + use<K> {
    let queues = queues.clone();
    move |object, _| add_controller(&queues, object)
}

fn add_controller<K: ResourceExt>(queues: &Queues, object: &K) {
    let namespace = object.namespace().unwrap_or_default();
    let controllers = object.owner_references().iter().filter(|owner| owner.controller == Some(true));
    for owner in
        controllers.filter(|owner| owner.kind == "Service" && owner.api_version.starts_with(api::GROUP))
    {
        queues.services.add(key(namespace.clone(), &owner.name));
    }
}

fn key(namespace: String, name: &str) -> Key {
    Key { namespace, name: name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_news_when_it_comes_and_when_it_goes() {
        let known = Known::default();
        assert!(known.is_news("a", Change::Applied));
        assert!(!known.is_news("a", Change::Applied));
        assert!(known.is_news("b", Change::Applied));
        assert!(known.is_news("a", Change::Deleted));
        assert!(known.is_news("a", Change::Applied));
    }
}
