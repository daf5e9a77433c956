//! A pod, as the judgements about a task look at it.

use super::pull;
use crate::model::{LastStatus, StartOrder, StopCode, label};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Container, ContainerStateTerminated, ContainerStatus, Pod, PodStatus};
use std::collections::BTreeMap;

/// How long a container may be unable to start, as its image cannot be pulled or a reference is
/// missing, before the launch counts as failed. Long enough for a registry's hiccup.
pub const STARTABLE_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// A container that is to be restarted is shown as ended for a moment only: one that stays so is not restarted,
/// as its node does not know how.
const RESTARTED_WITHIN: SignedDuration = SignedDuration::from_secs(60);

pub(super) struct View<'a> {
    pub pod: &'a Pod,
    pub status: &'a PodStatus,
    pub now: Timestamp,
    /// What its containers wait for.
    pub order: StartOrder,
    essential: Vec<&'a str>,
    /// Seconds that restartable containers must have run.
    periods: BTreeMap<String, u32>,
}

impl<'a> View<'a> {
    pub fn of(pod: &'a Pod, status: &'a PodStatus, now: Timestamp) -> Self {
        let told = |key: &str| pod.metadata.annotations.as_ref().and_then(|all| all.get(key));
        let json = |key: &str| told(key).map(String::as_str).unwrap_or("{}");
        Self {
            pod,
            status,
            now,
            order: serde_json::from_str(json(label::START_ORDER)).unwrap_or_default(),
            essential: told(label::ESSENTIAL).map(|names| names.split(',').collect()).unwrap_or_default(),
            periods: serde_json::from_str(json(label::RESTART_PERIODS)).unwrap_or_default(),
        }
    }

    /// The containers that run beside one another.
    pub fn containers(&self) -> impl Iterator<Item = &'a ContainerStatus> + use<'a> {
        self.status.container_statuses.iter().flatten()
    }

    /// Those that run before.
    pub fn inits(&self) -> impl Iterator<Item = &'a ContainerStatus> + use<'a> {
        self.status.init_container_statuses.iter().flatten()
    }

