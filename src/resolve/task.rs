//! A pod → the task that it is, in ECS's words.
//!
//! Everything that Berth knows of a running task stands in the pod: its containers' states, and the
//! labels and annotations that `translate` and the stop patch wrote.

mod health;
mod pull;

use crate::model::{
    DeploymentId, Health, Instance, LastStatus, PROVEN_AFTER, Service, StopCode, Task, label,
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStateWaiting, ContainerStatus, Pod, PodStatus};

pub use pull::failed_pulls;

/// How long a container may be unable to start, as its image cannot be pulled or a reference is
/// missing, before the launch counts as failed. Long enough for a registry's hiccup.
pub const STARTABLE_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// Pod phases end for these reasons without any fault of the task.
const NOT_ITS_FAULT: [&str; 5] = ["Evicted", "NodeShutdown", "Terminated", "Preempting", "DeadlineExceeded"];

/// What the pods of a service are read with.
pub struct Reading<'a> {
    /// Seconds after the start in which an unhealthy verdict stops nothing.
    pub grace_period: u32,
    /// Whether the service's tasks take traffic from a target group.
    pub is_target: bool,
    /// What is known of a node.
    pub instance: &'a dyn Fn(&str) -> Instance,
    /// The time of reading.
    pub now: Timestamp,
}

impl<'a> Reading<'a> {
    /// Reads the tasks of `service`.
    pub fn of(service: &Service, instance: &'a dyn Fn(&str) -> Instance, now: Timestamp) -> Self {
        let is_target = !service.target_groups.is_empty();
        Self { grace_period: service.health_check_grace_period, is_target, instance, now }
    }
}

/// The task that `pod`, which our service controls, is. One that bears no deployment, as somebody has removed
/// the label, is of none that is known: it counts as a task that has had its day.
pub fn task(pod: &Pod, reading: &Reading<'_>) -> Option<Task> {
    let name = pod.metadata.name.clone()?;
    let labels = pod.metadata.labels.as_ref()?;
    let deployment = DeploymentId::parse(labels.get(label::DEPLOYMENT).map_or("", String::as_str));
    let status = pod.status.clone().unwrap_or_default();
    let view = View { pod, status: &status, essential: essential(pod) };
    let stop_code = labels.get(label::STOP_CODE).map(String::as_str);
    let desired_stopped = stop_code.is_some() || pod.metadata.deletion_timestamp.is_some();
    let created_at = pod.metadata.creation_timestamp.as_ref().map_or(reading.now, |time| time.0);
    let started_at = view.started_at();
    let last_status = view.last_status(desired_stopped, started_at.is_some());
    let stopped_at = (last_status == LastStatus::Stopped).then(|| view.ended_at().unwrap_or(created_at));
    let broken = if desired_stopped { None } else { view.broken(reading.now) };
    let health = match last_status {
        LastStatus::Stopping | LastStatus::Stopped => Health::Unknown { decided_at: None },
        _ => health::of(&view, started_at, reading),
    };
    let mut task = Task {
        number: name.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(0),
        id: pod.metadata.uid.clone().unwrap_or_default().replace('-', ""),
        name,
        deployment,
        last_status,
        desired_stopped,
        started_at,
        health,
        created_at,
        stopped_at,
        instance: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        zone: None,
        draining: false,
        broken,
        failed_at: None,
        story: view.story(),
        unplaced: view.unplaced(),
    };
    if let Some(node) = &task.instance {
        let Instance { zone, draining } = (reading.instance)(node);
        (task.zone, task.draining) = (zone, draining);
    }
    task.failed_at = view.failed_at(&task, stop_code, reading.now);
    Some(task)
}

fn essential(pod: &Pod) -> Vec<&str> {
    let listed = pod.metadata.annotations.as_ref().and_then(|all| all.get(label::ESSENTIAL));
    listed.map(|names| names.split(',').collect()).unwrap_or_default()
}

struct View<'a> {
    pod: &'a Pod,
    status: &'a PodStatus,
    essential: Vec<&'a str>,
}

impl<'a> View<'a> {
    fn containers(&self) -> impl Iterator<Item = &'a ContainerStatus> + use<'a> {
        self.status.container_statuses.iter().flatten()
    }

