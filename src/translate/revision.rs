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

/// The object that remembers the highest number a family of a namespace ever had, and whose spec got it: it is
/// written before the revision, so that no number is given twice, and one that was given and not used is not lost.
///
/// It has no owner: numbers are not used again after all else of a family is gone.
pub fn revision_counter(identity: &Identity, family: &str, number: i64) -> appsv1::ControllerRevision {
    let labels = [labelled(label::FAMILY, family), family_hash(family), entry(label::COUNTER, "true")];
    let mut metadata = meta(&identity.namespace, name::dns_label(family, "-counter", name::MAX), labels);
    metadata.annotations =
        Some(BTreeMap::from([entry(label::FAMILY, family), entry(label::GIVEN_TO, given_to(identity))]));
    appsv1::ControllerRevision {
        metadata,
        revision: Some(number),
        data: RawExtension(Value::Object(serde_json::Map::new())),
    }
}

/// A spec, told apart from every other.
pub fn given_to(identity: &Identity) -> String {
    format!("{}/{}", identity.uid, identity.generation)
}

/// Label selector of the revisions of `family` and its counter.
pub fn revision_selector(family: &str) -> String {
    let (key, hash) = family_hash(family);
    format!("{key}={hash}")
}

/// Label selector of all that Berth made.
pub fn managed_selector() -> String {
    format!("{}={}", label::MANAGED_BY, label::BERTH)
}

/// Label selector of the tasks that run a revision of `family`.
pub fn task_selector(family: &str) -> String {
    let (key, value) = labelled(label::FAMILY, family);
    let (managed, by) = (label::MANAGED_BY, label::BERTH);
    format!("{managed}={by},{key}={value},{}", label::SERVICE_UID)
}

fn family_hash(family: &str) -> (String, String) {
    entry(label::FAMILY_HASH, name::hash(&[family], 16))
}
