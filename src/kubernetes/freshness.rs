//! From our own writes to "have the stores seen them?".
//!
//! A decision made on a store that does not show what we did a moment ago does it again, or undoes it. So a
//! pass that wrote something notes it here under its key, and the next pass of that key waits until every
//! store it reads has caught up.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;

use super::version::ResourceVersion;

/// Something that we did and that a store must show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// API group of the object; empty for the core group.
    pub group: String,
    /// Kind of the object.
    pub kind: String,
    /// Its namespace; empty for a cluster-scoped one.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// The version that our write made; `None`: we deleted it.
    pub version: Option<ResourceVersion>,
}

impl Pending {
    /// Whether a store that has seen everything up to `seen`, and holds `found` under the name, shows it.
    ///
    /// A write is shown once `seen` has passed it, whatever has become of the object since. A deletion is
    /// shown when that very object is gone or going.
    pub fn is_reflected(&self, seen: ResourceVersion, found: Option<&ObjectMeta>) -> bool {
        let same = found.filter(|meta| meta.uid.as_deref() == Some(&self.uid));
        match self.version {
            Some(version) => {
                let found = same.and_then(|meta| meta.resource_version.as_deref());
                seen >= version || found.and_then(ResourceVersion::parse) >= Some(version)
            }
            None => same.is_none_or(|meta| meta.deletion_timestamp.is_some()),
        }
    }
}

/// What was done under each key and not seen yet.
///
/// Bounded: one entry per object, all of a key gone with [`caught_up`](Self::caught_up) or
/// [`forget`](Self::forget).
#[derive(Debug)]
pub struct Freshness<Key> {
    pending: Mutex<HashMap<Key, Vec<Pending>>>,
}

impl<Key> Default for Freshness<Key> {
    fn default() -> Self {
        Self { pending: Mutex::default() }
    }
}

impl<Key: Eq + Hash + Clone> Freshness<Key> {
    /// Notes that `object`, as the API server answered it, was written in a pass over `key`.
    pub fn wrote<K: Resource<DynamicType = ()>>(&self, key: &Key, object: &K) {
        // A version that is no number cannot be awaited; such a server promises nothing.
        if let Some(version) = ResourceVersion::of(object) {
            self.note(key, pending(object, Some(version)));
        }
    }

    /// Notes that `object` was deleted in a pass over `key`.
    pub fn removed<K: Resource<DynamicType = ()>>(&self, key: &Key, object: &K) {
        self.note(key, pending(object, None));
    }

    /// Whether everything that was done under `key` is shown. `is_reflected` asks the store of the kind
    /// ([`Watched::reflects`](super::Watched::reflects)), and says `true` for kinds that no store holds.
    pub fn caught_up(&self, key: &Key, is_reflected: impl Fn(&Pending) -> bool) -> bool {
        let mut all = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pending) = all.get_mut(key) else { return true };
        pending.retain(|pending| !is_reflected(pending));
        if pending.is_empty() {
            all.remove(key);
        }
        !all.contains_key(key)
    }

    /// What `key` still waits for, for a log line.
    pub fn pending(&self, key: &Key) -> Vec<Pending> {
        let all = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(key).cloned().unwrap_or_default()
    }

    /// `key` no longer exists.
    pub fn forget(&self, key: &Key) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// How many keys wait.
    pub fn len(&self) -> usize {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn note(&self, key: &Key, new: Pending) {
        let mut all = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = all.entry(key.clone()).or_default();
        // Only the last thing done to an object counts.
        let same = |old: &&mut Pending| old.uid == new.uid && old.name == new.name && old.kind == new.kind;
        match pending.iter_mut().find(same) {
            Some(old) => {
                let older = new.version.is_some() && new.version < old.version;
                if !older {
                    *old = new;
                }
            }
            None => pending.push(new),
        }
    }
}

fn pending<K: Resource<DynamicType = ()>>(object: &K, version: Option<ResourceVersion>) -> Pending {
    let meta = object.meta();
    Pending {
        group: K::group(&()).into_owned(),
        kind: K::kind(&()).into_owned(),
        namespace: meta.namespace.clone().unwrap_or_default(),
        name: meta.name.clone().unwrap_or_default(),
        uid: meta.uid.clone().unwrap_or_default(),
        version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::Pod;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use k8s_openapi::jiff::Timestamp;

    fn pod(uid: &str, version: &str) -> Pod {
        let metadata = ObjectMeta {
            namespace: Some("shop".into()),
            name: Some("web-1".into()),
            uid: Some(uid.into()),
            resource_version: Some(version.into()),
            ..ObjectMeta::default()
        };
        Pod { metadata, ..Pod::default() }
    }

    fn seen(version: &str) -> ResourceVersion {
        ResourceVersion::parse(version).unwrap()
    }

    #[test]
    fn a_write_is_awaited_until_the_watch_or_the_object_has_passed_it() {
        let freshness = Freshness::default();
        freshness.wrote(&"web", &pod("u1", "10"));
        let with = |at: &str, found: Option<&Pod>| {
            let found = found.map(|pod| &pod.metadata);
            freshness.pending(&"web")[0].is_reflected(seen(at), found)
        };
        assert!(!with("9", None));
        assert!(!with("9", Some(&pod("u1", "9"))));
        assert!(with("9", Some(&pod("u1", "10"))));
        assert!(!with("9", Some(&pod("u0", "8"))), "the one of that name before ours");
        assert!(with("10", None), "deleted again since, and the watch has passed it");
        assert!(!freshness.caught_up(&"web", |pending| pending.is_reflected(seen("9"), None)));
        assert!(freshness.caught_up(&"other", |_| false));
        assert!(freshness.caught_up(&"web", |pending| pending.is_reflected(seen("11"), None)));
        assert!(freshness.is_empty());
    }

    #[test]
    fn a_deletion_is_awaited_until_that_object_is_gone_or_going() {
        let freshness = Freshness::default();
        freshness.wrote(&"web", &pod("u1", "10"));
        freshness.removed(&"web", &pod("u1", "10"));
        let waits = freshness.pending(&"web");
        assert_eq!(waits.len(), 1, "only the last thing done counts");
        let mut going = pod("u1", "11");
        assert!(!waits[0].is_reflected(seen("99"), Some(&going.metadata)));
        going.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
        assert!(waits[0].is_reflected(seen("9"), Some(&going.metadata)));
        assert!(waits[0].is_reflected(seen("9"), Some(&pod("u2", "12").metadata)));
        assert!(waits[0].is_reflected(seen("9"), None));
        freshness.forget(&"web");
        assert!(freshness.caught_up(&"web", |_| false));
    }

    #[test]
    fn an_older_answer_does_not_replace_a_newer_one() {
        let freshness = Freshness::default();
        freshness.wrote(&"web", &pod("u1", "10"));
        freshness.wrote(&"web", &pod("u1", "9"));
        assert_eq!(freshness.pending(&"web")[0].version, ResourceVersion::parse("10"));
    }
}
