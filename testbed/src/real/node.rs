//! One node: its files, its process, its link.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::network::{Network, wait_for_namespace};
use super::shell::{ip_in, run, set_in};
use super::{RealNode, cgroup, config, needs};
use crate::files;
use crate::parts::{self, Part};
use crate::plane::Plane;

const INIT: &str = include_str!("node.sh");

/// A node of a bed, as its folder remembers it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Node {
    /// From 1 on; decides about addresses.
    pub index: u8,
    pub spec: RealNode,
}

impl Node {
    /// All nodes of a bed, in the order of their indices.
    pub(super) fn all(plane: &Plane) -> Result<Vec<Self>> {
        let mut nodes = Vec::new();
        for entry in std::fs::read_dir(nodes_dir(plane)).into_iter().flatten() {
            let path = entry?.path().join("node.json");
            if !path.exists() {
                continue; // Being prepared: that file is written last.
            }
            let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            nodes.push(serde_json::from_slice::<Self>(&text)?);
        }
        nodes.sort_by_key(|node| node.index);
        Ok(nodes)
    }

    /// The name of the node's process.
    pub(super) fn process(&self) -> String {
        format!("node-{}", self.spec.name)
    }

    pub(super) fn is_running(&self, plane: &Plane) -> bool {
        plane.processes.is_running(&self.process())
    }

    fn pid(&self, plane: &Plane) -> Result<u32> {
        let pid = plane.processes.pid(&self.process()).filter(|_| self.is_running(plane));
        pid.with_context(|| format!("the node {} is not running: restart it first", self.spec.name))
    }

    fn dir(&self, plane: &Plane) -> PathBuf {
        nodes_dir(plane).join(&self.spec.name)
    }

    fn link(&self) -> String {
        format!("node{}", self.index)
    }

    fn cgroup(&self, network: Network) -> String {
        format!("{}/{}", network.cgroup(), self.spec.name)
    }

    /// Writes the node's files.
    pub(super) fn prepare(&self, plane: &Plane, network: Network) -> Result<()> {
        let dir = self.dir(plane);
        check_visible(&dir)?;
        for folder in ["var/lib/kubelet", "var/lib/containerd", "var/lib/cni", "var/log", "imported", "cni"] {
            files::create_dir(&dir.join(folder))?;
        }
        let name = &self.spec.name;
        let write = |file: &str, text: &str| files::write(&dir.join(file), text);
        plane.write_kubeconfig_at(
            &dir.join("kubelet.kubeconfig"),
            &format!("system:node:{name}"),
            &["system:nodes"],
        )?;
        plane.write_kubeconfig_at(&dir.join("kube-proxy.kubeconfig"), "system:kube-proxy", &[])?;
        let plugins = needs::cni_folder().context("the CNI plugins are missing")?;
        let runc = needs::find("runc").context("runc is missing")?;
        let ip = network.node_ip(self.index);
        write("init.sh", INIT)?;
        let registries = crate::registry::folder(&plane.dir);
        files::create_dir(&registries)?;
        let containerd = config::containerd(plugins, &dir.join("cni"), &runc, &registries);
        write("containerd.toml", &containerd)?;
        let cni = config::cni(&network.node_pod_cidr(self.index));
        write("cni/10-pods.conflist", &cni.to_string())?;
        let kubelet = config::kubelet(&self.spec, ip, plane.dns_ip, &self.cgroup(network), &plane.ca_path())?;
        write("kubelet.yaml", &kubelet.to_string())?;
        let proxy = config::kube_proxy(network, name, &dir.join("kube-proxy.kubeconfig"));
        write("kube-proxy.yaml", &proxy.to_string())?;
        write("ip", &ip.to_string())?;
        write("labels", &self.spec.all_labels())?;
        write("machine-id", &random_id()?.replace('-', ""))?;
        write("node.json", &serde_json::to_string(self)?)
    }

    /// Starts the node's process and links it to the others.
    pub(super) fn start(&self, plane: &Plane, network: Network) -> Result<()> {
        let dir = self.dir(plane);
        let gateway = Network::gateway(&plane.processes)?;
        // What a crash left: the kubelet takes long over groups that it does not know.
        cgroup::remove(&self.cgroup(network))?;
        cgroup::create(&self.cgroup(network))?;
        ip_in(gateway, &[format!("link delete {}", self.link())]).ok();
        std::fs::remove_file(dir.join("wired")).ok();
        files::write(&dir.join("boot-id"), &random_id()?)?;

        let mut command = Command::new("unshare");
        command
            .args(["--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"])
            .arg("sh")
            .arg(dir.join("init.sh"))
            .arg(&dir)
            .arg(&self.spec.name)
            .arg(images_dir(plane))
            .arg(plane.dir.join("logs"))
            .env("PATH", search_path(plane)?);
        let pid = plane.processes.spawn(&self.process(), &mut command)?;
        wait_for_namespace(pid)?;
        self.link_up(plane, network, gateway, pid)?;
        files::write(&dir.join("wired"), "")
    }

