//! From a Lease object to "do I lead?".
//!
//! Every write is a PUT with the resource version that was read, so of two candidates one wins. Whether a
//! holder is gone is judged by how long *we* have seen no change of the lease; the times written in it are
//! never compared with our clock. A leader stops leading when it could not renew for `renew_deadline`, which
//! is shorter than the time after which others may take over. A lease that is given up names no holder; the
//! next candidate watches the lease and takes it at once.

use std::time::Duration;

use futures::{Stream, StreamExt as _};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::jiff::Timestamp;
use kube::api::PostParams;
use kube::runtime::watcher;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::backoff::chance;
use crate::observe::{Metrics, Pulse, Pulses};

mod claim;

use claim::{Claim, Seen, decide, renewed, signed, unsigned};

/// Who competes for which lease, and its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseOptions {
    /// Namespace of the lease.
    pub namespace: String,
    /// Name of the lease.
    pub name: String,
    /// This candidate; unique per process start (the pod's name and something random).
    pub identity: String,
    /// How long a lease holds without being renewed.
    pub duration: Duration,
    /// How long a leader goes on without a successful renewal. Shorter than `duration`.
    pub renew_deadline: Duration,
    /// How often the lease is renewed. Much shorter than `renew_deadline`.
    pub retry: Duration,
}

impl LeaseOptions {
    /// 15 s, 10 s and 2 s.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>, identity: impl Into<String>) -> Self {
        let none = Duration::ZERO;
        let (namespace, name, identity) = (namespace.into(), name.into(), identity.into());
        Self { namespace, name, identity, duration: none, renew_deadline: none, retry: none }
            .lasting(Duration::from_secs(15))
    }

    /// The same with a lease that holds for `duration`, and the other times in proportion.
    #[must_use]
    pub fn lasting(self, duration: Duration) -> Self {
        Self { duration, renew_deadline: duration * 2 / 3, retry: duration * 2 / 15, ..self }
    }
}

/// Whether this process leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leadership {
    /// Somebody else does, or nobody.
    Standby,
    /// This process does.
    Leading,
}

/// A running candidacy.
#[derive(Debug)]
pub struct Election {
    leadership: watch::Receiver<Leadership>,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Election {
    /// Whether this process leads, from now on. A leader that loses the lease must stop writing at once:
    /// drop the futures that write.
    pub fn leadership(&self) -> watch::Receiver<Leadership> {
        self.leadership.clone()
    }

    /// Ends the candidacy and gives up the lease, if held. Call it after the last write.
    pub async fn release(self) {
        self.cancel.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "leader election did not end well");
        }
    }
}

/// Enters the election. It goes on, also after a lost leadership, until [`Election::release`].
pub fn elect(client: Client, options: LeaseOptions, metrics: Metrics, pulses: &Pulses) -> Election {
    let (tell, leadership) = watch::channel(Leadership::Standby);
    let cancel = CancellationToken::new();
    let pulse = pulses.register("leader election", options.duration.saturating_mul(4));
    let api = Api::namespaced(client, &options.namespace);
    let candidate = Candidate { api, options, tell, metrics, pulse, seen: Seen::default() };
    let task = tokio::spawn(candidate.run(cancel.clone()));
    Election { leadership, cancel, task }
}

/// A lease that is ours.
struct Held {
    lease: Lease,
    /// When the request of the last write began: others may count from then on.
    since: Instant,
}

struct Candidate {
    api: Api<Lease>,
    options: LeaseOptions,
    tell: watch::Sender<Leadership>,
    metrics: Metrics,
    pulse: Pulse,
    seen: Seen,
}

impl Candidate {
    async fn run(mut self, cancel: CancellationToken) {
        self.tell(Leadership::Standby);
        loop {
            let Some(mut held) = cancel.run_until_cancelled(self.acquire()).await else { return };
            self.tell(Leadership::Leading);
            tracing::info!(identity = self.options.identity, "leading");
            let lost = cancel.run_until_cancelled(self.hold(&mut held)).await;
            self.tell(Leadership::Standby);
            match lost {
                Some(why) => tracing::warn!(identity = self.options.identity, why, "no longer leading"),
                None => return self.give_up(held.lease).await,
            }
        }
    }

