//! A revision of a task definition, ready to become pods.

use super::access::{Access, KeyedObject, SecretKey};
use super::confinement::{Confinement, NodeNamespaces};
use super::image::{self, ContainerImage};
use super::log::{Log, LogRouter};
use super::placement::Constraint;
use super::start::{Dependency, Restart};
use super::volume::{Mount, Volume};

/// How a task's containers reach the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NetworkMode {
    /// A task has an address of its own; a pod always has.
    Awsvpc,
    /// Docker's bridge; here a pod's own address too.
    #[default]
    Bridge,
    /// The node's own network.
    Host,
    /// No external connectivity.
    None,
}

/// Transport of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TCP, ECS's default.
    Tcp,
    /// UDP.
    Udp,
}

/// A port that a container listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// 1 to 65535.
    pub container_port: u16,
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The port of the node that the document asks for, where it does.
    pub host_port: Option<u16>,
    /// The mapping's name, if it has one.
    pub name: Option<String>,
    /// `http`, `http2` or `grpc`.
    pub app_protocol: Option<String>,
}

/// A check that runs inside the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// The command, already in exec form (`CMD-SHELL` became `/bin/sh -c`).
    pub command: Vec<String>,
    /// Seconds between two runs.
    pub interval: u32,
    /// Seconds after which a run counts as failed.
    pub timeout: u32,
    /// Consecutive failures that make the container UNHEALTHY.
    pub retries: u32,
    /// Seconds after the start in which failures do not count.
    pub start_period: u32,
}

/// When a node pulls an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pull {
    /// As Kubernetes does where nothing is said: `latest` always, others once.
    #[default]
    AsNode,
    /// Always: nobody knows yet what the tag stands for.
    Afresh,
    /// Only where the node does not have it.
    IfMissing,
}

/// One container of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// Name in ECS's form (letters, digits, `_`, `-`).
    pub name: String,
    /// Image reference.
    pub image: String,
    /// When the image is pulled.
    pub pull: Pull,
    /// Whether the task stops when this container does.
    pub essential: bool,
    /// ENTRYPOINT; empty means the image's.
    pub entry_point: Vec<String>,
    /// CMD; empty means the image's.
    pub command: Vec<String>,
    /// Environment, in order, names unique.
    pub environment: Vec<(String, String)>,
    /// Variables whose values are keys of Secrets, in order; no name is in `environment` too.
    pub secrets: Vec<(String, SecretKey)>,
    /// Objects with further variables: of a name in two of them the first value holds, and the above beat them.
    pub environment_files: Vec<KeyedObject>,
    /// Where its output is to go.
    pub log: Option<Log>,
    /// What it routes, where it is the router of the task.
    pub log_router: Option<LogRouter>,
    /// CPU units: a share, never a limit.
    pub cpu: u32,
    /// Hard limit in MiB.
    pub memory: Option<u32>,
    /// Soft limit in MiB: what is reserved.
    pub memory_reservation: Option<u32>,
    /// Ports that it listens on.
    pub ports: Vec<Port>,
    /// Its health check.
    pub health_check: Option<HealthCheck>,
    /// Directory that it starts in.
    pub working_directory: Option<String>,
    /// Numeric user and group.
    pub user: Option<(i64, Option<i64>)>,
    /// Containers that it waits for before it starts; each is before it in the definition's list.
    pub depends_on: Vec<Dependency>,
    /// Seconds after its own start within which it must be as those who wait for it want it.
    pub start_timeout: Option<u32>,
    /// Seconds between SIGTERM and SIGKILL.
    pub stop_timeout: u32,
    /// When it is started again, if it ever is.
    pub restart: Option<Restart>,
    /// Whether its root file system is read-only.
    pub read_only_root: bool,
    /// Whether stdin stays open.
    pub interactive: bool,
    /// Whether it gets a terminal.
    pub pseudo_terminal: bool,
    /// What it may do beyond or below the runtime's default.
    pub confinement: Confinement,
    /// Devices that nodes offer by name, as `nvidia.com/gpu`, and how many of each.
    pub devices: Vec<(String, u32)>,
    /// Volumes that it sees.
    pub mounts: Vec<Mount>,
}

/// A revision of a family.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskDefinition {
    /// Family in ECS's form.
    pub family: String,
    /// Number of the revision, from 1.
    pub revision: i64,
    /// Network mode.
    pub network_mode: NetworkMode,
    /// Hard limit of the task in CPU units (1024 = one CPU).
    pub cpu: Option<u32>,
    /// Hard limit of the task in MiB.
    pub memory: Option<u32>,
    /// Containers in the order of their start; at least one is essential.
    pub containers: Vec<Container>,
    /// Volumes of the task.
    pub volumes: Vec<Volume>,
    /// Constraints of the definition.
    pub constraints: Vec<Constraint>,
    /// `kubernetes.io/arch` of its nodes (`amd64`, `arm64`), where the document says one.
    pub architecture: Option<String>,
    /// `kubernetes.io/os` of its nodes, where the document says one.
    pub operating_system: Option<String>,
    /// Extra host names: address and names.
    pub extra_hosts: Vec<(String, Vec<String>)>,
    /// The task's host name.
    pub hostname: Option<String>,
    /// Whether containers see one another's processes.
    pub shared_pid: bool,
    /// Namespaces of the node that it is in.
    pub node_namespaces: NodeNamespaces,
    /// Whether its host ports are opened on the node.
    pub opens_host_ports: bool,
    /// Kernel parameters of the task, names unique.
    pub sysctls: Vec<(String, String)>,
    /// Name servers instead of the cluster's; empty means the cluster's.
    pub name_servers: Vec<String>,
    /// Domains that short names are looked up in, beside the cluster's.
    pub search_domains: Vec<String>,
    /// Scratch space in GiB, reserved and the most that it may use.
    pub ephemeral_storage: Option<u32>,
    /// Whether size is charged whole (requests = limits), as on Fargate.
    pub fargate: bool,
    /// What its tasks have from outside the document.
    pub access: Access,
    /// Tags of the definition: keys and values.
    pub tags: Vec<(String, String)>,
}

impl TaskDefinition {
    /// The definition with the images that a deployment's tasks are known to run.
    #[must_use]
    pub fn pinned(&self, images: &[ContainerImage]) -> Self {
        let mut pinned = self.clone();
        for container in &mut pinned.containers {
            let Some(known) = images.iter().find(|known| known.container == container.name) else { continue };
            if container.pull != Pull::Afresh || known.image != container.image {
                continue;
            }
            container.pull = Pull::IfMissing;
            if let Some(digest) = &known.digest {
                container.image = image::pinned(&container.image, digest);
            }
        }
        pinned
    }

    /// `family:revision`, as ECS writes it.
    pub fn reference(&self) -> String {
        format!("{}:{}", self.family, self.revision)
    }

    /// Ports of the node that it asks for and does not get, each with its container. Under `awsvpc` such a port means
    /// nothing.
    pub fn fixed_host_ports(&self) -> impl Iterator<Item = (&str, u16)> {
        let asks = self.network_mode == NetworkMode::Bridge && !self.opens_host_ports;
        let ports = self.containers.iter().flat_map(|one| one.ports.iter().map(move |port| (one, port)));
        ports
            .filter(move |_| asks)
            .filter_map(|(container, port)| Some((container.name.as_str(), port.host_port?)))
    }
}
