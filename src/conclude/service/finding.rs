//! Facts → findings: is the service ready, is it on its way, does it need help.

use super::{Counts, Document, Facts, ServiceStatus};
use crate::api;
use crate::api::{ConditionType, Reason};
use crate::conclude::Finding;
use crate::conclude::condition::find;
use crate::model::{Health, LastStatus, PROVEN_AFTER, RolloutState, Task, Violation};
use crate::rollout::IMPAIRED_AFTER;

/// Something that keeps a pass from doing all it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind.
    pub reason: Reason,
    /// A sentence that says what to do.
    pub message: String,
}

/// What stands between the number of tasks and why they are not placed.
const NOT_PLACED: &str = "find no container instance that meets all of their requirements. ";

/// Why tasks are not placed, as `status` tells it.
pub fn told_unplaced(status: &ServiceStatus) -> Option<&str> {
    let placed = find(&status.conditions, ConditionType::Placed).filter(|placed| placed.status == "False")?;
    placed.message.split_once(NOT_PLACED).map(|(_, why)| why)
}

/// `Ready` and the one of `Reconciling` and `Stalled` that holds, then the remarks.
pub(super) fn findings(facts: &Facts<'_>, counts: &Counts) -> Vec<Finding> {
    let mut findings = match &facts.document {
        Document::Obeyed(_) => progress(facts, counts),
        Document::Refused(findings) => findings.clone(),
    };
    if let Some(problem) = &facts.problem
        && problem.reason == Reason::NameConflict
    {
        findings.push(Finding::new(ConditionType::NameConflict, true, problem.reason, &*problem.message));
    }
    if let Some(problem) = &facts.problem
        && problem.reason == Reason::PodsRefused
        && problem.message.contains("violates PodSecurity")
    {
        findings.push(Finding::new(ConditionType::PodSecurity, false, problem.reason, &*problem.message));
    }
    // A task that cannot balance the zones is given up; the service has all that it needs.
    let needed = facts.tasks.iter().filter(|task| task.is_live() && task.moved_to.is_none());
    let unplaced = needed.filter(|task| task.unplaced.is_some()).count();
    if unplaced > 0 {
        let why = facts.unplaced.as_deref().unwrap_or_default();
        let message = format!("{unplaced} task(s) {NOT_PLACED}{why}");
        findings.push(Finding::new(ConditionType::Placed, false, Reason::PlacementFailed, message));
    }
    findings.extend(facts.remarks.iter().cloned());
    findings
}

fn progress(facts: &Facts<'_>, counts: &Counts) -> Vec<Finding> {
    let desired = facts.service.desired_count;
    let numbers = format!("{} of {desired} tasks running, {} pending", counts.running, counts.pending);
    if let Some(problem) = &facts.problem {
        return stalled(problem.reason, &problem.message);
    }
    if facts.deadlock {
        let message = "the service deployment configuration allows neither to stop nor to start a task: \
                       update minimumHealthyPercent or maximumPercent";
        let message = format!("{message}{}", drained(facts));
        return stalled(Reason::DeploymentBlocked, &message);
    }
    let primary = facts.deployments.first();
    let attempts = primary.map_or(0, |primary| primary.launch_attempts);
    if attempts >= IMPAIRED_AFTER {
        let next =
            primary.and_then(|primary| primary.next_launch_at).map(|at| at.to_string()).unwrap_or_default();
        let message =
            format!("{numbers}; {attempts} rounds of launches have failed, the next is due at {next}");
        let failed = facts.tasks.iter().filter(|task| task.failed_at.is_some());
        let last = failed.max_by_key(|task| task.failed_at).and_then(|task| task.story.as_deref());
        let message = match last {
            Some(story) => format!("{message}; the last: {story}"),
            None => message,
        };
        return stalled(Reason::StartImpaired, &message);
    }
    let in_progress = primary.is_none_or(|primary| primary.state == RolloutState::InProgress);
    if in_progress || facts.deployments.len() > 1 {
        let awaited = awaited(facts).map(|awaited| format!("; {awaited}")).unwrap_or_default();
        let held = super::held::remark(facts.held);
        return super::waiting(Reason::DeploymentInProgress, &format!("{numbers}{awaited}{held}"));
    }
    // A task that is on its way to balance the zones is one more; the others are all that is wanted.
    let mover = |task: &&Task| task.is_live() && task.moved_to.is_some() && task.health != Health::Healthy;
    let movers = facts.tasks.iter().filter(mover).count();
    let others = Counts::of(facts.tasks.iter().filter(|task| !mover(task)));
    let settled = u32::try_from(others.running).is_ok_and(|running| running == desired);
    if !settled || others.pending > 0 || others.unhealthy > 0 {
        let held = super::held::remark(facts.held);
        return super::waiting(Reason::Scaling, &format!("{numbers}{held}"));
    }
    let moving = if movers > 0 { ", one more to balance the zones" } else { "" };
    let message = format!("{} of {desired} tasks running{moving}", others.running);
    vec![Finding::new(ConditionType::Ready, true, Reason::SteadyState, message)]
}

