//! What a running control plane was started with: `<bed>/bed.json`. Another process (the command
//! line) finds and continues the bed by it.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::files;
use crate::ports;

/// Addresses and choices of a control plane.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The address that the apiserver listens on.
    pub bind_ip: IpAddr,
    /// The apiserver's port.
    pub api_port: u16,
    /// etcd's port for clients, on loopback.
    pub etcd_port: u16,
    /// etcd's port for its peers, on loopback.
    pub peer_port: u16,
    /// The range of Service addresses.
    pub service_cidr: String,
    /// The address of the cluster's DNS Service.
    pub dns_ip: Ipv4Addr,
    /// Whether kubelets join: Node authorisation and a client certificate for them.
    pub kubelets: bool,
    /// Whether simulated nodes can be added.
    pub simulated: bool,
    /// How long a node may be silent before it is NotReady.
    pub node_grace: Duration,
    /// More arguments for the apiserver.
    pub apiserver_args: Vec<String>,
    /// More profiles for the scheduler, as in `KubeSchedulerConfiguration.profiles`.
    pub scheduler_profiles: Vec<serde_json::Value>,
}

impl Settings {
    /// The apiserver's URL.
    pub fn url(&self) -> String {
        format!("https://{}", std::net::SocketAddr::new(self.bind_ip, self.api_port))
    }

    /// etcd's URL.
    pub fn etcd_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.etcd_port)
    }

    /// The address of the `kubernetes` Service: the first of the range.
    pub(crate) fn kubernetes_ip(&self) -> Result<IpAddr> {
        let network = self.service_cidr.split('/').next().unwrap_or_default();
        let network: Ipv4Addr = network
            .parse()
            .with_context(|| format!("`{}` is not a range of IPv4 addresses", self.service_cidr))?;
        Ok(Ipv4Addr::from_bits(network.to_bits() + 1).into())
    }

    /// Takes other ports.
    pub(crate) fn pick_ports(&mut self) -> Result<()> {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        self.api_port = ports::free(self.bind_ip)?;
        self.etcd_port = ports::free(loopback)?;
        self.peer_port = ports::free(loopback)?;
        Ok(())
    }

    /// Writes `bed.json`.
    pub(crate) fn save(&self, dir: &Path) -> Result<()> {
        files::write(&dir.join("bed.json"), &serde_json::to_string_pretty(self)?)
    }

    /// Reads `bed.json`.
    pub(crate) fn load(dir: &Path) -> Result<Self> {
        let path = dir.join("bed.json");
        ensure!(path.exists(), "no bed runs in {}; `testbed up` starts one", dir.display());
        let text = std::fs::read_to_string(&path)?;
        serde_json::from_str(&text).with_context(|| {
            format!("{} is of another version of the test bed: remove {}", path.display(), dir.display())
        })
    }
}
