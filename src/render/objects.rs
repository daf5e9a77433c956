//! A sound bundle → everything that the operator would write, in the order of writing.

use super::Remark;
use super::bundle::{Bundle, Item};
use super::judge::{Judged, Missing, Report};
use crate::api::service::status::PlacementStatus;
use crate::api::{GROUP, Service, ServiceDiscovery, TaskDefinition, VERSION};
use crate::conclude::service::Facts;
use crate::conclude::task_definition::Family;
use crate::conclude::{self, service as concluded};
use crate::model::{self, Identity, Instance, Task, label};
use crate::placement::strategy;
use crate::resolve::task::{self, Reading};
use crate::resolve::{self, Resolved, revision};
use crate::translate::{self, Capabilities, Launch};
use crate::{api, rollout};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde::Serialize;

/// The newest Kubernetes.
pub(super) const CAPABILITIES: Capabilities =
    Capabilities { pod_level_resources: true, container_restart_rules: true };

/// No clock is read here.
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// YAML documents by kind, each kind in the order of the files.
#[derive(Default)]
struct Output {
    revisions: Vec<String>,
    shared: Vec<String>,
    core_services: Vec<String>,
    budgets: Vec<String>,
    tasks: Vec<String>,
    statuses: Vec<String>,
}

impl Bundle {
    /// What the operator would write, as YAML documents in the order of writing: revisions, ServiceAccounts
    /// and ExternalSecrets, core Services, budgets, tasks; then the statuses it would show. With it, what is worth knowing.
    ///
    /// # Errors
    /// All that is wrong, in any of the documents.
    pub fn render(&self) -> Result<(Vec<String>, Vec<Remark>), Report> {
        let Judged { mut report, revisions, services } = self.judge(Missing::IsWrong);
        if !report.violations.is_empty() {
            return Err(self.told(report, Missing::IsWrong));
        }
        let mut output = Output::default();
        for (item, _) in &revisions {
            output.definition(&item.object);
        }
        for item in &self.discoveries {
            output.discovery(&item.object);
        }
        for (item, resolved) in &services {
            let unplaceable = output.service(&item.object, resolved, self);
            report.notes.extend(unplaceable.then(|| nowhere(item)));
        }
        // What merely changes nothing stands in the statuses.
        report.notes.retain(|note| self.notes.contains(note) || is_about_nodes(note));
        let Output { revisions, shared, core_services, budgets, tasks, statuses } = output;
        let documents = [revisions, shared, core_services, budgets, tasks, statuses].concat();
        Ok((documents, self.shortened(report.notes)))
    }
}

const ABOUT_NODES: &str = "no known node meets the constraints";

fn nowhere(item: &Item<Service>) -> Remark {
    let message = format!(
        "{ABOUT_NODES}: give the nodes as well, as in: kubectl get nodes -o yaml | berth render --nodes - FILE"
    );
    super::bundle::remark(&item.source, &item.label, "spec.placementConstraints", message)
}

fn is_about_nodes(note: &Remark) -> bool {
    note.violation.message.starts_with(ABOUT_NODES)
}

impl Output {
    fn definition(&mut self, object: &TaskDefinition) {
        let (family, number) = (revision::family(object), first_number(object));
        // In the order of writing: no number is given twice.
        self.revisions.push(yaml(&translate::revision_counter(&identity(object), &family, number)));
        self.revisions.push(yaml(&controller_revision(object)));
        let judgement = api::fate::judge_spec(api::fate::Document::TaskDefinition, &object.spec);
        let in_vain = resolve::without_effect(&judgement);
        let remarks = (!in_vain.is_empty()).then(|| conclude::task_definition::without_effect(&in_vain));
        let generation = object.metadata.generation.unwrap_or(1);
        let remarks: Vec<_> = remarks.into_iter().collect();
        let (status, _) = conclude::task_definition::registered(
            &api::TaskDefinitionStatus::default(),
            generation,
            &Family { name: family, latest: number, active: vec![number], ..Family::default() },
            &remarks,
            NOW,
        );
        self.statuses.push(status_of("TaskDefinition", object, &status));
    }

    fn discovery(&mut self, object: &ServiceDiscovery) {
        let identity = identity(object);
        self.core_services.push(yaml(&translate::discovery_service(&identity, &[])));
        let (status, _) = conclude::service_discovery::published(&Default::default(), &identity, NOW);
        self.statuses.push(status_of("ServiceDiscovery", object, &status));
    }

