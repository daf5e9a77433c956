//! Behind the apiserver's back: etcd.

use anyhow::{Context, Result};
use k8s_openapi::ByteString;
use serde::Deserialize;

use super::Bed;
use crate::parts::Part;

/// What `etcdctl get -w json` prints, as far as it matters.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    kvs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    value: ByteString,
}

impl Bed {
    /// Writes a key of etcd, such as `/registry/example.org/things/default/a`, past all checks of
    /// the apiserver. Watchers see the change.
    pub async fn etcd_put(&self, key: &str, value: &[u8]) -> Result<()> {
        self.etcdctl(&["put", "--", key], value).await.map(drop)
    }

    /// Reads a key of etcd.
    pub async fn etcd_get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let json = self.etcdctl(&["get", "-w", "json", "--", key], b"").await?;
        let answer: Answer = serde_json::from_slice(&json).context("etcdctl printed something unknown")?;
        Ok(answer.kvs.into_iter().next().map(|pair| pair.value.0))
    }

    /// Deletes a key of etcd.
    pub async fn etcd_del(&self, key: &str) -> Result<()> {
        self.etcdctl(&["del", "--", key], b"").await.map(drop)
    }

    async fn etcdctl(&self, args: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        let mut command = self.tool(Part::Etcdctl)?;
        command.arg("--endpoints").arg(self.plane.settings.etcd_url()).args(args);
        super::tools::checked(super::tools::run(command, input).await?, "etcdctl", args)
    }
}
