//! A service's `volumeConfigurations` → a volume for each of its tasks.

use super::claim_name;
use crate::api::ServiceSpec;
use crate::api::service::volume::ManagedEbsVolume;
use crate::model::lack::{Entry, List};
use crate::model::{TaskDefinition, TaskVolume, Violation, VolumeSource};
use crate::resolve::grants::Grants;

/// What grants call a volume that is configured at launch.
const EBS: &str = "ebs";

/// What the volumes of `definition` are that it leaves to the service, by name.
pub(in crate::resolve) fn volumes(
    spec: &ServiceSpec,
    definition: &TaskDefinition,
    grants: &Grants,
    found: &mut Vec<Violation>,
) -> Vec<(String, TaskVolume)> {
    let open = definition.volumes.iter().filter(|volume| volume.source == VolumeSource::AtLaunch);
    let open: Vec<&str> = open.map(|volume| volume.name.as_str()).collect();
    let mut volumes: Vec<(String, TaskVolume)> = Vec::new();
    for (index, entry) in spec.volume_configurations.iter().flatten().enumerate() {
        let path = format!("spec.volumeConfigurations[{index}]");
        let name = entry.name.clone().unwrap_or_default();
        if !open.contains(&name.as_str()) {
            let message =
                format!("{} has no volume '{name}' that is configuredAtLaunch", definition.reference());
            found.push(Violation::new(format!("{path}.name"), message));
        }
        match &entry.managed_ebs_volume {
            Some(ebs) => {
                volumes.push((name, volume(ebs, &format!("{path}.managedEBSVolume"), grants, found)))
            }
            None => found.push(Violation::new(path, "needs managedEBSVolume")),
        }
    }
    for name in open.iter().filter(|name| !volumes.iter().any(|(known, _)| known == *name)) {
        let message = format!(
            "volume '{name}' of {} is configured at launch: say here what it is",
            definition.reference()
        );
        found.push(Violation::new("spec.volumeConfigurations", message));
    }
    volumes
}

fn volume(ebs: &ManagedEbsVolume, path: &str, grants: &Grants, found: &mut Vec<Violation>) -> TaskVolume {
    let gib = ebs.size_in_gib.and_then(|size| u32::try_from(size).ok()).unwrap_or(0);
    let (least, most) = sizes(ebs.volume_type.as_deref().unwrap_or("gp2"));
    if gib == 0 {
        let message =
            "the size or a snapshot is required; a snapshot of EBS cannot be read here, so write the size";
        found.push(Violation::new(format!("{path}.sizeInGiB"), message));
    } else if gib < least || gib > most {
        let message = format!("must be {least}–{most} GiB for this volumeType");
        found.push(Violation::new(format!("{path}.sizeInGiB"), message));
    }
    let mapping = grants.volume(EBS);
    if mapping.is_none() && !grants.is_open() {
        let entry = Entry::new(List::Volumes, EBS).chosen("storageClass", "CLASS");
        found.push(grants.lacking(path, "no grant says what makes such a volume", entry));
    } else if mapping.and_then(claim_name).is_some() {
        let message = format!(
            "the mapping of {EBS} is one claim; each task needs a volume of its own: map a storageClass"
        );
        found.push(Violation::new(path, message));
    }
    let storage_class = mapping.and_then(|mapping| mapping.storage_class.clone());
    TaskVolume { storage_class: storage_class.filter(|name| !name.is_empty()), gib }
}

/// Least and greatest size of a type of volume in GiB
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceManagedEBSVolumeConfiguration.html>).
fn sizes(volume_type: &str) -> (u32, u32) {
    match volume_type {
        "io1" | "io2" => (4, 16384),
        "st1" | "sc1" => (125, 16384),
        "standard" => (1, 1024),
        _ => (1, 16384),
    }
}
