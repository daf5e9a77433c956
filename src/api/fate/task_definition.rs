//! The fate of RegisterTaskDefinition's members.

use super::{Field, accepting, mapped, mapped_as, part, refused, refusing, without_effect};

const NODE: &str = "needs a Cluster that permits it for this namespace; that comes later";
const LATER: &str = "not supported yet; that comes later";
const LOGS: &str = "output stays with the node's container runtime, readable with kubectl logs";
const TAGS: &str = "tags stay on the object; nothing on Kubernetes is billed by them";

/// RegisterTaskDefinition.
pub(super) const FIELDS: &[Field] = &[
    mapped("family"),
    without_effect(
        "taskRoleArn",
        "no Cluster maps it: the tasks run without the role's rights and without a token",
    ),
    without_effect("executionRoleArn", "the node pulls images and collects output with rights of its own"),
    mapped_as("networkMode", "every task has an address of its own, in each mode").except(&[refusing(
        "`host`",
        |mode| mode == "host",
        NODE,
    )]),
    mapped("containerDefinitions").with(CONTAINER),
    mapped("volumes").with(VOLUME),
    mapped("placementConstraints").with(&[mapped("type"), mapped("expression")]),
    mapped_as("requiresCompatibilities", "the definition is validated against it"),
    mapped("cpu"),
    mapped("memory"),
    without_effect("tags", TAGS).with(&[part("key"), part("value")]),
    refused("pidMode", NODE).except(&[accepting(
        "`task`",
        |mode| mode == "task",
        "containers of the task see one another's processes",
    )]),
    refused("ipcMode", NODE).except(&[accepting(
        "`task`",
        |mode| mode == "task",
        "containers of a task always share it",
    )]),
    refused("proxyConfiguration", "App Mesh has no counterpart; a mesh of the cluster takes its place").with(
        &[part("type"), part("containerName"), part("properties").with(&[part("name"), part("value")])],
    ),
    refused("inferenceAccelerators", "Elastic Inference is closed")
        .with(&[part("deviceName"), part("deviceType")]),
    without_effect("ephemeralStorage", "the task shares its node's scratch space; no size is reserved")
        .with(&[part("sizeInGiB")]),
    mapped_as("runtimePlatform", "nodes of this kind are selected")
        .with(&[mapped("cpuArchitecture"), mapped("operatingSystemFamily")]),
    without_effect("enableFaultInjection", "there is no fault injection service that could be permitted"),
    refused("trustedExecutionConfiguration", "isolation of Managed Instances has no counterpart")
        .except(&[accepting(
            "`SHARED`",
            |whole| whole.get("isolationMode").is_some_and(|mode| mode == "SHARED"),
            "",
        )])
        .with(&[part("isolationMode"), part("attestationPolicy")]),
    mapped("kubernetes").with(&[mapped("revisionHistoryLimit")]),
];

const CONTAINER: &[Field] = &[
    mapped("name"),
    mapped("image"),
    refused("repositoryCredentials", LATER).with(&[part("credentialsParameter")]),
    mapped("cpu"),
    mapped("memory"),
    mapped("memoryReservation"),
    mapped_as(
        "links",
        "the containers of a task share one address: the name leads to 127.0.0.1. Containers are started in the order of \
         their links; Docker's variables for links are not set",
    ),
    mapped("portMappings").with(&[
        mapped("containerPort"),
        mapped_as(
            "hostPort",
            "no port is opened on the node; target groups and discovery lead to the task. Under `bridge` a service with \
             a fixed one is refused unless its Cluster says `kubernetes.fixedHostPorts: podNetwork`",
        ),
        mapped("protocol"),
        mapped("name"),
        without_effect("appProtocol", "traffic is passed on as it is; only Service Connect would read it"),
        refused("containerPortRange", LATER),
    ]),
    mapped("essential"),
    refused("restartPolicy", LATER).with(&[
        part("enabled"),
        part("ignoredExitCodes"),
        part("restartAttemptPeriod"),
    ]),
    mapped("entryPoint"),
    mapped("command"),
    mapped("environment").with(&[mapped("name"), mapped("value")]),
    refused("environmentFiles", LATER).with(&[part("value"), part("type")]),
    mapped("mountPoints").with(&[mapped("sourceVolume"), mapped("containerPath"), mapped("readOnly")]),
    mapped_as("volumesFrom", "what the other container's mountPoints say, not what its image declares")
        .with(&[mapped("sourceContainer"), mapped("readOnly")]),
    mapped("linuxParameters").with(LINUX),
    refused("secrets", LATER).with(&[part("name"), part("valueFrom")]),
    refused("dependsOn", LATER).with(&[part("containerName"), part("condition")]),
    without_effect("startTimeout", "nothing waits for the container: dependsOn is not supported yet"),
    mapped_as("stopTimeout", "the longest of the containers' holds for the task"),
    mapped_as(
        "versionConsistency",
        "the first task of a deployment pulls a tag afresh; later ones run the digest that it got",
    ),
    mapped("hostname"),
    mapped("user").except(&[refusing(
        "a name",
        |user| !user.as_str().is_some_and(is_numeric_user) && user != "" && !user.is_null(),
        "a name can only be looked up in the image: write the number, as uid or uid:gid",
    )]),
    mapped("workingDirectory"),
    refused("disableNetworking", LATER),
    refused("privileged", NODE),
    mapped("readonlyRootFilesystem"),
    refused("dnsServers", LATER),
    refused("dnsSearchDomains", LATER),
    mapped("extraHosts").with(&[mapped("hostname"), mapped("ipAddress")]),
    refused("dockerSecurityOptions", LATER),
    mapped("interactive"),
    mapped("pseudoTerminal"),
    without_effect("dockerLabels", "a container on Kubernetes has no labels of its own"),
    without_effect("ulimits", "the limits of the node's container runtime hold").with(&[
        part("name"),
        part("softLimit"),
        part("hardLimit"),
    ]),
    without_effect("logConfiguration", LOGS).with(&[
        part("logDriver"),
        part("options"),
        part("secretOptions").with(&[part("name"), part("valueFrom")]),
    ]),
    mapped("healthCheck").with(&[
        mapped("command"),
        mapped("interval"),
        mapped("timeout"),
        mapped("retries"),
        mapped("startPeriod"),
    ]),
    refused("systemControls", LATER).with(&[part("namespace"), part("value")]),
    refused("resourceRequirements", LATER).with(&[
        part("value"),
        part("type"),
        part("sharingStrategy").with(&[part("nvidiaMps").with(&[part("memory"), part("maxComputePercent")])]),
    ]),
    without_effect("firelensConfiguration", "the container runs, but no output is routed through it")
        .with(&[part("type"), part("options")]),
    refused("credentialSpecs", "Active Directory credentials have no counterpart yet"),
];

