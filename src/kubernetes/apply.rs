//! From wanted objects to objects in the API server: the one place that writes, with every guard.

use std::fmt::Debug;

use http::Request;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{GetParams, ListParams, ObjectList, Patch, PatchParams, PostParams};
use kube::{Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::MANAGER;
use super::compare::is_applied;
use super::error::{Error, Result};
use super::kinds::Kind;
use super::owner::Owner;
use crate::observe::{Metrics, Verb};
use place::{Place, bytes, set_uid};

mod change;
mod difference;
mod place;
mod shared;
mod status;

/// How often a write starts again when the object changes under it.
const RACES: usize = 3;

/// What became of a write.
#[must_use = "the name may be somebody else's"]
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<K> {
    /// It was there already as wanted; nothing was written.
    Unchanged(K),
    /// Written; this is what the API server answered.
    Written(K),
    /// Somebody else's object has the name; nothing was written.
    Conflict(NameConflict),
}

impl<K> Outcome<K> {
    /// The object, unless the name is taken.
    pub fn object(self) -> Result<K, NameConflict> {
        match self {
            Self::Unchanged(object) | Self::Written(object) => Ok(object),
            Self::Conflict(conflict) => Err(conflict),
        }
    }
}

/// An object that is not ours has the name that we would use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} `{namespace}/{name}` exists already and is controlled by {owner}")]
pub struct NameConflict {
    /// Kind of the object.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its controller in words; `nobody` when it has none.
    pub owner: String,
}

/// What there is under a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen<K> {
    /// This object.
    Object(Box<K>),
    /// Nothing.
    Nothing,
    /// The API server does not know the kind.
    NoSuchKind,
}

/// What became of a delete. None of them is a failure.
#[must_use = "only what was asked for will happen"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// The API server has accepted it (the object may still exist until its grace period or a finalizer ends).
    Asked,
    /// It was gone before.
    Gone,
    /// The object is another one by now, or has changed since; nothing was deleted.
    Changed,
}

/// What a patch or delete insists on besides the UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The same object, whatever has changed on it.
    Uid,
    /// The very state that we saw.
    Version,
}

/// The kinds of object that can be written here.
pub trait Object:
    Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + Debug + Send + Sync
{
}

impl<K> Object for K where
    K: Resource<DynamicType = ()> + Serialize + DeserializeOwned + Clone + Debug + Send + Sync
{
}

/// Writes objects. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    client: Client,
    metrics: Metrics,
    /// A label that, with the controller's UID, says that an existing object is the one we meant to create.
    identity: &'static str,
}

impl Writer {
    /// A writer; `identity` is the label that tells one creation of ours from another of the same owner (for
    /// tasks: the deployment's id).
    pub fn new(client: Client, metrics: Metrics, identity: &'static str) -> Self {
        Self { client, metrics, identity }
    }

    /// Makes `desired` true by server-side apply with manager [`MANAGER`], unless `live` says that it is.
    ///
    /// `desired` must be complete: a field that we set before and that is missing now is removed. `owner` is
    /// made its controller. With `live` the write holds for that very object (by UID); without
    /// it the name is read first, and the write does not overrule anybody's fields, so that an object which
    /// appears in between is not annexed.
    ///
    /// # Errors
    ///
    /// When a guard forbids the write, the API server refuses it, or the object keeps changing.
    pub async fn apply<K: Object>(&self, owner: &Owner, desired: &K, live: Option<&K>) -> Result<Outcome<K>> {
        let (place, desired) = Place::of_child(desired, owner)?;
        let mut body = place.encode(&desired)?;
        let mut live = live.cloned();
        for _ in 0..RACES {
            if live.is_none() {
                live = self.read(&place).await?;
            }
            if let Some(found) = &live {
                if !owner.controls(found.meta()) {
                    return Ok(Outcome::Conflict(place.taken(found.meta())));
                }
                if is_applied(&body, &place.encode(found)?, found.meta()) {
                    return Ok(Outcome::Unchanged(found.clone()));
                }
            }
            set_uid(&mut body, live.as_ref().map(Resource::meta));
            let mut params = PatchParams::apply(MANAGER);
            params.force = live.is_some();
            let request =
                kube::core::Request::new(&place.path).patch(&place.name, &params, &Patch::Apply(&body));
            match self.send(&place, "apply", Verb::Apply, request).await {
                Ok(object) => return Ok(Outcome::Written(object)),
                Err(error) if error.is_overtaken() => live = None,
                Err(error) => return Err(error),
            }
        }
        Err(place.raced())
    }

