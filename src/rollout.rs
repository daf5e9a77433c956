//! Deployments and tasks as they are → which tasks to start, which to stop, which to forget.
//!
//! Pure arithmetic: it reads no clock, makes no object and decides nothing by name. It plans one step;
//! the next step is planned from what came of this one.

mod history;
mod retention;
mod throttle;
mod upkeep;
mod victims;

use crate::model::{Deployment, DeploymentId, Health, Release, RolloutState, Service, StopCode, Task};
use jiff::Timestamp;

pub use history::deployments;
pub use throttle::{IMPAIRED_AFTER, delay};
pub use upkeep::protected_from;

/// Tasks of one deployment to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Whose tasks.
    pub deployment: DeploymentId,
    /// How many.
    pub count: u32,
    /// Number of the first; the others follow.
    pub first_number: u32,
}

/// A task to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Name of its pod.
    pub task: String,
    /// Its id, for events.
    pub id: String,
    /// ECS's code.
    pub code: StopCode,
    /// ECS's stoppedReason.
    pub reason: String,
    /// It is on no instance, so nothing there could end it: its pod is deleted.
    pub unplaced: bool,
}

/// A task whose containers' turn to start has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Go {
    /// Name of its pod.
    pub task: String,
    /// Those containers.
    pub containers: Vec<Release>,
}

/// One step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Tasks to start, the primary deployment's first.
    pub start: Vec<Start>,
    /// Tasks to stop.
    pub stop: Vec<Stop>,
    /// Tasks in which containers may start that waited for others.
    pub go: Vec<Go>,
    /// Tasks that Kubernetes no longer shows as endpoints though they serve.
    pub list: Vec<String>,
    /// Pods of stopped tasks that nobody has to read any more.
    pub forget: Vec<String>,
    /// The deployments, to be remembered so; those that have been replaced are left out.
    pub deployments: Vec<Deployment>,
    /// Neither a start nor a stop is possible with these percentages.
    pub deadlock: bool,
    /// When to look again though nothing changes.
    pub next: Option<Timestamp>,
}

/// Plans the next step of `service`. `deployments` has the primary first.
pub fn plan(service: &Service, deployments: &[Deployment], tasks: &[Task], now: Timestamp) -> Plan {
    let Some((primary, older)) = deployments.split_first() else { return Plan::default() };
    let mut step = Step::new(service, primary, tasks, now);
    step.stop_broken();
    let wanted = step.start_primary(throttle::assess(primary, tasks, now));
    step.replace_older(older);
    step.stop_older(wanted);
    step.stop_excess();
    step.finish(older)
}

/// Tasks of one side of a change, by what they count as.
#[derive(Default)]
struct Side<'a> {
    healthy: Vec<&'a Task>,
    /// Healthy, on an instance that is drained: they count as healthy, and are replaced first.
    leaving: Vec<&'a Task>,
    unhealthy: Vec<&'a Task>,
    undecided: Vec<&'a Task>,
}

impl<'a> Side<'a> {
    fn of(tasks: impl Iterator<Item = &'a Task>) -> Self {
        let mut side = Self::default();
        for task in tasks.filter(|task| task.is_live() && task.broken.is_none()) {
            match task.health {
                Health::Healthy if task.draining => side.leaving.push(task),
                Health::Healthy => side.healthy.push(task),
                Health::Unhealthy => side.unhealthy.push(task),
                Health::Unknown { .. } => side.undecided.push(task),
            }
        }
        side
    }

    fn live(&self) -> u32 {
        self.sound() + count(&self.unhealthy) + count(&self.undecided)
    }

    /// Tasks that count as healthy.
    fn sound(&self) -> u32 {
        count(&self.healthy) + count(&self.leaving)
    }
}

struct Step<'a> {
    service: &'a Service,
    primary: Deployment,
    tasks: &'a [Task],
    now: Timestamp,
    new: Side<'a>,
    old: Side<'a>,
    plan: Plan,
}

