//! A secret that External Secrets is to fetch in, an ExternalSecret out.
//!
//! Only what Berth writes is described here, of `external-secrets.io/v1`
//! (<https://external-secrets.io/latest/api/externalsecret/>). No value of a secret passes through Berth.

use super::meta::{entry, meta};
use crate::model::access::{FetchedSecret, Form};
use crate::model::{label, name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is to be fetched, and into which Secret.
#[derive(kube::CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "external-secrets.io",
    version = "v1",
    kind = "ExternalSecret",
    namespaced,
    schema = "disabled"
)]
#[kube(derive = "PartialEq")]
#[serde(rename_all = "camelCase")]
pub struct ExternalSecretSpec {
    /// Time between two fetches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_interval: Option<String>,
    /// The store.
    pub secret_store_ref: SecretStoreRef,
    /// The Secret.
    pub target: Target,
    /// Keys of the Secret, each with what it is fetched from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<Data>,
    /// Values whose members become keys of the Secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data_from: Vec<DataFrom>,
}

/// The store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SecretStoreRef {
    /// Its name.
    pub name: String,
    /// `SecretStore` or `ClusterSecretStore`.
    pub kind: String,
}

/// The Secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Its name.
    pub name: String,
    /// `Owner`: it goes with the ExternalSecret.
    pub creation_policy: String,
}

/// A key of the Secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Data {
    /// The key.
    pub secret_key: String,
    /// What it is fetched from.
    pub remote_ref: RemoteRef,
}

/// A value whose members become keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataFrom {
    /// What it is fetched from.
    pub extract: RemoteRef,
}

/// A value in the store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RemoteRef {
    /// Its key there.
    pub key: String,
    /// Its version; none is the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The ExternalSecret for `wanted`. It has no owner: its users are named on it when it is written.
pub fn external_secret(namespace: &str, cluster: &str, wanted: &FetchedSecret) -> ExternalSecret {
    let form = match &wanted.form {
        Form::Whole(key) => key.as_str(),
        Form::Members => "",
    };
    let labels = [entry(label::STANDS_FOR, name::hash(&["secret", &wanted.source, form], 16))];
    let mut metadata = meta(namespace, wanted.name.clone(), labels);
    metadata.annotations = Some(BTreeMap::from([entry(label::CLUSTER, cluster)]));
    let remote_ref = RemoteRef { key: wanted.remote_key.clone(), version: wanted.version.clone() };
    let (data, data_from) = match &wanted.form {
        Form::Whole(key) => (vec![Data { secret_key: key.clone(), remote_ref }], Vec::new()),
        Form::Members => (Vec::new(), vec![DataFrom { extract: remote_ref }]),
    };
    let store = &wanted.store;
    let spec = ExternalSecretSpec {
        refresh_interval: Some(store.refresh_interval.clone()),
        secret_store_ref: SecretStoreRef { name: store.name.clone(), kind: store.kind.clone() },
        target: Target { name: wanted.name.clone(), creation_policy: "Owner".to_owned() },
        data,
        data_from,
    };
    ExternalSecret { metadata, spec }
}
