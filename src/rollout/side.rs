//! Tasks of one side of a change, by what they count as.

use super::count;
use crate::model::{Health, LastStatus, Task};

#[derive(Default)]
pub(super) struct Side<'a> {
    pub healthy: Vec<&'a Task>,
    /// Healthy, on an instance that is drained: they count as healthy, and are replaced first.
    pub leaving: Vec<&'a Task>,
    pub unhealthy: Vec<&'a Task>,
    pub undecided: Vec<&'a Task>,
}

impl<'a> Side<'a> {
    pub fn of(tasks: impl Iterator<Item = &'a Task>) -> Self {
        let mut side = Self::default();
        let counts = |task: &&Task| task.is_live() && task.broken.is_none() && !is_misplaced(task);
        for task in tasks.filter(counts) {
            match task.health {
                Health::Healthy if task.draining => side.leaving.push(task),
                Health::Healthy => side.healthy.push(task),
                Health::Unhealthy => side.unhealthy.push(task),
                Health::Unknown { .. } => side.undecided.push(task),
            }
        }
        side
    }

    pub fn all(&self) -> impl Iterator<Item = &'a Task> {
        let kinds = [&self.healthy, &self.leaving, &self.unhealthy, &self.undecided];
        kinds.into_iter().flatten().copied()
    }

    pub fn live(&self) -> u32 {
        self.sound() + count(&self.unhealthy) + count(&self.undecided)
    }

    /// Tasks that count as healthy.
    pub fn sound(&self) -> u32 {
        count(&self.healthy) + count(&self.leaving)
    }
}

/// Whether a task cannot come to run where it is: it has not begun on an instance that is drained, or no instance of
/// the zone takes it that it was to balance.
pub(super) fn is_misplaced(task: &Task) -> bool {
    let has_nowhere = task.moved_to.is_some() && task.unplaced.is_some() && task.instance.is_none();
    task.is_live() && (task.draining && task.last_status == LastStatus::Pending || has_nowhere)
}
