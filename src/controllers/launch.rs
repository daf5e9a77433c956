//! A plan → tasks started, stopped and forgotten.

use super::context::Context;
use super::error::Error;
use crate::api::Reason;
use crate::conclude::Notice;
use crate::conclude::service::Problem;
use crate::kubernetes::{Guard, Key, NameConflict, Outcome, Owner, Removal};
use crate::model::{DeploymentId, Service, StopCode, TaskDefinition, label};
use crate::placement::NodeView;
use crate::rollout::{Plan, Start, Stop};
use crate::translate;
use futures::future::join_all;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most creations and patches of one pass under way at once.
pub(super) const AT_ONCE: usize = 16;

/// Ids that one event names; more make it unreadable.
const NAMED: usize = 10;

/// Everything that carrying out a plan needs.
pub(super) struct Launch<'a> {
    pub context: &'a Context,
    pub owner: &'a Owner,
    pub service: &'a Service,
    /// Definitions by deployment.
    pub definitions: &'a BTreeMap<DeploymentId, TaskDefinition>,
    pub pods: &'a BTreeMap<String, Arc<Pod>>,
    pub nodes: &'a [NodeView],
}

/// What was done.
#[derive(Default)]
pub(super) struct Done {
    /// Tasks as the API server answered: started, or told to stop.
    pub pods: Vec<Pod>,
    /// What to tell.
    pub notices: Vec<Notice>,
    /// What kept it from doing all.
    pub problem: Option<Problem>,
}

/// Carries `plan` out: stops first, so that what they free can be used.
pub(super) async fn carry_out(launch: &Launch<'_>, plan: &Plan) -> Result<Done, Error> {
    let mut done = Done::default();
    if let Some(primary) = plan.deployments.first() {
        repair(launch, &primary.id, &plan.stop).await?;
    }
    stop(launch, &plan.stop, &mut done).await?;
    super::upkeep::carry_out(launch, plan, &mut done).await?;
    for start in &plan.start {
        begin(launch, start, &mut done).await?;
    }
    forget(launch, &plan.forget).await?;
    Ok(done)
}

/// Gives tasks back the labels by which target groups, registries and their group know them, in case
/// somebody has removed one.
async fn repair(launch: &Launch<'_>, primary: &DeploymentId, stops: &[Stop]) -> Result<(), Error> {
    let service = launch.service;
    let groups = service.target_groups.iter().map(|group| label::target_group(&group.name));
    let registries = service.registrations.iter().map(|one| label::discovery(&one.discovery));
    let wanted: Vec<String> = groups.chain(registries).chain([label::group(&service.group())]).collect();
    for (name, pod) in launch.pods {
        let Some(labels) = &pod.metadata.labels else { continue };
        let is_whole = wanted.iter().all(|key| labels.contains_key(key));
        // A lost label is not what makes a task stop: others tell who shows it as an endpoint.
        let is_listed = labels.iter().any(|(key, value)| label::is_endpoint(key) && value == label::LISTED);
        let is_ours = labels.get(label::DEPLOYMENT).is_some_and(|hash| hash == primary.hash());
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        let has_ended = labels.contains_key(label::STOP_CODE)
            || pod.metadata.deletion_timestamp.is_some()
            || matches!(phase, Some("Succeeded" | "Failed"))
            || stops.iter().any(|stop| stop.task == *name);
        if is_whole || !is_ours || has_ended {
            continue;
        }
        let value = |key: &str| if is_listed && label::is_endpoint(key) { label::LISTED } else { "" };
        let labels: serde_json::Map<String, Value> =
            wanted.iter().map(|key| (key.clone(), json!(value(key)))).collect();
        let patch = json!({"metadata": {"labels": labels}});
        if let Some(pod) = launch.context.writer.patch(&**pod, &patch, Guard::Version).await? {
            launch.context.wrote(super::service::NAME, &key(service), &pod);
        }
    }
    Ok(())
}

