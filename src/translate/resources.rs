//! ECS's sizes in, requests and limits of a pod and its containers out.
//!
//! A container's `cpu` is a share and never a limit, its `memory` a limit, its `memoryReservation` what
//! is reserved. A task's `cpu` and `memory` are limits of the whole and what the task is charged. What
//! comes out is never refused: requests fit into the task's and limits are not below requests.

mod extended;

use super::{Capabilities, names};
use crate::model::TaskDefinition;
use k8s_openapi::api::core::v1 as corev1;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

/// One resource of one container, in millicores or MiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Amount {
    request: Option<u64>,
    limit: Option<u64>,
    /// Whether the container takes part in what the task has left.
    takes_rest: bool,
}

/// Sets the resources of the pod and of its containers, which are in the definition's order. If some of them
/// are to run before the others, the pod is charged for all of them at once all the same, as on ECS.
pub fn charge(
    spec: &mut corev1::PodSpec,
    task_definition: &TaskDefinition,
    capabilities: Capabilities,
    has_inits: bool,
) {
    let windows = super::task::is_windows(task_definition);
    let (total_cpu, total_memory) = match windows {
        // ECS ignores the size of a Windows task.
        true => (None, None),
        false => (task_definition.cpu.map(millicores), task_definition.memory.map(u64::from)),
    };
    let mut cpu = cpu(task_definition, windows);
    let mut memory = memory(task_definition);
    for (amounts, total) in [(&mut cpu, total_cpu), (&mut memory, total_memory)] {
        if let Some(total) = total {
            fit(amounts, total);
            if !capabilities.pod_level_resources {
                split(amounts, total);
            }
        }
    }
    for ((container, cpu), memory) in spec.containers.iter_mut().zip(&cpu).zip(&memory) {
        container.resources = requirements((cpu.request, memory.request), (cpu.limit, memory.limit));
    }
    extended::charge(spec, task_definition);
    if capabilities.pod_level_resources {
        let whole = |total: Option<u64>, amounts: &[Amount]| {
            let sum = amounts.iter().filter_map(|amount| amount.request).sum();
            total.or(Some(sum).filter(|sum| has_inits && *sum > 0))
        };
        let charged = (whole(total_cpu, &cpu), whole(total_memory, &memory));
        spec.resources = requirements(charged, (total_cpu, total_memory));
    }
}

/// 1024 units are a CPU; a fraction of a millicore is rounded up, so that no share is lost.
fn millicores(units: u32) -> u64 {
    (u64::from(units) * 1000).div_ceil(1024)
}

/// On Windows a container's share is a hard limit too.
fn cpu(task_definition: &TaskDefinition, windows: bool) -> Vec<Amount> {
    let amount = |container: &crate::model::Container| {
        let request = (container.cpu > 0).then(|| millicores(container.cpu));
        let takes_rest = container.essential || request.is_none();
        Amount { request, limit: request.filter(|_| windows), takes_rest }
    };
    task_definition.containers.iter().map(amount).collect()
}

/// On Fargate what is used at most is reserved.
fn memory(task_definition: &TaskDefinition) -> Vec<Amount> {
    let amount = |container: &crate::model::Container| {
        let limit = container.memory.map(u64::from);
        let reserved = container.memory_reservation.map(u64::from).filter(|_| !task_definition.fargate);
        let least = |reserved: u64| limit.map_or(reserved, |limit| reserved.min(limit));
        Amount { request: reserved.map(least).or(limit), limit, takes_rest: limit.is_none() }
    };
    task_definition.containers.iter().map(amount).collect()
}

/// Scales requests down until they fit into the task: rounding, and definitions that ECS takes, go beyond.
fn fit(amounts: &mut [Amount], total: u64) {
    let sum: u64 = amounts.iter().filter_map(|amount| amount.request).sum();
    for amount in amounts {
        amount.limit = amount.limit.map(|limit| limit.min(total));
        if sum > total {
            amount.request =
                amount.request.map(|request| request * total / sum).filter(|request| *request > 0);
        }
    }
}

/// Stands in for the limits of a pod: all that the task has left goes evenly to those who take it, as
/// request and limit, so that together they never use more than the task. A container for which nothing
/// is left is held to the size of the task.
fn split(amounts: &mut [Amount], total: u64) {
    let sum: u64 = amounts.iter().filter_map(|amount| amount.request).sum();
    let mut rest = total.saturating_sub(sum);
    let mut takers = amounts.iter().filter(|amount| amount.takes_rest).count() as u64;
    for amount in amounts {
        let own = amount.request.unwrap_or(0);
        let share = match amount.limit {
            _ if amount.takes_rest => rest.div_ceil(takers.max(1)),
            // What is charged beyond the hard limits of all has no place to be written.
            Some(limit) if takers == 0 => limit.saturating_sub(own).min(rest),
            _ => 0,
        };
        if amount.takes_rest {
            takers -= 1;
        }
        rest -= share;
        amount.request = Some(own + share).filter(|request| *request > 0);
        amount.limit = amount.limit.or(amount.request).or(Some(total));
    }
}

/// Pairs of CPU in millicores and memory in MiB as Kubernetes writes them; none where all are none.
fn requirements(
    requests: (Option<u64>, Option<u64>),
    limits: (Option<u64>, Option<u64>),
) -> Option<corev1::ResourceRequirements> {
    let requirements = corev1::ResourceRequirements {
        claims: None,
        limits: quantities(limits),
        requests: quantities(requests),
    };
    (requirements != corev1::ResourceRequirements::default()).then_some(requirements)
}

/// In the form that the API server gives back, so that an object equals what was written.
fn quantities((cpu, memory): (Option<u64>, Option<u64>)) -> Option<BTreeMap<String, Quantity>> {
    let cpu = cpu.map(|amount| ("cpu", names::largest_unit(amount, 1000, &["m", ""])));
    let memory = memory.map(|amount| ("memory", names::mebibytes(amount)));
    let all: BTreeMap<_, _> =
        cpu.into_iter().chain(memory).map(|(name, amount)| (name.to_owned(), Quantity(amount))).collect();
    (!all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests;
