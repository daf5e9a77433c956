//! `Cluster`: which nodes a cluster of that name has, and which namespaces may use it. Written by administrators.

pub mod grant;

use super::common::{CapacityProviderStrategyItem, Tag, document};
use super::condition::Condition;
use super::rule::{Kind, Rule};
use super::schema;
use super::service::placement::PlacementStrategy;
use grant::Grant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

document! {
    /// A CreateCluster request, and which nodes and namespaces belong to it.
    #[derive(kube::CustomResource)]
    #[kube(
        group = "ecs.berth.dev",
        version = "v1alpha1",
        kind = "Cluster",
        plural = "ecsclusters",
        singular = "ecscluster",
        shortname = "ecscluster",
        category = "ecs",
        validation = &NAME,
        status = "ClusterStatus",
        derive = "PartialEq",
        doc = "Nodes and the namespaces that may use them, as a CreateCluster request of Amazon ECS. While there is no object of this kind, every cluster name means all schedulable nodes.",
        printcolumn(name = "Instances", type_ = "integer", json_path = ".status.registeredContainerInstancesCount"),
        printcolumn(name = "Services", type_ = "integer", json_path = ".status.activeServicesCount"),
        printcolumn(name = "Running", type_ = "integer", json_path = ".status.runningTasksCount"),
        printcolumn(name = "Pending", type_ = "integer", json_path = ".status.pendingTasksCount"),
        printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
        printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
    )]
    #[schemars(transform = rules, transform = schema::document)]
    ClusterSpec {
        /// Name of the cluster: up to 255 letters, digits, `_` and `-`. Default: the object's name.
        #[schemars(length(max = 255))]
        cluster_name: String,
        /// Tags of the cluster: at most 50.
        #[schemars(length(max = 50))]
        tags: Vec<Tag>,
        /// Container Insights.
        #[schemars(length(max = 10))]
        settings: Vec<ClusterSetting>,
        /// Commands in containers, and managed storage.
        configuration: ClusterConfiguration,
        /// Names of capacity providers.
        #[schemars(length(max = 50), inner(length(max = 255)))]
        capacity_providers: Vec<String>,
        /// Strategy of services that have neither launch type nor strategy: at most 20.
        #[schemars(length(max = 20))]
        default_capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
        /// Default namespace of Service Connect.
        service_connect_defaults: ServiceConnectDefaults,
        /// What ECS has no word for: nodes and namespaces.
        kubernetes: ClusterKubernetes,
    }

    /// A setting of a cluster.
    ClusterSetting {
        /// Always `containerInsights`.
        #[schemars(extend("enum" = ["containerInsights"]))]
        name: String,
        /// `enhanced`, `enabled` or `disabled`.
        #[schemars(length(max = 64))]
        value: String,
    }

    /// Commands in containers, and managed storage.
    ClusterConfiguration {
        /// Commands in containers.
        execute_command_configuration: ExecuteCommandConfiguration,
        /// Encryption of managed storage.
        managed_storage_configuration: ManagedStorageConfiguration,
    }

    /// Commands in containers.
    ExecuteCommandConfiguration {
        /// Id or ARN of the key that encrypts the session.
        #[schemars(length(max = 2048))]
        kms_key_id: String,
        /// Where sessions are logged: `NONE`, `DEFAULT` (default) or `OVERRIDE`.
        #[schemars(extend("enum" = ["NONE", "DEFAULT", "OVERRIDE"]))]
        logging: String,
        /// Where to, for `OVERRIDE`.
        log_configuration: ExecuteCommandLogConfiguration,
    }

    /// Where sessions are logged to.
    ExecuteCommandLogConfiguration {
        /// Name of the CloudWatch log group.
        #[schemars(length(max = 512))]
        cloud_watch_log_group_name: String,
        /// Whether it is encrypted.
        cloud_watch_encryption_enabled: bool,
        /// Name of the bucket.
        #[schemars(length(max = 255))]
        s3_bucket_name: String,
        /// Whether objects in it are encrypted.
        s3_encryption_enabled: bool,
        /// Prefix of their names.
        #[schemars(length(max = 1024))]
        s3_key_prefix: String,
    }

    /// Encryption of managed storage.
    ManagedStorageConfiguration {
        /// Id or ARN of the key for volumes.
        #[schemars(length(max = 2048))]
        kms_key_id: String,
        /// Id or ARN of the key for scratch space.
        #[schemars(length(max = 2048))]
        fargate_ephemeral_storage_kms_key_id: String,
    }

    /// Default namespace of Service Connect.
    ServiceConnectDefaults {
        /// Name or ARN of the namespace; empty for none.
        #[schemars(required, length(max = 2048))]
        namespace: String,
    }

    /// What ECS has no word for: nodes and namespaces.
    ClusterKubernetes {
        /// Labels of the nodes that are the cluster's container instances. Default: all schedulable nodes.
        #[schemars(inner(length(max = 63)), extend("maxProperties" = 20))]
        node_selector: BTreeMap<String, String>,
        /// Names of the namespaces that may use the cluster. Default: all.
        #[schemars(length(max = 1000), inner(length(max = 63)))]
        namespaces: Vec<String>,
        /// Placement strategy of services that have none: at most 5. Default: ECS's, spread over zones, then over
        /// instances.
        #[schemars(length(max = 5))]
        default_placement_strategy: Vec<PlacementStrategy>,
        /// What becomes of tasks under `bridge` that ask for a port of the node: `refuse` (default) refuses their
        /// services; `podNetwork` runs them without it, so that only target groups and discovery lead to them.
        #[schemars(extend("enum" = ["refuse", "podNetwork"]))]
        fixed_host_ports: String,
        /// Region that tasks find in `AWS_REGION` and `AWS_DEFAULT_REGION`, as on Fargate, unless their document sets
        /// them. Default: none.
        #[schemars(length(max = 64))]
        region: String,
        /// What namespaces are granted beyond the *baseline* pod security standard, and what foreign names stand for.
        /// Default: nothing.
        #[schemars(length(max = 25))]
        grants: Vec<Grant>,
    }
}

