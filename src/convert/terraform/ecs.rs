//! Tables of ECS's resources but services: `aws_ecs_task_definition`, `aws_ecs_cluster` and its providers.

use super::field::{Field, Form, form, many, number, one, own, same};

/// Tags as the API has them.
pub(super) const TAGS: Form = Form::Pairs("key", "value");

/// `aws_ecs_task_definition`: RegisterTaskDefinition, and what DescribeTaskDefinition adds.
pub(super) const TASK_DEFINITION: &[Field] = &[
    same("arn", "taskDefinitionArn"),
    own("arn_without_revision"),
    form("container_definitions", "containerDefinitions", Form::Json),
    form("cpu", "cpu", Form::Text),
    same("enable_fault_injection", "enableFaultInjection"),
    one("ephemeral_storage", "ephemeralStorage", &[number("size_in_gib", "sizeInGiB")]),
    same("execution_role_arn", "executionRoleArn"),
    same("family", "family"),
    own("id"),
    many(
        "inference_accelerator",
        "inferenceAccelerators",
        &[same("device_name", "deviceName"), same("device_type", "deviceType")],
    ),
    same("ipc_mode", "ipcMode"),
    form("memory", "memory", Form::Text),
    same("network_mode", "networkMode"),
    same("pid_mode", "pidMode"),
    many("placement_constraints", "placementConstraints", CONSTRAINT),
    one(
        "proxy_configuration",
        "proxyConfiguration",
        &[
            same("container_name", "containerName"),
            form("properties", "properties", Form::Pairs("name", "value")),
            same("type", "type"),
        ],
    ),
    own("region"),
    same("requires_compatibilities", "requiresCompatibilities"),
    number("revision", "revision"),
    one(
        "runtime_platform",
        "runtimePlatform",
        &[
            same("cpu_architecture", "cpuArchitecture"),
            same("operating_system_family", "operatingSystemFamily"),
        ],
    ),
    own("skip_destroy"),
    form("tags", "tags", TAGS),
    same("task_role_arn", "taskRoleArn"),
    own("track_latest"),
    many("volume", "volumes", VOLUME),
];

/// A placement constraint.
pub(super) const CONSTRAINT: &[Field] = &[same("expression", "expression"), same("type", "type")];

const VOLUME: &[Field] = &[
    same("name", "name"),
    same("host_path", "host.sourcePath"),
    same("configure_at_launch", "configuredAtLaunch"),
    one(
        "docker_volume_configuration",
        "dockerVolumeConfiguration",
        &[
            same("autoprovision", "autoprovision"),
            same("driver", "driver"),
            same("driver_opts", "driverOpts"),
            same("labels", "labels"),
            same("scope", "scope"),
        ],
    ),
    one(
        "efs_volume_configuration",
        "efsVolumeConfiguration",
        &[
            same("file_system_id", "fileSystemId"),
            same("root_directory", "rootDirectory"),
            same("transit_encryption", "transitEncryption"),
            number("transit_encryption_port", "transitEncryptionPort"),
            one(
                "authorization_config",
                "authorizationConfig",
                &[same("access_point_id", "accessPointId"), same("iam", "iam")],
            ),
        ],
    ),
    one(
        "fsx_windows_file_server_volume_configuration",
        "fsxWindowsFileServerVolumeConfiguration",
        &[
            same("file_system_id", "fileSystemId"),
            same("root_directory", "rootDirectory"),
            one(
                "authorization_config",
                "authorizationConfig",
                &[same("credentials_parameter", "credentialsParameter"), same("domain", "domain")],
            ),
        ],
    ),
    one(
        "s3files_volume_configuration",
        "s3filesVolumeConfiguration",
        &[
            same("file_system_arn", "fileSystemArn"),
            same("root_directory", "rootDirectory"),
            number("transit_encryption_port", "transitEncryptionPort"),
            same("access_point_arn", "accessPointArn"),
        ],
    ),
];

/// `aws_ecs_cluster`: CreateCluster. Before version 4 of the provider it had the capacity providers as well.
pub(super) const CLUSTER: &[Field] = &[
    same("arn", "clusterArn"),
    same("capacity_providers", "capacityProviders"),
    one(
        "configuration",
        "configuration",
        &[
            one(
                "execute_command_configuration",
                "executeCommandConfiguration",
                &[
                    same("kms_key_id", "kmsKeyId"),
                    one(
                        "log_configuration",
                        "logConfiguration",
                        &[
                            same("cloud_watch_encryption_enabled", "cloudWatchEncryptionEnabled"),
                            same("cloud_watch_log_group_name", "cloudWatchLogGroupName"),
                            same("s3_bucket_encryption_enabled", "s3EncryptionEnabled"),
                            same("s3_bucket_name", "s3BucketName"),
                            same("s3_key_prefix", "s3KeyPrefix"),
                        ],
                    ),
                    same("logging", "logging"),
                ],
            ),
            one(
                "managed_storage_configuration",
                "managedStorageConfiguration",
                &[
                    same("fargate_ephemeral_storage_kms_key_id", "fargateEphemeralStorageKmsKeyId"),
                    same("kms_key_id", "kmsKeyId"),
                ],
            ),
        ],
    ),
    many("default_capacity_provider_strategy", "defaultCapacityProviderStrategy", STRATEGY),
    own("id"),
    same("name", "clusterName"),
    own("region"),
    one("service_connect_defaults", "serviceConnectDefaults", &[same("namespace", "namespace")]),
    many("setting", "settings", &[same("name", "name"), same("value", "value")]),
    form("tags", "tags", TAGS),
];

/// `aws_ecs_cluster_capacity_providers`: PutClusterCapacityProviders.
pub(super) const PROVIDERS: &[Field] = &[
    same("capacity_providers", "capacityProviders"),
    same("cluster_name", "clusterName"),
    many("default_capacity_provider_strategy", "defaultCapacityProviderStrategy", STRATEGY),
    own("id"),
    own("region"),
];

/// `aws_ecs_capacity_provider`: what tells it apart.
pub(super) const CAPACITY_PROVIDER: &[Field] = &[same("arn", "capacityProviderArn"), same("name", "name")];

/// Shares of the tasks by capacity provider.
pub(super) const STRATEGY: &[Field] =
    &[number("base", "base"), same("capacity_provider", "capacityProvider"), number("weight", "weight")];
