//! A deployment: one revision of a service on its way in, in place, or on its way out.

use super::image::ContainerImage;
use super::name;
use jiff::Timestamp;

/// ECS's id of a deployment, `ecs-svc/HASH`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeploymentId(String);

impl DeploymentId {
    /// The id of the `sequence`-th deployment of a service, made of all that tells it from others.
    pub fn new(service_uid: &str, fingerprint: &str, sequence: i64) -> Self {
        Self(name::hash(&[service_uid, fingerprint, &sequence.to_string()], 16))
    }

    /// The id that a status or a label holds, with or without `ecs-svc/`.
    pub fn parse(text: &str) -> Self {
        Self(text.strip_prefix("ecs-svc/").unwrap_or(text).to_owned())
    }

    /// The hash alone: the value of our label.
    pub fn hash(&self) -> &str {
        &self.0
    }

    /// The five digits that names of tasks carry.
    pub fn short(&self) -> &str {
        self.0.get(..5).unwrap_or(&self.0)
    }
}

impl std::fmt::Display for DeploymentId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ecs-svc/{}", self.0)
    }
}

/// How far a deployment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolloutState {
    /// Tasks are being started or stopped.
    InProgress,
    /// Steady state was reached.
    Completed,
    /// Given up; launches nothing.
    Failed,
}

/// What is remembered of a deployment between two passes; all of it stands in the Service's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// Its place in the service's history, from 1.
    pub sequence: i64,
    /// `family:revision`.
    pub task_definition: String,
    /// How far it is.
    pub state: RolloutState,
    /// When it was created.
    pub created_at: Timestamp,
    /// Consecutive rounds of launches of which no task became healthy.
    pub launch_attempts: u32,
    /// Before this time nothing more is launched.
    pub next_launch_at: Option<Timestamp>,
    /// Tasks in a row that were started to balance the zones, in vain.
    pub failed_moves: u32,
    /// Before this time no task is started to balance the zones.
    pub next_move_at: Option<Timestamp>,
    /// Consecutive tasks that failed.
    pub failed_tasks: u32,
    /// What its tasks run for containers whose documents name a tag, as far as that is known.
    pub images: Vec<ContainerImage>,
}
