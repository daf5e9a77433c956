//! One step of a service: what is there, and what is begun with it.

use super::side::{Side, is_misplaced};
use super::{Plan, Start, Stop, balance, count, next_number, retention, throttle, upkeep, victims};
use crate::model::{Deployment, DeploymentId, Health, RolloutState, Service, StopCode, Task};
use jiff::{SignedDuration, Timestamp};

/// How long a protected task may be unready before it counts as one whose health check failed.
const UNREADY_FOR: SignedDuration = SignedDuration::from_secs(60);

pub(super) struct Step<'a> {
    pub service: &'a Service,
    pub primary: Deployment,
    pub tasks: &'a [Task],
    pub now: Timestamp,
    pub new: Side<'a>,
    pub old: Side<'a>,
    pub plan: Plan,
}

impl<'a> Step<'a> {
    pub fn new(service: &'a Service, primary: &Deployment, tasks: &'a [Task], now: Timestamp) -> Self {
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
    pub fn stop_broken(&mut self) {
        for task in self.tasks.iter().filter(|task| task.is_live()) {
            if let Some((code, reason)) = &task.broken {
                self.stop(task, *code, reason.clone());
            }
        }
    }

    /// Starts as many new tasks as `upper` permits; returns how many more are wanted.
    pub fn start_primary(&mut self, throttle: throttle::Verdict) -> u32 {
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
    pub fn replace_older(&mut self, older: &[Deployment]) {
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

    /// Stops tasks that cannot come to run where they are, at once; the next step has their successors.
    pub fn stop_misplaced(&mut self) {
        for task in self.tasks.iter().filter(|task| is_misplaced(task) && task.broken.is_none()) {
            let reason = match task.moved_to {
                Some(_) if task.instance.is_none() => balance::reason(&self.primary.id),
                _ => self.scaling_reason(),
            };
            self.stop(task, StopCode::ServiceSchedulerInitiated, reason);
        }
    }

    pub fn finish(mut self, older: &[Deployment]) -> Plan {
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
        if let Some(at) = self.given_up_at() {
            self.wake(at);
        }
        self.judge_moves();
        upkeep::add(&mut self.plan, self.tasks, self.now);
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
    pub fn room(&self) -> u32 {
        // Filling up to the desired count is no change, whatever maximumPercent says.
        let limit = match self.old.live() {
            0 => self.service.upper().max(self.service.desired_count),
            _ => self.service.upper(),
        };
        let started: u32 = self.plan.start.iter().map(|start| start.count).sum();
        limit.saturating_sub(self.new.live() + self.old.live() + started)
    }

    /// Old tasks that must stay until as many new ones are healthy.
    pub fn kept_old(&self) -> u32 {
        self.service.lower().saturating_sub(self.new.sound())
    }

    pub fn scaling_reason(&self) -> String {
        format!("Scaling activity initiated by (deployment {})", self.primary.id)
    }

    pub fn start(&mut self, deployment: DeploymentId, count: u32) {
        if count == 0 {
            return;
        }
        let first_number = next_number(self.tasks, &deployment);
        self.plan.start.push(Start { deployment, count, first_number, zone: None });
    }

    pub fn stop(&mut self, task: &Task, code: StopCode, reason: String) {
        self.plan.stop.push(Stop {
            task: task.name.clone(),
            id: task.id.clone(),
            code,
            reason,
            unplaced: task.instance.is_none(),
            moved_from: None,
        });
    }

    /// `count` of the candidates, chosen as ECS does among all that stay.
    pub fn victims<'b>(&self, candidates: &[&'b Task], count: u32) -> Vec<&'b Task> {
        let is_there = |task: &&Task| task.is_live() && !self.plan.stops(task);
        let there: Vec<&Task> = self.tasks.iter().filter(is_there).collect();
        victims::choose(&self.service.placement.strategies, &there, candidates, count as usize)
    }

    /// Whether neither a scale-in nor a deployment may stop the task. Protection keeps no task whose health check has
    /// failed; but one that is unready for a moment is not given up as long as it is protected.
    pub fn is_held(&self, task: &Task) -> bool {
        let recovers = || given_up_at(task).is_some_and(|until| until > self.now);
        task.is_protected(self.now) && (task.health != Health::Unhealthy || recovers())
    }

    /// When the first protected task counts as unhealthy that is only unready until now.
    fn given_up_at(&self) -> Option<Timestamp> {
        let sick = self.new.unhealthy.iter().chain(&self.old.unhealthy).filter(|task| self.is_held(task));
        sick.filter_map(|task| given_up_at(task)).min()
    }

    pub fn wake(&mut self, at: Timestamp) {
        self.plan.wake(at);
    }
}

fn given_up_at(task: &Task) -> Option<Timestamp> {
    task.unready_since.and_then(|since| since.checked_add(UNREADY_FOR).ok())
}
