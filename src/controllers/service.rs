//! Keeps a Service's tasks as its document says.

mod reading;
mod showing;
mod unplaced;

use super::context::Context;
use super::error::Error;
use super::launch::{self, Launch};
use super::{access, belongings, listing, reference};
use crate::api;
use crate::api::service::status::PlacementStatus;
use crate::conclude::service::{self as judged, Facts, News};
use crate::kubernetes::{Key, Next, Owner};
use crate::model::{Deployment, Service, Task};
use crate::placement::strategy;
use crate::resolve::revision::Revision;
use crate::{conclude, resolve, rollout, translate};
use jiff::Timestamp;
use kube::{Resource, ResourceExt};
use reading::{after, anchor, definitions, nodes, tasks, tasks_of_refused, zones};
use showing::{latest, show, write};
use std::time::Duration;

/// Name of this controller in metrics and logs.
pub(super) const NAME: &str = "service";

/// A look without any cause, in case a cause was missed.
const LOOK_AGAIN: Duration = Duration::from_secs(600);

/// How long what a new service refers to may follow it.
const PATIENCE: jiff::SignedDuration = jiff::SignedDuration::from_secs(10);

/// How long a new service waits for its definition without a word; times of creation are whole seconds.
const MOMENT: jiff::SignedDuration = jiff::SignedDuration::from_secs(3);

/// With up to so many tasks, a new service shows its first status only when they have been started.
const FEW: u32 = 10;

/// When what a start of tasks put off is done at the latest.
const SOON: Duration = Duration::from_secs(2);

/// When a task is looked at again that Kubernetes has still to let go of.
const AT_ONCE: Duration = Duration::from_millis(150);

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
        context.passes.forget(&key);
        return Ok(Next::Done);
    };
    if object.meta().deletion_timestamp.is_some() {
        return Ok(Next::Done);
    }
    super::fault::point(&*object);
    if !context.is_fresh(NAME, &key) {
        return Ok(Next::After(Duration::from_secs(1)));
    }
    let generation = object.metadata.generation.unwrap_or(0);
    if context.starts.rush()
        && let Some(wait) = context.passes.wait(&key, generation)
    {
        return Ok(Next::After(wait));
    }
    let now = Timestamp::now();
    match resolve(&context, &object, now) {
        Ok(resolved) => keep(&context, &object, &resolved, now).await,
        Err(findings) => match in_force(&context, &object, &findings, now) {
            Some(resolved) => keep(&context, &object, &resolved, now).await,
            None => refuse(&context, &object, &findings, now).await,
        },
    }
}

/// A service to keep true, and what there is to remark about it all the time.
struct Resolved {
    service: Service,
    revision: Revision,
    grants: resolve::Grants,
    remarks: Vec<conclude::Finding>,
    document: judged::Document,
}

fn resolve(
    context: &Context,
    object: &api::Service,
    now: Timestamp,
) -> Result<Resolved, Vec<conclude::Finding>> {
    let resolved = resolve::resolve(object, &reference::references(context, object)).map_err(|obstacle| {
        let waits = obstacle.waits || is_under_way(context, object, &obstacle, now);
        judged::hindered(obstacle.reason, waits, &obstacle.message())
    })?;
    if let Some(message) = translate::unsupported(&resolved.service.task_definition, context.capabilities) {
        return Err(judged::hindered(api::Reason::Refused, false, &message));
    }
    let mut remarks = judged::remarks(
        &object.spec,
        (resolved.unmapped_role(), resolved.unmapped_images()),
        &resolved.without_effect,
        !resolved.cluster_implied,
        &resolved.missing_registries,
    );
    remarks.extend(judged::contested(object));
    let document = judged::Document::Obeyed(judged::accepted(&object.spec));
    let resolve::Resolved { service, revision, grants, .. } = resolved;
    Ok(Resolved { service, revision, grants, remarks, document })
}

/// What was in force before the spec was edited into one that cannot be obeyed, where that is remembered and
/// still allowed.
fn in_force(
    context: &Context,
    object: &api::Service,
    findings: &[conclude::Finding],
    now: Timestamp,
) -> Option<Resolved> {
    let spec = judged::in_force(&latest(context, object), &object.spec)?;
    let before = api::Service { spec, ..object.clone() };
    let resolved = resolve(context, &before, now).ok()?;
    Some(Resolved { document: judged::Document::Refused(findings.to_vec()), ..resolved })
}

/// Whether the definition that a new service names may be applied a moment later: tools apply kinds in an
/// order of their own, and a warning about every first apply would teach people to overlook warnings. A number that
/// a known family does not have is a mistake.
fn is_under_way(
    context: &Context,
    object: &api::Service,
    obstacle: &resolve::reference::Obstacle,
    now: Timestamp,
) -> bool {
    obstacle.reason == api::Reason::TaskDefinitionNotFound
        && object.status.as_ref().is_none_or(|status| status.accepted.is_none())
        && object.creation_timestamp().is_some_and(|created| now.duration_since(created.0) < PATIENCE)
        && reference::references(context, object).revisions.is_empty()
}

/// Shows why nothing is done. What runs, runs on.
async fn refuse(
    context: &Context,
    object: &api::Service,
    findings: &[conclude::Finding],
    now: Timestamp,
) -> Result<Next, Error> {
    let waits = findings.iter().any(|finding| finding.about == api::ConditionType::Reconciling);
    if waits && let Some(left) = moment(object, now) {
        return Ok(Next::After(left));
    }
    let shown = object.status.clone().unwrap_or_default();
    let before = latest(context, object);
    let generation = object.metadata.generation.unwrap_or(0);
    let tasks = tasks_of_refused(context, object, now);
    let concluded = judged::unresolved(&before, (generation, findings), &tasks, now);
    show(context, object, &shown, concluded, News::Urgent).await?;
    Ok(Next::After(if waits { PATIENCE.unsigned_abs() } else { LOOK_AGAIN }))
}

