//! A pod → the task that it is, in ECS's words.
//!
//! Everything that Berth knows of a running task stands in the pod: its containers' states, and the
//! labels and annotations that `translate` and the stop patch wrote.

mod health;
mod launch;
mod listing;
pub mod protection;
mod pull;
mod start;
mod view;

use super::room;
use crate::model::{DeploymentId, Health, Instance, LastStatus, Listing, Service, Task, label};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use std::collections::BTreeMap;
use view::View;

pub use pull::failed_pulls;
pub use view::STARTABLE_WITHIN;

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
    let view = View::of(pod, &status, reading.now);
    let stop_code = labels.get(label::STOP_CODE).map(String::as_str);
    let desired_stopped = stop_code.is_some() || pod.metadata.deletion_timestamp.is_some();
    let created_at = pod.metadata.creation_timestamp.as_ref().map_or(reading.now, |time| time.0);
    let started_at = view.started_at();
    let last_status = view.last_status(desired_stopped, started_at.is_some());
    let stopped_at = (last_status == LastStatus::Stopped).then(|| view.ended_at().unwrap_or(created_at));
    let broken = if desired_stopped { None } else { view.broken() };
    let health = match last_status {
        LastStatus::Stopping | LastStatus::Stopped => Health::Unknown { decided_at: None },
        _ => health::of(&view, started_at, reading),
    };
    let mut task = Task {
        number: name.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(0),
        id: protection::id(pod),
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
        attributes: BTreeMap::new(),
        left: None,
        size: room::requests(pod),
        protected_until: protection::until(pod),
        is_shielded: protection::is_shielded(pod),
        unready_since: view.unready_since(),
        moved_to: pod.metadata.annotations.as_ref().and_then(|all| all.get(label::MOVED_TO).cloned()),
        broken,
        failed_at: None,
        story: view.story(),
        unplaced: view.unplaced(),
        releases: view.releases(),
        listing: Listing::Selected,
    };
    let mut lost = false;
    if let Some(node) = &task.instance {
        let instance = (reading.instance)(node);
        (task.zone, task.draining) = (instance.zone, instance.draining);
        (task.attributes, task.left) = (instance.attributes, instance.left);
        lost = instance.lost;
    }
    task.failed_at = view.failed_at(&task, stop_code);
    if task.is_live() && task.broken.is_none() {
        task.listing = view.listing(task.started_at, lost);
    }
    Some(task)
}

#[cfg(test)]
mod tests;
