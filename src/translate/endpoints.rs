//! A task that Berth itself shows as an endpoint and a core Service that leads to it in, EndpointSlices out.
//!
//! They say what Kubernetes' own would, but for who keeps them and whether the task is ready.

use super::container::some;
use super::meta::{entry, meta};
use crate::model::{label, name};
use k8s_openapi::api::core::v1 as corev1;
use k8s_openapi::api::discovery::v1 as discoveryv1;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// The task to show.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'a> {
    /// Its pod, as it lives.
    pub pod: &'a corev1::Pod,
    /// UID of its Service.
    pub service_uid: &'a str,
    /// The zone that it runs in.
    pub zone: Option<&'a str>,
    /// Whether it takes requests.
    pub ready: bool,
}

/// One slice for each family of addresses that `core`, as it lives, has, without owner references; none for a task
/// that has no address yet.
pub fn endpoint_slices(endpoint: &Endpoint<'_>, core: &corev1::Service) -> Vec<discoveryv1::EndpointSlice> {
    let Some(spec) = &core.spec else { return Vec::new() };
    let families = spec.ip_families.iter().flatten();
    families.filter_map(|family| slice(endpoint, core, spec, family)).collect()
}

fn slice(
    endpoint: &Endpoint<'_>,
    core: &corev1::Service,
    spec: &corev1::ServiceSpec,
    family: &str,
) -> Option<discoveryv1::EndpointSlice> {
    let pod = &endpoint.pod.metadata;
    let addresses = endpoint.pod.status.as_ref()?.pod_ips.iter().flatten();
    let mut addresses = addresses.map(|address| address.ip.as_str());
    let address = addresses.find(|address| address.contains(':') == (family == "IPv6"))?;
    let (service, uid) = (core.metadata.name.as_deref()?, pod.uid.as_deref()?);
    let mut labels = vec![
        entry("kubernetes.io/service-name", service),
        entry("endpointslice.kubernetes.io/managed-by", label::BERTH),
        entry(label::SERVICE_UID, endpoint.service_uid),
    ];
    if spec.cluster_ip.as_deref() == Some("None") {
        labels.push(entry("service.kubernetes.io/headless", ""));
    }
    let suffix = format!("-{}", name::hash(&[uid, family], 10));
    Some(discoveryv1::EndpointSlice {
        address_type: family.to_owned(),
        endpoints: Some(vec![shown(endpoint, address)]),
        metadata: meta(pod.namespace.as_deref()?, name::dns_label(service, &suffix, name::MAX), labels),
        ports: some(spec.ports.iter().flatten().map(port).collect()),
    })
}

fn shown(endpoint: &Endpoint<'_>, address: &str) -> discoveryv1::Endpoint {
    let pod = &endpoint.pod.metadata;
    discoveryv1::Endpoint {
        addresses: vec![address.to_owned()],
        conditions: Some(discoveryv1::EndpointConditions {
            ready: Some(endpoint.ready),
            serving: Some(endpoint.ready),
            terminating: Some(false),
        }),
        node_name: endpoint.pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        target_ref: Some(corev1::ObjectReference {
            kind: Some("Pod".into()),
            name: pod.name.clone(),
            namespace: pod.namespace.clone(),
            uid: pod.uid.clone(),
            ..Default::default()
        }),
        zone: endpoint.zone.map(ToOwned::to_owned),
        ..Default::default()
    }
}

/// Our core Services' target ports are numbers.
fn port(port: &corev1::ServicePort) -> discoveryv1::EndpointPort {
    let number = match &port.target_port {
        Some(IntOrString::Int(number)) => *number,
        _ => port.port,
    };
    discoveryv1::EndpointPort {
        app_protocol: port.app_protocol.clone(),
        name: port.name.clone(),
        port: Some(number),
        protocol: port.protocol.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(ips: &[&str]) -> corev1::Pod {
        let ips: Vec<Value> = ips.iter().map(|ip| json!({"ip": ip})).collect();
        serde_json::from_value(json!({
            "metadata": {"name": "web-6f2c9-0001", "namespace": "shop", "uid": "u1"},
            "spec": {"nodeName": "n1", "containers": []}, "status": {"podIPs": ips}
        }))
        .unwrap()
    }

    fn core(cluster_ip: &str, families: &[&str]) -> corev1::Service {
        serde_json::from_value(json!({
            "metadata": {"name": "web-tg"},
            "spec": {
                "clusterIP": cluster_ip, "ipFamilies": families,
                "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP", "appProtocol": "http"}]
            }
        }))
        .unwrap()
    }

    #[test]
    fn a_task_is_shown_once_for_each_family_of_its_service() {
        let pod = pod(&["10.0.0.1", "fd00::1"]);
        let endpoint = Endpoint { pod: &pod, service_uid: "s1", zone: Some("a"), ready: true };
        assert_eq!(endpoint_slices(&endpoint, &core("10.9.9.9", &["IPv6"])).len(), 1);
        let slices = endpoint_slices(&endpoint, &core("10.9.9.9", &["IPv4", "IPv6"]));
        assert_eq!(slices.len(), 2);
        assert_ne!(slices[0].metadata.name, slices[1].metadata.name);
        let shown = json!(slices[0].endpoints)[0].clone();
        assert_eq!(shown["addresses"], json!(["10.0.0.1"]));
        assert_eq!(shown["conditions"], json!({"ready": true, "serving": true, "terminating": false}));
        assert_eq!((&shown["nodeName"], &shown["zone"]), (&json!("n1"), &json!("a")));
        let ports = json!(slices[0].ports);
        assert_eq!(ports, json!([{"name": "http", "port": 8080, "protocol": "TCP", "appProtocol": "http"}]));
        let labels = slices[0].metadata.labels.clone().unwrap();
        assert_eq!(labels["kubernetes.io/service-name"], "web-tg");
        assert_eq!(labels["endpointslice.kubernetes.io/managed-by"], "berth");
    }

    #[test]
    fn a_task_without_an_address_is_not_shown() {
        let pod = pod(&[]);
        let endpoint = Endpoint { pod: &pod, service_uid: "s1", zone: None, ready: true };
        assert_eq!(endpoint_slices(&endpoint, &core("None", &["IPv4"])), []);
    }
}