/// Starts tasks in bursts of 1, 2, 4, …: a refusal costs one request, not hundreds.
async fn begin(launch: &Launch<'_>, start: &Start, done: &mut Done) -> Result<(), Error> {
    let Some(definition) = launch.definitions.get(&start.deployment) else { return Ok(()) };
    let mut ids = Vec::new();
    let (mut next, end) = (start.first_number, start.first_number + start.count);
    let mut burst = 1;
    while next < end && done.problem.is_none() && !launch.context.leaving.is_cancelled() {
        let numbers = next..end.min(next + burst);
        next = numbers.end;
        burst = (burst * 2).min(u32::try_from(AT_ONCE).unwrap_or(burst));
        // Made before the first is awaited: a stream over a borrowing closure could not be sent.
        let mut writes = Vec::new();
        for number in numbers {
            writes.push(create(launch, pod(launch, start, definition, number)));
        }
        for outcome in join_all(writes).await {
            match outcome? {
                Ok(pod) => {
                    ids.push(id(&pod));
                    done.pods.push(pod);
                }
                Err(problem) => done.problem = Some(problem),
            }
        }
    }
    if !ids.is_empty() {
        let service = &launch.service.name;
        let aim = start.zone.as_ref().map(|zone| format!(" in {zone} to AZ Rebalance")).unwrap_or_default();
        let message = format!("(service {service}) has started {} tasks{aim}: {}", ids.len(), named(&ids));
        done.notices.push(Notice::normal("TasksStarted", message));
    }
    Ok(())
}

fn pod(launch: &Launch<'_>, start: &Start, definition: &TaskDefinition, number: u32) -> Pod {
    translate::task(&translate::Launch {
        service: launch.service,
        deployment: &start.deployment,
        task_definition: definition,
        number,
        zone: start.zone.as_deref(),
        nodes: launch.nodes,
        capabilities: launch.context.capabilities,
    })
}

async fn create(launch: &Launch<'_>, pod: Pod) -> Result<Result<Pod, Problem>, Error> {
    match launch.context.writer.create(launch.owner, &pod).await {
        Ok(Outcome::Written(pod) | Outcome::Unchanged(pod)) => {
            launch.context.wrote(super::service::NAME, &key(launch.service), &pod);
            Ok(Ok(pod))
        }
        Ok(Outcome::Conflict(conflict)) => Ok(Err(taken(&conflict))),
        Err(error) => match error.refusal() {
            Some(refusal) => Ok(Err(Problem {
                reason: Reason::PodsRefused,
                message: format!(
                    "the API server refuses the service's pods: {}{}",
                    nameless(refusal, &pod),
                    about(refusal)
                ),
            })),
            None => Err(error.into()),
        },
    }
}

/// What to do about a refusal, where the API server does not say it.
fn about(refusal: &str) -> &'static str {
    match refusal.contains("violates PodSecurity") {
        true => {
            "; leave out of the task definition what the words above name, or ask whoever owns the namespace for \
             another level (label pod-security.kubernetes.io/enforce)"
        }
        false => "",
    }
}

/// A refusal without the name of the pod: the next one is refused in the same words.
fn nameless<'a>(refusal: &'a str, pod: &Pod) -> &'a str {
    let name = format!("\"{}\" is ", pod.metadata.name.as_deref().unwrap_or_default());
    refusal.split_once(&name).map_or(refusal, |(_, words)| words)
}

/// The problem that somebody else's object has a name that we need.
pub(super) fn taken(conflict: &NameConflict) -> Problem {
    let message = format!("{conflict}; rename or delete it, or rename what needs the name");
    Problem { reason: Reason::NameConflict, message }
}

/// One patch tells a task to stop: it leaves its target groups and registries, no longer counts for its
/// group, and its containers are ended on their node, after their preStop pause. The pod stays readable.
async fn stop(launch: &Launch<'_>, stops: &[Stop], done: &mut Done) -> Result<(), Error> {
    let now = Timestamp::now();
    let mut stopped: Vec<&Stop> = Vec::new();
    for some in stops.chunks(AT_ONCE) {
        if launch.context.leaving.is_cancelled() {
            break;
        }
        let mut writes = Vec::new();
        for stop in some {
            if let Some(pod) = launch.pods.get(&stop.task) {
                writes.push(end(launch, stop, pod, now));
            }
        }
        for outcome in join_all(writes).await {
            done.pods.extend(outcome?);
        }
        stopped.extend(some);
    }
    let mut by_zone: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    for stop in stopped {
        by_zone.entry(stop.moved_from.as_deref()).or_default().push(stop.id.clone());
    }
    for (zone, ids) in by_zone {
        let service = &launch.service.name;
        let why = zone.map(|zone| format!(" in {zone} due to AZ rebalancing")).unwrap_or_default();
        let message =
            format!("(service {service}) has stopped {} running tasks{why}: {}", ids.len(), named(&ids));
        done.notices.push(Notice::normal("TasksStopped", message));
    }
    done.notices.extend(failures(&launch.service.name, stops));
    Ok(())
}

