//! One container of a task.

use super::device::{LinuxParameters, ResourceRequirement, SystemControl, Ulimit};
use super::health::{ContainerDependency, ContainerRestartPolicy, HealthCheck};
use super::port::{HostEntry, PortMapping};
use super::volume::{MountPoint, VolumeFrom};
use crate::api::common::{DOCUMENT, KeyValuePair, LogConfiguration, Secret, document};
use std::collections::BTreeMap;

document! {
    /// One container of a task.
    #[schemars(transform = super::rules::container)]
    ContainerDefinition {
        /// Name of the container, unique in the task: up to 255 letters, digits, `_` and `-`.
        #[schemars(length(max = 255))]
        name: String,
        /// Image: `repository:tag` or `repository@sha256:digest`.
        #[schemars(length(max = 512))]
        image: String,
        /// Account for a private registry.
        repository_credentials: RepositoryCredentials,
        /// CPU units of the container (1024 is one core). A share, not a ceiling, where the task has CPU.
        /// Default: 0, the task's.
        cpu: i32,
        /// Memory ceiling in MiB: a container that exceeds it is killed (exit code 137). Default: the task's.
        memory: i32,
        /// Memory in MiB that is reserved when the task is placed; less than `memory`. Default: `memory`.
        memory_reservation: i32,
        /// `name:alias` of containers this one reaches by name. Only `bridge`.
        #[schemars(length(max = 50))]
        links: Vec<String>,
        /// Ports the container listens on.
        port_mappings: Vec<PortMapping>,
        /// Whether the task ends when this container ends, for any reason. Default: true.
        essential: bool,
        /// Restarts the container alone instead of ending the task.
        restart_policy: ContainerRestartPolicy,
        /// Replaces the image's entry point; exec form.
        #[schemars(inner(length(max = DOCUMENT)))]
        entry_point: Vec<String>,
        /// Replaces the image's command; exec form.
        #[schemars(length(max = 1000), inner(length(max = DOCUMENT)))]
        command: Vec<String>,
        /// Environment variables. Of a name that is there twice the last value holds.
        #[schemars(length(max = 1000))]
        environment: Vec<KeyValuePair>,
        /// Files with environment variables, at most 10; `environment` beats them.
        #[schemars(length(max = 10))]
        environment_files: Vec<EnvironmentFile>,
        /// Where volumes of the task appear in this container.
        mount_points: Vec<MountPoint>,
        /// Other containers whose volumes this one mounts too.
        #[schemars(length(max = 20))]
        volumes_from: Vec<VolumeFrom>,
        /// Linux settings of the container.
        linux_parameters: LinuxParameters,
        /// Environment variables whose values come from a secret store when the container starts.
        #[schemars(length(max = 500))]
        secrets: Vec<Secret>,
        /// Containers that must have come to a certain point before this one starts.
        #[schemars(length(max = 20))]
        depends_on: Vec<ContainerDependency>,
        /// Seconds within which dependents must see this container reach their condition. Default: no limit.
        start_timeout: i32,
        /// Seconds between the stop signal and the kill. Default: 30.
        stop_timeout: i32,
        /// Whether all tasks of a deployment run the digest that the tag had at its start: `enabled` (default) or
        /// `disabled`.
        #[schemars(extend("enum" = ["enabled", "disabled"]))]
        version_consistency: String,
        /// Host name inside the container. Not under `awsvpc`.
        #[schemars(length(max = 255))]
        hostname: String,
        /// User of the process: `user`, `user:group`, `uid` or `uid:gid`. Default: the image's.
        #[schemars(length(max = 255))]
        user: String,
        /// Directory the process starts in. Default: the image's.
        #[schemars(length(max = 4096))]
        working_directory: String,
        /// Whether the container has no network. Default: false.
        disable_networking: bool,
        /// Whether the container has the rights of the node's root. Default: false.
        privileged: bool,
        /// Whether the root file system is read-only. Default: false.
        readonly_root_filesystem: bool,
        /// Name servers of the container. Default: the cluster's.
        #[schemars(length(max = 10))]
        dns_servers: Vec<String>,
        /// Domains that short names are looked up in. Default: the cluster's.
        #[schemars(length(max = 32))]
        dns_search_domains: Vec<String>,
        /// Additional lines of `/etc/hosts`.
        #[schemars(length(max = 100))]
        extra_hosts: Vec<HostEntry>,
        /// `no-new-privileges`, `apparmor:PROFILE`, `label:VALUE` or `credentialspec:PATH`.
        #[schemars(length(max = 20))]
        docker_security_options: Vec<String>,
        /// Whether standard input stays open. Default: false.
        interactive: bool,
        /// Whether the container has a terminal. Default: false.
        pseudo_terminal: bool,
        /// Labels of the container.
        #[schemars(inner(length(max = DOCUMENT)))]
        docker_labels: BTreeMap<String, String>,
        /// Resource limits of the process. Default: the runtime's.
        #[schemars(length(max = 20))]
        ulimits: Vec<Ulimit>,
        /// Where the container's output goes.
        log_configuration: LogConfiguration,
        /// How ECS finds out whether the container is well. A check that is built into the image does not count.
        health_check: HealthCheck,
        /// Kernel parameters.
        #[schemars(length(max = 50))]
        system_controls: Vec<SystemControl>,
        /// GPUs and other devices.
        #[schemars(length(max = 10))]
        resource_requirements: Vec<ResourceRequirement>,
        /// Makes the container the log router of the task.
        firelens_configuration: FirelensConfiguration,
        /// Active Directory credential specification: `credentialspec:ARN` or `credentialspecdomainless:ARN`;
        /// at most 1.
        #[schemars(length(max = 1))]
        credential_specs: Vec<String>,
    }

    /// Account for a private registry.
    RepositoryCredentials {
        /// ARN or name of the secret that holds user and password.
        #[schemars(required, length(max = 2048))]
        credentials_parameter: String,
    }

    /// A file with environment variables, one `NAME=VALUE` a line.
    EnvironmentFile {
        /// ARN of the object; the name ends in `.env`.
        #[schemars(required, length(max = 2048))]
        value: String,
        /// Where the file is kept: `s3`.
        #[serde(rename = "type")]
        #[schemars(required, extend("enum" = ["s3"]))]
        type_: String,
    }

    /// A container that routes the logs of the others.
    FirelensConfiguration {
        /// `fluentd` or `fluentbit`.
        #[serde(rename = "type")]
        #[schemars(required, extend("enum" = ["fluentd", "fluentbit"]))]
        type_: String,
        /// `enable-ecs-log-metadata` (default true), `config-file-type`, `config-file-value`.
        #[schemars(inner(length(max = DOCUMENT)))]
        options: BTreeMap<String, String>,
    }
}
