//! Revisions of task definitions and their counter in, ControllerRevisions out.

use super::meta::{entry, labelled, meta};
use crate::model::{Identity, label, name};
use k8s_openapi::api::apps::v1 as appsv1;
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use serde_json::Value;
use std::collections::BTreeMap;

/// Revision `number` of `family`, with the content that the TaskDefinition `identity` had.
pub fn controller_revision(
    identity: &Identity,
    family: &str,
    number: i64,
    content: &Value,
) -> appsv1::ControllerRevision {
    let labels = [
        labelled(label::FAMILY, family),
        family_hash(family),
        entry(label::REVISION, number.to_string()),
        entry(label::REVISION_STATUS, "ACTIVE"),
    ];
    let mut metadata =
        meta(&identity.namespace, name::dns_label(family, &format!("-{number}"), name::MAX), labels);
    metadata.annotations = Some(BTreeMap::from([entry(label::FAMILY, family)]));
    appsv1::ControllerRevision { metadata, revision: Some(number), data: RawExtension(content.clone()) }
}

/// The object that remembers the highest number a family of a namespace ever had.
///
/// It has no owner: numbers are not used again after all else of a family is gone.
pub fn revision_counter(namespace: &str, family: &str, number: i64) -> appsv1::ControllerRevision {
    let labels = [labelled(label::FAMILY, family), family_hash(family), entry(label::COUNTER, "true")];
    let mut metadata = meta(namespace, name::dns_label(family, "-counter", name::MAX), labels);
    metadata.annotations = Some(BTreeMap::from([entry(label::FAMILY, family)]));
    appsv1::ControllerRevision {
        metadata,
        revision: Some(number),
        data: RawExtension(Value::Object(serde_json::Map::new())),
    }
}

fn family_hash(family: &str) -> (String, String) {
    entry(label::FAMILY_HASH, name::hash(&[family], 16))
}
