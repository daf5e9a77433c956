//! A registered revision → the task definition that tasks are made of, or all that is wrong with it.

use super::access::access;
use super::container::container;
use super::grants::{Grants, Permission};
use super::{device, mount, network, placement, platform, sharing, size, sysctl, volume};
use crate::api::TaskDefinitionSpec;
use crate::model::{NetworkMode, TaskDefinition, Violation};

/// The revision `family:revision` with the content `spec`, run where `grants` hold.
///
/// # Errors
/// Every rule that the definition breaks.
pub fn task_definition(
    spec: &TaskDefinitionSpec,
    family: &str,
    revision: i64,
    grants: &Grants,
) -> Result<TaskDefinition, Vec<Violation>> {
    let mut found = Vec::new();
    let mut containers = Vec::new();
    for (index, definition) in spec.container_definitions.iter().flatten().enumerate() {
        let path = format!("spec.containerDefinitions[{index}]");
        containers.push(container(definition, &path, grants, &mut found));
    }
    if !containers.iter().any(|container| container.essential) {
        found.push(Violation::new("spec.containerDefinitions", "at least one container must be essential"));
    }
    let cpu = sized(spec.cpu.as_deref(), size::cpu, "cpu", &mut found);
    let memory = sized(spec.memory.as_deref(), size::memory, "memory", &mut found);
    for (index, container) in containers.iter().enumerate().filter(|_| memory.is_none()) {
        if container.memory.is_none() && container.memory_reservation.is_none() {
            let message = format!(
                "Invalid setting for container '{}'. At least one of 'memory' or 'memoryReservation' must be specified.",
                container.name
            );
            found.push(Violation::new(format!("spec.containerDefinitions[{index}].memory"), message));
        }
    }
    let mut access = access(spec, &mut containers, grants, &mut found);
    let network_mode = network::mode(spec, grants, &mut found);
    let mut volumes = volume::volumes(spec, grants, &mut found);
    mount::known(spec, &volumes, &mut found);
    let mut containers = sharing::share(spec, &containers, &mut access.without_effect, &mut found);
    mount::own(spec, &mut containers, &mut volumes, &mut found);
    network::rules(spec, network_mode, &mut found);
    platform::rules(spec, &mut found);
    let node_namespaces = network::node_namespaces(spec, grants, &mut found);
    let (name_servers, search_domains) = network::names(spec, &mut found);
    let sysctls = sysctl::sysctls(spec, network_mode, grants, &mut found);
    let ephemeral_storage = device::ephemeral_storage(spec, &mut found);
    sharing::ports(spec, &containers, &mut found);
    let extra_hosts = extra_hosts(spec, network_mode, &mut found);
    let constraints = placement::definition(spec.placement_constraints.iter().flatten(), &mut found);
    if !found.is_empty() {
        return Err(found);
    }
    let platform = spec.runtime_platform.clone().unwrap_or_default();
    let definitions = || spec.container_definitions.iter().flatten();
    Ok(TaskDefinition {
        family: family.to_owned(),
        revision,
        network_mode,
        cpu,
        memory,
        containers,
        volumes,
        constraints,
        architecture: platform.cpu_architecture.map(|name| architecture(&name)),
        operating_system: platform.operating_system_family.map(|name| operating_system(&name)),
        extra_hosts,
        hostname: definitions()
            .find_map(|definition| definition.hostname.clone())
            .filter(|name| !name.is_empty()),
        shared_pid: spec.pid_mode.as_deref() == Some("task") || has_init(spec),
        node_namespaces,
        opens_host_ports: grants.permits(Permission::HostPorts) && !grants.is_open(),
        sysctls,
        name_servers,
        search_domains,
        ephemeral_storage,
        fargate: platform::is_fargate(spec),
        access,
        tags: super::tags(spec.tags.as_deref().unwrap_or_default()),
    })
}

fn sized(
    text: Option<&str>,
    read: fn(&str) -> Option<u32>,
    field: &str,
    found: &mut Vec<Violation>,
) -> Option<u32> {
    let text = text.filter(|text| !text.is_empty())?;
    let size = read(text);
    if size.is_none() {
        found.push(Violation::new(
            format!("spec.{field}"),
            format!("Invalid '{field}' setting for task: \"{text}\"."),
        ));
    }
    size.filter(|size| *size > 0)
}

/// Whether the pod's own first process is to be that of the only container, which it then reaps children for.
fn has_init(spec: &TaskDefinitionSpec) -> bool {
    let definitions = spec.container_definitions.as_deref().unwrap_or_default();
    let linux = definitions.first().and_then(|definition| definition.linux_parameters.as_ref());
    let is_free = spec.pid_mode.as_ref().is_none_or(String::is_empty);
    is_free && definitions.len() == 1 && linux.is_some_and(|linux| linux.init_process_enabled == Some(true))
}

fn architecture(name: &str) -> String {
    match name {
        "X86_64" => "amd64".to_owned(),
        other => other.to_ascii_lowercase(),
    }
}

fn operating_system(name: &str) -> String {
    if name.starts_with("WINDOWS") { "windows".to_owned() } else { "linux".to_owned() }
}

/// Lines of `/etc/hosts`: what `extraHosts` say, and the names that links give.
fn extra_hosts(
    spec: &TaskDefinitionSpec,
    mode: NetworkMode,
    found: &mut Vec<Violation>,
) -> Vec<(String, Vec<String>)> {
    let mut hosts: Vec<(String, Vec<String>)> = Vec::new();
    let mut add = |address: String, name: String| match hosts.iter_mut().find(|(known, _)| *known == address)
    {
        Some((_, names)) if names.contains(&name) => {}
        Some((_, names)) => names.push(name),
        None => hosts.push((address, vec![name])),
    };
    for (index, definition) in spec.container_definitions.iter().flatten().enumerate() {
        for (number, entry) in definition.extra_hosts.iter().flatten().enumerate() {
            let (Some(address), Some(name)) = (&entry.ip_address, &entry.hostname) else { continue };
            let path = format!("spec.containerDefinitions[{index}].extraHosts[{number}]");
            let Ok(address) = address.parse::<core::net::IpAddr>() else {
                let message = format!("\"{address}\" is no IP address");
                found.push(Violation::new(format!("{path}.ipAddress"), message));
                continue;
            };
            match sharing::host_name(name) {
                Some(name) => add(address.to_string(), name),
                None => found.push(Violation::new(format!("{path}.hostname"), sharing::not_a_host(name))),
            }
        }
    }
    for name in sharing::links(spec, mode, found) {
        add(sharing::LOOPBACK.to_owned(), name);
    }
    hosts
}

#[cfg(test)]
mod tests;