impl<'a> Step<'a> {
    fn new(service: &'a Service, primary: &Deployment, tasks: &'a [Task], now: Timestamp) -> Self {
        let is_new = |task: &&Task| task.deployment == primary.id;
        Self {
            service,
            primary: primary.clone(),
            tasks,
            now,
            new: Side::of(tasks.iter().filter(is_new)),
            old: Side::of(tasks.iter().filter(|task| !is_new(task))),
            plan: Plan::default(),
        }
    }

    /// Tasks of which an essential container ended, or that can never start.
    fn stop_broken(&mut self) {
        for task in self.tasks.iter().filter(|task| task.is_live()) {
            if let Some((code, reason)) = &task.broken {
                self.stop(task, *code, reason.clone());
            }
        }
    }

    /// Starts as many new tasks as `upper` permits; returns how many more are wanted.
    fn start_primary(&mut self, throttle: throttle::Verdict) -> u32 {
        self.primary = throttle.deployment;
        if let Some(at) = throttle.over_at {
            self.wake(at);
        }
        let desired = self.service.desired_count;
        let good = count(&self.new.healthy) + count(&self.new.undecided);
        let wanted = desired.saturating_sub(good);
        if wanted == 0 || self.primary.state == RolloutState::Failed {
            return 0;
        }
        if let Some(at) = throttle.wait_until {
            self.wake(at);
            return 0;
        }
        let started = wanted.min(self.room());
        self.start(self.primary.id.clone(), started);
        wanted - started
    }

    /// While new tasks are not healthy yet, old ones that vanish are replaced by their own revision,
    /// so that a bad deployment cannot take the service down with it.
    fn replace_older(&mut self, older: &[Deployment]) {
        let Some(newest) = older.first() else { return };
        let good = self.old.sound() + count(&self.old.undecided);
        let missing = self.kept_old().saturating_sub(good).min(self.room());
        if missing == 0 || self.old.live() == 0 {
            return;
        }
        let verdict = throttle::assess(newest, self.tasks, self.now);
        match verdict.wait_until {
            Some(at) => self.wake(at),
            None => self.start(newest.id.clone(), missing),
        }
    }

    /// Stops old tasks as far as enough healthy ones remain.
    fn stop_older(&mut self, unmet: u32) {
        let budget = (self.new.sound() + self.old.sound()).saturating_sub(self.service.lower());
        let mut stoppable = self.old.live().saturating_sub(self.kept_old());
        let reason = self.scaling_reason();
        let mut unsound: Vec<&Task> = self.old.unhealthy.iter().chain(&self.old.undecided).copied().collect();
        if stoppable == 0 && unmet > 0 {
            // Unhealthy tasks protect nothing: they make room for their successors.
            unsound.truncate(self.old.unhealthy.len().min(unmet as usize));
            stoppable = count(&unsound);
        }
        for task in unsound.into_iter().take(stoppable as usize) {
            self.stop(task, StopCode::ServiceSchedulerInitiated, reason.clone());
            stoppable -= 1;
        }
        let mut healthy = stoppable.min(budget) as usize;
        let leaving: Vec<&Task> = self.old.leaving.iter().copied().take(healthy).collect();
        healthy -= leaving.len();
        for task in leaving.into_iter().chain(victims::choose(&self.old.healthy, healthy)) {
            self.stop(task, StopCode::ServiceSchedulerInitiated, reason.clone());
        }
        let moving = !self.plan.stop.is_empty()
            || !self.plan.start.is_empty()
            || !self.new.undecided.is_empty()
            || self.tasks.iter().any(|task| task.desired_stopped && task.stopped_at.is_none());
        self.plan.deadlock = unmet > 0 && self.old.live() > 0 && !moving;
    }

