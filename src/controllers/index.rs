//! Which objects of a store bear a label's value, without a walk over the store.
//!
//! The store is the truth: a name that it no longer holds, or holds with another value, is dropped when
//! the index is next asked.

use crate::kubernetes::{Watchable, Watched};
use kube::ResourceExt;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Names of objects by the value of one label.
pub struct Index {
    label: &'static str,
    names: Mutex<HashMap<String, BTreeSet<(String, String)>>>,
}

impl Index {
    /// An index over `label`.
    pub fn new(label: &'static str) -> Self {
        Self { label, names: Mutex::default() }
    }

    /// Takes note of `object`.
    pub fn note<K: ResourceExt>(&self, object: &K) {
        let Some(value) = object.labels().get(self.label) else { return };
        let place = (object.namespace().unwrap_or_default(), object.name_any());
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.entry(value.clone()).or_default().insert(place);
    }

    /// The objects of `watched` whose label has `value`, by namespace and name.
    pub fn get<K: Watchable>(&self, value: &str, watched: &Watched<K>) -> Vec<Arc<K>> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(places) = names.get_mut(value) else { return Vec::new() };
        let mut found = Vec::new();
        places.retain(|(namespace, name)| {
            let object = watched.get(namespace, name);
            let object = object.filter(|object| {
                object.meta().labels.iter().flatten().any(|(key, held)| key == self.label && held == value)
            });
            let kept = object.is_some();
            found.extend(object);
            kept
        });
        if places.is_empty() {
            names.remove(value);
        }
        found
    }
}
