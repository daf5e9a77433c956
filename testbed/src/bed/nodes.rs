//! Simulated nodes of a bed.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::Node;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Bed;
use crate::nodes::{MANAGED, SimulatedNode};

impl Bed {
    /// Adds simulated nodes, and waits until the scheduler may use them.
    pub async fn add_simulated_nodes(&self, nodes: Vec<SimulatedNode>) -> Result<()> {
        if nodes.is_empty() {
            return Ok(());
        }
        ensure!(self.plane.settings.simulated, "this bed was started without simulated nodes");
        let api: Api<Node> = Api::all(self.client()?);
        let existing = api.list_metadata(&ListParams::default()).await?.items.len();
        let names: BTreeSet<String> = nodes.iter().map(|node| node.name.clone()).collect();
        let mut tasks = JoinSet::new();
        for (number, node) in (u32::try_from(existing)? + 1..).zip(nodes) {
            let api = api.clone();
            tasks.spawn(async move {
                let object = node.object(number)?;
                let created = api.create(&PostParams::default(), &object).await;
                created.with_context(|| format!("cannot add the node {}", node.name)).map(drop)
            });
        }
        while let Some(done) = tasks.join_next().await {
            done??;
        }
        wait_until_usable(&api, names).await
    }

    /// Removes a simulated node. Its pods are deleted in time by Kubernetes' garbage collector.
    pub async fn remove_node(&self, name: &str) -> Result<()> {
        let api: Api<Node> = Api::all(self.client()?);
        api.delete(name, &DeleteParams::default()).await.with_context(|| format!("cannot remove {name}"))?;
        Ok(())
    }

    /// A simulated node falls silent: it is NotReady after the bed's `node_grace`, and its pods stay
    /// as they are.
    pub async fn silence_node(&self, name: &str) -> Result<()> {
        self.set_managed(name, Value::Null).await
    }

    /// A silent node comes back.
    pub async fn wake_node(&self, name: &str) -> Result<()> {
        self.set_managed(name, json!(MANAGED.1)).await
    }

    async fn set_managed(&self, name: &str, value: Value) -> Result<()> {
        let api: Api<Node> = Api::all(self.client()?);
        let patch = Patch::Merge(json!({"metadata": {"labels": {MANAGED.0: value}}}));
        let patched = api.patch_metadata(name, &PatchParams::default(), &patch).await;
        patched.with_context(|| format!("there is no simulated node {name}")).map(drop)
    }
}

/// A new node carries a taint until the node controller has seen that it is ready.
async fn wait_until_usable(api: &Api<Node>, mut waiting: BTreeSet<String>) -> Result<()> {
    let start = Instant::now();
    loop {
        for node in api.list(&ListParams::default()).await? {
            let tainted = node.spec.as_ref().and_then(|s| s.taints.as_ref()).is_some_and(|t| !t.is_empty());
            if !tainted {
                waiting.remove(&node.name_any());
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        ensure!(start.elapsed() < Duration::from_secs(60), "nodes do not get ready: {waiting:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
