//! Real nodes: kubelet, containerd, runc, CNI, kube-proxy (nftables) and CoreDNS, each node in
//! namespaces of its own on this machine.
//!
//! A node is one process, the first of a process namespace, that all others of the node descend
//! from; it also holds the node's network and mounts. Killing it is a power cut, and whatever ends
//! it leaves nothing behind but control groups, which the bed's clean-up script removes. Its link
//! can be cut while it runs, which is a partition. See [`Network`] for how nodes, pods and this
//! host reach each other.
//!
//! Everything that a [`RealNodes`] knows is in the bed's folder, so that any process can open it.

mod cgroup;
mod config;
mod dns;
mod kubectl;
pub mod needs;
mod network;
mod node;
mod nodes;
mod shell;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

pub use network::Network;

use crate::plane::Plane;
use nodes::Nodes;

/// Every real node carries this label, by which pods can avoid simulated ones.
pub const REAL_LABEL: (&str, &str) = ("testbed.berth.dev/real", "true");

/// A node to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealNode {
    /// Its name.
    pub name: String,
    /// The label `topology.kubernetes.io/zone`.
    pub zone: String,
    /// The label `node.kubernetes.io/instance-type`.
    pub instance_type: String,
    /// More labels.
    pub labels: BTreeMap<String, String>,
    /// What pods can have of the processors, in thousandths; all of this machine if not given.
    pub cpu_millis: Option<u32>,
    /// What pods can have of the memory, in MiB; nearly all of this machine if not given.
    pub memory_mib: Option<u32>,
}

impl RealNode {
    /// A node of this name in a zone.
    pub fn new(name: &str, zone: &str) -> Self {
        let instance_type = "m7i.large".to_owned();
        Self { name: name.to_owned(), zone: zone.to_owned(), instance_type, ..Self::default() }
    }

    /// `count` nodes `node-1` …, evenly over `zones` zones `zone-a` ….
    pub fn fleet(count: usize, zones: u8) -> Vec<Self> {
        let letters = (b'a'..=b'z').take(usize::from(zones.max(1))).map(char::from).cycle();
        let nodes = (1..=count).zip(letters);
        nodes.map(|(n, letter)| Self::new(&format!("node-{n}"), &format!("zone-{letter}"))).collect()
    }

    /// The labels as the kubelet takes them.
    fn all_labels(&self) -> String {
        // A zone is its region and a letter.
        let region = self.zone.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or(&self.zone);
        let own = [
            ("topology.kubernetes.io/zone", self.zone.as_str()),
            ("topology.kubernetes.io/region", region.trim_end_matches('-')),
            ("node.kubernetes.io/instance-type", &self.instance_type),
            REAL_LABEL,
        ];
        let more = self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<_> =
            own.into_iter().chain(more).map(|(name, value)| format!("{name}={value}")).collect();
        all.join(",")
    }

    fn check(&self) -> Result<()> {
        let is_name = |text: &str| {
            !text.is_empty()
                && text.len() <= 40
                && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        ensure!(
            is_name(&self.name),
            "{:?} is no node name: use lower-case letters, digits, dashes",
            self.name
        );
        ensure!(is_name(&self.zone), "{:?} is no zone: use lower-case letters, digits, dashes", self.zone);
        Ok(())
    }
}

/// The real nodes of a bed.
#[derive(Clone, Debug)]
pub struct RealNodes {
    nodes: Arc<Nodes>,
}

impl RealNodes {
    /// The real nodes of the bed of this plane, which must have been started with a [`Network`].
    pub(crate) fn open(plane: Plane) -> Result<Self> {
        Ok(Self { nodes: Arc::new(Nodes::open(plane)?) })
    }

    /// Starts the first nodes and the cluster's DNS. Returns when the nodes are Ready and DNS
    /// answers.
    pub(crate) async fn start(&self, nodes: Vec<RealNode>) -> Result<()> {
        self.run(move |all| all.start(nodes)).await
    }

    /// Starts another node and returns when it is Ready.
    pub async fn add(&self, node: RealNode) -> Result<()> {
        self.run(move |all| all.add(node)).await
    }

    /// The names of the nodes.
    pub fn names(&self) -> Result<Vec<String>> {
        let nodes = node::Node::all(&self.nodes.plane)?;
        Ok(nodes.into_iter().map(|node| node.spec.name).collect())
    }

    /// The bed's addresses.
    pub fn network(&self) -> Network {
        self.nodes.network
    }

    /// Makes an image known to all running nodes, and to the others when they start.
    pub async fn import_image(&self, archive: &Path) -> Result<()> {
        let archive = archive.to_owned();
        self.run(move |all| all.import_image(&archive)).await
    }

    /// Ends a node as a power cut would: at once, and nobody is told.
    pub async fn crash(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.run(move |all| all.node(&name)?.crash(&all.plane, all.network)).await
    }

    /// Starts a node again, after a crash or in place of a reboot; its link is whole then. Returns
    /// when the node itself reports Ready.
    pub async fn restart(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.run(move |all| all.restart(&name)).await
    }

    /// Cuts a node off from the control plane, the other nodes and this host; what runs on it
    /// goes on.
    pub async fn partition(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.run(move |all| all.node(&name)?.set_link(&all.plane, false)).await
    }

    /// Ends a partition.
    pub async fn heal(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.run(move |all| all.node(&name)?.set_link(&all.plane, true)).await
    }

    /// Ends all nodes and leaves nothing of them. The end of the bed does that too.
    pub async fn stop(&self) -> Result<()> {
        self.run(Nodes::stop).await
    }

    /// Most of this waits for programs and files: on a thread where that holds up nobody.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Nodes) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let nodes = Arc::clone(&self.nodes);
        tokio::task::spawn_blocking(move || work(&nodes)).await?
    }
}
