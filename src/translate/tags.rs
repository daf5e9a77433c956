//! Tags of a task in, labels and an annotation out.

use super::meta::entry;
use crate::model::{Service, TagSource, TaskDefinition, label, name};

/// One label per tag, so that tasks can be selected and their cost told apart by it. Keys and values are in the form
/// that Kubernetes takes; the annotation has them as they are.
pub(super) fn labels(service: &Service, task_definition: &TaskDefinition) -> Vec<(String, String)> {
    let tags = tags(service, task_definition);
    tags.into_iter().map(|(key, value)| entry(&label::tag(&key), name::label_value(&value))).collect()
}

/// The tags as they are, as JSON.
pub(super) fn annotation(service: &Service, task_definition: &TaskDefinition) -> Option<(String, String)> {
    let tags = tags(service, task_definition);
    let tags: serde_json::Map<_, _> = tags.into_iter().map(|(key, value)| (key, value.into())).collect();
    (!tags.is_empty()).then(|| entry(label::TAGS, serde_json::Value::Object(tags).to_string()))
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html>
fn tags(service: &Service, task_definition: &TaskDefinition) -> Vec<(String, String)> {
    let mut tags = match &service.tagging.source {
        TagSource::None => Vec::new(),
        TagSource::TaskDefinition => task_definition.tags.clone(),
        TagSource::Service(tags) => tags.clone(),
    };
    if service.tagging.managed {
        tags.push(entry("aws:ecs:clusterName", &service.cluster));
        tags.push(entry("aws:ecs:serviceName", &service.name));
    }
    tags
}
