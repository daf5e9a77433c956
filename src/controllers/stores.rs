//! What Berth watches, and which keys a change concerns.

use super::indexes::Indexes;
use super::run::Queues;
use crate::api;
use crate::kubernetes::{Change, Key, ManagedFields, Selection, Watched, Watches};
use crate::model::label;
use crate::resolve::reference::may_register;
use crate::resolve::service::service_name;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{Node, Pod, Service as CoreService, ServiceAccount};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::ResourceExt;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Every kind that Berth watches, read from memory.
pub struct Stores {
    /// Services.
    pub services: Watched<api::Service>,
    /// Task definitions.
    pub task_definitions: Watched<api::TaskDefinition>,
    /// Service discoveries.
    pub discoveries: Watched<api::ServiceDiscovery>,
    /// Clusters.
    pub clusters: Watched<api::Cluster>,
    /// Tasks.
    pub pods: Watched<Pod>,
    /// Registered revisions and counters.
    pub revisions: Watched<ControllerRevision>,
    /// Core Services of ours.
    pub core_services: Watched<CoreService>,
    /// Disruption budgets of ours.
    pub budgets: Watched<PodDisruptionBudget>,
    /// ServiceAccounts that tasks may run with.
    pub service_accounts: Watched<ServiceAccount>,
    /// EndpointSlices of ours.
    pub slices: Watched<EndpointSlice>,
    /// Container instances.
    pub nodes: Watched<Node>,
    /// Which objects belong together.
    pub indexes: Arc<Indexes>,
}

/// Set once all watches have been started; changes before that need no key, as a leader begins with all.
type Later = Arc<OnceLock<Arc<Stores>>>;

impl Stores {
    /// Starts every watch in `namespace`, or everywhere. Changes put keys into `queues`.
    pub fn start(watches: &Watches, namespace: Option<String>, queues: &Queues) -> Arc<Self> {
        let later = Later::default();
        let indexes = Arc::new(Indexes::default());
        let documents = Selection { namespace: namespace.clone(), ..Selection::default() };
        let ours = Selection {
            labels: Some(format!("{}={}", label::MANAGED_BY, label::BERTH)),
            ..documents.clone()
        };
        let accounts = Selection { labels: Some(label::TASK_ROLE.to_owned()), ..documents.clone() };
        let nodes = Selection { managed_fields: ManagedFields::None, ..Selection::default() };
        let stores = Arc::new(Self {
            services: watches.watch(
                // Who writes which field tells whether an autoscaler and a manifest contest the count.
                Selection { managed_fields: ManagedFields::All, ..documents.clone() },
                on_service(queues, &later, &indexes),
            ),
            task_definitions: watches.watch(documents.clone(), on_task_definition(queues, &later, &indexes)),
            discoveries: watches.watch(documents, on_discovery(queues, &later)),
            clusters: watches.watch(Selection::default(), on_cluster(queues, &later)),
            pods: watches.watch(
                Selection { managed_fields: ManagedFields::None, ..ours.clone() },
                on_pod(queues, &indexes),
            ),
            revisions: watches.watch(ours.clone(), on_revision(queues, &later, &indexes)),
            core_services: watches.watch(ours.clone(), on_core_service(queues, &indexes)),
            slices: watches.watch(
                Selection {
                    labels: Some(format!("endpointslice.kubernetes.io/managed-by={}", label::BERTH)),
                    ..ours.clone()
                },
                on_slice(queues, &later, &indexes),
            ),
            budgets: watches.watch(ours, on_child::<PodDisruptionBudget>(queues)),
            service_accounts: watches.watch(accounts, on_service_account(queues, &later)),
            nodes: watches.watch(nodes, on_node(queues, &later)),
            indexes,
        });
        // The cell is new, so setting it cannot fail.
        let _ = later.set(Arc::clone(&stores));
        stores
    }

    /// Waits until every store is complete; `false` if the watches were ended before.
    pub async fn ready(&self) -> bool {
        self.services.ready().await
            && self.task_definitions.ready().await
            && self.discoveries.ready().await
            && self.clusters.ready().await
            && self.pods.ready().await
            && self.revisions.ready().await
            && self.core_services.ready().await
            && self.slices.ready().await
            && self.budgets.ready().await
            && self.service_accounts.ready().await
            && self.nodes.ready().await
    }

