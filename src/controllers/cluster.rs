//! Says of each Cluster that it is in force, and how many instances it has.

use super::context::Context;
use super::error::Error;
use super::report;
use crate::api::{Cluster, ClusterStatus, ConditionType, Reason};
use crate::conclude::{Finding, conditions};
use crate::kubernetes::{Key, Next};
use crate::resolve::service;
use jiff::Timestamp;
use kube::{Resource, ResourceExt};
use std::time::Duration;

/// Name of this controller in metrics and logs.
pub(super) const NAME: &str = "cluster";

/// How old the counts may be.
const COUNT_AGAIN: Duration = Duration::from_secs(60);

/// One pass over the Cluster `key`.
///
/// # Errors
/// Whatever another try may mend.
pub async fn pass(context: Context, key: Key) -> Result<Next, Error> {
    let Some(object) = context.stores.clusters.get(&key.namespace, &key.name) else {
        context.freshness.forget(&(NAME, key.clone()));
        return Ok(Next::Done);
    };
    if object.meta().deletion_timestamp.is_some() {
        return Ok(Next::Done);
    }
    if !context.is_fresh(NAME, &key) {
        return Ok(Next::After(Duration::from_secs(1)));
    }
    let before = object.status.clone().unwrap_or_default();
    let after = status(&context, &object, &before);
    report::status(&context, NAME, &*object, (&before, &after)).await?;
    Ok(Next::After(COUNT_AGAIN))
}

fn status(context: &Context, object: &Cluster, before: &ClusterStatus) -> ClusterStatus {
    let settings = object.spec.kubernetes.clone().unwrap_or_default();
    let selector = settings.node_selector.unwrap_or_default();
    let nodes = context.stores.nodes.state();
    let instances = nodes
        .iter()
        .filter(|node| selector.iter().all(|(key, value)| node.labels().get(key) == Some(value)))
        .count();
    let name =
        object.spec.cluster_name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| object.name_any());
    let services = context.stores.services.state();
    let services: Vec<_> = services.iter().filter(|service| service::cluster_name(service) == name).collect();
    let sum = |count: fn(&crate::api::ServiceStatus) -> i32| {
        services.iter().filter_map(|service| service.status.as_ref()).map(count).sum()
    };
    let (running, pending, active) = match context.partial {
        // Two operators of different namespaces would write their counts in turns, for ever.
        true => (before.running_tasks_count, before.pending_tasks_count, before.active_services_count),
        false => (
            sum(|status| status.running_count),
            sum(|status| status.pending_count),
            i32::try_from(services.len()).unwrap_or(i32::MAX),
        ),
    };
    let generation = object.metadata.generation.unwrap_or(0);
    let message = format!("cluster {name} is in force");
    let findings = [Finding::new(ConditionType::Ready, true, Reason::InForce, message)];
    ClusterStatus {
        observed_generation: Some(generation),
        registered_container_instances_count: i32::try_from(instances).unwrap_or(i32::MAX),
        running_tasks_count: running,
        pending_tasks_count: pending,
        active_services_count: active,
        conditions: conditions(&before.conditions, &findings, generation, Timestamp::now()),
    }
}
