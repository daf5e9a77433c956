//! What a node offers to pods, and what the pods on it take.

use k8s_openapi::api::core::v1::{Container, Node, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::{BTreeMap, BTreeSet};

/// Resources of a node, or of pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Thousandths of a CPU.
    pub millicores: u64,
    /// Bytes of memory.
    pub bytes: u64,
    /// GPUs, of whatever make.
    pub gpus: u64,
    /// TCP ports of the node.
    pub tcp: BTreeSet<u16>,
    /// UDP ports of the node.
    pub udp: BTreeSet<u16>,
}

impl Capacity {
    /// What `node` offers: all it has, without what is kept for the node itself.
    pub fn of(node: &Node) -> Self {
        let status = node.status.as_ref();
        let list = status.and_then(|status| status.allocatable.as_ref().or(status.capacity.as_ref()));
        list.map(amounts).unwrap_or_default()
    }

    /// What `pod` takes of its node, by what it requests; nothing once it has ended.
    ///
    /// Containers that run before the others count where they need more than those; sidecars count with both.
    pub fn taken(pod: &Pod) -> Self {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        let Some(spec) = pod.spec.as_ref().filter(|_| !matches!(phase, Some("Succeeded" | "Failed"))) else {
            return Self::default();
        };
        let (mut sidecars, mut before) = (Self::default(), Self::default());
        for container in spec.init_containers.iter().flatten() {
            let one = requested(container);
            if container.restart_policy.as_deref() == Some("Always") {
                sidecars = sidecars.and(&one);
                before = before.or(&sidecars);
            } else {
                before = before.or(&sidecars.clone().and(&one));
            }
        }
        let beside = spec.containers.iter().fold(sidecars, |sum, container| sum.and(&requested(container)));
        let mut sum = beside.or(&before);
        let whole = spec.resources.as_ref().and_then(|resources| resources.requests.as_ref());
        for (name, amount) in whole.into_iter().flatten() {
            sum.set(name, amount);
        }
        let sum = spec.overhead.as_ref().map(amounts).unwrap_or_default().and(&sum);
        sum.with_ports(spec.containers.iter().chain(spec.init_containers.iter().flatten()))
    }

    /// ECS's CPU units, 1024 of which are a CPU.
    pub fn cpu_units(&self) -> u64 {
        self.millicores * 1024 / 1000
    }

    /// Memory in MiB.
    pub fn mebibytes(&self) -> u64 {
        self.bytes >> 20
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.millicores = self.millicores.saturating_add(other.millicores);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.gpus = self.gpus.saturating_add(other.gpus);
        self.tcp.extend(&other.tcp);
        self.udp.extend(&other.udp);
        self
    }

    /// What is left of it beside `other`; ports are not counted.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self {
            millicores: self.millicores.saturating_sub(other.millicores),
            bytes: self.bytes.saturating_sub(other.bytes),
            gpus: self.gpus.saturating_sub(other.gpus),
            ..Self::default()
        }
    }

    /// The greater amount of each.
    fn or(mut self, other: &Self) -> Self {
        self.millicores = self.millicores.max(other.millicores);
        self.bytes = self.bytes.max(other.bytes);
        self.gpus = self.gpus.max(other.gpus);
        self
    }

    fn set(&mut self, name: &str, amount: &Quantity) {
        match name {
            "cpu" => self.millicores = thousandths(amount),
            "memory" => self.bytes = thousandths(amount).div_ceil(1000),
            _ if name.ends_with("/gpu") => self.gpus = self.gpus.saturating_add(thousandths(amount) / 1000),
            _ => {}
        }
    }

    fn with_ports<'a>(mut self, containers: impl Iterator<Item = &'a Container>) -> Self {
        for port in containers.flat_map(|container| container.ports.iter().flatten()) {
            let Some(number) =
                port.host_port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)
            else {
                continue;
            };
            match port.protocol.as_deref() {
                Some("UDP") => self.udp.insert(number),
                _ => self.tcp.insert(number),
            };
        }
        self
    }
}

fn requested(container: &Container) -> Capacity {
    let requests = container.resources.as_ref().and_then(|resources| resources.requests.as_ref());
    requests.map(amounts).unwrap_or_default()
}

fn amounts(list: &BTreeMap<String, Quantity>) -> Capacity {
    let mut amounts = Capacity::default();
    for (name, amount) in list {
        amounts.set(name, amount);
    }
    amounts
}

/// A quantity of Kubernetes in thousandths, rounded up; 0 for what is none.
fn thousandths(quantity: &Quantity) -> u64 {
    let text = quantity.0.as_str();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end).unwrap_or_default();
    let Ok(number) = number.parse::<f64>() else { return 0 };
    let factor = match unit {
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "" => 1.0,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "Ki" => 1024_f64,
        "Mi" => 1024_f64.powi(2),
        "Gi" => 1024_f64.powi(3),
        "Ti" => 1024_f64.powi(4),
        "Pi" => 1024_f64.powi(5),
        exponent => match exponent.strip_prefix(['e', 'E']).and_then(|power| power.parse::<i32>().ok()) {
            Some(power) => 10_f64.powi(power),
            None => return 0,
        },
    };
    // What a decimal fraction is off in binary is not rounded up. Beyond 2^53 thousandths, which is 8 TiB of memory, a
    // byte more or less is lost.
    (number * factor * 1000.0 - 1e-6).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_are_read_in_every_unit() {
        for (text, wanted) in [
            ("4", 4000),
            ("1500m", 1500),
            ("0.5", 500),
            ("1.1", 1100),
            ("2.3", 2300),
            ("1Ki", 1_024_000),
            ("2Gi", 2_147_483_648_000),
            ("1e3", 1_000_000),
            ("1k", 1_000_000),
            ("100u", 1),
            ("", 0),
            ("x", 0),
            ("1Zi", 0),
        ] {
            assert_eq!(thousandths(&Quantity(text.into())), wanted, "{text}");
        }
    }

    #[test]
    fn a_pod_takes_what_its_containers_request_at_the_busiest_time() {
        let requests = |cpu: &str| json!({"requests": {"cpu": cpu, "memory": "64Mi"}});
        let pod = |spec| Capacity::taken(&serde_json::from_value(json!({"spec": spec})).unwrap());
        let container = |cpu: &str| json!({"name": "a", "resources": requests(cpu)});
        let two = pod(json!({"containers": [container("250m"), container("250m")]}));
        assert_eq!((two.cpu_units(), two.mebibytes()), (512, 128));
        let inits = pod(json!({
            "initContainers": [container("2"), {"name": "s", "restartPolicy": "Always", "resources": requests("1")}],
            "containers": [container("250m")],
        }));
        assert_eq!(inits.millicores, 2000);
        let whole = pod(json!({
            "containers": [container("1")], "resources": requests("3"), "overhead": {"cpu": "100m"},
        }));
        assert_eq!(whole.millicores, 3100);
        let ended = json!({"spec": {"containers": [container("1")]}, "status": {"phase": "Failed"}});
        assert_eq!(Capacity::taken(&serde_json::from_value(ended).unwrap()), Capacity::default());
    }

    #[test]
    fn ports_of_the_node_are_told_apart_by_protocol() {
        let ports = json!([{"containerPort": 53, "hostPort": 53, "protocol": "UDP"}, {"containerPort": 80, "hostPort": 80},
                           {"containerPort": 81}]);
        let pod = json!({"spec": {"containers": [{"name": "a", "ports": ports}]}});
        let taken = Capacity::taken(&serde_json::from_value(pod).unwrap());
        assert_eq!((taken.tcp, taken.udp), ([80].into(), [53].into()));
    }
}
