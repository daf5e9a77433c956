//! `-n`, `--context`, `--kubeconfig`, `-o`: which cluster is asked and how answers look, as with kubectl.

use crate::kubernetes::{ClientOptions, Desk, client};
use crate::observe::Metrics;
use clap::{Args, ValueEnum};
use std::io::IsTerminal;
use std::path::PathBuf;

/// Which cluster and namespace is asked.
#[derive(Debug, Args)]
pub(super) struct Access {
    /// Namespace. Default: the context's.
    #[arg(short, long)]
    namespace: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

/// Which cluster is asked.
#[derive(Debug, Args)]
pub(super) struct Reach {
    /// Context of the kubeconfig. Default: its current one.
    #[arg(long)]
    context: Option<String>,
    /// Kubeconfig file. Default: $KUBECONFIG, ~/.kube/config, or the pod's service account.
    #[arg(long)]
    kubeconfig: Option<PathBuf>,
}

/// How objects are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// More columns.
    Wide,
    /// Names only.
    Name,
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

impl Access {
    /// Runs `ask` with a view of the namespace.
    ///
    /// # Errors
    /// When there is no cluster to ask, or what `ask` says.
    pub(super) fn ask<T>(&self, ask: impl AsyncFnOnce(Desk) -> anyhow::Result<T>) -> anyhow::Result<T> {
        self.reach.ask(self.namespace.as_deref(), ask)
    }

    /// The namespace by name, where files stand for a cluster.
    pub(super) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }
}

impl Reach {
    /// Runs `ask` with a view of the cluster in this namespace, or in the context's.
    ///
    /// # Errors
    /// When there is no cluster to ask, or what `ask` says.
    pub(super) fn ask<T>(
        &self,
        namespace: Option<&str>,
        ask: impl AsyncFnOnce(Desk) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let options = ClientOptions {
                kubeconfig: self.kubeconfig.clone(),
                context: self.context.clone(),
                ..ClientOptions::default()
            };
            let client = client(&options, &Metrics::new()).await?;
            ask(Desk::new(client, namespace)).await
        })
    }
}

/// Whether to colour: only what a person reads, and not where `NO_COLOR` is set.
pub(super) fn colours() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
}
