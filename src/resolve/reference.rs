//! What a Service refers to, among all that is known → the service to keep true, or what stands in its way.
//!
//! The controller knows things from its stores, `render` from files; both ask here.

use super::arn::{self, TaskDefinitionReference};
use super::grants::Grants;
use super::judgement::{beside, violations, without_effect};
use super::rebalancing;
use super::remedy::remedy;
use super::revision::{self, Lookup, Revision};
use super::service::{ClusterNodes, cluster_name, fingerprint, service, service_name};
use super::task_definition::task_definition;
use crate::api::{self, Reason, fate};
use crate::model::{DeploymentId, Lack, Service, Violation, label};
use kube::ResourceExt;
use std::sync::Arc;

/// All that a Service may refer to.
#[derive(Clone, Debug, Default)]
pub struct References {
    /// The Services of its namespace.
    pub services: Vec<Arc<api::Service>>,
    /// The TaskDefinitions of its namespace.
    pub definitions: Vec<Arc<api::TaskDefinition>>,
    /// The revisions, in its namespace, of the family that it names.
    pub revisions: Vec<Revision>,
    /// The ServiceDiscoveries of its namespace.
    pub discoveries: Vec<Arc<api::ServiceDiscovery>>,
    /// Every Cluster.
    pub clusters: Vec<Arc<api::Cluster>>,
    /// Whether there is a scheduler with a profile for each order of strategies.
    pub profiles: bool,
}

/// A service to keep true, and what its document says in vain.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The service.
    pub service: Service,
    /// The revision that its new tasks run.
    pub revision: Revision,
    /// Members that change nothing here.
    pub without_effect: Vec<Violation>,
    /// Registries that no ServiceDiscovery stands for.
    pub missing_registries: Vec<String>,
    /// What its namespace is granted.
    pub grants: Grants,
    /// Whether its cluster means all nodes because no Cluster was ever written.
    pub cluster_implied: bool,
}

impl Resolved {
    /// The role that the tasks ask for and do not get.
    pub fn unmapped_role(&self) -> Option<&str> {
        self.service.task_definition.access.unmapped_role.as_deref()
    }

    /// What there is to say about images that nobody has given credentials for.
    pub fn unmapped_images(&self) -> Option<String> {
        super::access::about_images(&self.service.task_definition.access, &self.grants)
    }
}

/// What stands in a service's way.
#[derive(Clone, Debug, PartialEq)]
pub struct Obstacle {
    /// What kind.
    pub reason: Reason,
    /// Whether it goes away by itself.
    pub waits: bool,
    /// The members that are in the way; at least one.
    pub violations: Vec<Violation>,
}

impl Obstacle {
    /// One broken rule that only somebody's help removes.
    fn one(reason: Reason, path: &str, message: impl Into<String>) -> Self {
        Self { reason, waits: false, violations: vec![Violation::new(path, message)] }
    }

    /// All of it in one sentence; with paths where it is about what was written, and one remedy for all that lacks.
    pub fn message(&self) -> String {
        let text = |violation: &Violation| match self.reason {
            Reason::Invalid | Reason::Refused => violation.to_string(),
            _ => violation.message.clone(),
        };
        let told: Vec<String> = self.violations.iter().map(text).chain(remedy(&self.violations)).collect();
        told.join("; ")
    }
}

/// The task definition that `object` names; none if it names none.
pub fn definition_of(object: &api::Service) -> Option<TaskDefinitionReference> {
    let reference = TaskDefinitionReference::parse(object.spec.task_definition.as_deref()?)?;
    (!reference.family.is_empty()).then_some(reference)
}

/// Resolves `object`.
///
/// # Errors
/// What stands in its way: every rule that it breaks, or the one reference that leads nowhere.
pub fn resolve(object: &api::Service, known: &References) -> Result<Resolved, Obstacle> {
    let spec = serde_json::to_value(&object.spec).unwrap_or_default();
    let judgement = fate::judge(fate::Document::Service, &spec);
    let refused = violations(&judgement);
    let invalid = |found: Vec<Violation>| Obstacle {
        reason: Reason::Invalid,
        waits: false,
        violations: beside(&refused, found),
    };
    let hindered = |obstacle: Obstacle| match refused.is_empty() {
        true => obstacle,
        false => invalid(obstacle.violations),
    };
    unclaimed(object, &known.services).map_err(hindered)?;
    let revision = revision(object, known).map_err(hindered)?;
    let cluster = cluster(object, &known.clusters).map_err(hindered)?;
    let cluster = ClusterNodes { profiles: known.profiles, ..cluster };
    let definition = task_definition(&revision.spec, &revision.family, revision.number, &cluster.grants)
        .map_err(|found| invalid(of_definition(&revision, found)))?;
    let discovery_name = |registry: &str| match discovery(registry, &known.discoveries) {
        Some(found) => found.name_any(),
        None => arn::registry(registry).to_owned(),
    };
    let service = service(object, definition, &cluster, &discovery_name).map_err(&invalid)?;
    if !refused.is_empty() {
        return Err(invalid(Vec::new()));
    }
    let registries = object.spec.service_registries.iter().flatten();
    let missing = registries
        .filter_map(|entry| entry.registry_arn.clone())
        .filter(|registry| discovery(registry, &known.discoveries).is_none());
    let mut without_effect = without_effect(&judgement);
    without_effect.extend(service.task_definition.fixed_host_ports().map(on_pod_network));
    let in_vain = service.task_definition.access.without_effect.clone();
    without_effect.extend(of_definition(&revision, in_vain));
    without_effect.extend(rebalancing::in_vain(&object.spec, &service.placement));
    Ok(Resolved {
        missing_registries: missing.collect(),
        cluster_implied: known.clusters.is_empty(),
        grants: cluster.grants,
        service,
        revision,
        without_effect,
    })
}

