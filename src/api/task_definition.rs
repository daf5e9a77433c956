//! `TaskDefinition`: a RegisterTaskDefinition request that is kept, one ControllerRevision per real change.

pub mod container;
pub mod device;
pub mod health;
pub mod port;
pub mod rules;
pub mod volume;

use super::common::{KeyValuePair, Tag, document};
use super::condition::Condition;
use super::schema;
use container::ContainerDefinition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use volume::Volume;

document! {
    /// A RegisterTaskDefinition request: what one task is made of. A real change of it registers the next revision
    /// of the family; revisions never change.
    #[derive(kube::CustomResource)]
    #[kube(
        group = "ecs.berth.dev",
        version = "v1alpha1",
        kind = "TaskDefinition",
        plural = "taskdefinitions",
        singular = "taskdefinition",
        shortname = "ecstd",
        category = "ecs",
        namespaced,
        status = "TaskDefinitionStatus",
        derive = "PartialEq",
        doc = "What one task is made of, as a RegisterTaskDefinition request of Amazon ECS. A real change of the spec registers the next revision of its family.",
        printcolumn(name = "Family", type_ = "string", json_path = ".status.family"),
        printcolumn(name = "Latest", type_ = "integer", json_path = ".status.latestRevision", description = "The newest revision"),
        printcolumn(name = "Status", type_ = "string", json_path = ".status.status"),
        printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
        printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = 1)
    )]
    #[schemars(transform = rules::definition, transform = schema::document)]
    TaskDefinitionSpec {
        /// Name that the revisions share: up to 255 letters, digits, `_` and `-`. Default: the object's name.
        /// Services refer to it as `family` (the newest ACTIVE revision) or `family:revision`.
        #[schemars(length(max = 255))]
        family: String,
        /// ARN of the role whose rights the containers have. Default: none.
        #[schemars(length(max = 2048))]
        task_role_arn: String,
        /// ARN of the role that pulls images, ships logs and fetches secrets for the task. Default: none.
        #[schemars(length(max = 2048))]
        execution_role_arn: String,
        /// How the containers are networked: `bridge` (default), `host`, `awsvpc` or `none`. Every task has an
        /// address of its own here, as under `awsvpc`; under `bridge` a mapped port is reached through target
        /// groups and discovery. Under `host` it has its node's, where a Cluster permits it.
        #[schemars(extend("enum" = ["bridge", "host", "awsvpc", "none"]))]
        network_mode: String,
        /// The containers of the task: at most 10, at least one of them essential.
        #[schemars(length(max = 10))]
        container_definitions: Vec<ContainerDefinition>,
        /// Volumes that containers mount by name.
        volumes: Vec<Volume>,
        /// Conditions that a container instance must meet, beside those of the service: at most 10 together.
        #[schemars(length(max = 10))]
        placement_constraints: Vec<TaskDefinitionPlacementConstraint>,
        /// Launch types that the definition is validated against.
        #[schemars(length(max = 4), extend("items" = crate::api::schema::one_of(&["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"])))]
        requires_compatibilities: Vec<String>,
        /// CPU of the whole task and its ceiling: CPU units as a string (`"1024"` is one core) or cores as text
        /// (`"1 vCPU"`, `".25 vcpu"`). Required for `FARGATE`.
        #[schemars(length(max = 32))]
        cpu: String,
        /// Memory of the whole task and its ceiling: MiB as a string (`"1024"`) or GB as text (`"1GB"`,
        /// `".5 gb"`). Required for `FARGATE`.
        #[schemars(length(max = 32))]
        memory: String,
        /// Tags of the definition: at most 50.
        #[schemars(length(max = 50))]
        tags: Vec<Tag>,
        /// Process namespace: `task` (shared by the containers) or `host`. Default: one per container.
        #[schemars(extend("enum" = ["host", "task"]))]
        pid_mode: String,
        /// Namespace of shared memory and semaphores: `task` (shared by the containers, as in every pod), `host`
        /// or `none`. Default: the container runtime's.
        #[schemars(extend("enum" = ["host", "task", "none"]))]
        ipc_mode: String,
        /// App Mesh proxy of the task.
        proxy_configuration: ProxyConfiguration,
        /// Elastic Inference accelerators; the service behind them is closed.
        #[schemars(length(max = 10))]
        inference_accelerators: Vec<InferenceAccelerator>,
        /// Scratch space of the task.
        ephemeral_storage: EphemeralStorage,
        /// Processor architecture and operating system that the images need.
        runtime_platform: RuntimePlatform,
        /// Whether the containers may ask for faults to be injected into the task. Default: false.
        enable_fault_injection: bool,
        /// Isolation of the task from others on its instance (Managed Instances).
        trusted_execution_configuration: TrustedExecutionConfiguration,
        /// What ECS has no word for. Nothing here is needed, and nothing here is part of a revision.
        kubernetes: TaskDefinitionKubernetes,
    }

    /// What ECS has no word for. Nothing here is needed.
    TaskDefinitionKubernetes {
        /// How many revisions of the family are kept: 1–1000, default 100. Beyond it the oldest go, but never one
        /// that a Service names or runs or that has a live task. No number is used again.
        #[schemars(range(min = 1, max = 1000))]
        revision_history_limit: i32,
    }

    /// A condition that a container instance must meet.
    #[schemars(transform = rules::placement_constraint)]
    TaskDefinitionPlacementConstraint {
        /// Always `memberOf`.
        #[serde(rename = "type")]
        #[schemars(extend("enum" = ["memberOf"]))]
        type_: String,
        /// Expression of the cluster query language, up to 2000 characters, for example
        /// `attribute:ecs.instance-type =~ m5.*`.
        #[schemars(length(max = 2000))]
        expression: String,
    }

    /// App Mesh proxy of a task.
    ProxyConfiguration {
        /// Always `APPMESH`.
        #[serde(rename = "type")]
        #[schemars(extend("enum" = ["APPMESH"]))]
        type_: String,
        /// The container that is the proxy.
        #[schemars(required, length(max = 255))]
        container_name: String,
        /// `IgnoredUID` or `IgnoredGID`, `AppPorts`, `ProxyIngressPort`, `ProxyEgressPort`, `EgressIgnoredPorts`,
        /// `EgressIgnoredIPs`.
        #[schemars(length(max = 20))]
        properties: Vec<KeyValuePair>,
    }

    /// Elastic Inference accelerator.
    InferenceAccelerator {
        /// Name that containers refer to.
        #[schemars(required, length(max = 255))]
        device_name: String,
        /// Type of the accelerator.
        #[schemars(required, length(max = 255))]
        device_type: String,
    }

    /// Scratch space of a task.
    EphemeralStorage {
        /// GiB: 21–200. Default on Fargate: 20.
        #[serde(rename = "sizeInGiB")]
        #[schemars(required, range(min = 0, max = 200))]
        size_in_gib: i32,
    }

    /// What the images of a task run on.
    RuntimePlatform {
        /// Processor architecture: `X86_64` or `ARM64`. Default: any node the images run on.
        #[schemars(extend("enum" = ["X86_64", "ARM64"]))]
        cpu_architecture: String,
        /// Operating system: `LINUX` (default) or an edition of Windows Server.
        #[schemars(extend("enum" = OPERATING_SYSTEMS))]
        operating_system_family: String,
    }

    /// Isolation of a task from others on its instance.
    TrustedExecutionConfiguration {
        /// `SHARED` (default), `ISOLATED_SANDBOX` or `CONFIDENTIAL_SANDBOX`.
        #[schemars(required, extend("enum" = ["SHARED", "ISOLATED_SANDBOX", "CONFIDENTIAL_SANDBOX"]))]
        isolation_mode: String,
        /// Attestation policy in base64; `CONFIDENTIAL_SANDBOX` needs it.
        #[schemars(length(max = super::common::DOCUMENT))]
        attestation_policy: String,
    }
}

