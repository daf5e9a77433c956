//! Network mode, ports of the node and name servers → what a pod has of them.

use super::confinement::need;
use super::grants::{Grants, Permission};
use super::sharing;
use crate::api::TaskDefinitionSpec;
use crate::api::task_definition::container::ContainerDefinition;
use crate::model::{NetworkMode, NodeNamespaces, Violation};
use std::collections::BTreeMap;

/// Name servers that Kubernetes takes.
const NAME_SERVERS: usize = 3;

/// How the task is networked.
pub(super) fn mode(spec: &TaskDefinitionSpec, grants: &Grants, found: &mut Vec<Violation>) -> NetworkMode {
    match spec.network_mode.as_deref() {
        Some("awsvpc") => NetworkMode::Awsvpc,
        Some("none") => NetworkMode::None,
        Some("host") => {
            need(grants, Permission::HostNetwork, "spec.networkMode".to_owned(), found);
            NetworkMode::Host
        }
        _ => NetworkMode::Bridge,
    }
}

/// Namespaces of the node that the task is in.
pub(super) fn node_namespaces(
    spec: &TaskDefinitionSpec,
    grants: &Grants,
    found: &mut Vec<Violation>,
) -> NodeNamespaces {
    let namespaces = NodeNamespaces {
        pid: spec.pid_mode.as_deref() == Some("host"),
        ipc: spec.ipc_mode.as_deref() == Some("host"),
    };
    if namespaces.pid {
        need(grants, Permission::HostPid, "spec.pidMode".to_owned(), found);
    }
    if namespaces.ipc {
        need(grants, Permission::HostIpc, "spec.ipcMode".to_owned(), found);
    }
    namespaces
}

/// What ECS takes under other modes only.
pub(super) fn rules(spec: &TaskDefinitionSpec, mode: NetworkMode, found: &mut Vec<Violation>) {
    let mut ports: BTreeMap<(i32, bool), String> = BTreeMap::new();
    for (index, definition) in spec.container_definitions.iter().flatten().enumerate() {
        let path = format!("spec.containerDefinitions[{index}]");
        if mode == NetworkMode::Awsvpc {
            under_awsvpc(definition, &path, found);
        }
        for (number, mapping) in definition.port_mappings.iter().flatten().enumerate() {
            let path = format!("{path}.portMappings[{number}]");
            if mapping.container_port_range.as_ref().is_some_and(|range| !range.is_empty())
                && !matches!(mode, NetworkMode::Awsvpc | NetworkMode::Bridge)
            {
                let message = "a range of ports needs networkMode awsvpc or bridge";
                found.push(Violation::new(format!("{path}.containerPortRange"), message));
            }
            let Some(port) = mapping.host_port.filter(|port| *port > 0) else { continue };
            let udp = mapping.protocol.as_deref() == Some("udp");
            let name = definition.name.clone().unwrap_or_default();
            if let Some(other) = ports.insert((port, udp), name)
                && mode == NetworkMode::Bridge
            {
                let message = format!("container '{other}' takes hostPort {port} already");
                found.push(Violation::new(format!("{path}.hostPort"), message));
            }
        }
    }
}

fn under_awsvpc(definition: &ContainerDefinition, path: &str, found: &mut Vec<Violation>) {
    let given = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
    let hosts = definition.extra_hosts.as_ref().is_some_and(|hosts| !hosts.is_empty());
    let named = definition.hostname.as_ref().is_some_and(|name| !name.is_empty());
    let cases = [
        (named, "hostname", "hostname is not supported on container when networkMode=awsvpc."),
        (hosts, "extraHosts", "Extra hosts are not supported on container when networkMode=awsvpc."),
        (
            given(&definition.dns_servers),
            "dnsServers",
            "DNS servers are not supported on container when networkMode=awsvpc.",
        ),
        (
            given(&definition.dns_search_domains),
            "dnsSearchDomains",
            "DNS search domains are not supported on container when networkMode=awsvpc.",
        ),
    ];
    for (_, member, message) in cases.into_iter().filter(|(is, ..)| *is) {
        found.push(Violation::new(format!("{path}.{member}"), message));
    }
}

/// Name servers and search domains of all containers together: a pod has one list of each.
pub(super) fn names(spec: &TaskDefinitionSpec, found: &mut Vec<Violation>) -> (Vec<String>, Vec<String>) {
    let (mut servers, mut domains): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for (index, definition) in spec.container_definitions.iter().flatten().enumerate() {
        let path = format!("spec.containerDefinitions[{index}]");
        for (number, server) in definition.dns_servers.iter().flatten().enumerate() {
            let path = format!("{path}.dnsServers[{number}]");
            match server.parse::<core::net::IpAddr>().map(|address| address.to_string()) {
                Err(_) => found.push(Violation::new(path, format!("\"{server}\" is no IP address"))),
                Ok(address) if servers.contains(&address) => {}
                Ok(_) if servers.len() == NAME_SERVERS => {
                    let message = format!(
                        "Kubernetes takes {NAME_SERVERS} name servers of all containers of a task together"
                    );
                    found.push(Violation::new(path, message));
                }
                Ok(address) => servers.push(address),
            }
        }
        for (number, domain) in definition.dns_search_domains.iter().flatten().enumerate() {
            let path = format!("{path}.dnsSearchDomains[{number}]");
            match sharing::host_name(domain.trim_end_matches('.')) {
                Some(domain) if domains.contains(&domain) => {}
                Some(domain) => domains.push(domain),
                None => found.push(Violation::new(path, sharing::not_a_host(domain))),
            }
        }
    }
    (servers, domains)
}
