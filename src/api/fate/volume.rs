//! The fate of a volume's members.

use super::{Field, accepting, mapped, mapped_as, part, refused, without_effect};

const CLAIM: &str = "the claim's volume says how it is mounted";

/// A volume of a task definition.
pub(super) const VOLUME: &[Field] = &[
    mapped("name"),
    mapped_as("host", "scratch space that lives and dies with the task, empty at first").with(&[mapped_as(
        "sourcePath",
        "a file or directory of the node, made when missing; needs a grant of its path (hostPaths)",
    )]),
    mapped_as(
        "dockerVolumeConfiguration",
        "scope `task`: made and removed with the task; scope `shared`: the claim that a grant maps its name to",
    )
    .with(&[
        mapped("scope"),
        without_effect("autoprovision", "Berth makes no volume that outlives its task: the claim is there or the task waits"),
        mapped_as("driver", "`local` needs no mapping; of scope `task` another one is mapped by its own name to a storageClass"),
        mapped_as("driverOpts", "type `tmpfs` is memory, `nfs` an export, o `bind` a path of the node; size for other drivers"),
        without_effect("labels", "a volume of a pod has no labels"),
    ]),
    mapped_as("efsVolumeConfiguration", "the claim that a grant maps `fs-ID`, or `fs-ID::fsap-ID` with an access point, to").with(&[
        mapped("fileSystemId"),
        mapped_as("rootDirectory", "a directory of the claim, made when missing"),
        without_effect("transitEncryption", CLAIM).except(&[accepting("`DISABLED`", |value| value == "DISABLED", "")]),
        without_effect("transitEncryptionPort", CLAIM),
        mapped("authorizationConfig").with(&[
            mapped("accessPointId"),
            without_effect("iam", CLAIM).except(&[accepting("`DISABLED`", |value| value == "DISABLED", "")]),
        ]),
    ]),
    mapped_as("s3filesVolumeConfiguration", "the claim that a grant maps the ARN of the file system or access point to").with(&[
        mapped("fileSystemArn"),
        mapped_as("rootDirectory", "a directory of the claim, made when missing"),
        without_effect("transitEncryptionPort", CLAIM),
        mapped("accessPointArn"),
    ]),
    mapped_as("fsxWindowsFileServerVolumeConfiguration", "the claim that a grant maps the id to").with(&[
        mapped("fileSystemId"),
        mapped_as("rootDirectory", "a directory of the claim, made when missing"),
        without_effect("authorizationConfig", "the claim's volume has credentials of its own")
            .with(&[part("credentialsParameter"), part("domain")]),
    ]),
    mapped_as("configuredAtLaunch", "what the service's volumeConfigurations say"),
];

const CLASS: &str = "the storage class says so";

/// A volume that a service makes for each of its tasks.
pub(super) const AT_LAUNCH: &[Field] = &[
    mapped("name"),
    mapped_as(
        "managedEBSVolume",
        "a claim for each task, of the storageClass that a grant maps `ebs` to; deleted with the task",
    )
    .with(&[
        without_effect("encrypted", CLASS),
        without_effect("kmsKeyId", CLASS),
        without_effect("volumeType", CLASS),
        mapped("sizeInGiB"),
        refused("snapshotId", "a snapshot of EBS cannot be read here: fill the volume when the task starts"),
        without_effect("volumeInitializationRate", CLASS),
        without_effect("iops", CLASS),
        without_effect("throughput", CLASS),
        without_effect("tagSpecifications", "tags are nothing that a claim has").with(&[
            part("resourceType"),
            part("tags").with(&[part("key"), part("value")]),
            part("propagateTags"),
        ]),
        without_effect("roleArn", "Kubernetes' storage driver has rights of its own"),
        without_effect("filesystemType", CLASS),
    ]),
];
