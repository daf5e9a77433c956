//! What a cluster holds, read from it or from files that stand for it; with files of custom resources laid over it.

use super::Bundle;
use super::objects::controller_revision;
use crate::api::{self, Service, TaskDefinition, TaskDefinitionStatus};
use crate::model::{Instance, Task, Violation, label};
use crate::placement::NodeView;
use crate::placement::explain::Asked;
use crate::placement::expression;
use crate::resolve::reference::{Obstacle, definition_of};
use crate::resolve::revision::{self, Revision};
use crate::resolve::task::{self, Reading};
use crate::resolve::{self, Interest, References, Resolved};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::{Resource, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// Everything in a cluster that placement and changes depend on.
#[derive(Clone, Debug, Default)]
pub struct Situation {
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Pods of all namespaces, as far as they may be read.
    pub pods: Vec<Pod>,
    /// Services.
    pub services: Vec<Arc<Service>>,
    /// Task definitions.
    pub definitions: Vec<Arc<TaskDefinition>>,
    /// Service discoveries.
    pub discoveries: Vec<Arc<api::ServiceDiscovery>>,
    /// Clusters.
    pub clusters: Vec<Arc<api::Cluster>>,
    /// Registered revisions and counters.
    pub revisions: Vec<ControllerRevision>,
    /// Whether there is a scheduler with a profile for each order of strategies.
    pub profiles: bool,
}

/// What a file's definition does to its family.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    pub namespace: String,
    pub revision: Revision,
    /// The number of the newest revision before; none where the family is new.
    pub before: Option<i64>,
    /// Whether `revision` is still to be registered.
    pub is_new: bool,
}

impl Situation {
    /// Reads documents of a file that stands for a cluster; what means nothing here is passed over.
    pub fn add(&mut self, document: Value) {
        if let Some(items) = document.get("items").and_then(Value::as_array) {
            items.iter().for_each(|item| self.add(item.clone()));
            return;
        }
        let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match (text("apiVersion").as_str(), text("kind").as_str()) {
            ("v1", "Node") => self.nodes.extend(typed(document)),
            ("v1", "Pod") => self.pods.extend(typed(document)),
            ("apps/v1", "ControllerRevision") => self.revisions.extend(typed(document)),
            (version, kind) if version.starts_with(api::GROUP) => match kind {
                "Service" => self.services.extend(typed(document).map(Arc::new)),
                "TaskDefinition" => self.definitions.extend(typed(document).map(Arc::new)),
                "ServiceDiscovery" => self.discoveries.extend(typed(document).map(Arc::new)),
                "Cluster" => self.clusters.extend(typed(document).map(Arc::new)),
                _ => {}
            },
            _ => {}
        }
    }

    /// The situation as it will be with the documents of `bundle` in it, and what becomes of its families.
    pub(super) fn with(&self, bundle: &Bundle) -> (Self, Vec<Registration>) {
        let mut after = self.clone();
        after.profiles |= bundle.profiles;
        lay(&mut after.clusters, bundle.clusters.iter().map(|item| (*item.object).clone()));
        lay(&mut after.discoveries, bundle.discoveries.iter().map(|item| (*item.object).clone()));
        let known = |service: &Service| {
            let same = |one: &&Arc<Service>| is_same_object(one.meta(), service.meta());
            self.services.iter().find(same)
        };
        let services = bundle.services.iter().map(|item| match known(&item.object) {
            Some(live) => edited(live, &item.object),
            None => (*item.object).clone(),
        });
        lay(&mut after.services, services);
        let registrations: Vec<Registration> =
            bundle.definitions.iter().map(|item| self.registration(&item.object)).collect();
        let definitions = bundle.definitions.iter().map(|item| {
            let mut definition = (*item.object).clone();
            // As if it had been judged already.
            let observed_generation = definition.metadata.generation;
            definition.status = Some(TaskDefinitionStatus { observed_generation, ..Default::default() });
            definition
        });
        lay(&mut after.definitions, definitions);
        (after, registrations)
    }

    fn registration(&self, definition: &TaskDefinition) -> Registration {
        let namespace = definition.namespace().unwrap_or_default();
        let family = revision::family(definition);
        let newest = self.family(&namespace, &family).into_iter().max_by_key(|known| known.number);
        let before = newest.as_ref().map(|newest| newest.number);
        if let Some(newest) =
            newest.filter(|one| !one.inactive && revision::is_same(&one.spec, &definition.spec))
        {
            return Registration { namespace, revision: newest, before, is_new: false };
        }
        let object = controller_revision(definition);
        let hash = |object: &ControllerRevision| object.labels().get(label::FAMILY_HASH).cloned();
        let counted = self.revisions.iter().filter(|known| {
            known.namespace().unwrap_or_default() == namespace && hash(known) == hash(&object)
        });
        let highest = counted.filter_map(|object| object.revision).max().max(before);
        let first = object.revision.unwrap_or(1);
        let number = highest.map_or(first, |highest| highest + 1);
        let revision = Revision {
            object: object.name_any(),
            family,
            number,
            inactive: false,
            registered_at: None,
            deregistered_at: None,
            spec: api::TaskDefinitionSpec { kubernetes: None, ..definition.spec.clone() },
        };
        Registration { namespace, revision, before, is_new: true }
    }

