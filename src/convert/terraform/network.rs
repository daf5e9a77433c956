//! Tables of what stands around a service: target groups, listeners, discovery, scaling, schedules.

use super::field::{Field, Form, form, many, number, one, same};

/// `aws_lb_target_group`: DescribeTargetGroups, and the delay of its attributes under a name of its own.
pub(super) const TARGET_GROUP: &[Field] = &[
    same("arn", "TargetGroupArn"),
    form("deregistration_delay", "DeregistrationDelay", Form::Text),
    one(
        "health_check",
        "",
        &[
            same("enabled", "HealthCheckEnabled"),
            number("healthy_threshold", "HealthyThresholdCount"),
            number("interval", "HealthCheckIntervalSeconds"),
            same("matcher", "Matcher.HttpCode"),
            same("path", "HealthCheckPath"),
            same("port", "HealthCheckPort"),
            same("protocol", "HealthCheckProtocol"),
            number("timeout", "HealthCheckTimeoutSeconds"),
            number("unhealthy_threshold", "UnhealthyThresholdCount"),
        ],
    ),
    same("name", "TargetGroupName"),
    number("port", "Port"),
    same("protocol", "Protocol"),
    same("protocol_version", "ProtocolVersion"),
    same("target_type", "TargetType"),
];

/// `aws_lb`: DescribeLoadBalancers.
pub(super) const LOAD_BALANCER: &[Field] = &[
    same("arn", "LoadBalancerArn"),
    same("dns_name", "DNSName"),
    same("load_balancer_type", "Type"),
    same("name", "LoadBalancerName"),
];

/// `aws_lb_listener`: DescribeListeners.
pub(super) const LISTENER: &[Field] = &[
    same("arn", "ListenerArn"),
    many("default_action", "DefaultActions", ACTION),
    same("load_balancer_arn", "LoadBalancerArn"),
    number("port", "Port"),
    same("protocol", "Protocol"),
];

const ACTION: &[Field] = &[
    one(
        "forward",
        "ForwardConfig",
        &[many("target_group", "TargetGroups", &[same("arn", "TargetGroupArn"), same("weight", "Weight")])],
    ),
    same("target_group_arn", "TargetGroupArn"),
    same("type", "Type"),
];

/// `aws_lb_listener_rule`: DescribeRules.
pub(super) const LISTENER_RULE: &[Field] = &[
    many("action", "Actions", ACTION),
    same("arn", "RuleArn"),
    many(
        "condition",
        "Conditions",
        &[
            one("host_header", "HostHeaderConfig", VALUES),
            one("http_request_method", "HttpRequestMethodConfig", VALUES),
            one("path_pattern", "PathPatternConfig", VALUES),
            one("source_ip", "SourceIpConfig", VALUES),
        ],
    ),
    same("listener_arn", "ListenerArn"),
    form("priority", "Priority", Form::Text),
];

const VALUES: &[Field] = &[same("values", "Values")];

/// `aws_service_discovery_service`: GetService of Cloud Map.
pub(super) const REGISTRY: &[Field] = &[
    same("arn", "Arn"),
    same("description", "Description"),
    one(
        "dns_config",
        "DnsConfig",
        &[
            many("dns_records", "DnsRecords", &[same("ttl", "TTL"), same("type", "Type")]),
            same("namespace_id", "NamespaceId"),
            same("routing_policy", "RoutingPolicy"),
        ],
    ),
    one(
        "health_check_config",
        "HealthCheckConfig",
        &[
            number("failure_threshold", "FailureThreshold"),
            same("resource_path", "ResourcePath"),
            same("type", "Type"),
        ],
    ),
    one(
        "health_check_custom_config",
        "HealthCheckCustomConfig",
        &[number("failure_threshold", "FailureThreshold")],
    ),
    same("id", "Id"),
    same("name", "Name"),
    same("namespace_id", "NamespaceId"),
    form("tags", "Tags", Form::Pairs("Key", "Value")),
    same("type", "Type"),
    super::field::own("force_destroy"),
    super::field::own("region"),
];

/// `aws_service_discovery_*_namespace`: GetNamespace.
pub(super) const NAMESPACE: &[Field] = &[same("arn", "Arn"), same("id", "Id"), same("name", "Name")];

/// `aws_appautoscaling_target`: DescribeScalableTargets.
pub(super) const SCALABLE_TARGET: &[Field] = &[
    same("arn", "ScalableTargetARN"),
    same("max_capacity", "MaxCapacity"),
    same("min_capacity", "MinCapacity"),
    same("resource_id", "ResourceId"),
    same("scalable_dimension", "ScalableDimension"),
    same("service_namespace", "ServiceNamespace"),
];

/// `aws_appautoscaling_policy`: DescribeScalingPolicies.
pub(super) const SCALING_POLICY: &[Field] = &[
    same("arn", "PolicyARN"),
    same("name", "PolicyName"),
    same("policy_type", "PolicyType"),
    same("resource_id", "ResourceId"),
    same("service_namespace", "ServiceNamespace"),
    one(
        "target_tracking_scaling_policy_configuration",
        "TargetTrackingScalingPolicyConfiguration",
        &[
            one(
                "predefined_metric_specification",
                "PredefinedMetricSpecification",
                &[same("predefined_metric_type", "PredefinedMetricType")],
            ),
            same("target_value", "TargetValue"),
        ],
    ),
];

/// `aws_scheduler_schedule`: GetSchedule.
pub(super) const SCHEDULE: &[Field] = &[
    same("arn", "Arn"),
    same("group_name", "GroupName"),
    same("name", "Name"),
    same("schedule_expression", "ScheduleExpression"),
    same("schedule_expression_timezone", "ScheduleExpressionTimezone"),
    same("state", "State"),
    one(
        "target",
        "Target",
        &[
            same("arn", "Arn"),
            one("ecs_parameters", "EcsParameters", ECS_PARAMETERS),
            same("input", "Input"),
            same("role_arn", "RoleArn"),
        ],
    ),
];

const ECS_PARAMETERS: &[Field] = &[
    same("launch_type", "LaunchType"),
    same("task_count", "TaskCount"),
    same("task_definition_arn", "TaskDefinitionArn"),
];

/// `aws_cloudwatch_event_rule`: DescribeRule of EventBridge.
pub(super) const EVENT_RULE: &[Field] = &[
    same("arn", "Arn"),
    same("event_pattern", "EventPattern"),
    same("name", "Name"),
    same("schedule_expression", "ScheduleExpression"),
    same("state", "State"),
];

/// `aws_cloudwatch_event_target`: one of ListTargetsByRule.
pub(super) const EVENT_TARGET: &[Field] = &[
    same("arn", "Arn"),
    one("ecs_target", "EcsParameters", ECS_PARAMETERS),
    same("input", "Input"),
    same("rule", "Rule"),
    same("target_id", "Id"),
];
