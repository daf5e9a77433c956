//! Zones that hold unequal numbers of a service's tasks → one task moved, and then the next.
//!
//! As on ECS, a task is started in the emptiest zone, and when it is healthy one of the fullest is stopped
//! (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html>). The new task bears the zone
//! that it is for, until another has gone for it: so whoever comes next can finish the move. One that fails is not
//! replaced; the next move waits for 10 minutes, and twice as long after each further failure.

use super::step::Step;
use super::{Plan, Start, next_number};
use crate::model::{Deployment, DeploymentId, Health, RolloutState, Service, StopCode, Task, Zone};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// A task that was started so short a time ago may still be followed by others.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(15);

const FIRST_DELAY_MINUTES: i64 = 10;

/// Most doublings of the delay: 10 minutes become a bit more than a day.
const DOUBLINGS: u32 = 7;

/// Tasks by zone.
type Counts = BTreeMap<String, u32>;

/// What there is to tell about the balance of the zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Balance {
    /// Zones are uneven, and a task is moved.
    Begun(Counts),
    /// Zones are even.
    Even(Counts),
    /// No instance of this zone took the task.
    Unplaced(String),
    /// The fullest zone has protected tasks only.
    Protected,
    /// The move was given up.
    Stopped,
}

/// Adds the next move to `plan`, which has nothing else to do, if the service is in a steady state and its zones are
/// uneven. `deployments` are those that the plan was made of; `zones` are asked for only then.
pub fn rebalance(
    plan: &mut Plan,
    service: &Service,
    (deployments, tasks): (&[Deployment], &[Task]),
    zones: &dyn Fn() -> Vec<Zone>,
    now: Timestamp,
) {
    let is_idle = plan.start.is_empty() && plan.stop.is_empty() && plan.balance.is_none();
    let ([primary], true) = (deployments, is_idle) else { return };
    let Some(settled_at) = settled_at(service, primary, tasks) else { return };
    if settled_at > now {
        plan.wake(settled_at);
        return;
    }
    let zones = zones();
    let Some(counts) = counts(tasks, &zones) else { return };
    let Some((target, enough)) = emptiest(&counts, &zones) else { return };
    let is_full = |zone: &str| counts.get(zone).is_some_and(|count| *count >= enough);
    let from_there = |task: &&Task| task.is_live() && task.zone.as_deref().is_some_and(is_full);
    if !counts.keys().any(|zone| is_full(zone)) {
        let most = counts.values().max().copied().unwrap_or(0);
        let even = zones.iter().all(|zone| counts.get(&zone.name).is_some_and(|count| count + 1 >= most));
        plan.balance = even.then_some(Balance::Even(counts));
    } else if let Some(at) = primary.next_move_at.filter(|at| *at > now) {
        plan.wake(at);
    } else if tasks.iter().filter(from_there).all(|task| task.is_protected(now)) {
        plan.balance = Some(Balance::Protected);
    } else {
        plan.start.push(Start {
            deployment: primary.id.clone(),
            count: 1,
            first_number: next_number(tasks, &primary.id),
            zone: Some(target.to_owned()),
        });
        plan.balance = Some(Balance::Begun(counts));
    }
}

/// The zone with the fewest tasks among those that have room, and how many tasks another has that can give one up.
fn emptiest<'a>(counts: &Counts, zones: &'a [Zone]) -> Option<(&'a str, u32)> {
    let count = |zone: &Zone| counts.get(&zone.name).copied().unwrap_or(0);
    let open = zones.iter().filter(|zone| zone.has_room);
    let target = open.min_by_key(|zone| (count(zone), &zone.name))?;
    Some((&target.name, count(target) + 2))
}

/// From when on a service whose tasks are all there, healthy and where they are to stay counts as settled.
fn settled_at(service: &Service, primary: &Deployment, tasks: &[Task]) -> Option<Timestamp> {
    let is_open = service.rebalances
        && primary.state == RolloutState::Completed
        && service.upper() > service.desired_count;
    let live: Vec<&Task> = tasks.iter().filter(|task| task.is_live()).collect();
    let is_settled = |task: &&Task| {
        task.is_healthy() && task.broken.is_none() && !task.draining && task.moved_to.is_none()
    };
    let complete = super::count(&live) == service.desired_count && live.iter().all(is_settled);
    if !is_open || !complete {
        return None;
    }
    let youngest = live.iter().filter_map(|task| task.started_at).max()?;
    youngest.checked_add(SETTLED_AFTER).ok()
}

