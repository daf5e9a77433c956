//! What a service's tasks need around them: their revision held, core Services, a disruption budget.

use super::context::Context;
use super::error::Error;
use super::launch;
use crate::conclude::service::Problem;
use crate::kubernetes::{Guard, Key, Outcome, Owner};
use crate::model::{Listing, Service, Task, label};
use crate::{rollout, translate};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{self as corev1, Pod};
use kube::{Resource, ResourceExt};

/// What tasks need before they start: their target groups' core Services.
pub(super) async fn prepare(
    context: &Context,
    owner: &Owner,
    service: &Service,
    anchor: Option<&Pod>,
) -> Result<Option<Problem>, Error> {
    let namespace = &service.identity.namespace;
    let key = Key { namespace: namespace.clone(), name: service.identity.name.clone() };
    let mut wanted = translate::target_group_services(service);
    let mut problem = None;
    for desired in &mut wanted {
        // When the Service is deleted, its tasks serve on until they are drained: what leads to them must
        // not be gone before, so one of them holds it too.
        let holder = anchor.and_then(Owner::of).map(|pod| pod.user_reference(namespace)).transpose();
        desired.metadata.owner_references = holder.ok().flatten().map(|reference| vec![reference]);
        let live = context.stores.core_services.get(namespace, &desired.name_any());
        match context.writer.apply(owner, &*desired, live.as_deref()).await? {
            Outcome::Written(object) => context.wrote(super::service::NAME, &key, &object),
            Outcome::Conflict(conflict) => problem = Some(launch::taken(&conflict)),
            Outcome::Unchanged(_) => {}
        }
    }
    prune(context, owner, &wanted).await?;
    Ok(problem)
}

/// The revision that tasks run outlives its TaskDefinition as long as the service does.
pub(super) async fn hold(
    context: &Context,
    owner: &Owner,
    service: &Service,
    revision: &str,
) -> Result<(), Error> {
    if let Some(revision) = context.stores.revisions.get(&service.identity.namespace, revision)
        && !owner.uses(revision.meta())
        && let Some(revision) = context.registrar.add_user(owner, &*revision).await?
    {
        let key = Key { namespace: owner.namespace.clone(), name: owner.name.clone() };
        context.wrote(super::service::NAME, &key, &revision);
    }
    Ok(())
}

/// Core Services of target groups that the service no longer has.
async fn prune(context: &Context, owner: &Owner, wanted: &[corev1::Service]) -> Result<(), Error> {
    for object in context.stores.core_services_of(&owner.uid) {
        let stale = owner.controls(object.meta())
            && object.labels().get(label::MANAGED_BY).is_some_and(|by| by == label::BERTH)
            && !wanted.iter().any(|kept| kept.name_any() == object.name_any());
        if stale {
            let removal = context.writer.delete(&*object, None, Guard::Uid).await?;
            tracing::debug!(
                object = object.name_any(),
                ?removal,
                "core Service of a target group no longer named"
            );
        }
    }
    Ok(())
}

/// When the service's disruption budget is next due: at once where it has one that may have to be changed. Before the
/// service serves there is nothing to protect: tasks that are not healthy can always be evicted.
pub(super) fn budget_due(
    context: &Context,
    service: &Service,
    tasks: &[Task],
    now: Timestamp,
) -> Option<Timestamp> {
    let name = translate::disruption_budget(service, false).name_any();
    let exists = context.stores.budgets.get(&service.identity.namespace, &name).is_some();
    if exists { Some(now) } else { rollout::protected_from(tasks, now, context.starts.rush()) }
}

/// As many tasks as ECS keeps healthy stay when nodes are drained.
pub(super) async fn budget(
    context: &Context,
    owner: &Owner,
    service: &Service,
    tasks: &[Task],
) -> Result<Option<Problem>, Error> {
    let partly_ended = tasks.iter().any(|task| task.is_live() && task.listing != Listing::Selected);
    let desired = translate::disruption_budget(service, partly_ended);
    let live = context.stores.budgets.get(&service.identity.namespace, &desired.name_any());
    let mut problem = None;
    match context.writer.apply(owner, &desired, live.as_deref()).await? {
        Outcome::Written(object) => {
            let key = Key { namespace: owner.namespace.clone(), name: owner.name.clone() };
            context.wrote(super::service::NAME, &key, &object);
        }
        Outcome::Conflict(conflict) => problem = Some(launch::taken(&conflict)),
        Outcome::Unchanged(_) => {}
    }
    Ok(problem)
}
