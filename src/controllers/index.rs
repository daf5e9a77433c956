//! Which objects of a store have a value, without a walk over the store.
//!
//! The store is the truth: a name that it no longer holds, or holds with another value, is dropped when
//! the index is next asked.

use crate::kubernetes::{Watchable, Watched};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Places of objects: namespace and name.
type Places = BTreeSet<(String, String)>;

/// Objects by a value that each has one of, or none.
pub struct Index<K> {
    value: fn(&K) -> Option<String>,
    places: Mutex<HashMap<String, Places>>,
}

impl<K: Watchable> Index<K> {
    /// An index by what `value` says of an object.
    pub fn new(value: fn(&K) -> Option<String>) -> Self {
        Self { value, places: Mutex::default() }
    }

    /// Takes note of `object`.
    pub fn note(&self, object: &K) {
        let Some(value) = (self.value)(object) else { return };
        let meta = object.meta();
        let place = (meta.namespace.clone().unwrap_or_default(), meta.name.clone().unwrap_or_default());
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.entry(value).or_default().insert(place);
    }

    /// The objects of `watched` that have `value`, by namespace and name.
    pub fn get(&self, value: &str, watched: &Watched<K>) -> Vec<Arc<K>> {
        let mut all = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(places) = all.get_mut(value) else { return Vec::new() };
        let mut found = Vec::new();
        places.retain(|(namespace, name)| {
            let object = watched.get(namespace, name);
            let object = object.filter(|object| (self.value)(object).as_deref() == Some(value));
            let kept = object.is_some();
            found.extend(object);
            kept
        });
        if places.is_empty() {
            all.remove(value);
        }
        found
    }
}
