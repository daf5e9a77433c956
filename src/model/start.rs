//! What a container waits for before it starts, and how a task's pod tells it.

use super::task_definition::Container;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The point to which another container must have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Condition {
    /// It exists: what `links` and `volumesFrom` ask for.
    Create,
    /// It has started, and may have ended since.
    Start,
    /// It has ended, with whatever exit code.
    Complete,
    /// It has ended with exit code 0.
    Success,
    /// Its health check passes.
    Healthy,
}

impl Condition {
    /// ECS's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Start => "START",
            Self::Complete => "COMPLETE",
            Self::Success => "SUCCESS",
            Self::Healthy => "HEALTHY",
        }
    }

    /// Whether the order in which containers are started is all that it asks for.
    pub fn is_order(self) -> bool {
        matches!(self, Self::Create | Self::Start)
    }
}

/// That one container waits for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Name of the other container, in ECS's form.
    pub container: String,
    /// What is waited for.
    pub condition: Condition,
}

/// ECS's restartPolicy, enabled.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-restart-policy.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// Exit codes after which the container is not started again.
    pub ignored_exit_codes: Vec<i32>,
    /// Seconds that it must have run to be started again.
    pub attempt_period: u32,
}

/// What the containers of a task wait for, by their names in the pod: an annotation of each such task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StartOrder(pub BTreeMap<String, Turn>);

/// What one container waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Its true image, where the pod names none before all conditions hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The conditions.
    pub after: Vec<After>,
}

/// A condition in a task's annotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// The other container, as in the pod.
    pub container: String,
    /// What is waited for.
    pub condition: Condition,
    /// Seconds after the other container's start within which it must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
}

/// Where the order stands among the containers that a definition has: all that wait for `name`.
pub fn waiters<'a>(
    containers: &'a [Container],
    name: &'a str,
) -> impl Iterator<Item = (&'a Container, Condition)> {
    containers.iter().flat_map(move |waiter| {
        let waits = waiter.depends_on.iter().filter(move |dependency| dependency.container == name);
        waits.map(move |dependency| (waiter, dependency.condition))
    })
}
