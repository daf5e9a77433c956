//! A service's next task in, a pod out.
//!
//! The pod holds nothing that the document did not say or ECS does not do: no service links, no token,
//! no capability more or less than the runtime's own. It passes the *baseline* pod security standard.

use super::container::{containers, some};
use super::meta::{entry, labelled, meta};
use super::order::Order;
use super::{
    Capabilities, confinement, log_router, names, network, resources, service_account, tags, volume,
};
use crate::model::task_definition::Pull;
use crate::model::{Container, DeploymentId, Service, TaskDefinition, label, name};
use crate::placement::{self, NodeView, attribute, rules};
use k8s_openapi::api::core::v1 as corev1;
use std::collections::BTreeMap;

/// A task that is about to be started.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// The service that it belongs to.
    pub service: &'a Service,
    /// The deployment that starts it.
    pub deployment: &'a DeploymentId,
    /// The revision that it runs; not always the service's newest.
    pub task_definition: &'a TaskDefinition,
    /// Its number within the deployment.
    pub number: u32,
    /// The zone that it has to run in, where it is started so as to balance the zones.
    pub zone: Option<&'a str>,
    /// The nodes that are known, for queries that only their values answer.
    pub nodes: &'a [NodeView],
    /// What the cluster can do.
    pub capabilities: Capabilities,
}

/// The pod of a task, without owner references.
///
/// A constraint that has no form on Kubernetes makes a pod that no node takes; `placement::check` tells
/// which ones, so that a service with one is refused before.
pub fn task(launch: &Launch<'_>) -> corev1::Pod {
    let labels = labels(launch);
    let name = task_name(launch.service, launch.deployment, launch.number);
    let mut metadata = meta(&launch.service.identity.namespace, name, labels);
    let order = Order::of(launch.task_definition, launch.capabilities);
    metadata.annotations = Some(annotations(launch, &order));
    corev1::Pod { metadata, spec: Some(spec(launch, &order)), status: None }
}

/// The name of a task's pod: the same for the same task, so that starting it twice is a conflict.
pub fn task_name(service: &Service, deployment: &DeploymentId, number: u32) -> String {
    name::dns_label(&service.identity.name, &format!("-{}-{number:04}", deployment.short()), name::MAX)
}

fn labels(launch: &Launch<'_>) -> Vec<(String, String)> {
    let Launch { service, deployment, task_definition, .. } = launch;
    let mut labels = vec![
        entry(label::SERVICE_UID, &service.identity.uid),
        entry(label::DEPLOYMENT, deployment.hash()),
        labelled(label::CLUSTER, &service.cluster),
        labelled(label::SERVICE, &service.name),
        labelled(label::FAMILY, &task_definition.family),
        entry(label::REVISION, task_definition.revision.to_string()),
        entry(&label::group(&service.group()), ""),
    ];
    labels.extend(service.target_groups.iter().map(|group| entry(&label::target_group(&group.name), "")));
    labels.extend(tags::labels(service, task_definition));
    labels.extend(service.registrations.iter().map(|one| entry(&label::discovery(&one.discovery), "")));
    labels
}

fn annotations(launch: &Launch<'_>, order: &Order<'_>) -> BTreeMap<String, String> {
    let Launch { service, task_definition, .. } = launch;
    let mut annotations = BTreeMap::from([
        entry(label::GROUP, service.group()),
        entry(label::CLUSTER, &service.cluster),
        entry(label::SERVICE, &service.name),
        entry(label::FAMILY, &task_definition.family),
        // Autoscalers keep a node with pods of controllers that they do not know, unless told.
        entry(label::SAFE_TO_EVICT, "true"),
    ]);
    let renamed: serde_json::Map<_, _> = task_definition
        .containers
        .iter()
        .map(|container| (names::legal(&container.name), container.name.clone()))
        .filter(|(legal, name)| legal != name)
        .map(|(legal, name)| (legal, name.into()))
        .collect();
    let containers = || task_definition.containers.iter().filter(|container| container.essential);
    let essential: Vec<String> = containers().map(|container| names::legal(&container.name)).collect();
    annotations.insert(label::ESSENTIAL.to_owned(), essential.join(","));
    let checks = containers().filter_map(|container| container.health_check.as_ref());
    if let Some(period) = checks.map(|check| check.start_period).max().filter(|period| *period > 0) {
        annotations.insert(label::START_PERIOD.to_owned(), period.to_string());
    }
    annotations.extend(launch.zone.map(|zone| entry(label::MOVED_TO, zone)));
    annotations.extend(tags::annotation(service, task_definition));
    annotations.extend(log_router::settings(service, task_definition));
    annotations.extend(task_definition.containers.iter().flat_map(logs));
    let afresh = task_definition.containers.iter().filter(|container| container.pull == Pull::Afresh);
    let afresh: Vec<&str> = afresh.map(|container| container.name.as_str()).collect();
    if !afresh.is_empty() {
        annotations.insert(label::PULLED_AFRESH.to_owned(), afresh.join(","));
    }
    if let Some(turns) = order.annotation().and_then(|turns| serde_json::to_string(&turns).ok()) {
        annotations.insert(label::START_ORDER.to_owned(), turns);
    }
    let restarted = task_definition.containers.iter().filter_map(|container| {
        let period = container.restart.as_ref()?.attempt_period;
        Some((names::legal(&container.name), period.into()))
    });
    let periods: serde_json::Map<_, _> = restarted.collect();
    if !periods.is_empty() {
        annotations.insert(label::RESTART_PERIODS.to_owned(), serde_json::Value::Object(periods).to_string());
    }
    if !renamed.is_empty() {
        annotations.insert(label::CONTAINER_NAMES.to_owned(), serde_json::Value::Object(renamed).to_string());
    }
    annotations
}