    /// A container counts as essential unless the pod names others: stopping too much is told, a task
    /// that never ends is not.
    fn essential(&self) -> impl Iterator<Item = &'a ContainerStatus> {
        self.containers()
            .filter(|status| self.essential.is_empty() || self.essential.contains(&status.name.as_str()))
    }

    /// When every container had started, if all have.
    fn started_at(&self) -> Option<Timestamp> {
        let wanted = self.pod.spec.as_ref().map_or(0, |spec| spec.containers.len());
        let starts: Vec<Timestamp> = self.containers().filter_map(started).collect();
        if starts.len() < wanted { None } else { starts.into_iter().max() }
    }

    fn last_status(&self, desired_stopped: bool, started: bool) -> LastStatus {
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
    fn ended_at(&self) -> Option<Timestamp> {
        let ends = self.containers().filter_map(|status| {
            status.state.as_ref()?.terminated.as_ref()?.finished_at.as_ref().map(|time| time.0)
        });
        let conditions = self.status.conditions.iter().flatten();
        let not_ready = conditions
            .filter(|condition| condition.type_ == "Ready")
            .filter_map(|condition| condition.last_transition_time.as_ref().map(|time| time.0));
        ends.max().or_else(|| not_ready.max())
    }

    fn broken(&self, now: Timestamp) -> Option<(StopCode, String)> {
        if matches!(self.status.phase.as_deref(), Some("Succeeded" | "Failed")) {
            return None;
        }
        if self.essential().any(has_ended) {
            return Some((
                StopCode::EssentialContainerExited,
                "Essential container in task exited".to_owned(),
            ));
        }
        if let Some(reason) = pull::gives_way(self.pod) {
            return Some((StopCode::TaskFailedToStart, reason));
        }
        let patience_ends = self.patience_ends()?;
        let reason = self.containers().find_map(unable_to_start)?;
        (patience_ends <= now).then_some((StopCode::TaskFailedToStart, reason))
    }

    /// When a container that cannot start is given up.
    fn patience_ends(&self) -> Option<Timestamp> {
        self.status.start_time.as_ref()?.0.checked_add(STARTABLE_WITHIN).ok()
    }

    /// When the launch failed: it ended, or must be ended, before it had proved itself.
    fn failed_at(&self, task: &Task, stop_code: Option<&str>, now: Timestamp) -> Option<Timestamp> {
        let itself = [StopCode::TaskFailedToStart, StopCode::EssentialContainerExited];
        let by_itself = match stop_code {
            Some(code) => itself.iter().any(|own| own.as_str() == code),
            None if self.pod.metadata.deletion_timestamp.is_some() => false,
            None => task.last_status == LastStatus::Stopped || task.broken.is_some(),
        };
        let excused = self.status.reason.as_deref().is_some_and(|reason| NOT_ITS_FAULT.contains(&reason));
        let gives_way = pull::gave_way(self.pod) || pull::gives_way(self.pod).is_some();
        if !by_itself || (excused && stop_code.is_none()) || gives_way {
            return None;
        }
        let annotations = self.pod.metadata.annotations.as_ref();
        let asked = annotations.and_then(|all| all.get(label::STOPPING_AT)?.parse().ok());
        let ended = self.ended_at().or(task.stopped_at).unwrap_or(now).min(now);
        let proven = task.started_at.is_some_and(|start| ended.duration_since(start) >= PROVEN_AFTER);
        if proven { None } else { Some(asked.unwrap_or(ended)) }
    }

    /// Why a container cannot start, or how the first that ended did.
    fn story(&self) -> Option<String> {
        self.containers().find_map(unable_to_start).or_else(|| {
            let ended = |status: &&ContainerStatus| has_ended(status);
            let status = self.essential().find(ended)?;
            let state = status.state.as_ref()?.terminated.as_ref()?;
            let reason = state.message.as_deref().or(state.reason.as_deref()).unwrap_or("no reason given");
            let reason: String = reason.chars().take(256).collect();
            Some(format!("container {} ended with exit code {} ({reason})", status.name, state.exit_code))
        })
    }

    fn unplaced(&self) -> Option<String> {
        let conditions = self.status.conditions.iter().flatten();
        let waiting = conditions
            .filter(|condition| condition.type_ == "PodScheduled" && condition.status == "False")
            .find(|condition| condition.reason.as_deref() == Some("Unschedulable"))?;
        Some(waiting.message.clone().unwrap_or_default())
    }
}

fn has_ended(status: &ContainerStatus) -> bool {
    status.state.as_ref().is_some_and(|state| state.terminated.is_some())
}

fn started(status: &ContainerStatus) -> Option<Timestamp> {
    let state = status.state.as_ref()?;
    let running = state.running.as_ref().and_then(|running| running.started_at.as_ref());
    let ended = state.terminated.as_ref().and_then(|ended| ended.started_at.as_ref());
    // A container that could not be started at all is shown as started at the beginning of time.
    running.or(ended).map(|time| time.0).filter(|start| *start > Timestamp::UNIX_EPOCH)
}

/// Whether a container waits for an object of this kind, or for a key of it.
fn is_about(waiting: &ContainerStateWaiting, kind: &str) -> bool {
    let message = waiting.message.as_deref().unwrap_or_default().to_ascii_lowercase();
    message.starts_with(&format!("{kind} \"")) || message.contains(&format!(" in {kind} "))
}

/// ECS's text for a container that Kubernetes cannot start, if `status` is one.
fn unable_to_start(status: &ContainerStatus) -> Option<String> {
    let waiting = status.state.as_ref()?.waiting.as_ref()?;
    let family = match waiting.reason.as_deref()? {
        "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" => {
            "CannotPullContainerError"
        }
        "CreateContainerConfigError" if is_about(waiting, "secret") => {
            "ResourceInitializationError: unable to pull secrets or registry auth"
        }
        "CreateContainerConfigError" if is_about(waiting, "configmap") => {
            "ResourceInitializationError: failed to download env files"
        }
        "CreateContainerConfigError" | "CreateContainerError" => "CannotCreateContainerError",
        "RunContainerError" => "CannotStartContainerError",
        _ => return None,
    };
    let detail: String = waiting.message.as_deref().unwrap_or("no detail").chars().take(512).collect();
    Some(format!("{family}: {detail}"))
}

#[cfg(test)]
mod tests;
