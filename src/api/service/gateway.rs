//! VPC Lattice, gateway connectors and metric resolution.

use crate::api::common::document;

document! {
    /// A VPC Lattice target group.
    VpcLatticeConfiguration {
        /// ARN of the role that registers tasks.
        #[schemars(required, length(max = 2048))]
        role_arn: String,
        /// ARN of the target group.
        #[schemars(required, length(max = 2048))]
        target_group_arn: String,
        /// Name of one of the definition's ports.
        #[schemars(required, length(max = 64))]
        port_name: String,
        /// Second target group and rules for deployments that move traffic.
        advanced_configuration: VpcLatticeAdvancedConfiguration,
    }

    /// Second target group and rules for deployments that move traffic.
    VpcLatticeAdvancedConfiguration {
        /// ARN of the second target group.
        #[schemars(length(max = 2048))]
        alternate_target_group_arn: String,
        /// ARN of the rule that carries production traffic.
        #[schemars(length(max = 2048))]
        production_listener_rule: String,
        /// ARN of the rule that carries test traffic.
        #[schemars(length(max = 2048))]
        test_listener_rule: String,
    }

    /// A gateway in front of the tasks.
    GatewayConnector {
        /// Name of one of the definition's ports.
        #[schemars(required, length(max = 64))]
        port_name: String,
        /// How the gateway finds out whether a task is well.
        health_check: GatewayHealthCheck,
        /// Which networks may reach it.
        filters: GatewayFilters,
        /// How long a task leaves the gateway before it stops.
        deregistration_delay: GatewayDeregistrationDelay,
    }

    /// How a gateway finds out whether a task is well.
    GatewayHealthCheck {
        /// `HTTP` or `HTTPS`.
        #[schemars(extend("enum" = ["HTTP", "HTTPS"]))]
        health_check_protocol: String,
        /// Port that is asked.
        #[schemars(range(min = 0, max = 65535))]
        health_check_port: i32,
        /// Path that is asked.
        #[schemars(length(max = 1024))]
        health_check_path: String,
        /// Seconds until an answer counts as missing.
        health_check_timeout_seconds: i32,
        /// Seconds between two checks.
        health_check_interval_seconds: i32,
        /// Successes in a row that make a task healthy.
        healthy_threshold_count: i32,
        /// Failures in a row that make it unhealthy.
        unhealthy_threshold_count: i32,
        /// Answers that count as success.
        matcher: GatewayMatcher,
    }

    /// Answers that count as success.
    GatewayMatcher {
        /// HTTP status codes.
        #[schemars(length(max = 255))]
        http_code: String,
        /// gRPC status codes.
        #[schemars(length(max = 255))]
        grpc_code: String,
    }

    /// Which networks may reach a gateway.
    GatewayFilters {
        /// `PUBLIC`, `PRIVATE`.
        #[schemars(length(max = 2), extend("items" = crate::api::schema::one_of(&["PUBLIC", "PRIVATE"])))]
        access_types: Vec<String>,
    }

    /// How long a task leaves a gateway before it stops.
    GatewayDeregistrationDelay {
        /// Seconds: 0–3600.
        #[schemars(range(min = 0, max = 3600))]
        timeout_seconds: i32,
    }

    /// Resolution of a service's metrics.
    MonitoringConfiguration {
        /// At most 5.
        #[schemars(length(max = 5))]
        metric_configurations: Vec<MetricConfiguration>,
    }

    /// Resolution of some metrics.
    MetricConfiguration {
        /// `CPUUtilization`, `MemoryUtilization`: 1–5.
        #[schemars(required, length(max = 5), inner(length(max = 255)))]
        metric_names: Vec<String>,
        /// Seconds: 20 or 60 (default).
        #[schemars(required, range(min = 20, max = 60))]
        resolution_seconds: i32,
    }
}