/// Why tasks never ran, each reason once.
fn failures(service: &str, stops: &[Stop]) -> Vec<Notice> {
    let failed = stops.iter().filter(|stop| stop.code == StopCode::TaskFailedToStart);
    let reasons: BTreeSet<&str> = failed.map(|stop| stop.reason.as_str()).collect();
    let message =
        |reason: &str| format!("(service {service}) failed to launch a task with (error {reason}).");
    reasons.into_iter().map(|reason| Notice::warning("TaskFailedToStart", message(reason))).collect()
}

async fn end(launch: &Launch<'_>, stop: &Stop, pod: &Pod, now: Timestamp) -> Result<Option<Pod>, Error> {
    let (context, key) = (launch.context, key(launch.service));
    if stop.unplaced {
        // Only if it is still without a node: where there is one, its containers must be ended there.
        remove(launch, pod, Guard::Version).await?;
        return Ok(None);
    }
    let patched = context.writer.patch(pod, &stop_patch(pod, stop, now), Guard::Uid).await?;
    if let Some(pod) = &patched {
        context.wrote(super::service::NAME, &key, pod);
    }
    Ok(patched)
}

fn stop_patch(pod: &Pod, stop: &Stop, now: Timestamp) -> Value {
    let registrations = pod.metadata.labels.iter().flat_map(|labels| labels.keys());
    let mut labels: serde_json::Map<String, Value> = registrations
        .filter(|key| label::is_registration(key))
        .map(|key| (key.clone(), Value::Null))
        .collect();
    labels.insert(label::STOP_CODE.to_owned(), json!(stop.code.as_str()));
    json!({
        "metadata": {
            "labels": labels,
            "annotations": {label::STOPPED_REASON: stop.reason, label::STOPPING_AT: now.to_string()},
        },
        "spec": {"activeDeadlineSeconds": 1},
    })
}

async fn forget(launch: &Launch<'_>, names: &[String]) -> Result<(), Error> {
    for name in names {
        let Some(pod) = launch.pods.get(name) else { continue };
        remove(launch, pod, Guard::Uid).await?;
    }
    Ok(())
}

async fn remove(launch: &Launch<'_>, pod: &Pod, guard: Guard) -> Result<(), Error> {
    // A pod that has changed meanwhile is not deleted; the change brings the next pass.
    if launch.context.writer.delete(pod, None, guard).await? != Removal::Changed {
        launch.context.freshness.removed(&(super::service::NAME, key(launch.service)), pod);
    }
    Ok(())
}

pub(super) fn key(service: &Service) -> Key {
    Key { namespace: service.identity.namespace.clone(), name: service.identity.name.clone() }
}

fn id(pod: &Pod) -> String {
    pod.metadata.uid.clone().unwrap_or_default().replace('-', "")
}

fn named(ids: &[String]) -> String {
    let mut text: Vec<String> = ids.iter().take(NAMED).map(|id| format!("(task {id})")).collect();
    if ids.len() > NAMED {
        text.push(format!("and {} more", ids.len() - NAMED));
    }
    format!("{}.", text.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_the_same_for_every_pod() {
        let pod = |name: &str| {
            let mut pod = Pod::default();
            pod.metadata.name = Some(name.to_owned());
            pod
        };
        let text = "pods \"web-1\" is forbidden: exceeded quota: small";
        assert_eq!(nameless(text, &pod("web-1")), "forbidden: exceeded quota: small");
        assert_eq!(nameless(text, &pod("web")), text);
    }
}
