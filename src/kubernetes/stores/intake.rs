//! From raw watch events to a store, calls for what differs, and a list of what cannot be read.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::PartialObjectMeta;
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{Lookup as _, ObjectRef, Store};
use kube::runtime::watcher::Event;
use serde_json::value::RawValue;

use super::{ByName, Change, ManagedFields, Shared, Unparsable, Watchable};
use crate::kubernetes::compare::is_ours;
use crate::kubernetes::version::ResourceVersion;
use crate::observe::Metrics;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

type OnChange<K> = Box<dyn Fn(&K, Change) + Send + Sync>;

/// Takes in what a watch delivers.
pub(super) struct Intake<K: Watchable> {
    kind: &'static str,
    keep: ManagedFields,
    writer: Writer<K>,
    store: Store<K>,
    shared: Arc<Shared>,
    metrics: Metrics,
    on_change: OnChange<K>,
    /// What the list that is under way could not read.
    bad: ByName,
}

impl<K: Watchable> Intake<K> {
    pub fn new(
        kind: &'static str,
        keep: ManagedFields,
        shared: Arc<Shared>,
        metrics: Metrics,
        on_change: impl Fn(&K, Change) + Send + Sync + 'static,
    ) -> Self {
        let writer = Writer::default();
        let store = writer.as_reader();
        Self {
            kind,
            keep,
            writer,
            store,
            shared,
            metrics,
            on_change: Box::new(on_change),
            bad: ByName::new(),
        }
    }

    pub fn store(&self) -> Store<K> {
        self.store.clone()
    }

    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Why there is nothing to see, until there is.
    pub fn failed(&self, why: &str) {
        self.shared.failed(why);
    }

    /// A list begins; what was listed before half-way is forgotten.
    pub fn begin(&mut self) {
        self.bad.clear();
        self.writer.apply_watcher_event(&Event::Init);
    }

    /// An object of the list.
    pub fn listed(&mut self, raw: &RawValue) {
        match self.parse(raw) {
            Ok(object) => self.writer.apply_watcher_event(&Event::InitApply(object)),
            Err(bad) => {
                if let Some(good) = self.last_good(&bad) {
                    self.writer.apply_watcher_event(&Event::InitApply(K::clone(&good)));
                }
                self.report(&bad);
                self.bad.insert((bad.namespace.clone(), bad.name.clone()), bad);
            }
        }
    }

    /// The list is complete and stands for `version`: it replaces what was there, and differences are told.
    pub fn complete(&mut self, version: &str) {
        let by_ref = |objects: Vec<Arc<K>>| -> HashMap<_, _> {
            objects.into_iter().map(|object| (object.to_object_ref(()), object)).collect()
        };
        let mut before = by_ref(self.store.state());
        self.writer.apply_watcher_event(&Event::InitDone);
        let bad = std::mem::take(&mut self.bad);
        let known = std::mem::replace(&mut *self.shared.lock_unparsable(), bad).len();
        self.count(known);
        self.shared.listed(ResourceVersion::parse(version).unwrap_or_default());
        for object in self.store.state() {
            let old = before.remove(&object.to_object_ref(()));
            let same = |old: &Arc<K>| old.meta().resource_version == object.meta().resource_version;
            if old.as_ref().is_some_and(same) {
                continue;
            }
            if let Some(old) = old.filter(|old| old.meta().uid != object.meta().uid) {
                self.tell(&old, Change::Deleted);
            }
            self.tell(&object, Change::Applied);
        }
        for gone in before.values() {
            self.tell(gone, Change::Deleted);
        }
    }

    /// An object was created or changed. Its resource version, to go on from there.
    pub fn changed(&mut self, raw: &RawValue) -> Option<String> {
        match self.parse(raw) {
            Ok(object) => {
                let version = object.meta().resource_version.clone();
                self.forget_unparsable(object.meta());
                self.writer.apply_watcher_event(&Event::Apply(object.clone()));
                self.shared.advance(ResourceVersion::of(&object));
                self.tell(&object, Change::Applied);
                version
            }
            Err(bad) => {
                // What was there under that name is another object: the watch has lost its deletion.
                let other = self.known(&bad).filter(|known| known.meta().uid.as_deref() != Some(&bad.uid));
                if let Some(other) = other {
                    self.writer.apply_watcher_event(&Event::Delete(K::clone(&other)));
                    self.tell(&other, Change::Deleted);
                }
                self.report(&bad);
                self.shared.advance(ResourceVersion::parse(&bad.resource_version));
                let version = bad.resource_version.clone();
                let known = {
                    let mut all = self.shared.lock_unparsable();
                    let known = all.len();
                    all.insert((bad.namespace.clone(), bad.name.clone()), bad);
                    known
                };
                self.count(known);
                Some(version).filter(|version| !version.is_empty())
            }
        }
    }

