//! How one deployment of a service replaces another.

use crate::api::common::document;
use serde_json::{Number, Value};

document! {
    /// How one deployment replaces another.
    DeploymentConfiguration {
        /// Ends a deployment whose tasks keep failing.
        deployment_circuit_breaker: DeploymentCircuitBreaker,
        /// Ceiling of running and pending tasks during a deployment, in percent of `desiredCount`, rounded down.
        /// Default: 200; for `DAEMON` always 100.
        #[schemars(range(min = 0, max = 10000))]
        maximum_percent: i32,
        /// Floor of healthy tasks during a deployment, in percent of `desiredCount`, rounded up. Default: 100; for
        /// `DAEMON` 0.
        #[schemars(range(min = 0, max = 100))]
        minimum_healthy_percent: i32,
        /// Ends a deployment when an alarm goes off.
        alarms: DeploymentAlarms,
        /// `ROLLING` (default), `BLUE_GREEN`, `LINEAR` or `CANARY`.
        #[schemars(extend("enum" = ["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"]))]
        strategy: String,
        /// Minutes for which both sides run after all traffic has moved: 0–1440.
        #[schemars(range(min = 0, max = 1440))]
        bake_time_in_minutes: i32,
        /// Calls or pauses at stages of a deployment.
        #[schemars(length(max = 20))]
        lifecycle_hooks: Vec<DeploymentLifecycleHook>,
        /// Steps of `LINEAR`.
        linear_configuration: LinearConfiguration,
        /// Steps of `CANARY`.
        canary_configuration: CanaryConfiguration,
        /// When a `ROLLING` deployment counts as successful before it is complete.
        early_success_criteria: DeploymentEarlySuccessCriteria,
    }

    /// Ends a deployment whose tasks keep failing.
    DeploymentCircuitBreaker {
        /// Whether it is on.
        #[schemars(required)]
        enable: bool,
        /// Whether the last deployment that completed is restored.
        #[schemars(required)]
        rollback: bool,
        /// Whether a healthy task sets the count of failures back to 0.
        reset_on_healthy_task: bool,
        /// How many failures end the deployment.
        threshold_configuration: ThresholdConfiguration,
    }

    /// How many failures end a deployment.
    ThresholdConfiguration {
        /// `COUNT` (tasks), `BOUNDED_PERCENT` (of `desiredCount`, within bounds) or `UNBOUNDED_PERCENT`.
        #[serde(rename = "type")]
        #[schemars(required, extend("enum" = ["COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT"]))]
        type_: String,
        /// Tasks or percent.
        #[schemars(required)]
        value: i32,
    }

    /// Ends a deployment when an alarm goes off.
    DeploymentAlarms {
        /// Names of the alarms.
        #[schemars(required, inner(length(max = 255)))]
        alarm_names: Vec<String>,
        /// Whether the last deployment that completed is restored.
        #[schemars(required)]
        rollback: bool,
        /// Whether it is on.
        #[schemars(required)]
        enable: bool,
    }

    /// A call or a pause at stages of a deployment.
    DeploymentLifecycleHook {
        /// `AWS_LAMBDA` (default) or `PAUSE`.
        #[schemars(extend("enum" = ["AWS_LAMBDA", "PAUSE"]))]
        target_type: String,
        /// ARN of the function.
        #[schemars(length(max = 2048))]
        hook_target_arn: String,
        /// ARN of the role that may call it.
        #[schemars(length(max = 2048))]
        role_arn: String,
        /// The stages.
        #[schemars(length(max = 8), extend("items" = crate::api::schema::one_of(&STAGES)))]
        lifecycle_stages: Vec<String>,
        /// Any JSON, passed to the function.
        #[serde(default)]
        #[schemars(schema_with = "crate::api::schema::anything")]
        hook_details: Value,
        /// How long the hook may take, and what then.
        timeout_configuration: HookTimeout,
    }

    /// How long a hook may take, and what then.
    HookTimeout {
        /// Minutes: 1–20160, default 1440.
        #[schemars(range(min = 1, max = 20160))]
        timeout_in_minutes: i32,
        /// `ROLLBACK` (default) or `CONTINUE`.
        #[schemars(extend("enum" = ["ROLLBACK", "CONTINUE"]))]
        action: String,
    }

    /// Equal steps of traffic.
    LinearConfiguration {
        /// Traffic that each step moves: 3.0–100.0 percent, default 10.0.
        #[schemars(range(min = 0, max = 100))]
        step_percent: Number,
        /// Minutes between steps: 0–1440, default 6.
        #[schemars(range(min = 0, max = 1440))]
        step_bake_time_in_minutes: i32,
    }

    /// A first share of traffic, then the rest.
    CanaryConfiguration {
        /// The first share: 0.1–100.0 percent, default 5.0.
        #[schemars(range(min = 0, max = 100))]
        canary_percent: Number,
        /// Minutes until the rest: 0–1440, default 10.
        #[schemars(range(min = 0, max = 1440))]
        canary_bake_time_in_minutes: i32,
    }

    /// When a rolling deployment counts as successful before it is complete.
    DeploymentEarlySuccessCriteria {
        /// Whether it is on. Default: false.
        #[schemars(required)]
        enable: bool,
        /// Healthy tasks of the new revision: 0–100 percent of `desiredCount`, not below `minimumHealthyPercent`.
        #[schemars(range(min = 0, max = 100))]
        healthy_percent: i32,
        /// Whether old tasks end before success (`BLOCKING`) or after (`DEFERRED`).
        #[schemars(extend("enum" = ["BLOCKING", "DEFERRED"]))]
        source_service_revision_cleanup: String,
    }

    /// Who carries out deployments.
    DeploymentController {
        /// `ECS` (default), `CODE_DEPLOY` or `EXTERNAL`.
        #[serde(rename = "type")]
        #[schemars(required, extend("enum" = ["ECS", "CODE_DEPLOY", "EXTERNAL"]))]
        type_: String,
    }
}

/// Stages of a deployment at which a hook may stand.
const STAGES: [&str; 8] = [
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
];
