//! Files → typed objects with the metadata that an API server would have given them.

use super::Remark;
use super::inventory::{Inventory, NO_NODE};
use crate::api::admission;
use crate::api::fate::Document;
use crate::api::{Cluster, GROUP, Service, ServiceDiscovery, TaskDefinition, TaskDefinitionStatus, VERSION};
use crate::model::{Violation, name};
use crate::placement::NodeView;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::Resource;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// An object of ours, and where it was found.
#[derive(Clone, Debug)]
pub(super) struct Item<K> {
    pub source: String,
    pub label: String,
    pub object: Arc<K>,
}

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    pub(super) definitions: Vec<Item<TaskDefinition>>,
    pub(super) services: Vec<Item<Service>>,
    pub(super) discoveries: Vec<Item<ServiceDiscovery>>,
    pub(super) clusters: Vec<Item<Cluster>>,
    pub(super) nodes: Vec<NodeView>,
    /// Whether there is a scheduler with a profile for each order of strategies.
    pub profiles: bool,
    /// What no API server would take.
    pub(super) violations: Vec<Remark>,
    /// What was passed over.
    pub(super) notes: Vec<Remark>,
    /// Namespaces and families of definitions that no API server would take.
    pub(super) broken: Vec<(String, String)>,
    seen: Vec<String>,
    /// The file of each object.
    sources: Vec<String>,
}

impl Bundle {
    /// Reads a file: any number of documents in YAML or JSON, lists unpacked. What names no namespace is in
    /// `namespace`.
    pub fn add(&mut self, source: &str, text: &str, namespace: &str) {
        match documents(text) {
            Ok(documents) => {
                for document in documents {
                    self.unpack(source, document, namespace);
                }
            }
            Err(error) => {
                self.violations.push(remark(source, "", "", format!("is neither YAML nor JSON: {error}")));
            }
        }
    }

    /// Tells a file that holds no text at all.
    pub fn refuse(&mut self, source: &str, why: &str) {
        self.violations.push(remark(source, "", "", why));
    }

    /// Reads a file of nodes, and of the pods on them; anything else in it is passed over.
    pub fn add_nodes(&mut self, source: &str, text: &str) {
        let mut inventory = Inventory::default();
        let message = match inventory.add(text) {
            Err(why) => why,
            Ok(()) if inventory.is_empty() => NO_NODE.to_owned(),
            Ok(()) => {
                let (nodes, pods) = inventory.into_parts();
                self.nodes.extend(NodeView::all(&nodes, &pods));
                return;
            }
        };
        self.violations.push(remark(source, "", "", message));
    }

    /// Whether there is a Service of this name, or any definition that it may run.
    pub(super) fn concerns(&self, namespace: &str, name: &str) -> bool {
        let here = |meta: &kube::core::ObjectMeta| meta.namespace.as_deref() == Some(namespace);
        let is_it = |meta: &kube::core::ObjectMeta| here(meta) && meta.name.as_deref() == Some(name);
        self.services.iter().any(|item| is_it(item.object.meta()))
            || self.definitions.iter().any(|item| here(item.object.meta()))
    }

    /// How many objects of ours were read.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Remarks as they are told: the object is named where its file holds others as well.
    pub(super) fn shortened(&self, mut remarks: Vec<Remark>) -> Vec<Remark> {
        for remark in &mut remarks {
            let same = self.sources.iter().filter(|source| **source == remark.source);
            remark.alone = same.count() < 2;
        }
        remarks
    }

    /// Whether no object of ours was read.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Whether there was no document at all, neither ours nor another's.
    pub fn is_blank(&self) -> bool {
        self.is_empty() && self.nodes.is_empty() && self.violations.is_empty() && self.notes.is_empty()
    }

    fn unpack(&mut self, source: &str, document: Value, namespace: &str) {
        let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (version, kind) = (text("apiVersion"), text("kind"));
        if document.is_null() {
            return;
        }
        if kind.ends_with("List")
            && let Some(items) = document.get("items").and_then(Value::as_array)
        {
            for item in items {
                self.unpack(source, item.clone(), namespace);
            }
            return;
        }
        if kind.is_empty() || version.is_empty() {
            let message = "needs apiVersion and kind: an ECS document stands under spec of an object, as in \
                           {apiVersion: ecs.berth.dev/v1alpha1, kind: TaskDefinition, metadata: {name: web}, spec: {…}}";
            self.violations.push(remark(source, "", "", message));
            return;
        }
        if (version.as_str(), kind.as_str()) == ("v1", "Node")
            && let Ok(node) = serde_json::from_value::<Node>(document.clone())
        {
            self.nodes.push(NodeView::of(&node));
            return;
        }
        let (group, served) = version.split_once('/').unwrap_or_default();
        let ours = group == GROUP;
        if ours && served != VERSION {
            let message = format!("there is no {version}: the version of every kind is {GROUP}/{VERSION}");
            self.violations.push(remark(source, "", "apiVersion", message));
        }
        let found = Document::ALL.into_iter().find(|known| ours && known.kind() == kind);
        match found {
            Some(found) => self.take(source, found, document, namespace),
            None if ours => {
                let kinds: Vec<&str> = Document::ALL.iter().map(|known| known.kind()).collect();
                let message = format!("there is no kind {kind} here: {}", kinds.join(", "));
                self.violations.push(remark(source, "", "kind", message));
            }
            None => {
                let message = format!("{kind} of {version} is not Berth's: passed over");
                self.notes.push(remark(source, "", "", message));
            }
        }
    }

