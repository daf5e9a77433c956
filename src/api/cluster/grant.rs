//! What an administrator grants to namespaces of a cluster: privileges, and what foreign names mean here.
//!
//! An ARN or id of something outside the cluster (a role, a secret, a file system, a registry) means nothing on
//! Kubernetes by itself. A grant says what it stands for, and for whom; what no grant mentions is refused or without
//! effect, never guessed.

mod rules;

use super::super::common::document;
use std::collections::BTreeMap;

/// What a task may be permitted beyond the *baseline* pod security standard.
pub const PERMISSIONS: [&str; 10] = [
    "Privileged",
    "HostNetwork",
    "HostPorts",
    "HostPid",
    "HostIpc",
    "Capabilities",
    "Devices",
    "Sysctls",
    "SecurityOptions",
    "UnmappedRoles",
];

document! {
    /// Privileges and mappings for some namespaces.
    #[schemars(transform = rules::grant)]
    Grant {
        /// Namespaces it is for: names, or beginnings of names that end with `*`. Default: every namespace that the
        /// cluster admits.
        #[schemars(length(max = 100), inner(length(max = 64)))]
        namespaces: Vec<String>,
        /// Privileges of tasks: `Privileged` (`privileged: true`), `HostNetwork` (networkMode `host`), `HostPorts`
        /// (fixed ports of the node under `bridge`), `HostPid` and `HostIpc` (`pidMode`/`ipcMode` `host`),
        /// `Capabilities` (added ones beyond the runtime's default), `Devices`, `Sysctls` (systemControls that
        /// Kubernetes calls unsafe), `SecurityOptions` (dockerSecurityOptions that loosen confinement),
        /// `UnmappedRoles` (a taskRoleArn that no grant maps runs without any right instead of being refused).
        #[schemars(length(max = 10), extend("items" = crate::api::schema::one_of(&PERMISSIONS)))]
        permissions: Vec<String>,
        /// Paths of the node that volumes may mount: absolute, or beginnings that end with `/*`; `/*` is every path.
        #[schemars(length(max = 100), inner(length(max = 1024)))]
        host_paths: Vec<String>,
        /// What task roles stand for.
        #[schemars(length(max = 100))]
        roles: Vec<RoleMapping>,
        /// What secrets and parameters stand for.
        #[schemars(length(max = 100))]
        secrets: Vec<SecretMapping>,
        /// What environment files stand for.
        #[schemars(length(max = 100))]
        environment_files: Vec<EnvironmentFileMapping>,
        /// What settings of log routers in S3 stand for (`firelensConfiguration` with `config-file-type: s3`).
        #[schemars(length(max = 100))]
        config_files: Vec<ConfigFileMapping>,
        /// What file systems, shared docker volumes and volumes configured at launch stand for.
        #[schemars(length(max = 100))]
        volumes: Vec<VolumeMapping>,
        /// Credentials for registries.
        #[schemars(length(max = 100))]
        registries: Vec<RegistryMapping>,
    }

    /// What a task role stands for: a ServiceAccount of its own in each namespace that uses it.
    #[schemars(transform = rules::role)]
    RoleMapping {
        /// ARN of the role, or the beginning of ARNs with a trailing `*`.
        #[schemars(required, length(max = 2048))]
        arn: String,
        /// A ServiceAccount that is there already and bears label `ecs.berth.dev/task-role: "true"`. Default: Berth
        /// makes one per role and namespace.
        #[schemars(length(max = 253))]
        service_account: String,
        /// Annotations of the ServiceAccount that Berth makes, by which the cloud gives it the role's rights;
        /// `$(ROLE_ARN)` in a value is the role's ARN. Default: `eks.amazonaws.com/role-arn: $(ROLE_ARN)`. With
        /// EKS Pod Identity, write `{}` and associate the ServiceAccount.
        #[schemars(inner(length(max = 2048)), extend("maxProperties" = 20))]
        annotations: BTreeMap<String, String>,
    }

    /// What a secret of Secrets Manager or a parameter of SSM stands for: a key of a Kubernetes Secret in the task's
    /// namespace. Berth never reads one; the node does.
    #[schemars(transform = rules::secret)]
    SecretMapping {
        /// ARN of the secret or parameter (without JSON key and version), a parameter's name, or the beginning of
        /// them with a trailing `*`.
        #[schemars(required, length(max = 2048))]
        arn: String,
        /// Name of the Secret. Default: the secret's or parameter's own name in Kubernetes' form (`prod/db` is
        /// `prod-db`).
        #[schemars(length(max = 253))]
        secret_name: String,
        /// Key in the Secret where the document names no JSON key. Default: `value`.
        #[schemars(length(max = 253))]
        key: String,
        /// The store of External Secrets that fetches it: Berth writes an ExternalSecret for it. Default: the Secret
        /// is somebody else's business.
        store: SecretStoreReference,
    }

    /// A store of External Secrets.
    #[schemars(transform = rules::store)]
    SecretStoreReference {
        /// Its name.
        #[schemars(required, length(max = 253))]
        name: String,
        /// `SecretStore` (in the task's namespace, default) or `ClusterSecretStore`.
        #[schemars(extend("enum" = ["SecretStore", "ClusterSecretStore"]))]
        kind: String,
        /// Key of the secret in the store: `$(ARN)` stands for what the document names, `$(NAME)` for the secret's or
        /// parameter's own name. Default: the ARN of a secret of Secrets Manager, the name of a parameter.
        #[schemars(length(max = 2048))]
        remote_key: String,
        /// Time between two fetches, as in `1h`. Default: `1h`.
        #[schemars(length(max = 16))]
        refresh_interval: String,
    }

    /// What an environment file in S3 stands for: an object of the task's namespace whose keys are the variables, as
    /// `kubectl create configmap NAME --from-env-file FILE` makes it. Give one of the two.
    #[schemars(transform = rules::environment_file)]
    EnvironmentFileMapping {
        /// ARN of the object, or the beginning of ARNs with a trailing `*`.
        #[schemars(required, length(max = 2048))]
        arn: String,
        /// Name of the ConfigMap. Default, if there is no secretName: the file's name without `.env` in Kubernetes'
        /// form.
        #[schemars(length(max = 253))]
        config_map_name: String,
        /// Name of the Secret.
        #[schemars(length(max = 253))]
        secret_name: String,
    }

    /// What a file in S3 with settings of a log router stands for: a key of an object of the task's namespace, as
    /// `kubectl create configmap NAME --from-file FILE` makes it. Give one of configMapName and secretName.
    #[schemars(transform = rules::config_file)]
    ConfigFileMapping {
        /// ARN of the object, or the beginning of ARNs with a trailing `*`.
        #[schemars(required, length(max = 2048))]
        arn: String,
        /// Name of the ConfigMap. Default, if there is no secretName: the file's name in Kubernetes' form
        /// (`conf/extra.conf` is `extra-conf`).
        #[schemars(length(max = 253))]
        config_map_name: String,
        /// Name of the Secret.
        #[schemars(length(max = 253))]
        secret_name: String,
        /// Key in it. Default: the file's name (`extra.conf`).
        #[schemars(length(max = 253))]
        key: String,
    }

    /// What a volume outside the task stands for: a claim of the task's namespace, or a new one per task. Give one of
    /// the two; Berth makes no PersistentVolume.
    #[schemars(transform = rules::volume)]
    VolumeMapping {
        /// Id or ARN of the file system (`fs-0123…`), name of the shared docker volume, or, for volumes configured at
        /// launch, `ebs`; or the beginning of them with a trailing `*`.
        #[schemars(required, length(max = 2048))]
        source: String,
        /// Name of the PersistentVolumeClaim. Default, if there is no storageClass: the source in Kubernetes' form.
        #[schemars(length(max = 253))]
        claim_name: String,
        /// StorageClass of a claim that is made for each task and goes with it (volumes configured at launch).
        #[schemars(length(max = 253))]
        storage_class: String,
    }

    /// Credentials for a registry, for images there and for `repositoryCredentials`.
    #[schemars(transform = rules::registry)]
    RegistryMapping {
        /// Host of the registry (with port, if any), or the end of hosts with a leading `*`.
        #[schemars(required, length(max = 255))]
        host: String,
        /// Name of the Secret of type `kubernetes.io/dockerconfigjson` in the task's namespace. Default: none; the
        /// node has credentials of its own (a credential provider).
        #[schemars(length(max = 253))]
        pull_secret: String,
    }
}
