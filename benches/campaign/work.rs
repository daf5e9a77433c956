//! The same work for Berth and for bare Deployments, timed.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Result, bail};
use berth::api::{Service, TaskDefinition};
use futures::stream::{self, StreamExt, TryStreamExt};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use kube::api::{ListParams, PartialObjectMeta, PostParams};
use kube::runtime::watcher::{self, watcher};
use kube::{Api, Client, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::bed::PATIENCE;

/// Requests of ours at once.
const AT_ONCE: usize = 16;

/// How much work.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Services, or Deployments.
    pub services: usize,
    /// Tasks of each.
    pub tasks: usize,
}

impl Size {
    /// Tasks in all.
    pub fn pods(self) -> usize {
        self.services * self.tasks
    }
}

/// A task definition of one small container.
pub fn definition(family: &str, image: &str) -> Value {
    json!({
        "apiVersion": "ecs.berth.dev/v1alpha1", "kind": "TaskDefinition", "metadata": {"name": family},
        "spec": {"family": family, "networkMode": "awsvpc", "containerDefinitions": [{
            "name": "app", "image": image, "cpu": 64, "memory": 128, "essential": true,
            "portMappings": [{"containerPort": 8080}],
            "environment": [{"name": "COLOUR", "value": "blue"}],
        }]},
    })
}

/// A service of `tasks` tasks of the family of its own name.
pub fn service(name: &str, tasks: usize) -> Value {
    json!({
        "apiVersion": "ecs.berth.dev/v1alpha1", "kind": "Service", "metadata": {"name": name},
        "spec": {"serviceName": name, "taskDefinition": name, "desiredCount": tasks},
    })
}

fn deployment(name: &str, tasks: usize) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": tasks, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{
                "name": "app", "image": "nginx:1", "ports": [{"containerPort": 8080}],
                "env": [{"name": "COLOUR", "value": "blue"}],
                "resources": {"requests": {"cpu": "62m", "memory": "128Mi"}, "limits": {"memory": "128Mi"}},
            }]}},
        },
    })
}

fn name(number: usize) -> String {
    format!("web-{number:04}")
}

/// From the first request to the last task running, by Berth.
pub async fn by_berth(client: &Client, namespace: &str, size: Size) -> Result<Duration> {
    let definitions: Api<TaskDefinition> = Api::namespaced(client.clone(), namespace);
    let services: Api<Service> = Api::namespaced(client.clone(), namespace);
    let apply = |number: usize| {
        let (definitions, services, name) = (&definitions, &services, name(number));
        async move {
            create(definitions, definition(&name, "nginx:1")).await?;
            create(services, service(&name, size.tasks)).await
        }
    };
    until_running(client, namespace, size, each(size.services, apply)).await
}

/// From the first request to the last pod running, by bare Deployments.
pub async fn by_deployments(client: &Client, namespace: &str, size: Size) -> Result<Duration> {
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), namespace);
    let apply = |number: usize| {
        let (deployments, name) = (&deployments, name(number));
        async move { create(deployments, deployment(&name, size.tasks)).await }
    };
    until_running(client, namespace, size, each(size.services, apply)).await
}

/// Does something for each number below `count`.
async fn each<F: Future<Output = Result<()>>>(count: usize, work: impl Fn(usize) -> F) -> Result<()> {
    stream::iter((0..count).map(work)).buffer_unordered(AT_ONCE).try_collect().await
}

/// Creates an object from its JSON.
pub async fn create<K>(api: &Api<K>, object: Value) -> Result<()>
where
    K: Clone + Debug + Serialize + DeserializeOwned,
{
    api.create(&PostParams::default(), &serde_json::from_value(object)?).await?;
    Ok(())
}

async fn until_running(
    client: &Client,
    namespace: &str,
    size: Size,
    work: impl Future<Output = Result<()>>,
) -> Result<Duration> {
    let pods: Api<PartialObjectMeta<Pod>> = Api::namespaced(client.clone(), namespace);
    let running = watcher(pods, watcher::Config::default().fields("status.phase=Running"));
    let mut running = pin!(running);
    let mut names = BTreeSet::new();
    let count = async {
        while names.len() < size.pods() {
            match running.next().await {
                Some(Ok(watcher::Event::Apply(pod) | watcher::Event::InitApply(pod))) => {
                    names.insert(pod.name_any());
                }
                Some(Ok(watcher::Event::Delete(pod))) => {
                    names.remove(&pod.name_any());
                }
                Some(_) => {}
                None => bail!("the watch of pods has ended"),
            }
        }
        anyhow::Ok(())
    };
    let start = Instant::now();
    timeout(PATIENCE, async { tokio::try_join!(work, count) }).await??;
    Ok(start.elapsed())
}

/// Waits until every Service of the namespace is ready.
pub async fn until_steady(client: &Client, namespace: &str) -> Result<()> {
    let services: Api<Service> = Api::namespaced(client.clone(), namespace);
    let start = Instant::now();
    loop {
        let all = services.list(&ListParams::default()).await?;
        let unready: Vec<String> =
            all.iter().filter(|service| !is_ready(service)).map(ResourceExt::name_any).collect();
        if unready.is_empty() {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            bail!("{} services do not get ready, {:?} among them", unready.len(), unready.first());
        }
        sleep(Duration::from_secs(1)).await;
    }
}

fn is_ready(service: &Service) -> bool {
    let conditions = service.status.iter().flat_map(|status| &status.conditions);
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// How many events about each Service there are, the most first.
pub async fn events(client: &Client, namespace: &str) -> Result<Vec<(String, usize)>> {
    let events: Api<Event> = Api::namespaced(client.clone(), namespace);
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for event in events.list(&ListParams::default()).await? {
        let about = event.regarding.filter(|about| about.kind.as_deref() == Some("Service"));
        if let Some(name) = about.and_then(|about| about.name) {
            *counts.entry(name).or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(counts)
}

/// Keeps a namespaced kind's bounds out of the callers' sight.
pub fn api<K>(client: &Client, namespace: &str) -> Api<K>
where
    K: kube::Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
{
    Api::namespaced(client.clone(), namespace)
}
