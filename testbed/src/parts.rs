//! The programs that a bed is made of: built from their Go modules on first use, then cached.
//!
//! Every folder under `testbed/parts` is a Go module that pins one set of programs by its
//! `go.mod` and `go.sum`. A module's folder in the cache is named by the hash of everything in it
//! and of how it is built, so a changed pin never meets an old program, and a second call costs a
//! few reads.

mod build;
mod module;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::files;
use module::Module;

/// Names another folder for the cache of built programs.
pub const CACHE: &str = "BERTH_TESTBED_CACHE";

/// A program that a bed may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The store behind the apiserver.
    Etcd,
    /// Its command line.
    Etcdctl,
    /// The Kubernetes API.
    KubeApiserver,
    /// Kubernetes' own controllers.
    KubeControllerManager,
    /// The scheduler.
    KubeScheduler,
    /// The command line.
    Kubectl,
    /// The node agent of real nodes.
    Kubelet,
    /// Services on real nodes.
    KubeProxy,
    /// Simulated nodes.
    Kwok,
    /// The chart installer.
    Helm,
    /// The container runtime of real nodes.
    Containerd,
    /// Its helper for every pod.
    ContainerdShim,
    /// Its command line.
    Ctr,
    /// The cluster's DNS.
    Coredns,
    /// What kstatus and Argo CD's Lua say about an object.
    Health,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 15] = [
        Self::Etcd,
        Self::Etcdctl,
        Self::KubeApiserver,
        Self::KubeControllerManager,
        Self::KubeScheduler,
        Self::Kubectl,
        Self::Kubelet,
        Self::KubeProxy,
        Self::Kwok,
        Self::Helm,
        Self::Containerd,
        Self::ContainerdShim,
        Self::Ctr,
        Self::Coredns,
        Self::Health,
    ];

    /// What every bed needs.
    pub const CONTROL_PLANE: [Self; 6] = [
        Self::Etcd,
        Self::Etcdctl,
        Self::KubeApiserver,
        Self::KubeControllerManager,
        Self::KubeScheduler,
        Self::Kubectl,
    ];

    /// What real nodes need on top.
    pub const REAL_NODES: [Self; 6] =
        [Self::Kubelet, Self::KubeProxy, Self::Containerd, Self::ContainerdShim, Self::Ctr, Self::Coredns];

    /// The program's file name.
    pub fn name(self) -> &'static str {
        self.recipe().0
    }

    /// The version that its module pins, for people.
    fn version(self) -> &'static str {
        match self {
            Self::Etcd | Self::Etcdctl => "3.7.0",
            Self::Kwok => "0.8.0",
            Self::Helm => "4.2.4",
            Self::Containerd | Self::ContainerdShim | Self::Ctr => "2.4.2",
            Self::Coredns => "1.15.0",
            Self::Health => "",
            _ => "1.37.1",
        }
    }

    /// File name and Go package.
    fn recipe(self) -> (&'static str, &'static str) {
        match self {
            Self::Etcd => ("etcd", "go.etcd.io/etcd/server/v3"),
            Self::Etcdctl => ("etcdctl", "go.etcd.io/etcd/etcdctl/v3"),
            Self::KubeApiserver => ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
            Self::KubeControllerManager => {
                ("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager")
            }
            Self::KubeScheduler => ("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
            Self::Kubectl => ("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
            Self::Kubelet => ("kubelet", "k8s.io/kubernetes/cmd/kubelet"),
            Self::KubeProxy => ("kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy"),
            Self::Kwok => ("kwok", "sigs.k8s.io/kwok/cmd/kwok"),
            Self::Helm => ("helm", "helm.sh/helm/v4/cmd/helm"),
            Self::Containerd => ("containerd", "github.com/containerd/containerd/v2/cmd/containerd"),
            Self::ContainerdShim => {
                ("containerd-shim-runc-v2", "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2")
            }
            Self::Ctr => ("ctr", "github.com/containerd/containerd/v2/cmd/ctr"),
            Self::Coredns => ("coredns", "."),
            Self::Health => ("health", "."),
        }
    }

    /// The part of this file name.
    pub fn by_name(name: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|p| p.name() == name) {
            Some(part) => Ok(part),
            None => {
                let known: Vec<_> = Self::ALL.iter().map(|p| p.name()).collect();
                bail!("there is no part `{name}`; the parts are {}", known.join(", "))
            }
        }
    }
}

/// Where the programs are.
#[derive(Clone, Debug, Default)]
pub struct Binaries(BTreeMap<Part, PathBuf>);

impl Binaries {
    /// The path of a program.
    pub fn path(&self, part: Part) -> Result<&Path> {
        self.0.get(&part).map(PathBuf::as_path).with_context(|| {
            format!("{} was not asked for when the bed was built; name it in `parts::ensure`", part.name())
        })
    }
}

/// Makes sure that `parts` are built, telling what it does on standard error, and returns where
/// they are. Blocks; a first build takes minutes.
pub fn ensure(parts: &[Part]) -> Result<Binaries> {
    let cache = cache_dir()?;
    let mut binaries = Binaries::default();
    for module in &module::ALL {
        let wanted: Vec<Part> = module.parts.iter().copied().filter(|p| parts.contains(p)).collect();
        if !wanted.is_empty() {
            for (part, path) in ensure_module(&cache, module, &wanted)? {
                binaries.0.insert(part, path);
            }
        }
    }
    Ok(binaries)
}

fn ensure_module(cache: &Path, module: &Module, wanted: &[Part]) -> Result<Vec<(Part, PathBuf)>> {
    let dir = cache.join(format!("{}-{}", module.name, module.hash()?));
    let paths: Vec<_> = wanted.iter().map(|p| (*p, dir.join(p.name()))).collect();
    if paths.iter().all(|(_, path)| path.exists()) {
        return Ok(paths);
    }
    files::create_dir(&dir)?;
    // Another builder may be at work: after the wait its programs are there.
    let lock = std::fs::File::create(dir.join(".lock")).context("cannot lock the cache")?;
    lock.lock().context("cannot lock the cache")?;
    for (part, path) in &paths {
        if !path.exists() {
            build::build(module, *part, path)?;
        }
    }
    Ok(paths)
}

/// `$BERTH_TESTBED_CACHE`, or `berth-testbed` in the user's cache folder.
pub fn cache_dir() -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(dir) = set(CACHE) {
        return std::path::absolute(dir).context("cannot resolve the cache folder");
    }
    let user = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    let user = user.with_context(|| format!("neither {CACHE} nor HOME is set: set {CACHE} to a folder"))?;
    Ok(user.join("berth-testbed"))
}
