//! Leads, or stands by; while leading, runs every controller.

use super::context::Context;
use super::stores::Stores;
use super::{cluster, service, service_discovery, task_definition};
use crate::kubernetes::{
    Freshness, Key, Leadership, LeaseOptions, Notifier, NotifierOptions, Queue, RunOptions, Watches, Writer,
    elect, run as passes,
};
use crate::model::label;
use crate::observe::{Metrics, Pulses};
use crate::serve::{Health, serve};
use crate::translate::Capabilities;
use kube::Client;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How the operator runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where probes and metrics are served.
    pub listen: SocketAddr,
    /// Namespace of the lease.
    pub lease_namespace: String,
    /// Name of the lease.
    pub lease_name: String,
    /// Name of this replica.
    pub identity: String,
    /// How long the lease holds without being renewed.
    pub lease_duration: Duration,
    /// The one namespace to work in; all where none.
    pub namespace: Option<String>,
    /// Passes of one controller at once.
    pub concurrency: usize,
    /// Whether there is a scheduler with a profile for each order of strategies.
    pub profiles: bool,
}

/// The keys that wait for a pass, by controller.
#[derive(Clone, Default)]
pub struct Queues {
    /// Services.
    pub services: Queue<Key>,
    /// Task definitions.
    pub task_definitions: Queue<Key>,
    /// Service discoveries.
    pub discoveries: Queue<Key>,
    /// Clusters.
    pub clusters: Queue<Key>,
}

#[derive(Clone)]
struct Operator {
    client: Client,
    options: Options,
    metrics: Metrics,
    pulses: Pulses,
    /// What the leader's watches wait for; nothing while standing by, which is ready too.
    waiting: Arc<Mutex<Option<Watches>>>,
}

/// Runs until `cancel`; then lets passes end, and hands the lease over at once.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn run(
    client: Client,
    options: Options,
    metrics: Metrics,
    cancel: CancellationToken,
) -> std::io::Result<()> {
    let operator = Operator { client, options, metrics, pulses: Pulses::default(), waiting: Arc::default() };
    let served = CancellationToken::new();
    let listener = tokio::net::TcpListener::bind(operator.options.listen).await?;
    tracing::info!(address = %listener.local_addr()?, "serving /livez, /readyz and /metrics");
    let waiting = Arc::clone(&operator.waiting);
    let health = Health::new(operator.pulses.clone(), operator.metrics.clone(), move || {
        let watches = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        watches.as_ref().map(Watches::waiting).unwrap_or_default()
    });
    let server = tokio::spawn(serve(listener, health, served.clone()));
    operator.stand(cancel).await;
    served.cancel();
    server.await.map_err(std::io::Error::other)?
}

impl Operator {
    /// Stands for election until `cancel`, leading whenever elected.
    async fn stand(&self, cancel: CancellationToken) {
        let lease = &self.options;
        let options = LeaseOptions::new(&lease.lease_namespace, &lease.lease_name, &lease.identity)
            .lasting(lease.lease_duration);
        let election = elect(self.client.clone(), options, self.metrics.clone(), &self.pulses);
        let mut leadership = election.leadership();
        while !cancel.is_cancelled() {
            let led = leadership.wait_for(|now| *now == Leadership::Leading);
            let Some(Ok(_)) = cancel.run_until_cancelled(led).await else { break };
            let mut lost = leadership.clone();
            tokio::select! {
                () = self.lead(cancel.clone()) => {}
                // Whoever lost the lease must not write: the passes under way are dropped where they are.
                _ = lost.wait_for(|now| *now == Leadership::Standby) => {}
            }
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
        election.release().await;
    }

    /// Lists everything afresh, then runs every controller. A leader that acted on what it saw as a standby
    /// might act on the past.
    async fn lead(&self, cancel: CancellationToken) {
        let ending = CancellationToken::new();
        let _ended = ending.clone().drop_guard();
        let tracker = TaskTracker::new();
        let watches = Watches::new(
            self.client.clone(),
            self.metrics.clone(),
            self.pulses.clone(),
            tracker.clone(),
            ending.clone(),
        );
        let queues = Queues::default();
        let stores = Stores::start(&watches, self.options.namespace.clone(), &queues);
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(watches);
        if cancel.run_until_cancelled(stores.ready()).await != Some(true) {
            return;
        }
        let notifier = Notifier::new(
            self.client.clone(),
            self.metrics.clone(),
            NotifierOptions::new(&self.options.identity),
            &tracker,
            ending.clone(),
        );
        let context = self.context(stores, notifier, cancel.clone()).await;
        begin(&context, &queues);
        self.work(context, &queues, &cancel).await;
        ending.cancel();
        tracker.close();
        tracker.wait().await;
    }

    async fn context(&self, stores: Arc<Stores>, notifier: Notifier, leaving: CancellationToken) -> Context {
        let writer = |identity| Writer::new(self.client.clone(), self.metrics.clone(), identity);
        Context {
            stores,
            writer: writer(label::DEPLOYMENT),
            registrar: writer(label::FAMILY_HASH),
            sharer: writer(label::STANDS_FOR),
            fetched: Arc::default(),
            notifier,
            freshness: Arc::new(Freshness::default()),
            hold: Arc::default(),
            hold_definitions: Arc::default(),
            passes: Arc::default(),
            starts: Arc::default(),
            leaving,
            partial: self.options.namespace.is_some(),
            profiles: self.options.profiles,
            capabilities: self.capabilities().await,
        }
    }

    /// What this cluster can do, by its version.
    async fn capabilities(&self) -> Capabilities {
        let version = self.client.apiserver_version().await.ok();
        let number = |text: &str| text.trim_end_matches('+').parse::<u32>().ok();
        let version = version.and_then(|version| Some((number(&version.major)?, number(&version.minor)?)));
        let since = |minor: u32| version.is_some_and(|version| version >= (1, minor));
        Capabilities { pod_level_resources: since(34), container_restart_rules: since(35) }
    }

    async fn work(&self, context: Context, queues: &Queues, cancel: &CancellationToken) {
        let options = |controller| RunOptions {
            concurrency: self.options.concurrency,
            ..RunOptions::new(controller, self.metrics.clone(), self.pulses.clone())
        };
        let (one, two, three, four) = (context.clone(), context.clone(), context.clone(), context);
        tokio::join!(
            passes(queues.services.clone(), options(service::NAME), cancel.clone(), move |key| {
                service::pass(one.clone(), key)
            }),
            passes(
                queues.task_definitions.clone(),
                options(task_definition::NAME),
                cancel.clone(),
                move |key| { task_definition::pass(two.clone(), key) }
            ),
            passes(
                queues.discoveries.clone(),
                options(service_discovery::NAME),
                cancel.clone(),
                move |key| { service_discovery::pass(three.clone(), key) }
            ),
            passes(queues.clusters.clone(), options(cluster::NAME), cancel.clone(), move |key| {
                cluster::pass(four.clone(), key)
            }),
        );
    }
}

/// A new leader looks at everything once.
fn begin(context: &Context, queues: &Queues) {
    let stores = &context.stores;
    stores.task_definitions.state().iter().for_each(|object| queues.task_definitions.add(Key::of(&**object)));
    stores.discoveries.state().iter().for_each(|object| queues.discoveries.add(Key::of(&**object)));
    stores.clusters.state().iter().for_each(|object| queues.clusters.add(Key::of(&**object)));
    stores.services.state().iter().for_each(|object| queues.services.add(Key::of(&**object)));
}
