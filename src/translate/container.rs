//! A container of a task definition in, a container of a pod out.

use super::names;
use crate::model::task_definition::{Container, HealthCheck, NetworkMode, Port, Protocol, Pull};
use crate::model::{Service, TaskDefinition};
use k8s_openapi::api::core::v1 as corev1;
use std::collections::BTreeSet;

/// The pod's containers, in order; their resources are set elsewhere, as they depend on one another.
pub fn containers(service: &Service, task_definition: &TaskDefinition) -> Vec<corev1::Container> {
    let drain = super::task::drain_seconds(service);
    let windows = super::task::is_windows(task_definition);
    let mut port_names = BTreeSet::new();
    let container = |container: &Container| corev1::Container {
        lifecycle: (drain > 0).then(|| sleep_before_stop(drain)),
        ports: match task_definition.network_mode {
            NetworkMode::None => None,
            NetworkMode::Awsvpc | NetworkMode::Bridge => ports(&container.ports, &mut port_names),
        },
        security_context: security_context(container, windows),
        ..plain(container)
    };
    task_definition.containers.iter().map(container).collect()
}

/// What needs to know nothing but the container itself.
fn plain(container: &Container) -> corev1::Container {
    let environment = container.environment.iter().map(|(name, value)| corev1::EnvVar {
        name: name.clone(),
        value: Some(names::unexpanded(value)),
        value_from: None,
    });
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
        readiness_probe: container.health_check.as_ref().map(readiness),
        working_dir: container.working_directory.clone(),
        stdin: container.interactive.then_some(true),
        tty: container.pseudo_terminal.then_some(true),
        volume_mounts: some(mounts(container)),
        ..Default::default()
    }
}

/// A list, where it has members: an empty one is not written.
pub fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// Traffic still arrives for a while after a task has left its target groups.
fn sleep_before_stop(seconds: u32) -> corev1::Lifecycle {
    let sleep = corev1::SleepAction { seconds: seconds.into() };
    corev1::Lifecycle {
        pre_stop: Some(corev1::LifecycleHandler { sleep: Some(sleep), ..Default::default() }),
        ..Default::default()
    }
}

/// ECS's health check as readiness. There is no liveness probe: ECS replaces an unhealthy task, it never
/// restarts a container in place.
fn readiness(check: &HealthCheck) -> corev1::Probe {
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
fn ports(ports: &[Port], taken: &mut BTreeSet<String>) -> Option<Vec<corev1::ContainerPort>> {
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
            name,
            protocol: Some(protocol.to_owned()),
            ..Default::default()
        });
    }
    some(result)
}

/// Kubernetes' word for a transport.
pub fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
    }
}

/// Privilege escalation stays as the runtime has it: ECS lets setuid programs work.
fn security_context(container: &Container, windows: bool) -> Option<corev1::SecurityContext> {
    if windows {
        return None;
    }
    let (user, group) = match container.user {
        Some((user, group)) => (Some(user), group),
        None => (None, None),
    };
    let dropped = container.dropped_capabilities.clone();
    let context = corev1::SecurityContext {
        capabilities: some(dropped).map(|drop| corev1::Capabilities { add: None, drop: Some(drop) }),
        read_only_root_filesystem: container.read_only_root.then_some(true),
        run_as_user: user,
        run_as_group: group,
        ..Default::default()
    };
    (context != corev1::SecurityContext::default()).then_some(context)
}

/// The mounts; of two at one path the last counts, as Kubernetes takes only one.
fn mounts(container: &Container) -> Vec<corev1::VolumeMount> {
    let mut result: Vec<corev1::VolumeMount> = Vec::new();
    for mount in &container.mounts {
        result.retain(|known| known.mount_path != mount.path);
        result.push(corev1::VolumeMount {
            name: names::legal(&mount.volume),
            mount_path: mount.path.clone(),
            read_only: mount.read_only.then_some(true),
            ..Default::default()
        });
    }
    result
}
