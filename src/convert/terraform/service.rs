//! The table of `aws_ecs_service`.

use super::ecs::{CONSTRAINT, STRATEGY, TAGS};
use super::field::{Field, Form, form, many, number, one, own, same};

/// `aws_ecs_service`: CreateService.
pub(super) const SERVICE: &[Field] = &[
    one(
        "alarms",
        "deploymentConfiguration.alarms",
        &[same("alarm_names", "alarmNames"), same("enable", "enable"), same("rollback", "rollback")],
    ),
    same("arn", "serviceArn"),
    same("availability_zone_rebalancing", "availabilityZoneRebalancing"),
    many("capacity_provider_strategy", "capacityProviderStrategy", STRATEGY),
    same("cluster", "cluster"),
    one(
        "deployment_circuit_breaker",
        "deploymentConfiguration.deploymentCircuitBreaker",
        &[same("enable", "enable"), same("rollback", "rollback")],
    ),
    one("deployment_configuration", "deploymentConfiguration", DEPLOYMENT),
    one("deployment_controller", "deploymentController", &[same("type", "type")]),
    same("deployment_maximum_percent", "deploymentConfiguration.maximumPercent"),
    same("deployment_minimum_healthy_percent", "deploymentConfiguration.minimumHealthyPercent"),
    same("desired_count", "desiredCount"),
    same("enable_ecs_managed_tags", "enableECSManagedTags"),
    same("enable_execute_command", "enableExecuteCommand"),
    own("force_delete"),
    own("force_new_deployment"),
    number("health_check_grace_period_seconds", "healthCheckGracePeriodSeconds"),
    same("iam_role", "role"),
    // Before version 6 of the provider there is no other place for the ARN.
    same("id", "serviceArn"),
    same("launch_type", "launchType"),
    many("load_balancer", "loadBalancers", LOAD_BALANCER),
    same("name", "serviceName"),
    one(
        "network_configuration",
        "networkConfiguration.awsvpcConfiguration",
        &[
            form("assign_public_ip", "assignPublicIp", Form::Switch),
            same("security_groups", "securityGroups"),
            same("subnets", "subnets"),
        ],
    ),
    many("ordered_placement_strategy", "placementStrategy", &[same("field", "field"), same("type", "type")]),
    many("placement_constraints", "placementConstraints", CONSTRAINT),
    same("platform_version", "platformVersion"),
    same("propagate_tags", "propagateTags"),
    own("region"),
    same("scheduling_strategy", "schedulingStrategy"),
    one("service_connect_configuration", "serviceConnectConfiguration", CONNECT),
    many(
        "service_registries",
        "serviceRegistries",
        &[
            same("container_name", "containerName"),
            number("container_port", "containerPort"),
            number("port", "port"),
            same("registry_arn", "registryArn"),
        ],
    ),
    own("sigint_rollback"),
    form("tags", "tags", TAGS),
    same("task_definition", "taskDefinition"),
    own("timeouts"),
    own("triggers"),
    many(
        "volume_configuration",
        "volumeConfigurations",
        &[same("name", "name"), one("managed_ebs_volume", "managedEBSVolume", EBS)],
    ),
    many(
        "vpc_lattice_configurations",
        "vpcLatticeConfigurations",
        &[
            same("port_name", "portName"),
            same("role_arn", "roleArn"),
            same("target_group_arn", "targetGroupArn"),
        ],
    ),
    own("wait_for_steady_state"),
];

const DEPLOYMENT: &[Field] = &[
    number("bake_time_in_minutes", "bakeTimeInMinutes"),
    one(
        "canary_configuration",
        "canaryConfiguration",
        &[
            number("canary_bake_time_in_minutes", "canaryBakeTimeInMinutes"),
            same("canary_percent", "canaryPercent"),
        ],
    ),
    many(
        "lifecycle_hook",
        "lifecycleHooks",
        &[
            form("hook_details", "hookDetails", Form::Json),
            same("hook_target_arn", "hookTargetArn"),
            same("lifecycle_stages", "lifecycleStages"),
            same("role_arn", "roleArn"),
        ],
    ),
    one(
        "linear_configuration",
        "linearConfiguration",
        &[number("step_bake_time_in_minutes", "stepBakeTimeInMinutes"), same("step_percent", "stepPercent")],
    ),
    same("strategy", "strategy"),
];

const LOAD_BALANCER: &[Field] = &[
    one(
        "advanced_configuration",
        "advancedConfiguration",
        &[
            same("alternate_target_group_arn", "alternateTargetGroupArn"),
            same("production_listener_rule", "productionListenerRule"),
            same("role_arn", "roleArn"),
            same("test_listener_rule", "testListenerRule"),
        ],
    ),
    same("container_name", "containerName"),
    number("container_port", "containerPort"),
    same("elb_name", "loadBalancerName"),
    same("target_group_arn", "targetGroupArn"),
];

const CONNECT: &[Field] = &[
    one(
        "access_log_configuration",
        "accessLogConfiguration",
        &[same("format", "format"), same("include_query_parameters", "includeQueryParameters")],
    ),
    same("enabled", "enabled"),
    one(
        "log_configuration",
        "logConfiguration",
        &[
            same("log_driver", "logDriver"),
            same("options", "options"),
            many("secret_option", "secretOptions", &[same("name", "name"), same("value_from", "valueFrom")]),
        ],
    ),
    same("namespace", "namespace"),
    many(
        "service",
        "services",
        &[
            many(
                "client_alias",
                "clientAliases",
                &[
                    same("dns_name", "dnsName"),
                    number("port", "port"),
                    one(
                        "test_traffic_rules",
                        "testTrafficRules",
                        &[one(
                            "header",
                            "header",
                            &[same("name", "name"), one("value", "value", &[same("exact", "exact")])],
                        )],
                    ),
                ],
            ),
            same("discovery_name", "discoveryName"),
            number("ingress_port_override", "ingressPortOverride"),
            same("port_name", "portName"),
            one(
                "timeout",
                "timeout",
                &[
                    same("idle_timeout_seconds", "idleTimeoutSeconds"),
                    same("per_request_timeout_seconds", "perRequestTimeoutSeconds"),
                ],
            ),
            one(
                "tls",
                "tls",
                &[
                    one(
                        "issuer_cert_authority",
                        "issuerCertificateAuthority",
                        &[same("aws_pca_authority_arn", "awsPcaAuthorityArn")],
                    ),
                    same("kms_key", "kmsKey"),
                    same("role_arn", "roleArn"),
                ],
            ),
        ],
    ),
];

const EBS: &[Field] = &[
    same("encrypted", "encrypted"),
    same("file_system_type", "filesystemType"),
    number("iops", "iops"),
    same("kms_key_id", "kmsKeyId"),
    same("role_arn", "roleArn"),
    number("size_in_gb", "sizeInGiB"),
    same("snapshot_id", "snapshotId"),
    many(
        "tag_specifications",
        "tagSpecifications",
        &[
            same("propagate_tags", "propagateTags"),
            same("resource_type", "resourceType"),
            form("tags", "tags", TAGS),
        ],
    ),
    number("throughput", "throughput"),
    number("volume_initialization_rate", "volumeInitializationRate"),
    same("volume_type", "volumeType"),
];