    fn link_up(&self, plane: &Plane, network: Network, gateway: u32, pid: u32) -> Result<()> {
        let link = self.link();
        let route = |node: &Self| {
            format!("route replace {} via {}", network.node_pod_cidr(node.index), network.node_ip(node.index))
        };
        ip_in(
            gateway,
            &[
                format!("link add {link} type veth peer name eth0 netns {pid}"),
                format!("link set {link} master br0 up"),
                route(self),
            ],
        )?;
        let mut lines = vec![
            "link set lo up".to_owned(),
            format!("address add {}/24 dev eth0", network.node_ip(self.index)),
            "link set eth0 up".to_owned(),
            format!("route add default via {}", network.gateway_ip()),
        ];
        for other in Self::all(plane)?.iter().filter(|other| other.index != self.index) {
            lines.push(route(other));
            // One that came earlier does not know of this one; one that is down learns it later.
            if let Ok(pid) = other.pid(plane) {
                ip_in(pid, &[route(self)]).ok();
            }
        }
        ip_in(pid, &lines)?;
        set_in(pid, "net/ipv4/ip_forward", "1")
    }

    /// Ends the node as a power cut would.
    pub(super) fn crash(&self, plane: &Plane, network: Network) -> Result<()> {
        plane.processes.kill(&self.process())?;
        cgroup::remove(&self.cgroup(network))
    }

    /// Cuts the node's link or joins it again.
    pub(super) fn set_link(&self, plane: &Plane, up: bool) -> Result<()> {
        let gateway = Network::gateway(&plane.processes)?;
        let state = if up { "up" } else { "down" };
        ip_in(gateway, &[format!("link set {} {state}", self.link())])
    }

    /// The boot id of the node's last start, by which its own reports tell themselves from older ones.
    pub(super) fn boot_id(&self, plane: &Plane) -> Result<String> {
        Ok(std::fs::read_to_string(self.dir(plane).join("boot-id"))?.trim().to_owned())
    }

    /// Imports an archive from the bed's folder of images.
    pub(super) fn import(&self, plane: &Plane, archive: &Path) -> Result<()> {
        let pid = self.pid(plane)?.to_string();
        let ctr = |arguments: &[&str]| {
            let mut command = Command::new("nsenter");
            command.args(["--target", &pid, "--mount"]).arg(plane.binaries.path(Part::Ctr)?);
            run(command.args(["--namespace", "k8s.io", "images"]).args(arguments))
        };
        let path = archive.to_str().context("the path of an image archive must be text")?;
        let printed = ctr(&["import", path])?;
        let name = archive.file_name().unwrap_or_default();
        files::write(&self.dir(plane).join("imported").join(name), &printed)?;
        // The kubelet's view of the images follows by an event: one label tells that it has come.
        let deadline = Instant::now() + Duration::from_secs(10);
        while !ctr(&["list", "--quiet", "labels.\"io.cri-containerd.image\"!=managed"])?.trim().is_empty() {
            if Instant::now() > deadline {
                bail!("containerd on {} does not take up the image {}", self.spec.name, archive.display());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

/// Where the nodes' folders are.
fn nodes_dir(plane: &Plane) -> PathBuf {
    plane.dir.join("real/nodes")
}

/// Where the archives are that every node imports when it starts.
pub(super) fn images_dir(plane: &Plane) -> PathBuf {
    plane.dir.join("real/images")
}

/// Nodes have these folders for themselves, so nothing of this machine's can be seen in them.
fn check_visible(path: &Path) -> Result<()> {
    ensure!(
        !["/run/", "/var/lib/", "/var/log/"].iter().any(|hidden| path.starts_with(hidden)),
        "real nodes cannot see {}; choose a folder elsewhere for the bed and for {}",
        path.display(),
        parts::CACHE
    );
    Ok(())
}

/// Where the node's programs are: what was built here, then the system's.
fn search_path(plane: &Plane) -> Result<OsString> {
    let mut folders = Vec::new();
    for part in Part::REAL_NODES {
        let path = plane.binaries.path(part)?;
        check_visible(path)?;
        folders.extend(path.parent().map(Path::to_owned));
    }
    folders.dedup();
    folders.extend(
        ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(PathBuf::from),
    );
    std::env::join_paths(folders).context("the cache's path must not hold a colon")
}

fn random_id() -> Result<String> {
    Ok(std::fs::read_to_string("/proc/sys/kernel/random/uuid")?.trim().to_owned())
}