/// Live tasks by zone, with the zones that have none; nothing where a task's zone is not known.
fn counts(tasks: &[Task], zones: &[Zone]) -> Option<Counts> {
    let mut counts: Counts = zones.iter().map(|zone| (zone.name.clone(), 0)).collect();
    for task in tasks.iter().filter(|task| task.is_live()) {
        *counts.entry(task.zone.clone()?).or_insert(0) += 1;
    }
    Some(counts)
}

/// ECS's reason for a task that gives way.
pub(super) fn reason(deployment: &DeploymentId) -> String {
    format!("Availability-zone rebalancing initiated by (deployment {deployment})")
}

impl<'a> Step<'a> {
    /// How many tasks are on their way to balance the zones.
    pub fn movers(&self) -> u32 {
        u32::from(self.new.undecided.iter().any(|task| task.moved_to.is_some()))
    }

    /// With a task more than wanted, as one was started to balance the zones: stops one of the fullest zone for it, or
    /// it itself where that would balance nothing any more. Whether there was such a move.
    pub fn finish_move(&mut self) -> bool {
        let Some(mover) = self.new.healthy.iter().copied().find(|task| task.moved_to.is_some()) else {
            return false;
        };
        if self.old.live() > 0 {
            return false;
        }
        let Some(counts) = counts(self.tasks, &[]) else { return false };
        let count = |task: &Task| task.zone.as_ref().and_then(|zone| counts.get(zone)).copied().unwrap_or(0);
        let fuller = |task: &&Task| count(task) > count(mover);
        let fullest: Vec<&Task> = self.new.healthy.iter().copied().filter(fuller).collect();
        let may_go = self.free(&fullest);
        let victim = self.victims(&may_go, 1).first().copied();
        self.give_way(victim.unwrap_or(mover));
        match victim {
            Some(_) => self.settle(mover),
            None if fullest.is_empty() => self.plan.balance = Some(Balance::Stopped),
            None => self.plan.balance = Some(Balance::Protected),
        }
        true
    }

    fn give_way(&mut self, task: &Task) {
        let reason = reason(&self.primary.id);
        self.stop(task, StopCode::ServiceSchedulerInitiated, reason);
        if let Some(stop) = self.plan.stop.last_mut() {
            stop.moved_from = task.zone.clone();
        }
    }

    /// The move of `mover` is done.
    fn settle(&mut self, mover: &Task) {
        self.plan.settled.push(mover.name.clone());
        if self.primary.failed_moves > 0 {
            self.primary.failed_moves = 0;
            // Failures before this moment are forgotten, though their tasks can still be read.
            self.primary.next_move_at = Some(whole(self.now));
        }
    }

    /// Counts a move that has failed; ends one that has become something else, as its service wants more tasks now.
    pub fn judge_moves(&mut self) {
        let since = self.primary.next_move_at.unwrap_or(self.primary.created_at);
        let is_own = |task: &&'a Task| task.deployment == self.primary.id && task.moved_to.is_some();
        let movers: Vec<&'a Task> = self.tasks.iter().filter(is_own).collect();
        let ended = |task: &&&Task| match task.is_live() {
            true => self.plan.stops(task),
            false => task.created_at >= since,
        };
        if let Some(failed) = movers.iter().find(ended) {
            let zone = failed.moved_to.clone().filter(|_| failed.is_live() && failed.instance.is_none());
            self.primary.failed_moves = self.primary.failed_moves.saturating_add(1);
            self.primary.next_move_at = whole(self.now).checked_add(delay(self.primary.failed_moves)).ok();
            let told = zone.map_or(Balance::Stopped, Balance::Unplaced);
            self.plan.balance.get_or_insert(told);
        } else if self.plan.stop.is_empty() {
            let is_done = |task: &&&Task| task.is_live() && task.health == Health::Healthy;
            let done: Vec<&Task> = movers.iter().filter(is_done).copied().collect();
            done.into_iter().for_each(|task| self.settle(task));
        }
    }
}

/// The second that has begun: times of creation are whole seconds, and no later task is to seem older.
fn whole(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// The wait before the next move after so many that failed.
fn delay(failures: u32) -> SignedDuration {
    let doublings = failures.saturating_sub(1).min(DOUBLINGS);
    SignedDuration::from_mins(FIRST_DELAY_MINUTES << doublings)
}
