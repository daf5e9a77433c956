//! Target groups and discoveries in, core Services out.

use super::container::protocol;
use super::meta::{entry, labelled, meta};
use super::names;
use crate::model::task_definition::{Port, Protocol};
use crate::model::{Identity, Registration, Service, TargetGroup, label, name};
use k8s_openapi::api::core::v1 as corev1;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::{BTreeMap, BTreeSet};

/// The core Services of all target groups of a service, one per name.
pub fn target_group_services(service: &Service) -> Vec<corev1::Service> {
    let mut seen = BTreeSet::new();
    let first = service.target_groups.iter().filter(|group| seen.insert(&group.name));
    first.map(|group| target_group_service(service, group)).collect()
}

/// The core Service of a target group, with the ports of all entries that name the same group.
pub fn target_group_service(service: &Service, target_group: &TargetGroup) -> corev1::Service {
    let same = service.target_groups.iter().filter(|group| group.name == target_group.name);
    let mut ports: Vec<_> = same.map(|group| service_port(port_of(service, group), group.port)).collect();
    distinguish(&mut ports);
    core_service(
        meta(
            &service.identity.namespace,
            name::dns_label(&target_group.name, "-tg", name::MAX),
            [labelled(label::SERVICE, &service.name)],
        ),
        label::target_group(&target_group.name),
        ports,
    )
}

/// The name of the core Service of the discovery `discovery`.
pub fn discovery_name(discovery: &str) -> String {
    name::dns_label(discovery, "", name::MAX)
}

/// The headless core Service of a discovery; its ports are those that SRV records are wanted for.
pub fn discovery_service(discovery: &Identity, ports: &[corev1::ServicePort]) -> corev1::Service {
    let name = discovery_name(&discovery.name);
    let mut ports = ports.to_vec();
    distinguish(&mut ports);
    let mut core =
        core_service(meta(&discovery.namespace, name, []), label::discovery(&discovery.name), ports);
    if let Some(spec) = core.spec.as_mut() {
        spec.cluster_ip = Some("None".into());
    }
    core
}

/// The port that SRV records of a registration name, where it has one.
pub fn discovery_port(service: &Service, registration: &Registration) -> Option<corev1::ServicePort> {
    let number = registration.port?;
    let mut ports = service.task_definition.containers.iter().flat_map(|container| &container.ports);
    Some(service_port(ports.find(|port| port.container_port == number), number))
}

fn core_service(metadata: ObjectMeta, label: String, ports: Vec<corev1::ServicePort>) -> corev1::Service {
    let spec = corev1::ServiceSpec {
        ports: super::container::some(ports),
        selector: Some(BTreeMap::from([entry(&label, "")])),
        type_: Some("ClusterIP".into()),
        ..Default::default()
    };
    corev1::Service { metadata, spec: Some(spec), status: None }
}

fn port_of<'a>(service: &'a Service, group: &TargetGroup) -> Option<&'a Port> {
    let mut containers = service.task_definition.containers.iter();
    let container = containers.find(|container| container.name == group.container)?;
    container.ports.iter().find(|port| port.container_port == group.port)
}

/// A port is always named, so that a second one beside it does not rename the first.
fn service_port(port: Option<&Port>, number: u16) -> corev1::ServicePort {
    let transport = port.map_or(Protocol::Tcp, |port| port.protocol);
    let own_name = port.and_then(|port| port.name.as_deref()).map(names::port);
    corev1::ServicePort {
        app_protocol: port.and_then(|port| port.app_protocol.as_deref()).and_then(app_protocol),
        name: Some(own_name.unwrap_or_else(|| unnamed(number, transport))),
        port: number.into(),
        protocol: Some(protocol(transport).to_owned()),
        target_port: Some(IntOrString::Int(number.into())),
        ..Default::default()
    }
}

fn unnamed(number: u16, transport: Protocol) -> String {
    match transport {
        Protocol::Tcp => format!("tcp-{number}"),
        Protocol::Udp => format!("udp-{number}"),
    }
}

/// gRPC is HTTP/2 without TLS to whoever routes it.
fn app_protocol(protocol: &str) -> Option<String> {
    match protocol {
        "http" => Some("http".into()),
        "http2" | "grpc" => Some("kubernetes.io/h2c".into()),
        _ => None,
    }
}

/// Kubernetes takes each number once per transport and each name once.
fn distinguish(ports: &mut Vec<corev1::ServicePort>) {
    let (mut numbers, mut names) = (BTreeSet::new(), BTreeSet::new());
    ports.retain(|port| numbers.insert((port.port, port.protocol.clone())));
    for port in ports {
        let name = port.name.clone().unwrap_or_default();
        if !names.insert(name.clone()) {
            port.name = Some(names::port(&format!("{name}-{}", port.port)));
        }
    }
}
