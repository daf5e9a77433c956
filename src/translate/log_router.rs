//! The router of a task in; out come its settings, and what the pod needs so that it finds them.
//!
//! The settings stand in an annotation of the pod and reach the container as a file, so that they live and die with
//! the task and no other object is needed. They hold no secret: those are variables of the router.

mod fluent_bit;
mod fluentd;

use super::names;
use crate::model::access::KeyedObject;
use crate::model::{Container, Include, LogRouter, RouterKind, Service, TaskDefinition, label};
use k8s_openapi::api::core::v1 as corev1;

/// Volume with the settings.
const SETTINGS: &str = "berth-log-router";
/// Volume with the output of the task's containers as their node keeps it.
const OUTPUT: &str = "berth-log-output";
/// Volume with further settings that stand for a file in S3.
const FURTHER: &str = "berth-log-settings";
/// Where the router finds the output.
const OUTPUT_PATH: &str = "/var/log/berth";
/// The task's UID, for settings.
const TASK: &str = "BERTH_TASK_UID";

/// What the settings of a router are made of.
struct Settings<'a> {
    cluster: &'a str,
    definition: String,
    router: &'a LogRouter,
}

/// The router's settings, as the annotation of the pod that they stand in.
pub(super) fn settings(service: &Service, task_definition: &TaskDefinition) -> Option<(String, String)> {
    let router = task_definition.containers.iter().find_map(|container| container.log_router.as_ref())?;
    let settings = Settings { cluster: &service.cluster, definition: task_definition.reference(), router };
    let text = match router.kind {
        RouterKind::FluentBit => fluent_bit::settings(&settings),
        RouterKind::Fluentd => fluentd::settings(&settings),
    };
    Some((label::LOG_ROUTER.to_owned(), text))
}

/// Adds to the router's container what it needs to find its settings and its input.
pub(super) fn equip(container: &Container, pod: &mut corev1::Container) {
    let Some(router) = &container.log_router else { return };
    let field = |name: &str, path: &str| corev1::EnvVar {
        name: name.to_owned(),
        value: None,
        value_from: Some(corev1::EnvVarSource {
            field_ref: Some(corev1::ObjectFieldSelector {
                field_path: path.to_owned(),
                api_version: Some("v1".into()),
            }),
            ..Default::default()
        }),
    };
    let mounts = pod.volume_mounts.get_or_insert_default();
    let mut give = |volume: &str, path: &str| {
        mounts.retain(|known| known.mount_path != path);
        mounts.push(corev1::VolumeMount {
            name: volume.to_owned(),
            mount_path: path.to_owned(),
            sub_path: Some(last(path).to_owned()),
            read_only: Some(true),
            ..Default::default()
        });
    };
    give(SETTINGS, file(router.kind));
    if let Some(Include::Mapped { .. }) = router.include {
        give(FURTHER, external(router.kind));
    }
    let mut variables = vec![field(TASK, "metadata.uid")];
    if router.reads_node {
        variables
            .extend([field("BERTH_POD", "metadata.name"), field("BERTH_NAMESPACE", "metadata.namespace")]);
        // The folder of this very task: what other tasks print is none of its business.
        let own = format!("$(BERTH_NAMESPACE)_$(BERTH_POD)_$({TASK})");
        mounts.push(corev1::VolumeMount {
            name: OUTPUT.to_owned(),
            mount_path: OUTPUT_PATH.to_owned(),
            sub_path_expr: Some(own),
            read_only: Some(true),
            ..Default::default()
        });
    }
    pod.env.get_or_insert_default().extend(variables);
}

/// The volumes that a task with a router has besides its own.
pub(super) fn volumes(task_definition: &TaskDefinition) -> Vec<corev1::Volume> {
    let routers = task_definition.containers.iter().filter_map(|container| container.log_router.as_ref());
    let mut volumes = Vec::new();
    for router in routers {
        let item = corev1::DownwardAPIVolumeFile {
            path: last(file(router.kind)).to_owned(),
            field_ref: Some(corev1::ObjectFieldSelector {
                field_path: format!("metadata.annotations['{}']", label::LOG_ROUTER),
                api_version: Some("v1".into()),
            }),
            ..Default::default()
        };
        volumes.push(corev1::Volume {
            name: SETTINGS.to_owned(),
            downward_api: Some(corev1::DownwardAPIVolumeSource {
                items: Some(vec![item]),
                ..Default::default()
            }),
            ..Default::default()
        });
        volumes.extend(further(router));
        if router.reads_node {
            volumes.push(corev1::Volume {
                name: OUTPUT.to_owned(),
                host_path: Some(corev1::HostPathVolumeSource {
                    path: "/var/log/pods".to_owned(),
                    type_: Some("Directory".to_owned()),
                }),
                ..Default::default()
            });
        }
    }
    volumes
}

/// The volume with the one key that stands for a file in S3.
fn further(router: &LogRouter) -> Option<corev1::Volume> {
    let Some(Include::Mapped { object, key }) = &router.include else { return None };
    let items = Some(vec![corev1::KeyToPath {
        key: key.clone(),
        path: last(external(router.kind)).to_owned(),
        ..Default::default()
    }]);
    let mut volume = corev1::Volume { name: FURTHER.to_owned(), ..Default::default() };
    match object.clone() {
        KeyedObject::ConfigMap(name) => {
            volume.config_map = Some(corev1::ConfigMapVolumeSource { name, items, ..Default::default() });
        }
        KeyedObject::Secret(name) => {
            volume.secret =
                Some(corev1::SecretVolumeSource { secret_name: Some(name), items, ..Default::default() });
        }
    }
    Some(volume)
}

/// The file that the settings include.
fn included(router: &LogRouter) -> Option<&str> {
    router.include.as_ref().map(|include| match include {
        Include::OfImage(path) => path,
        Include::Mapped { .. } => external(router.kind),
    })
}

/// Where each program finds what ECS fetches from S3
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/firelens-taskdef.html>).
const fn external(kind: RouterKind) -> &'static str {
    match kind {
        RouterKind::FluentBit => "/fluent-bit/etc/external.conf",
        RouterKind::Fluentd => "/fluentd/etc/external.conf",
    }
}

/// The name of the file at `path`.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Where each program reads its settings, as ECS has it.
const fn file(kind: RouterKind) -> &'static str {
    match kind {
        RouterKind::FluentBit => "/fluent-bit/etc/fluent-bit.conf",
        RouterKind::Fluentd => "/fluentd/etc/fluent.conf",
    }
}

/// The files that the node keeps of a container's output, as the router sees them.
fn output_of(container: &str) -> String {
    format!("{OUTPUT_PATH}/{}/*.log", names::legal(container))
}

/// What a record is tagged with: `CONTAINER-firelens-TASK`, as ECS has it.
fn tag(container: &str, task: &str) -> String {
    format!("{container}-firelens-{task}")
}

/// A value on one line: what stands in an option cannot become a setting of its own.
fn line(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