    /// Creates `desired` (POST). When the name is taken by an object of the same owner with the same identity
    /// label, that is our own earlier attempt: [`Outcome::Unchanged`].
    ///
    /// # Errors
    ///
    /// When a guard forbids the write or the API server refuses it. After a timeout the object may exist all
    /// the same; the next attempt finds it.
    pub async fn create<K: Object>(&self, owner: &Owner, desired: &K) -> Result<Outcome<K>> {
        let (place, desired) = Place::of_child(desired, owner)?;
        let desired = &desired;
        self.create_or_recognize(&place, desired, |meta| owner.controls(meta) && self.is_twin(desired, meta))
            .await
    }

    async fn create_or_recognize<K: Object>(
        &self,
        place: &Place,
        desired: &K,
        is_ours: impl Fn(&ObjectMeta) -> bool,
    ) -> Result<Outcome<K>> {
        let params = PostParams { field_manager: Some(MANAGER.into()), ..PostParams::default() };
        let body = bytes(&place.encode(desired)?);
        for _ in 0..RACES {
            let request = kube::core::Request::new(&place.path).create(&params, body.clone());
            match self.send(place, "create", Verb::Create, request).await {
                Ok(object) => return Ok(Outcome::Written(object)),
                Err(error) if error.code() == Some(409) => match self.read::<K>(place).await? {
                    Some(found) if is_ours(found.meta()) => return Ok(Outcome::Unchanged(found)),
                    Some(found) => return Ok(Outcome::Conflict(place.taken(found.meta()))),
                    None => {}
                },
                Err(error) => return Err(error),
            }
        }
        Err(place.raced())
    }

    /// The objects in `namespace` with these labels, as they are now.
    ///
    /// # Errors
    ///
    /// When the kind is not on the list or the API server refuses it.
    pub async fn list<K: Object>(&self, namespace: &str, labels: &str) -> Result<Vec<K>> {
        let place = Place::of_namespace::<K>(namespace)?;
        let request = kube::core::Request::new(&place.path)
            .list(&ListParams::default().labels(labels))
            .map_err(|error| place.failed("list", kube::Error::BuildRequest(error)))?;
        let list: ObjectList<K> =
            self.client.request(request).await.map_err(|error| place.failed("list", error))?;
        Ok(list.items)
    }

    /// `None` when `error` came because `object` is gone or another one has its name; the error otherwise.
    async fn unless_gone<K: Object>(&self, place: &Place, object: &K, error: Error) -> Result<Option<K>> {
        if error.code() == Some(404) {
            return Ok(None);
        }
        if error.is_overtaken() {
            let found = self.read::<K>(place).await?;
            if found.is_none_or(|found| found.meta().uid != object.meta().uid) {
                return Ok(None);
            }
        }
        Err(error)
    }

    /// Whether an existing object carries the identity label that `desired` has.
    fn is_twin<K: Object>(&self, desired: &K, found: &ObjectMeta) -> bool {
        let label = |meta: &ObjectMeta| meta.labels.as_ref().and_then(|all| all.get(self.identity)).cloned();
        label(desired.meta()) == label(found)
    }

    /// Reads what has the name of `wanted`, for kinds that are not watched because a cluster may not have them.
    ///
    /// # Errors
    ///
    /// When a guard forbids the kind or the API server fails.
    pub async fn look<K: Object>(&self, wanted: &K) -> Result<Seen<K>> {
        let place = Place::of_kind(wanted, Kind::child::<K>())?;
        let request = kube::core::Request::new(&place.path)
            .get(&place.name, &GetParams::default())
            .map_err(|error| place.failed("read", kube::Error::BuildRequest(error)))?;
        match self.client.request(request).await {
            Ok(object) => Ok(Seen::Object(Box::new(object))),
            // An API server that knows the kind gives a reason.
            Err(kube::Error::Api(status)) if status.code == 404 && status.reason == "NotFound" => {
                Ok(Seen::Nothing)
            }
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(Seen::NoSuchKind),
            Err(error) => Err(place.failed("read", error)),
        }
    }

    async fn read<K: Object>(&self, place: &Place) -> Result<Option<K>> {
        let request = kube::core::Request::new(&place.path)
            .get(&place.name, &GetParams::default())
            .map_err(|error| place.failed("read", kube::Error::BuildRequest(error)))?;
        match self.client.request(request).await {
            Ok(object) => Ok(Some(object)),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
            Err(error) => Err(place.failed("read", error)),
        }
    }

    async fn send<T: DeserializeOwned>(
        &self,
        place: &Place,
        verb: &'static str,
        label: Verb,
        request: Result<Request<Vec<u8>>, kube::core::request::Error>,
    ) -> Result<T> {
        let request = request.map_err(|error| place.failed(verb, kube::Error::BuildRequest(error)))?;
        self.metrics.wrote(place.kind.name, label);
        self.client.request(request).await.map_err(|error| place.failed(verb, error))
    }
}
