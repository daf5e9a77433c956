//! From a queue to running passes.

use std::fmt::Display;
use std::hash::Hash;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{Next, Queue, Tenant, Verdict};
use crate::observe::{Metrics, PassResult, Pulses};

/// How often an idle runner shows that it is alive.
const TICK: Duration = Duration::from_secs(5);
/// A runner that has not gone round for so long is stuck.
const LONGEST_ROUND: Duration = Duration::from_secs(60);

/// How a runner runs.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Name for metrics and logs.
    pub controller: &'static str,
    /// How many passes at once.
    pub concurrency: usize,
    /// How long one pass may take.
    pub limit: Duration,
    /// Where passes are counted.
    pub metrics: Metrics,
    /// Where the loop shows that it is alive.
    pub pulses: Pulses,
}

impl RunOptions {
    /// 16 passes at once, 30 s each.
    pub fn new(controller: &'static str, metrics: Metrics, pulses: Pulses) -> Self {
        Self { controller, concurrency: 16, limit: Duration::from_secs(30), metrics, pulses }
    }
}

/// Runs `pass` for every key that comes up, until `cancel`; then lets the passes under way end.
///
/// Dropping the future cuts them off instead (leadership was lost): the queue then keeps their keys, and the
/// next run begins with them.
pub async fn run<K, E, F, P>(queue: Queue<K>, options: RunOptions, cancel: CancellationToken, pass: F)
where
    K: Tenant + Clone + Eq + Hash + Display + Send + Sync + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    F: Fn(K) -> P + Send + Sync + 'static,
    P: Future<Output = Result<Next, E>> + Send + 'static,
{
    queue.recover();
    let pulse = options.pulses.register(format!("passes of {}", options.controller), LONGEST_ROUND);
    let runner = Arc::new(Runner { queue: queue.clone(), options: options.clone(), pass });
    let mut passes = JoinSet::new();
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !cancel.is_cancelled() {
        while passes.len() < options.concurrency.max(1)
            && let Some(key) = queue.take()
        {
            passes.spawn(Arc::clone(&runner).one(key));
        }
        pulse.beat();
        options.metrics.queue(options.controller, queue.len(), queue.backing_off());
        let free = passes.len() < options.concurrency.max(1);
        let visit = queue.next_visit().unwrap_or_else(|| Instant::now() + TICK);
        tokio::select! {
            () = cancel.cancelled() => {}
            Some(_) = passes.join_next() => {}
            () = queue.changed(), if free => {}
            () = sleep_until(visit), if free => {}
            _ = tick.tick() => {}
        }
    }
    while passes.join_next().await.is_some() {
        pulse.beat();
    }
}

struct Runner<K, F> {
    queue: Queue<K>,
    options: RunOptions,
    pass: F,
}

impl<K, F> Runner<K, F>
where
    K: Tenant + Clone + Eq + Hash + Display + Send + Sync + 'static,
{
    async fn one<E, P>(self: Arc<Self>, key: K)
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
        F: Fn(K) -> P + Send + Sync + 'static,
        P: Future<Output = Result<Next, E>> + Send + 'static,
    {
        let controller = self.options.controller;
        // A root of its own: passes of one runner have nothing to do with one another.
        let span = tracing::info_span!(parent: None, "pass", controller, object = %key);
        let start = Instant::now();
        // The call is inside, so that a panic before the first await is caught, too.
        let guarded = AssertUnwindSafe(async { (self.pass)(key.clone()).await }).catch_unwind();
        let ended = timeout(self.options.limit, guarded).instrument(span.clone()).await;
        let _entered = span.entered();
        let failures = self.queue.failures(&key).saturating_add(1);
        let (result, verdict) = match ended {
            Ok(Ok(Ok(next @ Next::Done))) => (PassResult::Done, Verdict::Fine(next)),
            Ok(Ok(Ok(next @ Next::After(_)))) => (PassResult::Requeued, Verdict::Fine(next)),
            Ok(Ok(Err(error))) => {
                tracing::warn!(failures, error = chain(error.into().as_ref()), "pass failed");
                (PassResult::Failed, Verdict::Failed)
            }
            // The panic itself is logged by the hook, with its place.
            Ok(Err(_)) => (PassResult::Panicked, Verdict::Failed),
            Err(_) => {
                tracing::error!(failures, limit = ?self.options.limit, "pass took too long");
                (PassResult::TimedOut, Verdict::Failed)
            }
        };
        self.options.metrics.pass(controller, result, start.elapsed());
        self.queue.finish(&key, verdict);
    }
}

/// An error with its causes, without those that it repeats itself.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}
