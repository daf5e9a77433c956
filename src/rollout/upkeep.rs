//! Tasks that live on → what has to be done about them all the same.

use super::{Go, Plan};
use crate::model::{Health, Listing, Task};
use jiff::{SignedDuration, Timestamp};

/// How long a task that comes up is waited for before those that serve already are protected.
const COMING_UP: SignedDuration = SignedDuration::from_secs(60);

/// From when on a service's tasks are worth a disruption budget: while some come up, fewer serve than the budget
/// asks for, so that it could only forbid. None: when something changes.
pub fn protected_from(tasks: &[Task], now: Timestamp) -> Option<Timestamp> {
    let live = || tasks.iter().filter(|task| task.is_live());
    if !live().any(|task| task.health == Health::Healthy) {
        return None;
    }
    let coming = live().filter(|task| task.health != Health::Healthy);
    let until = coming.filter_map(|task| task.created_at.checked_add(COMING_UP).ok());
    Some(until.max().map_or(now, |until| until.max(now)))
}

/// Adds it to `plan`, whose stops are complete: what is about to stop needs nothing more.
pub(super) fn add(plan: &mut Plan, tasks: &[Task]) {
    let stays = |task: &&Task| {
        task.is_live() && task.broken.is_none() && plan.stop.iter().all(|stop| stop.task != task.name)
    };
    let staying: Vec<&Task> = tasks.iter().filter(stays).collect();
    let going = staying.iter().filter(|task| !task.releases.is_empty());
    plan.go = going.map(|task| Go { task: task.name.clone(), containers: task.releases.clone() }).collect();
    let dropped = staying.iter().filter(|task| task.listing == Listing::Dropped);
    plan.list = dropped.map(|task| task.name.clone()).collect();
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, task};
    use super::*;

    #[test]
    fn a_budget_waits_for_tasks_that_come_up_but_not_for_ever() {
        let made = |number, health| Task { created_at: at(100), ..task(1, number, health) };
        let pending = made(1, Health::Unknown { decided_at: None });
        let healthy = made(2, Health::Healthy);
        assert_eq!(protected_from(std::slice::from_ref(&pending), at(500)), None);
        assert_eq!(protected_from(std::slice::from_ref(&healthy), at(110)), Some(at(110)));
        let both = [pending, healthy];
        assert_eq!(protected_from(&both, at(110)), Some(at(160)));
        assert_eq!(protected_from(&both, at(170)), Some(at(170)));
    }
}