    /// What its tasks share with those of others, each once.
    fn shared(&mut self, service: &model::Service) {
        let (namespace, access) = (&service.identity.namespace, &service.task_definition.access);
        let account = access.role.as_ref();
        let account = account.and_then(|role| translate::service_account(namespace, &service.cluster, role));
        let secrets = access.fetched.iter();
        let secrets = secrets.map(|one| yaml(&translate::external_secret(namespace, &service.cluster, one)));
        for text in account.iter().map(yaml).chain(secrets) {
            if !self.shared.contains(&text) {
                self.shared.push(text);
            }
        }
    }

    /// Whether its tasks find no node.
    fn service(&mut self, object: &Service, resolved: &Resolved, bundle: &Bundle) -> bool {
        let service = &resolved.service;
        self.shared(service);
        self.core_services.extend(translate::target_group_services(service).iter().map(yaml));
        self.budgets.push(yaml(&translate::disruption_budget(service, false)));
        let (deployments, _) = rollout::deployments(service, &[], NOW);
        let plan = rollout::plan(service, &deployments, &[], NOW);
        let mut pods: Vec<Pod> = Vec::new();
        for start in &plan.start {
            let numbers = start.first_number..start.first_number + start.count;
            pods.extend(numbers.map(|number| {
                translate::task(&Launch {
                    service,
                    deployment: &start.deployment,
                    task_definition: &service.task_definition,
                    number,
                    zone: None,
                    nodes: &bundle.nodes,
                    capabilities: CAPABILITIES,
                })
            }));
        }
        let texts: Vec<String> = pods.iter().map(yaml).collect();
        let nowhere = texts.iter().any(|text| text.contains(label::NO_NODE));
        self.tasks.extend(texts);
        let nowhere_yet = |_: &str| Instance::default();
        let reading = Reading::of(service, &nowhere_yet, NOW);
        let tasks: Vec<Task> = pods.iter().filter_map(|pod| task::task(pod, &reading)).collect();
        let preferences = strategy::preferences(&service.placement, &service.group());
        let facts = Facts {
            service,
            deployments: &plan.deployments,
            tasks: &tasks,
            deadlock: plan.deadlock,
            held: plan.held,
            problem: None,
            unplaced: None,
            placement: PlacementStatus {
                strategies: preferences.exactness.as_str().to_owned(),
                reason: preferences.exactness.reason().map(str::to_owned),
                profile: preferences.scheduler,
            },
            remarks: remarks(object, resolved),
            document: concluded::Document::Obeyed(concluded::accepted(&object.spec)),
        };
        let shown = concluded::conclude(&api::ServiceStatus::default(), &facts, Vec::new(), NOW);
        self.statuses.push(status_of("Service", object, &shown.status));
        nowhere
    }
}

fn remarks(object: &Service, resolved: &Resolved) -> Vec<conclude::Finding> {
    concluded::remarks(
        &object.spec,
        (resolved.unmapped_role(), resolved.unmapped_images()),
        &resolved.without_effect,
        !resolved.cluster_implied,
        &resolved.missing_registries,
    )
}

fn first_number(object: &TaskDefinition) -> i64 {
    revision::first_number(object).unwrap_or(1)
}

/// The first revision of a definition's family.
pub(super) fn controller_revision(object: &TaskDefinition) -> ControllerRevision {
    let (family, number) = (revision::family(object), first_number(object));
    let content = revision::content(&family, &object.spec);
    translate::controller_revision(&identity(object), &family, number, &content)
}

fn identity<K: ResourceExt>(object: &K) -> Identity {
    Identity {
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
        generation: object.meta().generation.unwrap_or(1),
    }
}

/// The part of an object that the operator writes into its status.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusOf<'a, S> {
    api_version: String,
    kind: &'static str,
    metadata: Place,
    status: &'a S,
}

#[derive(Serialize)]
struct Place {
    name: String,
    namespace: String,
}

fn status_of<K: ResourceExt, S: Serialize>(kind: &'static str, object: &K, status: &S) -> String {
    let metadata = Place { name: object.name_any(), namespace: object.namespace().unwrap_or_default() };
    yaml(&StatusOf { api_version: format!("{GROUP}/{VERSION}"), kind, metadata, status })
}

fn yaml(object: &impl Serialize) -> String {
    serde_saphyr::to_string(object).unwrap_or_default()
}
