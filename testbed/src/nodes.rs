//! Simulated nodes: Node objects that kwok keeps alive.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Node;
use serde_json::json;

/// The label that tells kwok to take care of a node. A label, since kwok lets go of a node only when the
/// apiserver says that it left the selection.
pub const MANAGED: (&str, &str) = ("testbed.berth.dev/simulated", "true");

/// A simulated node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedNode {
    /// The node's and its host's name.
    pub name: String,
    /// `topology.kubernetes.io/zone`; the region is the zone without its last letter.
    pub zone: String,
    /// `node.kubernetes.io/instance-type`.
    pub instance_type: String,
    /// Processors.
    pub cpu: u32,
    /// Memory, in MiB.
    pub memory_mib: u64,
    /// How many pods it takes.
    pub pods: u32,
    /// `nvidia.com/gpu`; none if 0.
    pub gpu: u32,
    /// `kubernetes.io/arch`.
    pub architecture: String,
    /// More labels, or others than the usual ones.
    pub labels: BTreeMap<String, String>,
}

impl SimulatedNode {
    /// A node with 16 processors and 64 GiB in the zone `zone-a`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            zone: "zone-a".to_owned(),
            instance_type: "m7i.4xlarge".to_owned(),
            cpu: 16,
            memory_mib: 64 * 1024,
            pods: 250,
            gpu: 0,
            architecture: "amd64".to_owned(),
            labels: BTreeMap::new(),
        }
    }

    /// The same in another zone.
    #[must_use]
    pub fn zone(mut self, zone: impl Into<String>) -> Self {
        self.zone = zone.into();
        self
    }

    /// The same with one more label.
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// `count` nodes `sim-0001` …, evenly over `zones` zones `zone-a` ….
    pub fn fleet(count: usize, zones: u8) -> Vec<Self> {
        let letters = (b'a'..=b'z').take(usize::from(zones.max(1))).map(char::from);
        let zone = letters.cycle().map(|letter| format!("zone-{letter}"));
        (1..=count).zip(zone).map(|(n, zone)| Self::new(format!("sim-{n:04}")).zone(zone)).collect()
    }

    /// The Node object, ready from its first moment. `number` makes its address.
    pub(crate) fn object(&self, number: u32) -> serde_json::Result<Node> {
        let [_, _, high, low] = number.to_be_bytes();
        let ip = format!("10.243.{high}.{low}");
        let region = self.zone.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or(&self.zone);
        let mut labels = BTreeMap::from([
            ("kubernetes.io/hostname", self.name.as_str()),
            ("kubernetes.io/os", "linux"),
            ("kubernetes.io/arch", &self.architecture),
            ("node.kubernetes.io/instance-type", &self.instance_type),
            ("topology.kubernetes.io/zone", &self.zone),
            ("topology.kubernetes.io/region", region.trim_end_matches('-')),
            MANAGED,
        ]);
        labels.extend(self.labels.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        let mut resources = json!({
            "cpu": self.cpu.to_string(),
            "memory": format!("{}Mi", self.memory_mib),
            "pods": self.pods.to_string(),
            "ephemeral-storage": "100Gi",
        });
        if let (true, Some(map)) = (self.gpu > 0, resources.as_object_mut()) {
            map.insert("nvidia.com/gpu".to_owned(), json!(self.gpu.to_string()));
        }
        let now = k8s_openapi::jiff::Timestamp::now().to_string();
        serde_json::from_value(json!({
            "metadata": {"name": self.name, "labels": labels},
            "spec": {"providerID": format!("kwok://{}", self.name)},
            "status": {
                "capacity": resources,
                "allocatable": resources,
                "addresses": [
                    {"type": "InternalIP", "address": ip},
                    {"type": "Hostname", "address": self.name},
                ],
                "nodeInfo": {
                    "architecture": self.architecture, "operatingSystem": "linux", "osImage": "simulated",
                    "kubeletVersion": "v1.37.1-kwok", "kubeProxyVersion": "", "bootID": "", "machineID": "",
                    "systemUUID": "", "kernelVersion": "", "containerRuntimeVersion": "kwok://0.8.0",
                },
                "conditions": [{
                    "type": "Ready", "status": "True", "reason": "KubeletReady",
                    "message": "kubelet is posting ready status",
                    "lastHeartbeatTime": now, "lastTransitionTime": now,
                }],
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::SimulatedNode;

    #[test]
    fn a_fleet_is_spread_over_its_zones() {
        let fleet = SimulatedNode::fleet(7, 3);
        let zones: Vec<_> = fleet.iter().map(|n| n.zone.as_str()).collect();
        assert_eq!(zones, ["zone-a", "zone-b", "zone-c", "zone-a", "zone-b", "zone-c", "zone-a"]);
        assert_eq!(fleet[6].name, "sim-0007");
    }

    #[test]
    fn a_node_carries_the_usual_labels_and_its_own() {
        let node = SimulatedNode::new("n").zone("eu-west-1b").label("team", "a").object(300).unwrap();
        let labels = node.metadata.labels.unwrap();
        assert_eq!(labels["topology.kubernetes.io/zone"], "eu-west-1b");
        assert_eq!(labels["topology.kubernetes.io/region"], "eu-west-1");
        assert_eq!(labels["team"], "a");
        let addresses = node.status.unwrap().addresses.unwrap();
        assert_eq!(addresses[0].address, "10.243.1.44");
    }
}
