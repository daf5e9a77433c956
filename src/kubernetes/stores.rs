//! From watches to stores: what the API server holds, kept in memory, with a call for every change.
//!
//! A loop of our own instead of kube's `watcher`, for three things that one hides: the first list is a
//! consistent read (its streaming list may start from a stale cache, and a new leader acts on what it lists),
//! bookmarks move [`Watched::seen`] on, and an object that does not parse is parsed once, not buffered twice.
//!
//! An object that cannot be parsed is reported once per resource version and **keeps its last good form** in
//! the store (same UID): nothing starts or stops because of something that Berth cannot read. One that was
//! never read is absent from the store; [`Watched::unparsable`] names both.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Client, Resource};
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::freshness::Pending;
use super::version::ResourceVersion;
use crate::observe::{Metrics, Pulses};

mod feed;
mod intake;

use feed::Feed;
use intake::Intake;

/// A loop of a watch beats at least this often: longest silence, slowest connect and longest back-off.
const LONGEST_ROUND: Duration = Duration::from_secs(180);

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// It is there: listed for the first time, created or changed.
    Applied,
    /// It is gone, or no longer selected.
    Deleted,
}

/// How much of `metadata.managedFields` a store keeps. It is often half of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ManagedFields {
    /// What Berth has applied; [`Writer::apply`](super::Writer::apply) needs it. Right for children.
    #[default]
    Ours,
    /// Everything, to tell who owns which field of a user's object.
    All,
    /// Nothing.
    None,
}

/// Which objects of a kind are watched.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// One namespace; `None` is all of them.
    pub namespace: Option<String>,
    /// Label selector, as in `kubectl -l`.
    pub labels: Option<String>,
    /// Field selector.
    pub fields: Option<String>,
    /// What is kept of managed fields.
    pub managed_fields: ManagedFields,
}

/// An object that exists and cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unparsable {
    /// Its namespace; empty for a cluster-scoped one.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// The version that cannot be read.
    pub resource_version: String,
    /// What is wrong with it.
    pub error: String,
}

/// A kind that can be watched.
pub trait Watchable:
    Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Sync + 'static
{
}

impl<K> Watchable for K where
    K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Sync + 'static
{
}

/// Starts watches and says whether all of them are ready. Clones share everything.
#[derive(Clone)]
pub struct Watches {
    client: Client,
    metrics: Metrics,
    pulses: Pulses,
    tracker: TaskTracker,
    cancel: CancellationToken,
    /// What each watch waits for; empty text when it is ready.
    waiting: Arc<Mutex<Vec<Arc<Shared>>>>,
}

impl Watches {
    /// Watches run on `tracker` until `cancel`.
    pub fn new(
        client: Client,
        metrics: Metrics,
        pulses: Pulses,
        tracker: TaskTracker,
        cancel: CancellationToken,
    ) -> Self {
        Self { client, metrics, pulses, tracker, cancel, waiting: Arc::default() }
    }

    /// Starts one watch of `K`. `on_change` is called for every change after the store has it, on the watch's
    /// own task: it must be quick (add a key to a queue). After an interruption it is called for what differs.
    ///
    /// A kind that the API server does not know (its CRD is missing) is waited for; the store is not ready
    /// until then.
    pub fn watch<K: Watchable>(
        &self,
        selection: Selection,
        on_change: impl Fn(&K, Change) + Send + Sync + 'static,
    ) -> Watched<K> {
        let kind = kind_of::<K>();
        let shared = Arc::new(Shared::new(format!("{kind}.{}", K::group(&()))));
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&shared));
        let intake =
            Intake::new(kind, selection.managed_fields, Arc::clone(&shared), self.metrics.clone(), on_change);
        let watched = Watched { store: intake.store(), shared };
        let pulse = self.pulses.register(format!("watch of {kind}"), LONGEST_ROUND);
        let feed = Feed::new(self.client.clone(), &selection, intake, self.metrics.clone(), pulse);
        self.tracker.spawn(feed.run(self.cancel.clone()));
        watched
    }

    /// What is waited for, one text per watch that is not ready. Empty when all are.
    pub fn waiting(&self) -> Vec<String> {
        let all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter_map(|shared| shared.waiting()).collect()
    }
}

/// One kind as its watch sees it. Cheap to clone; read-only.
#[derive(Clone)]
pub struct Watched<K: Watchable> {
    /// The objects.
    pub store: Store<K>,
    shared: Arc<Shared>,
}

impl<K: Watchable> Watched<K> {
    /// Waits until the first list is complete. `false`: the watch was ended before.
    #[must_use = "an empty store and a store that was never filled look the same"]
    pub async fn ready(&self) -> bool {
        if self.store.wait_until_ready().await.is_err() {
            return false;
        }
        // The store says so in the middle of taking in the list; the rest follows without an await.
        while self.shared.waiting().is_some() {
            tokio::task::yield_now().await;
        }
        true
    }

    /// Everything up to this version of the kind is in the store.
    pub fn seen(&self) -> ResourceVersion {
        self.shared.seen()
    }

    /// The object of that name; `None` when there is none. `namespace` is ignored for cluster-scoped kinds.
    pub fn get(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        self.store.get(&ObjectRef::new(name).within(namespace))
    }

    /// All objects, in no order.
    pub fn state(&self) -> Vec<Arc<K>> {
        self.store.state()
    }

    /// The objects that exist and cannot be read.
    pub fn unparsable(&self) -> Vec<Unparsable> {
        self.shared.lock_unparsable().values().cloned().collect()
    }

    /// Whether the store shows what `pending` says was done.
    pub fn reflects(&self, pending: &Pending) -> bool {
        let found = self.get(&pending.namespace, &pending.name);
        pending.is_reflected(self.seen(), found.as_ref().map(|object| object.meta()))
    }
}

/// The name of a kind for labels and logs.
fn kind_of<K: Watchable>() -> &'static str {
    match K::kind(&()) {
        std::borrow::Cow::Borrowed(name) => name,
        // Only kinds that are not known at compile time have one; none of ours is such.
        std::borrow::Cow::Owned(_) => "other",
    }
}

type ByName = BTreeMap<(String, String), Unparsable>;

/// What a watch tells its readers besides objects.
struct Shared {
    name: String,
    seen: Mutex<ResourceVersion>,
    unparsable: Mutex<ByName>,
    /// Why the watch is not ready; `None` once it is.
    waiting: Mutex<Option<String>>,
}

impl Shared {
    fn new(name: String) -> Self {
        let waiting = Mutex::new(Some("not listed yet".to_owned()));
        Self { name, seen: Mutex::default(), unparsable: Mutex::default(), waiting }
    }

    fn seen(&self) -> ResourceVersion {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A fresh list says where we are, even when that is earlier (a restored etcd).
    fn listed(&self, version: ResourceVersion) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = version;
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn advance(&self, version: Option<ResourceVersion>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = version.map_or(*seen, |version| version.max(*seen));
    }

    fn lock_unparsable(&self) -> std::sync::MutexGuard<'_, ByName> {
        self.unparsable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, why: &str) {
        if let Some(waiting) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            why.clone_into(waiting);
        }
    }

    fn waiting(&self) -> Option<String> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.as_ref().map(|why| format!("{}: {why}", self.name))
    }
}

impl<K: Watchable> Debug for Watched<K>
where
    K: Hash,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").field("kind", &self.shared.name).finish_non_exhaustive()
    }
}