    /// An object was deleted or is no longer selected.
    pub fn deleted(&mut self, raw: &RawValue) -> Option<String> {
        let (object, version) = match self.parse(raw) {
            Ok(object) => {
                let version = object.meta().resource_version.clone();
                self.forget_unparsable(object.meta());
                (Some(object), version)
            }
            Err(bad) => {
                let good = self.known(&bad).map(|good| K::clone(&good));
                self.forget(&bad.namespace, &bad.name);
                (good, Some(bad.resource_version).filter(|version| !version.is_empty()))
            }
        };
        if let Some(object) = &object {
            self.writer.apply_watcher_event(&Event::Delete(object.clone()));
        }
        self.shared.advance(version.as_deref().and_then(ResourceVersion::parse));
        if let Some(object) = &object {
            self.tell(object, Change::Deleted);
        }
        version
    }

    /// Nothing happened up to `version`.
    pub fn bookmark(&mut self, version: &str) {
        self.shared.advance(ResourceVersion::parse(version));
    }

    fn parse(&self, raw: &RawValue) -> Result<K, Unparsable> {
        match serde_json::from_str::<K>(raw.get()) {
            Ok(mut object) => {
                strip(object.meta_mut(), self.keep);
                Ok(object)
            }
            Err(error) => {
                let meta = serde_json::from_str::<PartialObjectMeta<K>>(raw.get())
                    .map(|object| object.metadata)
                    .unwrap_or_default();
                Err(Unparsable {
                    namespace: meta.namespace.unwrap_or_default(),
                    name: meta.name.unwrap_or_default(),
                    uid: meta.uid.unwrap_or_default(),
                    resource_version: meta.resource_version.unwrap_or_default(),
                    error: error.to_string(),
                })
            }
        }
    }

    fn known(&self, bad: &Unparsable) -> Option<Arc<K>> {
        self.store.get(&ObjectRef::new(&bad.name).within(&bad.namespace))
    }

    fn last_good(&self, bad: &Unparsable) -> Option<Arc<K>> {
        self.known(bad).filter(|good| good.meta().uid.as_deref() == Some(&bad.uid))
    }

    /// Logs it, once per version.
    fn report(&self, bad: &Unparsable) {
        let key = (bad.namespace.clone(), bad.name.clone());
        let told = self.shared.lock_unparsable().get(&key).is_some_and(|known| known == bad);
        if !told {
            let Unparsable { namespace, name, resource_version, error, .. } = bad;
            tracing::error!(
                kind = self.kind,
                namespace,
                name,
                resource_version,
                error,
                "object cannot be read"
            );
        }
    }

    fn forget_unparsable(&self, meta: &ObjectMeta) {
        self.forget(meta.namespace.as_deref().unwrap_or_default(), meta.name.as_deref().unwrap_or_default());
    }

    fn forget(&self, namespace: &str, name: &str) {
        let known = {
            let mut all = self.shared.lock_unparsable();
            let known = all.len();
            // The usual case needs no allocation.
            if known > 0 {
                all.remove(&(namespace.to_owned(), name.to_owned()));
            }
            known
        };
        self.count(known);
    }

    fn count(&self, before: usize) {
        self.metrics.unparsable(self.kind, before, self.shared.lock_unparsable().len());
    }

    /// A panic in a callback must not end the watch of a whole kind.
    fn tell(&self, object: &K, change: Change) {
        let called = catch_unwind(AssertUnwindSafe(|| (self.on_change)(object, change)));
        if called.is_err() {
            let (namespace, name) = (&object.meta().namespace, &object.meta().name);
            tracing::error!(kind = self.kind, ?namespace, ?name, ?change, "change handler panicked");
        }
    }
}

/// Drops what nobody reads.
fn strip(meta: &mut ObjectMeta, keep: ManagedFields) {
    match keep {
        ManagedFields::All => {}
        ManagedFields::None => meta.managed_fields = None,
        ManagedFields::Ours => {
            if let Some(entries) = meta.managed_fields.as_mut() {
                entries.retain(is_ours);
                entries.shrink_to_fit();
            }
        }
    }
    // What a client remembers of its last apply tells who writes which field, too.
    if keep != ManagedFields::All
        && let Some(annotations) = meta.annotations.as_mut()
    {
        annotations.remove(LAST_APPLIED);
    }
}

#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
