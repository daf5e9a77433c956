//! A volume of Docker → scratch space, memory, NFS, a path of the node, or what its name is mapped to.

use super::{Asked, claim_name};
use crate::api::task_definition::volume::DockerVolumeConfiguration;
use crate::model::{TaskVolume, VolumeSource};
use std::collections::BTreeMap;

impl Asked<'_> {
    pub(super) fn docker(&mut self, volume: &DockerVolumeConfiguration) -> VolumeSource {
        let member = "dockerVolumeConfiguration";
        let shared = volume.scope.as_deref() == Some("shared");
        if !shared && volume.autoprovision == Some(true) {
            let message = "autoprovision is for volumes of scope shared: one of scope task is always made";
            self.refuse(&format!("{member}.autoprovision"), message);
        }
        let none = BTreeMap::new();
        let options = volume.driver_opts.as_ref().unwrap_or(&none);
        let driver = volume.driver.as_deref().filter(|driver| !driver.is_empty()).unwrap_or("local");
        match driver {
            "local" if !options.is_empty() || !shared => self.local(options, shared),
            _ if shared => self.claim(member, self.name),
            _ => self.made_for_a_task(driver, options),
        }
    }

    /// Docker's own driver hands its options to mount(8).
    fn local(&mut self, options: &BTreeMap<String, String>, shared: bool) -> VolumeSource {
        let member = "dockerVolumeConfiguration.driverOpts";
        let given = |name: &str| options.get(name).map(String::as_str).unwrap_or_default();
        let (kind, device, mount) = (given("type"), given("device"), given("o"));
        let mut words = mount.split(',').map(str::trim);
        match kind {
            "" if options.is_empty() => VolumeSource::Scratch,
            "tmpfs" if shared => {
                let message = format!(
                    "Kubernetes shares no memory between tasks: write scope task for memory of each task's own, or, in \
                     place of dockerVolumeConfiguration, host: {{sourcePath: /dev/shm/{}}} for that of the node, which \
                     a grant's hostPaths must permit",
                    self.name
                );
                self.refuse(member, message);
                VolumeSource::Scratch
            }
            "tmpfs" => {
                let size = words.find_map(|word| word.strip_prefix("size="));
                if size.is_some_and(|size| mebibytes(size).is_none()) {
                    self.refuse(
                        member,
                        format!("\"{mount}\" has a size that cannot be read: write size=100m"),
                    );
                }
                VolumeSource::Memory { mib: size.and_then(mebibytes) }
            }
            "nfs" | "nfs4" => self.nfs(member, device, mount),
            _ if words.any(|word| matches!(word, "bind" | "rbind")) => self.node(member, device),
            _ => {
                let message = format!(
                    "Kubernetes mounts no \"{kind}\": use type tmpfs or nfs, or o bind, or another volume"
                );
                self.refuse(member, message);
                VolumeSource::Scratch
            }
        }
    }

    fn nfs(&mut self, member: &str, device: &str, mount: &str) -> VolumeSource {
        let (before, path) = device.rsplit_once(':').unwrap_or(("", device));
        let address = mount.split(',').find_map(|word| word.trim().strip_prefix("addr="));
        let server = address.unwrap_or(before).to_owned();
        if server.is_empty() || !path.starts_with('/') {
            self.refuse(member, "an NFS volume needs o: addr=SERVER and device: \":/PATH\"");
        }
        let read_only = mount.split(',').any(|word| word.trim() == "ro");
        VolumeSource::Nfs { server, path: path.to_owned(), read_only }
    }

    /// A volume of another driver that lives as long as its task.
    fn made_for_a_task(&mut self, driver: &str, options: &BTreeMap<String, String>) -> VolumeSource {
        let member = "dockerVolumeConfiguration.driver";
        let size = options.get("size").map(|size| size.trim_end_matches(['G', 'g', 'i', 'b', 'B']));
        let gib = size.and_then(|size| size.parse().ok()).unwrap_or(0);
        let mapping = self.grants.volume(driver);
        if mapping.is_none() && !self.grants.is_open() {
            self.unmapped(member, driver, ("storageClass", "CLASS"));
        } else if mapping.and_then(claim_name).is_some() {
            let message = format!(
                "the mapping of {driver} is one claim; each task needs a volume of its own: map a storageClass"
            );
            self.refuse(member, message);
        } else if gib == 0 {
            self.refuse("dockerVolumeConfiguration.driverOpts", "a volume for each task needs size: GiB");
        }
        let storage_class = mapping.and_then(|mapping| mapping.storage_class.clone());
        VolumeSource::PerTask(TaskVolume {
            storage_class: storage_class.filter(|name| !name.is_empty()),
            gib,
        })
    }
}

/// MiB of mount(8)'s sizes, rounded up: `64m`, `1g`, `65536k`, or bytes.
fn mebibytes(size: &str) -> Option<u32> {
    let lower = size.to_ascii_lowercase();
    let scaled = |suffix: char, factor: u64| Some((lower.strip_suffix(suffix)?.parse::<u64>().ok()?, factor));
    let (number, factor) = scaled('g', 1 << 30)
        .or_else(|| scaled('m', 1 << 20))
        .or_else(|| scaled('k', 1 << 10))
        .or_else(|| Some((lower.parse().ok()?, 1)))?;
    u32::try_from(number.checked_mul(factor)?.div_ceil(1 << 20)).ok().filter(|mib| *mib > 0)
}
