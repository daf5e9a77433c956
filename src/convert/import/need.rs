//! Definitions and services → what an administrator has to permit or map before they run as they do in ECS.

use super::Import;
use crate::convert::{Call, Found};
use crate::model::name;
use crate::resolve::arn::TaskDefinitionReference;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What kind of thing is to be mapped. Those up to [`Sort::Registry`] are members of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A privilege beyond *baseline*.
    Permission,
    /// A path of the node.
    HostPath,
    /// A task role.
    Role,
    /// A secret or parameter.
    Secret,
    /// An environment file.
    EnvironmentFile,
    /// Settings of a log router in S3.
    ConfigFile,
    /// A file system, a shared docker volume, or volumes configured at launch.
    Volume,
    /// A registry that wants credentials.
    Registry,
    /// An execution role.
    ExecutionRole,
    /// A security group.
    SecurityGroup,
    /// A subnet.
    Subnet,
    /// A log group.
    LogGroup,
    /// A capacity provider.
    CapacityProvider,
}

/// What is to be mapped in one namespace: for each thing, who asks for it.
pub type Needs = BTreeMap<(Sort, String), BTreeSet<String>>;

/// The needs of each namespace.
pub fn needs(import: &Import) -> BTreeMap<String, Needs> {
    let mut needs: BTreeMap<String, Needs> = BTreeMap::new();
    let in_place = |found: &&Found| found.namespace.is_some();
    for found in import.found.iter().filter(in_place) {
        let namespace = found.namespace.clone().unwrap_or_default();
        let of = needs.entry(namespace.clone()).or_default();
        match found.call {
            Call::CreateService => add(of, service(&found.spec), &format!("Service/{}", object_name(found))),
            Call::RegisterTaskDefinition => {
                let users = users(import, &namespace, found.ecs_name());
                let own = [format!("TaskDefinition/{}", object_name(found))];
                for user in if users.is_empty() { own.to_vec() } else { users } {
                    add(of, definition(&found.spec), &user);
                }
            }
            _ => {}
        }
    }
    for found in import.found.iter().filter(|one| one.call == Call::CreateCluster) {
        let namespace = found.spec.pointer("/kubernetes/namespaces/0").and_then(Value::as_str);
        let Some(namespace) = namespace else { continue };
        let providers = texts(found.spec.get("capacityProviders"));
        let providers = providers.map(|provider| (Sort::CapacityProvider, provider)).collect();
        let of = needs.entry(namespace.to_owned()).or_default();
        add(of, providers, &format!("Cluster/{}", object_name(found)));
    }
    needs
}

/// The name of a request's object.
pub(super) fn object_name(found: &Found) -> String {
    name::dns_label(found.ecs_name(), "", name::MAX)
}

/// The services of a namespace that run a family, as `Service/web`.
fn users(import: &Import, namespace: &str, family: &str) -> Vec<String> {
    let services = import.found.iter().filter(|one| {
        one.call == Call::CreateService
            && one.namespace.as_deref() == Some(namespace)
            && family_of(one).as_deref() == Some(family)
    });
    services.map(|one| format!("Service/{}", object_name(one))).collect()
}

/// The family that a service runs.
pub(super) fn family_of(service: &Found) -> Option<String> {
    let reference = service.spec.get("taskDefinition")?.as_str()?;
    TaskDefinitionReference::parse(reference).map(|named| named.family)
}

fn add(needs: &mut Needs, found: Vec<(Sort, String)>, user: &str) {
    for need in found {
        needs.entry(need).or_default().insert(user.to_owned());
    }
}

fn service(spec: &Value) -> Vec<(Sort, String)> {
    let network = spec.pointer("/networkConfiguration/awsvpcConfiguration");
    let network = |member: &str| texts(network.and_then(|network| network.get(member)));
    let providers = list(spec, "capacityProviderStrategy").filter_map(|one| text(one, "capacityProvider"));
    let mut found: Vec<(Sort, String)> = Vec::new();
    found.extend(network("securityGroups").map(|group| (Sort::SecurityGroup, group)));
    found.extend(network("subnets").map(|subnet| (Sort::Subnet, subnet)));
    found.extend(providers.map(|provider| (Sort::CapacityProvider, provider)));
    found
}

