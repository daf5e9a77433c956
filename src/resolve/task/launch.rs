//! A live pod → whether its launch has failed, and in what words.

use super::pull;
use super::view::{STARTABLE_WITHIN, View, started};
use crate::model::{LastStatus, PROVEN_AFTER, StopCode, Task, label};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStateWaiting, ContainerStatus};

/// Pod phases end for these reasons without any fault of the task.
const NOT_ITS_FAULT: [&str; 5] = ["Evicted", "NodeShutdown", "Terminated", "Preempting", "DeadlineExceeded"];

impl View<'_> {
    /// ECS's text for the first container that Kubernetes cannot start.
    pub fn stuck(&self) -> Option<String> {
        self.inits()
            .chain(self.containers())
            .filter(|status| !self.is_at_gate(status))
            .find_map(unable_to_start)
    }

    /// When a container that cannot start is given up: each has its time from when its turn came.
    pub fn patience_ends(&self) -> Option<Timestamp> {
        let begun = self.status.start_time.as_ref()?.0;
        let ends =
            self.inits().filter_map(|status| status.state.as_ref()?.terminated.as_ref()?.finished_at.clone());
        let starts = self.containers().filter_map(started);
        let turns = ends.map(|time| time.0).chain(starts).chain(self.time(label::RELEASED_AT));
        turns.fold(begun, Timestamp::max).checked_add(STARTABLE_WITHIN).ok()
    }

    /// When the launch failed: it ended, or must be ended, before it had proved itself.
    pub fn failed_at(&self, task: &Task, stop_code: Option<&str>) -> Option<Timestamp> {
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
        let ended = self.ended_at().or(task.stopped_at).unwrap_or(self.now).min(self.now);
        let proven = task.started_at.is_some_and(|start| ended.duration_since(start) >= PROVEN_AFTER);
        if proven { None } else { Some(self.time(label::STOPPING_AT).unwrap_or(ended)) }
    }

    /// A time that an annotation holds.
    fn time(&self, key: &str) -> Option<Timestamp> {
        self.pod.metadata.annotations.as_ref()?.get(key)?.parse().ok()
    }

    /// Why a container cannot start, or how the one ended that ended the task.
    pub fn story(&self) -> Option<String> {
        self.stuck().or_else(|| self.hopeless()).or_else(|| {
            let failed = |status: &&ContainerStatus| {
                self.ended(status).is_some_and(|end| end.exit_code != 0 || self.is_essential(&status.name))
            };
            let status = self.inits().find(failed).or_else(|| self.essential().find(failed))?;
            let end = self.ended(status)?;
            let reason = end.message.as_deref().or(end.reason.as_deref()).unwrap_or("no reason given");
            let reason: String = reason.chars().take(256).collect();
            Some(format!("container {} ended with exit code {} ({reason})", status.name, end.exit_code))
        })
    }
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
