//! Linux settings, limits and devices of a container.

use crate::api::common::document;

document! {
    /// Linux settings of a container.
    LinuxParameters {
        /// Capabilities beyond or below the runtime's default.
        capabilities: KernelCapabilities,
        /// Devices of the node.
        #[schemars(length(max = 50))]
        devices: Vec<Device>,
        /// Whether a small init process reaps zombies and forwards signals. Default: false.
        init_process_enabled: bool,
        /// Size of `/dev/shm` in MiB.
        shared_memory_size: i32,
        /// Directories in memory.
        #[schemars(length(max = 50))]
        tmpfs: Vec<Tmpfs>,
        /// Swap in MiB; 0 is none.
        max_swap: i32,
        /// How eagerly the kernel swaps: 0–100, default 60; counts only beside `maxSwap`.
        #[schemars(range(min = 0, max = 100))]
        swappiness: i32,
    }

    /// Capabilities of the Linux kernel by name, without `CAP_`; `ALL` is every one.
    KernelCapabilities {
        /// Added to the runtime's default.
        #[schemars(length(max = 64), inner(length(max = 64)))]
        add: Vec<String>,
        /// Taken from the runtime's default.
        #[schemars(length(max = 64), inner(length(max = 64)))]
        drop: Vec<String>,
    }

    /// A device of the node inside the container.
    Device {
        /// Path on the node.
        #[schemars(required, length(max = 4096))]
        host_path: String,
        /// Path in the container. Default: as on the node.
        #[schemars(length(max = 4096))]
        container_path: String,
        /// `read`, `write`, `mknod`. Default: all three.
        #[schemars(length(max = 3), extend("items" = crate::api::schema::one_of(&["read", "write", "mknod"])))]
        permissions: Vec<String>,
    }

    /// A directory in memory.
    Tmpfs {
        /// Path in the container.
        #[schemars(required, length(max = 4096))]
        container_path: String,
        /// Greatest size in MiB.
        #[schemars(required)]
        size: i32,
        /// Options of the mount, for example `ro`, `noexec`, `nosuid`.
        #[schemars(length(max = 50), inner(length(max = 128)))]
        mount_options: Vec<String>,
    }

    /// A resource limit of the process.
    #[schemars(transform = super::rules::ulimit)]
    Ulimit {
        /// The limit's name.
        #[schemars(required, extend("enum" = ULIMITS))]
        name: String,
        /// What holds at first.
        #[schemars(required, range(min = -1))]
        soft_limit: i32,
        /// How far the process may raise it.
        #[schemars(required, range(min = -1))]
        hard_limit: i32,
    }

    /// A kernel parameter.
    SystemControl {
        /// Its name, for example `net.core.somaxconn`.
        #[schemars(length(max = 255))]
        namespace: String,
        /// Its value.
        #[schemars(length(max = 255))]
        value: String,
    }

    /// A device that the container needs.
    #[schemars(transform = super::rules::resource_requirement)]
    ResourceRequirement {
        /// `GPU`: a count or `ALL`; `NeuronDevice`: `ALL`; `InferenceAccelerator`: the accelerator's name.
        #[schemars(length(max = 255))]
        value: String,
        /// `GPU`, `NeuronDevice` or `InferenceAccelerator`.
        #[serde(rename = "type")]
        #[schemars(required, extend("enum" = ["GPU", "InferenceAccelerator", "NeuronDevice"]))]
        type_: String,
        /// Part of a GPU instead of a whole one; excludes `value`.
        sharing_strategy: SharingStrategy,
    }

    /// How a GPU is shared.
    SharingStrategy {
        /// By NVIDIA's Multi-Process Service.
        nvidia_mps: NvidiaMpsAllocation,
    }

    /// A part of a GPU.
    NvidiaMpsAllocation {
        /// GPU memory in MiB, at least 1.
        #[schemars(required, range(min = 1))]
        memory: i32,
        /// Greatest part of the GPU's processors: 1–100 percent.
        #[schemars(range(min = 1, max = 100))]
        max_compute_percent: i32,
    }
}

/// Names of resource limits.
const ULIMITS: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];
