//! One namespace as the command line sees it: read and written with the rights of whoever calls it.
//!
//! The controllers must not use it: they read stores and write through [`Writer`](super::Writer).

use kube::api::{ListParams, Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt::Debug;

/// Objects asked for at once.
const PAGE: u32 = 500;

/// A namespace of a cluster.
#[derive(Clone)]
pub struct Desk {
    client: Client,
    namespace: String,
}

impl Desk {
    /// The namespace called so, or the context's.
    pub fn new(client: Client, namespace: Option<&str>) -> Self {
        let namespace = namespace.unwrap_or_else(|| client.default_namespace()).to_owned();
        Self { client, namespace }
    }

    /// Name of the namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// All objects of a kind with these labels; an empty selector selects all.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn list<K>(&self, labels: &str) -> Result<Vec<K>, kube::Error>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
    {
        listed(&self.api::<K>(), labels).await
    }

    /// All objects of a kind with these labels in all namespaces, or of a kind that is in none.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn list_everywhere<K>(&self, labels: &str) -> Result<Vec<K>, kube::Error>
    where
        K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
    {
        listed(&Api::<K>::all(self.client.clone()), labels).await
    }

    /// The object called `name`, if there is one.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn get<K>(&self, name: &str) -> Result<Option<K>, kube::Error>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
    {
        self.api::<K>().get_opt(name).await
    }

    /// Sets an annotation of the object that was read, whatever else of it has changed since; `None` removes it.
    ///
    /// # Errors
    /// When the object is another one by now, or the API server refuses or does not answer.
    pub async fn mark<K>(&self, object: &K, key: &str, value: Option<&str>) -> Result<K, kube::Error>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
    {
        let meta = object.meta();
        let patch = json!({"metadata": {"uid": meta.uid, "annotations": {key: value}}});
        let name = meta.name.as_deref().unwrap_or_default();
        self.api::<K>().patch(name, &PatchParams::default(), &Patch::Merge(patch)).await
    }

    /// Sets an annotation of the very object that was read; a conflict is an error if it has changed since.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn annotate<K>(&self, object: &K, key: &str, value: &str) -> Result<K, kube::Error>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
    {
        let meta = object.meta();
        let patch = json!({"metadata": {
            "uid": meta.uid, "resourceVersion": meta.resource_version, "annotations": {key: value},
        }});
        let name = meta.name.as_deref().unwrap_or_default();
        self.api::<K>().patch(name, &PatchParams::default(), &Patch::Merge(patch)).await
    }
}

async fn listed<K>(api: &Api<K>, labels: &str) -> Result<Vec<K>, kube::Error>
where
    K: Clone + DeserializeOwned + Debug,
{
    let mut page = ListParams::default().labels(labels).limit(PAGE);
    let mut all = Vec::new();
    loop {
        let list = api.list(&page).await?;
        all.extend(list.items);
        match list.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => page = page.continue_token(&token),
            None => return Ok(all),
        }
    }
}
