//! The labels and annotations that Berth writes, each named once.
//!
//! Labels that a selector uses hold a UID or a hash, never text that a user wrote.

use super::name;

/// Standard label that says who made an object; its value is [`BERTH`].
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Value of [`MANAGED_BY`], field manager of our writes and name of our events' reporter.
pub const BERTH: &str = "berth";
/// UID of the Service that a task belongs to.
pub const SERVICE_UID: &str = "ecs.berth.dev/service-uid";
/// Hash of the deployment that a task belongs to.
pub const DEPLOYMENT: &str = "ecs.berth.dev/deployment";
/// Legal form of the cluster's name; the annotation of the same name has ECS's form.
pub const CLUSTER: &str = "ecs.berth.dev/cluster";
/// Legal form of the service's name; the annotation of the same name has ECS's form.
pub const SERVICE: &str = "ecs.berth.dev/service";
/// Legal form of the task definition's family.
pub const FAMILY: &str = "ecs.berth.dev/family";
/// Number of the task definition's revision.
pub const REVISION: &str = "ecs.berth.dev/revision";
/// ECS stop code of a task that Berth ended on purpose; its presence is desiredStatus STOPPED.
pub const STOP_CODE: &str = "ecs.berth.dev/stop-code";
/// Annotation with ECS's stoppedReason of such a task.
pub const STOPPED_REASON: &str = "ecs.berth.dev/stopped-reason";
/// Annotation with the time (RFC 3339) at which Berth asked a task to stop.
pub const STOPPING_AT: &str = "ecs.berth.dev/stopping-at";
/// Annotation with the task's group in ECS's form, as in `service:web`.
pub const GROUP: &str = "ecs.berth.dev/group";
/// Annotation by which a user asks for a new deployment of the same definition; any new value asks once.
pub const FORCE_NEW_DEPLOYMENT: &str = "ecs.berth.dev/force-new-deployment";
/// Annotation that names the first revision number of a family without a counter.
pub const FIRST_REVISION: &str = "ecs.berth.dev/revision";
/// Annotation on a TaskDefinition with the numbers of revisions to deregister, as in `1-4,6`.
pub const DEREGISTER: &str = "ecs.berth.dev/deregister";
/// Annotation on a revision with the time (RFC 3339) at which it was deregistered.
pub const DEREGISTERED_AT: &str = "ecs.berth.dev/deregistered-at";
/// Annotation on a family's counter: which object's spec its newest number was given to, as `UID/GENERATION`.
pub const GIVEN_TO: &str = "ecs.berth.dev/given-to";
/// Annotation of a task with the containers (in ECS's form, comma-separated) whose tags it pulls afresh.
pub const PULLED_AFRESH: &str = "ecs.berth.dev/pulled-afresh";
/// Annotation with the ARN that an object stands for.
pub const ARN: &str = "ecs.berth.dev/arn";
/// On a Service that rests: its real `desiredCount`, or `none` where it had none.
pub const STANDBY_DESIRED_COUNT: &str = "ecs.berth.dev/standby-desired-count";
/// Label on revisions of one family, by hash of the family.
pub const FAMILY_HASH: &str = "ecs.berth.dev/family-hash";
/// Label on a revision: `ACTIVE` or `INACTIVE`.
pub const REVISION_STATUS: &str = "ecs.berth.dev/revision-status";
/// Label on the object that remembers a family's highest number.
pub const COUNTER: &str = "ecs.berth.dev/counter";
/// Annotation on a task with the ECS form of each container's name that Kubernetes does not take, as JSON.
pub const CONTAINER_NAMES: &str = "ecs.berth.dev/container-names";
/// Label of the ServiceAccounts that tasks may run with: `berth` where Berth made one for a role, `true` where its owner
/// allows the use of another.
pub const TASK_ROLE: &str = "ecs.berth.dev/task-role";
/// Label on an object that several users share: a hash of what it stands for.
pub const STANDS_FOR: &str = "ecs.berth.dev/stands-for";
/// Annotation of a ServiceAccount with the keys of the annotations that a grant gave it.
pub const ANNOTATED: &str = "ecs.berth.dev/annotated";
/// Annotation of a task with its router's settings.
pub const LOG_ROUTER: &str = "ecs.berth.dev/log-router";
/// Annotation of a task with its tags, as JSON.
pub const TAGS: &str = "ecs.berth.dev/tags";
/// Label that no node needs to have: it stands in the node affinity that no node meets.
pub const NO_NODE: &str = "ecs.berth.dev/no-node";