    /// Whether the stores show a write of ours.
    pub fn reflects(&self, pending: &crate::kubernetes::Pending) -> bool {
        match (pending.group.as_str(), pending.kind.as_str()) {
            ("ecs.berth.dev", "Service") => self.services.reflects(pending),
            ("ecs.berth.dev", "TaskDefinition") => self.task_definitions.reflects(pending),
            ("ecs.berth.dev", "ServiceDiscovery") => self.discoveries.reflects(pending),
            ("ecs.berth.dev", "Cluster") => self.clusters.reflects(pending),
            ("", "Pod") => self.pods.reflects(pending),
            ("apps", "ControllerRevision") => self.revisions.reflects(pending),
            ("", "Service") => self.core_services.reflects(pending),
            ("", "ServiceAccount") => self.service_accounts.reflects(pending),
            ("discovery.k8s.io", "EndpointSlice") => self.slices.reflects(pending),
            ("policy", "PodDisruptionBudget") => self.budgets.reflects(pending),
            _ => true,
        }
    }
}

fn on_service(
    queues: &Queues,
    later: &Later,
    indexes: &Arc<Indexes>,
) -> impl Fn(&api::Service, Change) + Send + Sync + 'static + use<> {
    let (queues, later, indexes) = (queues.clone(), Arc::clone(later), Arc::clone(indexes));
    move |service, change| {
        // A younger one of the same name takes its place.
        if change == Change::Deleted
            && let Some(stores) = later.get()
        {
            let namespace = service.namespace().unwrap_or_default();
            for other in stores.services_named(&namespace, &service_name(service)) {
                queues.services.add(Key::of(&*other));
            }
        }
        indexes.names.note(service);
        indexes.users.note(service);
        queues.services.add(Key::of(service));
    }
}

fn on_task_definition(
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

fn on_revision(
    queues: &Queues,
    later: &Later,
    indexes: &Arc<Indexes>,
) -> impl Fn(&ControllerRevision, Change) + Send + Sync + 'static + use<> {
    let (queues, later, indexes) = (queues.clone(), Arc::clone(later), Arc::clone(indexes));
    move |revision, change| {
        indexes.revisions.note(revision);
        for reference in revision.owner_references().iter().filter(|owner| owner.kind == "TaskDefinition") {
            queues.task_definitions.add(key(revision.namespace().unwrap_or_default(), &reference.name));
        }
        // Who holds it waits to see that.
        for reference in revision.owner_references().iter().filter(|owner| owner.kind == "Service") {
            queues.services.add(key(revision.namespace().unwrap_or_default(), &reference.name));
        }
        // A new revision is told by its TaskDefinition's status; only a lost or changed one matters here.
        if change == Change::Deleted
            && let Some(read) = crate::resolve::revision::read(revision)
        {
            let namespace = revision.namespace().unwrap_or_default();
            add_users(&queues, &later, &namespace, &read.family);
            add_claimants(&queues, &later, &namespace, &read.family);
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

fn on_discovery(
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

fn on_cluster(
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

fn on_pod(queues: &Queues, indexes: &Arc<Indexes>) -> impl Fn(&Pod, Change) + Send + Sync + 'static + use<> {
    let (queues, indexes) = (queues.clone(), Arc::clone(indexes));
    move |pod, _| {
        indexes.tasks.note(pod);
        indexes.listed.note(pod);
        add_controller(&queues, pod);
    }
}

fn on_core_service(
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

fn on_service_account(
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

fn on_slice(
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

/// Kubernetes tells of a lost node by its pods, but not by those that were not ready before.
fn on_node(queues: &Queues, later: &Later) -> impl Fn(&Node, Change) + Send + Sync + 'static + use<> {
    let (queues, later) = (queues.clone(), Arc::clone(later));
    move |node, _| {
        let Some(stores) = later.get() else { return };
        for pod in stores.indexes.listed.get(&node.name_any(), &stores.pods) {
            add_controller(&queues, &*pod);
        }
    }
}

fn on_child<K: ResourceExt>(queues: &Queues) -> impl Fn(&K, Change) + Send + Sync + 'static + use<K> {
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
