//! Volumes of a task definition → what their content is here: scratch space, the node's, or a claim that an
//! administrator has mapped. Nothing outside the task is guessed: what no grant maps is refused with the remedy.

mod docker;
mod file_system;
pub(super) mod launch;

use super::grants::Grants;
use crate::api::TaskDefinitionSpec;
use crate::api::cluster::grant::VolumeMapping;
use crate::api::task_definition::volume as api;
use crate::model::lack::{Entry, List};
use crate::model::{Violation, Volume, VolumeSource, name};

/// The volumes, as far as they are sound; `found` takes every rule that they break.
pub(super) fn volumes(spec: &TaskDefinitionSpec, grants: &Grants, found: &mut Vec<Violation>) -> Vec<Volume> {
    let mut volumes: Vec<Volume> = Vec::new();
    for (index, volume) in spec.volumes.iter().flatten().enumerate() {
        let path = format!("spec.volumes[{index}]");
        let name = volume.name.clone().unwrap_or_default();
        if name.is_empty() {
            found.push(Violation::new(format!("{path}.name"), "a volume needs a name"));
            continue;
        }
        if volumes.iter().any(|known| known.name == name) {
            found.push(Violation::new(format!("{path}.name"), format!("there are two volumes '{name}'")));
            continue;
        }
        let mut asked = Asked { name: &name, path, grants, found };
        volumes.push(asked.volume(volume));
    }
    volumes
}

/// One volume, and what is needed to say what is wrong with it.
struct Asked<'a> {
    name: &'a str,
    path: String,
    grants: &'a Grants,
    found: &'a mut Vec<Violation>,
}

impl Asked<'_> {
    fn volume(&mut self, volume: &api::Volume) -> Volume {
        let (source, sub_path) = if let Some(docker) = &volume.docker_volume_configuration {
            (self.docker(docker), None)
        } else if let Some(efs) = &volume.efs_volume_configuration {
            self.efs(efs)
        } else if let Some(s3) = &volume.s3_files_volume_configuration {
            self.s3_files(s3)
        } else if let Some(fsx) = &volume.fsx_volume_configuration {
            self.fsx(fsx)
        } else if volume.configured_at_launch == Some(true) {
            (VolumeSource::AtLaunch, None)
        } else {
            let written = volume.host.as_ref().and_then(|host| host.source_path.as_deref());
            (self.host(written.unwrap_or_default()), None)
        };
        Volume { name: self.name.to_owned(), source, sub_path }
    }

    fn host(&mut self, source: &str) -> VolumeSource {
        if source.is_empty() { VolumeSource::Scratch } else { self.node("host.sourcePath", source) }
    }

    /// A path of the node, where the namespace may mount it. What is judged is what is mounted.
    fn node(&mut self, member: &str, written: &str) -> VolumeSource {
        let path = clean(written);
        let is_absolute = path.starts_with('/') || path.get(1..3) == Some(":\\");
        if !is_absolute || path.split(['/', '\\']).any(|part| part == "..") {
            self.refuse(member, format!("\"{written}\" is no absolute path without '..'"));
        } else {
            let trimmed = if path.len() > 1 { path.trim_end_matches('/') } else { &path };
            if !self.grants.permits_path(if trimmed.is_empty() { "/" } else { trimmed }) {
                let message = format!("no grant permits path {path} of the node");
                self.lacks(member, message, Entry::new(List::HostPaths, trimmed));
            }
        }
        VolumeSource::Node { path }
    }

    /// The claim that stands for `source`, which is outside of the task and shared by all who name it.
    fn claim(&mut self, member: &str, source: &str) -> VolumeSource {
        let mapping = self.grants.volume(source);
        if mapping.is_none() && !self.grants.is_open() {
            self.unmapped(member, source, ("claimName", "CLAIM"));
        } else if mapping.is_some_and(gives_new_ones) {
            let message = format!(
                "the mapping of {source} gives each task a volume of its own; this one is shared: map a claimName"
            );
            self.refuse(member, message);
        }
        VolumeSource::Claim { name: mapping.and_then(claim_name).unwrap_or_else(|| default_claim(source)) }
    }

    fn unmapped(&mut self, member: &str, source: &str, (key, placeholder): (&'static str, &str)) {
        let entry = Entry::new(List::Volumes, source).chosen(key, placeholder);
        self.lacks(member, format!("no grant says what {source} is on Kubernetes"), entry);
    }

    fn lacks(&mut self, member: &str, message: String, entry: Entry) {
        self.found.push(self.grants.lacking(format!("{}.{member}", self.path), message, entry));
    }

    fn refuse(&mut self, member: &str, message: impl Into<String>) {
        self.found.push(Violation::new(format!("{}.{member}", self.path), message));
    }
}

/// A path without steps back and empty steps, by its letters alone, as Docker reads it before it mounts: Kubernetes
/// takes no `..`. One that has none stays as it is written.
fn clean(path: &str) -> String {
    let Some(rest) = path.strip_prefix('/') else { return path.to_owned() };
    let inner = rest.trim_end_matches('/');
    if !inner.split('/').any(|step| matches!(step, ".." | "." | "")) {
        return path.to_owned();
    }
    let mut steps: Vec<&str> = Vec::new();
    for step in inner.split('/') {
        match step {
            "" | "." => {}
            // Above the root is the root.
            ".." => _ = steps.pop(),
            step => steps.push(step),
        }
    }
    format!("/{}", steps.join("/"))
}

fn gives_new_ones(mapping: &VolumeMapping) -> bool {
    claim_name(mapping).is_none() && mapping.storage_class.as_ref().is_some_and(|class| !class.is_empty())
}

fn claim_name(mapping: &VolumeMapping) -> Option<String> {
    mapping.claim_name.clone().filter(|name| !name.is_empty())
}

/// The last part of an id or ARN in Kubernetes' form.
fn default_claim(source: &str) -> String {
    let last = source.rsplit([':', '/']).find(|part| !part.is_empty()).unwrap_or(source);
    name::dns_label(last, "", name::MAX)
}

#[cfg(test)]
mod tests;
