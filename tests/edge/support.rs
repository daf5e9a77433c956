//! A bed, and what every check needs.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use berth::kubernetes::{self, ClientOptions, Owner, Watches, Writer};
use berth::observe::{Metrics, Pulses};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ServiceAccount};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use testbed::Bed;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub struct Edge {
    pub bed: Bed,
    pub client: Client,
    pub metrics: Metrics,
    pub pulses: Pulses,
    pub tracker: TaskTracker,
    pub cancel: CancellationToken,
    pub watches: Watches,
    pub writer: Writer,
}

impl Edge {
    pub async fn new(bed: Bed) -> Self {
        let (metrics, pulses) = (Metrics::new(), Pulses::default());
        let options =
            ClientOptions { kubeconfig: Some(bed.kubeconfig().to_owned()), ..ClientOptions::default() };
        let client = kubernetes::client(&options, &metrics).await.unwrap();
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        let watches =
            Watches::new(client.clone(), metrics.clone(), pulses.clone(), tracker.clone(), cancel.clone());
        let writer = Writer::new(client.clone(), metrics.clone(), "ecs.berth.dev/deployment");
        Self { bed, client, metrics, pulses, tracker, cancel, watches, writer }
    }

    pub async fn install_crds(&self) {
        let api: Api<CustomResourceDefinition> = Api::all(self.client.clone());
        for definition in berth::api::definitions::definitions() {
            api.create(&PostParams::default(), &definition).await.unwrap();
        }
    }

    /// A namespace of its own for a check, with an owner in it.
    pub async fn namespace(&self, name: &str) -> (String, Owner) {
        let object = json!({"metadata": {"name": name}});
        let api: Api<Namespace> = Api::all(self.client.clone());
        api.create(&PostParams::default(), &of(&object)).await.unwrap();
        (name.to_owned(), self.owner(name, "owner").await)
    }

    pub async fn owner(&self, namespace: &str, name: &str) -> Owner {
        let object = json!({"metadata": {"name": name, "namespace": namespace}});
        Owner::of::<ConfigMap>(&self.post(&object).await).unwrap()
    }

    /// Creates an object as somebody else.
    pub async fn post<K>(&self, object: &Value) -> K
    where
        K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
            + Serialize
            + DeserializeOwned
            + Clone
            + Debug,
    {
        let api: Api<K> = Api::namespaced(self.client.clone(), text(object, "/metadata/namespace"));
        api.create(&PostParams::default(), &of(object)).await.unwrap()
    }

    /// Patches an object as somebody else.
    pub async fn edit<K>(&self, object: &K, patch: Value) -> K
    where
        K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
            + DeserializeOwned
            + Clone
            + Debug,
    {
        let meta = object.meta();
        let api: Api<K> = Api::namespaced(self.client.clone(), meta.namespace.as_deref().unwrap());
        let patch = Patch::Merge(patch);
        api.patch(meta.name.as_deref().unwrap(), &PatchParams::default(), &patch).await.unwrap()
    }

    pub async fn account(&self, namespace: &str, name: &str) -> ServiceAccount {
        Api::namespaced(self.client.clone(), namespace).get(name).await.unwrap()
    }

    pub async fn end(self) {
        self.cancel.cancel();
        self.tracker.close();
        self.tracker.wait().await;
        self.bed.stop().await.unwrap();
    }
}

/// A typed object from JSON.
pub fn of<K: DeserializeOwned>(object: &Value) -> K {
    serde_json::from_value(object.clone()).unwrap()
}

pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).unwrap().as_str().unwrap()
}

/// Waits until `test` says so. How long it took.
pub async fn until(what: &str, test: impl AsyncFn() -> bool) -> Duration {
    let start = Instant::now();
    while !test().await {
        assert!(start.elapsed() < Duration::from_secs(60), "it never happened that {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    start.elapsed()
}
