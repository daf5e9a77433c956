//! Changes of live objects: patch and delete, for the object that was seen and no other.

use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use serde_json::{Value, json};

use super::super::MANAGER;
use super::super::error::Result;
use super::super::kinds::Kind;
use super::place::{Place, set_uid};
use super::{Guard, Object, Removal, Writer};
use crate::observe::Verb;

impl Writer {
    /// Patches the live object `object` (JSON merge patch), e.g. `{"metadata": {"labels": {"x": null}}}`.
    /// `None`: that object is gone, or with [`Guard::Version`] no longer what we saw.
    ///
    /// # Errors
    ///
    /// When a guard forbids the write or the API server refuses it.
    pub async fn patch<K: Object>(&self, object: &K, patch: &Value, guard: Guard) -> Result<Option<K>> {
        self.change(object, patch, guard, Patch::Merge).await
    }

    /// The same as a strategic merge patch: members of Kubernetes' own lists are found by their names, so that
    /// `{"spec": {"containers": [{"name": "app", "image": "i"}]}}` leaves the other containers alone.
    ///
    /// # Errors
    ///
    /// When a guard forbids the write or the API server refuses it.
    pub async fn merge<K: Object>(&self, object: &K, patch: &Value, guard: Guard) -> Result<Option<K>> {
        self.change(object, patch, guard, Patch::Strategic).await
    }

    async fn change<K: Object>(
        &self,
        object: &K,
        patch: &Value,
        guard: Guard,
        kind: fn(Value) -> Patch<Value>,
    ) -> Result<Option<K>> {
        let place = Place::of_kind(object, Kind::child::<K>())?;
        let mut body = patch.clone();
        set_uid(&mut body, Some(object.meta()));
        if guard == Guard::Version
            && let Some(meta) = body.get_mut("metadata").and_then(Value::as_object_mut)
        {
            meta.insert("resourceVersion".into(), json!(place.version(object.meta())?));
        }
        let params = PatchParams { field_manager: Some(MANAGER.into()), ..PatchParams::default() };
        let request = kube::core::Request::new(&place.path).patch(&place.name, &params, &kind(body));
        match self.send(&place, "patch", Verb::Patch, request).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.code() == Some(409) && guard == Guard::Version => Ok(None),
            Err(error) => self.unless_gone(&place, object, error).await,
        }
    }

    /// Deletes the live object `object`, that one only. `grace` in seconds; `None` leaves it to the object.
    ///
    /// # Errors
    ///
    /// When a guard forbids it or the API server refuses it.
    pub async fn delete<K: Object>(&self, object: &K, grace: Option<u32>, guard: Guard) -> Result<Removal> {
        let place = Place::of_kind(object, Kind::child::<K>())?;
        let meta = object.meta();
        let uid = meta.uid.clone().ok_or_else(|| place.incomplete("uid"))?;
        let resource_version = match guard {
            Guard::Uid => None,
            Guard::Version => Some(place.version(meta)?.to_owned()),
        };
        let params = DeleteParams {
            grace_period_seconds: grace,
            preconditions: Some(Preconditions { uid: Some(uid), resource_version }),
            ..DeleteParams::background()
        };
        let request = kube::core::Request::new(&place.path).delete(&place.name, &params);
        match self.send::<Value>(&place, "delete", Verb::Delete, request).await {
            Ok(_) => Ok(Removal::Asked),
            Err(error) if error.code() == Some(404) => Ok(Removal::Gone),
            Err(error) if error.code() == Some(409) => Ok(Removal::Changed),
            Err(error) => Err(error),
        }
    }
}
