//! Tasks that live on → what has to be done about them all the same.

use super::{Go, Plan};
use crate::model::{Listing, Task};

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
