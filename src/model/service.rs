//! A service, resolved.

use super::placement::Placement;
use super::task_definition::TaskDefinition;
use super::volume::TaskVolume;

/// Which object something belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Namespace of the object.
    pub namespace: String,
    /// Name of the object in Kubernetes.
    pub name: String,
    /// UID of the object.
    pub uid: String,
    /// Generation of the spec that was read.
    pub generation: i64,
}

/// A target group that a service's tasks register with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroup {
    /// Short name: an ARN's name part, or the name as written.
    pub name: String,
    /// The container that takes the traffic.
    pub container: String,
    /// The port of that container.
    pub port: u16,
}

/// A service discovery that a service's tasks register with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Name of the ServiceDiscovery object.
    pub discovery: String,
    /// Port for SRV records, if any.
    pub port: Option<u16>,
}

/// Where the tags of tasks come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TagSource {
    /// Tasks have none.
    #[default]
    None,
    /// Those of the definition that they run.
    TaskDefinition,
    /// These, which are the service's.
    Service(Vec<(String, String)>),
}

/// How tasks are tagged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tagging {
    /// Where their tags come from.
    pub source: TagSource,
    /// Whether they also name cluster and service.
    pub managed: bool,
}

/// A REPLICA service, resolved and valid.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// The Service object.
    pub identity: Identity,
    /// Name in ECS's form.
    pub name: String,
    /// Name of the cluster.
    pub cluster: String,
    /// The revision that new tasks run.
    pub task_definition: TaskDefinition,
    /// Tasks wanted.
    pub desired_count: u32,
    /// Percent of the desired tasks that stay healthy.
    pub minimum_healthy_percent: u32,
    /// Percent of the desired tasks that may run or be pending.
    pub maximum_percent: u32,
    /// Where its tasks run.
    pub placement: Placement,
    /// Whether tasks are moved when zones have become uneven.
    pub rebalances: bool,
    /// Target groups, in order.
    pub target_groups: Vec<TargetGroup>,
    /// Registries, in order.
    pub registrations: Vec<Registration>,
    /// Seconds after a task's start in which an unhealthy verdict stops nothing.
    pub health_check_grace_period: u32,
    /// Seconds that a task serves on after it has left its target groups.
    pub deregistration_delay: u32,
    /// How many stopped tasks stay readable.
    pub stopped_tasks_kept: u32,
    /// How its tasks are tagged.
    pub tagging: Tagging,
    /// What its tasks' volumes that are configured at launch are, by name.
    pub launch_volumes: Vec<(String, TaskVolume)>,
    /// Hash over all fields whose change starts a new deployment.
    pub fingerprint: String,
}

impl Service {
    /// The group that its tasks belong to, in ECS's form.
    pub fn group(&self) -> String {
        format!("service:{}", self.name)
    }

    /// Fewest healthy tasks during a change: desired × minimumHealthyPercent, rounded up.
    pub fn lower(&self) -> u32 {
        let product = u64::from(self.desired_count) * u64::from(self.minimum_healthy_percent);
        u32::try_from(product.div_ceil(100)).unwrap_or(u32::MAX)
    }

    /// Most running and pending tasks during a change: desired × maximumPercent, rounded down.
    pub fn upper(&self) -> u32 {
        let product = u64::from(self.desired_count) * u64::from(self.maximum_percent);
        u32::try_from(product / 100).unwrap_or(u32::MAX)
    }

    /// Whether traffic reaches its tasks by a target group or a registry.
    pub fn is_reachable(&self) -> bool {
        !self.target_groups.is_empty() || !self.registrations.is_empty()
    }
}
