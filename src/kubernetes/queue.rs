//! From "this object changed" to passes over objects: one at a time per object, fair between namespaces.
//!
//! - An object that is added again before its pass is passed over once; added during its pass, once more
//!   after it.
//! - Namespaces take turns, so that a storm in one does not starve the others.
//! - A pass that fails, hangs or panics sends its own object into a growing pause and harms no other. During
//!   the pause a change of the object brings the next pass forward, to one second after the failure at best:
//!   the cure of a mistake is seen at once, and an object that fails and changes all the time stays bounded.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::Resource;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::backoff::{Backoff, BackoffLimits};

mod runner;

pub use runner::{RunOptions, run};

/// The earliest pass after a failed one, whatever happens.
const COOL_DOWN: Duration = Duration::from_secs(1);

/// A key that belongs to a tenant; tenants take turns.
pub trait Tenant {
    /// Usually the namespace.
    fn tenant(&self) -> &str;
}

/// The name of an object of a kind that goes without saying.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its namespace; empty for a cluster-scoped one.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Key {
    /// The key of an object.
    pub fn of<K: Resource>(object: &K) -> Self {
        let meta = object.meta();
        Self {
            namespace: meta.namespace.clone().unwrap_or_default(),
            name: meta.name.clone().unwrap_or_default(),
        }
    }
}

impl Tenant for Key {
    fn tenant(&self) -> &str {
        &self.namespace
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// What a pass that went well says about the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// None, until something changes.
    Done,
    /// One after this time, or earlier when something changes.
    After(Duration),
}

/// How a pass ended, as far as the queue cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fine(Next),
    Failed,
}

/// Objects that wait for a pass. Clones share everything.
#[derive(Debug)]
pub struct Queue<K> {
    inner: Arc<Inner<K>>,
}

#[derive(Debug)]
struct Inner<K> {
    state: Mutex<State<K>>,
    changed: Notify,
}

impl<K> Clone for Queue<K> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<K: Tenant + Clone + Eq + Hash> Default for Queue<K> {
    fn default() -> Self {
        Self::new(BackoffLimits::default())
    }
}

impl<K: Tenant + Clone + Eq + Hash> Queue<K> {
    /// An empty queue.
    pub fn new(limits: BackoffLimits) -> Self {
        let state = State {
            turns: VecDeque::new(),
            lanes: HashMap::new(),
            waiting: HashSet::new(),
            running: HashMap::new(),
            visits: BTreeMap::new(),
            visit_of: HashMap::new(),
            visits_made: 0,
            not_before: HashMap::new(),
            backoff: Backoff::new(limits),
        };
        Self { inner: Arc::new(Inner { state: Mutex::new(state), changed: Notify::new() }) }
    }

    /// Something about `key` changed: a pass as soon as its turn comes.
    pub fn add(&self, key: K) {
        self.lock().add(key);
        self.inner.changed.notify_one();
    }

    /// A pass over `key` after `pause`, unless there is one before.
    pub fn add_after(&self, key: K, pause: Duration) {
        self.lock().visit(key, Instant::now() + pause);
        self.inner.changed.notify_one();
    }

    /// How many objects wait for their turn now (not those with a visit in the future).
    pub fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Whether no object waits for its turn.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many objects failed their last pass.
    pub fn backing_off(&self) -> usize {
        self.lock().backoff.len()
    }