    /// The registered revisions of a family.
    fn family(&self, namespace: &str, family: &str) -> Vec<Revision> {
        let here = self.revisions.iter().filter(|one| one.namespace().unwrap_or_default() == namespace);
        here.filter_map(revision::read).filter(|revision| revision.family == family).collect()
    }

    /// `service` among all that it may refer to, `registrations` included.
    pub(super) fn resolve(
        &self,
        service: &Service,
        registrations: &[Registration],
    ) -> Result<Resolved, Obstacle> {
        let namespace = service.namespace().unwrap_or_default();
        let family = definition_of(service).map(|reference| reference.family).unwrap_or_default();
        let mut revisions = self.family(&namespace, &family);
        let new = registrations.iter().filter(|one| one.is_new && one.namespace == namespace);
        revisions.extend(new.map(|one| one.revision.clone()).filter(|revision| revision.family == family));
        let references = References {
            services: here(&self.services, &namespace),
            definitions: here(&self.definitions, &namespace),
            discoveries: here(&self.discoveries, &namespace),
            clusters: self.clusters.clone(),
            revisions,
            profiles: self.profiles,
        };
        resolve::resolve(service, &references)
    }

    /// The pods that the Service called `name` controls.
    pub(super) fn pods_of(&self, namespace: &str, name: &str) -> Vec<&Pod> {
        let is_its = |pod: &&Pod| {
            pod.namespace().unwrap_or_default() == namespace && owner(pod).is_some_and(|owner| owner == name)
        };
        self.pods.iter().filter(is_its).collect()
    }

    /// A Service by its name.
    pub(super) fn service(&self, namespace: &str, name: &str) -> Option<&Arc<Service>> {
        let is =
            |one: &&Arc<Service>| one.name_any() == name && one.namespace().unwrap_or_default() == namespace;
        self.services.iter().find(is)
    }

    /// The tasks of a Service as they are.
    pub(super) fn tasks(&self, resolved: &Resolved, now: Timestamp) -> Vec<Task> {
        let service = &resolved.service;
        let asked = Interest::by(&service.placement);
        let instance = |name: &str| self.instance(name, &asked);
        let reading = Reading::of(service, &instance, now);
        let pods = self.pods_of(&service.identity.namespace, &service.identity.name);
        pods.into_iter().filter_map(|pod| task::task(pod, &reading)).collect()
    }

    fn instance(&self, name: &str, asked: &Interest) -> Instance {
        let node = self.nodes.iter().find(|node| node.name_any() == name);
        node.map(|node| resolve::instance(node, asked, &|name| self.pods_on(name))).unwrap_or_default()
    }

    /// The pods that hold something of a node.
    fn pods_on(&self, node: &str) -> Vec<Arc<Pod>> {
        let is_there =
            |pod: &&Pod| pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()) == Some(node);
        self.pods.iter().filter(is_there).cloned().map(Arc::new).collect()
    }

    /// The nodes as queries see them.
    pub(super) fn views(&self) -> Vec<NodeView> {
        self.nodes.iter().map(NodeView::of).collect()
    }
}

/// The name of the Service that controls a pod.
pub(super) fn owner(pod: &Pod) -> Option<String> {
    let owners = pod.owner_references().iter().filter(|owner| owner.controller == Some(true));
    let mut ours = owners.filter(|one| one.kind == "Service" && one.api_version.starts_with(api::GROUP));
    ours.next().map(|owner| owner.name.clone())
}

/// The queries of a service and its definition, as their user wrote them.
pub(super) fn asked(service: &Service, revision: &Revision) -> Vec<Asked> {
    let own = service.spec.placement_constraints.iter().flatten().map(|one| one.expression.clone());
    let shared = revision.spec.placement_constraints.iter().flatten().map(|one| one.expression.clone());
    let words = shared.chain(own).flatten();
    words.filter_map(|words| Some(Asked { query: expression::parse(&words).ok()?, words })).collect()
}

/// All that stands in a service's way, as paths and words.
pub(super) fn told(obstacle: Obstacle) -> String {
    let all: Vec<String> = obstacle.violations.iter().map(Violation::to_string).collect();
    all.join("; ")
}

/// A live object with what a file says of it.
fn edited(live: &Service, file: &Service) -> Service {
    let mut after = live.clone();
    if live.spec != file.spec {
        after.metadata.generation = live.metadata.generation.map(|generation| generation + 1);
    }
    after.spec = file.spec.clone();
    // A count that the file leaves to an autoscaler stays.
    after.spec.desired_count = file.spec.desired_count.or(live.spec.desired_count);
    after.annotations_mut().extend(file.annotations().clone());
    after
}

type Meta = k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

fn is_same_object(one: &Meta, other: &Meta) -> bool {
    one.name == other.name && one.namespace == other.namespace
}

/// Puts `objects` over those of the same name.
fn lay<K: Resource>(under: &mut Vec<Arc<K>>, objects: impl Iterator<Item = K>) {
    for object in objects {
        under.retain(|known| !is_same_object(known.meta(), object.meta()));
        under.push(Arc::new(object));
    }
}

fn here<K: ResourceExt>(objects: &[Arc<K>], namespace: &str) -> Vec<Arc<K>> {
    let here = objects.iter().filter(|object| object.namespace().unwrap_or_default() == namespace);
    here.cloned().collect()
}

fn typed<K: DeserializeOwned>(document: Value) -> Option<K> {
    serde_json::from_value(document).ok()
}
