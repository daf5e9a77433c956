//! Volumes that a task definition leaves to the service.

use crate::api::common::{Tag, document};

document! {
    /// A volume for each task of the service.
    ServiceVolumeConfiguration {
        /// Name of the definition's volume that is `configuredAtLaunch`.
        #[schemars(required, length(max = 255))]
        name: String,
        /// A new EBS volume for each task, deleted with it.
        #[serde(rename = "managedEBSVolume")]
        managed_ebs_volume: ManagedEbsVolume,
    }

    /// An EBS volume.
    ManagedEbsVolume {
        /// Whether it is encrypted.
        encrypted: bool,
        /// Id or ARN of the key.
        #[schemars(length(max = 2048))]
        kms_key_id: String,
        /// `gp2`, `gp3`, `io1`, `io2`, `sc1`, `st1` or `standard`.
        #[schemars(length(max = 64))]
        volume_type: String,
        /// Size in GiB: 1–16384; this or a snapshot is required.
        #[serde(rename = "sizeInGiB")]
        #[schemars(range(min = 0, max = 65536))]
        size_in_gib: i32,
        /// Snapshot that the volume is made from.
        #[schemars(length(max = 255))]
        snapshot_id: String,
        /// MiB/s at which the snapshot is loaded.
        volume_initialization_rate: i32,
        /// Operations per second.
        iops: i32,
        /// MiB/s; only `gp3`.
        throughput: i32,
        /// Tags of the volume.
        #[schemars(length(max = 10))]
        tag_specifications: Vec<EbsTagSpecification>,
        /// ARN of the role that makes the volume.
        #[schemars(required, length(max = 2048))]
        role_arn: String,
        /// `ext3`, `ext4`, `xfs` (default) or `ntfs`.
        #[schemars(extend("enum" = ["ext3", "ext4", "xfs", "ntfs"]))]
        filesystem_type: String,
    }

    /// Tags of a volume.
    EbsTagSpecification {
        /// Always `volume`.
        #[schemars(required, extend("enum" = ["volume"]))]
        resource_type: String,
        /// The tags: at most 50.
        #[schemars(length(max = 50))]
        tags: Vec<Tag>,
        /// Whose tags the volume gets too: `TASK_DEFINITION`, `SERVICE` or `NONE`.
        #[schemars(extend("enum" = ["TASK_DEFINITION", "SERVICE", "NONE"]))]
        propagate_tags: String,
    }
}
