//! Which tasks a step stops: those of older deployments, and those beyond the desired count.

use super::step::Step;
use super::{Held, count};
use crate::model::{StopCode, Task};

impl<'a> Step<'a> {
    /// Stops old tasks as far as enough healthy ones remain; `unmet` new ones are still wanted.
    pub fn stop_older(&mut self, unmet: u32) {
        let budget = (self.new.sound() + self.old.sound()).saturating_sub(self.service.lower());
        let mut stoppable = self.old.live().saturating_sub(self.kept_old());
        let unhealthy = self.free(&self.old.unhealthy);
        let mut unsound = [unhealthy.clone(), self.free(&self.old.undecided)].concat();
        if stoppable == 0 && unmet > 0 {
            // Unhealthy tasks protect nothing: they make room for their successors.
            unsound.truncate(unhealthy.len().min(unmet as usize));
            stoppable = count(&unsound);
        }
        let wanted = stoppable;
        for task in unsound.into_iter().take(stoppable as usize) {
            self.stop_for_scaling(task);
            stoppable -= 1;
        }
        let mut healthy = stoppable.min(budget);
        let mut leaving = self.free(&self.old.leaving);
        leaving.truncate(healthy as usize);
        healthy -= count(&leaving);
        for task in leaving.into_iter().chain(self.victims(&self.free(&self.old.healthy), healthy)) {
            self.stop_for_scaling(task);
        }
        let protected: Vec<&Task> = self.old.all().filter(|task| self.is_held(task)).collect();
        let is_waiting = wanted > 0 || (unmet > 0 && self.room() == 0);
        if is_waiting && count(&protected) == self.old.live().saturating_sub(count(&self.plan.stop)) {
            self.hold(&protected, count(&protected), false);
        }
        let moving = !self.plan.stop.is_empty()
            || !self.plan.start.is_empty()
            || !self.new.undecided.is_empty()
            || self.tasks.iter().any(|task| task.desired_stopped && task.stopped_at.is_none());
        self.plan.deadlock = unmet > 0 && self.old.live() > 0 && !moving && protected.is_empty();
    }

    /// Brings the primary deployment down to the desired count. A task that is unhealthy, or whose instance
    /// is drained, waits for its replacement's verdict, unless `upper` leaves no room for one.
    pub fn stop_excess(&mut self) {
        let desired = self.service.desired_count;
        let unhealthy = self.free(&self.new.unhealthy);
        let (leaving, undecided) = (self.leaving(), count(&self.new.undecided));
        let replaced = count(&unhealthy) + count(&self.new.leaving) + self.movers();
        // A protected task that is unready for a moment is as good as gone, and may come back.
        let flapping = count(&self.new.unhealthy) - count(&unhealthy);
        let live = self.new.live() - flapping;
        let mut excess = live.saturating_sub(desired).saturating_sub(replaced.min(undecided));
        // A drained instance's task still counts as healthy, so it may go first only above `lower`.
        let sound = self.new.sound() + self.old.sound();
        let spare = sound.saturating_sub(self.service.lower()).saturating_sub(count(&self.plan.stop));
        let is_idle = undecided == 0 && self.plan.start.is_empty() && self.room() == 0;
        if excess == 0 && is_idle && (!unhealthy.is_empty() || (!leaving.is_empty() && spare > 0)) {
            excess = 1;
        }
        self.plan.deadlock |= is_idle
            && self.old.live() == 0
            && !self.new.leaving.is_empty()
            && (excess, spare) == (0, 0)
            && self.plan.stop.is_empty();
        if excess == 1 && unhealthy.is_empty() && self.finish_move() {
            return;
        }
        let left = self.stop_new(excess, spare as usize);
        let protected: Vec<&Task> = self.new.all().filter(|task| self.is_held(task)).collect();
        if left > 0 && !protected.is_empty() {
            self.hold(&protected, left, true);
        }
    }

    /// Stops new tasks: unhealthy ones first, then `spare` ones on drained instances, then those that do not run yet,
    /// then healthy ones. How many could not be stopped.
    fn stop_new(&mut self, mut excess: u32, spare: usize) -> u32 {
        let mut sick = self.free(&self.new.unhealthy);
        sick.truncate(excess as usize);
        for task in &sick {
            let reason = "Task failed container health checks".to_owned();
            self.stop(task, StopCode::ServiceSchedulerInitiated, reason);
        }
        excess -= count(&sick);
        let leaving = self.leaving();
        let pending = self.free(&self.new.undecided).into_iter().rev().filter(|task| task.moved_to.is_none());
        let early = leaving.iter().copied().take(spare).chain(pending);
        let early: Vec<&Task> = early.take(excess as usize).collect();
        early.iter().for_each(|task| self.stop_for_scaling(task));
        excess -= count(&early);
        let late = leaving.into_iter().skip(spare).chain(self.free(&self.new.healthy));
        let chosen = self.victims(&late.collect::<Vec<_>>(), excess);
        chosen.iter().for_each(|task| self.stop_for_scaling(task));
        excess - count(&chosen)
    }

    /// New tasks on drained instances that may go: a protected one only when its successor is there.
    fn leaving(&self) -> Vec<&'a Task> {
        match count(&self.new.healthy) >= self.service.desired_count {
            true => self.new.leaving.clone(),
            false => self.free(&self.new.leaving),
        }
    }

    /// Those that nothing protects.
    pub fn free(&self, tasks: &[&'a Task]) -> Vec<&'a Task> {
        tasks.iter().copied().filter(|task| !self.is_held(task)).collect()
    }

    /// Remembers that so many of the `protected` would have to go.
    fn hold(&mut self, protected: &[&Task], tasks: u32, scale_in: bool) {
        let until = protected.iter().filter_map(|task| task.protected_until).min();
        self.plan.held = until.map(|until| Held { tasks, until, scale_in });
    }

    fn stop_for_scaling(&mut self, task: &Task) {
        let reason = self.scaling_reason();
        self.stop(task, StopCode::ServiceSchedulerInitiated, reason);
    }
}
