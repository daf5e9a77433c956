//! What a task's containers mount.

/// A task volume in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Name of the volume.
    pub volume: String,
    /// Path in the container.
    pub path: String,
    /// Whether the container may only read.
    pub read_only: bool,
}

/// A volume of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// The name that mounts use, in ECS's form. What Berth adds has a colon in its name, which no document can have.
    pub name: String,
    /// Where its content is.
    pub source: VolumeSource,
    /// The directory of the source that is mounted, relative; none is its root.
    pub sub_path: Option<String>,
}

/// Where the content of a volume is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum VolumeSource {
    /// On the node, empty at first, gone with the task.
    #[default]
    Scratch,
    /// In memory, empty at first, gone with the task.
    Memory {
        /// Greatest size in MiB; none is what the node permits.
        mib: Option<u32>,
    },
    /// A file or directory of the node.
    Node {
        /// Absolute path.
        path: String,
    },
    /// An export of an NFS server.
    Nfs {
        /// Name or address.
        server: String,
        /// Absolute path on the server.
        path: String,
        /// Whether nobody may write.
        read_only: bool,
    },
    /// A PersistentVolumeClaim that is there already.
    Claim {
        /// Its name in the task's namespace.
        name: String,
    },
    /// A new volume for each task, deleted with it.
    PerTask(TaskVolume),
    /// What the service says under the volume's name.
    AtLaunch,
}

/// A volume that is made for each task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskVolume {
    /// StorageClass; none is the cluster's default.
    pub storage_class: Option<String>,
    /// Size in GiB.
    pub gib: u32,
}