/// How many tasks have to leave instances that are drained, and cannot.
fn drained(facts: &Facts<'_>) -> String {
    let count = facts.tasks.iter().filter(|task| task.is_live() && task.draining).count();
    match count {
        0 => String::new(),
        _ => format!("; {count} task(s) cannot leave container instances that are DRAINING"),
    }
}

/// What running tasks are waited for that do not count as healthy yet.
fn awaited(facts: &Facts<'_>) -> Option<String> {
    let is_awaited = |task: &&Task| {
        let undecided = matches!(task.health, Health::Unknown { .. });
        task.is_live() && task.last_status == LastStatus::Running && undecided
    };
    let count = facts.tasks.iter().filter(is_awaited).count();
    if count == 0 {
        return None;
    }
    let service = facts.service;
    let is_checked =
        service.task_definition.containers.iter().any(|container| container.health_check.is_some());
    let until = match is_checked || !service.target_groups.is_empty() {
        true => "whose health checks have yet to pass".to_owned(),
        false => format!(
            "that count as healthy when they have run for {} s, as they have no health check",
            PROVEN_AFTER.as_secs()
        ),
    };
    Some(format!("waiting for {count} task(s) {until}"))
}

/// Not ready, and nothing will change that but somebody's help.
pub(super) fn stalled(reason: Reason, message: &str) -> Vec<Finding> {
    vec![
        Finding::new(ConditionType::Ready, false, reason, message),
        Finding::new(ConditionType::Stalled, true, reason, message),
    ]
}

/// Standing remarks about what a document says and what it means here.
pub fn remarks(
    spec: &api::ServiceSpec,
    (task_role, images): (Option<&str>, Option<String>),
    without_effect: &[Violation],
    clusters_exist: bool,
    missing_registries: &[String],
) -> Vec<Finding> {
    let mut remarks = Vec::new();
    let network =
        spec.network_configuration.as_ref().and_then(|network| network.awsvpc_configuration.as_ref());
    if network.is_some_and(|vpc| named(&vpc.security_groups) || named(&vpc.subnets)) {
        let message = "securityGroups and subnets restrict nothing here: no Cluster maps them; \
                       write a NetworkPolicy for what must not be reached";
        remarks.push(Finding::new(ConditionType::NetworkUnrestricted, true, Reason::NotMapped, message));
    }
    if let Some(role) = task_role {
        let message = format!("taskRoleArn {role} gives the tasks no rights: no Cluster maps it");
        remarks.push(Finding::new(ConditionType::TaskRoleUnmapped, true, Reason::NotMapped, message));
    }
    if let Some(message) = images {
        remarks.push(Finding::new(ConditionType::RegistryUnmapped, true, Reason::NotMapped, message));
    }
    if spec.capacity_provider_strategy.as_ref().is_some_and(|list| !list.is_empty()) {
        let message = "capacityProviderStrategy selects no nodes here: no Cluster maps its providers";
        remarks.push(Finding::new(ConditionType::CapacityProviderUnmapped, true, Reason::NotMapped, message));
    }
    if !clusters_exist {
        let message = "there is no Cluster object, so every cluster name means all schedulable nodes";
        remarks.push(Finding::new(ConditionType::ClusterImplied, true, Reason::NoCluster, message));
    }
    if !missing_registries.is_empty() {
        let message = format!(
            "no ServiceDiscovery stands for {}: apply one of that name, or one with annotation ecs.berth.dev/arn",
            missing_registries.join(", ")
        );
        remarks.push(Finding::new(
            ConditionType::RegistryAvailable,
            false,
            Reason::ReferenceNotFound,
            message,
        ));
    }
    if !without_effect.is_empty() {
        remarks.push(super::super::task_definition::without_effect(without_effect));
    }
    remarks
}

fn named(list: &Option<Vec<String>>) -> bool {
    list.as_ref().is_some_and(|list| !list.is_empty())
}
