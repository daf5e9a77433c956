//! A container of a task definition in, a container of a pod out.

use super::order::Order;
use super::{confinement, log_router, names, restart, volume};
use crate::model::access::{KeyedObject, SecretKey};
use crate::model::task_definition::{Container, HealthCheck, NetworkMode, Port, Protocol, Pull};
use crate::model::{Service, TaskDefinition};
use k8s_openapi::api::core::v1 as corev1;
use std::collections::BTreeSet;

/// All containers of the pod, in order; their resources are set elsewhere, as they depend on one another.
pub fn containers(
    service: &Service,
    task_definition: &TaskDefinition,
    order: &Order<'_>,
) -> Vec<corev1::Container> {
    let windows = super::task::is_windows(task_definition);
    let mut port_names = BTreeSet::new();
    let whole = |container: &Container| {
        let mut built = corev1::Container {
            ports: match task_definition.network_mode {
                NetworkMode::None => None,
                _ => ports(task_definition, &container.ports, &mut port_names),
            },
            security_context: confinement::of_container(container, windows),
            volume_mounts: some(volume::mounts(task_definition, container)),
            ..plain(container)
        };
        if !order.is_init(container) {
            live(&mut built, container, order, super::task::drain_seconds(service));
        }
        log_router::equip(container, &mut built);
        built
    };
    task_definition.containers.iter().map(whole).collect()
}

/// What only a container has that runs beside others: when it starts, whether it is well, when it ends.
fn live(built: &mut corev1::Container, container: &Container, order: &Order<'_>, drain: u32) {
    let pause = drain.saturating_add(order.outlives(container));
    built.lifecycle = (pause > 0).then(|| sleep_before_stop(pause));
    if let Some(gate) = order.gate(container) {
        built.image_pull_policy.get_or_insert_with(|| pull_policy(&container.image).to_owned());
        built.image = Some(gate);
    }
    if let Some(restart) = &container.restart {
        restart::set(built, restart);
    }
    let probe = container.health_check.as_ref().map(probe);
    if container.essential {
        built.readiness_probe = probe;
    } else if order.health_is_awaited(container) {
        // Its health matters to nothing but that start, and must not make the pod unready later.
        built.startup_probe = probe.map(|probe| corev1::Probe { failure_threshold: Some(i32::MAX), ..probe });
    }
}

/// What Kubernetes would choose for `image`: it looks at the text that stands there when the pod is created.
fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or(image);
    let is_newest = !image.contains('@') && (!name.contains(':') || name.ends_with(":latest"));
    if is_newest { "Always" } else { "IfNotPresent" }
}

/// What needs to know nothing but the container itself.
fn plain(container: &Container) -> corev1::Container {
    let plain = container.environment.iter().map(|(name, value)| corev1::EnvVar {
        name: name.clone(),
        value: Some(names::unexpanded(value)),
        value_from: None,
    });
    let environment = plain.chain(container.secrets.iter().map(secret));
    corev1::Container {
        name: names::legal(&container.name),
        image: Some(container.image.clone()),
        image_pull_policy: match container.pull {
            Pull::AsNode => None,
            Pull::Afresh => Some("Always".to_owned()),
            Pull::IfMissing => Some("IfNotPresent".to_owned()),
        },
        command: names::all_unexpanded(&container.entry_point),
        args: names::all_unexpanded(&container.command),
        env: some(environment.collect()),
        env_from: some(environment_files(container)),
        working_dir: container.working_directory.clone(),
        stdin: container.interactive.then_some(true),
        tty: container.pseudo_terminal.then_some(true),
        ..Default::default()
    }
}

/// A variable whose value the node reads from a Secret.
fn secret((name, from): &(String, SecretKey)) -> corev1::EnvVar {
    let selector =
        corev1::SecretKeySelector { name: from.secret.clone(), key: from.key.clone(), optional: None };
    let source = corev1::EnvVarSource { secret_key_ref: Some(selector), ..Default::default() };
    corev1::EnvVar { name: name.clone(), value: None, value_from: Some(source) }
}

/// Objects with variables. ECS takes the first value of a name, Kubernetes the last: so the order is reversed.
fn environment_files(container: &Container) -> Vec<corev1::EnvFromSource> {
    let source = |source: &KeyedObject| match source {
        KeyedObject::ConfigMap(name) => corev1::EnvFromSource {
            config_map_ref: Some(corev1::ConfigMapEnvSource { name: name.clone(), optional: None }),
            ..Default::default()
        },
        KeyedObject::Secret(name) => corev1::EnvFromSource {
            secret_ref: Some(corev1::SecretEnvSource { name: name.clone(), optional: None }),
            ..Default::default()
        },
    };
    container.environment_files.iter().rev().map(source).collect()
}

/// A list, where it has members: an empty one is not written.
pub fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// Traffic still arrives for a while after a task has left its target groups, and those that need a container end
/// before it.
fn sleep_before_stop(seconds: u32) -> corev1::Lifecycle {
    let sleep = corev1::SleepAction { seconds: seconds.into() };
    corev1::Lifecycle {
        pre_stop: Some(corev1::LifecycleHandler { sleep: Some(sleep), ..Default::default() }),
        ..Default::default()
    }
}

/// ECS's health check. It is never a liveness probe: ECS replaces an unhealthy task, it restarts no container
/// for its health.
fn probe(check: &HealthCheck) -> corev1::Probe {
    let seconds = |seconds: u32| i32::try_from(seconds.max(1)).unwrap_or(i32::MAX);
    corev1::Probe {
        exec: Some(corev1::ExecAction { command: names::all_unexpanded(&check.command) }),
        period_seconds: Some(seconds(check.interval)),
        timeout_seconds: Some(seconds(check.timeout)),
        failure_threshold: Some(seconds(check.retries)),
        success_threshold: Some(1),
        ..Default::default()
    }
}

/// The ports, each once; a name that another port of the task has already taken is left out.
fn ports(
    task_definition: &TaskDefinition,
    ports: &[Port],
    taken: &mut BTreeSet<String>,
) -> Option<Vec<corev1::ContainerPort>> {
    let mut seen = BTreeSet::new();
    let mut result = Vec::new();
    for port in ports {
        let protocol = protocol(port.protocol);
        if !seen.insert((port.container_port, protocol)) {
            continue;
        }
        let name = port.name.as_deref().map(names::port).filter(|name| taken.insert(name.clone()));
        result.push(corev1::ContainerPort {
            container_port: port.container_port.into(),
            host_port: host_port(task_definition, port),
            name,
            protocol: Some(protocol.to_owned()),
            ..Default::default()
        });
    }
    some(result)
}

/// The port of the node: under `host` every port is one, and the scheduler puts no two tasks with the same on a node.
fn host_port(task_definition: &TaskDefinition, port: &Port) -> Option<i32> {
    match task_definition.network_mode {
        NetworkMode::Host => Some(port.container_port.into()),
        NetworkMode::Bridge if task_definition.opens_host_ports => port.host_port.map(Into::into),
        _ => None,
    }
}

/// Kubernetes' word for a transport.
pub fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
    }
}
