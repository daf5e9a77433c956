//! A service's deployments and tasks → its status in ECS's words, and what to tell about it.

mod balance;
mod contest;
mod finding;
mod held;
mod image;
mod news;
mod transition;

use super::condition::{conditions, whole_second};
use super::{Finding, Notice};
use crate::api::service::status::{
    Deployment as DeploymentStatus, PlacementStatus, ServiceEvent, ServiceStatus,
};
use crate::api::{ConditionType, Reason, ServiceSpec};
use crate::model::{Deployment, DeploymentId, LastStatus, RolloutState, Service, Task, label, name};
use crate::rollout::{Held, Plan};
use jiff::Timestamp;

pub use contest::contested;
pub use finding::{Problem, remarks, told_unplaced};
pub use news::{News, news};

/// ECS keeps a service's newest hundred events.
const EVENTS_KEPT: usize = 100;

/// What a pass has found.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The service as resolved.
    pub service: &'a Service,
    /// Its deployments, the primary first.
    pub deployments: &'a [Deployment],
    /// Its tasks after what this pass did.
    pub tasks: &'a [Task],
    /// Neither a start nor a stop is possible with these percentages.
    pub deadlock: bool,
    /// Protected tasks that would have to go.
    pub held: Option<Held>,
    /// Something that keeps the pass from doing all it wants.
    pub problem: Option<Problem>,
    /// Why a task finds no instance, where one does not: the closest instance and the scheduler's words.
    pub unplaced: Option<String>,
    /// How the strategies are carried out.
    pub placement: PlacementStatus,
    /// Standing remarks.
    pub remarks: Vec<Finding>,
    /// What the document asks for.
    pub document: Document,
}

/// What the document of a service asks for.
#[derive(Clone, Debug)]
pub enum Document {
    /// What the service was resolved from; it is remembered as this.
    Obeyed(serde_json::Value),
    /// Something that cannot be done, for these findings: what was obeyed before is kept.
    Refused(Vec<Finding>),
}

/// What there is to tell about a step before anything of it is done.
pub fn planned(service: &Service, plan: &Plan) -> Vec<Notice> {
    let held = held::held(service, &plan.deployments, plan.held);
    balance::rebalanced(service, plan.balance.as_ref()).into_iter().chain(held).collect()
}

/// A status, and what its difference to the one before is worth telling.
#[derive(Clone, Debug)]
pub struct Conclusion {
    /// The status to show.
    pub status: ServiceStatus,
    /// What changed, in the order of happening.
    pub notices: Vec<Notice>,
}

/// The status of a service that could be resolved.
pub fn conclude(before: &ServiceStatus, facts: &Facts<'_>, done: Vec<Notice>, now: Timestamp) -> Conclusion {
    let counts = Counts::of(facts.tasks.iter());
    let findings = finding::findings(facts, &counts);
    let mut status = ServiceStatus {
        observed_generation: Some(facts.service.identity.generation),
        status: Some("ACTIVE".to_owned()),
        desired_count: Some(signed(facts.service.desired_count)),
        running_count: counts.running,
        pending_count: counts.pending,
        protected_count: protected(facts.tasks, now),
        task_definition: facts.deployments.first().map(|primary| primary.task_definition.clone()),
        selector: Some(label::group(&facts.service.group())),
        deployments: deployments(before, facts, now),
        accepted: match &facts.document {
            Document::Obeyed(spec) => Some(spec.clone()),
            Document::Refused(_) => before.accepted.clone(),
        },
        placement: Some(facts.placement.clone()),
        events: before.events.clone(),
        conditions: conditions(&before.conditions, &findings, facts.service.identity.generation, now),
    };
    let mut notices = transition::begun(before, &status);
    notices.extend(done);
    notices.extend(transition::reached(before, &status, facts));
    remember(&mut status, &notices, now);
    Conclusion { status, notices }
}

/// The status of a service that could not be resolved: what was told stays, but for how many of its `tasks` there are.
pub fn unresolved(
    before: &ServiceStatus,
    (generation, findings): (i64, &[Finding]),
    tasks: &[Task],
    now: Timestamp,
) -> Conclusion {
    let counts = Counts::of(tasks.iter());
    let mut status = ServiceStatus {
        observed_generation: Some(generation),
        status: Some("ACTIVE".to_owned()),
        running_count: counts.running,
        pending_count: counts.pending,
        protected_count: protected(tasks, now),
        conditions: conditions(&before.conditions, findings, generation, now),
        ..before.clone()
    };
    for deployment in &mut status.deployments {
        let id = DeploymentId::parse(&deployment.id);
        let counts = Counts::of(tasks.iter().filter(|task| task.deployment == id));
        (deployment.running_count, deployment.pending_count) = (counts.running, counts.pending);
    }
    let notices = transition::refused(before, &status);
    remember(&mut status, &notices, now);
    Conclusion { status, notices }
}

/// What a status remembers of `spec`. The count is left out: whatever else is refused, it is followed, since
/// it may be an autoscaler's.
pub fn accepted(spec: &ServiceSpec) -> serde_json::Value {
    let counted = ServiceSpec { desired_count: None, ..spec.clone() };
    serde_json::to_value(&counted).unwrap_or_default()
}

/// The spec that `status` remembers, with the count that `spec` has now and the revision that runs.
pub fn in_force(status: &ServiceStatus, spec: &ServiceSpec) -> Option<ServiceSpec> {
    let mut remembered: ServiceSpec = serde_json::from_value(status.accepted.clone()?).ok()?;
    remembered.desired_count = spec.desired_count;
    remembered.task_definition = Some(status.deployments.first()?.task_definition.clone());
    Some(remembered)
}

