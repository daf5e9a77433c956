//! A Service and what it refers to → the service to keep true, or all that is wrong with it.

use super::grants::{Grants, Permission};
use super::{arn, placement, rebalancing, volume};
use crate::api;
use crate::model::placement::Scheduler;
use crate::model::{
    Identity, Placement, Registration, Service, TagSource, Tagging, TargetGroup, TaskDefinition, Violation,
    label, name,
};
use crate::placement::{Demand, rules};
use kube::ResourceExt;
use serde_json::json;

/// Where a cluster's tasks may run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterNodes {
    /// Labels that its nodes bear.
    pub selector: Vec<(String, String)>,
    /// Strategy of services that name none.
    pub default_strategy: Vec<api::service::placement::PlacementStrategy>,
    /// Whether tasks that ask for a port of the node get along with a port of their own.
    pub host_ports_on_pods: bool,
    /// Whether there is a scheduler with a profile for each order of strategies.
    pub profiles: bool,
    /// What the service's namespace is granted.
    pub grants: Grants,
}

/// The name of a service in ECS's form.
pub fn service_name(service: &api::Service) -> String {
    service.spec.service_name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| service.name_any())
}

/// The name of the cluster that a service is in.
pub fn cluster_name(service: &api::Service) -> &str {
    service.spec.cluster.as_deref().filter(|name| !name.is_empty()).map_or("default", arn::cluster)
}

/// Resolves `service` with the revision that its tasks run, its cluster, and the objects' names that its
/// registries stand for.
///
/// # Errors
/// Every rule that the service breaks.
pub fn service(
    service: &api::Service,
    definition: TaskDefinition,
    cluster: &ClusterNodes,
    discovery_name: &dyn Fn(&str) -> String,
) -> Result<Service, Vec<Violation>> {
    let spec = &service.spec;
    let mut found = Vec::new();
    let target_groups = target_groups(spec, &definition, &mut found);
    let placement = place(service, &definition, cluster, &mut found);
    host_ports(cluster_name(service), &definition, cluster, &mut found);
    let launch_volumes = volume::launch::volumes(spec, &definition, &cluster.grants, &mut found);
    let configuration = spec.deployment_configuration.clone().unwrap_or_default();
    let kubernetes = spec.kubernetes.clone().unwrap_or_default();
    if !found.is_empty() {
        return Err(found);
    }
    Ok(Service {
        identity: Identity {
            namespace: service.namespace().unwrap_or_default(),
            name: service.name_any(),
            uid: service.uid().unwrap_or_default(),
            generation: service.metadata.generation.unwrap_or(0),
        },
        name: service_name(service),
        cluster: cluster_name(service).to_owned(),
        desired_count: natural(spec.desired_count, 1),
        minimum_healthy_percent: natural(configuration.minimum_healthy_percent, 100),
        maximum_percent: natural(configuration.maximum_percent, 200),
        rebalances: rebalances(spec) && rebalancing::obstacle(spec, &placement).is_none(),
        placement,
        target_groups,
        registrations: registrations(spec, discovery_name),
        health_check_grace_period: natural(spec.health_check_grace_period_seconds, 0),
        deregistration_delay: natural(kubernetes.deregistration_delay_seconds, 10),
        stopped_tasks_kept: natural(kubernetes.stopped_tasks_kept, 10),
        tagging: tagging(spec),
        launch_volumes,
        fingerprint: fingerprint(service, &definition.reference()),
        task_definition: definition,
    })
}

/// ECS's default is to rebalance wherever that is possible
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html>).
fn rebalances(spec: &api::ServiceSpec) -> bool {
    spec.availability_zone_rebalancing.as_deref() != Some("DISABLED")
}

fn natural(value: Option<i32>, default: u32) -> u32 {
    value.and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
}

fn target_groups(
    spec: &api::ServiceSpec,
    definition: &TaskDefinition,
    found: &mut Vec<Violation>,
) -> Vec<TargetGroup> {
    let mut groups = Vec::new();
    for (index, entry) in spec.load_balancers.iter().flatten().enumerate() {
        let path = format!("spec.loadBalancers[{index}]");
        let Some(text) = entry.target_group_arn.as_deref().filter(|text| !text.is_empty()) else {
            found.push(Violation::new(path, "needs targetGroupArn: the ARN or name of a target group"));
            continue;
        };
        let container = entry.container_name.clone().unwrap_or_default();
        let port = entry.container_port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0);
        match definition.containers.iter().find(|known| known.name == container) {
            None => found.push(Violation::new(
                format!("{path}.containerName"),
                format!("The container {container} does not exist in the task definition."),
            )),
            Some(known) if !known.ports.iter().any(|mapped| mapped.container_port == port) => {
                found.push(Violation::new(
                    format!("{path}.containerPort"),
                    format!("The container {container} did not have a container port {port} defined."),
                ));
            }
            Some(_) => groups.push(TargetGroup { name: arn::target_group(text).to_owned(), container, port }),
        }
    }
    groups
}

