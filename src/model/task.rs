//! A task as it is: what a pod says of itself, in ECS's words.

use super::deployment::DeploymentId;
use super::instance::Room;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// A task without any check counts as healthy when it has run for so long; one that ends before has
/// failed to launch. <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html>
pub const PROVEN_AFTER: SignedDuration = SignedDuration::from_secs(40);

/// ECS's lastStatus, as far as a pod shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LastStatus {
    /// Not yet on an instance.
    Provisioning,
    /// On an instance; images are pulled, containers created.
    Pending,
    /// Every container has started.
    Running,
    /// Asked to stop; containers may still run.
    Stopping,
    /// All containers have ended.
    Stopped,
}

/// Whether a task counts as healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Still evaluating; may become healthy at the given time without any further sign.
    Unknown {
        /// When it will count, if nothing else happens.
        decided_at: Option<Timestamp>,
    },
    /// Counts as healthy.
    Healthy,
    /// A health check failed for good.
    Unhealthy,
}

/// Why a task was or is to be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopCode {
    /// Never reached RUNNING.
    TaskFailedToStart,
    /// An essential container ended.
    EssentialContainerExited,
    /// A user asked.
    UserInitiated,
    /// Scale-in, deployment or failed health check.
    ServiceSchedulerInitiated,
}

impl StopCode {
    /// ECS's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TaskFailedToStart => "TaskFailedToStart",
            Self::EssentialContainerExited => "EssentialContainerExited",
            Self::UserInitiated => "UserInitiated",
            Self::ServiceSchedulerInitiated => "ServiceSchedulerInitiated",
        }
    }
}

/// A container whose turn to start has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its name in the pod.
    pub container: String,
    /// Its image.
    pub image: String,
}

/// Who shows the task as an endpoint of the core Services that it is registered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Listing {
    /// Kubernetes, by the selector of those Services, as long as the whole pod is ready.
    #[default]
    Selected,
    /// Kubernetes still, but not as ready: a container that is not essential has ended, and the task serves on.
    Dropped,
    /// Berth.
    Own {
        /// Whether the containers that are left are ready.
        ready: bool,
    },
}

/// A task of a service, seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Name of its pod.
    pub name: String,
    /// Task id: the pod's UID without dashes.
    pub id: String,
    /// Its number within the deployment.
    pub number: u32,
    /// The deployment that started it.
    pub deployment: DeploymentId,
    /// Where it is in its life.
    pub last_status: LastStatus,
    /// Whether Berth or somebody else has told it to stop.
    pub desired_stopped: bool,
    /// When it reached RUNNING, if it did.
    pub started_at: Option<Timestamp>,
    /// Its health; meaningless once it is told to stop.
    pub health: Health,
    /// When its pod was created.
    pub created_at: Timestamp,
    /// When its containers had all ended.
    pub stopped_at: Option<Timestamp>,
    /// The instance it runs on.
    pub instance: Option<String>,
    /// The zone of that instance.
    pub zone: Option<String>,
    /// Whether that instance is drained.
    pub draining: bool,
    /// The attributes of that instance that the service's strategies name, the zone apart.
    pub attributes: BTreeMap<String, String>,
    /// What is left of that instance, where a strategy asks for it.
    pub left: Option<Room>,
    /// What it reserves.
    pub size: Room,
    /// Until when it must not be stopped by a scale-in or a deployment.
    pub protected_until: Option<Timestamp>,
    /// Whether its pod tells autoscalers not to touch it.
    pub is_shielded: bool,
    /// Since when Kubernetes calls it not ready, if it does.
    pub unready_since: Option<Timestamp>,
    /// The zone that it was started in so as to balance the zones, as long as no other task has gone for it.
    pub moved_to: Option<String>,
    /// It has to be stopped for this code and reason: an essential container ended while others run,
    /// or it can never start.
    pub broken: Option<(StopCode, String)>,
    /// When it failed, if it ended or has to end before it ever counted as healthy.
    pub failed_at: Option<Timestamp>,
    /// How it ended, or why it cannot start, in a few words.
    pub story: Option<String>,
    /// Why no instance takes it, in the scheduler's words.
    pub unplaced: Option<String>,
    /// Containers whose turn to start has come.
    pub releases: Vec<Release>,
    /// Who shows it as an endpoint.
    pub listing: Listing,
}

impl Task {
    /// Whether it counts as a task of the service: desiredStatus RUNNING and not ended.
    pub fn is_live(&self) -> bool {
        !self.desired_stopped && self.last_status < LastStatus::Stopping
    }

    /// Whether it is live and healthy.
    pub fn is_healthy(&self) -> bool {
        self.is_live() && self.health == Health::Healthy
    }

    /// Whether it is protected from scale-in and deployments.
    pub fn is_protected(&self, now: Timestamp) -> bool {
        self.protected_until.is_some_and(|until| until > now)
    }

    /// From when on the launch counts as a success, if it stays as it is.
    pub fn proven_at(&self) -> Option<Timestamp> {
        let started_at = self.started_at.filter(|_| self.is_healthy() && self.failed_at.is_none())?;
        started_at.checked_add(PROVEN_AFTER).ok()
    }

    /// Whether it is live and known to be unhealthy.
    pub fn is_unhealthy(&self) -> bool {
        self.is_live() && self.health == Health::Unhealthy
    }
}
