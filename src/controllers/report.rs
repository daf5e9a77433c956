//! A conclusion → one status write, if it is worth one now, and its events.

use super::context::Context;
use super::error::Error;
use crate::conclude::Notice;
use crate::kubernetes::{self, Key, NoticeType};
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Resource;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Waits between two writes that bring nothing but counts: the first is soon, for whoever watches a
/// start; then a large service coming up is not worth a write for each of its tasks.
const PAUSES: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(60)];

/// How long mere counts are gathered after the first of them has changed: tasks that start together are told together.
const GATHER: Duration = Duration::from_secs(3);

/// When statuses were last written, how many writes in a row brought nothing but counts, and what was told
/// meanwhile that the status has still to remember.
#[derive(Default)]
pub struct Hold {
    written: Mutex<HashMap<Key, (Instant, usize)>>,
    changed: Mutex<HashMap<Key, Instant>>,
    told: Mutex<HashMap<Key, Vec<Notice>>>,
}

impl Hold {
    /// How long a write that brings nothing but counts must wait still.
    pub(super) fn remaining(&self, key: &Key) -> Option<Duration> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, step) = written.get(key)?;
        let pause = PAUSES.get(*step).or(PAUSES.last())?.saturating_sub(at.elapsed());
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let since = *changed.entry(key.clone()).or_insert_with(Instant::now);
        Some(pause.max(GATHER.saturating_sub(since.elapsed()))).filter(|left| !left.is_zero())
    }

    pub(super) fn wrote(&self, key: &Key, urgent: bool) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let step = match written.get(key) {
            Some((_, step)) if !urgent => (step + 1).min(PAUSES.len() - 1),
            _ => 0,
        };
        written.insert(key.clone(), (Instant::now(), step));
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        self.told.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Keeps what was told for the next status that is written.
    pub(super) fn keep(&self, key: &Key, notices: Vec<Notice>) {
        if !notices.is_empty() {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            told.entry(key.clone()).or_default().extend(notices);
        }
    }

    /// What was told and is in no status yet.
    pub(super) fn told(&self, key: &Key) -> Vec<Notice> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(key).cloned().unwrap_or_default()
    }

    pub(super) fn forget(&self, key: &Key) {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        self.told.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// Writes `status` of `object` unless it is what the object shows already.
pub(super) async fn status<K, S>(
    context: &Context,
    controller: &'static str,
    object: &K,
    (before, after): (&S, &S),
) -> Result<Option<K>, Error>
where
    K: Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + std::fmt::Debug + Send + Sync,
    S: Serialize + PartialEq,
{
    if before == after {
        return Ok(None);
    }
    let written = context.writer.apply_status(object, &serde_json::to_value(after)?).await?;
    if let Some(object) = &written {
        context.wrote(controller, &Key::of(object), object);
    }
    Ok(written)
}

/// Tells `notices` about `object`.
pub(super) fn tell<K: Resource<DynamicType = ()>>(context: &Context, object: &K, notices: &[Notice]) {
    let mut regarding: ObjectReference = object.object_ref(&());
    // Without a version, so that repeats of one notice are about one thing.
    regarding.resource_version = None;
    for notice in notices {
        let notice = kubernetes::Notice {
            type_: if notice.warning { NoticeType::Warning } else { NoticeType::Normal },
            reason: notice.reason.to_owned(),
            action: "Reconcile".to_owned(),
            note: notice.message.clone(),
        };
        context.notifier.publish(&regarding, notice);
    }
}
