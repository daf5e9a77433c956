//! Which statuses are held back: tasks go first, and what is told of them is gathered.

use crate::conclude::Notice;
use crate::conclude::service::News;
use crate::kubernetes::Key;
use kube::{Resource, ResourceExt};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Waits between two writes that bring nothing but counts: the first is soon, for whoever watches a
/// start; then a large service coming up is not worth a write for each of its tasks.
const PAUSES: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(60)];

/// How long mere counts are gathered after the first of them has changed: tasks that start together are told together.
const GATHER: Duration = Duration::from_secs(3);

/// How long the news of a service that comes up well waits at most while many others start tasks.
const PATIENCE: Duration = Duration::from_secs(30);

/// How soon after a pass over a service the next is made while many others start tasks: what changes until then is
/// seen by that one.
const PACE: Duration = Duration::from_secs(2);

/// A rush is so many others…
const MANY: usize = 10;

/// … that started tasks within this time.
const RECENT: Duration = Duration::from_secs(3);

/// Statuses of one kind that wait to be written.
pub struct Hold<S>(Mutex<HashMap<Key, Entry<S>>>);

struct Entry<S> {
    /// When the status was written, and how many writes in a row brought nothing but counts.
    written: Option<(Instant, usize)>,
    held: Option<Held<S>>,
}

struct Held<S> {
    uid: Option<String>,
    status: S,
    /// What is told when it is written.
    notices: Vec<Notice>,
    since: Instant,
}

impl<S> Default for Hold<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<S: Clone> Hold<S> {
    /// The status of `object` that waits to be written, so that nothing is told twice.
    pub(super) fn held<K: Resource<DynamicType = ()>>(&self, object: &K) -> Option<S> {
        let entries = self.entries();
        let held = entries.get(&Key::of(object))?.held.as_ref()?;
        (held.uid == object.uid()).then(|| held.status.clone())
    }

    /// Keeps `status`, and what there is to tell, until it is worth a write.
    pub(super) fn keep<K: Resource<DynamicType = ()>>(&self, object: &K, status: S, notices: &[Notice]) {
        let mut entries = self.entries();
        let entry = entries.entry(Key::of(object)).or_insert(Entry { written: None, held: None });
        let before = entry.held.take().filter(|held| held.uid == object.uid());
        let (since, mut told) =
            before.map_or_else(|| (Instant::now(), Vec::new()), |held| (held.since, held.notices));
        told.extend_from_slice(notices);
        entry.held = Some(Held { uid: object.uid(), status, notices: told, since });
    }

    /// How long `news` must wait still; None when they are due.
    pub(super) fn remaining(&self, key: &Key, news: News, rush: bool) -> Option<Duration> {
        let entries = self.entries();
        let entry = entries.get(key);
        let since = entry.and_then(|entry| entry.held.as_ref()).map(|held| held.since.elapsed());
        let left = |patience: Duration| patience.saturating_sub(since.unwrap_or_default());
        let rushed = if rush { left(PATIENCE).min(RECENT) } else { Duration::ZERO };
        let wait = match (news, entry.and_then(|entry| entry.written)) {
            (News::Urgent, _) => Duration::ZERO,
            (News::Progress, _) | (News::Counts, None) => rushed,
            (News::Counts, Some((at, step))) => {
                let pause = PAUSES.get(step).or(PAUSES.last()).copied().unwrap_or_default();
                pause.saturating_sub(at.elapsed()).max(left(GATHER)).max(rushed)
            }
        };
        Some(wait).filter(|wait| !wait.is_zero())
    }

    /// The status is written. What is to be told with it.
    pub(super) fn wrote(&self, key: &Key, news: News) -> Vec<Notice> {
        let mut entries = self.entries();
        let step = match entries.get(key).and_then(|entry| entry.written) {
            Some((_, step)) if news == News::Counts => (step + 1).min(PAUSES.len() - 1),
            _ => 0,
        };
        let entry = Entry { written: Some((Instant::now(), step)), held: None };
        let held = entries.insert(key.clone(), entry).and_then(|before| before.held);
        held.map(|held| held.notices).unwrap_or_default()
    }

    /// What was held is shown already, or is no longer so. What is still to be told.
    pub(super) fn release(&self, key: &Key) -> Vec<Notice> {
        let held = self.entries().get_mut(key).and_then(|entry| entry.held.take());
        held.map(|held| held.notices).unwrap_or_default()
    }

