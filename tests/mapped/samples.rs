//! Two values of each member, as JSON, and what the document needs beside them; an empty text leaves the member away.

/// A member, two values of it, and what is merged into the document before.
pub struct Sample {
    pub path: &'static str,
    pub before: &'static str,
    pub after: &'static str,
    pub with: &'static str,
}

const fn sample(path: &'static str, before: &'static str, after: &'static str) -> Sample {
    Sample { path, before, after, with: "" }
}

const fn beside(with: &'static str, path: &'static str, before: &'static str, after: &'static str) -> Sample {
    Sample { path, before, after, with }
}

/// Members that have one legal value only, one that asks for what a grant gives the image's registry anyway, and one
/// that says how long what is written stays.
pub const CONSTANT: &[&str] = &[
    "placementConstraints[].type",
    "containerDefinitions[].environmentFiles[].type",
    "containerDefinitions[].repositoryCredentials.credentialsParameter",
    "kubernetes.revisionHistoryLimit",
];

const SECOND: &str = r#"{"containerDefinitions": [{}, {"name": "b", "image": "b", "memory": 8}]}"#;
const CHECKED: &str = r#"{"containerDefinitions": [{"healthCheck": {"command": ["CMD", "true"]}}]}"#;
const MOUNTED: &str = r#"{"volumes": [{"name": "v"}, {"name": "w"}],
    "containerDefinitions": [{"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]}]}"#;
const LENT: &str = r#"{"volumes": [{"name": "v"}], "containerDefinitions": [{"volumesFrom": [{"sourceContainer": "b"}]},
    {"name": "b", "image": "b", "memory": 8, "mountPoints": [{"sourceVolume": "v", "containerPath": "/b"}]},
    {"name": "c", "image": "c", "memory": 8, "mountPoints": [{"sourceVolume": "v", "containerPath": "/c"}]}]}"#;
const PORT: &str = r#"{"containerDefinitions": [{"portMappings": [{"containerPort": 80}]}]}"#;
const TMPFS: &str =
    r#"{"containerDefinitions": [{"linuxParameters": {"tmpfs": [{"containerPath": "/t", "size": 1}]}}]}"#;
const DEVICE: &str =
    r#"{"containerDefinitions": [{"linuxParameters": {"devices": [{"hostPath": "/dev/fuse"}]}}]}"#;
const CONTROL: &str =
    r#"{"containerDefinitions": [{"systemControls": [{"namespace": "net.core.somaxconn", "value": "1"}]}]}"#;
const GPU: &str = r#"{"containerDefinitions": [{"resourceRequirements": [{"type": "GPU", "value": "1"}]}]}"#;
const ULIMIT: &str =
    r#"{"containerDefinitions": [{"ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 1024}]}]}"#;
const VOLUME: &str = r#"{"volumes": [{"name": "v"}]}"#;
const DOCKER: &str =
    r#"{"volumes": [{"name": "v", "dockerVolumeConfiguration": {"driverOpts": {"size": "1"}}}]}"#;
const EFS: &str = r#"{"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "transitEncryption": "ENABLED"}}],
    "containerDefinitions": [{"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]}]}"#;
const S3: &str = r#"{"taskRoleArn": "arn:aws:iam::123456789012:role/r",
    "volumes": [{"name": "v", "s3filesVolumeConfiguration": {"fileSystemArn": "arn:aws:s3files:eu:1:file-system/fs-1"}}],
    "containerDefinitions": [{"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]}]}"#;
const FSX: &str = r#"{"volumes": [{"name": "v", "fsxWindowsFileServerVolumeConfiguration": {"fileSystemId": "fs-1",
    "rootDirectory": "\\a", "authorizationConfig": {"credentialsParameter": "arn:p", "domain": "d"}}}],
    "containerDefinitions": [{"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]}]}"#;
const MEMBER_OF: &str =
    r#"{"placementConstraints": [{"type": "memberOf", "expression": "attribute:a == b"}]}"#;
const LOGS: &str = r#"{"containerDefinitions": [{"logConfiguration": {"logDriver": "syslog"}}]}"#;
const AWS_LOGS: &str = r#"{"containerDefinitions": [{"logConfiguration": {"logDriver": "awslogs"}}]}"#;
const ROUTED: &str = r#"{"containerDefinitions": [{"logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "http"},
    "secretOptions": [{"name": "HTTP_Passwd", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/x"}]}},
    {"name": "b", "image": "b", "memory": 8, "firelensConfiguration": {"type": "fluentbit"}}]}"#;
const WAITED: &str = r#"{"containerDefinitions": [{"healthCheck": {"command": ["CMD", "true"]}},
    {"name": "b", "image": "b", "memory": 8, "dependsOn": [{"containerName": "app", "condition": "HEALTHY"}]}]}"#;
const WAITING: &str = r#"{"containerDefinitions": [{"dependsOn": [{"containerName": "b", "condition": "HEALTHY"}]},
    {"name": "b", "image": "b", "memory": 8, "healthCheck": {"command": ["CMD", "true"]}},
    {"name": "c", "image": "c", "memory": 8, "healthCheck": {"command": ["CMD", "true"]}}]}"#;
