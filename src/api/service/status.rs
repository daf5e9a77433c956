//! What Berth has made of a Service, in the words of DescribeServices.

use crate::api::condition::Condition;
use crate::api::schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What Berth has made of a Service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = schema::untouched)]
pub struct ServiceStatus {
    /// Generation of the spec that this status is about; -1 before Berth has seen the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `ACTIVE`, or `DRAINING` while the service is being deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub status: Option<String>,
    /// Tasks that should run. Absent while no spec could be obeyed yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_count: Option<i32>,
    /// Tasks that run.
    #[serde(default)]
    pub running_count: i32,
    /// Tasks that are on the way to run.
    #[serde(default)]
    pub pending_count: i32,
    /// Tasks that neither a scale-in nor a deployment stops for the time being. Absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected_count: Option<i32>,
    /// The revision that `spec.taskDefinition` stands for: `family:revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 300))]
    pub task_definition: Option<String>,
    /// Label selector of the service's tasks, for autoscalers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub selector: Option<String>,
    /// The deployment that is wanted (`PRIMARY`) and those it still replaces (`ACTIVE`).
    #[serde(default)]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"]))]
    pub deployments: Vec<Deployment>,
    /// The newest spec that could be obeyed, without `desiredCount`. While a later one is refused, tasks that
    /// end are replaced as this one says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::opaque")]
    pub accepted: Option<serde_json::Value>,
    /// How the placement strategies are carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement: Option<PlacementStatus>,
    /// The latest 100 events, the newest first.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub events: Vec<ServiceEvent>,
    /// `Ready` (a steady state), and what else there is to say.
    #[serde(default)]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// One version of a service: what it deploys, and how far that is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// Id: `ecs-svc/` and letters and digits.
    #[schemars(length(max = 64))]
    pub id: String,
    /// `PRIMARY` (the newest), `ACTIVE` (being replaced) or `INACTIVE` (replaced).
    #[schemars(extend("enum" = ["PRIMARY", "ACTIVE", "INACTIVE"]))]
    pub status: String,
    /// The revision it runs: `family:revision`.
    #[schemars(length(max = 300))]
    pub task_definition: String,
    /// Tasks of it that should run.
    #[serde(default)]
    pub desired_count: i32,
    /// Tasks of it that run.
    #[serde(default)]
    pub running_count: i32,
    /// Tasks of it that are on the way to run.
    #[serde(default)]
    pub pending_count: i32,
    /// Tasks of it that failed to start or to become healthy, in a row.
    #[serde(default)]
    pub failed_tasks: i32,
    /// `IN_PROGRESS`, `COMPLETED` or `FAILED`.
    #[schemars(extend("enum" = ["IN_PROGRESS", "COMPLETED", "FAILED"]))]
    pub rollout_state: String,
    /// Why the rollout is in this state.
    #[serde(default)]
    #[schemars(length(max = 4096))]
    pub rollout_state_reason: String,
    /// When the deployment began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("format" = "date-time"))]
    pub created_at: Option<String>,
    /// When its state last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("format" = "date-time"))]
    pub updated_at: Option<String>,
    /// What its tasks run for containers whose documents name a tag: what the first task pulled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["containerName"]))]
    pub container_images: Vec<ContainerImage>,
    /// Berth's own: the deployment's number in its service, from 1.
    #[serde(default)]
    pub sequence: i64,
    /// Berth's own: rounds of launches in a row in which no task came to run; the wait between rounds grows with it.
    #[serde(default)]
    pub launch_attempts: i32,
    /// Berth's own: before this moment no task is launched again. Absent when nothing is held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("format" = "date-time"))]
    pub next_launch_at: Option<String>,
    /// Berth's own: tasks in a row that were started to balance the zones, in vain; the wait grows with it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failed_rebalances: i32,
    /// Berth's own: before this moment no task is started to balance the zones. Absent when nothing is held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("format" = "date-time"))]
    pub next_rebalance_at: Option<String>,
}

fn is_zero(number: &i32) -> bool {
    *number == 0
}

/// What a deployment's tasks run for one container.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContainerImage {
    /// The container.
    #[schemars(length(max = 255))]
    pub container_name: String,
    /// The image as the document names it.
    #[schemars(length(max = 512))]
    pub image: String,
    /// What the tag stood for: `sha256:…`. Absent where it could not be pulled afresh: then each node uses the copy
    /// that it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 160))]
    pub image_digest: Option<String>,
}

/// How the placement strategies are carried out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlacementStatus {
    /// `Exact` (as ECS would choose) or `BestEffort` (as near as the scheduler in use comes).
    #[schemars(extend("enum" = ["Exact", "BestEffort"]))]
    pub strategies: String,
    /// Why not as ECS would choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub reason: Option<String>,
    /// The scheduler's profile that chooses; absent: the cluster's default scheduler does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub profile: Option<String>,
}

/// Something that happened to a service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceEvent {
    /// Id of the event.
    #[schemars(length(max = 64))]
    pub id: String,
    /// When it happened.
    #[schemars(length(max = 64), extend("format" = "date-time"))]
    pub created_at: String,
    /// What happened, in ECS's words.
    #[schemars(length(max = 4096))]
    pub message: String,
}
