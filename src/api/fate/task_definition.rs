//! The fate of RegisterTaskDefinition's members.

use super::{Field, accepting, mapped, mapped_as, part, refused, refusing, without_effect};

const NODE: &str = "needs a Cluster that permits it for this namespace; that comes later";
const LATER: &str = "not supported yet; that comes later";
const LOGS: &str = "output is with the node's container runtime, readable with `kubectl logs`; annotations of the task tell log agents \
                    of the node where it is to go";

/// RegisterTaskDefinition.
pub(super) const FIELDS: &[Field] = &[
    mapped("family"),
    mapped_as(
        "taskRoleArn",
        "the ServiceAccount that a Cluster's grant maps it to. Unmapped it is refused, unless the namespace has permission \
         `UnmappedRoles` or no Cluster exists: then the tasks run without the role's rights",
    ),
    without_effect(
        "executionRoleArn",
        "the node pulls images and collects output with rights of its own, or with those that grants name",
    ),
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
    mapped_as(
        "tags",
        "labels and an annotation of tasks, where the service says `propagateTags: TASK_DEFINITION`",
    )
    .with(&[mapped("key"), mapped("value")]),
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
];

const CONTAINER: &[Field] = &[
    mapped("name"),
    mapped("image"),
    mapped_as("repositoryCredentials", "the pull secret that a Cluster's grant gives for the image's registry; refused without")
        .with(&[mapped("credentialsParameter")]),
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
    mapped_as(
        "restartPolicy",
        "the node restarts the container by Kubernetes' restart rules (from Kubernetes 1.35 on; refused before), after a \
         pause that grows from 10 seconds to 5 minutes while runs are short",
    )
    .with(&[
        mapped("enabled"),
        mapped("ignoredExitCodes"),
        mapped_as(
            "restartAttemptPeriod",
            "an essential container that ran shorter ends the task; one that is not essential is restarted all the same, \
             as a node knows no such period",
        ),
    ]),
    mapped("entryPoint"),
    mapped("command"),
    mapped("environment").with(&[mapped("name"), mapped("value")]),
    mapped_as(
        "environmentFiles",
        "variables from the ConfigMap or Secret that a Cluster's grant maps each file to; refused without",
    )
    .with(&[mapped("value"), mapped("type")]),
    mapped("mountPoints").with(&[mapped("sourceVolume"), mapped("containerPath"), mapped("readOnly")]),
    mapped_as("volumesFrom", "what the other container's mountPoints say, not what its image declares")
        .with(&[mapped("sourceContainer"), mapped("readOnly")]),
    mapped("linuxParameters").with(LINUX),
    mapped_as(
        "secrets",
        "variables from the keys of Secrets that a Cluster's grants map each to, fetched by External Secrets where they name \
         a store; refused without",
    )
    .with(&[mapped("name"), mapped("valueFrom")]),
    mapped_as(
        "dependsOn",
        "SUCCESS by an init container where nothing else has to run beside it, which every other container then starts \
         after; START by the order of starting; every other condition by Berth, which gives the waiting container its \
         image when its turn has come. Containers end in the reverse order",
    )
    .with(&[mapped("containerName"), mapped("condition")]),
    mapped_as("startTimeout", "a task in which somebody waits longer for the container is stopped"),
    mapped_as(
        "stopTimeout",
        "a container that others depend on is told to stop when their stopTimeouts are over, even if they ended before. A \
         node kills all containers of a task at one time: when the delay and the longest chain of stopTimeouts are over",
    ),
    without_effect(
        "versionConsistency",
        "the node resolves a tag when it pulls; pinning to a digest comes later",
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
    mapped_as("logConfiguration", LOGS).with(&[
        mapped_as("logDriver", "an annotation for log agents; `awsfirelens`: the task's router"),
        mapped_as(
            "options",
            "`awslogs`: group, region and stream are annotations for log agents; `awsfirelens`: an output of the router. Of \
             the other drivers, and all other options: for log agents to know, nothing here reads them",
        ),
        mapped_as(
            "secretOptions",
            "`awsfirelens`: variables of the router, as `secrets`; without effect with the other drivers",
        )
        .with(&[mapped("name"), mapped("valueFrom")]),
    ]),
    mapped_as(
        "healthCheck",
        "of a container that is not essential it is asked only while others wait for its health: nothing else depends on it",
    )
    .with(&[
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
    mapped_as(
        "firelensConfiguration",
        "the router finds settings as on ECS and takes records on port 24224 of the task; it reads what the containers print \
         where a grant opens `/var/log/pods` of the node",
    )
    .with(&[mapped("type"), mapped("options")]),
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