fn definition(spec: &Value) -> Vec<(Sort, String)> {
    let is = |member: &str, value: &str| spec.get(member).is_some_and(|given| given == value);
    let mut found: Vec<(Sort, String)> = Vec::new();
    let permission = |word: &str| (Sort::Permission, word.to_owned());
    let host = [("networkMode", "HostNetwork"), ("pidMode", "HostPid"), ("ipcMode", "HostIpc")];
    found.extend(host.iter().filter(|(member, _)| is(member, "host")).map(|(_, word)| permission(word)));
    found.extend(text(spec, "taskRoleArn").map(|role| (Sort::Role, role)));
    found.extend(text(spec, "executionRoleArn").map(|role| (Sort::ExecutionRole, role)));
    found.extend(list(spec, "volumes").filter_map(volume));
    let is_bridge = is("networkMode", "bridge") || spec.get("networkMode").is_none_or(Value::is_null);
    for container in list(spec, "containerDefinitions") {
        let is_fixed =
            |port: &Value| port.get("hostPort").and_then(Value::as_i64).is_some_and(|port| port > 0);
        if is_bridge && list(container, "portMappings").any(is_fixed) {
            found.push(permission("HostPorts"));
        }
        found.extend(privileges(container).into_iter().map(permission));
        found.extend(references(container));
    }
    found
}

fn volume(volume: &Value) -> Option<(Sort, String)> {
    let at = |path: &str| volume.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(path) = at("/host/sourcePath") {
        return Some((Sort::HostPath, path.to_owned()));
    }
    let is_shared = at("/dockerVolumeConfiguration/scope") == Some("shared");
    let source = at("/efsVolumeConfiguration/fileSystemId")
        .or_else(|| at("/fsxWindowsFileServerVolumeConfiguration/fileSystemId"))
        .or_else(|| at("/s3filesVolumeConfiguration/fileSystemArn"))
        .or_else(|| at("/name").filter(|_| is_shared))
        .or_else(|| {
            volume.get("configuredAtLaunch").is_some_and(|at_launch| at_launch == true).then_some("ebs")
        });
    source.map(|source| (Sort::Volume, source.to_owned()))
}

/// Capabilities that container runtimes give without being asked.
const USUAL: [&str; 14] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Kernel parameters that Kubernetes calls safe.
const SAFE: [&str; 11] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
];

/// The privileges of a container, by the words of a grant.
fn privileges(container: &Value) -> Vec<&'static str> {
    let linux = container.get("linuxParameters").unwrap_or(&Value::Null);
    let added = linux.get("capabilities").and_then(|one| one.get("add"));
    let is_loose = |option: &String| !option.starts_with("no-new-privileges");
    let is_unsafe =
        |control: &Value| text(control, "namespace").is_some_and(|name| !SAFE.contains(&name.as_str()));
    let asked = [
        ("Privileged", container.get("privileged").is_some_and(|given| given == true)),
        ("Capabilities", texts(added).any(|one| !USUAL.contains(&one.as_str()))),
        ("Devices", list(linux, "devices").next().is_some()),
        ("Sysctls", list(container, "systemControls").any(is_unsafe)),
        ("SecurityOptions", texts(container.get("dockerSecurityOptions")).any(|one| is_loose(&one))),
    ];
    asked.into_iter().filter(|(_, asked)| *asked).map(|(word, _)| word).collect()
}