/// How long a service that is quite new may still wait without a word, as its definition comes with it.
fn moment(object: &api::Service, now: Timestamp) -> Option<Duration> {
    let observed = object.status.as_ref().and_then(|status| status.observed_generation);
    let unseen = observed.is_none_or(|generation| generation < 0);
    let created = object.creation_timestamp().filter(|_| unseen)?;
    let left = MOMENT.checked_sub(now.duration_since(created.0))?;
    Duration::try_from(left).ok().filter(|left| !left.is_zero())
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
    let key = Key::of(object);
    let mut shown = object.status.clone().unwrap_or_default();
    let mut before = latest(context, object);
    let known = judged::remembered(&before);
    let is_first = known.is_empty();
    let (mut deployments, is_new) = match resolved.document {
        judged::Document::Obeyed(_) => rollout::deployments(service, &known, now),
        judged::Document::Refused(_) => (known, false),
    };
    let (pods, mut tasks) = tasks(context, service, now);
    listing::discount(context, service, (&pods, &mut tasks), now);
    if is_new && !(is_first && service.desired_count <= FEW) {
        // Written down before its first task starts, so that whoever comes next knows whose tasks these are. The
        // first deployment's few tasks need no such note: there are no others that they could be mistaken for.
        let facts = facts(resolved, &deployments, &tasks, false);
        let concluded = judged::conclude(&before, &facts, Vec::new(), now);
        let status = concluded.status.clone();
        if !write(context, object, &shown, concluded, News::Urgent).await? {
            return Ok(Next::Done);
        }
        (shown, before) = (status.clone(), status);
    }
    let mut definitions = definitions(context, resolved, &deployments);
    for deployment in &mut deployments {
        if let Some(definition) = definitions.get_mut(&deployment.id) {
            resolve::image::note(deployment, definition, pods.values().map(|pod| &**pod));
            *definition = definition.pinned(&deployment.images);
        }
    }
    let mut plan = rollout::plan(service, &deployments, &tasks, now);
    let zones = || zones(context, service, &pods);
    rollout::rebalance(&mut plan, service, (&deployments, &tasks), &zones, now);
    let access::Prepared { blocked, remarks } = access::prepare(context, &owner, service).await?;
    if blocked.is_some() {
        plan.start.clear();
    }
    let mut problem = belongings::prepare(context, &owner, service, anchor(&pods, &tasks)).await?;
    let nodes = nodes(context, service);
    if !plan.start.is_empty() {
        context.starts.note(&key);
    }
    let launch =
        Launch { context, owner: &owner, service, definitions: &definitions, pods: &pods, nodes: &nodes };
    let mut done = launch::carry_out(&launch, &plan).await?;
    if blocked.is_some() || done.problem.is_some() {
        // What could not be begun is not told as if it were.
        plan.balance = None;
    }
    done.notices.splice(0..0, judged::planned(service, &plan));
    done.notices.retain(|notice| judged::is_news(&before, notice));
    // What can wait does not hold up the tasks, of this service or another.
    if plan.start.is_empty() {
        belongings::hold(context, &owner, service, &resolved.revision.object).await?;
        access::release(context, &owner, definitions.values()).await?;
        match belongings::budget_due(context, service, &tasks, now) {
            Some(due) if due <= now => {
                problem = problem.or(belongings::budget(context, &owner, service, &tasks).await?);
            }
            due => plan.next = plan.next.into_iter().chain(due).min(),
        }
    }
    done.problem = blocked.or(problem).or(done.problem);
    let tasks = after(context, service, tasks, &done, now);
    let unshown = listing::show(context, service, &pods, &tasks).await?;
    let mut facts = facts(resolved, &plan.deployments, &tasks, plan.deadlock);
    facts.problem = done.problem.clone();
    facts.unplaced = unplaced::why(context, service, (&pods, &tasks), &before);
    facts.held = plan.held;
    let waits = !remarks.is_empty();
    facts.remarks.extend(remarks);
    let concluded = judged::conclude(&before, &facts, done.notices, now);
    let news = judged::news(&shown, &concluded.status, &concluded.notices);
    let held = show(context, object, &shown, concluded, news).await?;
    context.passes.note(&key, object.metadata.generation.unwrap_or(0));
    if unshown {
        return Ok(Next::After(AT_ONCE));
    }
    Ok(next(&plan, held, waits || done.problem.is_some(), now))
}

fn facts<'a>(
    resolved: &'a Resolved,
    deployments: &'a [Deployment],
    tasks: &'a [Task],
    deadlock: bool,
) -> Facts<'a> {
    let service = &resolved.service;
    let preferences = strategy::preferences(&service.placement, &service.group());
    Facts {
        service,
        deployments,
        tasks,
        deadlock,
        held: None,
        problem: None,
        unplaced: None,
        placement: PlacementStatus {
            strategies: preferences.exactness.as_str().to_owned(),
            reason: preferences.exactness.reason().map(str::to_owned),
            profile: preferences.scheduler,
        },
        remarks: resolved.remarks.clone(),
        document: resolved.document.clone(),
    }
}

fn next(plan: &rollout::Plan, held: Option<Duration>, refused: bool, now: Timestamp) -> Next {
    let planned = plan.next.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default());
    let waiting = (!plan.start.is_empty() && !refused).then_some(SOON);
    let times = [planned, held, waiting, refused.then_some(TRY_AGAIN), Some(LOOK_AGAIN)];
    // A moment later than planned, so that the time has come for certain.
    let soonest = times.into_iter().flatten().min().unwrap_or(LOOK_AGAIN);
    Next::After(soonest + Duration::from_millis(50))
}