/// The deployments that a status remembers.
pub fn remembered(status: &ServiceStatus) -> Vec<Deployment> {
    let time = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let natural = |number: i32| u32::try_from(number).unwrap_or(0);
    status
        .deployments
        .iter()
        .map(|known| Deployment {
            id: DeploymentId::parse(&known.id),
            sequence: known.sequence,
            task_definition: known.task_definition.clone(),
            state: match known.rollout_state.as_str() {
                "COMPLETED" => RolloutState::Completed,
                "FAILED" => RolloutState::Failed,
                _ => RolloutState::InProgress,
            },
            created_at: time(&known.created_at).unwrap_or(Timestamp::UNIX_EPOCH),
            launch_attempts: natural(known.launch_attempts),
            next_launch_at: time(&known.next_launch_at),
            failed_tasks: natural(known.failed_tasks),
            failed_moves: natural(known.failed_rebalances),
            next_move_at: time(&known.next_rebalance_at),
            images: known.container_images.iter().map(image::remembered).collect(),
        })
        .collect()
}

/// Running and pending tasks whose desired status is RUNNING.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub running: i32,
    pub pending: i32,
    pub unhealthy: i32,
}

impl Counts {
    fn of<'a>(tasks: impl Iterator<Item = &'a Task>) -> Self {
        let mut counts = Self::default();
        for task in tasks.filter(|task| task.is_live()) {
            match task.last_status {
                LastStatus::Running => counts.running += 1,
                _ => counts.pending += 1,
            }
            counts.unhealthy += i32::from(task.is_unhealthy());
        }
        counts
    }
}

/// How many tasks are protected; none is not worth a word.
fn protected(tasks: &[Task], now: Timestamp) -> Option<i32> {
    let protected = tasks.iter().filter(|task| task.is_live() && task.is_protected(now)).count();
    i32::try_from(protected).ok().filter(|count| *count > 0)
}

fn deployments(before: &ServiceStatus, facts: &Facts<'_>, now: Timestamp) -> Vec<DeploymentStatus> {
    let statuses = facts.deployments.iter().enumerate().map(|(place, deployment)| {
        let counts = Counts::of(facts.tasks.iter().filter(|task| task.deployment == deployment.id));
        let mut status = DeploymentStatus {
            id: deployment.id.to_string(),
            status: if place == 0 { "PRIMARY" } else { "ACTIVE" }.to_owned(),
            task_definition: deployment.task_definition.clone(),
            desired_count: if place == 0 {
                signed(facts.service.desired_count)
            } else {
                counts.running + counts.pending
            },
            running_count: counts.running,
            pending_count: counts.pending,
            failed_tasks: signed(deployment.failed_tasks),
            rollout_state: rollout_state(deployment.state).to_owned(),
            rollout_state_reason: rollout_state_reason(deployment),
            created_at: Some(whole_second(deployment.created_at).to_string()),
            updated_at: None,
            sequence: deployment.sequence,
            launch_attempts: signed(deployment.launch_attempts),
            next_launch_at: deployment.next_launch_at.map(|at| at.to_string()),
            failed_rebalances: signed(deployment.failed_moves),
            next_rebalance_at: deployment.next_move_at.map(|at| at.to_string()),
            container_images: deployment.images.iter().map(image::shown).collect(),
        };
        let known = before.deployments.iter().find(|known| known.id == status.id);
        status.updated_at = known.and_then(|known| known.updated_at.clone());
        if known != Some(&status) {
            status.updated_at = Some(whole_second(now).to_string());
        }
        status
    });
    statuses.collect()
}

fn rollout_state(state: RolloutState) -> &'static str {
    match state {
        RolloutState::InProgress => "IN_PROGRESS",
        RolloutState::Completed => "COMPLETED",
        RolloutState::Failed => "FAILED",
    }
}

fn rollout_state_reason(deployment: &Deployment) -> String {
    match deployment.state {
        RolloutState::InProgress => format!("ECS deployment {} in progress.", deployment.id),
        RolloutState::Completed => format!("ECS deployment {} completed.", deployment.id),
        RolloutState::Failed => "ECS deployment circuit breaker: tasks failed to start.".to_owned(),
    }
}

/// Whether `notice` tells more than `status` does. ECS says a failure once, until its cause has cleared.
pub fn is_news(status: &ServiceStatus, notice: &Notice) -> bool {
    let since_steady = || {
        let ends = |event: &&ServiceEvent| !event.message.ends_with("a steady state.");
        status.events.iter().take_while(ends)
    };
    match notice.reason {
        balance::BALANCED => balance::is_news(status),
        "TaskFailedToStart" | held::SCALE_IN_FAILURE | balance::HINDERED => {
            !since_steady().any(|event| event.message == notice.message)
        }
        _ => true,
    }
}

fn remember(status: &mut ServiceStatus, notices: &[Notice], now: Timestamp) {
    for notice in notices {
        let created_at = whole_second(now).to_string();
        let place = status.events.first().map(|newest| newest.id.clone()).unwrap_or_default();
        let id = name::hash(&[&place, &created_at, &notice.message], 16);
        status.events.insert(0, ServiceEvent { id, created_at, message: notice.message.clone() });
    }
    status.events.truncate(EVENTS_KEPT);
}

fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The findings for an object that waits for something else, which will come.
fn waiting(reason: Reason, message: &str) -> Vec<Finding> {
    vec![
        Finding::new(ConditionType::Ready, false, reason, message),
        Finding::new(ConditionType::Reconciling, true, reason, message),
    ]
}

/// The findings for an object that something stands in the way of.
pub fn hindered(reason: Reason, waits: bool, message: &str) -> Vec<Finding> {
    if waits { waiting(reason, message) } else { finding::stalled(reason, message) }
}