/// Annotation of a task with what its containers wait for before they start, as JSON (`model::StartOrder`).
pub const START_ORDER: &str = "ecs.berth.dev/start-order";
/// Annotation of a task with the time (RFC 3339) at which the last of its containers was allowed to start.
pub const RELEASED_AT: &str = "ecs.berth.dev/released-at";
/// Annotation of a task with the seconds that each restartable container must have run, as JSON by name.
pub const RESTART_PERIODS: &str = "ecs.berth.dev/restart-attempt-periods";
/// Annotation of a task with the time (RFC 3339) until which neither a scale-in nor a deployment stops it.
pub const PROTECTED_UNTIL: &str = "ecs.berth.dev/protected-until";
/// Annotation of a task with the zone that it was started in so as to balance the zones; gone when that is done.
pub const MOVED_TO: &str = "ecs.berth.dev/rebalancing-to";
/// Annotation by which the Cluster Autoscaler is told whether a task may be evicted: `true` or `false`.
pub const SAFE_TO_EVICT: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";
/// Annotation by which Karpenter is told to leave a task alone: `true`.
pub const DO_NOT_DISRUPT: &str = "karpenter.sh/do-not-disrupt";
/// Value of a registration label whose task Berth shows as an endpoint itself; else the value is empty, which
/// is what core Services select by.
pub const LISTED: &str = "listed-by-berth";

/// Label of the tasks that count for a group: spread, distinctInstance and `task:group` select by it.
/// It is removed in the write that makes a task's desiredStatus STOPPED, as ECS counts by desired status.
pub fn group(group: &str) -> String {
    format!("group.ecs.berth.dev/{}", name::hash(&[group], 16))
}

/// Label of the tasks registered with a target group.
pub fn target_group(target_group: &str) -> String {
    format!("target-group.ecs.berth.dev/{}", name::hash(&[target_group], 16))
}

/// Label of the tasks registered with a service discovery of that object name.
pub fn discovery(discovery: &str) -> String {
    format!("discovery.ecs.berth.dev/{}", name::hash(&[discovery], 16))
}

/// Label of the tasks with a tag of that key.
pub fn tag(key: &str) -> String {
    format!("tag.ecs.berth.dev/{}", name::label_value(key))
}

/// Annotation of a task about the log of a container: `driver`, `group`, `region` or `stream`.
pub fn log(what: &str, container: &str) -> String {
    format!("log-{what}.ecs.berth.dev/{container}")
}

/// Whether a label registers a task somewhere, so that stopping the task removes it.
pub fn is_registration(key: &str) -> bool {
    ["group.ecs.berth.dev/", "target-group.ecs.berth.dev/", "discovery.ecs.berth.dev/"]
        .iter()
        .any(|prefix| key.starts_with(prefix))
}

/// Whether a label makes a task an endpoint of a core Service.
pub fn is_endpoint(key: &str) -> bool {
    ["target-group.ecs.berth.dev/", "discovery.ecs.berth.dev/"].iter().any(|prefix| key.starts_with(prefix))
}

/// Annotation of a task with the names (as in the pod) of its essential containers, comma-separated.
pub const ESSENTIAL: &str = "ecs.berth.dev/essential-containers";
/// Annotation of a task with the longest startPeriod of its health checks, in seconds.
pub const START_PERIOD: &str = "ecs.berth.dev/health-check-start-period";
