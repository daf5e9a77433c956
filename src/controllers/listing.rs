//! Tasks that Kubernetes does not show as endpoints though they serve → EndpointSlices of Berth's own.
//!
//! A task is never in two slices at once: its own are written when Kubernetes' have let go of it.

use super::context::Context;
use super::error::Error;
use super::service::NAME;
use crate::kubernetes::{Guard, Key, Outcome, Owner};
use crate::model::{Health, Listing, Service, Task, label};
use crate::translate::{self, Endpoint};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Pod, Service as CoreService};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::{Resource, ResourceExt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A task that is not shown so long after its start is an old one.
const SHOWN_WITHIN: SignedDuration = SignedDuration::from_secs(20);

/// Brings the slices of a service up to date; whether some task has to be looked at again soon.
pub(super) async fn show(
    context: &Context,
    service: &Service,
    pods: &BTreeMap<String, Arc<Pod>>,
    tasks: &[Task],
) -> Result<bool, Error> {
    let mut kept = BTreeSet::new();
    let mut waits = false;
    for task in tasks {
        let Listing::Own { ready } = task.listing else { continue };
        let Some(pod) = pods.get(&task.name) else { continue };
        // The store must show the label that this goes by: what was written in this pass comes back as a change.
        if !pod.labels().values().any(|value| value == label::LISTED) {
            continue;
        }
        for core in cores(context, service, pod) {
            let endpoint =
                Endpoint { pod, service_uid: &service.identity.uid, zone: task.zone.as_deref(), ready };
            for slice in translate::endpoint_slices(&endpoint, &core) {
                kept.insert(slice.name_any());
                waits |= !write(context, service, pod, &slice).await?;
            }
        }
    }
    prune(context, service, &kept).await?;
    Ok(waits)
}

/// The core Services that `pod` is registered with.
fn cores(context: &Context, service: &Service, pod: &Pod) -> Vec<Arc<CoreService>> {
    let namespace = &service.identity.namespace;
    let groups = translate::target_group_services(service);
    let discoveries = service.registrations.iter().map(|one| translate::discovery_name(&one.discovery));
    let names: BTreeSet<String> = groups.iter().map(ResourceExt::name_any).chain(discoveries).collect();
    let found = names.iter().filter_map(|name| context.stores.core_services.get(namespace, name));
    let leads_here = |core: &Arc<CoreService>| {
        let selector = core.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        selector.is_some_and(|all| {
            all.keys().all(|key| pod.labels().get(key).is_some_and(|it| it == label::LISTED))
        })
    };
    found.filter(leads_here).collect()
}

/// Whether `slice` is there as wanted; not while Kubernetes still has the task in one of its own.
async fn write(
    context: &Context,
    service: &Service,
    pod: &Pod,
    slice: &EndpointSlice,
) -> Result<bool, Error> {
    let live = context.stores.slices.get(&service.identity.namespace, &slice.name_any());
    if live.is_none() && is_selected(context, pod, slice).await? {
        return Ok(false);
    }
    let Some(owner) = Owner::of(pod) else { return Ok(true) };
    match context.writer.apply(&owner, slice, live.as_deref()).await? {
        Outcome::Written(object) => context.wrote(NAME, &key(service), &object),
        Outcome::Conflict(conflict) => tracing::warn!(%conflict, "a task is not shown as an endpoint"),
        Outcome::Unchanged(_) => {}
    }
    Ok(true)
}

/// Whether a slice of Kubernetes' still has the task.
async fn is_selected(context: &Context, pod: &Pod, slice: &EndpointSlice) -> Result<bool, Error> {
    const NAME_LABEL: &str = "kubernetes.io/service-name";
    let service = slice.labels().get(NAME_LABEL).cloned().unwrap_or_default();
    let namespace = slice.namespace().unwrap_or_default();
    let all: Vec<EndpointSlice> = context.writer.list(&namespace, &format!("{NAME_LABEL}={service}")).await?;
    let others = all.iter().filter(|other| other.metadata.name != slice.metadata.name);
    let mut endpoints = others.flat_map(|other| other.endpoints.iter().flatten());
    Ok(endpoints.any(|it| it.target_ref.as_ref().is_some_and(|it| it.uid == pod.metadata.uid)))
}

/// Slices of tasks that have stopped or are registered no longer.
async fn prune(context: &Context, service: &Service, kept: &BTreeSet<String>) -> Result<(), Error> {
    for slice in context.stores.slices_of(&service.identity.uid) {
        if kept.contains(&slice.name_any()) || slice.meta().deletion_timestamp.is_some() {
            continue;
        }
        let removal = context.writer.delete(&*slice, None, Guard::Uid).await?;
        context.freshness.removed(&(NAME, key(service)), &*slice);
        tracing::debug!(slice = slice.name_any(), ?removal, "a task is no longer an endpoint");
    }
    Ok(())
}

/// A new task that nobody shows yet takes no requests, so it does not count as healthy before. An old one is only
/// handed over.
pub(super) fn discount(
    context: &Context,
    service: &Service,
    (pods, tasks): (&BTreeMap<String, Arc<Pod>>, &mut [Task]),
    now: Timestamp,
) {
    if tasks.iter().all(|task| task.listing == Listing::Selected) {
        return;
    }
    let slices = context.stores.slices_of(&service.identity.uid);
    for task in tasks.iter_mut().filter(|task| task.is_healthy()) {
        let is_theirs = |slice: &&Arc<EndpointSlice>| {
            slice.owner_references().iter().any(|owner| owner.kind == "Pod" && owner.name == task.name)
        };
        let is_shown = match task.listing {
            Listing::Selected => true,
            Listing::Dropped => false,
            Listing::Own { .. } => {
                let pod = pods.get(&task.name);
                slices.iter().any(|slice| is_theirs(&slice))
                    || pod.is_none_or(|pod| cores(context, service, pod).is_empty())
            }
        };
        let shown_by = task.started_at.and_then(|at| at.checked_add(SHOWN_WITHIN).ok());
        if !is_shown && shown_by.is_some_and(|at| at > now) {
            task.health = Health::Unknown { decided_at: shown_by };
        }
    }
}

fn key(service: &Service) -> Key {
    super::launch::key(service)
}
