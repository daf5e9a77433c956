//! Quantities of Kubernetes → what an instance has, what tasks take of it, and what is left.

use crate::model::Room;
use k8s_openapi::api::core::v1::{Container, Node, Pod, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What `tasks`, all on `node`, leave of it. Only Berth's own tasks count: what else runs there is not watched.
pub(super) fn left(node: &Node, tasks: &[Arc<Pod>]) -> Room {
    let allocatable = node.status.as_ref().and_then(|status| status.allocatable.as_ref());
    let all = Room { cpu: cpu(allocatable), memory: memory(allocatable) };
    tasks.iter().filter(|pod| !has_ended(pod)).fold(all, |left, pod| left.less(requests(pod)))
}

/// What a pod reserves: its own request, or that of its containers together; of those that run before the others the
/// greatest.
pub fn requests(pod: &Pod) -> Room {
    let Some(spec) = &pod.spec else { return Room::default() };
    let requested = |container: &Container| of(container.resources.as_ref());
    let sum = spec.containers.iter().map(requested).fold(Room::default(), |sum, one| Room {
        cpu: sum.cpu.saturating_add(one.cpu),
        memory: sum.memory.saturating_add(one.memory),
    });
    let inits = spec.init_containers.iter().flatten().map(requested);
    let most =
        inits.fold(sum, |most, one| Room { cpu: most.cpu.max(one.cpu), memory: most.memory.max(one.memory) });
    let whole = spec.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    let said = |name: &str| whole.is_some_and(|requests| requests.contains_key(name));
    Room {
        cpu: if said("cpu") { cpu(whole) } else { most.cpu },
        memory: if said("memory") { memory(whole) } else { most.memory },
    }
}

pub(super) fn has_ended(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

fn of(resources: Option<&ResourceRequirements>) -> Room {
    let requests = resources.and_then(|resources| resources.requests.as_ref());
    Room { cpu: cpu(requests), memory: memory(requests) }
}

type Quantities = BTreeMap<String, Quantity>;

/// In thousandths.
fn cpu(list: Option<&Quantities>) -> i64 {
    let amount = list.and_then(|list| list.get("cpu")).and_then(|amount| parse(&amount.0));
    amount.map_or(0, |amount| whole(amount * 1000.0))
}

/// In bytes.
fn memory(list: Option<&Quantities>) -> i64 {
    let amount = list.and_then(|list| list.get("memory")).and_then(|amount| parse(&amount.0));
    amount.map_or(0, whole)
}

#[allow(clippy::cast_possible_truncation, reason = "a conversion from f64 saturates")]
fn whole(amount: f64) -> i64 {
    amount.round() as i64
}

/// `500m`, `2`, `1.5Gi`, `1e3`: exact up to 2⁵³, which is enough to compare nodes.
fn parse(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 15] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("n", 1e-9),
        ("u", 1e-6),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    let scaled = |(unit, scale): &(&str, f64)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(number * scale)
    };
    text.parse().ok().or_else(|| UNITS.iter().find_map(scaled)).filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_are_read_as_kubernetes_writes_them() {
        let read = |text: &str| parse(text).unwrap();
        assert_eq!((read("500m") * 1000.0, read("2"), read("1e3")), (500.0, 2.0, 1000.0));
        assert_eq!((read("16Mi"), read("3k"), read("129E")), (16_777_216.0, 3000.0, 129e18));
        assert_eq!((parse("much"), parse("inf"), parse("")), (None, None, None));
    }

    #[test]
    fn a_pod_reserves_what_it_says_or_what_its_containers_say() {
        let requests = |cpu: &str, memory: &str| json!({"requests": {"cpu": cpu, "memory": memory}});
        let containers = json!([
            {"name": "a", "resources": requests("100m", "10Mi")},
            {"name": "b", "resources": requests("200m", "20Mi")},
        ]);
        let read =
            |spec| super::requests(&serde_json::from_value(json!({"metadata": {}, "spec": spec})).unwrap());
        let plain = read(json!({"containers": containers}));
        assert_eq!(plain, Room { cpu: 300, memory: 30 << 20 });
        let inits = json!([{"name": "i", "resources": requests("1", "5Mi")}]);
        let first = read(json!({"containers": containers, "initContainers": inits}));
        assert_eq!(first, Room { cpu: 1000, memory: 30 << 20 });
        let whole = read(json!({"containers": containers, "resources": {"requests": {"memory": "64Mi"}}}));
        assert_eq!(whole, Room { cpu: 300, memory: 64 << 20 });
    }
}
