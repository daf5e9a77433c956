//! A test bed: one control plane, its nodes, and what tests do with them.

mod nodes;
mod start;
mod store;
pub(crate) mod tools;

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use crate::nodes::SimulatedNode;
use crate::parts::{self, Part};
use crate::plane::{DNS_IP, Plane, SERVICE_CIDR};
use crate::real::{RealNode, RealNodes};

/// What bed is wanted. Everything has a sensible default.
#[derive(Clone, Debug)]
pub struct BedConfig {
    /// The bed's folder, which must not exist or be empty; a temporary one by default.
    pub dir: Option<PathBuf>,
    /// Nodes to start with.
    pub nodes: Vec<SimulatedNode>,
    /// Real nodes to start with; they need root. With any, the addresses below are chosen by
    /// [`Network`](crate::real::Network).
    pub real: Vec<RealNode>,
    /// Whether simulated nodes can be added at all (kwok runs).
    pub simulated: bool,
    /// Whether kubelets will join.
    pub kubelets: bool,
    /// The address that the apiserver listens on.
    pub bind_ip: IpAddr,
    /// The range of Service addresses.
    pub service_cidr: String,
    /// The address of the cluster's DNS Service.
    pub dns_ip: Ipv4Addr,
    /// How long a node may be silent before it is NotReady. Simulated nodes write their leases four
    /// times as often, so a short time costs much with many of them.
    pub node_grace: Duration,
    /// More arguments for the apiserver.
    pub apiserver_args: Vec<String>,
    /// More profiles for the scheduler, as in `KubeSchedulerConfiguration.profiles`.
    pub scheduler_profiles: Vec<serde_json::Value>,
}

impl Default for BedConfig {
    fn default() -> Self {
        Self {
            dir: None,
            nodes: Vec::new(),
            real: Vec::new(),
            simulated: true,
            kubelets: false,
            bind_ip: Ipv4Addr::LOCALHOST.into(),
            service_cidr: SERVICE_CIDR.to_owned(),
            dns_ip: DNS_IP,
            node_grace: Duration::from_secs(40),
            apiserver_args: Vec::new(),
            scheduler_profiles: Vec::new(),
        }
    }
}

impl BedConfig {
    /// `count` simulated nodes over `zones` zones.
    pub fn simulated(count: usize, zones: u8) -> Self {
        Self { nodes: SimulatedNode::fleet(count, zones), ..Self::default() }
    }

    /// `count` real nodes `node-1` … over `zones` zones, and none simulated.
    pub fn real(count: usize, zones: u8) -> Self {
        // The time that a crash goes unnoticed, at which a kubelet's lease is renewed many times over.
        let node_grace = Duration::from_secs(8);
        Self { real: RealNode::fleet(count, zones), simulated: false, node_grace, ..Self::default() }
    }

    /// The programs that this bed needs.
    fn parts(&self) -> Vec<Part> {
        let mut parts = Part::CONTROL_PLANE.to_vec();
        if self.simulated {
            parts.push(Part::Kwok);
        }
        if self.kubelets || !self.real.is_empty() {
            parts.extend(Part::REAL_NODES);
        }
        parts
    }
}

/// A running bed. It ends when this value is dropped, and also when the process is killed, unless
/// it was [released](Bed::release).
#[derive(Debug)]
pub struct Bed {
    plane: Plane,
    config: Config,
    kubeconfig: PathBuf,
    ended: bool,
}

impl Bed {
    /// The bed that was started in this folder and released.
    pub async fn open(dir: &Path) -> Result<Self> {
        let settings = crate::plane::Settings::load(dir)?;
        let dir = std::fs::canonicalize(dir)?;
        let mut wanted = Part::CONTROL_PLANE.to_vec();
        if settings.simulated {
            wanted.push(Part::Kwok);
        }
        if settings.kubelets {
            wanted.extend(Part::REAL_NODES);
        }
        let binaries = tokio::task::spawn_blocking(move || parts::ensure(&wanted)).await??;
        Self::from_plane(Plane::open(&dir, binaries)?).await
    }

    async fn from_plane(plane: Plane) -> Result<Self> {
        let kubeconfig = plane.admin_kubeconfig();
        let config = load_config(&kubeconfig).await?;
        Ok(Self { plane, config, kubeconfig, ended: false })
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The bed's folder.
    pub fn dir(&self) -> &Path {
        &self.plane.dir
    }

    /// The control plane.
    pub fn plane(&self) -> &Plane {
        &self.plane
    }

    /// The bed's real nodes; an error if it was started without any.
    pub fn real(&self) -> Result<RealNodes> {
        RealNodes::open(Plane::open(&self.plane.dir, self.plane.binaries.clone())?)
    }

    /// A new client for the administrator, without any limit of its own. It lives in the Tokio
    /// runtime that calls this: with a runtime per test, take a client per test.
    pub fn client(&self) -> Result<Client> {
        Client::try_from(self.config.clone()).context("cannot make a client for the bed")
    }

    /// A kubeconfig for another user, by client certificate. At most two groups.
    pub fn kubeconfig_for(&self, user: &str, groups: &[&str]) -> Result<PathBuf> {
        let path = self.plane.dir.join(format!("user-{}.kubeconfig", user.replace([':', '/'], "-")));
        self.plane.write_kubeconfig_at(&path, user, groups)?;
        Ok(path)
    }

    /// A client for another user. See [`Bed::kubeconfig_for`] and [`Bed::client`].
    pub async fn client_for(&self, user: &str, groups: &[&str]) -> Result<Client> {
        let config = load_config(&self.kubeconfig_for(user, groups)?).await?;
        Client::try_from(config).context("cannot make a client for the bed")
    }

    /// Lets the bed live on after this value and this process.
    pub fn release(mut self) -> Result<()> {
        self.plane.processes.release()?;
        self.ended = true;
        Ok(())
    }

    /// Ends the bed and removes everything of it. Unlike a drop it says what went wrong.
    pub async fn stop(mut self) -> Result<()> {
        tokio::task::spawn_blocking(move || self.end()).await?
    }

    fn end(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.ended, true) {
            return Ok(());
        }
        self.plane.processes.end()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        if self.plane.processes.is_owned()
            && let Err(error) = self.end()
        {
            eprintln!("testbed: {error:#}");
        }
    }
}

async fn load_config(path: &Path) -> Result<Config> {
    let kubeconfig = Kubeconfig::read_from(path)?;
    Ok(Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?)
}
