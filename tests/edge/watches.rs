//! Stores: what they show of a real API server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use berth::api::ServiceDiscovery;
use berth::kubernetes::{Change, Freshness, Key, ResourceVersion, Selection, Watched};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::DeleteParams;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::{Edge, until};

fn document(namespace: &str, name: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": namespace}, "spec": {"Description": "x"}})
}

fn within(namespace: &str) -> Selection {
    Selection { namespace: Some(namespace.into()), ..Selection::default() }
}

/// Whether the watch becomes ready once the CRD is there.
pub async fn a_kind_without_crd_is_waited_for(edge: &Edge) -> JoinHandle<bool> {
    let watched: Watched<ServiceDiscovery> = edge.watches.watch(Selection::default(), |_, _| ());
    until("the watch says what it waits for", async || {
        let waiting = edge.watches.waiting();
        waiting.len() == 1 && waiting[0].contains("is its CRD installed?")
    })
    .await;
    tokio::spawn(async move {
        let ready = tokio::time::timeout(Duration::from_secs(20), watched.ready());
        ready.await.unwrap_or(false)
    })
}

pub async fn stores_show_writes_and_say_when(edge: &Edge) {
    let (namespace, _) = edge.namespace("stores").await;
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&told);
    edge.post::<ServiceDiscovery>(&document(&namespace, "before")).await;
    let watched: Watched<ServiceDiscovery> = edge.watches.watch(within(&namespace), move |object, change| {
        let what = if change == Change::Applied { "+" } else { "-" };
        sink.lock().unwrap().push(format!("{what}{}", Key::of(object).name));
    });
    assert!(watched.ready().await);
    assert!(watched.get(&namespace, "before").is_some());
    let listed = watched.seen();
    assert!(listed > ResourceVersion::ZERO);

    let freshness = Freshness::default();
    let object: ServiceDiscovery = edge.post(&document(&namespace, "web")).await;
    freshness.wrote(&"web", &object);
    let caught_up = || freshness.caught_up(&"web", |pending| watched.reflects(pending));
    let took = until("the store has seen the write", async || caught_up()).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    let shown = watched.get(&namespace, "web").unwrap();
    assert_eq!(shown.metadata.uid, object.metadata.uid);
    assert!(watched.seen() > listed);
    assert!(shown.metadata.managed_fields.iter().flatten().next().is_none());

    let api: Api<ServiceDiscovery> = Api::namespaced(edge.client.clone(), &namespace);
    api.delete("web", &DeleteParams::default()).await.unwrap();
    freshness.removed(&"web", &object);
    until("the store has seen the deletion", async || caught_up()).await;
    assert!(watched.get(&namespace, "web").is_none());
    assert_eq!(*told.lock().unwrap(), ["+before", "+web", "-web"]);
}

pub async fn an_object_that_cannot_be_read_stalls_nothing(edge: &Edge) {
    let (namespace, _) = edge.namespace("unreadable").await;
    let good: ServiceDiscovery = edge.post(&document(&namespace, "was-good")).await;
    let watched: Watched<ServiceDiscovery> = edge.watches.watch(within(&namespace), |_, _| ());
    assert!(watched.ready().await);
    for name in ["was-good", "never-good"] {
        let uid = if name == "was-good" { good.metadata.uid.clone().unwrap() } else { "u".into() };
        let stored = json!({
            "apiVersion": "ecs.berth.dev/v1alpha1", "kind": "ServiceDiscovery",
            "metadata": {"name": name, "namespace": namespace, "uid": uid},
            "spec": {"Description": ["not", "a", "text"]},
        });
        let key = format!("/registry/ecs.berth.dev/servicediscoveries/{namespace}/{name}");
        edge.bed.etcd_put(&key, stored.to_string().as_bytes()).await.unwrap();
    }
    until("both are named", async || watched.unparsable().len() == 2).await;
    assert!(watched.unparsable()[0].error.contains("invalid type: sequence"), "{:?}", watched.unparsable());
    assert!(watched.get(&namespace, "never-good").is_none());
    assert_eq!(*watched.get(&namespace, "was-good").unwrap(), good.clone().tap_stored());
    edge.post::<ServiceDiscovery>(&document(&namespace, "web")).await;
    until("others go on", async || watched.get(&namespace, "web").is_some()).await;
    // A new watch begins with the list, where both are now.
    let later: Watched<ServiceDiscovery> = edge.watches.watch(within(&namespace), |_, _| ());
    assert!(later.ready().await);
    assert_eq!((later.unparsable().len(), later.state().len()), (2, 1));
    let fixed = json!({"spec": {"Description": "x"}});
    edge.edit(&good, fixed).await;
    until("it can be read again", async || watched.unparsable().len() == 1).await;
}

trait TapStored {
    fn tap_stored(self) -> Self;
}

impl TapStored for ServiceDiscovery {
    /// As stores hold it.
    fn tap_stored(mut self) -> Self {
        self.metadata.managed_fields = Some(Vec::new());
        self
    }
}

pub async fn watches_go_on_after_the_api_server_was_away(edge: &Edge) {
    let (namespace, _) = edge.namespace("away").await;
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&told);
    edge.post::<ConfigMap>(&json!({"metadata": {"name": "same", "namespace": namespace}})).await;
    let watched: Watched<ConfigMap> = edge.watches.watch(within(&namespace), move |object, change| {
        let name = Key::of(object).name;
        if name != "kube-root-ca.crt" {
            sink.lock().unwrap().push(format!("{change:?} {name}"));
        }
    });
    assert!(watched.ready().await);
    edge.bed.restart_apiserver().await.unwrap();
    edge.post::<ConfigMap>(&json!({"metadata": {"name": "new", "namespace": namespace}})).await;
    until("the store shows what is new", async || watched.get(&namespace, "new").is_some()).await;
    assert!(watched.get(&namespace, "same").is_some());
    let told = told.lock().unwrap().iter().filter(|text| text.contains("same")).count();
    assert_eq!(told, 1, "nothing is told twice");
    assert!(edge.pulses.silent().is_empty());
}
