//! A node as queries see it: a container instance.

use super::attribute::{self, Carrier};
use crate::model::label;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, NodeStatus, Pod};
use kube::ResourceExt;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a node, or of a kind of node that an autoscaler may add.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeView {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Attributes of its annotation [`attribute::ANNOTATION`], in ECS's form.
    pub annotated: BTreeMap<String, String>,
    /// Its provider ID, as in `aws:///eu-west-1a/i-0123456789abcdef0`.
    pub provider_id: Option<String>,
    /// Whether it is Ready.
    pub ready: bool,
    /// Its kubelet's version.
    pub version: Option<String>,
    /// Groups of the tasks on it whose desired status is RUNNING.
    pub groups: BTreeSet<String>,
    /// Tasks on it whose desired status is RUNNING.
    pub running_tasks: u32,
    /// When it joined.
    pub registered_at: Option<Timestamp>,
}

/// An attribute of a node, and what holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Held<'a> {
    /// The annotation, in ECS's form.
    Annotation(&'a str),
    /// This label, with this value.
    Label(Carrier<'a>, &'a str),
}

impl Held<'_> {
    /// ECS's form of the value.
    pub fn text(&self) -> &str {
        match self {
            Self::Annotation(text) => text,
            Self::Label(carrier, label) => carrier.from_label(label).unwrap_or_default(),
        }
    }

    /// Whether the value is `text`. A label may hold a form of a text that no label can hold.
    pub fn is(&self, text: &str) -> bool {
        match self {
            Self::Annotation(value) => *value == text,
            Self::Label(carrier, label) => carrier.to_label(text).is_some_and(|form| form == *label),
        }
    }
}

impl NodeView {
    /// A node as queries see it, as if there were no task on it.
    pub fn of(node: &Node) -> Self {
        let spec = node.spec.as_ref();
        let status = node.status.as_ref();
        Self {
            name: node.name_any(),
            labels: node.labels().clone(),
            annotated: node
                .annotations()
                .get(attribute::ANNOTATION)
                .map(|text| annotated(text))
                .unwrap_or_default(),
            provider_id: spec.and_then(|spec| spec.provider_id.clone()),
            ready: status.is_some_and(is_ready),
            version: status
                .and_then(|status| status.node_info.as_ref())
                .map(|info| info.kubelet_version.clone()),
            registered_at: node.creation_timestamp().map(|time| time.0),
            ..Self::default()
        }
    }

    /// All `nodes` with the tasks among `pods` that are on them.
    pub fn all<'a>(
        nodes: impl IntoIterator<Item = &'a Node>,
        pods: impl IntoIterator<Item = &'a Pod>,
    ) -> Vec<Self> {
        let mut views: Vec<Self> = nodes.into_iter().map(Self::of).collect();
        let places: BTreeMap<String, usize> =
            views.iter().enumerate().map(|(at, view)| (view.name.clone(), at)).collect();
        for (node, group) in pods.into_iter().filter_map(task) {
            if let Some(view) = places.get(node).and_then(|at| views.get_mut(*at)) {
                view.running_tasks += 1;
                view.groups.insert(group.to_owned());
            }
        }
        views
    }

    /// ECS's `ec2InstanceId`: the last part of the provider ID, or the name.
    pub fn instance_id(&self) -> &str {
        let id = self.provider_id.as_deref().and_then(|id| id.rsplit('/').next());
        id.filter(|id| !id.is_empty()).unwrap_or(&self.name)
    }

    /// The attribute `name`, if the node has it.
    pub fn attribute<'a>(&'a self, name: &'a str) -> Option<Held<'a>> {
        if let Some(text) = self.annotated.get(name) {
            return Some(Held::Annotation(text));
        }
        attribute::carriers(name).into_iter().find_map(|carrier| {
            let label = self.labels.get(&*carrier.key)?;
            carrier.from_label(label)?;
            Some(Held::Label(carrier, label))
        })
    }

    /// The names and values of the attributes that ECS would list: its own, and those of the node's administrator.
    pub fn attributes(&self) -> BTreeMap<String, String> {
        let prefixed = self.labels.keys().filter_map(|key| key.strip_prefix(attribute::PREFIX));
        let names =
            attribute::BUILT_IN.into_iter().chain(prefixed).chain(self.annotated.keys().map(String::as_str));
        let known = names.filter_map(|name| Some((name.to_owned(), self.attribute(name)?.text().to_owned())));
        let mut known: BTreeMap<String, String> = known.collect();
        // A label whose key or value is another form of what the annotation has is not an attribute of its own.
        let forms: BTreeSet<String> =
            self.annotated.keys().map(|name| attribute::key(name).into_owned()).collect();
        known.retain(|name, _| self.annotated.contains_key(name) || !forms.contains(&*attribute::key(name)));
        known
    }
}

fn is_ready(status: &NodeStatus) -> bool {
    let mut conditions = status.conditions.iter().flatten();
    conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// The attributes of an annotation; what is no text, number or truth value there is none.
fn annotated(text: &str) -> BTreeMap<String, String> {
    let read: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    let value = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => Some(text),
        value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    };
    read.into_iter().filter_map(|(name, known)| Some((name, value(known)?))).collect()
}

/// The node and the group of a pod that is a task with desired status RUNNING.
fn task(pod: &Pod) -> Option<(&str, &str)> {
    let labels = pod.labels();
    let is_ours = labels.get(label::MANAGED_BY).is_some_and(|by| by == label::BERTH);
    let stops = labels.contains_key(label::STOP_CODE) || pod.metadata.deletion_timestamp.is_some();
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    if !is_ours || stops || matches!(phase, Some("Succeeded" | "Failed")) {
        return None;
    }
    let group = pod.annotations().get(label::GROUP)?;
    Some((pod.spec.as_ref()?.node_name.as_deref()?, group))
}

/// A version whose parts are ordered as numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(Vec<u64>);

impl Version {
    /// The numbers of `1.14.5`, `v1.37.1` or `v1.33.4-eks-1a2b3c`; what follows `-` or `+` has no order.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let numbers = text.split(['-', '+']).next()?;
        let mut parts = numbers.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
        while parts.last() == Some(&0) {
            parts.pop();
        }
        Some(Self(parts))
    }
}

/// The time that a query writes: with an offset, with `Z`, without a zone (then UTC) or only the date.
pub fn time(text: &str) -> Option<Timestamp> {
    let utc =
        |time: jiff::civil::DateTime| time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp());
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    text.parse::<jiff::civil::DateTime>().ok().and_then(utc)
}

#[cfg(test)]
mod tests;
