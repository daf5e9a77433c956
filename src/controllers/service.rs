//! Keeps a Service's tasks as its document says.

use super::context::Context;
use super::error::Error;
use super::launch::{self, Done, Launch};
use super::{reference, report};
use crate::api::{self, ServiceStatus};
use crate::conclude::service::{self as judged, Conclusion, Facts, Problem};
use crate::kubernetes::{Guard, Key, Next, Outcome, Owner};
use crate::model::{Deployment, DeploymentId, Service, Task, TaskDefinition, label};
use crate::placement::{NodeView, strategy};
use crate::resolve::arn::TaskDefinitionReference;
use crate::resolve::revision::{self, Revision};
use crate::resolve::task::{self, Reading};
use crate::{conclude, resolve, rollout, translate};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::{Resource, ResourceExt};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Name of this controller in metrics and logs.
pub(super) const NAME: &str = "service";

/// A look without any cause, in case a cause was missed.
const LOOK_AGAIN: Duration = Duration::from_secs(600);

/// When what the API server refused is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(15);

/// One pass over the Service `key`.
///
/// # Errors
/// Whatever another try may mend.
pub async fn pass(context: Context, key: Key) -> Result<Next, Error> {
    let Some(object) = context.stores.services.get(&key.namespace, &key.name) else {
        context.freshness.forget(&(NAME, key.clone()));
        context.hold.forget(&key);
        return Ok(Next::Done);
    };
    if object.meta().deletion_timestamp.is_some() {
        return Ok(Next::Done);
    }
    super::fault::point(&*object);
    if !context.is_fresh(NAME, &key) {
        return Ok(Next::After(Duration::from_secs(1)));
    }
    let now = Timestamp::now();
    match resolve(&context, &object) {
        Err(findings) => refuse(&context, &object, &findings, now).await,
        Ok(resolved) => keep(&context, &object, &resolved, now).await,
    }
}

/// A service to keep true, and what there is to remark about it all the time.
struct Resolved {
    service: Service,
    revision: Revision,
    remarks: Vec<conclude::Finding>,
}

fn resolve(context: &Context, object: &api::Service) -> Result<Resolved, Vec<conclude::Finding>> {
    let resolved = resolve::resolve(object, &reference::references(context, object))
        .map_err(|obstacle| judged::hindered(obstacle.reason, obstacle.waits, &obstacle.message()))?;
    let mut remarks = judged::remarks(
        &object.spec,
        resolved.task_role(),
        &resolved.without_effect,
        !resolved.cluster_implied,
        &resolved.missing_registries,
    );
    remarks.extend(judged::contested(object));
    Ok(Resolved { service: resolved.service, revision: resolved.revision, remarks })
}

/// Shows why nothing is changed. What runs, runs on.
async fn refuse(
    context: &Context,
    object: &api::Service,
    findings: &[conclude::Finding],
    now: Timestamp,
) -> Result<Next, Error> {
    let before = object.status.clone().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or(0);
    let Conclusion { status, notices } = judged::unresolved(&before, generation, findings, now);
    report::status(context, NAME, object, (&before, &status)).await?;
    report::tell(context, object, &notices);
    Ok(Next::After(LOOK_AGAIN))
}

