//! What a service is connected to: network, target groups, discovery.

use crate::api::common::document;

document! {
    /// Network of the tasks.
    NetworkConfiguration {
        /// Subnets and security groups.
        awsvpc_configuration: AwsVpcConfiguration,
    }

    /// Subnets and security groups of the tasks.
    AwsVpcConfiguration {
        /// Ids of the subnets: 1–16. They mean the zones that a Cluster maps them to.
        #[schemars(required, length(max = 16), inner(length(max = 255)))]
        subnets: Vec<String>,
        /// Ids of the security groups: at most 5. They mean the network policies that a Cluster maps them to.
        #[schemars(length(max = 5), inner(length(max = 255)))]
        security_groups: Vec<String>,
        /// Whether each task has a public address: `ENABLED` or `DISABLED` (default).
        #[schemars(extend("enum" = ["ENABLED", "DISABLED"]))]
        assign_public_ip: String,
    }

    /// A target group (or classic load balancer) and the container port behind it.
    LoadBalancer {
        /// Name or ARN of the target group.
        #[schemars(length(max = 2048))]
        target_group_arn: String,
        /// Name of a classic load balancer.
        #[schemars(length(max = 255))]
        load_balancer_name: String,
        /// The container.
        #[schemars(length(max = 255))]
        container_name: String,
        /// Its port: 1–65535, one of its `portMappings`.
        #[schemars(range(min = 0, max = 65535))]
        container_port: i32,
        /// Second target group and rules for deployments that move traffic.
        advanced_configuration: AdvancedConfiguration,
    }

    /// Second target group and rules for deployments that move traffic.
    AdvancedConfiguration {
        /// Name or ARN of the second target group.
        #[schemars(length(max = 2048))]
        alternate_target_group_arn: String,
        /// Name or ARN of the rule that carries production traffic.
        #[schemars(length(max = 2048))]
        production_listener_rule: String,
        /// Name or ARN of the rule that carries test traffic.
        #[schemars(length(max = 2048))]
        test_listener_rule: String,
        /// ARN of the role that may change the rules.
        #[schemars(length(max = 2048))]
        role_arn: String,
    }

    /// A service discovery registry.
    #[schemars(transform = super::rules::service_registry)]
    ServiceRegistry {
        /// Name or ARN of the ServiceDiscovery.
        #[schemars(length(max = 2048))]
        registry_arn: String,
        /// Port that an SRV record gives; excludes `containerName` and `containerPort`.
        #[schemars(range(min = 0, max = 65535))]
        port: i32,
        /// Container whose port an SRV record gives.
        #[schemars(length(max = 255))]
        container_name: String,
        /// Its port: one of its `portMappings`.
        #[schemars(range(min = 0, max = 65535))]
        container_port: i32,
    }
}
