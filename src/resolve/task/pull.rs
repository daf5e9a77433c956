//! Containers whose tags were to be pulled afresh and could not be.
//!
//! ECS's agent then takes the copy that its node has. A pod's pull policy cannot be changed, so here the task gives way
//! to one that does, at once and without counting as a failed launch.

use super::super::image::{renamed, statuses};
use crate::model::label;
use k8s_openapi::api::core::v1::Pod;

/// Beginning of the stoppedReason of a task that gives way.
const REASON: &str =
    "CannotPullContainerError: a tag could not be pulled afresh, the next task uses the node's copy: ";

/// Names, in ECS's form, of the containers that `pod` was to pull afresh and cannot.
pub fn failed_pulls(pod: &Pod) -> Vec<String> {
    let Some(asked) = pod.metadata.annotations.as_ref().and_then(|all| all.get(label::PULLED_AFRESH)) else {
        return Vec::new();
    };
    let renamed = renamed(pod);
    let failed = statuses(pod).filter(|status| why(status).is_some());
    let names = failed.map(|status| renamed.get(&status.name).unwrap_or(&status.name).clone());
    names.filter(|name| asked.split(',').any(|asked| asked == name)).collect()
}

/// Why `pod` gives way to a task that uses the node's copy, if it does.
pub(super) fn gives_way(pod: &Pod) -> Option<String> {
    let failed = !failed_pulls(pod).is_empty();
    let told: String = statuses(pod).find_map(why)?.chars().take(512).collect();
    failed.then(|| format!("{REASON}{told}"))
}

/// Whether `pod` was stopped to give way.
pub(super) fn gave_way(pod: &Pod) -> bool {
    let reason = pod.metadata.annotations.as_ref().and_then(|all| all.get(label::STOPPED_REASON));
    reason.is_some_and(|reason| reason.starts_with(REASON))
}

fn why(status: &k8s_openapi::api::core::v1::ContainerStatus) -> Option<String> {
    let waiting = status.state.as_ref()?.waiting.as_ref()?;
    let failed = matches!(waiting.reason.as_deref(), Some("ErrImagePull" | "ImagePullBackOff"));
    failed.then(|| waiting.message.clone().unwrap_or_default())
}
