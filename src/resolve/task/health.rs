//! A live pod's containers → whether the task counts as healthy.

use super::Reading;
use super::view::{View, started};
use crate::model::{Health, PROVEN_AFTER, label};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStatus, PodCondition, Probe};

/// ECS's table: with a check, its verdict; behind a target group, the target's; with neither, 40 seconds.
/// A verdict needs somebody to ask: a task on a node that is gone fails its check or is an unhealthy target.
pub(super) fn of(view: &View<'_>, started_at: Option<Timestamp>, reading: &Reading<'_>) -> Health {
    let Some(started_at) = started_at else {
        let given_up = view.patience_ends().filter(|_| view.stuck().is_some());
        return Health::Unknown { decided_at: given_up.into_iter().chain(view.late_next()).min() };
    };
    let mut undecided = None;
    let mut has_check = false;
    for (status, probe) in checked(view) {
        has_check = true;
        if status.ready {
            continue;
        }
        match verdict_at(view, status, probe) {
            Some(at) if at <= reading.now => return after_grace(started_at, reading),
            at => undecided = Some(earliest(undecided, at)),
        }
    }
    if let Some(decided_at) = undecided {
        return Health::Unknown { decided_at };
    }
    if (has_check || reading.is_target) && (is_lost(view, started_at) || is_on_lost(view, reading)) {
        return Health::Unhealthy;
    }
    if has_check || reading.is_target {
        return Health::Healthy;
    }
    match started_at.checked_add(PROVEN_AFTER) {
        Ok(at) if at > reading.now => Health::Unknown { decided_at: Some(at) },
        _ => Health::Healthy,
    }
}

fn earliest(one: Option<Option<Timestamp>>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one.flatten(), other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// An unhealthy verdict stops nothing before the service's grace period is over.
fn after_grace(started_at: Timestamp, reading: &Reading<'_>) -> Health {
    let grace = SignedDuration::from_secs(i64::from(reading.grace_period));
    match started_at.checked_add(grace) {
        Ok(at) if at > reading.now => Health::Unknown { decided_at: Some(at) },
        _ => Health::Unhealthy,
    }
}

/// Whether the task's node is no longer heard of. What the node told last stays in the pod; the cluster
/// only takes back that the pod is ready, and stops sending requests to it.
fn is_lost(view: &View<'_>, started_at: Timestamp) -> bool {
    ready_condition(view).is_some_and(|ready| {
        let turned = ready.last_transition_time.as_ref().map(|time| time.0);
        ready.status == "False" && turned.is_some_and(|at| at > started_at)
    }) && view.containers().all(|status| status.ready)
}

/// The same where the pod was not ready before: a container that is not essential had ended.
fn is_on_lost(view: &View<'_>, reading: &Reading<'_>) -> bool {
    let node = view.pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
    node.is_some_and(|node| (reading.instance)(node).lost)
}

fn ready_condition<'a>(view: &View<'a>) -> Option<&'a PodCondition> {
    view.status.conditions.iter().flatten().find(|condition| condition.type_ == "Ready")
}

/// The essential containers that have a health check.
fn checked<'a>(view: &'a View<'_>) -> impl Iterator<Item = (&'a ContainerStatus, &'a Probe)> {
    let containers = view.pod.spec.iter().flat_map(|spec| &spec.containers);
    let probes: Vec<(&str, &Probe)> = containers
        .filter_map(|container| Some((container.name.as_str(), container.readiness_probe.as_ref()?)))
        .collect();
    view.essential().filter_map(move |status| {
        let probe = probes.iter().find(|(name, _)| *name == status.name)?;
        Some((status, probe.1))
    })
}

/// When a container that is not ready is or will be UNHEALTHY: at once if it was ready before, else
/// when its start period and all retries are over.
fn verdict_at(view: &View<'_>, status: &ContainerStatus, probe: &Probe) -> Option<Timestamp> {
    let started_at = started(status)?;
    let turned = ready_condition(view)
        .and_then(|condition| condition.last_transition_time.as_ref())
        .map(|time| time.0);
    // The condition is False from before the start; a later change means that it was True in between.
    if let Some(at) = turned.filter(|at| *at > started_at) {
        return Some(at);
    }
    let annotations = view.pod.metadata.annotations.as_ref();
    let start_period: i64 =
        annotations.and_then(|all| all.get(label::START_PERIOD)?.parse().ok()).unwrap_or(0);
    let (interval, timeout) = (probe.period_seconds.unwrap_or(30), probe.timeout_seconds.unwrap_or(5));
    let tries = i64::from(probe.failure_threshold.unwrap_or(3)) * i64::from(interval);
    started_at.checked_add(SignedDuration::from_secs(start_period + tries + i64::from(timeout))).ok()
}
