//! A task's volumes and mounts in, those of a pod out.

use super::names;
use crate::model::{Container, Service, TaskDefinition, TaskVolume, Volume, VolumeSource};
use k8s_openapi::api::core::v1 as corev1;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

/// The pod's volumes; what the definition leaves open is what `service` says.
pub fn volumes(service: &Service, task_definition: &TaskDefinition) -> Vec<corev1::Volume> {
    task_definition.volumes.iter().map(|one| volume(service, one)).collect()
}

fn volume(service: &Service, volume: &Volume) -> corev1::Volume {
    let mut result = corev1::Volume { name: names::legal(&volume.name), ..Default::default() };
    match &volume.source {
        VolumeSource::Scratch => result.empty_dir = Some(corev1::EmptyDirVolumeSource::default()),
        VolumeSource::Memory { mib } => {
            let size_limit = mib.map(|mib| Quantity(names::mebibytes(mib.into())));
            result.empty_dir = Some(corev1::EmptyDirVolumeSource {
                medium: Some("Memory".into()),
                size_limit,
                ..Default::default()
            });
        }
        // Without a type a file stays a file and what is missing becomes a directory, as Docker has it.
        VolumeSource::Node { path } => {
            result.host_path = Some(corev1::HostPathVolumeSource { path: path.clone(), type_: None });
        }
        VolumeSource::Nfs { server, path, read_only } => {
            result.nfs = Some(corev1::NFSVolumeSource {
                server: server.clone(),
                path: path.clone(),
                read_only: read_only.then_some(true),
            });
        }
        VolumeSource::Claim { name } => {
            result.persistent_volume_claim =
                Some(corev1::PersistentVolumeClaimVolumeSource { claim_name: name.clone(), read_only: None });
        }
        VolumeSource::PerTask(own) => result.ephemeral = Some(claim_per_task(own)),
        VolumeSource::AtLaunch => {
            let mut known = service.launch_volumes.iter();
            let said = known.find(|(name, _)| *name == volume.name);
            result.ephemeral = said.map(|(_, own)| claim_per_task(own));
        }
    }
    result
}

fn claim_per_task(volume: &TaskVolume) -> corev1::EphemeralVolumeSource {
    let size = Quantity(format!("{}Gi", volume.gib));
    let requests = BTreeMap::from([("storage".to_owned(), size)]);
    let spec = corev1::PersistentVolumeClaimSpec {
        access_modes: Some(vec!["ReadWriteOnce".into()]),
        resources: Some(corev1::VolumeResourceRequirements { requests: Some(requests), limits: None }),
        storage_class_name: volume.storage_class.clone(),
        ..Default::default()
    };
    let template = corev1::PersistentVolumeClaimTemplate { metadata: None, spec };
    corev1::EphemeralVolumeSource { volume_claim_template: Some(template) }
}

/// The mounts; of two at one path the last counts, as Kubernetes takes only one.
pub fn mounts(task_definition: &TaskDefinition, container: &Container) -> Vec<corev1::VolumeMount> {
    let mut result: Vec<corev1::VolumeMount> = Vec::new();
    for mount in &container.mounts {
        let volume = task_definition.volumes.iter().find(|volume| volume.name == mount.volume);
        result.retain(|known| known.mount_path != mount.path);
        result.push(corev1::VolumeMount {
            name: names::legal(&mount.volume),
            mount_path: mount.path.clone(),
            read_only: mount.read_only.then_some(true),
            sub_path: volume.and_then(|volume| volume.sub_path.clone()),
            ..Default::default()
        });
    }
    result
}
