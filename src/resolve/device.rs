//! GPUs and other devices → resources that nodes offer by name.
//!
//! Kubernetes counts what a device plugin offers. What ECS leaves to the instance (`ALL`) or measures in parts of a
//! device has no number, so it is refused with the number to write.

use crate::api::TaskDefinitionSpec;
use crate::api::task_definition::container::ContainerDefinition;
use crate::model::Violation;

/// Names under which the makers' device plugins offer devices.
const GPU: &str = "nvidia.com/gpu";
const NEURON: &str = "aws.amazon.com/neuron";

/// The resource that a device plugin offers for this path of the node.
pub(super) fn offered(path: &str) -> Option<&'static str> {
    let number = path.strip_prefix("/dev/neuron")?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(NEURON)
}

/// What the container at `path` needs of its node's devices.
pub(super) fn devices(
    definition: &ContainerDefinition,
    path: &str,
    found: &mut Vec<Violation>,
) -> Vec<(String, u32)> {
    let mut devices: Vec<(String, u32)> = Vec::new();
    let mut add = |name: &str, count: u32| match devices.iter_mut().find(|(known, _)| known == name) {
        Some((_, sum)) => *sum += count,
        None => devices.push((name.to_owned(), count)),
    };
    for (index, requirement) in definition.resource_requirements.iter().flatten().enumerate() {
        let path = format!("{path}.resourceRequirements[{index}]");
        let value = requirement.value.as_deref().unwrap_or_default();
        if requirement.sharing_strategy.is_some() {
            let message = "Kubernetes hands out whole devices: an administrator splits GPUs (time slicing, MPS or MIG of \
                           the device plugin), and GPU with value 1 takes one of the parts";
            found.push(Violation::new(format!("{path}.sharingStrategy"), message));
            continue;
        }
        match (requirement.type_.as_deref().unwrap_or_default(), value.parse::<u32>()) {
            ("GPU", Ok(count)) if (1..=1024).contains(&count) => add(GPU, count),
            ("NeuronDevice", Ok(count)) if (1..=1024).contains(&count) => add(NEURON, count),
            ("GPU" | "NeuronDevice", _) if value == "ALL" => {
                let message = "Kubernetes counts devices: write how many the nodes have instead of ALL";
                found.push(Violation::new(format!("{path}.value"), message));
            }
            ("GPU" | "NeuronDevice", _) => {
                found.push(Violation::new(format!("{path}.value"), format!("\"{value}\" is no count")));
            }
            // The fates say that it is closed.
            _ => {}
        }
    }
    let linux = definition.linux_parameters.iter().flat_map(|linux| linux.devices.iter().flatten());
    linux.filter_map(|device| offered(device.host_path.as_deref()?)).for_each(|name| add(name, 1));
    devices
}

/// Scratch space of the task in GiB.
pub(super) fn ephemeral_storage(spec: &TaskDefinitionSpec, found: &mut Vec<Violation>) -> Option<u32> {
    let size = spec.ephemeral_storage.as_ref()?.size_in_gib.filter(|size| *size != 0)?;
    if !(21..=200).contains(&size) {
        let message = "Invalid setting for ephemeral storage. Size must be between 21 GiB and 200 GiB.";
        found.push(Violation::new("spec.ephemeralStorage.sizeInGiB", message));
    }
    u32::try_from(size).ok()
}
