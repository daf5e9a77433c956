//! `--nodes`, `--context`, `--kubeconfig`: which nodes are asked, those of files or those of a cluster.

use super::cluster::Reach;
use super::files::texts;
use crate::placement::expression::ParseError;
use crate::render::{Inventory, NO_NODE};
use anyhow::{Context, anyhow, bail};
use clap::Args;
use k8s_openapi::api::core::v1::{Node, Pod};
use std::path::PathBuf;
use std::process::ExitCode;

/// Where nodes are looked for.
#[derive(Debug, Args)]
pub(super) struct Nodes {
    /// Files to read instead of a cluster, as from `kubectl get nodes,pods -A -o yaml`; `-` is standard input. Pods in
    /// them are what runs on the nodes. May be repeated.
    #[arg(long, value_name = "FILE")]
    nodes: Vec<PathBuf>,
    #[command(flatten)]
    reach: Reach,
}

impl Nodes {
    /// The nodes, and the pods with these labels, if there is something to ask them. Files give all their pods.
    ///
    /// # Errors
    /// When a file holds no nodes, or there is no cluster to ask.
    pub(super) fn read(&self, pods: Option<&str>) -> anyhow::Result<(Vec<Node>, Vec<Pod>)> {
        if !self.nodes.is_empty() {
            return self.read_files();
        }
        self.reach.ask(None, async |desk| {
            let nodes = desk.list_everywhere("").await.context("cannot read nodes")?;
            let pods = match pods {
                Some(labels) => {
                    desk.list_everywhere(labels).await.context("cannot read pods of all namespaces")?
                }
                None => Vec::new(),
            };
            Ok((nodes, pods))
        })
    }

    fn read_files(&self) -> anyhow::Result<(Vec<Node>, Vec<Pod>)> {
        let read = texts(&self.nodes)?;
        if let Some((source, why)) = read.unread.first() {
            bail!("{source} {why}");
        }
        let mut inventory = Inventory::default();
        for (source, text) in &read.texts {
            inventory.add(text).map_err(|why| anyhow!("{source}: {why}"))?;
        }
        if inventory.is_empty() {
            let sources: Vec<&str> = read.texts.iter().map(|(source, _)| source.as_str()).collect();
            bail!("{}: {NO_NODE}", sources.join(", "));
        }
        Ok(inventory.into_parts())
    }
}

/// Says where a query is none, which is as wrong as a wrong flag.
pub(super) fn misspelt(text: &str, error: &ParseError) -> ExitCode {
    eprintln!("berth: {error}\n{}", error.pointed(text));
    ExitCode::from(2)
}
