//! Deployments and tasks as they are → which tasks to start, which to stop, which to forget.
//!
//! Pure arithmetic: it reads no clock, makes no object and decides nothing by name. It plans one step;
//! the next step is planned from what came of this one.

mod balance;
mod history;
mod retention;
mod side;
mod step;
mod stops;
mod throttle;
mod upkeep;
mod victims;

use crate::model::{Deployment, DeploymentId, Release, Service, StopCode, Task};
use jiff::Timestamp;
use step::Step;

pub use balance::{Balance, rebalance};
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
    /// The zone that they have to run in, where they are started so as to balance the zones.
    pub zone: Option<String>,
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
    /// The zone that it gives up to balance the zones.
    pub moved_from: Option<String>,
}

/// A task whose containers' turn to start has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Go {
    /// Name of its pod.
    pub task: String,
    /// Those containers.
    pub containers: Vec<Release>,
}

/// A task whose pod is to tell autoscalers something else than it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shield {
    /// Name of its pod.
    pub task: String,
    /// Whether they are to leave it alone.
    pub on: bool,
}

/// Tasks that would have to go, were they not protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// How many.
    pub tasks: u32,
    /// When the first protection ends.
    pub until: Timestamp,
    /// Whether it is a scale-in that they hold up, and not a deployment.
    pub scale_in: bool,
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
    /// Tasks whose pods are to tell autoscalers something else.
    pub shield: Vec<Shield>,
    /// Tasks that were started in a zone to balance the zones, and for which another has gone.
    pub settled: Vec<String>,
    /// Pods of stopped tasks that nobody has to read any more.
    pub forget: Vec<String>,
    /// The deployments, to be remembered so; those that have been replaced are left out.
    pub deployments: Vec<Deployment>,
    /// Neither a start nor a stop is possible with these percentages.
    pub deadlock: bool,
    /// Tasks that are protected keep it from being done.
    pub held: Option<Held>,
    /// What there is to tell about the balance of the zones.
    pub balance: Option<Balance>,
    /// When to look again though nothing changes.
    pub next: Option<Timestamp>,
}

/// Plans the next step of `service`. `deployments` has the primary first.
pub fn plan(service: &Service, deployments: &[Deployment], tasks: &[Task], now: Timestamp) -> Plan {
    let Some((primary, older)) = deployments.split_first() else { return Plan::default() };
    let mut step = Step::new(service, primary, tasks, now);
    step.stop_broken();
    step.stop_misplaced();
    let wanted = step.start_primary(throttle::assess(primary, tasks, now));
    step.replace_older(older);
    step.stop_older(wanted);
    step.stop_excess();
    step.finish(older)
}

impl Plan {
    /// Asks for another look at `at`, or before.
    fn wake(&mut self, at: Timestamp) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    /// Whether it stops `task`.
    fn stops(&self, task: &Task) -> bool {
        self.stop.iter().any(|stop| stop.task == task.name)
    }
}

/// The first number that no task of the deployment has had.
fn next_number(tasks: &[Task], deployment: &DeploymentId) -> u32 {
    let own = tasks.iter().filter(|task| task.deployment == *deployment);
    own.map(|task| task.number).max().unwrap_or(0) + 1
}

fn count<T>(tasks: &[T]) -> u32 {
    u32::try_from(tasks.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