    fn take(&mut self, source: &str, document: Document, value: Value, namespace: &str) {
        let written = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let label = format!("{}/{}", document.kind(), written("/metadata/name"));
        let own = written("/metadata/namespace");
        let namespace = match document {
            Document::Cluster => "",
            _ if own.is_empty() => namespace,
            _ => own,
        };
        let mut found = named(written("/metadata/name"));
        let key = format!("{label} in {namespace}");
        if self.seen.contains(&key) {
            found.push(Violation::new("metadata.name", "there are two objects of this kind and name"));
        }
        let admitted = admission::violations(document, &value, None);
        found.extend(admitted.into_iter().map(|one| Violation::new(one.path, one.message)));
        let index = self.seen.len();
        self.seen.push(key);
        self.sources.push(source.to_owned());
        let place = Place { source, label: &label, namespace, index };
        if found.is_empty() {
            found.extend(self.keep(document, value.clone(), &place).err());
        }
        if !found.is_empty() && document == Document::TaskDefinition {
            let family = Some(written("/spec/family")).filter(|family| !family.is_empty());
            let family = family.unwrap_or_else(|| written("/metadata/name"));
            self.broken.push((namespace.to_owned(), family.to_owned()));
        }
        let told = found.into_iter();
        self.violations.extend(told.map(|one| remark(source, &label, &one.path, one.message)));
    }

    fn keep(&mut self, document: Document, value: Value, place: &Place<'_>) -> Result<(), Violation> {
        match document {
            Document::TaskDefinition => {
                let mut definition: TaskDefinition = object(value, place)?;
                // As if it had been judged already: nothing here has to wait for anything.
                let observed_generation = definition.metadata.generation;
                definition.status = Some(TaskDefinitionStatus { observed_generation, ..Default::default() });
                self.definitions.push(place.item(definition));
            }
            Document::Service => {
                let mut service: Service = object(value, place)?;
                service.status = None;
                self.services.push(place.item(service));
            }
            Document::ServiceDiscovery => {
                let mut discovery: ServiceDiscovery = object(value, place)?;
                discovery.status = None;
                self.discoveries.push(place.item(discovery));
            }
            Document::Cluster => self.clusters.push(place.item(object(value, place)?)),
        }
        Ok(())
    }
}

/// Where an object was found.
struct Place<'a> {
    source: &'a str,
    label: &'a str,
    namespace: &'a str,
    index: usize,
}

impl Place<'_> {
    fn item<K>(&self, object: K) -> Item<K> {
        Item { source: self.source.to_owned(), label: self.label.to_owned(), object: Arc::new(object) }
    }
}

/// The object, with the metadata that an API server would have added: a UID made of its name, and a time of
/// creation that keeps the order of the documents.
fn object<K>(value: Value, place: &Place<'_>) -> Result<K, Violation>
where
    K: Resource<DynamicType = ()> + DeserializeOwned,
{
    let mut object: K =
        serde_json::from_value(value).map_err(|error| Violation::new("spec", error.to_string()))?;
    let namespace = Some(place.namespace.to_owned()).filter(|namespace| !namespace.is_empty());
    let metadata = object.meta_mut();
    metadata.namespace = namespace;
    metadata.generation.get_or_insert(1);
    metadata.uid.get_or_insert_with(|| uid(&[place.namespace, place.label]));
    let second = i64::try_from(place.index).unwrap_or(i64::MAX);
    let created = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(second);
    metadata.creation_timestamp.get_or_insert(Time(created));
    Ok(object)
}

/// A UID that is the same for the same name.
fn uid(parts: &[&str]) -> String {
    let digits = name::hash(parts, 32);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// What is wrong with an object's name.
fn named(name: &str) -> Vec<Violation> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_legal = |part: &str| {
        part.chars().all(|c| inner(c) || c == '-') && part.starts_with(inner) && part.ends_with(inner)
    };
    if name.is_empty() {
        return vec![Violation::new("metadata.name", "Required value")];
    }
    if name.len() > 253 || !name.split('.').all(is_legal) {
        let message = "must consist of lower-case letters, digits, '-' and '.'; a name of ECS that does not is written \
                       in spec (family, serviceName, clusterName, Name)";
        return vec![Violation::new("metadata.name", message)];
    }
    Vec::new()
}

pub(super) fn remark(source: &str, object: &str, path: &str, message: impl Into<String>) -> Remark {
    let violation = Violation::new(path, message);
    Remark { source: source.to_owned(), object: object.to_owned(), alone: false, violation }
}

/// The documents of a text. JSON is read as JSON: YAML takes no tabs.
///
/// # Errors
/// Where and why it is neither.
pub fn documents(text: &str) -> Result<Vec<Value>, String> {
    let json: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    match json {
        Ok(documents) => Ok(documents),
        Err(_) => serde_saphyr::from_multiple(text).map_err(|error| {
            let told = error.to_string();
            let line = told.lines().next().unwrap_or_default();
            line.trim_start_matches("error: ").to_owned()
        }),
    }
}
