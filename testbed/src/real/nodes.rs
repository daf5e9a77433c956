//! The nodes of a bed, as this process works on them. Everything here blocks.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::network::Network;
use super::node::{Node, images_dir};
use super::{RealNode, cgroup, config, dns, kubectl, needs};
use crate::files;
use crate::image;
use crate::parts::Part;
use crate::plane::Plane;

/// How long a node may take until it is Ready, on a machine that has much else to do.
const READY: Duration = Duration::from_secs(90);

/// The nodes of one bed.
#[derive(Debug)]
pub(super) struct Nodes {
    /// The bed's plane: one's own view of it, since the bed ends by its folder, not by this.
    pub plane: Plane,
    pub network: Network,
}

impl Nodes {
    pub(super) fn open(plane: Plane) -> Result<Self> {
        let network = Network::open(&plane.dir)?;
        Ok(Self { plane, network })
    }

    /// Starts the first nodes and the cluster's DNS.
    pub(super) fn start(&self, specs: Vec<RealNode>) -> Result<()> {
        needs::check()?;
        let plane = &self.plane;
        let first = specs.first().context("name at least one node")?.name.clone();
        files::create_dir(&images_dir(plane))?;
        self.provide_image(&image::pause_image()?)?;
        self.provide_image(&image::coredns_image(plane.binaries.path(Part::Coredns)?)?)?;
        let script = cgroup::removal_script(&self.network.cgroup());
        plane.processes.at_end("40-control-groups", &script)?;
        // A bed that had this block of addresses before may have been cut off in its clean-up.
        cgroup::remove(&self.network.cgroup())?;
        dns::apply(plane, plane.dns_ip, specs.len().min(2))?;
        let names = self.start_nodes(specs)?;
        self.start_gateway_proxy(&first)?;
        self.wait_ready(&names)?;
        dns::wait(plane.dns_ip, READY)
    }

    /// Starts another node.
    pub(super) fn add(&self, spec: RealNode) -> Result<()> {
        let names = self.start_nodes(vec![spec])?;
        self.wait_ready(&names)
    }

    fn start_nodes(&self, specs: Vec<RealNode>) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for spec in specs {
            spec.check()?;
            let known = Node::all(&self.plane)?;
            ensure!(
                known.iter().all(|node| node.spec.name != spec.name),
                "there is a node {} already; `restart` starts it again",
                spec.name
            );
            let index = known.last().map_or(1, |node| node.index + 1);
            ensure!(index < 60, "a bed has room for 59 real nodes");
            names.push(spec.name.clone());
            let node = Node { index, spec };
            node.prepare(&self.plane, self.network)?;
            node.start(&self.plane, self.network)?;
        }
        Ok(names)
    }

    /// Services as seen from this host. kube-proxy wants a node to work for: the name of one does.
    fn start_gateway_proxy(&self, node: &str) -> Result<()> {
        let plane = &self.plane;
        let kubeconfig = plane.dir.join("real/gateway.kubeconfig");
        plane.write_kubeconfig_at(&kubeconfig, "system:kube-proxy", &[])?;
        let config = plane.dir.join("real/gateway.yaml");
        files::write(&config, &config::kube_proxy(self.network, node, &kubeconfig).to_string())?;
        let gateway = Network::gateway(&plane.processes)?.to_string();
        let mut command = Command::new("nsenter");
        command.args(["--target", &gateway, "--net"]).arg(plane.binaries.path(Part::KubeProxy)?);
        plane.processes.spawn("gateway-kube-proxy", command.arg("--config").arg(config))?;
        Ok(())
    }

    /// Makes an image known to all running nodes, and to the others when they start.
    pub(super) fn import_image(&self, archive: &Path) -> Result<()> {
        let copy = self.provide_image(archive)?;
        let nodes = Node::all(&self.plane)?;
        let nodes = nodes.iter().filter(|node| node.is_running(&self.plane));
        // At the same time: unpacking waits for the disk more than for the processor.
        std::thread::scope(|scope| {
            let imports: Vec<_> = nodes.map(|node| scope.spawn(|| node.import(&self.plane, &copy))).collect();
            for import in imports {
                import.join().unwrap_or_else(|_| bail!("the import panicked"))?;
            }
            Ok(())
        })
    }

    /// Puts an archive where nodes find it at their start.
    fn provide_image(&self, archive: &Path) -> Result<PathBuf> {
        let dir = images_dir(&self.plane);
        let name = archive.file_stem().context("an image archive is a file")?;
        let copy = dir.join(name).with_extension("tar");
        // Renamed when complete: a node that starts at this moment imports what it finds.
        let unfinished = copy.with_extension("unfinished");
        std::fs::copy(archive, &unfinished)
            .and_then(|_| std::fs::rename(&unfinished, &copy))
            .with_context(|| format!("cannot copy the image archive {}", archive.display()))?;
        Ok(copy)
    }

    /// The node of this name.
    pub(super) fn node(&self, name: &str) -> Result<Node> {
        let nodes = Node::all(&self.plane)?;
        let names: Vec<_> = nodes.iter().map(|node| node.spec.name.clone()).collect();
        let found = nodes.into_iter().find(|node| node.spec.name == name);
        found.with_context(|| format!("there is no real node {name}; there are {}", names.join(", ")))
    }

    /// Starts a node again.
    pub(super) fn restart(&self, name: &str) -> Result<()> {
        let node = self.node(name)?;
        node.crash(&self.plane, self.network)?;
        node.start(&self.plane, self.network)?;
        self.wait_ready(&[name.to_owned()])
    }

    /// Waits until nodes report Ready from the start that they are in, and may be used.
    fn wait_ready(&self, names: &[String]) -> Result<()> {
        const REPORT: &str = r#"jsonpath={range .items[*]}{.metadata.name} {.status.nodeInfo.bootID} {.status.conditions[?(@.type=="Ready")].status} {.spec.taints[*].key}{"\n"}{end}"#;
        let mut wanted = Vec::new();
        for name in names {
            wanted.push(format!("{name} {} True", self.node(name)?.boot_id(&self.plane)?));
        }
        let deadline = Instant::now() + READY;
        loop {
            let report = kubectl::run(&self.plane, &["get", "nodes", "--output", REPORT])?;
            let usable = |line: &str| !line.contains(" node.kubernetes.io/");
            if wanted.iter().all(|w| report.lines().any(|line| line.starts_with(w) && usable(line))) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!(
                    "the nodes {} are not all Ready after {READY:?}; their logs are in {}. The API has:\n{report}",
                    names.join(", "),
                    self.plane.dir.join("logs").display()
                );
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Ends all nodes.
    pub(super) fn stop(&self) -> Result<()> {
        for node in Node::all(&self.plane)? {
            node.crash(&self.plane, self.network)?;
        }
        self.plane.processes.kill("gateway-kube-proxy")?;
        self.plane.processes.kill("gateway")?;
        cgroup::remove(&self.network.cgroup())
    }
}
