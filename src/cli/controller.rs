//! `berth controller`: the operator.

use crate::controllers;
use crate::kubernetes::{ClientOptions, client};
use crate::observe::{LogFormat, Metrics, tracing as logs};
use anyhow::Context;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How the operator runs.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Address that serves /livez, /readyz and /metrics.
    #[arg(long, env = "BERTH_LISTEN", default_value = "0.0.0.0:8080")]
    listen: SocketAddr,
    /// Namespace of the leader election's Lease.
    #[arg(long, env = "POD_NAMESPACE", default_value = "berth-system")]
    lease_namespace: String,
    /// Name of the leader election's Lease.
    #[arg(long, default_value = "berth")]
    lease_name: String,
    /// Seconds for which the Lease holds without being renewed: when a leader dies, its successor waits as long.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(3..=300))]
    lease_duration: u16,
    /// Name of this replica, in the Lease and in events.
    #[arg(long, env = "POD_NAME")]
    identity: Option<String>,
    /// Work in this namespace only. Default: in all.
    #[arg(long, env = "BERTH_WATCH_NAMESPACE")]
    watch_namespace: Option<String>,
    /// Objects of one kind worked on at once.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// Leave the placement of tasks to the scheduler profiles that the chart installs (`scheduler.enabled`).
    #[arg(long, env = "BERTH_SCHEDULER_PROFILES")]
    scheduler_profiles: bool,
    /// Form of the log.
    #[arg(long, env = "BERTH_LOG_FORMAT", value_enum, default_value = "text")]
    log_format: Format,
    /// Level of the log, or a filter such as info,berth=debug.
    #[arg(long, env = "BERTH_LOG", default_value = "info")]
    log_level: String,
    /// Kubeconfig file. Default: $KUBECONFIG, ~/.kube/config, or the pod's service account.
    #[arg(long)]
    kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig.
    #[arg(long)]
    context: Option<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let format = match arguments.log_format {
        Format::Text => LogFormat::Text,
        Format::Json => LogFormat::Json,
    };
    logs(format, &arguments.log_level)?;
    tokio::runtime::Runtime::new()?.block_on(operate(arguments))
}

async fn operate(arguments: Arguments) -> anyhow::Result<()> {
    let metrics = Metrics::new();
    let options = ClientOptions {
        kubeconfig: arguments.kubeconfig,
        context: arguments.context,
        ..ClientOptions::default()
    };
    let client = client(&options, &metrics).await?;
    let options = controllers::Options {
        listen: arguments.listen,
        lease_namespace: arguments.lease_namespace,
        lease_name: arguments.lease_name,
        lease_duration: Duration::from_secs(arguments.lease_duration.into()),
        identity: arguments.identity.unwrap_or_else(|| format!("berth-{}", std::process::id())),
        namespace: arguments.watch_namespace,
        concurrency: arguments.concurrency.into(),
        profiles: arguments.scheduler_profiles,
    };
    let cancel = CancellationToken::new();
    tokio::spawn(cancel_on_signal(cancel.clone()));
    let listen = options.listen;
    controllers::run(client, options, metrics, cancel)
        .await
        .with_context(|| format!("cannot serve on {listen}: choose another address with --listen"))
}

async fn cancel_on_signal(cancel: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("cannot wait for signals: the operator will not end gracefully");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("ending: passes under way are finished, then the lease is handed over");
    cancel.cancel();
}