/// What Berth has made of a Cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = schema::untouched)]
pub struct ClusterStatus {
    /// Generation of the spec that this status is about; -1 before Berth has seen the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Nodes of the cluster that can run tasks.
    #[serde(default)]
    pub registered_container_instances_count: i32,
    /// Tasks that run.
    #[serde(default)]
    pub running_tasks_count: i32,
    /// Tasks that are on the way to run.
    #[serde(default)]
    pub pending_tasks_count: i32,
    /// Services of the cluster.
    #[serde(default)]
    pub active_services_count: i32,
    /// `Ready` (the cluster can be used), and what else there is to say.
    #[serde(default)]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// Rules of CreateCluster.
const RULES: [Rule; 3] = [
    Rule::new(
        "clusterName",
        "!given(self.clusterName) || self.clusterName.matches('^[a-zA-Z0-9_-]{1,255}$')",
        "clusterName must be up to 255 letters, digits, underscores and hyphens",
    ),
    Rule::new(
        "configuration",
        "!given(self.configuration) || !given(self.configuration.executeCommandConfiguration) || \
         or(self.configuration.executeCommandConfiguration.logging, '') != 'OVERRIDE' || \
         given(self.configuration.executeCommandConfiguration.logConfiguration)",
        "logging OVERRIDE requires a logConfiguration",
    )
    .of(Kind::Required),
    Rule::new(
        "defaultCapacityProviderStrategy",
        "!given(self.defaultCapacityProviderStrategy) || self.defaultCapacityProviderStrategy.filter(p, or(p.base, 0) > 0).size() < 2",
        "only one capacity provider of a strategy can have a base",
    ),
];

/// The name cannot be changed; it stands at the root, where the object's own name is known.
const NAME: Rule = Rule::new(
    "spec.clusterName",
    "or(self.spec.clusterName, self.metadata.name) == or(oldSelf.spec.clusterName, oldSelf.metadata.name)",
    "clusterName cannot be changed",
)
.of(Kind::Forbidden);

/// Adds the rules of a cluster.
fn rules(schema: &mut schemars::Schema) {
    super::rule::add(schema, &RULES);
}
