//! Volumes of a task and where containers mount them.

use crate::api::common::document;
use std::collections::BTreeMap;

document! {
    /// A volume of a task: a name and exactly one kind. With no kind at all it is scratch space that lives and dies
    /// with the task.
    #[schemars(transform = super::rules::volume)]
    Volume {
        /// Name that mount points use: up to 255 letters, digits, `_` and `-`.
        #[schemars(length(max = 255))]
        name: String,
        /// Scratch space of the task, or with `sourcePath` a directory of the node.
        host: HostVolumeProperties,
        /// A volume of the node's container runtime.
        docker_volume_configuration: DockerVolumeConfiguration,
        /// An Amazon EFS file system.
        efs_volume_configuration: EfsVolumeConfiguration,
        /// An Amazon S3 file system.
        #[serde(rename = "s3filesVolumeConfiguration")]
        s3_files_volume_configuration: S3FilesVolumeConfiguration,
        /// An Amazon FSx for Windows File Server file system.
        #[serde(rename = "fsxWindowsFileServerVolumeConfiguration")]
        fsx_volume_configuration: FsxVolumeConfiguration,
        /// Whether the service or the run brings the volume; at most one of a definition. Default: false.
        configured_at_launch: bool,
    }

    /// Scratch space, or a directory of the node.
    HostVolumeProperties {
        /// Directory of the node, made when missing, kept when the task ends. Absent or empty: scratch space.
        #[schemars(length(max = 4096))]
        source_path: String,
    }

    /// A volume of the node's container runtime.
    DockerVolumeConfiguration {
        /// `task` (made and removed with it; default) or `shared` (kept on the node).
        #[schemars(extend("enum" = ["task", "shared"]))]
        scope: String,
        /// Whether a shared volume that is missing is made. Default: false.
        autoprovision: bool,
        /// Volume driver. Default: `local`.
        #[schemars(length(max = 255))]
        driver: String,
        /// Options of the driver.
        #[schemars(inner(length(max = 4096)))]
        driver_opts: BTreeMap<String, String>,
        /// Labels of the volume.
        #[schemars(inner(length(max = 4096)))]
        labels: BTreeMap<String, String>,
    }

    /// An Amazon EFS file system.
    EfsVolumeConfiguration {
        /// Id of the file system.
        #[schemars(required, length(max = 255))]
        file_system_id: String,
        /// Directory of the file system. Default: `/`.
        #[schemars(length(max = 4096))]
        root_directory: String,
        /// Whether traffic is encrypted: `ENABLED` or `DISABLED` (default).
        #[schemars(extend("enum" = ["ENABLED", "DISABLED"]))]
        transit_encryption: String,
        /// Port of the encrypting helper on the node. Default: chosen by it.
        #[schemars(range(min = 0, max = 65535))]
        transit_encryption_port: i32,
        /// Access point and authorisation.
        authorization_config: EfsAuthorizationConfig,
    }

    /// Access point and authorisation for an EFS file system.
    EfsAuthorizationConfig {
        /// Id of the access point.
        #[schemars(length(max = 255))]
        access_point_id: String,
        /// Whether the task role is used to mount: `ENABLED` or `DISABLED` (default).
        #[schemars(extend("enum" = ["ENABLED", "DISABLED"]))]
        iam: String,
    }

    /// An Amazon S3 file system.
    S3FilesVolumeConfiguration {
        /// ARN of the file system.
        #[schemars(required, length(max = 2048))]
        file_system_arn: String,
        /// Directory of the file system. Default: `/`.
        #[schemars(length(max = 4096))]
        root_directory: String,
        /// Port of the encrypting helper on the node. Default: chosen by it.
        #[schemars(range(min = 0, max = 65535))]
        transit_encryption_port: i32,
        /// ARN of the access point.
        #[schemars(length(max = 2048))]
        access_point_arn: String,
    }

    /// An Amazon FSx for Windows File Server file system.
    FsxVolumeConfiguration {
        /// Id of the file system.
        #[schemars(required, length(max = 255))]
        file_system_id: String,
        /// Directory of the file system.
        #[schemars(required, length(max = 4096))]
        root_directory: String,
        /// Domain and credentials.
        #[schemars(required)]
        authorization_config: FsxAuthorizationConfig,
    }

    /// Domain and credentials for an FSx file system.
    FsxAuthorizationConfig {
        /// ARN of the secret or parameter with the credentials.
        #[schemars(required, length(max = 2048))]
        credentials_parameter: String,
        /// Active Directory domain.
        #[schemars(required, length(max = 255))]
        domain: String,
    }

    /// Where a volume of the task appears in a container.
    MountPoint {
        /// Name of the volume.
        #[schemars(length(max = 255))]
        source_volume: String,
        /// Path in the container.
        #[schemars(length(max = 4096))]
        container_path: String,
        /// Whether the container may only read. Default: false.
        read_only: bool,
    }

    /// A container whose volumes are mounted too.
    VolumeFrom {
        /// The other container.
        #[schemars(length(max = 255))]
        source_container: String,
        /// Whether this container may only read them. Default: false.
        read_only: bool,
    }
}