/// What a definition breaks, told where the service names it.
fn of_definition(revision: &Revision, found: Vec<Violation>) -> Vec<Violation> {
    let reference = format!("{}:{}", revision.family, revision.number);
    found
        .into_iter()
        .map(|violation| Violation {
            path: "spec.taskDefinition".to_owned(),
            message: format!("{reference}: {violation}"),
            lack: violation.lack,
        })
        .collect()
}

fn on_pod_network((container, port): (&str, u16)) -> Violation {
    let message = format!(
        "hostPort {port} of container {container} opens no port on the node: target groups and discovery lead to it"
    );
    Violation::new("spec.taskDefinition", message)
}

/// No elder object may have the same name in the same cluster and namespace: their tasks would count for
/// one another.
fn unclaimed(object: &api::Service, services: &[Arc<api::Service>]) -> Result<(), Obstacle> {
    let name = service_name(object);
    let age = |service: &api::Service| (service.creation_timestamp(), service.uid());
    let elder = services.iter().find(|other| {
        (other.uid() != object.uid() || other.name_any() != object.name_any())
            && service_name(other) == name
            && cluster_name(other) == cluster_name(object)
            && age(other) < age(object)
    });
    let Some(elder) = elder else { return Ok(()) };
    let message =
        format!("serviceName \"{name}\" belongs to Service {}: give this one another", elder.name_any());
    Err(Obstacle::one(Reason::Duplicate, "spec.serviceName", message))
}

/// The revision that `object` names.
fn revision(object: &api::Service, known: &References) -> Result<Revision, Obstacle> {
    const PATH: &str = "spec.taskDefinition";
    let Some(reference) = definition_of(object) else {
        let text = object.spec.task_definition.as_deref().unwrap_or_default();
        let message = format!("\"{text}\" is no family, family:revision or ARN of a task definition");
        return Err(Obstacle::one(Reason::Invalid, PATH, message));
    };
    let mut definitions: Vec<&api::TaskDefinition> = known.definitions.iter().map(|one| &**one).collect();
    definitions.sort_by_key(|definition| (definition.creation_timestamp(), definition.uid()));
    let claims = definitions.iter().find(|definition| revision::family(definition) == reference.family);
    let usable = definitions.iter().filter(|definition| !is_refused(definition));
    let families: Vec<String> = usable.map(|definition| revision::family(definition)).collect();
    let running = running(object).filter(|running| running.family == reference.family);
    let known = revision::Known {
        revisions: &known.revisions,
        definition: claims.copied(),
        families: &families,
        running: running.and_then(|running| running.revision),
        stays: stays(object),
    };
    match revision::look_up(&reference, &known) {
        Lookup::Found(revision) => Ok(*revision),
        Lookup::Pending => {
            let message = format!("family {} is being registered", reference.family);
            let obstacle = Obstacle::one(Reason::TaskDefinitionPending, PATH, message);
            Err(Obstacle { waits: true, ..obstacle })
        }
        Lookup::NotFound(message) => Err(Obstacle::one(Reason::TaskDefinitionNotFound, PATH, message)),
        Lookup::Inactive(message) => Err(Obstacle::one(Reason::TaskDefinitionInactive, PATH, message)),
    }
}

/// Whether `definition` was judged and has registered nothing ever.
fn is_refused(definition: &api::TaskDefinition) -> bool {
    let Some(status) = &definition.status else { return false };
    let stalled = api::ConditionType::Stalled.as_str();
    status.latest_revision.is_none() && status.conditions.iter().any(|one| one.type_ == stalled)
}

