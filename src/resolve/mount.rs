//! Where containers mount volumes: what their mountPoints say, memory and devices of their own.

use crate::api::TaskDefinitionSpec;
use crate::api::task_definition::container::ContainerDefinition;
use crate::api::task_definition::device::LinuxParameters;
use crate::model::{Container, Mount, Violation, Volume, VolumeSource};

/// Shared memory of a container.
const SHM: &str = "/dev/shm";

/// What the mountPoints of the container at `path` say.
pub(super) fn mounts(definition: &ContainerDefinition, path: &str, found: &mut Vec<Violation>) -> Vec<Mount> {
    let mut mounts = Vec::new();
    for (index, point) in definition.mount_points.iter().flatten().enumerate() {
        let path = format!("{path}.mountPoints[{index}]");
        let (volume, place) = (
            point.source_volume.clone().unwrap_or_default(),
            point.container_path.clone().unwrap_or_default(),
        );
        if volume.is_empty() {
            found.push(Violation::new(
                format!("{path}.sourceVolume"),
                "a mount point needs the name of a volume",
            ));
        }
        if !is_absolute(&place) {
            found.push(Violation::new(format!("{path}.containerPath"), not_absolute(&place)));
        }
        mounts.push(Mount { volume, path: place, read_only: point.read_only.unwrap_or(false) });
    }
    mounts
}

/// Mount points lead to volumes that are there.
pub(super) fn known(spec: &TaskDefinitionSpec, volumes: &[Volume], found: &mut Vec<Violation>) {
    for (index, definition) in spec.container_definitions.iter().flatten().enumerate() {
        for (number, point) in definition.mount_points.iter().flatten().enumerate() {
            let Some(name) = point.source_volume.as_ref().filter(|name| !name.is_empty()) else { continue };
            if !volumes.iter().any(|volume| volume.name == *name) {
                let path = format!("spec.containerDefinitions[{index}].mountPoints[{number}].sourceVolume");
                found.push(Violation::new(path, format!("Unknown volume '{name}'.")));
            }
        }
    }
}

/// Gives `containers` what `linuxParameters` mount, which no other container has by volumesFrom.
pub(super) fn own(
    spec: &TaskDefinitionSpec,
    containers: &mut [Container],
    volumes: &mut Vec<Volume>,
    found: &mut Vec<Violation>,
) {
    let shared = spec.ipc_mode.as_deref() == Some("task");
    for (index, definition) in spec.container_definitions.iter().flatten().enumerate() {
        let Some(linux) = &definition.linux_parameters else { continue };
        let name = definition.name.as_deref().unwrap_or_default();
        let path = format!("spec.containerDefinitions[{index}].linuxParameters");
        let mut made = tmpfs(linux, name, &path, found);
        made.extend(shared_memory(linux, if shared { "task" } else { name }, &path, found));
        made.extend(devices(linux, &path, found));
        for (volume, mount) in made {
            for container in containers.iter_mut() {
                let sees = container.name == name || (shared && mount.path == SHM);
                if sees && !container.mounts.contains(&mount) {
                    container.mounts.push(mount.clone());
                }
            }
            match volumes.iter_mut().find(|known| known.name == volume.name) {
                Some(known) => known.source = larger(&known.source, volume.source),
                None => volumes.push(volume),
            }
        }
    }
}

/// Of two sizes of one memory the larger.
fn larger(one: &VolumeSource, other: VolumeSource) -> VolumeSource {
    match (one, &other) {
        (VolumeSource::Memory { mib: Some(one) }, VolumeSource::Memory { mib: Some(two) }) if one > two => {
            VolumeSource::Memory { mib: Some(*one) }
        }
        _ => other,
    }
}

fn tmpfs(
    linux: &LinuxParameters,
    container: &str,
    path: &str,
    found: &mut Vec<Violation>,
) -> Vec<(Volume, Mount)> {
    let mut made = Vec::new();
    for (index, tmpfs) in linux.tmpfs.iter().flatten().enumerate() {
        let path = format!("{path}.tmpfs[{index}]");
        let place = tmpfs.container_path.clone().unwrap_or_default();
        let mib = tmpfs.size.and_then(|size| u32::try_from(size).ok()).filter(|size| *size > 0);
        if mib.is_none() {
            found.push(Violation::new(format!("{path}.size"), "must be at least 1 MiB"));
        }
        if !is_absolute(&place) {
            found.push(Violation::new(format!("{path}.containerPath"), not_absolute(&place)));
        }
        let read_only = tmpfs.mount_options.iter().flatten().any(|option| option == "ro");
        let volume = format!("tmpfs:{container}:{place}");
        made.push((memory(&volume, mib), Mount { volume, path: place, read_only }));
    }
    made
}

fn shared_memory(
    linux: &LinuxParameters,
    owner: &str,
    path: &str,
    found: &mut Vec<Violation>,
) -> Option<(Volume, Mount)> {
    let size = linux.shared_memory_size.filter(|size| *size != 0)?;
    let Ok(mib) = u32::try_from(size) else {
        found.push(Violation::new(format!("{path}.sharedMemorySize"), "must not be negative"));
        return None;
    };
    let volume = format!("shm:{owner}");
    Some((memory(&volume, Some(mib)), Mount { volume, path: SHM.to_owned(), read_only: false }))
}

/// Devices that no device plugin brings; who may have them is judged elsewhere.
fn devices(linux: &LinuxParameters, path: &str, found: &mut Vec<Violation>) -> Vec<(Volume, Mount)> {
    let mut made = Vec::new();
    for (index, device) in linux.devices.iter().flatten().enumerate() {
        let host = device.host_path.clone().unwrap_or_default();
        if super::device::offered(&host).is_some() {
            continue;
        }
        let given = device.container_path.clone().filter(|path| !path.is_empty());
        let written = [("hostPath", Some(&host)), ("containerPath", given.as_ref())];
        for (member, place) in written.into_iter().filter_map(|(member, place)| Some((member, place?))) {
            if !is_absolute(place) || place.split('/').any(|part| part == "..") {
                found.push(Violation::new(format!("{path}.devices[{index}].{member}"), not_absolute(place)));
            }
        }
        let inside = given.unwrap_or_else(|| host.clone());
        let volume = format!("device:{host}");
        let source = VolumeSource::Node { path: host };
        let mount = Mount { volume: volume.clone(), path: inside, read_only: false };
        made.push((Volume { name: volume, source, sub_path: None }, mount));
    }
    made
}

fn memory(name: &str, mib: Option<u32>) -> Volume {
    Volume { name: name.to_owned(), source: VolumeSource::Memory { mib }, sub_path: None }
}

/// Whether a path of a container is absolute, on Linux or on Windows.
fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || path.get(1..2) == Some(":")
}

fn not_absolute(path: &str) -> String {
    format!("\"{path}\" is no absolute path")
}
