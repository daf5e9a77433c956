//! What Berth watches.

mod fleet;
mod triggers;

use super::indexes::Indexes;
use super::run::Queues;
use crate::api;
use crate::kubernetes::{ManagedFields, Selection, Watched, Watches};
use crate::model::label;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{Node, Pod, Service as CoreService, ServiceAccount};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use std::sync::{Arc, OnceLock};
use triggers::{
    on_child, on_cluster, on_core_service, on_discovery, on_node, on_pod, on_revision, on_service,
    on_service_account, on_slice, on_task_definition,
};

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
                on_pod(queues, &later, &indexes),
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
