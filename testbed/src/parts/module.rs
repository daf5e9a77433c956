//! The Go modules that the parts come from.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::Part;

/// A folder under `testbed/parts`.
#[derive(Debug)]
pub(super) struct Module {
    pub name: &'static str,
    pub parts: &'static [Part],
    pub tags: &'static str,
    pub ldflags: &'static str,
}

pub(super) static ALL: [Module; 6] = [
    Module {
        name: "kubernetes",
        parts: &[
            Part::Etcd,
            // First of the Kubernetes programs: it compiles what all the others share.
            Part::KubeApiserver,
            Part::KubeControllerManager,
            Part::KubeScheduler,
            Part::Kubectl,
            Part::Etcdctl,
            Part::Kubelet,
            Part::KubeProxy,
        ],
        tags: "",
        // Clients that read the version as semver (Helm's kubeVersion check among them) refuse a
        // cluster built without these.
        ldflags: "-s -w -X k8s.io/component-base/version.gitVersion=v1.37.1 \
                  -X k8s.io/component-base/version.gitMajor=1 \
                  -X k8s.io/component-base/version.gitMinor=37 \
                  -X k8s.io/component-base/version.gitTreeState=clean",
    },
    Module { name: "kwok", parts: &[Part::Kwok], tags: "", ldflags: "-s -w" },
    Module {
        name: "helm",
        parts: &[Part::Helm],
        tags: "",
        ldflags: "-s -w -X helm.sh/helm/v4/internal/version.version=v4.2.4",
    },
    Module {
        name: "containerd",
        parts: &[Part::Containerd, Part::ContainerdShim, Part::Ctr],
        tags: "no_btrfs,no_zfs,no_devmapper,no_aufs,no_tracing",
        ldflags: "-s -w -X github.com/containerd/containerd/v2/version.Version=v2.4.2",
    },
    Module { name: "coredns", parts: &[Part::Coredns], tags: "", ldflags: "-s -w" },
    Module { name: "health", parts: &[Part::Health], tags: "", ldflags: "-s -w" },
];

impl Module {
    /// The module's folder in the source tree.
    pub(super) fn source(&self) -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "parts", self.name].iter().collect()
    }

    /// The module's files: names and contents, in order of names.
    pub(super) fn files(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let dir = self.source();
        let missing = || format!("cannot read {}: the test bed needs its source tree", dir.display());
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&dir).with_context(missing)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, std::fs::read(&path).with_context(missing)?));
        }
        files.sort();
        Ok(files)
    }

    /// What decides about the programs: the module's files, flags and tags.
    pub(super) fn hash(&self) -> Result<String> {
        let mut hash = Sha256::new();
        for (name, bytes) in self.files()? {
            hash.update(name.as_bytes());
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
        hash.update(self.tags.as_bytes());
        hash.update([0]);
        hash.update(self.ldflags.as_bytes());
        let mut text = String::new();
        for byte in hash.finalize().iter().take(8) {
            write!(text, "{byte:02x}")?;
        }
        Ok(text)
    }

    /// The oldest Go that the module accepts: its `go` line.
    pub(super) fn go_version(&self) -> Result<String> {
        let text = std::fs::read_to_string(self.source().join("go.mod"))?;
        let line = text.lines().find_map(|l| l.strip_prefix("go "));
        Ok(line.with_context(|| format!("{}/go.mod has no `go` line", self.name))?.trim().to_owned())
    }
}