async fn keep(
    context: &Context,
    object: &api::Service,
    resolved: &Resolved,
    now: Timestamp,
) -> Result<Next, Error> {
    let service = &resolved.service;
    let owner = Owner::of(object).ok_or(Error::Incomplete {
        kind: "Service",
        name: object.name_any(),
        member: "uid",
    })?;
    let mut before = object.status.clone().unwrap_or_default();
    let (deployments, is_new) = rollout::deployments(service, &judged::remembered(&before), now);
    let (pods, tasks) = tasks(context, service, now);
    let mut told = Vec::new();
    if is_new {
        // Written down before its first task starts, so that whoever comes next knows whose tasks these are.
        let facts = facts(resolved, &deployments, &tasks, false);
        let Conclusion { status, notices } = judged::conclude(&before, &facts, Vec::new(), now);
        let Some(_) = report::status(context, NAME, object, (&before, &status)).await? else {
            return Ok(Next::Done);
        };
        context.hold.wrote(&Key::of(object), true);
        (before, told) = (status, notices);
    }
    let plan = rollout::plan(service, &deployments, &tasks, now);
    let problem = prepare(context, &owner, resolved, anchor(&pods, &tasks)).await?;
    let nodes = nodes(context, service);
    let definitions = definitions(context, resolved, &plan.deployments);
    let launch =
        Launch { context, owner: &owner, service, definitions: &definitions, pods: &pods, nodes: &nodes };
    let mut done = launch::carry_out(&launch, &plan).await?;
    done.problem = problem.or(done.problem);
    budget(context, &owner, service).await?;
    let tasks = after(context, service, tasks, &done, now);
    let mut facts = facts(resolved, &plan.deployments, &tasks, plan.deadlock);
    facts.problem = done.problem.clone();
    let Conclusion { status, mut notices } = judged::conclude(&before, &facts, done.notices, now);
    let held = show(context, object, (&before, &status)).await?;
    told.append(&mut notices);
    report::tell(context, object, &told);
    Ok(next(&plan, held, done.problem.is_some(), now))
}

fn facts<'a>(
    resolved: &'a Resolved,
    deployments: &'a [Deployment],
    tasks: &'a [Task],
    deadlock: bool,
) -> Facts<'a> {
    let service = &resolved.service;
    let strategies = strategy::preferences(&service.placement, &service.group()).exactness.as_str();
    Facts {
        service,
        deployments,
        tasks,
        deadlock,
        problem: None,
        strategies,
        remarks: resolved.remarks.clone(),
    }
}

/// Writes the status, or says how long a change of mere counts is held back.
async fn show(
    context: &Context,
    object: &api::Service,
    (before, after): (&ServiceStatus, &ServiceStatus),
) -> Result<Option<Duration>, Error> {
    if before == after {
        return Ok(None);
    }
    let key = Key::of(object);
    let urgent = judged::is_urgent(before, after);
    if !urgent && let Some(remaining) = context.hold.remaining(&key) {
        return Ok(Some(remaining));
    }
    report::status(context, NAME, object, (before, after)).await?;
    context.hold.wrote(&key, urgent);
    Ok(None)
}

fn next(plan: &rollout::Plan, held: Option<Duration>, refused: bool, now: Timestamp) -> Next {
    let planned = plan.next.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default());
    let times = [planned, held, refused.then_some(TRY_AGAIN), Some(LOOK_AGAIN)];
    // A moment later than planned, so that the time has come for certain.
    let soonest = times.into_iter().flatten().min().unwrap_or(LOOK_AGAIN);
    Next::After(soonest + Duration::from_millis(50))
}

fn tasks(context: &Context, service: &Service, now: Timestamp) -> (BTreeMap<String, Arc<Pod>>, Vec<Task>) {
    let pods = context.stores.tasks.get(&service.identity.uid, &context.stores.pods);
    let owned = pods.into_iter().filter(|pod| {
        pod.owner_references()
            .iter()
            .any(|owner| owner.controller == Some(true) && owner.uid == service.identity.uid)
    });
    let pods: BTreeMap<String, Arc<Pod>> = owned.map(|pod| (pod.name_any(), pod)).collect();
    let zone = |node: &str| zone(context, node);
    let reading = Reading::of(service, &zone, now);
    let tasks = pods.values().filter_map(|pod| task::task(pod, &reading)).collect();
    (pods, tasks)
}

/// The tasks with what this pass did to them.
fn after(
    context: &Context,
    service: &Service,
    mut tasks: Vec<Task>,
    done: &Done,
    now: Timestamp,
) -> Vec<Task> {
    let zone = |node: &str| zone(context, node);
    let reading = Reading::of(service, &zone, now);
    for task in done.pods.iter().filter_map(|pod| task::task(pod, &reading)) {
        tasks.retain(|known| known.name != task.name);
        tasks.push(task);
    }
    tasks
}

fn zone(context: &Context, node: &str) -> Option<String> {
    let node = context.stores.nodes.get("", node)?;
    node.labels().get("topology.kubernetes.io/zone").cloned()
}

