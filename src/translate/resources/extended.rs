//! What containers need beside CPU and memory: devices, and scratch space of the whole task.

use crate::model::TaskDefinition;
use k8s_openapi::api::core::v1 as corev1;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Adds it to the containers' resources.
pub(super) fn charge(spec: &mut corev1::PodSpec, task_definition: &TaskDefinition) {
    for (container, own) in spec.containers.iter_mut().zip(&task_definition.containers) {
        for (name, count) in &own.devices {
            // Devices cannot be promised twice, so a limit is a request too.
            add(container, name, &count.to_string());
        }
    }
    // A pod has no limit of its own for scratch space; the node adds up those of its containers.
    let essential = task_definition.containers.iter().position(|container| container.essential);
    if let Some(gib) = task_definition.ephemeral_storage
        && let Some(container) = essential.and_then(|index| spec.containers.get_mut(index))
    {
        add(container, "ephemeral-storage", &format!("{gib}Gi"));
    }
}

fn add(container: &mut corev1::Container, name: &str, amount: &str) {
    let resources = container.resources.get_or_insert_default();
    for list in [&mut resources.requests, &mut resources.limits] {
        list.get_or_insert_default().insert(name.to_owned(), Quantity(amount.to_owned()));
    }
}
