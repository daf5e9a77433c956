//! The configuration files of a node's programs.

use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::RealNode;
use super::network::Network;
use crate::image::PAUSE;
use crate::plane::CLUSTER_DOMAIN;

/// What the kubelet evicts pods for, and keeps from them.
const EVICTION_MIB: u64 = 100;

/// containerd's configuration.
pub(super) fn containerd(cni_plugins: &Path, cni_config: &Path, runc: &Path, registries: &Path) -> String {
    format!(
        "version = 3
root = '/var/lib/containerd'
state = '/run/containerd'
oom_score = 0
disabled_plugins = ['io.containerd.nri.v1.nri', 'io.containerd.snapshotter.v1.blockfile', \
'io.containerd.snapshotter.v1.erofs', 'io.containerd.differ.v1.erofs']
[grpc]
  address = '/run/containerd/containerd.sock'
[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'overlayfs'
  discard_unpacked_layers = true
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = '{PAUSE}'
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = '{registries}'
[plugins.'io.containerd.cri.v1.runtime']
  enable_selinux = false
  disable_apparmor = true
  # Lowering the score takes a capability that a machine may withhold even from root.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = 'runc'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = 'io.containerd.runc.v2'
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        BinaryName = '{runc}'
        SystemdCgroup = false
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['{plugins}']
    conf_dir = '{config}'
",
        plugins = cni_plugins.display(),
        config = cni_config.display(),
        runc = runc.display(),
        registries = registries.display(),
    )
}

/// How pods get on the network: a routed link each, so that all traffic of a node passes its
/// packet filter, also that between two of its own pods.
pub(super) fn cni(pod_cidr: &str) -> Value {
    json!({
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [
            {
                "type": "ptp",
                "ipMasq": false,
                "ipam": {
                    "type": "host-local",
                    // Forgotten with the node's pods when it crashes.
                    "dataDir": "/run/cni-addresses",
                    "ranges": [[{"subnet": pod_cidr}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": true}},
        ],
    })
}

/// The kubelet's configuration (JSON is YAML).
pub(super) fn kubelet(node: &RealNode, ip: Ipv4Addr, dns: Ipv4Addr, group: &str, ca: &Path) -> Result<Value> {
    Ok(json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "failCgroupV1": false,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": format!("/{group}"),
        "cgroupsPerQOS": true,
        "enforceNodeAllocatable": ["pods"],
        "systemReserved": reserved(node)?,
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "address": ip.to_string(),
        "readOnlyPort": 0,
        "authentication": {
            "anonymous": {"enabled": false},
            "webhook": {"enabled": true},
            "x509": {"clientCAFile": ca},
        },
        "authorization": {"mode": "Webhook"},
        "clusterDomain": CLUSTER_DOMAIN,
        "clusterDNS": [dns.to_string()],
        // No name servers but the cluster's own.
        "resolvConf": "",
        "providerID": format!("testbed:///{}/{}", node.zone, node.name),
        "failSwapOn": false,
        "evictionHard": {"memory.available": format!("{EVICTION_MIB}Mi")},
        // An image that is collected could not be pulled again: there is no registry.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        // Images come by import as well as from registries, and one of them may be the same image under two names.
        "imagePullCredentialsVerificationPolicy": "NeverVerify",
        "serializeImagePulls": false,
        "nodeLeaseDurationSeconds": 4,
        "nodeStatusUpdateFrequency": "2s",
        "nodeStatusReportFrequency": "10s",
        "oomScoreAdj": 0,
        "maxOpenFiles": 20000,
    }))
}

/// What to reserve so that pods get what the node is said to have: every node sees the whole
/// machine's processors and memory.
fn reserved(node: &RealNode) -> Result<Value> {
    let mut reserved = serde_json::Map::new();
    if let Some(wanted) = node.cpu_millis {
        let machine = std::thread::available_parallelism()?.get() as u64 * 1000;
        reserved.insert("cpu".to_owned(), json!(format!("{}m", machine.saturating_sub(u64::from(wanted)))));
    }
    if let Some(wanted) = node.memory_mib {
        let text = std::fs::read_to_string("/proc/meminfo")?;
        let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
        let total = total.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        let total = total.context("cannot read the machine's memory from /proc/meminfo")?;
        let rest = total.saturating_sub((u64::from(wanted) + EVICTION_MIB) * 1024);
        reserved.insert("memory".to_owned(), json!(format!("{rest}Ki")));
    }
    Ok(Value::Object(reserved))
}

/// kube-proxy's configuration (JSON is YAML), for a node or for the gateway in the name of a node.
pub(super) fn kube_proxy(network: Network, node: &str, kubeconfig: &Path) -> Value {
    json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": kubeconfig},
        "clusterCIDR": network.pod_cidr(),
        "hostnameOverride": node,
        // Zero leaves the machine's own settings alone.
        "conntrack": {
            "maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s",
        },
    })
}