/// The revision that `object` has deployed or is deploying.
fn running(object: &api::Service) -> Option<TaskDefinitionReference> {
    let primary = object.status.as_ref()?.deployments.first()?;
    TaskDefinitionReference::parse(&primary.task_definition)
}

/// Whether `object` keeps the revision that it has: it wants families looked up once, and since that was done it
/// was neither edited nor forced to deploy anew.
fn stays(object: &api::Service) -> bool {
    let kubernetes = object.spec.kubernetes.as_ref();
    let once = kubernetes.and_then(|settings| settings.resolve_task_definition.as_deref()) == Some("ONCE");
    let Some(status) = object.status.as_ref().filter(|_| once) else { return false };
    let (Some(primary), Some(accepted)) = (status.deployments.first(), &status.accepted) else {
        return false;
    };
    let uncounted = api::ServiceSpec { desired_count: None, ..object.spec.clone() };
    let same = fingerprint(object, &primary.task_definition);
    let uid = object.uid().unwrap_or_default();
    serde_json::from_value::<api::ServiceSpec>(accepted.clone()).is_ok_and(|accepted| accepted == uncounted)
        && DeploymentId::new(&uid, &same, primary.sequence) == DeploymentId::parse(&primary.id)
}

/// The nodes of the cluster that `object` is in.
fn cluster(object: &api::Service, clusters: &[Arc<api::Cluster>]) -> Result<ClusterNodes, Obstacle> {
    let wanted = cluster_name(object);
    let namespace = object.namespace().unwrap_or_default();
    if clusters.is_empty() {
        return Ok(ClusterNodes { grants: Grants::none(wanted, &namespace), ..ClusterNodes::default() });
    }
    let Some(cluster) = clusters.iter().find(|cluster| is_named(cluster, wanted)) else {
        let message = format!("Cluster not found. There is no Cluster \"{wanted}\"");
        let lack = Lack { cluster: wanted.to_owned(), exists: false, namespace, entry: None };
        let violation = Violation::new("spec.cluster", message).lacking(lack);
        return Err(Obstacle { reason: Reason::ClusterNotFound, waits: false, violations: vec![violation] });
    };
    let grants = Grants::of(cluster, wanted, &namespace);
    let settings = cluster.spec.kubernetes.clone().unwrap_or_default();
    let admitted = settings.namespaces.unwrap_or_default();
    if !admitted.is_empty() && !admitted.contains(&namespace) {
        let message = format!("cluster \"{wanted}\" does not admit namespace {namespace}");
        return Err(Obstacle::one(Reason::NotPermitted, "spec.cluster", message));
    }
    Ok(ClusterNodes {
        selector: settings.node_selector.unwrap_or_default().into_iter().collect(),
        default_strategy: settings.default_placement_strategy.unwrap_or_default(),
        host_ports_on_pods: settings.fixed_host_ports.as_deref() == Some("podNetwork"),
        profiles: false,
        grants,
    })
}

/// Whether `object`'s cluster is among `clusters`.
pub fn knows_cluster(object: &api::Service, clusters: &[Arc<api::Cluster>]) -> bool {
    clusters.iter().any(|cluster| is_named(cluster, cluster_name(object)))
}

/// Whether documents mean `cluster` by the name `wanted`.
pub fn is_named(cluster: &api::Cluster, wanted: &str) -> bool {
    let written = cluster.spec.cluster_name.as_deref().filter(|name| !name.is_empty());
    written.map_or_else(|| cluster.name_any() == wanted, |name| name == wanted)
}

/// Whether one of the registries of `object` is `discovery`, or would be if no other object stood for it.
pub fn may_register(object: &api::Service, discovery: &api::ServiceDiscovery) -> bool {
    let registries = object.spec.service_registries.iter().flatten();
    registries
        .filter_map(|entry| entry.registry_arn.as_deref())
        .any(|registry| bears(registry, discovery) || is_called(registry, discovery))
}

/// The object that stands for a registry's ARN or name: by its ARN annotation first, then by its name.
fn discovery<'a>(
    registry: &str,
    discoveries: &'a [Arc<api::ServiceDiscovery>],
) -> Option<&'a api::ServiceDiscovery> {
    let mut found = discoveries.iter().find(|discovery| bears(registry, discovery));
    found = found.or_else(|| discoveries.iter().find(|discovery| is_called(registry, discovery)));
    found.map(|discovery| &**discovery)
}

fn bears(registry: &str, discovery: &api::ServiceDiscovery) -> bool {
    discovery.annotations().get(label::ARN).is_some_and(|arn| arn == registry)
}

fn is_called(registry: &str, discovery: &api::ServiceDiscovery) -> bool {
    let short = arn::registry(registry);
    discovery.metadata.name.as_deref() == Some(short) || discovery.spec.name.as_deref() == Some(short)
}