/// What a container refers to outside the cluster.
fn references(container: &Value) -> Vec<(Sort, String)> {
    let log = container.get("logConfiguration").unwrap_or(&Value::Null);
    let secrets = list(container, "secrets").chain(list(log, "secretOptions"));
    let secrets = secrets.filter_map(|one| text(one, "valueFrom"));
    let files = list(container, "environmentFiles").filter_map(|one| text(one, "value"));
    let mut found: Vec<(Sort, String)> =
        secrets.map(|source| (Sort::Secret, whole_secret(&source))).collect();
    found.extend(files.map(|file| (Sort::EnvironmentFile, file)));
    let group = log.get("options").and_then(|options| text(options, "awslogs-group"));
    found.extend(group.map(|group| (Sort::LogGroup, group)));
    if container.get("firelensConfiguration").is_some_and(|one| !one.is_null()) {
        // A router reads what the others print from the node.
        found.push((Sort::HostPath, "/var/log/pods".to_owned()));
    }
    found.extend(config_file(container).map(|file| (Sort::ConfigFile, file)));
    let has_credentials = container.get("repositoryCredentials").is_some_and(|one| !one.is_null());
    let image = text(container, "image").unwrap_or_default();
    let host = image.split('/').next().filter(|host| host.contains(['.', ':']) && image.contains('/'));
    let host = host.unwrap_or("docker.io");
    if has_credentials || (host.contains(".dkr.ecr.") && host.contains(".amazonaws.com")) {
        found.push((Sort::Registry, host.to_owned()));
    }
    found
}

/// The settings in S3 of a router.
fn config_file(container: &Value) -> Option<String> {
    let options = container.get("firelensConfiguration")?.get("options")?;
    text(options, "config-file-type").filter(|kind| kind == "s3")?;
    text(options, "config-file-value")
}

/// A secret without the JSON key, version stage and version id that may follow its ARN.
fn whole_secret(source: &str) -> String {
    if !source.contains(":secretsmanager:") {
        return source.to_owned();
    }
    source.split(':').take(7).collect::<Vec<_>>().join(":")
}

fn text(value: &Value, member: &str) -> Option<String> {
    value.get(member)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sorted(mut found: Vec<(Sort, String)>) -> Vec<(Sort, String)> {
        found.sort();
        found
    }

    #[test]
    fn a_definition_asks_for_what_a_cluster_can_grant() {
        let found = definition(&json!({
            "networkMode": "host", "pidMode": "task", "taskRoleArn": "arn:aws:iam::1:role/web",
            "volumes": [
                {"name": "a", "host": {"sourcePath": "/data"}}, {"name": "b", "host": {}},
                {"name": "c", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}},
                {"name": "d", "dockerVolumeConfiguration": {"scope": "shared"}}, {"name": "e", "configuredAtLaunch": true}
            ],
            "containerDefinitions": [{
                "image": "1.dkr.ecr.eu-west-1.amazonaws.com/web:1", "privileged": true,
                "secrets": [{"name": "P", "valueFrom": "arn:aws:secretsmanager:r:1:secret:db-AbCdEf:password::"}],
                "systemControls": [{"namespace": "net.core.somaxconn", "value": "1"}],
                "linuxParameters": {"capabilities": {"add": ["CHOWN"]}},
                "firelensConfiguration": {"type": "fluentd", "options": {
                    "config-file-type": "s3", "config-file-value": "arn:aws:s3:::conf/extra.conf"
                }}
            }]
        }));
        let of = |sort: Sort, name: &str| (sort, name.to_owned());
        let expected = [
            of(Sort::Permission, "HostNetwork"),
            of(Sort::Permission, "Privileged"),
            of(Sort::Permission, "Sysctls"),
            of(Sort::HostPath, "/data"),
            of(Sort::HostPath, "/var/log/pods"),
            of(Sort::Role, "arn:aws:iam::1:role/web"),
            of(Sort::Secret, "arn:aws:secretsmanager:r:1:secret:db-AbCdEf"),
            of(Sort::ConfigFile, "arn:aws:s3:::conf/extra.conf"),
            of(Sort::Volume, "d"),
            of(Sort::Volume, "ebs"),
            of(Sort::Volume, "fs-1"),
            of(Sort::Registry, "1.dkr.ecr.eu-west-1.amazonaws.com"),
        ];
        assert_eq!(sorted(found), expected);
    }

    #[test]
    fn a_fixed_port_needs_the_node_under_bridge_only() {
        let of = |mode: &str| {
            let ports = json!([{"containerPort": 80, "hostPort": 80}]);
            definition(
                &json!({"networkMode": mode, "containerDefinitions": [{"image": "a", "portMappings": ports}]}),
            )
        };
        assert_eq!(of("bridge"), [(Sort::Permission, "HostPorts".to_owned())]);
        assert_eq!(of("awsvpc"), []);
    }
}
