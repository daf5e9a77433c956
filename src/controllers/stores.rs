//! What Berth watches, and which keys a change concerns.

use super::index::Index;
use super::reference;
use super::run::Queues;
use crate::api;
use crate::kubernetes::{Change, Key, ManagedFields, Selection, Watched, Watches};
use crate::model::label;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{Node, Pod, Service as CoreService};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::ResourceExt;
use std::sync::{Arc, OnceLock};

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
    /// Container instances.
    pub nodes: Watched<Node>,
    /// Tasks by the UID of their service.
    pub tasks: Arc<Index>,
    /// Revisions by the hash of their family.
    pub families: Arc<Index>,
}

/// Set once all watches have been started; changes before that need no key, as a leader begins with all.
type Later = Arc<OnceLock<Arc<Stores>>>;

impl Stores {
    /// Starts every watch in `namespace`, or everywhere. Changes put keys into `queues`.
    pub fn start(watches: &Watches, namespace: Option<String>, queues: &Queues) -> Arc<Self> {
        let later = Later::default();
        let tasks = Arc::new(Index::new(label::SERVICE_UID));
        let families = Arc::new(Index::new(label::FAMILY_HASH));
        let documents = Selection { namespace: namespace.clone(), ..Selection::default() };
        let ours = Selection {
            labels: Some(format!("{}={}", label::MANAGED_BY, label::BERTH)),
            ..documents.clone()
        };
        let nodes = Selection { managed_fields: ManagedFields::None, ..Selection::default() };
        let stores = Arc::new(Self {
            services: watches.watch(
                // Who writes which field tells whether an autoscaler and a manifest contest the count.
                Selection { managed_fields: ManagedFields::All, ..documents.clone() },
                on_service(queues),
            ),
            task_definitions: watches.watch(documents.clone(), on_task_definition(queues, &later)),
            discoveries: watches.watch(documents, on_discovery(queues, &later)),
            clusters: watches.watch(Selection::default(), on_cluster(queues, &later)),
            pods: watches.watch(
                Selection { managed_fields: ManagedFields::None, ..ours.clone() },
                on_pod(queues, &tasks),
            ),
            revisions: watches.watch(ours.clone(), on_revision(queues, &later, &families)),
            core_services: watches.watch(ours.clone(), on_core_service(queues)),
            budgets: watches.watch(ours, on_child::<PodDisruptionBudget>(queues)),
            nodes: watches.watch(nodes, |_: &Node, _| {}),
            tasks,
            families,
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
            && self.budgets.ready().await
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
            ("policy", "PodDisruptionBudget") => self.budgets.reflects(pending),
            _ => true,
        }
    }
}

fn on_service(queues: &Queues) -> impl Fn(&api::Service, Change) + Send + Sync + 'static + use<> {
    let queues = queues.clone();
    move |service, _| queues.services.add(Key::of(service))
}

fn on_task_definition(
    queues: &Queues,
    later: &Later,
) -> impl Fn(&api::TaskDefinition, Change) + Send + Sync + 'static + use<> {
    let (queues, later) = (queues.clone(), Arc::clone(later));
    move |definition, _| {
        queues.task_definitions.add(Key::of(definition));
        let family = crate::resolve::revision::family(definition);
        add_users(&queues, &later, &definition.namespace().unwrap_or_default(), &family);
    }
}

fn on_revision(
    queues: &Queues,
    later: &Later,
    families: &Arc<Index>,
) -> impl Fn(&ControllerRevision, Change) + Send + Sync + 'static + use<> {
    let (queues, later, families) = (queues.clone(), Arc::clone(later), Arc::clone(families));
    move |revision, change| {
        families.note(revision);
        for reference in revision.owner_references().iter().filter(|owner| owner.kind == "TaskDefinition") {
            queues.task_definitions.add(key(revision.namespace().unwrap_or_default(), &reference.name));
        }
        // A new revision is told by its TaskDefinition's status; only a lost or changed one matters here.
        if change == Change::Deleted
            && let Some(read) = crate::resolve::revision::read(revision)
        {
            add_users(&queues, &later, &revision.namespace().unwrap_or_default(), &read.family);
        }
    }
}

/// Adds every service of the namespace whose definition is of `family`.
fn add_users(queues: &Queues, later: &Later, namespace: &str, family: &str) {
    let Some(stores) = later.get() else { return };
    for service in stores.services.state() {
        if service.namespace().as_deref() == Some(namespace) && reference::is_of_family(&service, family) {
            queues.services.add(Key::of(&*service));
        }
    }
}

fn on_discovery(
    queues: &Queues,
    later: &Later,
) -> impl Fn(&api::ServiceDiscovery, Change) + Send + Sync + 'static + use<> {
    let (queues, later) = (queues.clone(), Arc::clone(later));
    move |discovery, _| {
        queues.discoveries.add(Key::of(discovery));
        let Some(stores) = later.get() else { return };
        for service in stores.services.state() {
            let registered = service.spec.service_registries.as_ref().is_some_and(|list| !list.is_empty());
            if registered && service.namespace() == discovery.namespace() {
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
    move |cluster, _| {
        queues.clusters.add(Key::of(cluster));
        let Some(stores) = later.get() else { return };
        for service in stores.services.state() {
            queues.services.add(Key::of(&*service));
        }
    }
}

fn on_pod(queues: &Queues, tasks: &Arc<Index>) -> impl Fn(&Pod, Change) + Send + Sync + 'static + use<> {
    let (queues, tasks) = (queues.clone(), Arc::clone(tasks));
    move |pod, _| {
        tasks.note(pod);
        add_controller(&queues, pod);
    }
}

fn on_core_service(queues: &Queues) -> impl Fn(&CoreService, Change) + Send + Sync + 'static + use<> {
    let queues = queues.clone();
    move |service, _| {
        add_controller(&queues, service);
        for owner in service.owner_references().iter().filter(|owner| owner.kind == "ServiceDiscovery") {
            queues.discoveries.add(key(service.namespace().unwrap_or_default(), &owner.name));
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
