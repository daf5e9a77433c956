//! Launches that fail → when the next may be tried.
//!
//! ECS spaces the launches of tasks that stop before they run, by a delay that grows to 27 minutes; its
//! curve is not published. Ours doubles from 10 seconds. A round is counted once however many of its
//! tasks fail, and one task that proves itself ends the count: by living on, not by a healthy moment, which
//! each round of a crash loop has.

use crate::model::{Deployment, Task};
use jiff::{SignedDuration, Timestamp};

const FIRST_DELAY_SECONDS: i64 = 10;
const LONGEST_DELAY_SECONDS: i64 = 27 * 60;

/// After so many failed rounds a service is said to be unable to start tasks consistently.
pub const IMPAIRED_AFTER: u32 = 3;

/// What the past launches of a deployment mean for the next.
pub(super) struct Verdict {
    /// The deployment, with its count brought up to date.
    pub deployment: Deployment,
    /// Nothing may be launched before this time.
    pub wait_until: Option<Timestamp>,
    /// When a task will have ended the count, if nothing happens to it.
    pub over_at: Option<Timestamp>,
}

/// The wait before the next launch after `attempts` failed rounds.
pub fn delay(attempts: u32) -> SignedDuration {
    let doublings = attempts.saturating_sub(1).min(16);
    let seconds = if attempts == 0 { 0 } else { FIRST_DELAY_SECONDS << doublings };
    SignedDuration::from_secs(seconds.min(LONGEST_DELAY_SECONDS))
}

pub(super) fn assess(deployment: &Deployment, tasks: &[Task], now: Timestamp) -> Verdict {
    let mut deployment = deployment.clone();
    // A task that could not balance the zones says nothing about the deployment.
    let counts = |task: &&Task| task.deployment == deployment.id && task.moved_to.is_none();
    let mut own: Vec<&Task> = tasks.iter().filter(counts).collect();
    own.sort_by_key(|task| std::cmp::Reverse(task.number));
    let is_proven = |task: &Task| task.proven_at().is_some_and(|at| at <= now);
    let decided = own.iter().filter(|task| task.failed_at.is_some() || is_proven(task));
    let failures = decided.clone().take_while(|task| task.failed_at.is_some()).count();
    // Stopped tasks are not kept for ever, the count is.
    let failures = u32::try_from(failures).unwrap_or(u32::MAX);
    if failures == 0 && decided.count() > 0 {
        deployment.failed_tasks = 0;
        deployment.launch_attempts = 0;
        deployment.next_launch_at = None;
        return Verdict { deployment, wait_until: None, over_at: None };
    }
    deployment.failed_tasks = deployment.failed_tasks.max(failures);
    let counted_until = deployment.next_launch_at.unwrap_or(deployment.created_at);
    // The later of two clocks, the node's and the API server's: neither makes a failure older than its round.
    let failed = |task: &&Task| task.failed_at.map(|at| at.max(task.created_at));
    if own.iter().filter_map(failed).any(|at| at >= counted_until) {
        deployment.launch_attempts = deployment.launch_attempts.saturating_add(1);
        deployment.next_launch_at = after(now, delay(deployment.launch_attempts));
    }
    let wait_until = deployment.next_launch_at.filter(|at| *at > now);
    let is_impaired = deployment.launch_attempts > 0;
    let over_at = own.iter().filter(|_| is_impaired).filter_map(|task| task.proven_at()).min();
    Verdict { deployment, wait_until, over_at }
}

/// A whole second, as the times of tasks are: a failure of the next round is not before it then.
fn after(now: Timestamp, delay: SignedDuration) -> Option<Timestamp> {
    let part = i64::from(now.subsec_nanosecond() > 0);
    Timestamp::from_second(now.as_second() + part).ok()?.checked_add(delay).ok()
}
