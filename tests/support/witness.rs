//! Sees every change of every task of a namespace, in order, and keeps the extremes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use futures::stream::BoxStream;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::{Api, ResourceExt};
use tokio::task::JoinHandle;

use crate::stage::{Stage, is_live};

/// What was seen of one service's tasks.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The most tasks that were live at any moment.
    pub most_live: usize,
    /// The fewest tasks that were live and healthy at any moment.
    pub fewest_healthy: usize,
    /// Every task that was ever there, by name, with the UIDs that bore the name.
    pub tasks: BTreeMap<String, BTreeSet<String>>,
    /// The most restarts of any container.
    pub restarts: i32,
    now: BTreeMap<String, (bool, bool)>,
}

/// A watch that runs from its making to [`Witness::end`].
pub struct Witness {
    seen: Arc<Mutex<BTreeMap<String, Seen>>>,
    task: JoinHandle<()>,
}

impl Witness {
    /// Begins with what is there now.
    pub async fn begin(stage: &Stage) -> Self {
        let api = stage.api::<Pod>();
        let list = api.list(&ListParams::default()).await.unwrap();
        let mut begun: BTreeMap<String, Seen> = BTreeMap::new();
        let version = list.metadata.resource_version.clone().unwrap();
        list.items.iter().for_each(|pod| note(&mut begun, pod, true));
        for seen in begun.values_mut() {
            (seen.most_live, seen.fewest_healthy) = count(seen);
        }
        let seen = Arc::new(Mutex::new(begun));
        let task = tokio::spawn(watch(api, version, Arc::clone(&seen)));
        Self { seen, task }
    }

    /// What was seen, by service. Panics if anything may have been missed.
    pub fn end(self) -> BTreeMap<String, Seen> {
        assert!(!self.task.is_finished(), "the watch ended before the test did");
        self.task.abort();
        self.seen.lock().unwrap().clone()
    }
}

async fn watch(api: Api<Pod>, mut version: String, all: Arc<Mutex<BTreeMap<String, Seen>>>) {
    // The API server closes watches now and then; going on from the last version misses nothing.
    loop {
        let changes = api.watch(&WatchParams::default(), &version).await.unwrap().boxed();
        version = follow(changes, version, &all).await;
    }
}

async fn follow(
    mut changes: BoxStream<'_, kube::Result<WatchEvent<Pod>>>,
    mut version: String,
    all: &Mutex<BTreeMap<String, Seen>>,
) -> String {
    while let Some(change) = changes.next().await {
        let (pod, exists) = match change {
            Ok(WatchEvent::Added(pod) | WatchEvent::Modified(pod)) => (pod, true),
            Ok(WatchEvent::Deleted(pod)) => (pod, false),
            Ok(WatchEvent::Error(error)) => panic!("the witness missed something: {error:?}"),
            Ok(WatchEvent::Bookmark(_)) => continue,
            Err(_) => break,
        };
        version = pod.resource_version().unwrap();
        let mut all = all.lock().unwrap();
        note(&mut all, &pod, exists);
        for seen in all.values_mut() {
            let (live, healthy) = count(seen);
            seen.most_live = seen.most_live.max(live);
            seen.fewest_healthy = seen.fewest_healthy.min(healthy);
        }
    }
    version
}

fn note(all: &mut BTreeMap<String, Seen>, pod: &Pod, exists: bool) {
    let Some(service) = pod.labels().get("ecs.berth.dev/service") else { return };
    let seen = all.entry(service.clone()).or_default();
    let name = pod.name_any();
    seen.tasks.entry(name.clone()).or_default().insert(pod.uid().unwrap());
    let status = pod.status.clone().unwrap_or_default();
    let restarts = status.container_statuses.iter().flatten().map(|container| container.restart_count).max();
    seen.restarts = seen.restarts.max(restarts.unwrap_or(0));
    let is_ready = status.conditions.iter().flatten().any(|it| it.type_ == "Ready" && it.status == "True");
    let live = exists && is_live(pod);
    seen.now.insert(name, (live, live && is_ready));
}

fn count(seen: &Seen) -> (usize, usize) {
    let live = seen.now.values().filter(|(live, _)| *live).count();
    (live, seen.now.values().filter(|(_, healthy)| *healthy).count())
}
