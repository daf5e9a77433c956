//! `Service`: a CreateService request that is kept true.

pub mod connect;
pub mod deployment;
pub mod gateway;
pub mod network;
pub mod placement;
pub mod rules;
pub mod status;
pub mod volume;

use super::common::{CapacityProviderStrategyItem, Tag, document};
use super::schema;
use connect::ServiceConnectConfiguration;
use deployment::{DeploymentConfiguration, DeploymentController};
use gateway::{GatewayConnector, MonitoringConfiguration, VpcLatticeConfiguration};
use network::{LoadBalancer, NetworkConfiguration, ServiceRegistry};
use placement::{PlacementConstraint, PlacementStrategy};
pub use status::ServiceStatus;
use volume::ServiceVolumeConfiguration;

document! {
    /// A CreateService request: how many tasks of a definition run, where, and behind what.
    #[derive(kube::CustomResource)]
    #[kube(
        group = "ecs.berth.dev",
        version = "v1alpha1",
        kind = "Service",
        plural = "ecsservices",
        singular = "ecsservice",
        shortname = "ecssvc",
        category = "ecs",
        namespaced,
        validation = &rules::SERVICE_NAME,
        status = "ServiceStatus",
        derive = "PartialEq",
        doc = "A number of tasks that is kept running, as a CreateService request of Amazon ECS.",
        scale(
            spec_replicas_path = ".spec.desiredCount",
            status_replicas_path = ".status.runningCount",
            label_selector_path = ".status.selector"
        ),
        selectable = ".spec.cluster",
        selectable = ".spec.taskDefinition",
        selectable = ".spec.launchType",
        printcolumn(name = "Status", type_ = "string", json_path = ".status.status"),
        printcolumn(name = "Task Definition", type_ = "string", json_path = ".status.taskDefinition"),
        printcolumn(name = "Desired", type_ = "integer", json_path = ".status.desiredCount"),
        printcolumn(name = "Running", type_ = "integer", json_path = ".status.runningCount"),
        printcolumn(name = "Pending", type_ = "integer", json_path = ".status.pendingCount"),
        printcolumn(name = "Rollout", type_ = "string", json_path = ".status.deployments[?(@.status==\"PRIMARY\")].rolloutState"),
        printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
        printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = 1),
        printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.cluster", priority = 1),
        printcolumn(name = "Launch Type", type_ = "string", json_path = ".spec.launchType", priority = 1)
    )]
    #[schemars(transform = rules::service, transform = schema::document)]
    ServiceSpec {
        /// Name or ARN of the cluster. Default: `default`. Cannot be changed.
        #[schemars(length(max = 2048))]
        cluster: String,
        /// Name of the service, unique in the cluster and namespace: up to 255 letters, digits, `_` and `-`.
        /// Default: the object's name. Cannot be changed.
        #[schemars(length(max = 255))]
        service_name: String,
        /// `family` (follows its newest ACTIVE revision), `family:revision` (pins) or an ARN of either form.
        #[schemars(length(max = 2048))]
        task_definition: String,
        /// Whether tasks are moved when they have become uneven over the zones: `ENABLED` or `DISABLED`.
        #[schemars(extend("enum" = ["ENABLED", "DISABLED"]))]
        availability_zone_rebalancing: String,
        /// Target groups that the tasks are registered in.
        #[schemars(length(max = 20))]
        load_balancers: Vec<LoadBalancer>,
        /// Service discovery registry of the tasks: at most 1.
        #[schemars(length(max = 1))]
        service_registries: Vec<ServiceRegistry>,
        /// Tasks to keep running: 0–5000, default 1. Leave it out where an autoscaler decides: what it sets then
        /// stays. Without meaning for `DAEMON`.
        #[schemars(range(min = 0, max = 5000), extend("default" = 1))]
        desired_count: i32,
        /// Idempotency token of the request; without effect on an object that has a name.
        #[schemars(length(max = 64))]
        client_token: String,
        /// `EC2`, `FARGATE` or `EXTERNAL`; excludes `capacityProviderStrategy`. Cannot be changed.
        #[schemars(extend("enum" = ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"]))]
        launch_type: String,
        /// Shares of the tasks by capacity provider: at most 20; excludes `launchType`.
        #[schemars(length(max = 20))]
        capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
        /// Version of the Fargate platform. Default: `LATEST`.
        #[schemars(length(max = 64))]
        platform_version: String,
        /// ARN or name of the role that registers tasks with a classic load balancer.
        #[schemars(length(max = 2048))]
        role: String,
        /// How one deployment replaces another.
        deployment_configuration: DeploymentConfiguration,
        /// Conditions that a container instance must meet: at most 10 with those of the definition.
        #[schemars(length(max = 10))]
        placement_constraints: Vec<PlacementConstraint>,
        /// How instances are chosen, the first strategy first, each next one among the equals left by those
        /// before: at most 5. Default: spread over zones, then over instances.
        #[schemars(length(max = 5))]
        placement_strategy: Vec<PlacementStrategy>,
        /// Network of the tasks; `awsvpc` only.
        network_configuration: NetworkConfiguration,
        /// Seconds after its start in which a task's failing health checks do not count. Default: 0.
        health_check_grace_period_seconds: i32,
        /// `REPLICA` (default): `desiredCount` tasks. `DAEMON`: one on each instance. Cannot be changed.
        #[schemars(extend("enum" = ["REPLICA", "DAEMON"]))]
        scheduling_strategy: String,
        /// Who carries out deployments.
        deployment_controller: DeploymentController,
        /// Tags of the service: at most 50.
        #[schemars(length(max = 50))]
        tags: Vec<Tag>,
        /// Whether tasks are tagged with cluster and service. Default: false.
        #[serde(rename = "enableECSManagedTags")]
        enable_ecs_managed_tags: bool,
        /// Whose tags the tasks get: `TASK_DEFINITION`, `SERVICE` or `NONE` (default).
        #[schemars(extend("enum" = ["TASK_DEFINITION", "SERVICE", "NONE"]))]
        propagate_tags: String,
        /// Whether commands may be run in the tasks' containers. Default: false.
        enable_execute_command: bool,
        /// Names by which services of a namespace reach each other.
        service_connect_configuration: ServiceConnectConfiguration,
        /// Volumes that the definition leaves to the service.
        #[schemars(length(max = 10))]
        volume_configurations: Vec<ServiceVolumeConfiguration>,
        /// VPC Lattice target groups that the tasks are registered in.
        #[schemars(length(max = 20))]
        vpc_lattice_configurations: Vec<VpcLatticeConfiguration>,
        /// Gateways in front of the tasks: at most 1.
        #[schemars(length(max = 1))]
        gateway_connectors: Vec<GatewayConnector>,
        /// Resolution of the service's metrics.
        monitoring: MonitoringConfiguration,
        /// What ECS has no word for. Nothing here is needed.
        kubernetes: ServiceKubernetes,
    }

    /// What ECS has no word for. Nothing here is needed.
    ServiceKubernetes {
        /// Seconds for which a task that is to stop has left its target groups before its containers get the stop
        /// signal: 0–3600, default 10.
        #[schemars(range(min = 0, max = 3600))]
        deregistration_delay_seconds: i32,
        /// How many stopped tasks stay readable; within this bound each does for an hour at least: 0–100,
        /// default 10.
        #[schemars(range(min = 0, max = 100))]
        stopped_tasks_kept: i32,
        /// When a `taskDefinition` without a number is looked up. `ALWAYS` (default): a new revision is deployed as
        /// soon as it is registered. `ONCE`, as in ECS: the revision that was the newest at the latest edit of this
        /// spec or forced deployment is kept; scaling is no edit.
        #[schemars(extend("enum" = ["ALWAYS", "ONCE"]))]
        resolve_task_definition: String,
        /// `schedulerName` of the tasks' pods. Default: the Cluster's, then Kubernetes' own.
        #[schemars(length(max = 253))]
        scheduler: String,
    }
}
