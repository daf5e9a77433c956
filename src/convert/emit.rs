//! Requests → custom resources, definitions before the services that name them.

use super::{Call, Found, Note};
use crate::api::fate::Document;
use crate::api::{GROUP, VERSION};
use crate::model::{label, name};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What holds for every object.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The namespace of what has none. Default: none is written.
    pub namespace: Option<String>,
}

/// An object for a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The file that it comes from.
    pub source: String,
    /// The place in the file.
    pub pointer: String,
    /// The object: `apiVersion`, `kind`, `metadata`, `spec`.
    pub object: Value,
}

impl Manifest {
    /// Its kind.
    pub fn kind(&self) -> &str {
        self.object.get("kind").and_then(Value::as_str).unwrap_or_default()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
    }

    /// One of its annotations.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.object.pointer("/metadata/annotations")?.get(name)?.as_str()
    }

    /// Its namespace; empty if it names none.
    pub fn namespace(&self) -> &str {
        self.object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default()
    }
}

/// Custom resources, and what there is to say about them.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// The objects, in the order in which they are applied.
    pub manifests: Vec<Manifest>,
    /// What was left out, and why.
    pub notes: Vec<Note>,
}

/// Makes an object of each request whose kind Berth has. Of objects with one kind, namespace and name the first
/// stands (of a family's revisions the newest), and a note names the others.
pub fn emit(found: Vec<Found>, options: &Options) -> Output {
    let mut output = Output::default();
    let mut found = found;
    // Of one family the newest revision comes first, so that it is the one that stands.
    found.sort_by_key(|one| (rank(one), std::cmp::Reverse(one.revision)));
    output.notes.extend(pair(&mut found));
    for one in found {
        match object(&one, options) {
            Ok(object) => {
                output.add(Manifest { source: one.source, pointer: one.pointer, object }, one.revision);
            }
            Err(note) => output.notes.push(note),
        }
    }
    output
}

/// Gives services that name no definition the only one there is: tools that register it just before keep the two files
/// side by side and fill the name in.
fn pair(found: &mut [Found]) -> Vec<Note> {
    let families = found.iter().filter(|one| one.call == Call::RegisterTaskDefinition).map(Found::ecs_name);
    let families: BTreeSet<String> = families.map(str::to_owned).collect();
    let [Some(family), None] = [families.first(), families.iter().nth(1)] else { return Vec::new() };
    let mut notes = Vec::new();
    for service in found.iter_mut().filter(|one| one.call == Call::CreateService) {
        let Some(spec) = service.spec.as_object_mut() else { continue };
        let named = spec.get("taskDefinition").and_then(Value::as_str).unwrap_or_default();
        if named.is_empty() {
            spec.insert("taskDefinition".to_owned(), family.as_str().into());
            let text = format!("has no taskDefinition: {family}, the only one here, is assumed");
            notes.push(Note::new(&service.source, &service.pointer, text));
        }
    }
    notes
}

impl Output {
    fn add(&mut self, manifest: Manifest, revision: Option<i64>) {
        let same = self.manifests.iter().find(|other| {
            (other.kind(), other.name(), other.namespace())
                == (manifest.kind(), manifest.name(), manifest.namespace())
        });
        let Some(same) = same else {
            self.manifests.push(manifest);
            return;
        };
        let place = if same.pointer.is_empty() {
            same.source.clone()
        } else {
            format!("{}: {}", same.source, same.pointer)
        };
        let label = format!("{}/{}", manifest.kind(), manifest.name());
        let Manifest { source, pointer, .. } = &manifest;
        self.notes.push(if same.object == manifest.object {
            Note::new(source, pointer, format!("{label} is in {place} already"))
        } else if revision.is_some() && manifest.kind() == "TaskDefinition" {
            Note::new(
                source,
                pointer,
                format!("left out: {place} has a newer revision of {}", manifest.name()),
            )
        } else {
            Note::violation(
                source,
                pointer,
                format!("left out: {place} has another {label}; give one of them another name"),
            )
        });
    }
}

/// Where the object of a request stands among the others.
fn rank(found: &Found) -> usize {
    let kind = match found.call {
        Call::Apply => found.spec.get("kind").and_then(Value::as_str),
        call => call.kind(),
    };
    let order = ["Cluster", "TaskDefinition", "ServiceDiscovery", "TargetGroup", "ListenerRule", "Service"];
    let known = kind.and_then(|kind| order.iter().position(|one| *one == kind));
    match known {
        Some(position) => position + 1,
        None if found.call == Call::Apply => 0,
        None => order.len() + 1,
    }
}

fn object(found: &Found, options: &Options) -> Result<Value, Note> {
    if found.call == Call::Apply {
        return Ok(found.spec.clone());
    }
    let Some(document) = found.call.document() else {
        let text = format!("left out: nothing here stands for {} yet", found.call.name());
        return Err(Note::new(&found.source, &found.pointer, text));
    };
    let mut metadata = Map::new();
    metadata.insert("name".into(), name::dns_label(found.ecs_name(), "", name::MAX).into());
    let namespace = found.namespace.as_ref().or(options.namespace.as_ref());
    if let Some(namespace) = namespace.filter(|_| document != Document::Cluster) {
        metadata.insert("namespace".into(), namespace.as_str().into());
    }
    let annotations = annotations(found);
    if !annotations.is_empty() {
        metadata.insert("annotations".into(), annotations.into());
    }
    Ok(json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": document.kind(),
        "metadata": metadata,
        "spec": found.spec,
    }))
}

fn annotations(found: &Found) -> Map<String, Value> {
    let mut annotations: Map<String, Value> =
        found.annotations.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    if let Some(arn) = &found.arn {
        annotations.insert(label::ARN.into(), arn.as_str().into());
    }
    if let Some(revision) = found.revision {
        annotations.insert(label::FIRST_REVISION.into(), revision.to_string().into());
    }
    annotations
}
