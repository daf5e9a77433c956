//! What the containers of one task have of one another: names, volumes, one address and so one set of ports.

use super::order::{self, Placed};
use crate::api::TaskDefinitionSpec;
use crate::api::task_definition::container::ContainerDefinition;
use crate::model::{Container, Mount, NetworkMode, Violation};

/// Where a container of a task reaches another one.
pub(super) const LOOPBACK: &str = "127.0.0.1";

/// Brings `containers` into the order in which ECS starts them, and gives each the volumes that it has from
/// others. `remarks` takes what changes nothing here.
pub(super) fn share(
    spec: &TaskDefinitionSpec,
    containers: &[Container],
    remarks: &mut Vec<Violation>,
    found: &mut Vec<Violation>,
) -> Vec<Container> {
    let mut done: Vec<Container> = Vec::new();
    for Placed { index, definition, mut container } in order::sort(spec, containers, found) {
        let path = format!("spec.containerDefinitions[{index}].volumesFrom");
        inherit(definition, &mut container, &done, &path, (remarks, found));
        done.push(container);
    }
    done
}

/// The router of the task, where it routes what `definition`'s container prints: ECS starts it first.
pub(super) fn routers<'a>(
    spec: &'a TaskDefinitionSpec,
    definition: &'a ContainerDefinition,
) -> impl Iterator<Item = &'a str> {
    let driver = definition.log_configuration.as_ref().and_then(|log| log.log_driver.as_deref());
    let others = spec.container_definitions.iter().flatten().filter(move |_| driver == Some("awsfirelens"));
    let routers = others.filter(|other| other.firelens_configuration.is_some());
    routers.filter_map(|other| other.name.as_deref()).filter(|name| Some(*name) != definition.name.as_deref())
}

fn inherit(
    definition: &ContainerDefinition,
    container: &mut Container,
    others: &[Container],
    path: &str,
    (remarks, found): (&mut Vec<Violation>, &mut Vec<Violation>),
) {
    let own = container.mounts.len();
    for (index, from) in definition.volumes_from.iter().flatten().enumerate() {
        let source = from.source_container.as_deref().unwrap_or_default();
        let path = format!("{path}[{index}].sourceContainer");
        let Some(other) = others.iter().find(|other| other.name == source) else {
            found.push(Violation::new(path, format!("there is no other container '{source}' in the task")));
            continue;
        };
        if other.mounts.is_empty() {
            let message = format!(
                "container '{source}' has no mountPoints, so nothing is mounted; for a volume that only its image \
                 declares, write a volume and mount it in both"
            );
            remarks.push(Violation::new(path, message));
        }
        let read_only = from.read_only.unwrap_or(false);
        for mount in &other.mounts {
            // What a container mounts itself beats what it has from others.
            if !container.mounts.iter().take(own).any(|known| known.path == mount.path) {
                container.mounts.push(Mount { read_only: mount.read_only || read_only, ..mount.clone() });
            }
        }
    }
}

/// The names by which containers reach others of the task.
pub(super) fn links(spec: &TaskDefinitionSpec, mode: NetworkMode, found: &mut Vec<Violation>) -> Vec<String> {
    let definitions = || spec.container_definitions.iter().flatten();
    let mut names: Vec<String> = Vec::new();
    for (index, definition) in definitions().enumerate() {
        for (number, link) in definition.links.iter().flatten().enumerate() {
            let path = format!("spec.containerDefinitions[{index}].links[{number}]");
            let (target, alias) = split(link);
            if mode != NetworkMode::Bridge {
                let mode = spec.network_mode.as_deref().unwrap_or_default();
                found.push(Violation::new(path, format!("Links are not supported when networkMode={mode}.")));
            } else if !definitions().any(|other| other.name.as_deref() == Some(target)) {
                found.push(Violation::new(path, format!("there is no container '{target}' in the task")));
            } else if let Some(name) = host_name(alias) {
                if !names.contains(&name) {
                    names.push(name);
                }
            } else {
                found.push(Violation::new(path, not_a_host(alias)));
            }
        }
    }
    names
}

/// A link's container and the name that it is given.
pub(super) fn split(link: &str) -> (&str, &str) {
    link.split_once(':').unwrap_or((link, link))
}

/// A host name as Kubernetes takes it; upper case makes no difference to who looks it up.
pub(super) fn host_name(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| inner(c) || c == '-')
            && label.starts_with(inner)
            && label.ends_with(inner)
    };
    (lower.len() <= 253 && lower.split('.').all(is_label)).then_some(lower)
}

/// Why a name cannot be put beside an address.
pub(super) fn not_a_host(name: &str) -> String {
    format!("Kubernetes takes no host name '{name}': write letters, digits, '-' and '.' only")
}

/// The containers of a task have one address here, so no two can listen on one port.
pub(super) fn ports(spec: &TaskDefinitionSpec, containers: &[Container], found: &mut Vec<Violation>) {
    let listens = |container: &Container, number: i32, udp: bool| {
        container.ports.iter().any(|port| {
            i32::from(port.container_port) == number && (port.protocol == crate::model::Protocol::Udp) == udp
        })
    };
    let definitions: Vec<&ContainerDefinition> = spec.container_definitions.iter().flatten().collect();
    for (index, definition) in definitions.iter().enumerate() {
        for (number, mapping) in definition.port_mappings.iter().flatten().enumerate() {
            let Some(port) = mapping.container_port else { continue };
            let udp = mapping.protocol.as_deref() == Some("udp");
            let mut before = definitions.iter().take(index).filter_map(|one| one.name.as_deref());
            let taken = before.find(|name| {
                containers.iter().any(|container| container.name == *name && listens(container, port, udp))
            });
            if let Some(taken) = taken {
                let path = format!("spec.containerDefinitions[{index}].portMappings[{number}].containerPort");
                let message = format!(
                    "container '{taken}' listens on port {port} too, and the containers of a task share one address \
                     here: give one of them another port"
                );
                found.push(Violation::new(path, message));
            }
        }
    }
}
