//! Stopped tasks → those that nobody has to read any more.
//!
//! ECS keeps a stopped task describable for at least an hour; here a service also keeps no more than a
//! number of them, because each is a pod.

use crate::model::{LastStatus, Task};
use jiff::{SignedDuration, Timestamp};

const READABLE_FOR: SignedDuration = SignedDuration::from_hours(1);

pub(super) struct Stopped {
    /// Pods to delete.
    pub forget: Vec<String>,
    /// When the next one's hour is over.
    pub next: Option<Timestamp>,
}

pub(super) fn sort(tasks: &[Task], kept: u32, now: Timestamp) -> Stopped {
    let mut stopped: Vec<(Timestamp, &Task)> = tasks
        .iter()
        .filter(|task| task.last_status == LastStatus::Stopped)
        .map(|task| (task.stopped_at.unwrap_or(task.created_at), task))
        .collect();
    stopped.sort_by_key(|(at, task)| (std::cmp::Reverse(*at), std::cmp::Reverse(task.number)));
    let mut result = Stopped { forget: Vec::new(), next: None };
    for (place, (at, task)) in stopped.into_iter().enumerate() {
        let until = at.checked_add(READABLE_FOR).unwrap_or(Timestamp::MAX);
        if place >= kept as usize || until <= now {
            result.forget.push(task.name.clone());
        } else {
            result.next = Some(result.next.map_or(until, |next| next.min(until)));
        }
    }
    result
}
