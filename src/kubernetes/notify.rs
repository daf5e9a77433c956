//! From notices to `events.k8s.io/v1` events, without ever failing or slowing down who gives them.
//!
//! Names are made here (never `generateName`), and a create is not repeated: an event may be lost, a flood may
//! not happen. Limits are per object and for the whole process; a notice equal to the object's last one is
//! suppressed for six hours, as ECS does with its service events.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use k8s_openapi::jiff::Timestamp;
use kube::api::PostParams;
use kube::{Api, Client};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::MANAGER;
use crate::observe::{Metrics, NoticeResult};

mod rate;

use rate::{Rates, Verdict};

/// The API's limit for a note, in bytes.
const LONGEST_NOTE: usize = 1024;
/// The API's limit for a reason or an action.
const LONGEST_WORD: usize = 128;
/// Events on their way; more than this at once are dropped.
const WAITING: usize = 4096;
/// Requests at once, each of another lane.
const LANES: usize = 8;
/// The API's limit for an object name.
const LONGEST_NAME: usize = 253;

/// Whether something needs attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeType {
    /// It does not.
    Normal,
    /// It does.
    Warning,
}

/// Something worth telling about an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Notice {
    /// Whether it needs attention.
    pub type_: NoticeType,
    /// Why, as one CamelCase word.
    pub reason: String,
    /// What Berth was doing, as one CamelCase word.
    pub action: String,
    /// The text for people; cut off after 1 kB.
    pub note: String,
}

/// Limits and identity of a [`Notifier`].
#[derive(Clone, Debug, PartialEq)]
pub struct NotifierOptions {
    /// Name of this replica's pod.
    pub instance: String,
    /// Events at once, and then one per `object_refill`, per object.
    pub object_burst: u32,
    /// See `object_burst`.
    pub object_refill: Duration,
    /// Events at once, and then one per `global_refill`, of the process.
    pub global_burst: u32,
    /// See `global_burst`.
    pub global_refill: Duration,
    /// How long a notice equal to the last one of its object is suppressed.
    pub repeat_after: Duration,
}

impl NotifierOptions {
    /// 25 events per object and then one in 5 minutes; 1,000 in all and then 50 per second; 6 hours.
    pub fn new(instance: impl Into<String>) -> Self {
        Self {
            instance: instance.into(),
            object_burst: 25,
            object_refill: Duration::from_secs(300),
            global_burst: 1000,
            global_refill: Duration::from_millis(20),
            repeat_after: Duration::from_secs(6 * 3600),
        }
    }
}

/// Publishes notices. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Notifier {
    rates: Arc<Mutex<Rates>>,
    instance: String,
    metrics: Metrics,
    /// One lane for each of several senders; an object keeps to its lane, so that its events arrive in order.
    lanes: Vec<mpsc::Sender<Event>>,
}

impl Notifier {
    /// A notifier whose events are sent on `tracker` until `cancel`; what waits then is still sent.
    pub fn new(
        client: Client,
        metrics: Metrics,
        options: NotifierOptions,
        tracker: &TaskTracker,
        cancel: CancellationToken,
    ) -> Self {
        let lane = |_| {
            let (outgoing, incoming) = mpsc::channel(WAITING / LANES);
            tracker.spawn(send(client.clone(), metrics.clone(), incoming, cancel.clone()));
            outgoing
        };
        let lanes = (0..LANES).map(lane).collect();
        let instance = cut(options.instance.clone(), LONGEST_WORD);
        let rates = Arc::new(Mutex::new(Rates::new(options)));
        Self { rates, instance, metrics, lanes }
    }

    /// Tells `notice` about `regarding`. Never waits, never fails: what is over a limit is counted.
    pub fn publish(&self, regarding: &ObjectReference, notice: Notice) {
        let verdict = {
            let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
            rates.judge(regarding, &notice, tokio::time::Instant::now())
        };
        let result = match verdict {
            Verdict::Repeated => NoticeResult::Repeated,
            Verdict::Limited => NoticeResult::Limited,
            Verdict::Send => {
                let event = self.event(regarding, notice);
                if self.lane(regarding).is_some_and(|lane| lane.try_send(event).is_ok()) {
                    return;
                }
                NoticeResult::Failed
            }
        };
        self.metrics.notice(result);
    }