    pub(super) fn forget(&self, key: &Key) {
        self.entries().remove(key);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Key, Entry<S>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which services have started tasks just now.
#[derive(Default)]
pub struct Starts(Mutex<HashMap<Key, Instant>>);

/// When services were last passed over, and in which generation.
#[derive(Default)]
pub struct Passes(Mutex<HashMap<Key, (Instant, i64)>>);

impl Passes {
    /// A pass over `key` in this generation has done what could be done.
    pub(super) fn note(&self, key: &Key, generation: i64) {
        let pass = (Instant::now(), generation);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), pass);
    }

    /// How long the next pass over `key` can wait, as only its tasks can have changed since.
    pub(super) fn wait(&self, key: &Key, generation: i64) -> Option<Duration> {
        let passes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, _) = passes.get(key).filter(|(_, known)| *known == generation)?;
        Some(PACE.saturating_sub(at.elapsed())).filter(|left| !left.is_zero())
    }

    pub(super) fn forget(&self, key: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

impl Starts {
    /// The service `key` starts tasks.
    pub(super) fn note(&self, key: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), Instant::now());
    }

    /// Whether so many services start tasks that everything else is better done after it.
    pub(super) fn rush(&self) -> bool {
        let mut starts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        starts.retain(|_, at| at.elapsed() < RECENT);
        starts.len() > MANY
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::api::Service;
    use tokio::time::advance;

    fn service(name: &str, uid: &str) -> Service {
        let metadata = serde_json::json!({"name": name, "namespace": "shop", "uid": uid});
        serde_json::from_value(serde_json::json!({"metadata": metadata, "spec": {}})).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn news_of_a_service_that_comes_up_well_wait_in_a_rush_but_not_for_ever() {
        let (hold, web) = (Hold::default(), service("web", "1"));
        let key = Key::of(&web);
        assert_eq!(hold.remaining(&key, News::Progress, false), None);
        assert_eq!(hold.remaining(&key, News::Urgent, true), None);
        assert_eq!(hold.remaining(&key, News::Progress, true), Some(RECENT));
        hold.keep(&web, "coming up", &[Notice::normal("TasksStarted", "started")]);
        advance(PATIENCE - Duration::from_secs(1)).await;
        hold.keep(&web, "still coming up", &[]);
        assert_eq!(hold.remaining(&key, News::Progress, true), Some(Duration::from_secs(1)));
        advance(Duration::from_secs(1)).await;
        assert_eq!(hold.remaining(&key, News::Progress, true), None);
        assert_eq!(hold.wrote(&key, News::Progress), [Notice::normal("TasksStarted", "started")]);
        assert_eq!(hold.held(&web), None);
    }

    #[tokio::test(start_paused = true)]
    async fn mere_counts_are_gathered_and_then_wait_longer() {
        let (hold, web) = (Hold::default(), service("web", "1"));
        let key = Key::of(&web);
        assert_eq!(hold.remaining(&key, News::Counts, false), None);
        hold.wrote(&key, News::Counts);
        assert_eq!(hold.remaining(&key, News::Counts, false), Some(PAUSES[0]));
        hold.keep(&web, 1, &[]);
        advance(GATHER).await;
        assert_eq!(hold.remaining(&key, News::Counts, false), None);
        hold.wrote(&key, News::Counts);
        assert_eq!(hold.remaining(&key, News::Counts, false), Some(PAUSES[1]));
    }

    #[tokio::test(start_paused = true)]
    async fn passes_over_one_service_keep_their_distance_in_a_rush() {
        let (passes, key) = (Passes::default(), Key::of(&service("web", "1")));
        assert_eq!(passes.wait(&key, 1), None);
        passes.note(&key, 1);
        assert_eq!(passes.wait(&key, 1), Some(PACE));
        assert_eq!(passes.wait(&key, 2), None, "an edit");
        advance(PACE).await;
        assert_eq!(passes.wait(&key, 1), None);
    }

    #[test]
    fn what_was_held_of_a_deleted_service_is_not_told_of_its_successor() {
        let hold = Hold::default();
        hold.keep(&service("web", "1"), "steady", &[]);
        assert_eq!(hold.held(&service("web", "1")), Some("steady"));
        assert_eq!(hold.held(&service("web", "2")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rush_is_many_services_at_once_and_ends_with_them() {
        let starts = Starts::default();
        for number in 0..=MANY {
            assert!(!starts.rush());
            starts.note(&Key { namespace: "shop".to_owned(), name: format!("web-{number}") });
        }
        assert!(starts.rush());
        advance(RECENT).await;
        assert!(!starts.rush());
    }
}
