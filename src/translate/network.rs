//! What a task has of the network in, the members of a pod that say so out.

use crate::model::{NetworkMode, TaskDefinition};
use k8s_openapi::api::core::v1 as corev1;

/// Sets the network of the pod.
pub fn connect(spec: &mut corev1::PodSpec, task_definition: &TaskDefinition) {
    let on_node = task_definition.network_mode == NetworkMode::Host;
    spec.dns_config = Some(dns_config(task_definition));
    spec.host_network = on_node.then_some(true);
    if !task_definition.name_servers.is_empty() {
        spec.dns_policy = Some("None".into());
    } else if on_node {
        spec.dns_policy = Some("ClusterFirstWithHostNet".into());
    }
    if !on_node {
        spec.hostname = task_definition.hostname.as_deref().map(super::names::legal);
    }
}

/// Names outside the cluster are found at the first question instead of after every search domain.
fn dns_config(task_definition: &TaskDefinition) -> corev1::PodDNSConfig {
    let option = corev1::PodDNSConfigOption { name: Some("ndots".into()), value: Some("2".into()) };
    corev1::PodDNSConfig {
        nameservers: super::container::some(task_definition.name_servers.clone()),
        searches: super::container::some(task_definition.search_domains.clone()),
        options: Some(vec![option]),
    }
}