/// Operating systems that ECS knows.
const OPERATING_SYSTEMS: [&str; 10] = [
    "LINUX",
    "WINDOWS_SERVER_2016_FULL",
    "WINDOWS_SERVER_2019_FULL",
    "WINDOWS_SERVER_2019_CORE",
    "WINDOWS_SERVER_2004_CORE",
    "WINDOWS_SERVER_20H2_CORE",
    "WINDOWS_SERVER_2022_FULL",
    "WINDOWS_SERVER_2022_CORE",
    "WINDOWS_SERVER_2025_FULL",
    "WINDOWS_SERVER_2025_CORE",
];

/// What Berth has made of a TaskDefinition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = schema::untouched)]
pub struct TaskDefinitionStatus {
    /// Generation of the spec that this status is about; -1 before Berth has seen the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `ACTIVE`, or `INACTIVE` once the newest revision is deregistered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub status: Option<String>,
    /// The family: `spec.family`, or the object's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub family: Option<String>,
    /// Number of the newest revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_revision: Option<i64>,
    /// The newest revision as services name it: `family:revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 300))]
    pub task_definition: Option<String>,
    /// Numbers of the revisions that are ACTIVE, the newest first: at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub active_revisions: Vec<i64>,
    /// The annotation `ecs.berth.dev/deregister` that was carried out last: a revision that is registered later
    /// is not meant by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub deregistered: Option<String>,
    /// `Ready` (registered), and what else there is to say.
    #[serde(default)]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}