/// What a log agent needs to know to write a container's output where the document wants it.
fn logs(container: &Container) -> Vec<(String, String)> {
    let Some(log) = &container.log else { return Vec::new() };
    let known =
        [("driver", Some(&log.driver)), ("group", log.group.as_ref()), ("region", log.region.as_ref())];
    let all = known.into_iter().chain([("stream", log.stream.as_ref())]);
    let name = names::legal(&container.name);
    all.filter_map(|(what, text)| Some((label::log(what, &name), text?.clone()))).collect()
}

fn spec(launch: &Launch<'_>, order: &Order<'_>) -> corev1::PodSpec {
    let Launch { service, task_definition, capabilities, .. } = launch;
    let alias = |(ip, names): &(String, Vec<String>)| corev1::HostAlias {
        ip: ip.clone(),
        hostnames: some(names.clone()),
    };
    let mut spec = corev1::PodSpec {
        automount_service_account_token: Some(false),
        containers: containers(service, task_definition, order),
        enable_service_links: Some(false),
        host_aliases: some(task_definition.extra_hosts.iter().map(alias).collect()),
        host_ipc: task_definition.node_namespaces.ipc.then_some(true),
        host_pid: task_definition.node_namespaces.pid.then_some(true),
        image_pull_secrets: some(pull_secrets(task_definition)),
        restart_policy: Some("Never".into()),
        security_context: (!is_windows(task_definition)).then(|| confinement::of_pod(task_definition)),
        share_process_namespace: task_definition.shared_pid.then_some(true),
        termination_grace_period_seconds: Some(grace_period(service, order)),
        service_account_name: task_definition.access.role.as_ref().map(service_account::service_account_name),
        volumes: some(
            [volume::volumes(service, task_definition), log_router::volumes(task_definition)].concat(),
        ),
        ..Default::default()
    };
    network::connect(&mut spec, task_definition);
    resources::charge(&mut spec, task_definition, *capabilities, order.has_inits());
    set_apart(&mut spec, task_definition, order);
    place(&mut spec, launch);
    spec
}

fn pull_secrets(task_definition: &TaskDefinition) -> Vec<corev1::LocalObjectReference> {
    let names = task_definition.access.pull_secrets.iter();
    names.map(|name| corev1::LocalObjectReference { name: name.clone() }).collect()
}

fn place(spec: &mut corev1::PodSpec, launch: &Launch<'_>) {
    let Launch { service, task_definition, nodes, zone, .. } = launch;
    let demand = rules::Demand {
        placement: &service.placement,
        group: &service.group(),
        architecture: task_definition.architecture.as_deref(),
        operating_system: task_definition.operating_system.as_deref(),
    };
    let mut rules = placement::rules(&demand, nodes).unwrap_or_else(|_| placement::Rules::nowhere());
    if let Some(zone) = zone {
        rules.node_selector.insert(attribute::key(attribute::ZONE).into_owned(), (*zone).to_owned());
    }
    spec.node_selector = Some(rules.node_selector).filter(|selector| !selector.is_empty());
    spec.affinity = rules.affinity;
    spec.topology_spread_constraints = some(rules.spread);
    spec.scheduler_name = rules.scheduler;
}

/// Seconds that a container serves on after it was asked to stop.
pub fn drain_seconds(service: &Service) -> u32 {
    if service.is_reachable() { service.deregistration_delay } else { 0 }
}

/// The preStop sleeps count against the grace period, so the stopTimeouts come on top of the delay.
fn grace_period(service: &Service, order: &Order<'_>) -> i64 {
    i64::from(order.stop_seconds()) + i64::from(drain_seconds(service))
}

/// Moves the init containers to a list of their own.
fn set_apart(spec: &mut corev1::PodSpec, task_definition: &TaskDefinition, order: &Order<'_>) {
    let containers = std::mem::take(&mut spec.containers);
    let mut inits = Vec::new();
    for (container, definition) in containers.into_iter().zip(&task_definition.containers) {
        let list = if order.is_init(definition) { &mut inits } else { &mut spec.containers };
        list.push(container);
    }
    spec.init_containers = some(inits);
}

/// Whether the task runs on Windows, where Linux' security settings and task sizes mean nothing.
pub fn is_windows(task_definition: &TaskDefinition) -> bool {
    task_definition.operating_system.as_deref() == Some("windows")
}