const RESTARTED: &str = r#"{"containerDefinitions": [{"restartPolicy": {"enabled": true}}]}"#;
const TAGS: &str = r#"{"tags": [{"key": "a", "value": "b"}]}"#;
const SECRET: &str = r#"{"containerDefinitions": [{"secrets": [
    {"name": "A", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/x"}]}]}"#;
const FILES: &str =
    r#"{"containerDefinitions": [{"environmentFiles": [{"value": "arn:aws:s3:::b/x.env", "type": "s3"}]}]}"#;
const MESH: &str = r#"{"proxyConfiguration": {"type": "APPMESH", "containerName": "app"}}"#;
const FIRELENS: &str = r#"{"containerDefinitions": [{"firelensConfiguration": {"type": "fluentbit"}},
    {"name": "b", "image": "b", "memory": 8, "logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "http"}}}]}"#;

/// The samples, by what they are about.
pub const SAMPLES: &[Sample] = &[
    // The task.
    sample("family", "\"web\"", "\"api\""),
    sample("cpu", "", "\"256\""),
    sample("memory", "\"256\"", "\"1 GB\""),
    sample("networkMode", "\"bridge\"", "\"host\""),
    sample("pidMode", "", "\"host\""),
    sample("pidMode", "", "\"task\""),
    sample("ipcMode", "", "\"host\""),
    sample("ephemeralStorage.sizeInGiB", "", "30"),
    sample("runtimePlatform.cpuArchitecture", "\"X86_64\"", "\"ARM64\""),
    sample("runtimePlatform.operatingSystemFamily", "\"LINUX\"", "\"WINDOWS_SERVER_2022_CORE\""),
    beside(
        r#"{"networkMode": "awsvpc", "cpu": "256", "memory": "512", "containerDefinitions": [{"memoryReservation": 32}]}"#,
        "requiresCompatibilities",
        "[\"EC2\"]",
        "[\"FARGATE\"]",
    ),
    beside(MEMBER_OF, "placementConstraints[].expression", "\"attribute:a == b\"", "\"attribute:a == c\""),
    sample("taskRoleArn", "", "\"arn:aws:iam::123456789012:role/r\""),
    sample("executionRoleArn", "", "\"arn:aws:iam::1:role/r\""),
    sample("enableFaultInjection", "", "true"),
    beside(TAGS, "tags[].key", "\"a\"", "\"b\""),
    beside(TAGS, "tags[].value", "\"a\"", "\"b\""),
    beside(MESH, "proxyConfiguration.type", "", "\"APPMESH\""),
    beside(MESH, "proxyConfiguration.containerName", "\"app\"", "\"b\""),
    beside(MESH, "proxyConfiguration.properties[].name", "", "\"AppPorts\""),
    beside(MESH, "proxyConfiguration.properties[].value", "", "\"80\""),
    // A container.
    sample("containerDefinitions[].name", "\"app\"", "\"other\""),
    sample("containerDefinitions[].image", "\"app:1\"", "\"app:2\""),
    beside(SECOND, "containerDefinitions[].essential", "true", "false"),
    sample("containerDefinitions[].cpu", "", "128"),
    sample("containerDefinitions[].memory", "64", "128"),
    sample("containerDefinitions[].memoryReservation", "", "32"),
    sample("containerDefinitions[].command", "", "[\"run\"]"),
    sample("containerDefinitions[].entryPoint", "", "[\"run\"]"),
    sample("containerDefinitions[].environment[].name", "\"A\"", "\"B\""),
    beside(
        r#"{"containerDefinitions": [{"environment": [{"name": "A"}]}]}"#,
        "containerDefinitions[].environment[].value",
        "\"1\"",
        "\"2\"",
    ),
    sample("containerDefinitions[].workingDirectory", "", "\"/srv\""),
    sample("containerDefinitions[].user", "", "\"1000:2000\""),
    sample("containerDefinitions[].user", "", "\"nobody\""),
    sample("containerDefinitions[].stopTimeout", "", "50"),
    beside(WAITED, "containerDefinitions[].startTimeout", "", "50"),
    sample("containerDefinitions[].interactive", "", "true"),
    sample("containerDefinitions[].pseudoTerminal", "", "true"),
    sample("containerDefinitions[].privileged", "", "true"),
    sample("containerDefinitions[].readonlyRootFilesystem", "", "true"),
    sample("containerDefinitions[].hostname", "", "\"web\""),
    sample("containerDefinitions[].dnsServers", "", "[\"10.0.0.2\"]"),
    sample("containerDefinitions[].dnsSearchDomains", "", "[\"example.com\"]"),
    sample("containerDefinitions[].dockerSecurityOptions", "", "[\"no-new-privileges\"]"),
    sample("containerDefinitions[].dockerSecurityOptions", "", "[\"apparmor:web\"]"),
    sample("containerDefinitions[].dockerSecurityOptions", "", "[\"label:level:s0\"]"),
    sample("containerDefinitions[].credentialSpecs", "", "[\"credentialspec:arn:aws:s3:::b/web.json\"]"),
    sample("containerDefinitions[].dockerLabels", "", "{\"a\": \"b\"}"),
    sample("containerDefinitions[].versionConsistency", "", "\"disabled\""),
    beside(SECOND, "containerDefinitions[].links", "", "[\"b:database\"]"),
    beside(
        r#"{"containerDefinitions": [{"extraHosts": [{"hostname": "a", "ipAddress": "10.0.0.1"}]}]}"#,
        "containerDefinitions[].extraHosts[].hostname",
        "\"a\"",
        "\"b\"",
    ),
    beside(
        r#"{"containerDefinitions": [{"extraHosts": [{"hostname": "a", "ipAddress": "10.0.0.1"}]}]}"#,
        "containerDefinitions[].extraHosts[].ipAddress",
        "\"10.0.0.1\"",
        "\"10.0.0.2\"",
    ),
    beside(SECRET, "containerDefinitions[].secrets[].name", "\"A\"", "\"B\""),
    beside(
        SECRET,
        "containerDefinitions[].secrets[].valueFrom",
        "\"arn:aws:ssm:eu-west-1:123456789012:parameter/x\"",
        "\"arn:aws:ssm:eu-west-1:123456789012:parameter/y\"",
    ),
    beside(
        FILES,
        "containerDefinitions[].environmentFiles[].value",
        "\"arn:aws:s3:::b/x.env\"",
        "\"arn:aws:s3:::b/y.env\"",
    ),
    // When it starts.
    beside(WAITING, "containerDefinitions[].dependsOn[].containerName", "\"b\"", "\"c\""),
    beside(WAITING, "containerDefinitions[].dependsOn[].condition", "\"START\"", "\"HEALTHY\""),
    sample("containerDefinitions[].restartPolicy.enabled", "false", "true"),
    beside(RESTARTED, "containerDefinitions[].restartPolicy.ignoredExitCodes", "", "[0]"),
    beside(RESTARTED, "containerDefinitions[].restartPolicy.restartAttemptPeriod", "60", "120"),
    // Its health.
    sample("containerDefinitions[].healthCheck.command", "[\"CMD\", \"true\"]", "[\"CMD-SHELL\", \"true\"]"),
    beside(CHECKED, "containerDefinitions[].healthCheck.interval", "", "10"),
    beside(CHECKED, "containerDefinitions[].healthCheck.timeout", "", "10"),
    beside(CHECKED, "containerDefinitions[].healthCheck.retries", "", "5"),
    beside(CHECKED, "containerDefinitions[].healthCheck.startPeriod", "", "10"),
    // Its ports.
    beside(PORT, "containerDefinitions[].portMappings[].containerPort", "80", "81"),
    beside(PORT, "containerDefinitions[].portMappings[].hostPort", "", "8080"),
    beside(PORT, "containerDefinitions[].portMappings[].protocol", "\"tcp\"", "\"udp\""),
    beside(PORT, "containerDefinitions[].portMappings[].name", "", "\"http\""),
    beside(PORT, "containerDefinitions[].portMappings[].appProtocol", "", "\"grpc\""),
    sample("containerDefinitions[].portMappings[].containerPortRange", "\"80-82\"", "\"80-83\""),
    // Its mounts.
    beside(MOUNTED, "containerDefinitions[].mountPoints[].sourceVolume", "\"v\"", "\"w\""),
    beside(MOUNTED, "containerDefinitions[].mountPoints[].containerPath", "\"/v\"", "\"/w\""),
    beside(MOUNTED, "containerDefinitions[].mountPoints[].readOnly", "", "true"),
    beside(LENT, "containerDefinitions[].volumesFrom[].sourceContainer", "\"b\"", "\"c\""),
    beside(LENT, "containerDefinitions[].volumesFrom[].readOnly", "", "true"),
    // Its Linux.
    sample("containerDefinitions[].linuxParameters.capabilities.add", "", "[\"SYS_PTRACE\"]"),
    sample("containerDefinitions[].linuxParameters.capabilities.drop", "", "[\"NET_RAW\"]"),
    sample("containerDefinitions[].linuxParameters.devices[].hostPath", "\"/dev/fuse\"", "\"/dev/sda\""),
    sample("containerDefinitions[].linuxParameters.devices[].hostPath", "\"/dev/neuron0\"", "\"/dev/sda\""),
    beside(DEVICE, "containerDefinitions[].linuxParameters.devices[].containerPath", "", "\"/dev/x\""),
    beside(DEVICE, "containerDefinitions[].linuxParameters.devices[].permissions", "", "[\"read\"]"),
    sample("containerDefinitions[].linuxParameters.initProcessEnabled", "", "true"),
    sample("containerDefinitions[].linuxParameters.sharedMemorySize", "", "128"),
    beside(TMPFS, "containerDefinitions[].linuxParameters.tmpfs[].containerPath", "\"/t\"", "\"/u\""),
    beside(TMPFS, "containerDefinitions[].linuxParameters.tmpfs[].size", "1", "2"),
    beside(TMPFS, "containerDefinitions[].linuxParameters.tmpfs[].mountOptions", "", "[\"ro\"]"),
    sample("containerDefinitions[].linuxParameters.maxSwap", "", "10"),
    sample("containerDefinitions[].linuxParameters.swappiness", "", "10"),
    beside(CONTROL, "containerDefinitions[].systemControls[].namespace", "", "\"net.core.rmem_max\""),
    beside(CONTROL, "containerDefinitions[].systemControls[].value", "\"1\"", "\"2\""),
    beside(GPU, "containerDefinitions[].resourceRequirements[].value", "\"1\"", "\"2\""),
    beside(GPU, "containerDefinitions[].resourceRequirements[].type", "\"GPU\"", "\"NeuronDevice\""),
    beside(ULIMIT, "containerDefinitions[].ulimits[].name", "\"nofile\"", "\"nproc\""),
    beside(ULIMIT, "containerDefinitions[].ulimits[].softLimit", "1024", "10"),
    beside(ULIMIT, "containerDefinitions[].ulimits[].hardLimit", "1024", "2048"),
    // Its output.
    beside(LOGS, "containerDefinitions[].logConfiguration.logDriver", "\"syslog\"", "\"journald\""),
    beside(
        AWS_LOGS,
        "containerDefinitions[].logConfiguration.options",
        "{\"awslogs-group\": \"a\", \"awslogs-region\": \"eu-west-1\"}",
        "{\"awslogs-group\": \"b\", \"awslogs-region\": \"eu-west-1\"}",
    ),
    beside(
        ROUTED,
        "containerDefinitions[].logConfiguration.secretOptions[].name",
        "\"HTTP_Passwd\"",
        "\"HTTP_User\"",
    ),
    beside(
        ROUTED,
        "containerDefinitions[].logConfiguration.secretOptions[].valueFrom",
        "\"arn:aws:ssm:eu-west-1:123456789012:parameter/x\"",
        "\"arn:aws:ssm:eu-west-1:123456789012:parameter/y\"",
    ),
    beside(FIRELENS, "containerDefinitions[].firelensConfiguration.type", "\"fluentbit\"", "\"fluentd\""),
    beside(
        FIRELENS,
        "containerDefinitions[].firelensConfiguration.options",
        "",
        "{\"enable-ecs-log-metadata\": \"false\"}",
    ),
    beside(
        FIRELENS,
        "containerDefinitions[].firelensConfiguration.options",
        "{\"config-file-type\": \"s3\", \"config-file-value\": \"arn:aws:s3:::b/a.conf\"}",
        "{\"config-file-type\": \"s3\", \"config-file-value\": \"arn:aws:s3:::b/b.conf\"}",
    ),
    // Volumes.
    sample("volumes[].name", "\"v\"", "\"w\""),
    beside(VOLUME, "volumes[].host.sourcePath", "", "\"/srv\""),
    beside(VOLUME, "volumes[].configuredAtLaunch", "", "true"),
    beside(
        r#"{"volumes": [{"name": "v"}]}"#,
        "volumes[].dockerVolumeConfiguration.scope",
        "\"task\"",
        "\"shared\"",
    ),
    beside(DOCKER, "volumes[].dockerVolumeConfiguration.driver", "\"rexray/ebs\"", "\"rexray/efs\""),
    beside(VOLUME, "volumes[].dockerVolumeConfiguration.driverOpts", "", "{\"type\": \"tmpfs\"}"),
    beside(
        r#"{"volumes": [{"name": "v", "dockerVolumeConfiguration": {"scope": "shared"}}]}"#,
        "volumes[].dockerVolumeConfiguration.autoprovision",
        "",
        "true",
    ),
    beside(VOLUME, "volumes[].dockerVolumeConfiguration.labels", "", "{\"a\": \"b\"}"),
    beside(EFS, "volumes[].efsVolumeConfiguration.fileSystemId", "\"fs-1\"", "\"fs-2\""),
    beside(EFS, "volumes[].efsVolumeConfiguration.rootDirectory", "", "\"/a\""),
    beside(EFS, "volumes[].efsVolumeConfiguration.transitEncryption", "\"DISABLED\"", "\"ENABLED\""),
    beside(EFS, "volumes[].efsVolumeConfiguration.transitEncryptionPort", "", "2049"),
    beside(EFS, "volumes[].efsVolumeConfiguration.authorizationConfig.accessPointId", "", "\"fsap-1\""),
    beside(EFS, "volumes[].efsVolumeConfiguration.authorizationConfig.iam", "", "\"ENABLED\""),
    beside(
        S3,
        "volumes[].s3filesVolumeConfiguration.fileSystemArn",
        "\"arn:a:b:c:d/fs-1\"",
        "\"arn:a:b:c:d/fs-2\"",
    ),
    beside(S3, "volumes[].s3filesVolumeConfiguration.rootDirectory", "", "\"/a\""),
    beside(S3, "volumes[].s3filesVolumeConfiguration.transitEncryptionPort", "", "2049"),
    beside(S3, "volumes[].s3filesVolumeConfiguration.accessPointArn", "", "\"arn:a:b:c:d/fsap-1\""),
    beside(FSX, "volumes[].fsxWindowsFileServerVolumeConfiguration.fileSystemId", "\"fs-1\"", "\"fs-2\""),
    beside(FSX, "volumes[].fsxWindowsFileServerVolumeConfiguration.rootDirectory", "\"\\\\a\"", "\"\\\\b\""),
    beside(
        FSX,
        "volumes[].fsxWindowsFileServerVolumeConfiguration.authorizationConfig.credentialsParameter",
        "\"arn:p\"",
        "\"arn:q\"",
    ),
    beside(
        FSX,
        "volumes[].fsxWindowsFileServerVolumeConfiguration.authorizationConfig.domain",
        "\"d\"",
        "\"e\"",
    ),
];
