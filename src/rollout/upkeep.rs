//! Tasks that live on → what has to be done about them all the same.

use super::{Go, Plan, Shield};
use crate::model::{Health, Listing, Task};
use jiff::{SignedDuration, Timestamp};

/// How long after its start the first healthy task is protected at the latest, whatever still comes up.
const COMING_UP: SignedDuration = SignedDuration::from_secs(60);

/// From when on a service's tasks are worth a disruption budget: while some come up, fewer serve than the budget
/// asks for, so that it could only forbid; and in a rush tasks go first. None: when something changes.
pub fn protected_from(tasks: &[Task], now: Timestamp, rush: bool) -> Option<Timestamp> {
    let live = || tasks.iter().filter(|task| task.is_live());
    let eldest = live().filter(|task| task.health == Health::Healthy).map(|task| task.created_at).min()?;
    if !rush && live().all(|task| task.health == Health::Healthy) {
        return Some(now);
    }
    // By the eldest that serves, not by those that come up: a task that crashes is followed by a younger one.
    eldest.checked_add(COMING_UP).ok().map(|at| at.max(now))
}

/// Adds it to `plan`, whose stops are complete: what is about to stop needs nothing more.
pub(super) fn add(plan: &mut Plan, tasks: &[Task], now: Timestamp) {
    let stays = |task: &&Task| task.is_live() && task.broken.is_none() && !plan.stops(task);
    let staying: Vec<&Task> = tasks.iter().filter(stays).collect();
    let going = staying.iter().filter(|task| !task.releases.is_empty());
    plan.go = going.map(|task| Go { task: task.name.clone(), containers: task.releases.clone() }).collect();
    let dropped = staying.iter().filter(|task| task.listing == Listing::Dropped);
    plan.list = dropped.map(|task| task.name.clone()).collect();
    let told_wrong = staying.iter().filter(|task| task.is_protected(now) != task.is_shielded);
    let shield = |task: &&Task| Shield { task: task.name.clone(), on: !task.is_shielded };
    plan.shield = told_wrong.map(shield).collect();
    let ends = staying.iter().filter(|task| task.is_protected(now)).filter_map(|task| task.protected_until);
    if let Some(end) = ends.min() {
        plan.wake(end);
    }
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
        assert_eq!(protected_from(std::slice::from_ref(&pending), at(500), false), None);
        assert_eq!(protected_from(std::slice::from_ref(&healthy), at(110), false), Some(at(110)));
        assert_eq!(protected_from(std::slice::from_ref(&healthy), at(110), true), Some(at(160)));
        let both = [pending, healthy];
        assert_eq!(protected_from(&both, at(110), false), Some(at(160)));
        assert_eq!(protected_from(&both, at(170), false), Some(at(170)));
        // One that crashes again and again puts it off no longer.
        let [pending, healthy] = both;
        let again = [Task { created_at: at(165), ..pending }, healthy];
        assert_eq!(protected_from(&again, at(170), false), Some(at(170)));
    }
}
