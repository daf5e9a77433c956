//! What a Service refers to, read from memory.

use super::context::Context;
use crate::api;
use crate::conclude::{Finding, service as judged};
use crate::model::{Violation, label, name};
use crate::resolve::arn::{self, TaskDefinitionReference};
use crate::resolve::revision::{self, Lookup, Revision};
use crate::resolve::{ClusterNodes, service};
use k8s_openapi::api::apps::v1::ControllerRevision;
use kube::ResourceExt;
use std::sync::Arc;

/// Whether the tasks of `service` run a revision of `family`.
pub(super) fn is_of_family(service: &api::Service, family: &str) -> bool {
    reference(service).is_some_and(|reference| reference.family == family)
}

fn reference(service: &api::Service) -> Option<TaskDefinitionReference> {
    TaskDefinitionReference::parse(service.spec.task_definition.as_deref()?)
}

/// The revisions of `family` in `namespace`.
pub(super) fn revisions(context: &Context, namespace: &str, family: &str) -> Vec<Arc<ControllerRevision>> {
    let hash = name::hash(&[family], 16);
    let mut all = context.stores.families.get(&hash, &context.stores.revisions);
    all.retain(|revision| revision.namespace().as_deref() == Some(namespace));
    all
}

/// The revision that `service` names.
///
/// # Errors
/// The findings to show while there is none.
pub(super) fn revision(context: &Context, service: &api::Service) -> Result<Revision, Vec<Finding>> {
    let namespace = service.namespace().unwrap_or_default();
    let text = service.spec.task_definition.clone().unwrap_or_default();
    let Some(reference) = reference(service).filter(|reference| !reference.family.is_empty()) else {
        let message = format!("\"{text}\" is no family, family:revision or ARN of a task definition");
        return Err(judged::invalid(&[Violation::new("spec.taskDefinition", message)]));
    };
    let registered: Vec<Revision> = revisions(context, &namespace, &reference.family)
        .iter()
        .filter_map(|object| revision::read(object))
        .collect();
    let mut definitions = context.stores.task_definitions.state();
    definitions.retain(|definition| definition.namespace().as_deref() == Some(&*namespace));
    definitions.sort_by_key(|definition| (definition.creation_timestamp(), definition.uid()));
    let claims = definitions.iter().find(|definition| revision::family(definition) == reference.family);
    let families: Vec<String> = definitions.iter().map(|definition| revision::family(definition)).collect();
    match revision::look_up(&reference, &registered, claims.map(|claim| &**claim), &families) {
        Lookup::Found(revision) => Ok(*revision),
        Lookup::Pending => {
            let message = format!("family {} is being registered", reference.family);
            Err(judged::waiting(api::Reason::TaskDefinitionPending, &message))
        }
        Lookup::NotFound(message) => Err(judged::stalled(api::Reason::TaskDefinitionNotFound, &message)),
        Lookup::Inactive(message) => Err(judged::stalled(api::Reason::TaskDefinitionInactive, &message)),
    }
}

/// Makes sure that no elder object has the same name in the same cluster and namespace: their tasks would
/// count for one another.
///
/// # Errors
/// The findings to show on the younger.
pub(super) fn unclaimed(context: &Context, object: &api::Service) -> Result<(), Vec<Finding>> {
    // The object's own name is nobody else's; only a written one can clash.
    let name = service::service_name(object);
    let age = |service: &api::Service| (service.creation_timestamp(), service.uid());
    let others = context.stores.services.state();
    let elder = others.iter().find(|other| {
        other.namespace() == object.namespace()
            && other.uid() != object.uid()
            && service::service_name(other) == name
            && service::cluster_name(other) == service::cluster_name(object)
            && age(other) < age(object)
    });
    match elder {
        None => Ok(()),
        Some(elder) => {
            let message = format!("serviceName \"{name}\" belongs to Service {}: give this one another", elder.name_any());
            Err(judged::stalled(api::Reason::Duplicate, &message))
        }
    }
}

/// The nodes of the cluster that `service` is in.
///
/// # Errors
/// The findings to show when the cluster is unknown or closed to the namespace.
pub(super) fn cluster(context: &Context, service: &api::Service) -> Result<ClusterNodes, Vec<Finding>> {
    let clusters = context.stores.clusters.state();
    if clusters.is_empty() {
        return Ok(ClusterNodes::default());
    }
    let wanted = service::cluster_name(service);
    let namespace = service.namespace().unwrap_or_default();
    let Some(cluster) = clusters.iter().find(|cluster| is_named(cluster, wanted)) else {
        let message = format!(
            "Cluster not found. There is no Cluster \"{wanted}\"; an administrator applies: {{apiVersion: \
             ecs.berth.dev/v1alpha1, kind: Cluster, metadata: {{name: {}}}, spec: {{clusterName: {wanted}}}}}",
            name::dns_label(wanted, "", name::MAX)
        );
        return Err(judged::stalled(api::Reason::ClusterNotFound, &message));
    };
    let settings = cluster.spec.kubernetes.clone().unwrap_or_default();
    let admitted = settings.namespaces.unwrap_or_default();
    if !admitted.is_empty() && !admitted.contains(&namespace) {
        let message = format!("cluster \"{wanted}\" does not admit namespace {namespace}");
        return Err(judged::stalled(api::Reason::NotPermitted, &message));
    }
    Ok(ClusterNodes {
        selector: settings.node_selector.unwrap_or_default().into_iter().collect(),
        default_strategy: settings.default_placement_strategy.unwrap_or_default(),
    })
}

fn is_named(cluster: &api::Cluster, wanted: &str) -> bool {
    let written = cluster.spec.cluster_name.as_deref().filter(|name| !name.is_empty());
    written.map_or_else(|| cluster.name_any() == wanted, |name| name == wanted)
}

/// The object that stands for a registry's ARN or name: by its ARN annotation first, then by its name.
pub(super) fn discovery(
    context: &Context,
    namespace: &str,
    registry: &str,
) -> Option<Arc<api::ServiceDiscovery>> {
    let mut all = context.stores.discoveries.state();
    all.retain(|discovery| discovery.namespace().as_deref() == Some(namespace));
    let by_arn = all
        .iter()
        .find(|discovery| discovery.annotations().get(label::ARN).is_some_and(|arn| arn == registry));
    let short = arn::registry(registry);
    let named = |discovery: &&Arc<api::ServiceDiscovery>| {
        discovery.name_any() == short || discovery.spec.name.as_deref() == Some(short)
    };
    by_arn.or_else(|| all.iter().find(named)).cloned()
}
