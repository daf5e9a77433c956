//! Objects without a controller: shared by several users (one owner reference each), or outliving them all.
//!
//! They are recognized by the writer's identity label instead of a controller. Whoever may put that label on
//! an object in a namespace may change what Berth made there anyway.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::PostParams;
use serde_json::{Value, json};

use super::super::MANAGER;
use super::super::error::Result;
use super::super::kinds::Kind;
use super::super::owner::Owner;
use super::difference::difference;
use super::place::{Place, bytes};
use super::{Guard, NameConflict, Object, Outcome, Writer};
use crate::observe::Verb;

/// How many users may want to be named on one object at the same time: each loses against every other once.
const USERS_AT_ONCE: usize = 32;

impl Writer {
    /// Creates `desired` for `user`, or makes `user` one more user of the object that is there already with
    /// the same identity label. The reference of `user` is added here; `desired` may carry others.
    ///
    /// # Errors
    ///
    /// When a guard forbids the write, the API server refuses it, or the object keeps changing.
    pub async fn share<K: Object>(&self, user: &Owner, desired: &K) -> Result<Outcome<K>> {
        let place = Place::of_kind(desired, Kind::child::<K>())?;
        let reference = user.user_reference(&place.namespace)?;
        let mut desired = desired.clone();
        if !user.uses(desired.meta()) {
            desired.meta_mut().owner_references.get_or_insert_default().push(reference);
        }
        match self.create_lasting(&desired).await? {
            Outcome::Unchanged(found) => Ok(match self.add_user(user, &found).await? {
                Some(object) if object.meta().resource_version == found.meta().resource_version => {
                    Outcome::Unchanged(object)
                }
                Some(object) => Outcome::Written(object),
                None => return Err(place.raced()),
            }),
            other => Ok(other),
        }
    }

    /// As [`Self::share`], and keeps what `desired` says true on the object that is there, `live` where it is known.
    /// What only the live object has is left alone. One that another `maker` (an annotation by that key) wants
    /// otherwise is a conflict: two would change it in turn.
    ///
    /// # Errors
    ///
    /// When a guard forbids the write, the API server refuses it, or the object keeps changing.
    pub async fn share_current<K: Object>(
        &self,
        user: &Owner,
        desired: &K,
        (live, maker): (Option<&K>, &str),
    ) -> Result<Outcome<K>> {
        let place = Place::of_kind(desired, Kind::child::<K>())?;
        let Some(live) = live else { return self.share(user, desired).await };
        if !self.is_twin(desired, live.meta()) {
            return Ok(Outcome::Conflict(place.taken(live.meta())));
        }
        let mut wanted = place.encode(desired)?;
        if let Some(meta) = wanted.get_mut("metadata").and_then(Value::as_object_mut) {
            meta.remove("ownerReferences");
        }
        let mut current = live.clone();
        if let Some(patch) = difference(&wanted, &place.encode(live)?) {
            let made_by =
                |meta: &ObjectMeta| meta.annotations.as_ref().and_then(|all| all.get(maker)).cloned();
            if made_by(desired.meta()) != made_by(live.meta()) {
                let owner = format!("{maker} {}", made_by(live.meta()).unwrap_or_default());
                return Ok(Outcome::Conflict(NameConflict { owner, ..place.taken(live.meta()) }));
            }
            match self.patch(live, &patch, Guard::Uid).await? {
                Some(object) => current = object,
                None => return Err(place.raced()),
            }
        }
        match self.add_user(user, &current).await? {
            Some(object) if object.meta().resource_version == live.meta().resource_version => {
                Ok(Outcome::Unchanged(object))
            }
            Some(object) => Ok(Outcome::Written(object)),
            None => Err(place.raced()),
        }
    }

    /// Creates an object without a controller (POST), or recognizes it by name and identity label.
    ///
    /// # Errors
    ///
    /// When the kind is not on the list, the identity label is missing or the API server refuses it.
    pub async fn create_lasting<K: Object>(&self, desired: &K) -> Result<Outcome<K>> {
        let place = Place::of_kind(desired, Kind::child::<K>())?;
        let labels = desired.meta().labels.as_ref();
        if !labels.is_some_and(|labels| labels.contains_key(self.identity)) {
            return Err(place.incomplete("identity label"));
        }
        self.create_or_recognize(&place, desired, |meta| self.is_twin(desired, meta)).await
    }

    /// Adds a (non-controller) owner reference of `user` to the live object. Does nothing when it is there.
    /// `None`: the object is gone.
    ///
    /// # Errors
    ///
    /// When the object is in another namespace, keeps changing, or the API server refuses it.
    pub async fn add_user<K: Object>(&self, user: &Owner, object: &K) -> Result<Option<K>> {
        let reference = user.user_reference(object.meta().namespace.as_deref().unwrap_or_default())?;
        let reference = json!(reference);
        self.change_references(object, |references| {
            let known = references.iter().any(|known| known.get("uid") == reference.get("uid"));
            if !known {
                references.push(reference.clone());
            }
            !known
        })
        .await
    }

    /// Removes the owner references of the user with `uid` from the live object. Does nothing when there are
    /// none. `None`: the object is gone.
    ///
    /// # Errors
    ///
    /// When the object keeps changing or the API server refuses it.
    pub async fn remove_user<K: Object>(&self, uid: &str, object: &K) -> Result<Option<K>> {
        self.change_references(object, |references| {
            let before = references.len();
            references.retain(|known| known.get("uid").and_then(Value::as_str) != Some(uid));
            references.len() != before
        })
        .await
    }

    /// Writes `object` back (PUT) if nobody has changed it since it was read. `None`: somebody has, or it is
    /// gone; read again and decide anew.
    ///
    /// # Errors
    ///
    /// When the kind is not on the list or the API server refuses it.
    pub async fn replace<K: Object>(&self, object: &K) -> Result<Option<K>> {
        let place = Place::of_kind(object, Kind::child::<K>())?;
        place.version(object.meta())?;
        let body = bytes(&place.encode(object)?);
        let params = PostParams { field_manager: Some(MANAGER.into()), ..PostParams::default() };
        let request = kube::core::Request::new(&place.path).replace(&place.name, &params, body);
        match self.send(&place, "replace", Verb::Replace, request).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if matches!(error.code(), Some(404 | 409)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `change` says whether it has changed the list.
    async fn change_references<K: Object>(
        &self,
        object: &K,
        change: impl Fn(&mut Vec<Value>) -> bool,
    ) -> Result<Option<K>> {
        let place = Place::of_kind(object, Kind::child::<K>())?;
        let mut object = object.clone();
        for _ in 0..USERS_AT_ONCE {
            let mut references: Vec<_> =
                object.meta().owner_references.iter().flatten().map(|reference| json!(reference)).collect();
            if !change(&mut references) {
                return Ok(Some(object));
            }
            // A list is replaced as a whole, hence the version guard.
            let patch = json!({"metadata": {"ownerReferences": references}});
            if let Some(changed) = self.patch(&object, &patch, Guard::Version).await? {
                return Ok(Some(changed));
            }
            match self.read::<K>(&place).await? {
                Some(found) if found.meta().uid == object.meta().uid => object = found,
                _ => return Ok(None),
            }
        }
        Err(place.raced())
    }
}
