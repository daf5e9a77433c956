//! Protected tasks that would have to go, in ECS's words.

use crate::conclude::Notice;
use crate::model::{Deployment, Service};
use crate::rollout::Held;

/// Reason of the event, from ECS's `TASKSET_SCALE_IN_FAILURE_BY_TASK_PROTECTION`.
pub(super) const SCALE_IN_FAILURE: &str = "TasksetScaleInFailureByTaskProtection";

/// That protected tasks keep a service from scaling in.
pub(super) fn held(service: &Service, deployments: &[Deployment], held: Option<Held>) -> Option<Notice> {
    held.filter(|held| held.scale_in)?;
    let id = &deployments.first()?.id;
    let message = format!(
        "(service {}) was unable to reach steady state because task set ({id}) was unable to scale in. Reason: The \
         number of protected tasks are more than the desired count of tasks",
        service.name
    );
    Some(Notice::warning(SCALE_IN_FAILURE, message))
}

/// The same for a condition: how many, and how long at the most.
pub(super) fn remark(held: Option<Held>) -> String {
    let text = |held: Held| {
        let tasks = held.tasks;
        format!("; {tasks} task(s) that would have to stop are protected, the first until {}", held.until)
    };
    held.map(text).unwrap_or_default()
}