    /// Waits for the lease to become free and takes it.
    async fn acquire(&mut self) -> Held {
        let selector = format!("metadata.name={}", self.options.name);
        let config = watcher::Config::default().fields(&selector).timeout(60);
        let changes = watcher(self.api.clone(), config);
        let mut changes = std::pin::pin!(changes);
        loop {
            self.pulse.beat();
            // Read afresh: what the watch told may be old, and a dead watch tells nothing.
            let pause = match timeout(self.options.renew_deadline, self.try_once()).await {
                Ok(Ok(Ok(held))) => return held,
                // Often enough to see the last renewal soon: the lease is ours so long after we have seen it.
                Ok(Ok(Err(pause))) => pause.min(self.options.retry),
                Ok(Err(error)) => {
                    tracing::warn!(lease = self.options.name, %error, "lease cannot be had");
                    self.options.retry
                }
                Err(_) => self.options.retry,
            };
            let pause = pause.mul_f64(chance().mul_add(0.1, 1.0));
            tokio::select! {
                () = freed(&mut changes, self.options.retry) => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// The lease, or how long to wait before the next try.
    async fn try_once(&mut self) -> kube::Result<Result<Held, Duration>> {
        let found = self.api.get_opt(&self.options.name).await?;
        self.seen.observe(found.as_ref(), Instant::now());
        let me = &self.options.identity;
        let wanted = match decide(found.as_ref(), &self.seen, me, self.options.duration, Instant::now()) {
            Claim::Wait(pause) => return Ok(Err(pause)),
            Claim::Create => signed(None, &self.options, Timestamp::now()),
            Claim::Take => signed(found, &self.options, Timestamp::now()),
        };
        let since = Instant::now();
        let written = if wanted.metadata.resource_version.is_some() {
            self.put(&wanted).await
        } else {
            self.api.create(&PostParams::default(), &wanted).await
        };
        match written {
            Ok(lease) => Ok(Ok(Held { lease, since })),
            // Somebody was faster.
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(Err(Duration::ZERO)),
            Err(error) => Err(error),
        }
    }

    /// Renews until that fails for too long. Why it ended.
    async fn hold(&mut self, held: &mut Held) -> &'static str {
        loop {
            self.pulse.beat();
            let deadline = held.since + self.options.renew_deadline;
            sleep_until((Instant::now() + self.options.retry).min(deadline)).await;
            let since = Instant::now();
            let wanted = renewed(&held.lease, Timestamp::now());
            match timeout_at(deadline, self.put(&wanted)).await {
                Ok(Ok(lease)) => *held = Held { lease, since },
                Ok(Err(kube::Error::Api(status))) if matches!(status.code, 404 | 409) => {
                    match timeout_at(deadline, self.api.get_opt(&self.options.name)).await {
                        // Our own write, whose answer we never got. When it arrived is unknown.
                        Ok(Ok(Some(lease))) if self.is_mine(&lease) => held.lease = lease,
                        Ok(Ok(_)) => return "somebody else has the lease",
                        Ok(Err(_)) | Err(_) => {}
                    }
                }
                Ok(Err(error)) => tracing::warn!(%error, "lease was not renewed"),
                Err(_) => {}
            }
            if Instant::now() >= held.since + self.options.renew_deadline {
                return "the lease could not be renewed in time";
            }
        }
    }

    /// Names no holder, so that nobody has to wait for the lease to run out.
    async fn give_up(&self, held: Lease) {
        let mut held = held;
        for _ in 0..3 {
            let wanted = unsigned(&held, Timestamp::now());
            match timeout(self.options.retry, self.put(&wanted)).await {
                Ok(Ok(_)) => return tracing::info!(identity = self.options.identity, "lease given up"),
                // A renewal was cut off on its way and arrived all the same.
                Ok(Err(kube::Error::Api(status))) if status.code == 409 => {
                    match self.api.get_opt(&self.options.name).await {
                        Ok(Some(lease)) if self.is_mine(&lease) => held = lease,
                        _ => return,
                    }
                }
                Ok(Err(error)) => return tracing::warn!(%error, "lease was not given up"),
                Err(_) => {}
            }
        }
    }

    async fn put(&self, lease: &Lease) -> kube::Result<Lease> {
        self.api.replace(&self.options.name, &PostParams::default(), lease).await
    }

    fn is_mine(&self, lease: &Lease) -> bool {
        claim::holder(lease) == Some(self.options.identity.as_str())
    }

    fn tell(&self, leadership: Leadership) {
        self.metrics.leading(leadership == Leadership::Leading);
        self.tell.send_replace(leadership);
    }
}

/// Returns when the lease has no holder, or is gone. Errors only make it wait.
async fn freed(
    changes: &mut (impl Stream<Item = watcher::Result<watcher::Event<Lease>>> + Unpin),
    pause: Duration,
) {
    loop {
        match changes.next().await {
            Some(Ok(watcher::Event::Apply(lease) | watcher::Event::InitApply(lease))) => {
                if claim::holder(&lease).is_none() {
                    return;
                }
            }
            Some(Ok(watcher::Event::Delete(_))) => return,
            Some(Ok(_)) => {}
            Some(Err(_)) => sleep(pause).await,
            None => std::future::pending().await,
        }
    }
}