    /// How often the passes over `key` failed in a row.
    pub fn failures(&self, key: &K) -> u32 {
        self.lock().backoff.failures(key)
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next key whose turn it is.
    fn take(&self) -> Option<K> {
        self.lock().take()
    }

    fn finish(&self, key: &K, verdict: Verdict) {
        self.lock().finish(key, verdict);
        self.inner.changed.notify_one();
    }

    /// Passes that were cut off (a runner was dropped) are due again.
    fn recover(&self) {
        let mut state = self.lock();
        let cut: Vec<_> = state.running.drain().map(|(key, _)| key).collect();
        cut.into_iter().for_each(|key| state.add(key));
    }

    /// When the next visit is due, if there is one.
    fn next_visit(&self) -> Option<Instant> {
        self.lock().visits.first_key_value().map(|((at, _), _)| *at)
    }

    async fn changed(&self) {
        self.inner.changed.notified().await;
    }
}

#[derive(Debug)]
struct State<K> {
    /// Tenants with waiting keys, each once, in the order of their turns.
    turns: VecDeque<String>,
    /// Waiting keys per tenant, oldest first. No lane is empty.
    lanes: HashMap<String, VecDeque<K>>,
    /// All keys in lanes.
    waiting: HashSet<K>,
    /// Keys with a pass under way, and whether they were added meanwhile.
    running: HashMap<K, bool>,
    /// Visits in the order of their times; the number keeps equal times apart.
    visits: BTreeMap<(Instant, u64), K>,
    /// The one visit of each key.
    visit_of: HashMap<K, (Instant, u64)>,
    visits_made: u64,
    /// No pass before this, after a failure.
    not_before: HashMap<K, Instant>,
    backoff: Backoff<K>,
}

impl<K: Tenant + Clone + Eq + Hash> State<K> {
    fn add(&mut self, key: K) {
        if let Some(again) = self.running.get_mut(&key) {
            *again = true;
            return;
        }
        match self.not_before.get(&key).copied() {
            Some(at) if at > Instant::now() => self.visit(key, at),
            _ => self.push(key),
        }
    }

    fn push(&mut self, key: K) {
        if !self.waiting.insert(key.clone()) {
            return;
        }
        if let Some(lane) = self.lanes.get_mut(key.tenant()) {
            lane.push_back(key);
        } else {
            self.turns.push_back(key.tenant().to_owned());
            self.lanes.insert(key.tenant().to_owned(), VecDeque::from([key]));
        }
    }

    /// The earlier visit wins.
    fn visit(&mut self, key: K, at: Instant) {
        if self.visit_of.get(&key).is_some_and(|(known, _)| *known <= at) {
            return;
        }
        self.cancel_visit(&key);
        self.visits_made = self.visits_made.wrapping_add(1);
        let id = (at, self.visits_made);
        self.visit_of.insert(key.clone(), id);
        self.visits.insert(id, key);
    }

    fn cancel_visit(&mut self, key: &K) {
        if let Some(id) = self.visit_of.remove(key) {
            self.visits.remove(&id);
        }
    }

    fn take(&mut self) -> Option<K> {
        let now = Instant::now();
        while let Some(first) = self.visits.first_entry().filter(|first| first.key().0 <= now) {
            let key = first.remove();
            self.visit_of.remove(&key);
            self.add(key);
        }
        let tenant = self.turns.pop_front()?;
        let lane = self.lanes.get_mut(&tenant)?;
        let key = lane.pop_front()?;
        if lane.is_empty() {
            self.lanes.remove(&tenant);
        } else {
            self.turns.push_back(tenant);
        }
        self.waiting.remove(&key);
        // The pass says itself when the next one is.
        self.cancel_visit(&key);
        self.running.insert(key.clone(), false);
        Some(key)
    }

    fn finish(&mut self, key: &K, verdict: Verdict) {
        let again = self.running.remove(key).unwrap_or(false);
        match verdict {
            Verdict::Fine(next) => {
                self.backoff.reset(key);
                self.not_before.remove(key);
                if let Next::After(pause) = next {
                    self.visit(key.clone(), Instant::now() + pause);
                }
            }
            Verdict::Failed => {
                let pause = self.backoff.failed(key.clone());
                self.not_before.insert(key.clone(), Instant::now() + pause.min(COOL_DOWN));
                self.visit(key.clone(), Instant::now() + pause);
            }
        }
        if again {
            self.add(key.clone());
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