    /// Brings the primary deployment down to the desired count. A task that is unhealthy, or whose instance
    /// is drained, waits for its replacement's verdict, unless `upper` leaves no room for one.
    fn stop_excess(&mut self) {
        let desired = self.service.desired_count;
        let (unhealthy, leaving) = (count(&self.new.unhealthy), count(&self.new.leaving));
        let undecided = count(&self.new.undecided);
        let awaited = (unhealthy + leaving).min(undecided);
        let mut excess = self.new.live().saturating_sub(desired).saturating_sub(awaited);
        // A drained instance's task still counts as healthy, so it may go first only above `lower`.
        let sound = self.new.sound() + self.old.sound();
        let spare = sound.saturating_sub(self.service.lower()).saturating_sub(count(&self.plan.stop));
        let stuck =
            (unhealthy > 0 || (leaving > 0 && spare > 0)) && undecided == 0 && self.plan.start.is_empty();
        if excess == 0 && stuck && self.room() == 0 {
            excess = 1;
        }
        let unfit = self.new.unhealthy.iter().map(|task| (*task, true));
        let spared = self.new.leaving.iter().take(spare as usize);
        let others = spared.chain(self.new.undecided.iter().rev());
        let order: Vec<(&Task, bool)> = unfit.chain(others.map(|task| (*task, false))).collect();
        for (task, is_unhealthy) in order.into_iter().take(excess as usize) {
            let reason = match is_unhealthy {
                true => "Task failed container health checks".to_owned(),
                false => self.scaling_reason(),
            };
            self.stop(task, StopCode::ServiceSchedulerInitiated, reason);
            excess -= 1;
        }
        let left = self.new.leaving.iter().skip(spare as usize).chain(&self.new.healthy);
        let left: Vec<&Task> = left.copied().collect();
        for task in victims::choose(&left, excess as usize) {
            self.stop(task, StopCode::ServiceSchedulerInitiated, self.scaling_reason());
        }
    }

    fn finish(mut self, older: &[Deployment]) -> Plan {
        let healthy = count(&self.new.healthy);
        let steady = healthy == self.service.desired_count && self.new.live() == healthy;
        if steady && self.old.live() == 0 && self.primary.state == RolloutState::InProgress {
            self.primary.state = RolloutState::Completed;
        }
        for task in self.tasks.iter().filter(|task| task.is_live()) {
            if let Health::Unknown { decided_at: Some(at) } = task.health {
                self.wake(at);
            }
        }
        upkeep::add(&mut self.plan, self.tasks);
        let stopped = retention::sort(self.tasks, self.service.stopped_tasks_kept, self.now);
        self.plan.forget = stopped.forget;
        if let Some(at) = stopped.next {
            self.wake(at);
        }
        let has_tasks = |deployment: &&Deployment| {
            self.tasks.iter().any(|task| task.is_live() && task.deployment == deployment.id)
        };
        let kept: Vec<Deployment> = older.iter().filter(has_tasks).cloned().collect();
        self.plan.deployments = std::iter::once(self.primary).chain(kept).collect();
        self.plan
    }

    /// How many more tasks may run now.
    fn room(&self) -> u32 {
        // Filling up to the desired count is no change, whatever maximumPercent says.
        let limit = match self.old.live() {
            0 => self.service.upper().max(self.service.desired_count),
            _ => self.service.upper(),
        };
        let started: u32 = self.plan.start.iter().map(|start| start.count).sum();
        limit.saturating_sub(self.new.live() + self.old.live() + started)
    }

    /// Old tasks that must stay until as many new ones are healthy.
    fn kept_old(&self) -> u32 {
        self.service.lower().saturating_sub(self.new.sound())
    }

    fn scaling_reason(&self) -> String {
        format!("Scaling activity initiated by (deployment {})", self.primary.id)
    }

    fn start(&mut self, deployment: DeploymentId, count: u32) {
        if count == 0 {
            return;
        }
        let numbers = self.tasks.iter().filter(|task| task.deployment == deployment).map(|task| task.number);
        let first_number = numbers.max().unwrap_or(0) + 1;
        self.plan.start.push(Start { deployment, count, first_number });
    }

    fn stop(&mut self, task: &Task, code: StopCode, reason: String) {
        let unplaced = task.instance.is_none();
        self.plan.stop.push(Stop { task: task.name.clone(), id: task.id.clone(), code, reason, unplaced });
    }

    fn wake(&mut self, at: Timestamp) {
        self.plan.next = Some(self.plan.next.map_or(at, |next| next.min(at)));
    }
}

fn count<T>(tasks: &[T]) -> u32 {
    u32::try_from(tasks.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
