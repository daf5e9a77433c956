//! Whether anything is written while nothing happens.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use anyhow::{Result, ensure};
use berth::api::{Service, TaskDefinition};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::ListParams;
use kube::{Api, Client, Resource, ResourceExt};
use tokio::time::{Instant, sleep};

use super::bed::PATIENCE;
use super::operator::{Operator, Samples, difference};

/// How long nothing must be written before rest is said to have begun.
const QUIET: Duration = Duration::from_secs(5);

/// What was written in a time of rest: nothing, one hopes.
#[derive(Debug, Default)]
pub struct Unrest {
    /// What the operator says that it wrote.
    pub writes: Samples,
    /// Objects that are not as they were: `kind/name@version`, of before and of after.
    pub objects: Vec<String>,
}

impl Unrest {
    /// Whether all was quiet.
    pub fn is_none(&self) -> bool {
        self.writes.is_empty() && self.objects.is_empty()
    }
}

/// Waits until the operator has written nothing for a while.
pub async fn settle(operator: &Operator) -> Result<()> {
    let start = Instant::now();
    let (mut seen, mut since) = (operator.writes().await?, Instant::now());
    while since.elapsed() < QUIET {
        ensure!(start.elapsed() < PATIENCE, "the operator does not come to rest");
        sleep(Duration::from_millis(500)).await;
        let now = operator.writes().await?;
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
    }
    Ok(())
}

/// Looks on for some time.
pub async fn watch(client: &Client, namespace: &str, operator: &Operator, time: Duration) -> Result<Unrest> {
    let (objects, writes) = (versions(client, namespace).await?, operator.writes().await?);
    sleep(time).await;
    let now = versions(client, namespace).await?;
    Ok(Unrest {
        writes: difference(&writes, &operator.writes().await?),
        objects: objects.symmetric_difference(&now).cloned().collect(),
    })
}

async fn versions(client: &Client, namespace: &str) -> Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    add::<Service>(client, namespace, &mut all).await?;
    add::<TaskDefinition>(client, namespace, &mut all).await?;
    add::<Pod>(client, namespace, &mut all).await?;
    add::<ControllerRevision>(client, namespace, &mut all).await?;
    add::<PodDisruptionBudget>(client, namespace, &mut all).await?;
    add::<k8s_openapi::api::core::v1::Service>(client, namespace, &mut all).await?;
    add::<Event>(client, namespace, &mut all).await?;
    Ok(all)
}

async fn add<K>(client: &Client, namespace: &str, all: &mut BTreeSet<String>) -> Result<()>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + Debug
        + serde::de::DeserializeOwned,
{
    let api: Api<K> = Api::namespaced(client.clone(), namespace);
    for object in api.list_metadata(&ListParams::default()).await? {
        let version = object.resource_version().unwrap_or_default();
        all.insert(format!("{}/{}@{version}", K::kind(&()), object.name_any()));
    }
    Ok(())
}
