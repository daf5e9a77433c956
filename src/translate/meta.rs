//! The metadata that all our objects share.

use crate::model::{label, name};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::BTreeMap;

/// Metadata of an object of ours called `name`.
pub fn meta(namespace: &str, name: String, labels: impl IntoIterator<Item = (String, String)>) -> ObjectMeta {
    let managed_by = (label::MANAGED_BY.to_owned(), label::BERTH.to_owned());
    ObjectMeta {
        name: Some(name),
        namespace: Some(namespace.to_owned()),
        labels: Some(BTreeMap::from_iter(labels.into_iter().chain([managed_by]))),
        ..Default::default()
    }
}

/// A label with the legal form of `text`.
pub fn labelled(key: &str, text: &str) -> (String, String) {
    (key.to_owned(), name::label_value(text))
}

/// A label or an annotation, as it is.
pub fn entry(key: &str, value: impl Into<String>) -> (String, String) {
    (key.to_owned(), value.into())
}