/// A port of the node is no port of a task, unless an administrator says that it need not be.
fn host_ports(name: &str, definition: &TaskDefinition, cluster: &ClusterNodes, found: &mut Vec<Violation>) {
    let ports: Vec<String> = definition
        .fixed_host_ports()
        .map(|(container, port)| format!("hostPort {port} of container {container}"))
        .collect();
    if ports.is_empty() || cluster.host_ports_on_pods {
        return;
    }
    let message = format!(
        "{} asks for ports of the node ({}), which need permission HostPorts: write hostPort 0 or leave it out; or, if target \
         groups and discovery alone may lead to such ports, an administrator sets kubernetes.fixedHostPorts: podNetwork in \
         Cluster \"{name}\"",
        definition.reference(),
        ports.join(", "),
    );
    found.push(cluster.grants.not_permitted("spec.taskDefinition", message, Permission::HostPorts));
}

/// What is wrong with the constraints and strategies of a service, whatever it runs.
pub fn placement_rules(spec: &api::ServiceSpec) -> Vec<Violation> {
    let mut found = Vec::new();
    placement::constraints(spec.placement_constraints.as_deref().unwrap_or_default(), &mut found);
    placement::strategies(spec.placement_strategy.as_deref().unwrap_or_default(), &mut found);
    found
}

fn place(
    service: &api::Service,
    definition: &TaskDefinition,
    cluster: &ClusterNodes,
    found: &mut Vec<Violation>,
) -> Placement {
    let spec = &service.spec;
    let written = spec.placement_strategy.as_deref().filter(|list| !list.is_empty());
    let mut constraints = definition.constraints.clone();
    constraints
        .extend(placement::constraints(spec.placement_constraints.as_deref().unwrap_or_default(), found));
    if constraints.len() > 10 {
        let message = "at most 10 constraints, those of the task definition included";
        found.push(Violation::new("spec.placementConstraints", message));
    }
    let placement = Placement {
        constraints,
        strategies: placement::strategies(written.unwrap_or(&cluster.default_strategy), found),
        cluster_nodes: cluster.selector.clone(),
        scheduler: scheduler(spec, cluster),
    };
    let group = format!("service:{}", service_name(service));
    let demand = Demand {
        placement: &placement,
        group: &group,
        architecture: definition.architecture.as_deref(),
        operating_system: definition.operating_system.as_deref(),
    };
    // Each constraint has a form of its own; together they may be too many.
    if found.is_empty()
        && let Err(unsupported) = rules(&demand, &[])
    {
        found.push(Violation::new("spec.placementConstraints", unsupported.to_string()));
    }
    placement
}

fn scheduler(spec: &api::ServiceSpec, cluster: &ClusterNodes) -> Scheduler {
    let named = spec.kubernetes.as_ref().and_then(|kubernetes| kubernetes.scheduler.clone());
    match named {
        Some(name) => Scheduler::Named(name),
        None if cluster.profiles => Scheduler::Profiles,
        None => Scheduler::Default,
    }
}

fn registrations(spec: &api::ServiceSpec, discovery_name: &dyn Fn(&str) -> String) -> Vec<Registration> {
    let entries = spec.service_registries.iter().flatten();
    entries
        .filter_map(|entry| {
            let text = entry.registry_arn.as_deref().filter(|text| !text.is_empty())?;
            let port = entry.port.or(entry.container_port).and_then(|port| u16::try_from(port).ok());
            Some(Registration { discovery: discovery_name(text), port })
        })
        .collect()
}

/// How tasks are tagged; ECS's default is not at all
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>).
fn tagging(spec: &api::ServiceSpec) -> Tagging {
    let source = match spec.propagate_tags.as_deref() {
        Some("TASK_DEFINITION") => TagSource::TaskDefinition,
        Some("SERVICE") => TagSource::Service(super::tags(spec.tags.as_deref().unwrap_or_default())),
        _ => TagSource::None,
    };
    Tagging { source, managed: spec.enable_ecs_managed_tags.unwrap_or(false) }
}

/// A hash over everything whose change starts a new deployment
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html>), and the user's
/// token for a forced one. `definition` is the revision as ECS writes it.
pub(super) fn fingerprint(service: &api::Service, definition: &str) -> String {
    let spec = &service.spec;
    let deploying = json!({
        "taskDefinition": definition,
        "platformVersion": spec.platform_version,
        "networkConfiguration": spec.network_configuration,
        "loadBalancers": spec.load_balancers.as_ref().filter(|list| !list.is_empty()),
        "serviceRegistries": spec.service_registries.as_ref().filter(|list| !list.is_empty()),
        "serviceConnectConfiguration": spec.service_connect_configuration,
        "volumeConfigurations": spec.volume_configurations.as_ref().filter(|list| !list.is_empty()),
        "vpcLatticeConfigurations": spec.vpc_lattice_configurations.as_ref().filter(|list| !list.is_empty()),
        "force": service.annotations().get(label::FORCE_NEW_DEPLOYMENT),
    });
    name::hash(&[&deploying.to_string()], 32)
}
