//! A test bed with Berth's kinds, and namespaces in it.

use std::time::Duration;

use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use serde_json::json;
use testbed::{Bed, BedConfig};
use tokio::time::{Instant, sleep};

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(900);

/// A bed of `nodes` simulated nodes in three zones, with Berth's kinds.
pub async fn start(nodes: usize) -> Result<Bed> {
    // A long time until silence is noticed: with hundreds of nodes their heartbeats are a load of their own.
    let config = BedConfig { node_grace: Duration::from_secs(600), ..BedConfig::simulated(nodes, 3) };
    let bed = Bed::start(config).await?;
    let crds = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");
    bed.kubectl(&["apply", "--server-side", "-k", crds]).await?;
    bed.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]).await?;
    Ok(bed)
}

/// Makes a namespace, and waits until pods can be made in it.
pub async fn create_namespace(bed: &Bed, name: &str) -> Result<()> {
    let client = bed.client()?;
    let namespace: Namespace = serde_json::from_value(json!({"metadata": {"name": name}}))?;
    Api::all(client.clone()).create(&PostParams::default(), &namespace).await?;
    let accounts: Api<ServiceAccount> = Api::namespaced(client, name);
    let start = Instant::now();
    while accounts.get_opt("default").await?.is_none() {
        ensure!(start.elapsed() < PATIENCE, "namespace {name} gets no ServiceAccount");
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Deletes a namespace, and waits until it is gone.
pub async fn delete_namespace(bed: &Bed, name: &str) -> Result<()> {
    let namespaces: Api<Namespace> = Api::all(bed.client()?);
    namespaces.delete(name, &DeleteParams::default()).await?;
    let start = Instant::now();
    while namespaces.get_opt(name).await?.is_some() {
        ensure!(start.elapsed() < PATIENCE, "namespace {name} does not go");
        sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}
