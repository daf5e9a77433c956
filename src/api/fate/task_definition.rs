//! The fate of RegisterTaskDefinition's members.

use super::volume::VOLUME;
use super::{Field, accepting, mapped, mapped_as, part, passing, refused, refusing, without_effect};

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
    mapped_as(
        "networkMode",
        "every task has an address of its own; under `host` it has its node's, which needs permission HostNetwork",
    )
    .except(&[passing(
        "`none`",
        |mode| mode == "none",
        "nothing cuts the task off: it has an address as any other, to which no target group leads",
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
    mapped_as(
        "pidMode",
        "`task`: containers of the task see one another's processes; `host`: they see the node's, which needs permission \
         HostPid",
    ),
    mapped_as("ipcMode", "`host`: the node's, which needs permission HostIpc").except(&[
        accepting("`task`", |mode| mode == "task", "containers of a task always share it"),
        passing("`none`", |mode| mode == "none", "containers of a task always share it with one another, never with others"),
    ]),
    without_effect(
        "proxyConfiguration",
        "App Mesh is closed: the proxy's container runs, but no traffic is led through it",
    )
    .with(&[part("type"), part("containerName"), part("properties").with(&[part("name"), part("value")])]),
    refused("inferenceAccelerators", "Elastic Inference is closed")
        .with(&[part("deviceName"), part("deviceType")]),
    mapped("ephemeralStorage").with(&[mapped_as(
        "sizeInGiB",
        "reserved on the node; a task that writes more is evicted. Without it a task shares what its node has",
    )]),
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
            "under `bridge` a fixed one is opened on the node, which needs permission HostPorts; without it a service is \
             refused unless its Cluster says `kubernetes.fixedHostPorts: podNetwork`. 0, and any under `awsvpc`, opens no \
             port on the node: target groups and discovery lead to the task",
        ),
        mapped("protocol"),
        mapped("name"),
        without_effect("appProtocol", "traffic is passed on as it is; only Service Connect would read it"),
        mapped_as(
            "containerPortRange",
            "every port of a task can be reached at its address; the first hundred of a range are declared one by one",
        ),
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
    mapped_as("volumesFrom", "what the other container's mountPoints say, nothing if it has none; not what its image declares")
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
    mapped_as(
        "versionConsistency",
        "the first task of a deployment pulls a tag afresh; later ones run the digest that it got",
    ),
    mapped_as("hostname", "the first that a container gives holds for the task; under `host` the node's does"),
    mapped("user").except(&[refusing(
        "a name",
        |user| !user.as_str().is_some_and(has_numbers) && user != "" && !user.is_null(),
        "a name other than root and nobody (65534) can only be looked up inside the image: write the numbers that \
         `docker run --rm --entrypoint id IMAGE USER` prints, as UID:GID",
    )]),
    mapped("workingDirectory"),
    refused(
        "disableNetworking",
        "the containers of a task share one network here: none of them can be without. Leave it out, or run the container as \
         a task of its own",
    ),
    mapped_as("privileged", "needs permission Privileged"),
    mapped("readonlyRootFilesystem"),
    mapped_as(
        "dnsServers",
        "for all containers of the task, at most 3 together, instead of the cluster's: names of the cluster are not found",
    ),
    mapped_as("dnsSearchDomains", "for all containers of the task, beside the cluster's"),
    mapped("extraHosts").with(&[mapped("hostname"), mapped("ipAddress")]),
    mapped_as(
        "dockerSecurityOptions",
        "`no-new-privileges`, `apparmor:`, `seccomp:` and `label:`; what loosens the confinement (`unconfined`, \
         `label:disable`, SELinux users, roles and types beyond the usual) needs permission SecurityOptions. \
         `credentialspec:` is as in credentialSpecs",
    ),
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
    mapped_as(
        "systemControls",
        "for the whole task, the last value of a name holds; those beyond Kubernetes' safe ones need permission Sysctls and \
         nodes that allow them",
    )
    .with(&[mapped("namespace"), mapped("value")]),
    mapped_as("resourceRequirements", "devices that a device plugin offers: `nvidia.com/gpu`, `aws.amazon.com/neuron`").with(&[
        mapped("value").except(&[refusing(
            "`ALL`",
            |value| value == "ALL",
            "Kubernetes counts devices: write how many the nodes have",
        )]),
        mapped("type").except(&[refusing(
            "`InferenceAccelerator`",
            |kind| kind == "InferenceAccelerator",
            "Elastic Inference is closed",
        )]),
        refused(
            "sharingStrategy",
            "Kubernetes hands out whole devices: an administrator splits GPUs (time slicing, MPS or MIG of the device plugin), \
             and GPU with value 1 takes one of the parts",
        )
        .with(&[part("nvidiaMps").with(&[part("memory"), part("maxComputePercent")])]),
    ]),
    mapped_as(
        "firelensConfiguration",
        "the router finds settings as on ECS and takes records on port 24224 of the task; it reads what the containers print \
         where a grant opens `/var/log/pods` of the node",
    )
    .with(&[
        mapped("type"),
        mapped_as(
            "options",
            "`config-file-type: s3`: the file that a Cluster's grant (configFiles) maps `config-file-value` to; refused without",
        ),
    ]),
    mapped_as(
        "credentialSpecs",
        "Windows containers run as the account of the GMSACredentialSpec that is called as the ARN or file ends; Linux \
         containers have no such account",
    ),
];

const LINUX: &[Field] = &[
    mapped("capabilities").with(&[
        mapped_as("add", "those beyond the *baseline* pod security standard need permission Capabilities"),
        mapped("drop"),
    ]),
    mapped_as(
        "devices",
        "`/dev/neuronN` is one `aws.amazon.com/neuron` of the device plugin; any other makes the container privileged, as \
         nodes keep devices from all others, and needs permissions Devices and Privileged",
    )
    .with(&[
        mapped("hostPath"),
        mapped("containerPath"),
        without_effect("permissions", "a privileged container has all of them"),
    ]),
    mapped_as(
        "initProcessEnabled",
        "the pod's first process reaps what the container leaves behind, where the task has one container only; containers of \
         several are kept apart and reap their own",
    ),
    mapped_as("sharedMemorySize", "counts against the memory of the container that fills it"),
    mapped_as("tmpfs", "counts against the memory of the container that fills it").with(&[
        mapped("containerPath"),
        mapped("size"),
        mapped_as("mountOptions", "`ro` makes the mount read-only").except(&[passing(
            "others",
            |options| options.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|one| one != "ro")),
            "Kubernetes mounts with options of its own",
        )]),
    ]),
    without_effect("maxSwap", "swap is a setting of the node"),
    without_effect("swappiness", "swap is a setting of the node"),
];

/// Whether a user is `uid` or `uid:gid`, or one of the names that have the same number in every image.
fn has_numbers(user: &str) -> bool {
    let is_id = |id: &str| {
        matches!(id, "root" | "nobody" | "nogroup")
            || id.parse::<u32>().is_ok_and(|id| i32::try_from(id).is_ok())
    };
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
