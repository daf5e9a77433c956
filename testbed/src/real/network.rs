//! The network of a bed with real nodes.
//!
//! ```text
//!  host namespace            gateway namespace                 node namespaces
//!  bt<x> 10.x.1.1 ────────── 10.x.1.2   br0 10.x.0.1 ─┬─────── eth0 10.x.0.<10+i>   pods 10.x.<64+i>.0/24
//!  apiserver                 kube-proxy               └─────── …
//! ```
//!
//! The control plane listens at the host's end of the link, so that pods reach it. The gateway
//! stands for what is outside the cluster: the host's requests to pods and Service addresses go
//! through it, whichever nodes are down. All of it belongs to the gateway's namespace, and goes
//! with the one process that holds it.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::shell::{ip, ip_in, run, set_in};
use crate::files;
use crate::process::Processes;

const GATEWAY: &str = "gateway";

/// The addresses of a bed: everything is in 10.x.0.0/16 of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    block: u8,
}

impl Network {
    /// Takes a free block of addresses, links it to this host, and starts the gateway. Before the
    /// control plane, which listens at [`Network::host_ip`].
    pub fn create(dir: &Path, processes: &Processes) -> Result<Self> {
        let network = Self::claim()?;
        files::create_dir(&dir.join("real"))?;
        files::write(&dir.join("real/block"), &network.block.to_string())?;
        // The link goes with the gateway, but not if that never comes to hold its other end.
        processes.at_end("50-link", &format!("ip link delete {}\n", network.host_link()))?;
        network.start_gateway(processes).inspect_err(|_| {
            ip(&[format!("link delete {}", network.host_link())]).ok();
        })?;
        Ok(network)
    }

    /// The network of the bed in this folder.
    pub fn open(dir: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(dir.join("real/block"));
        let block = text.ok().and_then(|text| text.trim().parse().ok());
        let block = block.context("this bed was started without real nodes; start one with them")?;
        Ok(Self { block })
    }

    /// Making the link is the claim: the kernel lets only one bed have the name.
    fn claim() -> Result<Self> {
        let taken = run(Command::new("ip").args(["-4", "-oneline", "address"]))?
            + &run(Command::new("ip").args(["-4", "route", "show", "table", "all"]))?;
        for block in 200..250_u8 {
            if taken.contains(&format!("10.{block}.")) {
                continue;
            }
            let network = Self { block };
            let link = network.host_link();
            let add = format!("link add {link} type veth peer name {link}-gw");
            match ip(&[add]) {
                Ok(()) => return Ok(network),
                Err(error) if error.to_string().contains("File exists") => {}
                Err(error) => return Err(error),
            }
        }
        bail!(
            "all address blocks 10.200.0.0/16 to 10.249.0.0/16 are in use on this machine; end other test beds"
        )
    }

    fn start_gateway(self, processes: &Processes) -> Result<()> {
        let pid = processes.spawn(GATEWAY, Command::new("unshare").args(["--net", "sleep", "infinity"]))?;
        wait_for_namespace(pid)?;
        let link = self.host_link();
        let [a, b] = [10, self.block];
        ip(&[
            format!("link set {link}-gw netns {pid} name host0"),
            format!("address add {}/30 dev {link}", self.host_ip()),
            format!("link set {link} up"),
        ])?;
        ip_in(
            pid,
            &[
                "link set lo up".to_owned(),
                format!("address add {a}.{b}.1.2/30 dev host0"),
                "link set host0 up".to_owned(),
                "link add br0 type bridge".to_owned(),
                format!("address add {}/24 dev br0", self.gateway_ip()),
                "link set br0 up".to_owned(),
            ],
        )?;
        set_in(pid, "net/ipv4/ip_forward", "1")?;
        // What the bridge carries between nodes is no business of the gateway's packet filter.
        set_in(pid, "net/bridge/bridge-nf-call-iptables", "0")?;
        let via = format!("via {a}.{b}.1.2 dev {link}");
        ip(&[
            format!("route add {a}.{b}.0.0/24 {via}"),
            format!("route add {} {via}", self.pod_cidr()),
            format!("route add {} {via}", self.service_cidr()),
        ])
    }

    /// The process that holds the gateway's namespace.
    pub(super) fn gateway(processes: &Processes) -> Result<u32> {
        let pid = processes.pid(GATEWAY).filter(|_| processes.is_running(GATEWAY));
        pid.context("the bed's gateway is not running: end the bed and start another")
    }

    /// The host's address that nodes and pods reach: where the apiserver listens.
    pub fn host_ip(self) -> Ipv4Addr {
        Ipv4Addr::new(10, self.block, 1, 1)
    }

    /// The range of Service addresses.
    pub fn service_cidr(self) -> String {
        format!("10.{}.128.0/17", self.block)
    }

    /// The address of the `kubernetes` Service, which the apiserver's certificate must name.
    pub fn kubernetes_service_ip(self) -> Ipv4Addr {
        Ipv4Addr::new(10, self.block, 128, 1)
    }

    /// The address of the cluster's DNS.
    pub fn dns_ip(self) -> Ipv4Addr {
        Ipv4Addr::new(10, self.block, 128, 10)
    }

    /// The range of all pods' addresses.
    pub fn pod_cidr(self) -> String {
        format!("10.{}.64.0/18", self.block)
    }

    pub(super) fn gateway_ip(self) -> Ipv4Addr {
        Ipv4Addr::new(10, self.block, 0, 1)
    }

    pub(super) fn node_ip(self, index: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, self.block, 0, 10 + index)
    }

    pub(super) fn node_pod_cidr(self, index: u8) -> String {
        format!("10.{}.{}.0/24", self.block, 64 + index)
    }

    /// The name of the bed's control groups.
    pub(super) fn cgroup(self) -> String {
        format!("berth-testbed-{}", self.block)
    }

    fn host_link(self) -> String {
        format!("bt{}", self.block)
    }
}

/// Waits until a process that was just started has a network namespace of its own.
pub(super) fn wait_for_namespace(pid: u32) -> Result<()> {
    let own = std::fs::read_link("/proc/self/ns/net")?;
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match std::fs::read_link(format!("/proc/{pid}/ns/net")) {
            Ok(namespace) if namespace != own => return Ok(()),
            Ok(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
            _ => {
                bail!("`unshare` does not get a network namespace: are containers allowed to be nested here?")
            }
        }
    }
}