/// The nodes as queries see them; read only where a query asks for values.
fn nodes(context: &Context, service: &Service) -> Vec<NodeView> {
    let asks =
        |constraint: &crate::model::Constraint| matches!(constraint, crate::model::Constraint::MemberOf(_));
    if !service.placement.constraints.iter().any(asks) {
        return Vec::new();
    }
    context.stores.nodes.state().iter().map(|node| NodeView::of(node)).collect()
}

/// The definition of each deployment; an older one's is read from its revision.
fn definitions(
    context: &Context,
    resolved: &Resolved,
    deployments: &[Deployment],
) -> BTreeMap<DeploymentId, TaskDefinition> {
    let service = &resolved.service;
    let read = |deployment: &Deployment| {
        if deployment.task_definition == service.task_definition.reference() {
            return Some(service.task_definition.clone());
        }
        let reference = TaskDefinitionReference::parse(&deployment.task_definition)?;
        let revisions = reference::revisions(context, &service.identity.namespace, &reference.family);
        let mut revisions = revisions.iter().filter_map(|object| revision::read(object));
        let revision = revisions.find(|revision| Some(revision.number) == reference.revision)?;
        resolve::task_definition(&revision.spec, &revision.family, revision.number).ok()
    };
    deployments.iter().filter_map(|deployment| Some((deployment.id.clone(), read(deployment)?))).collect()
}

/// The longest-running live task: the one whose place as holder of shared objects changes least.
fn anchor<'a>(pods: &'a BTreeMap<String, Arc<Pod>>, tasks: &[Task]) -> Option<&'a Pod> {
    let running = tasks.iter().filter(|task| task.is_live() && task.started_at.is_some());
    let eldest = running.min_by_key(|task| (task.started_at, task.number))?;
    pods.get(&eldest.name).map(|pod| &**pod)
}

/// What tasks need before they start: their revision held, their target groups' core Services.
async fn prepare(
    context: &Context,
    owner: &Owner,
    resolved: &Resolved,
    anchor: Option<&Pod>,
) -> Result<Option<Problem>, Error> {
    let service = &resolved.service;
    let namespace = &service.identity.namespace;
    let key = Key { namespace: namespace.clone(), name: service.identity.name.clone() };
    if let Some(revision) = context.stores.revisions.get(namespace, &resolved.revision.object)
        && !owner.uses(revision.meta())
        && let Some(revision) = context.registrar.add_user(owner, &*revision).await?
    {
        context.wrote(NAME, &key, &revision);
    }
    let mut wanted = translate::target_group_services(service);
    let mut problem = None;
    for desired in &mut wanted {
        // When the Service is deleted, its tasks serve on until they are drained: what leads to them must
        // not be gone before, so one of them holds it too.
        let holder = anchor.and_then(Owner::of).map(|pod| pod.user_reference(namespace)).transpose();
        desired.metadata.owner_references = holder.ok().flatten().map(|reference| vec![reference]);
        let live = context.stores.core_services.get(namespace, &desired.name_any());
        match context.writer.apply(owner, &*desired, live.as_deref()).await? {
            Outcome::Written(object) => context.wrote(NAME, &key, &object),
            Outcome::Conflict(conflict) => problem = Some(launch::taken(&conflict)),
            Outcome::Unchanged(_) => {}
        }
    }
    prune(context, owner, &wanted).await?;
    Ok(problem)
}

/// Core Services of target groups that the service no longer has.
async fn prune(
    context: &Context,
    owner: &Owner,
    wanted: &[k8s_openapi::api::core::v1::Service],
) -> Result<(), Error> {
    for object in context.stores.core_services.state() {
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

async fn budget(context: &Context, owner: &Owner, service: &Service) -> Result<(), Error> {
    let desired = translate::disruption_budget(service);
    let live = context.stores.budgets.get(&service.identity.namespace, &desired.name_any());
    let outcome = context.writer.apply(owner, &desired, live.as_deref()).await?;
    if let Outcome::Written(object) = outcome {
        let key = Key { namespace: owner.namespace.clone(), name: owner.name.clone() };
        context.wrote(NAME, &key, &object);
    }
    Ok(())
}
