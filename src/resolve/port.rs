//! Port mappings → the ports that a container listens on, ranges port by port.

use crate::api::task_definition::container::ContainerDefinition;
use crate::api::task_definition::port::PortMapping;
use crate::model::{Port, Protocol, Violation};

/// Ports of ranges that are declared for one container. All ports of a task can be reached at its address; declaring
/// them is for readers.
const DECLARED: usize = 100;

/// The ports of the container at `path`.
pub(super) fn ports(
    definition: &ContainerDefinition,
    name: &str,
    path: &str,
    found: &mut Vec<Violation>,
) -> Vec<Port> {
    let mut ports: Vec<Port> = Vec::new();
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for (index, mapping) in definition.port_mappings.iter().flatten().enumerate() {
        let path = format!("{path}.portMappings[{index}]");
        if let Some(text) = mapping.container_port_range.as_deref().filter(|text| !text.is_empty()) {
            let path = format!("{path}.containerPortRange");
            match range(text) {
                Some(range) if ranges.iter().any(|known| range.0 <= known.1 && known.0 <= range.1) => {
                    found.push(Violation::new(
                        path,
                        format!("{text} overlaps with another range of the container"),
                    ));
                }
                Some(range) => ranges.push(range),
                None => {
                    let message = format!("\"{text}\" is no range: write first-last, from 1 to 65535");
                    found.push(Violation::new(path, message));
                }
            }
            ports.extend(range(text).into_iter().flat_map(|range| declared(range, mapping)));
            continue;
        }
        match single(mapping) {
            Some(port) => ports.push(port),
            None => found.push(Violation::new(
                format!("{path}.containerPort"),
                format!("Invalid 'containerPort' setting for container '{name}'."),
            )),
        }
    }
    for (index, mapping) in definition.port_mappings.iter().flatten().enumerate() {
        let port = mapping.container_port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0);
        if ranges.iter().any(|(first, last)| (*first..=*last).contains(&port)) {
            let message = format!("port {port} is in a range of the container already");
            found.push(Violation::new(format!("{path}.portMappings[{index}].containerPort"), message));
        }
    }
    ports
}

fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-')?;
    let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
    (first > 0 && first < last).then_some((first, last))
}

fn declared((first, last): (u16, u16), mapping: &PortMapping) -> impl Iterator<Item = Port> {
    let (protocol, app_protocol) =
        (protocol(mapping), mapping.app_protocol.clone().filter(|name| !name.is_empty()));
    let port = move |container_port| Port {
        container_port,
        protocol,
        host_port: None,
        name: None,
        app_protocol: app_protocol.clone(),
    };
    (first..=last).take(DECLARED).map(port)
}

/// ECS takes every other text as TCP.
fn protocol(mapping: &PortMapping) -> Protocol {
    if mapping.protocol.as_deref() == Some("udp") { Protocol::Udp } else { Protocol::Tcp }
}

fn single(mapping: &PortMapping) -> Option<Port> {
    let container_port =
        mapping.container_port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)?;
    Some(Port {
        container_port,
        protocol: protocol(mapping),
        host_port: mapping.host_port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0),
        name: mapping.name.clone().filter(|name| !name.is_empty()),
        app_protocol: mapping.app_protocol.clone().filter(|name| !name.is_empty()),
    })
}