    /// A container counts as essential unless the pod names others: stopping too much is told, a task
    /// that never ends is not.
    pub fn essential(&self) -> impl Iterator<Item = &'a ContainerStatus> {
        self.containers().filter(|status| self.is_essential(&status.name))
    }

    pub fn is_essential(&self, name: &str) -> bool {
        self.essential.is_empty() || self.essential.contains(&name)
    }

    /// The status of the container `name`, of whichever sort.
    pub fn find(&self, name: &str) -> Option<&'a ContainerStatus> {
        self.inits().chain(self.containers()).find(|status| status.name == name)
    }

    /// What the pod asks for `name`.
    pub fn spec(&self, name: &str) -> Option<&'a Container> {
        let spec = self.pod.spec.as_ref()?;
        let inits = spec.init_containers.iter().flatten();
        inits.chain(&spec.containers).find(|container| container.name == name)
    }

    /// When every container had started, if all have.
    pub fn started_at(&self) -> Option<Timestamp> {
        let wanted = self.pod.spec.as_ref().map_or(0, |spec| spec.containers.len());
        let starts: Vec<Timestamp> =
            self.containers().filter_map(|status| self.first_start(status)).collect();
        if starts.len() < wanted { None } else { starts.into_iter().max() }
    }

    /// When a container started for the first time. Of one that was restarted only the last run but one is
    /// known, and every start since would make the task look young again: it counts as old as the pod.
    pub fn first_start(&self, status: &ContainerStatus) -> Option<Timestamp> {
        match status.restart_count > 0 {
            true => self.status.start_time.as_ref().map(|time| time.0),
            false => started(status),
        }
    }

    /// How a container ended that does not run again. ECS restarts none that ran too short; a node does, so
    /// what such a one has done since counts for nothing.
    pub fn ended(&self, status: &'a ContainerStatus) -> Option<&'a ContainerStateTerminated> {
        let before = status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
        let now = status.state.as_ref().and_then(|state| state.terminated.as_ref());
        let early = before.filter(|end| self.is_early(&status.name, end));
        early.or_else(|| now.filter(|end| !self.is_restarted(&status.name, end)))
    }

    fn is_early(&self, name: &str, end: &ContainerStateTerminated) -> bool {
        let Some(period) = self.periods.get(name) else { return false };
        let time = |time: &Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>| {
            time.as_ref().map(|it| it.0)
        };
        let ran =
            time(&end.finished_at).zip(time(&end.started_at)).map(|(end, start)| end.duration_since(start));
        ran.is_none_or(|ran| ran < SignedDuration::from_secs(i64::from(*period)))
    }

    /// Whether the node starts the container again, and ECS would.
    fn is_restarted(&self, name: &str, end: &ContainerStateTerminated) -> bool {
        let Some(container) = self.spec(name).filter(|_| self.periods.contains_key(name)) else {
            return false;
        };
        let mut rules = container.restart_policy_rules.iter().flatten();
        let ignored = |values: &Vec<i32>| values.contains(&end.exit_code);
        let is_ruled = rules.any(|rule| {
            let codes = rule.exit_codes.as_ref().and_then(|codes| codes.values.as_ref());
            rule.action == "Restart" && !codes.is_some_and(ignored)
        });
        let restarts = is_ruled || container.restart_policy.as_deref() == Some("Always");
        let soon = end.finished_at.as_ref().and_then(|time| time.0.checked_add(RESTARTED_WITHIN).ok());
        restarts && !self.is_early(name, end) && soon.is_some_and(|soon| self.now < soon)
    }

    pub fn last_status(&self, desired_stopped: bool, started: bool) -> LastStatus {
        let placed = self.pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some());
        match self.status.phase.as_deref() {
            Some("Succeeded" | "Failed") => LastStatus::Stopped,
            _ if desired_stopped => LastStatus::Stopping,
            _ if !placed => LastStatus::Provisioning,
            _ if started => LastStatus::Running,
            _ => LastStatus::Pending,
        }
    }

    /// When the last of its containers ended.
    pub fn ended_at(&self) -> Option<Timestamp> {
        let ends = self.inits().chain(self.containers()).filter_map(|status| {
            status.state.as_ref()?.terminated.as_ref()?.finished_at.as_ref().map(|time| time.0)
        });
        let conditions = self.status.conditions.iter().flatten();
        let not_ready = conditions
            .filter(|condition| condition.type_ == "Ready")
            .filter_map(|condition| condition.last_transition_time.as_ref().map(|time| time.0));
        ends.max().or_else(|| not_ready.max())
    }

    /// Since when Kubernetes calls the pod not ready, if it does.
    pub fn unready_since(&self) -> Option<Timestamp> {
        let mut conditions = self.status.conditions.iter().flatten();
        let ready = conditions.find(|condition| condition.type_ == "Ready" && condition.status != "True")?;
        ready.last_transition_time.as_ref().map(|time| time.0)
    }

    /// Why the task has to be stopped.
    pub fn broken(&self) -> Option<(StopCode, String)> {
        if matches!(self.status.phase.as_deref(), Some("Succeeded" | "Failed")) {
            return None;
        }
        if self.essential().any(|status| self.ended(status).is_some()) {
            let reason = "Essential container in task exited".to_owned();
            return Some((StopCode::EssentialContainerExited, reason));
        }
        if let Some(reason) = super::pull::gives_way(self.pod).or_else(|| self.hopeless()) {
            return Some((StopCode::TaskFailedToStart, reason));
        }
        if let Some(reason) = pull::gives_way(self.pod) {
            return Some((StopCode::TaskFailedToStart, reason));
        }
        let patience_ends = self.patience_ends()?;
        let reason = self.stuck()?;
        (patience_ends <= self.now).then_some((StopCode::TaskFailedToStart, reason))
    }

    pub fn unplaced(&self) -> Option<String> {
        let conditions = self.status.conditions.iter().flatten();
        let waiting = conditions
            .filter(|condition| condition.type_ == "PodScheduled" && condition.status == "False")
            .find(|condition| condition.reason.as_deref() == Some("Unschedulable"))?;
        Some(waiting.message.clone().unwrap_or_default())
    }
}

/// When a container's present or last run began.
pub(super) fn started(status: &ContainerStatus) -> Option<Timestamp> {
    let state = status.state.as_ref()?;
    let running = state.running.as_ref().and_then(|running| running.started_at.as_ref());
    let ended = state.terminated.as_ref().and_then(|ended| ended.started_at.as_ref());
    // A container that could not be started at all is shown as started at the beginning of time.
    running.or(ended).map(|time| time.0).filter(|start| *start > Timestamp::UNIX_EPOCH)
}