    fn lane(&self, regarding: &ObjectReference) -> Option<&mpsc::Sender<Event>> {
        let mut hasher = DefaultHasher::new();
        (&regarding.uid, &regarding.namespace, &regarding.name).hash(&mut hasher);
        let lanes = u64::try_from(self.lanes.len()).ok()?;
        self.lanes.get(usize::try_from(hasher.finish().checked_rem(lanes)?).ok()?)
    }

    fn event(&self, regarding: &ObjectReference, notice: Notice) -> Event {
        let now = Timestamp::now();
        let name = name(regarding, &notice, now);
        Event {
            metadata: ObjectMeta {
                name: Some(name),
                // Events about cluster-scoped objects live in `default`.
                namespace: Some(regarding.namespace.clone().unwrap_or_else(|| "default".to_owned())),
                ..ObjectMeta::default()
            },
            action: Some(cut(notice.action, LONGEST_WORD)),
            reason: Some(cut(notice.reason, LONGEST_WORD)),
            note: Some(cut(notice.note, LONGEST_NOTE)),
            type_: Some(
                match notice.type_ {
                    NoticeType::Normal => "Normal",
                    NoticeType::Warning => "Warning",
                }
                .to_owned(),
            ),
            event_time: Some(MicroTime(now)),
            regarding: Some(regarding.clone()),
            reporting_controller: Some(MANAGER.to_owned()),
            reporting_instance: Some(self.instance.clone()),
            ..Event::default()
        }
    }
}

async fn send(
    client: Client,
    metrics: Metrics,
    mut incoming: mpsc::Receiver<Event>,
    cancel: CancellationToken,
) {
    let mut ended = pin!(cancel.cancelled());
    let mut closed = false;
    // After the end nothing new comes in, and what waits is still sent.
    let events = stream::poll_fn(|context| {
        if !closed && ended.as_mut().poll(context).is_ready() {
            closed = true;
            incoming.close();
        }
        incoming.poll_recv(context)
    });
    events.for_each(|event| send_one(&client, &metrics, event)).await;
}

async fn send_one(client: &Client, metrics: &Metrics, event: Event) {
    let namespace = event.metadata.namespace.clone().unwrap_or_default();
    let api: Api<Event> = Api::namespaced(client.clone(), &namespace);
    match api.create(&PostParams::default(), &event).await {
        Ok(_) => metrics.notice(NoticeResult::Sent),
        Err(error) => {
            metrics.notice(NoticeResult::Failed);
            let reason = event.reason.as_deref().unwrap_or_default();
            tracing::debug!(namespace, reason, %error, "event was not taken");
        }
    }
}

/// `<object>.<hash>`: the same notice at the same time has the same name.
fn name(regarding: &ObjectReference, notice: &Notice, now: Timestamp) -> String {
    let mut hash = Sha256::new();
    for part in [regarding.uid.as_deref().unwrap_or_default(), &notice.reason, &notice.action, &notice.note] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(now.as_microsecond().to_be_bytes());
    let digest: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let object = regarding.name.clone().unwrap_or_default();
    let room = LONGEST_NAME - 1 - digest.len();
    let object: String = object.chars().take(room).collect();
    format!("{object}.{digest}")
}

/// Cuts off after `longest` bytes, at a character, with an ellipsis.
fn cut(mut text: String, longest: usize) -> String {
    const ELLIPSIS: &str = "…";
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest.saturating_sub(ELLIPSIS.len())));
        text.push_str(ELLIPSIS);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(cut("short".into(), 5), "short");
        assert_eq!(cut("ääää".into(), 7), "ää…");
        for longest in 3..20 {
            let text = cut("äöü€😀".repeat(9), longest);
            assert!(text.len() <= longest && text.ends_with('…'), "{text}");
        }
    }

    #[test]
    fn names_tell_notices_apart_and_are_never_too_long() {
        let notice = Notice {
            type_: NoticeType::Normal,
            reason: "Started".into(),
            action: "Start".into(),
            note: "one".into(),
        };
        let object = |name: String| ObjectReference { name: Some(name), ..ObjectReference::default() };
        let at = Timestamp::UNIX_EPOCH;
        let other = Notice { note: "two".into(), ..notice.clone() };
        let web = object("web".into());
        assert_eq!(name(&web, &notice, at), name(&web, &notice, at));
        assert_ne!(name(&web, &notice, at), name(&web, &other, at));
        assert!(name(&web, &notice, at).starts_with("web."));
        assert_eq!(name(&object("x".repeat(253)), &notice, at).len(), 253);
    }
}