const LINUX: &[Field] = &[
    mapped("capabilities").with(&[refused("add", NODE), mapped("drop")]),
    refused("devices", NODE).with(&[part("hostPath"), part("containerPath"), part("permissions")]),
    without_effect(
        "initProcessEnabled",
        "no init process is added: the image's first process has to reap its children",
    ),
    refused("sharedMemorySize", LATER),
    refused("tmpfs", LATER).with(&[part("containerPath"), part("size"), part("mountOptions")]),
    without_effect("maxSwap", "swap is a setting of the node"),
    without_effect("swappiness", "swap is a setting of the node"),
];

const VOLUME: &[Field] = &[
    mapped("name"),
    mapped_as("host", "scratch space that lives and dies with the task, empty at first")
        .with(&[refused("sourcePath", NODE)]),
    refused("dockerVolumeConfiguration", LATER).with(&[
        part("scope"),
        part("autoprovision"),
        part("driver"),
        part("driverOpts"),
        part("labels"),
    ]),
    refused("efsVolumeConfiguration", LATER).with(&[
        part("fileSystemId"),
        part("rootDirectory"),
        part("transitEncryption"),
        part("transitEncryptionPort"),
        part("authorizationConfig").with(&[part("accessPointId"), part("iam")]),
    ]),
    refused("s3filesVolumeConfiguration", LATER).with(&[
        part("fileSystemArn"),
        part("rootDirectory"),
        part("transitEncryptionPort"),
        part("accessPointArn"),
    ]),
    refused("fsxWindowsFileServerVolumeConfiguration", LATER).with(&[
        part("fileSystemId"),
        part("rootDirectory"),
        part("authorizationConfig").with(&[part("credentialsParameter"), part("domain")]),
    ]),
    refused("configuredAtLaunch", LATER),
];

/// Whether a user is `uid` or `uid:gid`.
fn is_numeric_user(user: &str) -> bool {
    let is_id = |id: &str| id.parse::<u32>().is_ok_and(|id| i32::try_from(id).is_ok());
    user.split_once(':').map_or_else(|| is_id(user), |(user, group)| is_id(user) && is_id(group))
}

const OUTPUT: &str = "comes from DescribeTaskDefinition and is no input: leave it out";

/// Members of other documents that people paste as a definition.
pub(super) const HINTS: &[(&str, &str)] = &[
    ("taskDefinitionArn", OUTPUT),
    ("revision", OUTPUT),
    ("status", OUTPUT),
    ("requiresAttributes", OUTPUT),
    ("compatibilities", OUTPUT),
    ("registeredAt", OUTPUT),
    ("registeredBy", OUTPUT),
    ("deregisteredAt", OUTPUT),
    ("deleteRequestedAt", OUTPUT),
    (
        "taskDefinition",
        "is what DescribeTaskDefinition wraps a definition in: write its members directly under spec",
    ),
];
